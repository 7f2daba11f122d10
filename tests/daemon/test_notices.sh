#!/bin/bash
# What is told of secrets and of stacks, to whom, and once; what could not be sent outlives a crash;
# and the feed of events, which is followed live.
set -u
# shellcheck source=tests/support/secrets.sh
. "$(dirname "$0")/../support/secrets.sh"
trap stop_platform EXIT
program=$top/tests/support/terraform/terraform
port=$(free_port)

write_secrets_config() {
	cat >"$work/reconciled.yaml" <<-END
		clusters:
		  - name: shop
		    kubeconfig: $work/kubeconfig
		repositories:
		  - { name: infra, url: file://$work/infra.git, interval: 10s }
		terraform:
		  stacks:
		    - { name: net, repository: infra, path: net, binary: $program, backendConfig: path=$work/net.tfstate, authorMayApprove: true }
		notifications:
		  - { name: all, type: webhook, url: '$told/all' }
		  - { name: stores, type: webhook, url: '$told/stores', events: [store-not-ready, store-ready] }
		  - { name: alerts, type: alertmanager, url: '$told/am' }
		  - { name: later, type: webhook, url: 'http://127.0.0.1:$port/later', events: [terraform-approval] }
		api: { socket: $RECONCILED_SOCKET }
		log: { level: ${LEVEL:-info}, format: text }
		stateDirectory: $work/state
		cacheDirectory: $work/cache
	END
}

count() { # FILE PATH TYPE [TEXT]
	jq -s --arg path "$2" --arg type "$3" --arg text "${4:-}" \
		'[.[] | select(.path == $path and .body.type == $type and (.body.message | contains($text)))] | length' "$work/$1" 2>/dev/null
}

is_told() { # PATH TYPE [TEXT [TIMES]]
	[ "$(count told "$1" "$2" "${3:-}")" = "${4:-1}" ]
}

resource() { # VALUE
	printf 'resource "aws_sqs_queue" "jobs" { value = "%s" }\n' "$1" >"$work/infra/net/main.tf"
	git -C "$work/infra" add -A
	git -C "$work/infra" commit -q -m "$1"
	git -C "$work/infra" push -q "$work/infra.git" main
	"$ctl" repository poll infra 2>/dev/null
}

is_phase() { # PHASE
	[ "$("$ctl" terraform get net -o json | jq -r .phase)" = "$1" ]
}

approve() {
	"$ctl" terraform approve net --plan "$("$ctl" terraform get net -o json | jq -r .run.digest)" >/dev/null
}

mkdir -p "$work/infra/net"
git init -q -b main "$work/infra"
git -C "$work/infra" config user.name Anna
git -C "$work/infra" config user.email anna@example.com
git init -q --bare -b main "$work/infra.git"
resource one
serve told receiver --log "$work/told"
must 'all are up' start_secrets
"$ctl" events --follow >"$work/followed" 2>"$work/followed.err" &
follower=$!

# ---- a stack ----
must 'a plan waits' until_so 20 is_phase awaiting-approval
check 'which is told' until_so 10 is_told /all terraform-approval 'stack net: awaiting-approval'
check 'once' eval 'sleep 1; is_told /all terraform-approval'
check 'and not to those who want to hear of stores' is_told /stores terraform-approval '' 0
approve
must 'it is applied' until_so 20 is_phase applied
check 'the question is answered' until_so 10 is_told /all terraform-decided
check 'a run that ends well is no news after none that failed' is_told /all terraform-succeeded '' 0
: >"$work/infra/net/main.tf" # everything would go
git -C "$work/infra" add -A
git -C "$work/infra" commit -q -m broken
git -C "$work/infra" push -q "$work/infra.git" main
"$ctl" repository poll infra
must 'a plan that its policy does not allow' until_so 20 is_phase policy-denied
check 'a run that ends so is told' until_so 10 is_told /all terraform-failed
resource three
must 'the next plan waits' until_so 20 is_phase awaiting-approval
check 'which is told again: it is another plan' until_so 10 is_told /all terraform-approval '' 2
approve
must 'that is applied' until_so 20 is_phase applied
check 'then it is told that runs end well again' until_so 10 is_told /all terraform-succeeded
check 'Alertmanager gets an end of the same labels' eval 'jq -se "[.[] | select(.path == \"/am/api/v2/alerts\") | .body[0] | select(.labels.alertname == \"ReconciledTerraformFailed\")] | length == 2 and .[0].labels == .[1].labels and .[1].endsAt != null and .[0].labels.subject == \"stack:net\"" "$work/told" >/dev/null'

# ---- stores and secrets ----
in_vault secret/data/app '{"data": {"k": "v"}}'
in_vault database/roles/app '{"ttl": 8, "max_ttl": 12}'
make_external app '{"refreshInterval": "1s", "secretStoreRef": {"name": "vault"}, "data": [{"secretKey": "k", "remoteRef": {"key": "app", "property": "k"}}]}'
make_database_secret rotated app
make_workload rotated rotated
must 'secrets are made' until_so 20 eval '[ -n "$(secret app k)" ] && [ -n "$(secret rotated username)" ]'
check 'what is well from the beginning is no news' eval 'is_told /all secret-restored "" 0 && is_told /all store-ready "" 0'
misbehave '{"fault": "500", "match": "secret/data/app"}'
check 'a refresh that fails is told' until_so 20 is_told /all secret-failed 'ExternalSecret shop/app: '
sleep 3
check 'once, however often it is tried' is_told /all secret-failed 'ExternalSecret shop/app: '
misbehave '{}'
check 'and that it is in sync again' until_so 40 is_told /all secret-restored 'ExternalSecret shop/app: '
misbehave '{"fault": "500", "match": "database/creds"}'
check 'a rotation that fails is told as that' until_so 20 is_told /all rotation-failed 'ExternalSecret shop/rotated: '
check 'and that the credentials end soon' until_so 20 is_told /all secret-expires 'ExternalSecret shop/rotated: '
misbehave '{}'
check 'both are over' until_so 60 is_told /all secret-restored 'ExternalSecret shop/rotated: ' 2
make_object "$stores" "{\"metadata\": {\"name\": \"away\"}, \"spec\": {\"provider\": {\"vault\": {
	\"server\": \"http://127.0.0.1:$(free_port)\", \"path\": \"secret\", \"version\": \"v2\",
	\"auth\": {\"kubernetes\": {\"mountPath\": \"kubernetes\", \"role\": \"shop\", \"serviceAccountRef\": {\"name\": \"eso\"}}}}}}}"
check 'a store that cannot be used is told' until_so 30 is_told /stores store-not-ready 'SecretStore shop/away: '
change "$stores/away" "{\"spec\": {\"provider\": {\"vault\": {\"server\": \"$vault\"}}}}"
check 'and when it can' until_so 30 is_told /stores store-ready 'SecretStore shop/away: '
check 'no value is in any of it' [ -z "$(grep -F -e '"v"' "$work/told")" ]

# ---- a crash with messages on their way ----
check 'messages to one who is away wait' eval '"$ctl" status >/dev/null; curl -sS --unix-socket "$RECONCILED_SOCKET" http://localhost/metrics | grep -q "^reconciled_notify_waiting{target=\"later\"} 2$"'
kill_daemon
wait $follower 2>/dev/null
"$O/support/receiver" --listen "127.0.0.1:$port" --log "$work/later" >/dev/null &
pids+=($!)
must 'it starts again' start_daemon
check 'they come after the crash' until_so 30 eval '[ "$(count later /later terraform-approval)" = 2 ]'
sleep 2
check 'each once' eval '[ "$(count later /later terraform-approval)" = 2 ]'
check 'nothing old is told anew' eval 'is_told /all terraform-approval "" 2 && is_told /all terraform-failed && is_told /all store-ready'

# ---- the feed ----
check 'who followed saw what was told, as it came' eval 'for one in terraform-approval terraform-decided terraform-failed secret-failed rotation-failed store-not-ready store-ready; do grep -q "  $one  " "$work/followed" || { echo "  no $one"; false; }; done'
check 'and that the daemon went' grep -q 'ended the connection' "$work/followed.err"
resource four
check 'the feed begins anew' until_so 20 eval '"$ctl" events -o json | jq -e "[.items[].type] | index(\"terraform-approval\")" >/dev/null'
check 'it is a table, too' eval '"$ctl" events | grep -q "^AT .*EVENT"'
check 'of one application only what is its own' eval '[ "$("$ctl" events nothing -o json | jq ".items | length")" = 0 ]'
summary
