#!/bin/bash
# Planted sensitive values, given by us and known to the module alone, old and new: they are in the
# state, where they belong, and in no log, record, answer of the API, notification, input of a policy
# or back-up in the clear; also when a program's own message prints them, and when the daemon that
# applies is not the one that planned. TERRAFORM: the program (default: the stand-in).
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
stand_in=$top/tests/support/terraform/terraform
program=${TERRAFORM:-$stand_in}
trap stop_platform EXIT
: "${PATIENCE_S:=60}"

show_more() {
	"$ctl" terraform runs app
}

stack() { # JQ-FILTER
	"$ctl" terraform get app -o json 2>/dev/null | jq -r "$1"
}

is() { # PHASE
	[ "$(stack .phase)" = "$1" ]
}

write_module() {
	if [ "$program" = "$stand_in" ]; then
		cat <<-END
			resource "aws_sqs_queue" "given" { value = var.given sensitive = true }
			resource "aws_sqs_queue" "read" { value = @$work/read sensitive = true }
			output "given" { value = var.given sensitive = true }
			output "read" { value = @$work/read sensitive = true }
			output "open" { value = "anybody" }
		END
	else
		cat <<-END
			terraform {
			  backend "local" {}
			}
			variable "given" {
			  sensitive = true
			}
			locals {
			  read = sensitive(trimspace(file("$work/read")))
			}
			resource "terraform_data" "given" {
			  input = var.given
			}
			resource "terraform_data" "read" {
			  input            = local.read
			  triggers_replace = local.read
			  provisioner "local-exec" {
			    command = "test ! -e $work/leak || { echo \${self.input}; false; }"
			  }
			}
			output "given" {
			  value     = var.given
			  sensitive = true
			}
			output "read" {
			  value     = terraform_data.read.output
			  sensitive = true
			}
			output "open" {
			  value = "anybody"
			}
		END
	fi >"$work/infra/main.tf"
}

plant() { # NUMBER: other values from now on
	echo "given-c4n4ry-$1" >"$work/given"
	echo "read-c4n4ry-$1" >"$work/read"
}

leak() { # on|off: the next apply fails, and its program's message prints what it knows
	rm -f "$work/leak" "$work/app.tfstate.mode"
	[ "$1" = off ] || touch "$work/leak"
	[ "$1" = off ] || echo leak >"$work/app.tfstate.mode"
}

plan() {
	local before

	before=$(stack '.run.id // 0')
	"$ctl" terraform plan app >/dev/null
	until_so 60 eval '[ "$(stack .run.id)" -gt '"$before"' ] && is awaiting-approval'
}

approve() {
	"$ctl" terraform approve app --plan "$(stack .run.digest)" >/dev/null
}

# The values as they are, and as base64 has them.
canaries() {
	local n of

	for n in 1 2 3 4; do
		for of in given read; do
			printf '%s\n' "$of-c4n4ry-$n"
			printf '%s' "$of-c4n4ry-$n" | base64
		done
	done
}

# Everything that the API answers, and what the command makes of it.
ask_all() {
	local what run

	for what in list 'get app' 'runs app' 'outputs app' 'backups app' 'show app' 'logs app'; do
		# shellcheck disable=SC2086
		"$ctl" terraform $what
		# shellcheck disable=SC2086
		"$ctl" terraform $what -o json
	done
	for what in terraform terraform/app terraform/app/runs terraform/app/backups status config events \
		repositories apps secrets validation; do
		curl -sS --unix-socket "$RECONCILED_SOCKET" "http://localhost/v1/$what"
	done
	for ((run = 1; run <= $(stack .run.id); run++)); do
		for what in run plan log; do
			curl -sS --unix-socket "$RECONCILED_SOCKET" "http://localhost/v1/terraform/app/$what?run=$run"
		done
	done
	curl -sS --unix-socket "$RECONCILED_SOCKET" http://localhost/metrics
}

is_nowhere() {
	ask_all >"$work/answers" 2>&1
	cat "$work"/changes.* >"$work/answers.live"
	# 1: all could be read, and nothing was found.
	grep -raF --exclude=plan -f "$work/canaries" "$work/state" "$work/second" "$work/log" "$work/answers" \
		"$work/answers.live" "$work/told" "$work/policy.in"
	[ $? = 1 ]
}

follow() { # the stream of what changes, from each daemon
	curl -sSN --unix-socket "$RECONCILED_SOCKET" http://localhost/v1/changes >"$work/changes.$1" 2>/dev/null &
	pids+=($!)
}

