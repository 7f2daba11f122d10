#!/bin/bash
# Values planted in every secret (Vault's, AWS's, the logins', a Secret by hand, one in Git) appear nowhere
# but in the Secrets that were asked for: not in the log at level debug, the state on disk, answers of
# the API, diffs, metrics, notifications, objects of the cluster besides Secrets, or the environment and
# arguments of the daemon and its workers.
set -u
# shellcheck source=tests/support/secrets.sh
. "$(dirname "$0")/../support/secrets.sh"
trap stop_platform EXIT

planted='c4nary-[a-z]+-[0-9]+'
encoded=$(printf 'c4nary' | base64 | tr -d '=')

# Neither as it is nor in base64.
is_clean() { # WHAT, of standard input
	local found

	found=$(grep -aoE -m 3 -- "$planted|${encoded%?}" | head -n 3)
	[ -z "$found" ] || { echo "$1 holds: $found"; return 1; }
}

must_be_clean() { # WHAT COMMAND...
	local what=$1

	shift
	"$@" >"$work/looked-at" 2>&1
	must "no value in $what" is_clean "$what" <"$work/looked-at"
}

put() { # KEY JSON
	in_vault "secret/data/$1" "{\"data\": $2}"
}

has_failed() { is "$es/$1" '.status.conditions[0].status' False; }

