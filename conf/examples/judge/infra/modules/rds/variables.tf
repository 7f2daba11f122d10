variable "name" {
  type = string
}

variable "vpc_id" {
  type = string
}

variable "subnet_ids" {
  type = list(string)
}

variable "client_security_group_ids" {
  description = "Who may connect: what it is, and its security group"
  type        = map(string)
}

variable "instance_class" {
  type    = string
  default = "db.m6g.large"
}

variable "storage_gib" {
  type    = number
  default = 100
}

variable "backup_days" {
  type    = number
  default = 14
}
