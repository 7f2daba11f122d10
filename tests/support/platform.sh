# Sourced by the demo, the chaos test, the soak and the bench: the stand-in servers, a Git
# repository made of conf/examples/judge, and a daemon that brings it to them.
#
# Sets: work ctl kube vault git (URLs) daemon_pid. Needs: O (the build).
#
# CLUSTER says which API server: `memory` (the default) is tests/support/kubeapi, `kubernetes` a real
# one (cluster.sh), where the daemon is the service account of packaging/kubernetes and has no other
# rights than those.
# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
case ${O:=$top/build/release} in /*) ;; *) O=$top/$O ;; esac
work=$(mktemp -d)
ctl=$O/reconcilectl
export RECONCILED_SOCKET=$work/control.sock
pids=()
kube_login=()
CLUSTER=${CLUSTER:-memory}
# shellcheck source=tests/support/check.sh
. "$top/tests/support/check.sh"
# shellcheck source=tests/support/cluster.sh
. "$top/tests/support/cluster.sh"

# Start a stand-in; its address goes to the variable named, what it writes to files of that name.
serve() {
	local name=$1 program=$2 i
	shift 2
	"$O/support/$program" "$@" >"$work/$name.out" 2>"$work/$name.err" &
	pids+=($!)
	for ((i = 0; i < 100; i++)); do
		[ -s "$work/$name.out" ] && break
		sleep 0.05
	done
	printf -v "$name" 'http://%s' "$(awk '{ print $2 }' "$work/$name.out")"
}

# A port that nobody has, and below those that the system gives to whoever asks for any.
free_port() {
	local port

	while port=$((20000 + RANDOM % 12000)); (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
		:
	done
	echo "$port"
}

api() {
	curl -sS --max-time 10 "${kube_login[@]}" "$kube$1" "${@:2}"
}

# What an object holds: get PATH JQ-FILTER
get() {
	api "$1" | jq -r "$2"
}

is() { # PATH JQ-FILTER VALUE
	[ "$(get "$1" "$2" 2>/dev/null)" = "$3" ]
}

is_there() { # PATH
	[ "$(api "$1" -o /dev/null -w '%{http_code}')" = 200 ]
}

is_gone() { # PATH
	[ "$(api "$1" -o /dev/null -w '%{http_code}')" = 404 ]
}

send() { # PATH JSON CURL-ARGUMENT...
	api "$1" -o /dev/null -H 'Content-Type: application/json' -d "$2" "${@:3}"
}

define_kind() { # group kind plural
	send /apis/apiextensions.k8s.io/v1/customresourcedefinitions "{
		\"apiVersion\": \"apiextensions.k8s.io/v1\", \"kind\": \"CustomResourceDefinition\",
		\"metadata\": {\"name\": \"$3.$1\"},
		\"spec\": {\"group\": \"$1\", \"scope\": \"Namespaced\", \"names\": {\"kind\": \"$2\", \"plural\": \"$3\"},
			\"versions\": [{\"name\": \"v1\", \"served\": true, \"storage\": true, \"subresources\": {\"status\": {}},
				\"schema\": {\"openAPIV3Schema\": {\"type\": \"object\", \"properties\": {
					\"spec\": {\"type\": \"object\", \"x-kubernetes-preserve-unknown-fields\": true},
					\"status\": {\"type\": \"object\", \"x-kubernetes-preserve-unknown-fields\": true}}}}}]}}"
}

define_cluster_kind() { # group kind plural
	send /apis/apiextensions.k8s.io/v1/customresourcedefinitions "{
		\"apiVersion\": \"apiextensions.k8s.io/v1\", \"kind\": \"CustomResourceDefinition\",
		\"metadata\": {\"name\": \"$3.$1\"},
		\"spec\": {\"group\": \"$1\", \"scope\": \"Cluster\", \"names\": {\"kind\": \"$2\", \"plural\": \"$3\"},
			\"versions\": [{\"name\": \"v1\", \"served\": true, \"storage\": true, \"subresources\": {\"status\": {}},
				\"schema\": {\"openAPIV3Schema\": {\"type\": \"object\", \"properties\": {
					\"spec\": {\"type\": \"object\", \"x-kubernetes-preserve-unknown-fields\": true},
					\"status\": {\"type\": \"object\", \"x-kubernetes-preserve-unknown-fields\": true}}}}}]}}"
}

# What was asked of the API server after request N, as a JSON array of {n, atMs, method, path, name,
# agent, dryRun, validation}: the in-memory server's own log, the real one's audit log.
requests() { # N [JQ-FILTER over the array]
	if [ "$CLUSTER" = memory ]; then
		get "/_control/log?since=$1" ".requests | ${2:-.}"
	else
		tail -n "+$(($1 + 1))" "$cluster_audit" | jq -rn --argjson from "$1" '
			def method: {"create": "POST", "update": "PUT", "patch": "PATCH", "delete": "DELETE",
				"deletecollection": "DELETE"}[.] // "GET";
			[foreach inputs as $one ($from; . + 1; . as $n | $one | {n: $n,
				atMs: (.requestReceivedTimestamp | (sub("\\.[0-9]+Z"; "Z") | fromdate) * 1000 +
					(capture("\\.(?<f>[0-9]{3})").f | tonumber)),
				method: (.verb | method), path: (.requestURI | split("?")[0]),
				name: (.objectRef.name // ""), agent: (.userAgent // ""),
				dryRun: (if .requestURI | contains("dryRun=All") then "All" else "" end),
				validation: ((.requestURI | capture("fieldValidation=(?<v>[A-Za-z]+)").v) // "")})]
			| '"${2:-.}"
	fi
}

last_request() {
	if [ "$CLUSTER" = memory ]; then
		get '/_control/log?since=0' .last
	else
		wc -l <"$cluster_audit"
	fi
}

in_vault() { # path json
	curl -sS --max-time 10 -o /dev/null -H 'X-Vault-Token: root' -X POST "$vault/v1/$1" -d "$2"
}

fill_vault() {
	in_vault sys/mounts/secret '{"type": "kv", "options": {"version": "2"}}'
	in_vault sys/mounts/database '{"type": "database"}'
	in_vault database/roles/judge-api "{\"ttl\": ${LEASE_S:-86400}}"
	in_vault auth/kubernetes/role/judge '{"namespace": "judge", "account": "judge-secrets", "ttl": 3600}'
	in_vault secret/data/judge/judge-api '{"data": {"session-key": "s3ss10n-k3y", "oidc-client-secret": "0idc-s3cr3t"}}'
	in_vault secret/data/judge/kratos '{"data": {"cookie-secret": "c00kie-s3cr3t", "cipher-secret": "c1pher-s3cr3t"}}'
	in_vault secret/data/judge/gateway '{"data": {"jwt-key": "jwt-k3y-one"}}'
}

# The repository as its owners push to it, and as the daemon polls it.
make_repository() {
	cp -R "$top/conf/examples/judge" "$work/repo"
	# The production values say where the real platform's Vault is; ours is here.
	sed -i "s#^\( *server:\).*#\1 $vault#" "$work/repo/charts/judge/values.yaml"
	sed -i '/valueFiles:/,+2d' "$work/repo/argocd/judge-platform.yaml"
	sed -i "s#repoURL:.*#repoURL: $git/judge.git#" "$work/repo/argocd/judge-platform.yaml"
	[ -z "${PROGRAM:-}" ] || tie_to_infra "$work/repo/argocd/judge-platform.yaml"
	git init -q -b main "$work/repo"
	git -C "$work/repo" config user.name 'A. Developer'
	git -C "$work/repo" config user.email developer@example.com
	commit 'the platform'
	git clone -q --bare "$work/repo" "$work/served/judge.git"
	git -C "$work/repo" remote add origin "$work/served/judge.git"
}

# A repository of infrastructure, the twin of conf/examples/judge/infra: what the demo's program of
# terraform can apply without a cloud. The Application takes its outputs and waits for it.
make_infra() {
	cp -R "$top/conf/examples/judge/infra" "$work/infra"
	git init -q -b main "$work/infra"
	git -C "$work/infra" config user.name 'A. Developer'
	git -C "$work/infra" config user.email developer@example.com
	git -C "$work/infra" add -A
	git -C "$work/infra" commit -q -m 'the infrastructure'
	git clone -q --bare "$work/infra" "$work/served/infra.git"
	git -C "$work/infra" remote add origin "$work/served/infra.git"
	openssl rand -base64 32 >"$work/backup-key"
	echo 'v4ult-t0ken-c4n4ry' >"$work/vault-token"
}

tie_to_infra() { # an Application's manifest
	sed -i '/^  name: judge-platform/a\
  annotations:\
    reconciled.io/depends-on: terraform/aws, terraform/vault\
    reconciled.io/values-from: |\
      database.host: terraform/aws/database_host\
      database.port: terraform/aws/database_port\
      serviceAccount.awsAccountId: terraform/aws/account_id\
      archivista.storage.bucket: terraform/aws/attestations_bucket' "$1"
}

write_stacks() {
	cat >>"$work/reconciled.yaml" <<-END
		terraform:
		  backups: { key: { file: $work/backup-key } }
		  stacks:
		    - name: aws
		      repository: infra
		      path: twin/aws
		      binary: $PROGRAM
		      backendConfig: path=$work/aws.tfstate
		      approval: required
		    - name: vault
		      repository: infra
		      path: twin/vault
		      binary: $PROGRAM
		      backendConfig: path=$work/vault.tfstate
		      approval: changes
		      dependsOn: aws
		      variables:
		        - { name: cluster_endpoint, stack: aws, output: cluster_endpoint }
		        - { name: database_host, stack: aws, output: database_host }
		        - { name: vault_token, file: $work/vault-token }
	END
}

commit() {
	git -C "$work/repo" add -A
	git -C "$work/repo" commit -q -m "$1"
}

# Commit, push, and tell the daemon, as a webhook would.
push() {
	commit "$1"
	git -C "$work/repo" push -q origin main
	refresh
}

refresh() {
	"$ctl" app refresh judge-platform
}

# What a script has to add to the configuration, or to change in it, it does by a function of its own.
more_config() { # FILE
	:
}

write_config() {
	cat >"$work/reconciled.yaml" <<-END
		clusters:
		  - name: judge
		    kubeconfig: $work/kubeconfig
		    namespaces: [${NAMESPACE:-}]
		repositories:
		  - name: helm
		    url: $git/judge.git
		    interval: ${INTERVAL:-3m}
		    timeout: ${POLL_TIMEOUT:-2m}
		  ${PROGRAM:+- { name: infra, url: $git/infra.git \}}
		applications:
		  - from: { repository: helm, path: argocd }
		api: { socket: $RECONCILED_SOCKET }
		log: { level: ${LEVEL:-info}, format: text }
		stateDirectory: $work/state
		cacheDirectory: $work/cache
	END
	[ -z "${PROGRAM:-}" ] || write_stacks
	more_config "$work/reconciled.yaml"
}

start_daemon() {
	${UNDER:-} "$O/reconciled" --config "$work/reconciled.yaml" >>"$work/log" 2>&1 &
	daemon_pid=$!
	echo "$daemon_pid" >"$work/daemon.pid" # also when a subshell begins it
	for ((i = 0; i < 200; i++)); do
		[ -S "$RECONCILED_SOCKET" ] && "$ctl" status >/dev/null 2>&1 && return 0
		kill -0 "$daemon_pid" 2>/dev/null || return 1
		sleep 0.05
	done
	return 1
}

# An account of the cluster, with the rights in packaging/kubernetes and no others; NAMESPACE: with
# those for this one only.
become_account() {
	local kubectl=${RC_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/reconciled-peers}/kubectl

	if [ -n "${NAMESPACE:-}" ]; then
		send /api/v1/namespaces "{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"$NAMESPACE\"}}"
		sed "s/\bjudge\b/$NAMESPACE/g" "$top/packaging/kubernetes/namespace.yaml" |
			"$kubectl" --kubeconfig "$cluster_folder/kubeconfig" apply -f - >"$work/rights.log" || return 1
		make_cluster_kubeconfig "$work/kubeconfig" "$("$kubectl" --kubeconfig "$cluster_folder/kubeconfig" \
			create token reconciled -n "$NAMESPACE" --duration 24h)"
		return
	fi
	"$kubectl" --kubeconfig "$cluster_folder/kubeconfig" apply -f "$top/packaging/kubernetes/cluster.yaml" >"$work/rights.log" || return 1
	# The rights are gathered by a controller, some moments later.
	cluster_wait 60 'the rights' eval 'cluster_api /apis/rbac.authorization.k8s.io/v1/clusterroles/reconciled | jq -e ".rules | length > 5"'
	make_cluster_kubeconfig "$work/kubeconfig" "$("$kubectl" --kubeconfig "$cluster_folder/kubeconfig" \
		create token reconciled -n reconciled --duration 24h)"
}

start_kube() {
	if [ "$CLUSTER" = memory ]; then
		serve kube kubeapi --kubeconfig-out "$work/kubeconfig" --ready-after "${READY_MS:-200}"
		return
	fi
	start_cluster "$work/cluster" || return 1
	kube=$cluster_url
	kube_login=(--cacert "$cluster_ca" -H "Authorization: Bearer $cluster_token")
	become_account
}

start_platform() {
	mkdir -p "$work/served"
	start_kube || return 1
	serve vault vault --kube-api "$kube" \
		${cluster_ca:+--kube-ca "$cluster_ca" --kube-token "$cluster_token"}
	serve git githttp --root "$work/served"
	define_kind external-secrets.io ExternalSecret externalsecrets
	define_kind external-secrets.io SecretStore secretstores
	define_kind networking.istio.io VirtualService virtualservices
	fill_vault
	make_repository
	[ -z "${PROGRAM:-}" ] || make_infra
	write_config
	start_daemon
}

stop_platform() {
	local pid

	[ -f "$work/daemon.pid" ] && kill "$(cat "$work/daemon.pid")" 2>/dev/null
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null
	done
	stop_cluster
	wait 2>/dev/null
	rm -rf "$work"
}

app() { # jq filter over the application
	"$ctl" app get judge-platform -o json 2>/dev/null | jq -r "$1"
}

is_synced() {
	[ "$(app '[.status.sync.status, .status.health.status, .status.operationState.phase] | join(" ")')" = 'Synced Healthy Succeeded' ]
}
