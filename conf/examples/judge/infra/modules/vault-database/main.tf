# Vault makes a user of PostgreSQL for whoever may ask, and drops it when its lease ends.
data "aws_secretsmanager_secret_version" "master" {
  secret_id = var.master_secret_arn
}

locals {
  master = jsondecode(data.aws_secretsmanager_secret_version.master.secret_string)
}

resource "vault_mount" "this" {
  path = var.mount_path
  type = "database"
}

resource "vault_database_secret_backend_connection" "this" {
  backend       = vault_mount.this.path
  name          = var.connection
  allowed_roles = keys(var.roles)

  postgresql {
    connection_url = "postgresql://{{username}}:{{password}}@${var.host}:${var.port}/${var.database}?sslmode=verify-full"
    username       = local.master.username
    password       = local.master.password
  }
}

resource "vault_database_secret_backend_role" "this" {
  for_each    = var.roles
  backend     = vault_mount.this.path
  db_name     = vault_database_secret_backend_connection.this.name
  name        = each.key
  default_ttl = each.value.ttl_s
  max_ttl     = each.value.max_ttl_s

  creation_statements = [
    "CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}' IN ROLE \"${each.value.group}\";",
    "ALTER ROLE \"{{name}}\" SET ROLE \"${each.value.group}\";",
  ]
  revocation_statements = [
    "REASSIGN OWNED BY \"{{name}}\" TO \"${each.value.group}\";",
    "DROP OWNED BY \"{{name}}\";",
    "DROP ROLE IF EXISTS \"{{name}}\";",
  ]
}
