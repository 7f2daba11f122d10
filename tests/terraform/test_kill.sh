#!/bin/bash
# kill -9 of the daemon, and of terraform, at random moments of init, plan and apply. Whatever comes:
# never two applies of a stack at a time, never one of a plan that was not approved, no plan applied
# twice, a run that was cut says so, the run after a cut apply says what its state leaves to do, and a
# lock that was left names its holder and can be freed.
#
# KILLS (default 6), SEED (printed), WHO (daemon or terraform; default: now one, now the other),
# TERRAFORM (default: the stand-in).
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
stand_in=$top/tests/support/terraform/terraform
program=${TERRAFORM:-$stand_in}
kills=${KILLS:-6}
commands=(init plan apply)
SEED=${SEED:-$RANDOM}
RANDOM=$SEED
trap stop_platform EXIT
echo "kill: SEED=$SEED KILLS=$kills WHO=${WHO:-}"

show_more() {
	echo "SEED=$SEED, kill $round of $kills"
	"$ctl" terraform runs app
	"$ctl" terraform get app -o json
	cat "$work/applies"
}

stack() { # JQ-FILTER
	"$ctl" terraform get app -o json 2>/dev/null | jq -r "$1"
}

# Between daemon and program: who applies which run, and whether somebody else does.
write_wrapper() {
	cat >"$work/terraform" <<-END
		#!/bin/bash
		echo "\$\$ \$1 \$PWD" >"$work/now"
		if [ "\$1" = apply ]; then
			exec 9>>"$work/applying"
			flock -n 9 || echo two >>"$work/violations"
			echo "\${@: -1}" | grep -oE '[0-9]{8}/plan' | cut -d/ -f1 >>"$work/applies"
		fi
		exec "$program" "\$@"
	END
	chmod +x "$work/terraform"
}

write_module() { # NUMBER
	if [ "$program" = "$stand_in" ]; then
		printf 'resource "aws_sqs_queue" "jobs" { value = "v%s" }\noutput "value" { value = "v%s" }\n' "$1" "$1"
	else
		cat <<-END
			terraform {
			  backend "local" {}
			}
			resource "terraform_data" "jobs" {
			  input            = "v$1"
			  triggers_replace = "v$1"
			  provisioner "local-exec" {
			    command = "sleep 0.3"
			  }
			}
			output "value" {
			  value = terraform_data.jobs.output
			}
		END
	fi >"$work/infra/main.tf"
	git -C "$work/infra" add -A
	git -C "$work/infra" commit -q -m "number $1"
	git -C "$work/infra" push -q "$work/served/infra.git" main
	"$ctl" repository poll infra >/dev/null 2>&1
}

approve() {
	local id digest

	read -r id digest < <(stack '"\(.run.id) \(.run.digest)"')
	printf '%08d\n' "$id" >>"$work/approved"
	"$ctl" terraform approve app --plan "$digest" >/dev/null 2>&1
}

# One look at the stack, and what a person would do next. True: it is where the commit wants it.
bring_on() { # NUMBER
	local phase lock

	phase=$(stack .phase)
	case $phase in
	awaiting-approval)
		approve
		;;
	failed)
		lock=$(stack '.run.lock.id // empty')
		if [ -n "$lock" ]; then
			stack .reason | grep -q "locked by $(stack .run.lock.who)" || give_up 'a lock is not explained'
			echo "$lock" >>"$work/unlocked"
			"$ctl" terraform unlock app "$lock" >/dev/null 2>&1
			until_so 20 eval '[ "$(stack .phase)" != failed ]'
		fi
		"$ctl" terraform plan app >/dev/null 2>&1
		;;
	unlocked)
		"$ctl" terraform plan app >/dev/null 2>&1
		;;
	applied | no-change)
		[ "$(stack .outputs.value.value)" = "v$1" ] && return 0
		;;
	esac
	return 1
}

