variable "mount_path" {
  type    = string
  default = "kubernetes"
}

variable "cluster_endpoint" {
  type = string
}

variable "cluster_certificate_authority" {
  description = "As base64"
  type        = string
}

variable "role" {
  type = string
}

variable "namespace" {
  type = string
}

variable "service_account" {
  type = string
}

variable "kv_prefix" {
  type = string
}

variable "database_mount" {
  type = string
}

variable "database_roles" {
  type = list(string)
}