mkdir -p "$work/served" "$work/infra" "$work/second"
canaries >"$work/canaries"
openssl rand -base64 32 >"$work/key"
plant 1
leak off
git init -q -b main "$work/infra"
git -C "$work/infra" config user.name Anna
git -C "$work/infra" config user.email anna@example.com
git init -q --bare -b main "$work/served/infra.git"
write_module
git -C "$work/infra" add -A
git -C "$work/infra" commit -q -m first
git -C "$work/infra" push -q "$work/served/infra.git" main
printf '#!/bin/sh\ntee -a %s/policy.in >/dev/null\n' "$work" >"$work/policy"
chmod +x "$work/policy"
serve told receiver --log "$work/told"
cat >"$work/reconciled.yaml" <<-END
	repositories:
	  - { name: infra, url: file://$work/served/infra.git, interval: 10s }
	terraform:
	  backups: { key: { file: $work/key }, keep: 9, folder: $work/second, keepDays: 7 }
	  stacks:
	    - name: app
	      repository: infra
	      binary: $program
	      backendConfig: path=$work/app.tfstate
	      policyCommand: [$work/policy]
	      protect: []
	      variables:
	        - { name: given, file: $work/given }
	notifications:
	  - { name: all, type: webhook, url: '$told/all' }
	api: { socket: $RECONCILED_SOCKET }
	log: { level: debug, format: text }
	stateDirectory: $work/state
	cacheDirectory: $work/cache
END
start_daemon || give_up 'the daemon does not start'
follow 1

# ---- new values
must 'a plan waits' soon is awaiting-approval
plan_file=$(find "$work/state" -type f -name plan)
must 'its file is for us alone' eval '[ "$(stat -c %a "$plan_file" "${plan_file%/*}" | tr "\n" " ")" = "600 700 " ]'
must 'what waits shows no value' is_nowhere
must 'a yes' approve
must 'it is applied' soon is applied
must 'its file is gone' test ! -e "$plan_file"
must 'the values are in the state' eval 'grep -q given-c4n4ry-1 "$work/app.tfstate" && grep -q read-c4n4ry-1 "$work/app.tfstate"'
must 'an output that is not sensitive is kept' test "$(stack .outputs.open.value)" = anybody
must 'an applied plan shows no value' is_nowhere

# ---- the values before, which are nobody's secret of today
plant 2
must 'other values are a change' plan
must 'which is shown' eval '[ "$("$ctl" terraform get app --run "$(stack .run.id)" -o json | jq "[.plan.changes[].diff[]? | select(.isSensitive)] | length")" -ge 2 ]'
must 'without the values before and after' is_nowhere

# ---- a message that prints them, of a daemon that planned, and of one that did not
leak on
must 'a yes to what will fail' approve
must 'it fails' soon is failed
must 'with a reason that has what was printed, masked' eval 'stack .reason | grep -q "echo .*(masked).*false"'
must 'and no value' is_nowhere
plant 3
must 'it is planned again' plan
kill -9 "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
must 'another daemon' start_daemon
follow 2
must 'has the plan that waits' soon is awaiting-approval
must 'a yes to it' approve
must 'that fails as well' soon is failed
must 'with a reason that is masked as well' eval 'stack .reason | grep -q "echo .*(masked).*false"'
must 'and shows no value either' is_nowhere

# ---- a plan that is not the approved one
leak off
plant 4
must 'it is planned once more' plan
plan_file=$(find "$work/state" -type f -name plan)
cp "$plan_file" "$work/another"
"$ctl" terraform discard app >/dev/null
plant 2
must 'and with other values' plan
kill -9 "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
if [ "$program" = "$stand_in" ]; then
	plan_file=$(find "$work/state" -type f -name plan)
	jq -c '.json.resource_changes[0].address = "aws_sqs_queue.other"' "$work/another" >"$plan_file"
fi
must 'a third daemon' start_daemon
follow 3
must 'has that plan' soon is awaiting-approval
must 'a yes to that' approve
if [ "$program" = "$stand_in" ]; then
	must 'a file that is another than what was approved is not applied' soon is failed
	must 'and named' eval 'stack .reason | grep -q "not the one that was approved"'
else
	must 'it is applied by that one' soon is applied
fi

# ---- the state
"$ctl" terraform drift app >/dev/null
must 'drift is looked for' soon eval '[ "$(stack .run.kind)" = drift ] && [ "$(stack ".run.finishedAt // empty")" ]'
"$ctl" terraform restore app "$("$ctl" terraform backups app -o json | jq -r '.items[-1].name')" --force >/dev/null
must 'a back-up waits to be restored' soon is awaiting-approval
must 'a yes to the back-up' approve
must 'it is restored' soon eval '"$ctl" terraform runs app -o json | jq -e "any(.items[]; .phase == \"restored\")" >/dev/null'
must 'there are back-ups, in both places' eval '[ "$(find "$work/state" "$work/second" -name "*.enc" | wc -l)" -ge 2 ]'
must 'the notifications were told' grep -q terraform-failed "$work/told"
must 'the stream told of the runs' grep -q '"app"' "$work/changes.1"
must 'in all that, no value' is_nowhere
summary
