#!/bin/bash
# Stacks from commit to apply, through the daemon and its command. TERRAFORM: the program
# (default: the stand-in); what only the stand-in can do is left out with another.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
stand_in=$top/tests/support/terraform/terraform
program=${TERRAFORM:-$stand_in}
trap stop_platform EXIT
: "${PATIENCE_S:=60}"

show_more() {
	"$ctl" terraform list
}

stack() { # STACK JQ-FILTER
	"$ctl" terraform get "$1" -o json 2>/dev/null | jq -r "$2"
}

is() { # STACK FILTER VALUE
	[ "$(stack "$1" "$2")" = "$3" ]
}

digest() {
	stack "$1" .run.digest
}

push() { # MESSAGE: what is in the work tree; and the daemon polls
	git -C "$work/infra" add -A
	git -C "$work/infra" commit -q -m "$1"
	git -C "$work/infra" push -q "$work/served/infra.git" main
	"$ctl" repository poll infra 2>/dev/null
}

resource() { # FOLDER TYPE NAME VALUE
	if [ "$program" = "$stand_in" ]; then
		printf 'resource "%s" "%s" { value = "%s" }\n' "$2" "$3" "$4"
	else
		printf 'resource "terraform_data" "%s" {\n  input = "%s"\n}\n' "$3" "$4"
	fi >>"$work/infra/$1/main.tf"
}

output() { # FOLDER NAME EXPRESSION [sensitive]
	if [ "$program" = "$stand_in" ]; then
		printf 'output "%s" { value = %s %s}\n' "$2" "$3" "${4:+sensitive = true }"
	else
		printf 'output "%s" {\n  value = %s\n  sensitive = %s\n}\n' "$2" "$3" "${4:+true}${4:-false}" |
			sed 's/= truesensitive/= true/'
	fi >>"$work/infra/$1/main.tf"
}

backend() { # FOLDER
	[ "$program" = "$stand_in" ] || printf 'terraform {\n  backend "local" {}\n}\n' >"$work/infra/$1/backend.tf"
}

