# Sourced: a real Vault with its storage on disk and a real PostgreSQL, both on loopback.
#
#   start_postgres FOLDER    a throw-away cluster with database "app"; sets pg_port; SQL by pg_ask
#   start_vault FOLDER       initialised and unsealed; sets vault (its URL) and vault_root
#   kill_vault, run_vault    the same one again, unsealed
#   real_vault METHOD PATH [JSON]     as root
#
# PostgreSQL does not run as root: then it runs as the account that its package makes.
# shellcheck shell=bash

# The folder of the server's programs, or nothing.
find_postgres() {
	find /usr/lib/postgresql/*/bin -name initdb -printf '%h\n' 2>/dev/null | sort -V | tail -n 1
}

as_postgres() {
	if [ "$(id -u)" = 0 ]; then
		(cd / && setpriv --reuid postgres --regid postgres --clear-groups --pdeathsig KILL "$@")
	else
		"$@"
	fi
}

pg_ask() { # SQL
	psql -h "$pg_folder" -p "$pg_port" -U owner -d app -qAtX -c "$1"
}

start_postgres() { # FOLDER: must be reachable by that account
	local programs

	programs=$(find_postgres)
	[ -n "$programs" ] || return 1
	pg_folder=$1
	pg_port=$(free_ports 1)
	mkdir -p "$pg_folder"
	chmod 755 "$pg_folder"
	[ "$(id -u)" != 0 ] || chown postgres "$pg_folder"
	as_postgres "$programs/initdb" -D "$pg_folder/data" -U owner --auth-local trust --auth-host password \
		--no-sync >"$pg_folder.log" 2>&1 || return 1
	as_postgres "$programs/postgres" -D "$pg_folder/data" -c listen_addresses=127.0.0.1 -p "$pg_port" \
		-c unix_socket_directories="$pg_folder" -c fsync=off -c shared_buffers=32MB >>"$pg_folder.log" 2>&1 &
	pids+=($!)
	until_so 60 psql -h "$pg_folder" -p "$pg_port" -U owner -d postgres -qAtX -c 'CREATE DATABASE app' >/dev/null 2>&1 || return 1
	pg_ask "CREATE ROLE app_owner; GRANT ALL ON DATABASE app TO app_owner;
		CREATE ROLE vaultroot SUPERUSER LOGIN PASSWORD 'vaultroot'"
}

# An error is shown with its words.
real_vault() { # METHOD PATH [JSON]
	curl -sS --max-time 30 --fail-with-body -X "$1" -H "X-Vault-Token: ${vault_root:-}" "$vault/v1/$2" ${3:+-d "$3"}
}

run_vault() {
	GODEBUG=x509negativeserial=1 setpriv --pdeathsig KILL "$vault_program" server -config "$vault_folder/vault.hcl" \
		>>"$vault_folder/log" 2>&1 &
	vault_pid=$!
	pids+=($!)
	until_so 60 curl -s -o /dev/null "$vault/v1/sys/seal-status" || return 1
	[ -z "${vault_key:-}" ] || real_vault PUT sys/unseal "{\"key\": \"$vault_key\"}" >/dev/null
}

kill_vault() {
	kill -9 "$vault_pid"
	wait "$vault_pid" 2>/dev/null
}

start_vault() { # FOLDER
	local port answer

	vault_program=${RC_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/reconciled-peers}/vault
	vault_folder=$1
	port=$(free_ports 1)
	vault=http://127.0.0.1:$port
	mkdir -p "$vault_folder"
	cat >"$vault_folder/vault.hcl" <<-END
		storage "file" { path = "$vault_folder/data" }
		listener "tcp" {
		  address = "127.0.0.1:$port"
		  tls_disable = true
		}
		disable_mlock = true
		api_addr = "$vault"
		log_level = "warn"
	END
	run_vault || return 1
	answer=$(real_vault PUT sys/init '{"secret_shares": 1, "secret_threshold": 1}') || return 1
	vault_key=$(jq -r '.keys[0]' <<<"$answer")
	vault_root=$(jq -r .root_token <<<"$answer")
	real_vault PUT sys/unseal "{\"key\": \"$vault_key\"}" >/dev/null
	until_so 30 real_vault GET sys/health >/dev/null
}

# Logins by accounts of the cluster, the database engine, and role "app".
fill_real_vault() { # CLUSTER-URL CA-FILE REVIEWER-TOKEN
	real_vault POST sys/auth/kubernetes '{"type": "kubernetes"}' &&
		real_vault POST auth/kubernetes/config "$(jq -n --arg host "$1" --rawfile ca "$2" --arg token "$3" \
			'{kubernetes_host: $host, kubernetes_ca_cert: $ca, token_reviewer_jwt: $token, disable_local_ca_jwt: true}')" &&
		real_vault PUT sys/policies/acl/shop '{"policy": "path \"database/creds/*\" { capabilities = [\"read\"] } path \"sys/leases/revoke\" { capabilities = [\"update\"] } path \"secret/data/*\" { capabilities = [\"read\"] } path \"secret/metadata/*\" { capabilities = [\"read\", \"list\"] } path \"old/*\" { capabilities = [\"read\", \"list\"] }"}' &&
		real_vault POST auth/kubernetes/role/shop "{\"bound_service_account_names\": \"eso\", \"bound_service_account_namespaces\": \"shop\",
			\"audience\": \"vault\", \"token_policies\": \"shop\", \"token_ttl\": \"${TOKEN_TTL:-1h}\"}" &&
		real_vault POST sys/mounts/secret '{"type": "kv", "options": {"version": "2"}}' &&
		real_vault POST sys/mounts/old '{"type": "kv", "options": {"version": "1"}}' &&
		real_vault POST sys/mounts/database '{"type": "database"}' &&
		real_vault POST database/config/app "{\"plugin_name\": \"postgresql-database-plugin\", \"allowed_roles\": \"*\",
			\"connection_url\": \"postgresql://{{username}}:{{password}}@127.0.0.1:$pg_port/app?sslmode=disable\",
			\"username\": \"vaultroot\", \"password\": \"vaultroot\"}"
}

real_role() { # DEFAULT-TTL MAX-TTL
	real_vault POST database/roles/app "$(jq -n --arg ttl "$1" --arg max "$2" '{db_name: "app", default_ttl: $ttl, max_ttl: $max,
		creation_statements: ["CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '\''{{password}}'\'' VALID UNTIL '\''{{expiration}}'\'' IN ROLE app_owner;",
			"ALTER ROLE \"{{name}}\" SET ROLE app_owner;"],
		renew_statements: ["ALTER ROLE \"{{name}}\" VALID UNTIL '\''{{expiration}}'\'';"]}')"
}
