#!/bin/bash
# Variables and environment of a stack from a Vault (key-value and dynamic credentials) and from a
# systemd credential, and keys of AWS for a role: where they arrive, where they do not, and when they
# are given back. With the stand-ins for terraform, Vault and AWS's token service.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
trap stop_platform EXIT
: "${PATIENCE_S:=60}"

show_more() {
	"$ctl" terraform get app -o json | jq 'del(.run.plan)'
}

is() { # FILTER VALUE
	[ "$("$ctl" terraform get app -o json 2>/dev/null | jq -r "$1")" = "$2" ]
}

says() { # FILTER PATTERN
	"$ctl" terraform get app -o json 2>/dev/null | jq -r "$1" | grep -q -- "$2"
}

state() { # FILTER VALUE
	[ "$(jq -r "$1" "$work/app.tfstate" 2>/dev/null)" = "$2" ]
}

# What the program saw of a variable of its environment in the newest command of that name.
saw() { # COMMAND VARIABLE
	grep -a "^$2=" "$work/env.$1" | cut -d= -f2-
}

push() { # MESSAGE
	git -C "$work/infra" add -A
	git -C "$work/infra" commit -q -m "$1"
	git -C "$work/infra" push -q "$work/served/infra.git" main
	"$ctl" repository poll infra 2>/dev/null
}

in_vault() { # PATH JSON
	curl -s -o /dev/null -H 'X-Vault-Token: root' -X POST "$vault/v1/$1" -d "$2"
}

control() { # JSON
	curl -s -o /dev/null -X POST "$vault/_control" -d "$1"
}

asked() { # TEXT: how often Vault was asked so
	curl -s "$vault/_control/log" | jq -r "map(select(contains(\"$1\"))) | length"
}

users() {
	curl -s "$vault/_control/users" | jq -r '.users | length'
}

approve() {
	"$ctl" terraform approve app --plan "$("$ctl" terraform get app -o json | jq -r .run.digest)" >/dev/null
}

mkdir -p "$work/served" "$work/infra" "$work/credentials"
serve vault vault
serve sts sts
in_vault sys/mounts/secret '{"type": "kv", "options": {"version": "2"}}'
in_vault sys/mounts/old '{"type": "kv", "options": {"version": "1"}}'
in_vault sys/mounts/database '{"type": "database"}'
in_vault database/roles/app '{"default_ttl": 600, "max_ttl": 3600}'
in_vault secret/data/app '{"data": {"password": "kv2-c4n4ry-1", "ports": [1, 2]}}'
in_vault old/app '{"password": "kv1-c4n4ry"}'
printf 'cr3d-c4n4ry\n' >"$work/credentials/signing"
printf 'secret-id\n' >"$work/credentials/vault"
export CREDENTIALS_DIRECTORY=$work/credentials
export AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=0wn-k3y-c4n4ry AWS_ENDPOINT_URL_STS=$sts
unset AWS_SESSION_TOKEN AWS_PROFILE AWS_REGION
git init -q -b main "$work/infra"
git -C "$work/infra" config user.name Anna
git -C "$work/infra" config user.email anna@example.com
git init -q --bare -b main "$work/served/infra.git"
cat >"$work/infra/main.tf" <<-END
	resource "aws_db" "kv2" { value = var.password }
	resource "aws_db" "kv1" { value = var.older }
	resource "aws_db" "credential" { value = var.signing }
	output "ports" { value = var.ports sensitive = true }
END
cat >"$work/terraform" <<-END
	#!/bin/bash
	env >"$work/env.\$1"
	echo "\$*" >>"$work/arguments"
	exec "$top/tests/support/terraform/terraform" "\$@"
