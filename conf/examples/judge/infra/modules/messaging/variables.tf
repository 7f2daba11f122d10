variable "name" {
  type = string
}

variable "visibility_timeout_s" {
  type    = number
  default = 60
}

variable "attempts" {
  type    = number
  default = 5
}
