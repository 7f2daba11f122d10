variable "region" {
  type    = string
  default = "us-east-1"
}

# Outputs of ../aws.
variable "cluster_name" {
  type = string
}

variable "cluster_endpoint" {
  type = string
}

variable "cluster_certificate_authority" {
  type = string
}

variable "database_host" {
  type = string
}

variable "database_port" {
  type = number
}

variable "database_name" {
  type = string
}

variable "database_master_secret_arn" {
  type = string
}