END
chmod +x "$work/terraform"
openssl rand -base64 32 >"$work/key"
config() { # LINE... of the stack
	cat >"$work/reconciled.yaml" <<-END
		repositories: [{ name: infra, url: file://$work/served/infra.git, interval: 10s }]
		terraform:
		  backups: { key: { file: $work/key } }
		  vaults:
		    - name: main
		      url: $vault
		      auth: { method: approle, role: role-id, credential: vault }
		  stacks:
		    - name: app
		      repository: infra
		      binary: $work/terraform
		      backendConfig: path=$work/app.tfstate
		      authorMayApprove: true
		      aws: { role: "arn:aws:iam::1:role/infra", externalId: ext-1, region: eu-central-1, duration: 2h }
		      variables:
		        - { name: password, vault: main, path: secret/data/app, field: password }
		        - { name: ports, vault: main, path: secret/data/app, field: ports }
		        - { name: older, vault: main, path: old/app, field: password }
		        - { name: signing, credential: signing }
		      environment:
		        - { name: PGUSER, vault: main, path: database/creds/app, field: username }
		        - { name: PGPASSWORD, vault: main, path: database/creds/app, field: password }
		$(printf '      %s\n' "$@")
		api: { socket: $RECONCILED_SOCKET }
		log: { level: debug, format: text }
		stateDirectory: $work/state
		cacheDirectory: $work/cache
	END
}
config
push first
start_daemon || give_up 'the daemon does not start'

# ---- where they arrive
must 'a plan is made with them' soon is .phase awaiting-approval
must 'a field of key-value 2 is a variable' test "$(saw plan TF_VAR_password)" = kv2-c4n4ry-1
must 'what is no text is JSON' test "$(saw plan TF_VAR_ports)" = '[1,2]'
must 'key-value 1, too' test "$(saw plan TF_VAR_older)" = kv1-c4n4ry
must 'and a systemd credential' test "$(saw plan TF_VAR_signing)" = cr3d-c4n4ry
must 'dynamic credentials are there' eval '[ -n "$(saw plan PGUSER)" ] && [ -n "$(saw plan PGPASSWORD)" ]'
must 'each path was read once' test "$(asked "GET /v1/secret/data/app") $(asked "GET /v1/database/creds/app")" = '1 1'
must 'the role of AWS was assumed, as it was said' test "$(curl -s "$sts/_control" | grep -oE 'RoleArn=arn|DurationSeconds=7200|ExternalId=ext-1' | wc -l)" = 3
must 'its keys are there' test "$(saw plan AWS_ACCESS_KEY_ID) $(saw plan AWS_SECRET_ACCESS_KEY) $(saw plan AWS_SESSION_TOKEN)" = 'ASIAEXAMPLE1 s3cr3t-k3y-1 s3ss10n-t0k3n-1'
must 'with the region' test "$(saw plan AWS_REGION)" = eu-central-1
must 'what logs in to Vault is not' eval '! grep -q secret-id "$work"/env.*'
must 'no lease is held while people think' soon test "$(users)" = 0
old=$(saw plan PGUSER)
must 'a yes' approve
must 'it is applied' soon is .phase applied
must 'keys and leases are asked for anew for that' test "$(saw apply AWS_ACCESS_KEY_ID)" = ASIAEXAMPLE2
must 'as are users' eval '[ -n "$(saw apply PGUSER)" ] && [ "$(saw apply PGUSER)" != "$old" ]'
must 'the values are in the state' state '[.resources["aws_db.kv2", "aws_db.kv1", "aws_db.credential"].value] | join(" ")' 'kv2-c4n4ry-1 kv1-c4n4ry cr3d-c4n4ry'
must 'the lease is given back at the end' soon eval '[ "$(users)" = 0 ]'

# ---- Vault is away, forbids, or lacks it
run() {
	"$ctl" terraform get app -o json | jq .run.id
}
plan_fails() { # PATTERN
	local id

	id=$(run)
	"$ctl" terraform plan app >/dev/null
	soon eval "is '\"\\(.run.id) \\(.run.phase)\"' '$((id + 1)) failed'" && says .run.reason "$1"
}
control '{"fault": "sealed", "match": "secret/data"}'
must 'a Vault that is sealed fails the run, and it says so' plan_fails "gather.*Vault 'main': secret/data/app.*sealed\|Vault 'main': secret/data/app.*sealed"
control '{}'
curl -s -X DELETE "$vault/_control" -o /dev/null
must 'nothing of the run is left' soon eval '[ "$(users)" = 0 ]'
in_vault secret/data/app '{"data": {"other": "x"}}'
sleep 1.5
must 'a field that is not there is named' plan_fails "Vault 'main': there is no 'password' in secret/data/app"
in_vault secret/data/app '{"data": {"password": "kv2-c4n4ry-2", "ports": [3]}}'
must 'another value is a change' eval '"$ctl" terraform plan app >/dev/null; soon is .phase awaiting-approval'
control '{"fault": "sealed", "match": "database/creds"}'
must 'a yes' approve
must 'a Vault that is away then fails the run, and nothing is applied' eval 'soon is .run.phase failed && state ".resources[\"aws_db.kv2\"].value" kv2-c4n4ry-1'
curl -s -X DELETE "$vault/_control" -o /dev/null
sleep 1.5
must 'it is asked for again' eval '"$ctl" terraform plan app >/dev/null; soon is .phase awaiting-approval'
kill "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
control '{"fault": "sealed", "match": "secret/data"}'
start_daemon
must 'a plan that waits needs no Vault to go on waiting' eval 'soon is .phase awaiting-approval; sleep 1; is .phase awaiting-approval'
curl -s -X DELETE "$vault/_control" -o /dev/null
sleep 1.5
must 'a yes after a restart' approve
must 'is applied' soon is .phase applied
must 'with the new value' state '.resources["aws_db.kv2"].value' kv2-c4n4ry-2

# ---- planned anew without a commit
config 'interval: 10s'
kill -HUP "$daemon_pid"
sleep 1
must 'an interval plans anew' until_so 30 is .run.by 'its interval'
must 'and finds nothing' soon is .phase no-change

# ---- where they do not arrive: also when the module does not call them sensitive
canaries='kv2-c4n4ry-2\|kv1-c4n4ry\|cr3d-c4n4ry\|0wn-k3y-c4n4ry\|s3cr3t-k3y\|s3ss10n'
must 'they are in no argument' eval '! grep -qa "$canaries" "$work/arguments"'
must 'in no log and no record' eval '! grep -rqas "$canaries" "$work/state" "$work/log"'
must 'in no answer' eval '! for what in runs show logs outputs backups get; do "$ctl" terraform $what app; "$ctl" terraform $what app -o json; done 2>&1 | grep -q "$canaries"'
must 'not in the environment of the daemon' eval '! tr "\0" "\n" <"/proc/$daemon_pid/environ" | grep -q "kv[12]-c4n4ry"'

# ---- the configuration
refused() { # SED-EXPRESSION PATTERN
	config
	sed -i "$1" "$work/reconciled.yaml"
	"$ctl" config check "$work/reconciled.yaml" >"$work/said" 2>&1 && return 1
	grep -q "$2" "$work/said" || { cat "$work/said"; return 1; }
}
must 'a Vault there is not is refused' refused '/name: older/s/vault: main/vault: gone/' "no Vault is named 'gone'"
must 'a path without a field, too' refused '/name: older/s/, field: password//' 'vault, path and field go together'
must 'both ways to keys of AWS, too' refused 's/authorMayApprove: true/&, awsCredentials: true/; s/^\( *\)authorMayApprove: true, /\1authorMayApprove: true\n\1/' 'it is one or the other'
must 'a login without its secret, too' refused 's/, credential: vault//' 'terraform.vaults\[0\]: auth: where the secret is'
summary
