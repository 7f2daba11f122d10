#!/bin/bash
# Values planted in every secret (Vault's, the logins', a Secret by hand) appear nowhere but in the
# Secrets that were asked for: not in the log at level debug, the state on disk, answers of the API,
# metrics, objects of the cluster besides Secrets, or the daemon's environment and arguments.
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

LEVEL=debug
must 'all are up' start_secrets
define_kind generators.external-secrets.io Fake fakes
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

passwords=$(secret db password)
must 'there is a password to look for' test -n "$passwords"
planted="$planted|$passwords"
must_be_clean 'the log' cat "$work/log"
must_be_clean 'the state' cat "$work"/state/*
must_be_clean 'the cache' find "$work/cache" -type f -exec cat {} +
must_be_clean 'the list' "$ctl" secret list -o json
for name in good db decode template yaml property extract keys refused; do
	must_be_clean "what is told of $name" "$ctl" secret get "shop/$name" -o json
	must_be_clean "the status of $name" api "$es/$name"
done
must_be_clean 'the metrics' curl -sS --unix-socket "$RECONCILED_SOCKET" http://localhost/metrics
must_be_clean 'the status' "$ctl" status -o json
must_be_clean 'the events' api "/api/v1/namespaces/shop/events"
must_be_clean 'the workloads' api "$deployments"
must_be_clean 'the environment' cat "/proc/$daemon_pid/environ"
must_be_clean 'the arguments' cat "/proc/$daemon_pid/cmdline"
must 'no core can be dumped' grep -qE '^Max core file size +0 ' "/proc/$daemon_pid/limits"
must 'the search finds what is there' eval '! api "$ns/secrets/good" | jq -r ".data.u | @base64d" | is_clean "the Secret" >/dev/null'
must 'in base64, too' eval '! api "$ns/secrets/good" | is_clean "the Secret" >/dev/null'
summary
