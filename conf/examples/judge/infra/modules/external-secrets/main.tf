# The kinds of External Secrets, by its chart. reconciled itself serves them, so the operator is not
# started unless it is asked for.
resource "helm_release" "this" {
  name             = "external-secrets"
  namespace        = "external-secrets"
  create_namespace = true
  repository       = "https://charts.external-secrets.io"
  chart            = "external-secrets"
  version          = var.chart_version
  atomic           = true

  values = [yamlencode({
    installCRDs    = true
    replicaCount   = var.replicas
    webhook        = { create = var.replicas > 0 }
    certController = { create = var.replicas > 0 }
  })]
}
