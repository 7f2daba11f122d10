variable "mount_path" {
  type    = string
  default = "database"
}

variable "connection" {
  type = string
}

variable "host" {
  type = string
}

variable "port" {
  type = number
}

variable "database" {
  type = string
}

variable "master_secret_arn" {
  type = string
}

variable "roles" {
  description = "What may be asked for, the group of PostgreSQL its users are in, and how long they live"
  type        = map(object({ group = string, ttl_s = optional(number, 3600), max_ttl_s = optional(number, 86400) }))
}
