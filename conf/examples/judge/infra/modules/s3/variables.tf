variable "name" {
  type = string
}

variable "keep_versions_days" {
  type    = number
  default = 90
}
