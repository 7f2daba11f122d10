# Sourced by the tests of secrets: a stand-in API server and Vault, a namespace with a store, and a
# daemon that looks after it; nothing else. See platform.sh for what it sets.
# shellcheck shell=bash
# shellcheck source=tests/support/platform.sh
. "$(dirname "${BASH_SOURCE[0]}")/platform.sh"

ns=/api/v1/namespaces/shop
es=/apis/external-secrets.io/v1/namespaces/shop/externalsecrets
stores=/apis/external-secrets.io/v1/namespaces/shop/secretstores
deployments=/apis/apps/v1/namespaces/shop/deployments

# The whole folder, for who wants to look at it.
show_more() {
	[ -z "${KEEP:-}" ] || cp -R "$work" "$KEEP"
}

make_object() { # COLLECTION JSON
	api "$1" -X POST -o /dev/null -H 'Content-Type: application/json' -d "$2"
}

change() { # PATH MERGE-PATCH
	api "$1" -X PATCH -o /dev/null -H 'Content-Type: application/merge-patch+json' -d "$2"
}

secret() { # NAME KEY
	get "$ns/secrets/$1" ".data[\"$2\"] // empty" 2>/dev/null | base64 -d
}

users() {
	curl -s "$vault/_control/users" | jq -r '.users | length'
}

vault_count() { # TEXT: requests that Vault saw
	curl -s "$vault/_control/log" | jq -r "map(select(contains(\"$1\"))) | length"
}

misbehave() { # JSON
	curl -s -o /dev/null -X POST "$vault/_control" -d "$1"
}

# A Deployment whose pods use a Secret by their environment.
make_workload() { # NAME SECRET [ANNOTATIONS-JSON]
	make_object "$deployments" "{
		\"metadata\": {\"name\": \"$1\", \"annotations\": ${3:-{\}}},
		\"spec\": {\"replicas\": 2, \"selector\": {\"matchLabels\": {\"app\": \"$1\"}},
			\"template\": {\"metadata\": {\"labels\": {\"app\": \"$1\"}}, \"spec\": {\"containers\": [
				{\"name\": \"main\", \"image\": \"example.com/$1:1\",
				 \"envFrom\": [{\"secretRef\": {\"name\": \"$2\"}}]}]}}}}"
}

make_external() { # NAME SPEC-JSON
	make_object "$es" "{\"metadata\": {\"name\": \"$1\"}, \"spec\": $2}"
}

write_secrets_config() {
	cat >"$work/reconciled.yaml" <<-END
		clusters:
		  - name: shop
		    kubeconfig: $work/kubeconfig
		api: { socket: $RECONCILED_SOCKET }
		log: { level: ${LEVEL:-info}, format: text }
		stateDirectory: $work/state
		cacheDirectory: $work/cache
	END
}

kill_daemon() {
	kill -9 "$daemon_pid"
	wait "$daemon_pid" 2>/dev/null
}

stop_daemon() {
	kill "$daemon_pid"
	wait "$daemon_pid" 2>/dev/null
	daemon_code=$?
}

# Kinds, a namespace with an account, and SecretStores "vault" (key-value 2) and "database".
start_secrets() {
	serve kube kubeapi --kubeconfig-out "$work/kubeconfig" --ready-after "${READY_MS:-200}"
	serve vault vault --kube-api "$kube"
	define_kind external-secrets.io ExternalSecret externalsecrets
	define_kind external-secrets.io SecretStore secretstores
	make_object /api/v1/namespaces '{"metadata": {"name": "shop"}}'
	make_object "$ns/serviceaccounts" '{"metadata": {"name": "eso"}}'
	in_vault sys/mounts/secret '{"type": "kv", "options": {"version": "2"}}'
	in_vault sys/mounts/database '{"type": "database"}'
	in_vault auth/kubernetes/role/shop "{\"namespace\": \"shop\", \"account\": \"eso\", \"ttl\": ${TOKEN_S:-3600}}"
	local auth='"auth": {"kubernetes": {"mountPath": "kubernetes", "role": "shop", "serviceAccountRef": {"name": "eso"}}}'
	make_object "$stores" "{\"metadata\": {\"name\": \"vault\"}, \"spec\": {\"provider\": {\"vault\": {
		\"server\": \"$vault\", \"path\": \"secret\", \"version\": \"v2\", $auth}}}}"
	make_object "$stores" "{\"metadata\": {\"name\": \"database\"}, \"spec\": {\"provider\": {\"vault\": {
		\"server\": \"$vault\", \"path\": \"database\", \"version\": \"v1\", $auth}}}}"
	write_secrets_config
	start_daemon
}

# An ExternalSecret that extracts the credentials of a database role.
make_database_secret() { # NAME ROLE
	make_external "$1" "{\"refreshInterval\": \"1h\", \"secretStoreRef\": {\"name\": \"database\"},
		\"dataFrom\": [{\"extract\": {\"key\": \"creds/$2\"}}]}"
}
