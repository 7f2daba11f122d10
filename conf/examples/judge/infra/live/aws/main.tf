# Phase 1: what AWS has to have. Phase 2, in ../vault, reads its outputs.
terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.80"
    }
    tls = {
      source  = "hashicorp/tls"
      version = "~> 4.0"
    }
  }

  backend "s3" {} # backend.hcl
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { Platform = var.name, ManagedBy = "reconciled" }
  }
}

data "aws_caller_identity" "this" {}

module "vpc" {
  source = "../../modules/vpc"
  name   = var.name
  cidr   = var.cidr
}

module "eks" {
  source             = "../../modules/eks"
  name               = var.name
  kubernetes_version = var.kubernetes_version
  subnet_ids         = module.vpc.private_subnet_ids
  nodes              = var.nodes
}

module "database" {
  source                    = "../../modules/rds"
  name                      = var.name
  vpc_id                    = module.vpc.vpc_id
  subnet_ids                = module.vpc.private_subnet_ids
  client_security_group_ids = { cluster = module.eks.security_group_id }
  instance_class            = var.database_class
}

module "attestations" {
  source = "../../modules/s3"
  name   = "${var.name}-attestations"
}

module "events" {
  source = "../../modules/messaging"
  name   = "${var.name}-events"
}

data "aws_iam_policy_document" "judge_api" {
  statement {
    actions   = ["sns:Publish"]
    resources = [module.events.topic_arn]
  }

  statement {
    actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    resources = [module.events.queue_arn]
  }
}

data "aws_iam_policy_document" "archivista" {
  statement {
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${module.attestations.arn}/*"]
  }

  statement {
    actions   = ["s3:ListBucket"]
    resources = [module.attestations.arn]
  }
}

module "roles" {
  source = "../../modules/iam-role"
  for_each = {
    judge-api  = data.aws_iam_policy_document.judge_api.json
    archivista = data.aws_iam_policy_document.archivista.json
  }
  name              = each.key
  oidc_provider_arn = module.eks.oidc_provider_arn
  oidc_issuer       = module.eks.oidc_issuer
  namespace         = var.namespace
  service_account   = each.key
  policy            = each.value
}
