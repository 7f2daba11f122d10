output "auth_mount_path" {
  value = module.auth.mount_path
}

output "auth_role" {
  value = module.auth.role
}

output "database_mount_path" {
  value = module.database.mount_path
}

output "database_roles" {
  value = module.database.roles
}