# What the program does now: its pid, command and run. Read without asking the daemon: it is brief.
look() {
	local folder

	read -r pid command folder 2>/dev/null <"$work/now" && [ -d "/proc/$pid" ] || return
	[[ "$folder" =~ /([0-9]{8})(/|$) ]] && run=$((10#${BASH_REMATCH[1]}))
}

# Brought on until its program does that, and then some moment of it or shortly after.
await_command() { # NUMBER COMMAND
	local end=$((SECONDS + 20)) i

	while [ "$SECONDS" -lt "$end" ]; do
		for ((i = 0; i < 20; i++)); do
			look && [ "$command" = "$2" ] && sleep "0.$(printf %03d $((RANDOM % ${SPREAD_MS:-400})))" && return
			sleep 0.01
		done
		bring_on "$1" && return
	done
}

kill_terraform() {
	until_so 3 look || return
	cut="$run $command"
	# It may have ended since, and its number be another's.
	grep -qs -- "$work" "/proc/$pid/environ" "/proc/$pid/cmdline" && kill -9 "$pid" 2>/dev/null
}

kill_daemon() {
	look && cut="$run $command" || cut=$(stack '"\(.run.id) \(.phase)"')
	kill -9 "$daemon_pid"
	wait "$daemon_pid" 2>/dev/null
	start_daemon || give_up 'the daemon does not start'
}

record() { # RUN JQ-FILTER
	"$ctl" terraform get app --run "$1" -o json 2>/dev/null | jq -r "$2"
}

# The first plan after an apply that did not end names it, and what its state leaves to do.
is_left_explained() { # RUN
	local next

	[ "$(record "$1" '"\(.step) \(.phase)"' | grep -cE '^apply (interrupted|failed)$')" = 1 ] || return 0
	for ((next = $1 + 1; next < $1 + 20; next++)); do
		[ "$(record "$next" .kind)" = plan ] && [ "$(record "$next" '.plan != null')" = true ] || continue
		explained=$((explained + 1))
		record "$next" .after | grep -q "^run $1 did not end its apply: ." && record "$next" .left | grep -q 'to add'
		return
	done
	return 1
}

mkdir -p "$work/served" "$work/infra"
git init -q -b main "$work/infra"
git -C "$work/infra" config user.name Anna
git -C "$work/infra" config user.email anna@example.com
git init -q --bare -b main "$work/served/infra.git"
: >"$work/applies"
: >"$work/approved"
: >"$work/unlocked"
write_wrapper
openssl rand -base64 32 >"$work/key"
[ "$program" = "$stand_in" ] && echo slow >"$work/app.tfstate.mode"
cat >"$work/reconciled.yaml" <<-END
	repositories:
	  - { name: infra, url: file://$work/served/infra.git, interval: 10s }
	terraform:
	  backups: { key: { file: $work/key }, keep: 3 }
	  stacks:
	    - name: app
	      repository: infra
	      binary: $work/terraform
	      backendConfig: path=$work/app.tfstate
	      lockTimeout: 1s
	api: { socket: $RECONCILED_SOCKET }
	log: { level: info, format: text }
	stateDirectory: $work/state
	cacheDirectory: $work/cache
END
round=0 explained=0
write_module 0
start_daemon || give_up 'the daemon does not start'
until_so 120 bring_on 0 || give_up 'the first apply does not end'

for ((round = 1; round <= kills; round++)); do
	write_module "$round"
	cut=''
	await_command "$round" "${commands[RANDOM % 3]}"
	turn=$((RANDOM % 2))
	who=${WHO:-$([ $turn = 0 ] && echo daemon || echo terraform)}
	if [ "$who" = daemon ]; then
		kill_daemon
		# What was under way is reported, or had ended, or waits; it is never gone on with.
		was=$(record "${cut%% *}" .phase)
		case "$was" in
		interrupted | awaiting-approval | applied | no-change | failed | superseded | unlocked) ;;
		*) give_up "after a kill at '$cut' the run is '$was'" ;;
		esac
	else
		kill_terraform
	fi
	until_so 120 bring_on "$round" || give_up "after the $who was killed at '$cut' it does not come to its end"
	[ -z "$cut" ] || is_left_explained "${cut%% *}" || give_up "what run $cut left is not explained"
	echo "${cut#* }" >>"$work/cuts"
	echo "  $round: $who killed at run ${cut:-(none under way)}"
	[ ! -e "$work/violations" ] || give_up 'two applies at a time'
	[ -z "$(sort "$work/applies" | uniq -d)" ] || give_up 'a plan was applied twice'
	[ -z "$(comm -23 <(sort -u "$work/applies") <(sort -u "$work/approved"))" ] || give_up 'an unapproved plan was applied'
	passed=$((passed + 5))
done
left=$("$ctl" terraform runs app -o json | jq -r '[.items[].phase] | group_by(.) | map("\(length) \(.[0])") | join(", ")')
echo "killed while: $(sort "$work/cuts" | uniq -c | awk '{ printf "%s%s %s", (NR > 1 ? ", " : ""), $1, ($2 == "" ? "nothing" : $2) }'); $explained applies cut"
echo "runs: $left; $(wc -l <"$work/applies") applies; $(wc -l <"$work/unlocked") locks freed"
summary
