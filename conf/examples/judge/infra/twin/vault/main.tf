# What ../../live/vault gives, without a Vault.
terraform {
  backend "local" {}
}

variable "cluster_endpoint" {
  type = string
}

variable "database_host" {
  type = string
}

variable "vault_token" {
  type      = string
  sensitive = true

  validation {
    condition     = length(var.vault_token) > 0
    error_message = "Vault lets nobody in without a token."
  }
}

resource "terraform_data" "auth" {
  input = { path = "kubernetes", role = "judge", cluster = var.cluster_endpoint }
}

resource "terraform_data" "connection" {
  input = { name = "judge-postgres", host = var.database_host }
}

resource "terraform_data" "database_role" {
  for_each = toset(["judge-api", "archivista", "kratos"])
  input    = { name = each.key, connection = terraform_data.connection.output.name }
}

output "auth_mount_path" {
  value = terraform_data.auth.output.path
}

output "auth_role" {
  value = terraform_data.auth.output.role
}

output "database_mount_path" {
  value = "database"
}

output "database_roles" {
  value = sort(keys(terraform_data.database_role))
}
