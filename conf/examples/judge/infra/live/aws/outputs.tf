output "account_id" {
  value = data.aws_caller_identity.this.account_id
}

output "cluster_name" {
  value = module.eks.name
}

output "cluster_endpoint" {
  value = module.eks.endpoint
}

output "cluster_certificate_authority" {
  value = module.eks.certificate_authority
}

output "database_host" {
  value = module.database.host
}

output "database_port" {
  value = module.database.port
}

output "database_name" {
  value = module.database.name
}

output "database_master_secret_arn" {
  value = module.database.master_secret_arn
}

output "attestations_bucket" {
  value = module.attestations.name
}

output "events_topic_arn" {
  value = module.events.topic_arn
}

output "events_queue_url" {
  value = module.events.queue_url
}

output "role_arns" {
  value = { for name, role in module.roles : name => role.arn }
}
