# One PostgreSQL for all services; each gets users of its own from Vault. The master's password is
# RDS's, in Secrets Manager, and stands in no state.
resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_security_group" "this" {
  name_prefix = "${var.name}-postgres-"
  vpc_id      = var.vpc_id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each                     = var.client_security_group_ids
  security_group_id            = aws_security_group.this.id
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  description                  = each.key
}

resource "aws_kms_key" "this" {
  description             = "The database ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
}

resource "aws_db_parameter_group" "this" {
  name_prefix = "${var.name}-"
  family      = "postgres16"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "this" {
  identifier                    = var.name
  engine                        = "postgres"
  engine_version                = "16"
  instance_class                = var.instance_class
  allocated_storage             = var.storage_gib
  max_allocated_storage         = var.storage_gib * 4
  storage_encrypted             = true
  kms_key_id                    = aws_kms_key.this.arn
  db_name                       = "judge"
  username                      = "judge_admin"
  manage_master_user_password   = true
  master_user_secret_kms_key_id = aws_kms_key.this.arn
  db_subnet_group_name          = aws_db_subnet_group.this.name
  vpc_security_group_ids        = [aws_security_group.this.id]
  parameter_group_name          = aws_db_parameter_group.this.name
  multi_az                      = true
  backup_retention_period       = var.backup_days
  deletion_protection           = true
  performance_insights_enabled  = true
  copy_tags_to_snapshot         = true
  final_snapshot_identifier     = "${var.name}-final"

  lifecycle {
    prevent_destroy = true
  }
}
