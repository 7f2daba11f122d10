# Service accounts of the cluster log in to Vault and read what their platform owns.
resource "vault_auth_backend" "kubernetes" {
  type = "kubernetes"
  path = var.mount_path
}

resource "vault_kubernetes_auth_backend_config" "this" {
  backend            = vault_auth_backend.kubernetes.path
  kubernetes_host    = var.cluster_endpoint
  kubernetes_ca_cert = base64decode(var.cluster_certificate_authority)
}

resource "vault_mount" "kv" {
  path    = "secret"
  type    = "kv"
  options = { version = "2" }
}

data "vault_policy_document" "this" {
  rule {
    path         = "${vault_mount.kv.path}/data/${var.kv_prefix}/*"
    capabilities = ["read"]
  }

  rule {
    path         = "${vault_mount.kv.path}/metadata/${var.kv_prefix}/*"
    capabilities = ["read", "list"]
  }

  dynamic "rule" {
    for_each = var.database_roles
    content {
      path         = "${var.database_mount}/creds/${rule.value}"
      capabilities = ["read"]
    }
  }

  rule {
    path         = "sys/leases/renew"
    capabilities = ["update"]
  }

  rule {
    path         = "sys/leases/revoke"
    capabilities = ["update"]
  }
}

resource "vault_policy" "this" {
  name   = var.role
  policy = data.vault_policy_document.this.hcl
}

resource "vault_kubernetes_auth_backend_role" "this" {
  backend                          = vault_auth_backend.kubernetes.path
  role_name                        = var.role
  bound_service_account_names      = [var.service_account]
  bound_service_account_namespaces = [var.namespace]
  token_policies                   = [vault_policy.this.name]
  token_ttl                        = 3600
  token_max_ttl                    = 86400
}
