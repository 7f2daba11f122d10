# Phase 2: the kinds of External Secrets in the cluster, and a Vault that lets the platform in.
terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.80"
    }
    helm = {
      source  = "hashicorp/helm"
      version = "~> 2.17"
    }
    vault = {
      source  = "hashicorp/vault"
      version = "~> 4.5"
    }
  }

  backend "s3" {} # backend.hcl
}

provider "aws" {
  region = var.region
}

# VAULT_ADDR and VAULT_TOKEN come from the stack's environment.
provider "vault" {}

data "aws_eks_cluster_auth" "this" {
  name = var.cluster_name
}

provider "helm" {
  kubernetes {
    host                   = var.cluster_endpoint
    cluster_ca_certificate = base64decode(var.cluster_certificate_authority)
    token                  = data.aws_eks_cluster_auth.this.token
  }
}

module "external_secrets" {
  source = "../../modules/external-secrets"
}

module "database" {
  source            = "../../modules/vault-database"
  connection        = "judge-postgres"
  host              = var.database_host
  port              = var.database_port
  database          = var.database_name
  master_secret_arn = var.database_master_secret_arn
  roles = {
    judge-api  = { group = "judge_api" }
    archivista = { group = "archivista" }
    kratos     = { group = "kratos" }
  }
}

module "auth" {
  source                        = "../../modules/vault-auth"
  cluster_endpoint              = var.cluster_endpoint
  cluster_certificate_authority = var.cluster_certificate_authority
  role                          = "judge"
  namespace                     = "judge"
  service_account               = "judge-secrets"
  kv_prefix                     = "judge"
  database_mount                = module.database.mount_path
  database_roles                = module.database.roles
}
