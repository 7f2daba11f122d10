variable "chart_version" {
  type    = string
  default = "0.18.2"
}

variable "replicas" {
  description = "Of the operator; 0: only its kinds are there"
  type        = number
  default     = 0
}
