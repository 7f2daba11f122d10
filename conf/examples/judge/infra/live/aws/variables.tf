variable "name" {
  type    = string
  default = "judge-production"
}

variable "region" {
  type    = string
  default = "us-east-1"
}

variable "cidr" {
  type    = string
  default = "10.40.0.0/16"
}

variable "kubernetes_version" {
  type    = string
  default = "1.32"
}

variable "nodes" {
  type    = object({ min = number, desired = number, max = number })
  default = { min = 3, desired = 3, max = 9 }
}

variable "database_class" {
  type    = string
  default = "db.m6g.large"
}

variable "namespace" {
  description = "Of the cluster, where the platform lives"
  type        = string
  default     = "judge"
}
