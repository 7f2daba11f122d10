# What ../../live/aws gives, without a cloud: the demo and the tests apply it for real.
terraform {
  backend "local" {}
}

variable "database_host" {
  type    = string
  default = "judge.cluster-tw1n.us-east-1.rds.example.com"
}

resource "terraform_data" "vpc" {
  input = { id = "vpc-0f00", cidr = "10.40.0.0/16" }
}

resource "terraform_data" "cluster" {
  input = { name = "judge-twin", endpoint = "https://kubernetes.example.com", vpc = terraform_data.vpc.output.id }
}

resource "terraform_data" "database" {
  input = { host = var.database_host, port = 5432, name = "judge", vpc = terraform_data.vpc.output.id }
}

resource "terraform_data" "attestations" {
  input = { bucket = "judge-twin-attestations" }
}

resource "terraform_data" "events" {
  input = { topic = "judge-twin-events", queue = "judge-twin-events" }
}

resource "terraform_data" "roles" {
  for_each = toset(["judge-api", "archivista"])
  input    = { arn = "arn:aws:iam::210987654321:role/${each.key}", cluster = terraform_data.cluster.output.name }
}

output "account_id" {
  value = "210987654321"
}

output "cluster_name" {
  value = terraform_data.cluster.output.name
}

output "cluster_endpoint" {
  value = terraform_data.cluster.output.endpoint
}

output "database_host" {
  value = terraform_data.database.output.host
}

output "database_port" {
  value = terraform_data.database.output.port
}

output "database_name" {
  value = terraform_data.database.output.name
}

output "attestations_bucket" {
  value = terraform_data.attestations.output.bucket
}

output "role_arns" {
  value = { for name, role in terraform_data.roles : name => role.output.arn }
}