write_secrets_config() {
	cat >"$work/reconciled.yaml" <<-END
		clusters: [{ name: shop, kubeconfig: $work/kubeconfig }]
		repositories: [{ name: git, url: file://$work/git, interval: 10s }]
		applications: [{ from: { repository: git, path: apps } }]
		notifications: [{ name: all, type: webhook, url: '$told/all' }]
		api: { socket: $RECONCILED_SOCKET }
		log: { level: debug, format: text }
		stateDirectory: $work/state
		cacheDirectory: $work/cache
	END
}

# An application that holds a Secret and is not synced by itself.
fill_git() {
	mkdir -p "$work/git/apps" "$work/git/shop"
	git init -q -b main "$work/git"
	cat >"$work/git/apps/shop.yaml" <<-END
		apiVersion: argoproj.io/v1alpha1
		kind: Application
		metadata: { name: shop }
		spec:
		  destination: { name: in-cluster, namespace: shop }
		  source: { repoURL: "file://$work/git", path: shop }
	END
	cat >"$work/git/shop/secret.yaml" <<-END
		apiVersion: v1
		kind: Secret
		metadata: { name: ingit }
		stringData: { k: c4nary-git-20 }
		data: { b: $(printf c4nary-git-21 | base64) }
	END
	git -C "$work/git" add -A
	git -C "$work/git" -c user.name=a -c user.email=a@example.com commit -q -m all
}

# The daemon and what it runs.
list_processes() {
	echo "$daemon_pid"
	pgrep -P "$daemon_pid"
}

read_processes() { # FILE: of each
	local pid

	for pid in $(list_processes); do
		cat "/proc/$pid/$1" 2>/dev/null
	done
}

serve told receiver --log "$work/told"
serve aws aws
export AWS_ENDPOINT_URL=$aws AWS_EC2_METADATA_DISABLED=true
fill_git
must 'all are up' start_secrets
define_kind generators.external-secrets.io Fake fakes
define_kind external-secrets.io PushSecret pushsecrets
stop_daemon
must 'it starts again, with the new kinds' start_daemon
put app '{"user": "c4nary-user-1", "pass": "c4nary-pass-2", "json": "{\"k\": \"c4nary-json-3\"}", "n": {"c4nary-key-4": "c4nary-deep-5"}}'
in_vault database/roles/app '{"ttl": 60}'
store='"refreshInterval": "1s", "secretStoreRef": {"name": "vault"}'
make_external good "{$store, \"dataFrom\": [{\"extract\": {\"key\": \"app\", \"property\": \"json\"}}], \"data\": [
	{\"secretKey\": \"u\", \"remoteRef\": {\"key\": \"app\", \"property\": \"user\"}}]}"
must 'a Secret is made' until_so 10 eval '[ "$(secret good u)" = c4nary-user-1 ]'
make_workload web good
make_database_secret db app
must 'credentials are made' until_so 10 eval '[ -n "$(secret db password)" ]'
# What goes wrong with values in hand.
make_external decode "{$store, \"data\": [{\"secretKey\": \"p\", \"remoteRef\": {\"key\": \"app\", \"property\": \"pass\", \"decodingStrategy\": \"Base64\"}}]}"
make_external template "{$store, \"data\": [{\"secretKey\": \"p\", \"remoteRef\": {\"key\": \"app\", \"property\": \"pass\"}}],
	\"target\": {\"template\": {\"data\": {\"x\": \"{{ .p | fromJson | toJson | index 7 }}\"}}}}"
make_external yaml "{$store, \"data\": [{\"secretKey\": \"p\", \"remoteRef\": {\"key\": \"app\", \"property\": \"pass\"}}],
	\"target\": {\"template\": {\"templateFrom\": [{\"literal\": \"{{ .p }}: [\"}]}}}"
make_external property "{$store, \"data\": [{\"secretKey\": \"p\", \"remoteRef\": {\"key\": \"app\", \"property\": \"pass.nothing\"}}]}"
make_external extract "{$store, \"dataFrom\": [{\"extract\": {\"key\": \"app\", \"property\": \"pass\"}}]}"
make_external keys "{$store, \"dataFrom\": [{\"extract\": {\"key\": \"app\"}, \"rewrite\": [{\"merge\": {}}]}]}"
for name in decode template yaml property extract keys; do
	must "$name fails" until_so 10 has_failed "$name"
done
# A token that is a planted value, of a Vault that refuses it.
make_object "$ns/secrets" "{\"metadata\": {\"name\": \"token\"}, \"data\": {\"token\": \"$(printf c4nary-token-6 | base64)\"}}"
make_object "$stores" "{\"metadata\": {\"name\": \"refused\"}, \"spec\": {\"provider\": {\"vault\": {
	\"server\": \"$vault\", \"path\": \"secret\", \"auth\": {\"tokenSecretRef\": {\"name\": \"token\", \"key\": \"token\"}}}}}}"
make_external refused '{"secretStoreRef": {"name": "refused"}, "data": [{"secretKey": "k", "remoteRef": {"key": "app"}}]}'
must 'a bad token is refused' until_so 10 has_failed refused
put app '{"user": "c4nary-user-7", "pass": "c4nary-pass-8", "json": "{\"k\": \"c4nary-json-9\"}"}'
must 'a changed value arrives' until_so 10 eval '[ "$(secret good u)" = c4nary-user-7 ]'
must 'the workload is rolled' until_so 10 eval 'get "$deployments/web" .spec.template.metadata.annotations | grep -q reconciled.io/secret'
"$ctl" secret refresh shop/good >/dev/null

# ---- AWS: its values, and the keys that sign
make_object "$ns/secrets" "{\"metadata\": {\"name\": \"aws\"}, \"data\": {\"id\": \"$(printf c4nary-awsid-10 | base64)\", \"secret\": \"$(printf SK-c4nary-awsid-10 | base64)\", \"bad\": \"$(printf c4nary-awsbad-11 | base64)\"}}"
for store in aws:secret badaws:bad; do
	make_object "$stores" "{\"metadata\": {\"name\": \"${store%:*}\"}, \"spec\": {\"provider\": {\"aws\": {\"service\": \"SecretsManager\", \"region\": \"eu-central-1\",
		\"auth\": {\"secretRef\": {\"accessKeyIDSecretRef\": {\"name\": \"aws\", \"key\": \"id\"}, \"secretAccessKeySecretRef\": {\"name\": \"aws\", \"key\": \"${store#*:}\"}}}}}}}"
	make_external "${store%:*}" "{\"refreshInterval\": \"1s\", \"secretStoreRef\": {\"name\": \"${store%:*}\"}, \"data\": [{\"secretKey\": \"k\", \"remoteRef\": {\"key\": \"app\"}}]}"
done
curl -s -o /dev/null -X POST "$aws/_control" -d '{"secrets": {"app": {"stages": {"AWSCURRENT": "c4nary-awsvalue-12"}}}}'
must 'a value of AWS is read' until_so 20 eval '[ "$(secret aws k)" = c4nary-awsvalue-12 ]'
must 'bad keys are refused' until_so 10 has_failed badaws
# ---- what is pushed, and what is refused of it
make_object "$ns/secrets" "{\"metadata\": {\"name\": \"source\"}, \"data\": {\"p\": \"$(printf c4nary-push-13 | base64)\"}}"
for push in pushed:vault:p unpushed:vault:nothing; do
	IFS=: read -r name store key <<<"$push"
	make_object /apis/external-secrets.io/v1/namespaces/shop/pushsecrets "{\"metadata\": {\"name\": \"$name\"}, \"spec\": {\"secretStoreRefs\": [{\"name\": \"$store\"}],
		\"selector\": {\"secret\": {\"name\": \"source\"}}, \"data\": [{\"match\": {\"secretKey\": \"$key\", \"remoteRef\": {\"remoteKey\": \"$name\", \"property\": \"x\"}}}]}}"
done
must 'a value is pushed' until_so 20 eval '[ "$(curl -s -H "X-Vault-Token: root" "$vault/v1/secret/data/pushed" | jq -r .data.data.x)" = c4nary-push-13 ]'
# ---- a Secret in Git: as it would be made, and beside one that is there
must 'the application is known' until_so 30 eval '"$ctl" app get shop -o json >/dev/null'
must 'its diff shows what would be made' until_so 20 eval '"$ctl" app diff shop >"$work/diff.new" 2>&1; grep -q ingit "$work/diff.new"'
make_object "$ns/secrets" "{\"metadata\": {\"name\": \"ingit\"}, \"data\": {\"k\": \"$(printf c4nary-live-22 | base64)\", \"b\": \"$(printf c4nary-live-23 | base64)\"}}"
"$ctl" app refresh shop >/dev/null 2>&1
must 'the diff shows it' until_so 20 eval '"$ctl" app diff shop 2>/dev/null | grep -q ingit'
must 'something is told of what fails' until_so 20 test -s "$work/told"

passwords=$(secret db password)
must 'there is a password to look for' test -n "$passwords"
planted="$planted|$passwords"
must_be_clean 'the log' cat "$work/log"
must_be_clean 'the state' cat "$work"/state/*
must_be_clean 'the cache' find "$work/cache" -type f -exec cat {} +
must_be_clean 'the list' "$ctl" secret list -o json
for name in aws badaws good db decode template yaml property extract keys refused; do
	must_be_clean "what is told of $name" "$ctl" secret get "shop/$name" -o json
	must_be_clean "the status of $name" api "$es/$name"
done
must_be_clean 'the metrics' curl -sS --unix-socket "$RECONCILED_SOCKET" http://localhost/metrics
must_be_clean 'the status' "$ctl" status -o json
must_be_clean 'the events' api "/api/v1/namespaces/shop/events"
must_be_clean 'the workloads' api "$deployments"
must_be_clean 'the PushSecrets' api /apis/external-secrets.io/v1/namespaces/shop/pushsecrets
must_be_clean 'what is told of stores' curl -sS --unix-socket "$RECONCILED_SOCKET" http://localhost/v1/secret-stores
must_be_clean 'the stores' api "$stores"
must_be_clean 'the diff of what is new' cat "$work/diff.new"
must_be_clean 'the diff of what is there' "$ctl" app diff shop
must_be_clean 'the diff as JSON' "$ctl" app diff shop -o json
must_be_clean 'the application' "$ctl" app get shop -o json
must_be_clean 'its resources' "$ctl" app resources shop -o json
must_be_clean 'the notifications' cat "$work/told"
must 'there are workers' test "$(list_processes | wc -l)" -gt 1
must_be_clean 'the environments' read_processes environ
must_be_clean 'the arguments' read_processes cmdline
must 'no core can be dumped' grep -qE '^Max core file size +0 ' "/proc/$daemon_pid/limits"
must 'the search finds what is there' eval '! api "$ns/secrets/good" | jq -r ".data.u | @base64d" | is_clean "the Secret" >/dev/null'
must 'in base64, too' eval '! api "$ns/secrets/good" | is_clean "the Secret" >/dev/null'
summary
