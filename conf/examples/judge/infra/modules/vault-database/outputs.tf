output "mount_path" {
  value = vault_mount.this.path
}

output "roles" {
  value = sort(keys(vault_database_secret_backend_role.this))
}