write_stacks() {
	cat >"$work/reconciled.yaml" <<-END
		repositories:
		  - { name: infra, url: file://$work/served/infra.git, interval: 10s }
		terraform:
		  backups: { key: { file: $work/key }, keep: 3, folder: $work/second, keepDays: 7 }
		  stacks:
		    - name: network
		      repository: infra
		      path: network
		      binary: $program
		      version: ">= 1.5"
		      backendConfig: path=$work/network.tfstate
		      lockTimeout: 1s
		      authorMayApprove: true
		      protect: [aws_db_instance, terraform_data]
		      ${NETWORK:-drift: 24h}
		    - name: app
		      repository: infra
		      path: app
		      binary: $program
		      backendConfig: path=$work/app.tfstate
		      dependsOn: network
		      approval: none
		      authorMayApprove: true
		      variables:
		        - { name: vpc, stack: network, output: vpc }
		        - { name: password, file: $work/password }
		api: { socket: $RECONCILED_SOCKET }
		log: { level: debug, format: text }
		stateDirectory: $work/state
		cacheDirectory: $work/cache
	END
}

restart() {
	kill "$daemon_pid" 2>/dev/null
	wait "$daemon_pid" 2>/dev/null
	start_daemon
}

mkdir -p "$work/served" "$work/infra/network" "$work/infra/app" "$work/infra/docs"
openssl rand -base64 32 >"$work/key"
echo 'p4ssw0rd-c4n4ry' >"$work/password"
git init -q -b main "$work/infra"
git -C "$work/infra" config user.name Anna
git -C "$work/infra" config user.email "$(id -un)@example.com"
backend network
backend app
resource network aws_vpc main vpc-1
output network vpc '"vpc-1"'
printf 'variable "vpc" {}\nvariable "password" {}\n' >"$work/infra/app/variables.tf"
resource app aws_sqs_queue jobs one
output app vpc var.vpc
output app secret var.password sensitive
git init -q --bare -b main "$work/served/infra.git"
push first
write_stacks
start_daemon || give_up 'the daemon does not start'

# ---- the first plan waits, and the other stack waits for it
must 'the plan of network waits for approval' soon is network .phase awaiting-approval
must 'it says for what' grep -q 'waits for approval of plan' <(stack network .waitsFor)
must 'app says that it waits for network' grep -q "waits for stack 'network'" <(stack app .waitsFor)
must 'the plan is shown' grep -q 'will be' <("$ctl" terraform show network)
must 'nothing was applied' test ! -s "$work/network.tfstate"
must 'another digest is refused' eval '! "$ctl" terraform approve network --plan 0123456789ab 2>/dev/null'
must 'a yes applies it' "$ctl" terraform approve network --plan "$(digest network)" --comment 'looks right'
must 'network is applied' soon is network .phase applied
must 'and then app, without asking' soon is app .phase applied
must 'its output is there' is network .outputs.vpc.value vpc-1
must 'and went into app' is app .outputs.vpc.value vpc-1
must 'a sensitive output is not kept' is app '.outputs.secret | tostring' '{"sensitive":true}'
must 'the approval is recorded' eval '[ "$("$ctl" terraform get network --run 1 -o json | jq -r ".approvals[0].by")" = "$(id -un)" ]'
must 'the log can be read' grep -q 'plan:' <("$ctl" terraform logs network)
must 'the plan file is gone' eval '! ls "$work"/state/terraform/network/00000001/plan 2>/dev/null'

# ---- a commit beside the stacks makes no run; one in a stack does
echo hello >"$work/infra/docs/readme"
push 'beside the stacks'
commit=$(git -C "$work/infra" rev-parse HEAD)
must 'the commit is seen' soon is network .commit "$commit"
must 'no run was made' is network .run.id 1
resource network aws_db_instance db one
push 'a database'
must 'a commit of the stack is planned' soon is network '[.run.id, .phase] | join(" ")' '2 awaiting-approval'
resource network aws_subnet a one
push 'another commit'
must 'a newer commit supersedes it' soon is network '[.run.id, .phase] | join(" ")' '3 awaiting-approval'
must 'the older run says so' eval '[ "$("$ctl" terraform get network --run 2 -o json | jq -r .phase)" = superseded ]'
restart
must 'a plan that waits goes on waiting after a restart' soon is network '[.run.id, .phase] | join(" ")' '3 awaiting-approval'
must 'and can be approved' "$ctl" terraform approve network --plan "$(digest network)"
must 'and is applied' soon is network .phase applied
must 'the state was backed up before, and copied to the second place' soon eval '[ "$("$ctl" terraform backups network -o json | jq ".items | length")" = 2 ]'
must 'the back-up does not hold the state in the clear' eval '! grep -q vpc-1 "$work"/state/terraform/network/backups/*'

# ---- what is protected must be named
sed -i '/aws_db_instance/d; /"db"/,/^}/d' "$work/infra/network/main.tf"
push 'the database goes'
must 'a deletion is planned' soon is network '[.run.id, .phase] | join(" ")' '4 awaiting-approval'
db=$(stack network .waitsFor | grep -o '[a-z_]*\.db')
must 'it says which address is to be named' test -n "$db"
must 'a yes alone is not enough' eval '! "$ctl" terraform approve network --plan "$(digest network)" 2>"$work/refusal"'
must 'the refusal names it' grep -q "$db" "$work/refusal"
must 'naming it is' "$ctl" terraform approve network --plan "$(digest network)" --destroy "$db"
must 'and it is applied' soon is network '[.run.id, .phase] | join(" ")' '4 applied'

# ---- freeze, discard, no change, rollback
older=$(git -C "$work/infra" rev-parse HEAD~1)
"$ctl" terraform freeze 'audit' >/dev/null
resource app aws_sqs_queue more two
push 'another queue'
must 'a plan that needs no yes waits for the freeze' soon grep -q frozen <(until_so 30 is app .phase awaiting-approval; stack app .waitsFor)
"$ctl" terraform thaw >/dev/null
must 'it is applied when that is lifted' soon is app .phase applied
must 'planning again' "$ctl" terraform plan app
must 'finds nothing' soon is app .phase no-change
must 'an older commit is planned' "$ctl" terraform rollback network "$older"
must 'and waits' soon is network '[.run.id, .phase] | join(" ")' '5 awaiting-approval'
must 'the stack says that it stays there' is network .pinned "$older"
must 'it can be discarded' "$ctl" terraform discard network
must 'and is' soon is network .phase discarded
must 'the stack is where it was' is network .pinned null
must 'drift is looked for' "$ctl" terraform drift app
must 'and there is none' soon is app .drift in-sync

# ---- the state: what is in it, and a way back
must 'what the state holds is listed' grep -q 'jobs$' <("$ctl" terraform state app)
must 'a look changes nothing about the stack' is app .phase no-change
before=$(jq .serial "$work/app.tfstate")
backup=$("$ctl" terraform backups app -o json | jq -r '.items[0].name')
last() {
	stack app '[.run.kind, .run.phase] | join(" ")'
}
"$ctl" terraform restore app "$backup" >/dev/null
must 'an older back-up is refused' soon eval '[ "$(last)" = "restore failed" ]'
must 'for its serial, with what to do' grep -q "serial [0-9]* is lower than the state's, $before" <(stack app .reason)
must 'the hint too' grep -q -- '--force' <(stack app .run.hint)
"$ctl" terraform restore app nothing.tfstate.enc >/dev/null
must 'a back-up there is not is refused' soon grep -q 'nothing.tfstate.enc' <(until_so 30 eval '[ "$(last)" = "restore failed" ] && stack app .reason | grep -q nothing'; stack app .reason)
must 'force asks for it' "$ctl" terraform restore app "$backup" --force
must 'it waits for a yes, whatever the stack may do by itself' soon eval '[ "$(last)" = "restore awaiting-approval" ]'
must 'it is shown' grep -q "serial *$before -> " <("$ctl" terraform show app)
must 'nothing was restored' test "$(jq .serial "$work/app.tfstate")" = "$before"
must 'another digest is refused' eval '! "$ctl" terraform approve app --plan 0123456789ab 2>/dev/null'
must 'a yes' "$ctl" terraform approve app --plan "$(digest app)"
must 'it is restored, and planned again' soon eval '"$ctl" terraform runs app -o json | jq -e "[.items[].phase] | index(\"restored\")" >/dev/null && [ "$(last)" = "plan applied" ]'
must 'what was replaced was backed up before' eval '[ "$("$ctl" terraform backups app -o json | jq "[.items[] | select(.serial == $before)] | length")" -ge 1 ]'

today=$(date -u +%F).tfstate.enc
must 'the second place has one of today' test "$(ls "$work/second/app")" = "$today"
must 'which is the newest' eval '[ "$("$ctl" terraform backups app -o json | jq -c "[.items[] | select(.name == \"$today\") | .serial] == [.items[0].serial]")" = true ]'
"$ctl" terraform restore app "$today" --force >/dev/null
must 'it can be restored, too' soon eval '[ "$(last)" = "restore awaiting-approval" ]'
must 'or not' "$ctl" terraform discard app
must 'and is not' soon eval '[ "$(last)" = "restore discarded" ]'
rm -r "$work/second" && echo >"$work/second" # no folder
"$ctl" terraform plan app >/dev/null
resource app aws_sqs_queue second-place two
push 'a queue more'
must 'a second place that fails is told' soon grep -q second <(until_so 30 eval '"$ctl" terraform get app -o json | jq -e .run.backupProblem >/dev/null'; stack app .run.backupProblem)
must 'and holds up nothing' soon is app .phase applied
rm "$work/second"

# ---- secrets
must 'the password is in no log, record or answer' eval '! grep -rqs p4ssw0rd-c4n4ry "$work/state" "$work/log" && ! "$ctl" terraform get app -o json | grep -q p4ssw0rd-c4n4ry'
must 'nor in any other answer' eval '! for what in runs show logs outputs backups get; do "$ctl" terraform $what app; "$ctl" terraform $what app -o json; done 2>&1 | grep -q p4ssw0rd-c4n4ry'
must 'metrics tell' grep -q 'reconciled_terraform_awaiting_approval{stack="network"} 0' \
	<(curl -s --unix-socket "$RECONCILED_SOCKET" http://localhost/metrics)

# ---- what goes wrong
echo 'broken {}' >>"$work/infra/app/main.tf"
push 'a broken module'
must 'a module that is not valid fails' soon grep -q 'main.tf' <(until_so 30 is app .phase failed; stack app .reason)
must 'what was applied stays' is app .outputs.vpc.value vpc-1
sed -i '/^broken/d' "$work/infra/app/main.tf"
resource app aws_sqs_queue third three

if [ "$program" = "$stand_in" ]; then
	echo '{"ID":"11111111-2222-3333-4444-555555555555","Who":"bob@elsewhere","Operation":"apply"}' >"$work/app.tfstate.lock"
	push 'mended'
	must 'a lock names its holder' soon grep -q 'bob@elsewhere' <(until_so 30 is app '.run.lock.who' bob@elsewhere; stack app .reason)
	must 'its id frees it' "$ctl" terraform unlock app 11111111-2222-3333-4444-555555555555
	must 'and it is free' soon test ! -e "$work/app.tfstate.lock"
	must 'the stack is planned again' soon is app .phase applied

	echo fail >"$work/app.tfstate.mode"
	resource app aws_sqs_queue fourth four
	push 'fails'
	must 'a failed apply says why' soon grep -q 'the cloud said no' <(until_so 30 is app .phase failed; stack app .reason)
	echo huge >"$work/app.tfstate.mode"
	"$ctl" terraform plan app >/dev/null
	run=$(stack app .run.id)
	must 'a plan that is too large fails' soon grep -q 'more than' <(until_so 60 is app '"\(.run.id) \(.run.phase)"' "$run failed"; stack app .reason)
	echo signal >"$work/app.tfstate.mode"
	"$ctl" terraform plan app >/dev/null
	must 'an apply that is killed says so' soon grep -q 'signal 9' <(until_so 30 is app '.run.phase' failed; stack app .reason)
	rm -f "$work/app.tfstate.lock"

	echo slow >"$work/app.tfstate.mode"
	rm -f "$work/app.tfstate.applied"
	"$ctl" terraform plan app >/dev/null
	must 'an apply goes on' soon is app .phase applying
	kill -9 "$daemon_pid"
	wait "$daemon_pid" 2>/dev/null
	start_daemon
	must 'a daemon that was killed reports the run as interrupted' grep -q interrupted <("$ctl" terraform runs app)
	must 'its apply ended by itself, once' soon is app .phase no-change
	must 'nothing was applied twice' eval '[ -z "$(sort "$work/app.tfstate.applied" | uniq -d)" ]'

	resource app aws_sqs_queue fifth five
	push 'slow'
	must 'another apply goes on' soon is app .phase applying
	kill -TERM "$daemon_pid"
	wait "$daemon_pid" 2>/dev/null
	must 'the end of the service lets terraform end' test ! -e "$work/app.tfstate.lock"
	rm "$work/app.tfstate.mode"
	start_daemon
	must 'that run is interrupted' grep -q interrupted <("$ctl" terraform runs app)
	must 'and planned anew' soon is app '[.phase, (.run.kind)] | join(" ")' 'applied plan'
fi
summary
