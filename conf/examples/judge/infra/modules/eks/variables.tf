variable "name" {
  type = string
}

variable "kubernetes_version" {
  type    = string
  default = "1.32"
}

variable "subnet_ids" {
  type = list(string)
}

variable "public_endpoint" {
  type    = bool
  default = false
}

variable "instance_types" {
  type    = list(string)
  default = ["m6i.large"]
}

variable "nodes" {
  type    = object({ min = number, desired = number, max = number })
  default = { min = 3, desired = 3, max = 9 }
}
