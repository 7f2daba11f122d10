#!/bin/bash
# A program in terraform's place that means harm, or is broken: it hangs, floods, prints secrets, ends
# by a signal, makes a plan of 200 MiB, fills the disk. Each ends in a clear state of the run; the
# daemon stays small, answers, and brings the stack on when the program is a good one again.
#
# Alone: measures memory beside a plan of 200 MiB.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
stand_in=$top/tests/support/terraform/terraform
disk=
finish() {
	kill "$daemon_pid" 2>/dev/null
	wait "$daemon_pid" 2>/dev/null
	[ -z "$disk" ] || umount "$disk"
	stop_platform
}
trap finish EXIT

show_more() {
	"$ctl" terraform get app -o json
}

stack() { # JQ-FILTER
	"$ctl" terraform get app -o json 2>/dev/null | jq -r "$1"
}

# Plan with the program in this mode; the run that this makes ends so, for this reason.
plan_ends() { # MODE PHASE REASON
	local id

	echo "$1" >"$work/mode"
	id=$(("$(stack .run.id)" + 1))
	"$ctl" terraform plan app >/dev/null
	until_so 90 eval "[ \"\$(stack '\"\\(.run.id) \\(.run.phase)\"')\" = '$id $2' ]" &&
		stack .run.reason | grep -q -- "$3"
}

# The most that the daemon ever had in memory, in MiB.
peak() {
	awk '/^VmHWM/ { printf "%d", $2 / 1024 }' "/proc/$daemon_pid/status"
}

# Sanitizers keep what was freed for a while: then it only has to answer.
is_small() {
	case $O in */release) [ "$(peak)" -lt 80 ] || return 1 ;; esac
	"$ctl" status >/dev/null
}

# Asked for its state it answers at once also while the program does its worst.
write_program() {
	cat >"$work/terraform" <<-END
		#!/bin/bash
		mode=\$(cat "$work/mode" 2>/dev/null)
		case \$mode:\$1 in
		hang:plan) trap '' INT TERM; while :; do sleep 0.2; done ;;
		flood:plan) exec yes '{"@level":"info","@message":"a line that comes again and again","type":"log"}' ;;
		noline:plan) exec tr '\0' x </dev/zero ;;
		errors:plan) yes 'Error: again' >&2; exit 1 ;;
		binary:plan) head -c 3000000 /dev/urandom; exit 1 ;;
		secrets:plan) echo "the password is \$TF_VAR_password, really \$TF_VAR_password"; echo "Error: \$TF_VAR_password is wrong" >&2; exit 1 ;;
		signal:plan) kill -SEGV \$\$ ;;
		huge:show)
			printf '{"format_version":"1.2","terraform_version":"1.10.6","resource_changes":['
			yes '{"address":"a.b","type":"a","change":{"actions":["create"],"before":null,"after":{"v":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}},' | head -c 209715200
			exit 0
			;;
		deep:show) printf '{"format_version":"1.2","resource_changes":'; yes '[' | head -n 200000 | tr -d '\n'; exit 0 ;;
		lies:show) [ "\$2" = -json ] && echo '{"format_version":"7.0"}' || echo fine; exit 0 ;;
		disk:plan) exec cat /dev/zero >"\${TF_DATA_DIR%/data}/plan" ;;
		esac
		exec "$stand_in" "\$@"
	END
	chmod +x "$work/terraform"
}

mkdir -p "$work/served" "$work/infra" "$work/state"
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=160m tmpfs "$work/state" 2>/dev/null; then
	disk=$work/state
fi
echo 'h0stile-c4n4ry' >"$work/password"
git init -q -b main "$work/infra"
git -C "$work/infra" config user.name Anna
git -C "$work/infra" config user.email anna@example.com
git init -q --bare -b main "$work/served/infra.git"
printf 'resource "aws_vpc" "main" { value = "one" }\noutput "vpc" { value = "one" }\n' >"$work/infra/main.tf"
git -C "$work/infra" add -A
git -C "$work/infra" commit -q -m first
git -C "$work/infra" push -q "$work/served/infra.git" main
write_program
cat >"$work/reconciled.yaml" <<-END
	repositories: [{ name: infra, url: file://$work/served/infra.git, interval: 10s }]
	terraform:
	  stacks:
	    - name: app
	      repository: infra
	      binary: $work/terraform
	      backendConfig: path=$work/app.tfstate
	      approval: none
	      planTimeout: 5s
	      variables: [{ name: password, file: $work/password }]
	api: { socket: $RECONCILED_SOCKET }
	log: { level: debug, format: text }
	stateDirectory: $work/state
	cacheDirectory: $work/cache
END
start_daemon || give_up 'the daemon does not start'
must 'a good program brings it' until_so 60 eval '[ "$(stack .phase)" = applied ]'

must 'one that hangs, and takes no signal, is killed' plan_ends hang failed 'not done after 5 s'
must 'it is gone' eval '! pgrep -f "^/bin/bash $work/terraform" >/dev/null'
must 'one that floods its output is stopped' plan_ends flood failed 'not done after 5 s\|printed more'
must 'so is one line without an end' plan_ends noline failed 'not done after 5 s\|printed more'
must 'and one that floods its errors' plan_ends errors failed 'not done after 5 s\|printed more\|again'
must 'their logs are bounded' eval '[ -z "$(find "$work/state/terraform/app" -name log -size +17M)" ]'
must 'noise is no plan' plan_ends binary failed 'status 1'
must 'the log can be read' eval '"$ctl" terraform logs app >/dev/null'
must 'one that prints secrets fails as it says' plan_ends secrets failed 'is wrong'
must 'a signal is named' plan_ends signal failed 'signal 11'
must 'a plan of 200 MiB is too large' plan_ends huge failed 'more than'
must 'a plan that is nested without an end is none' plan_ends deep failed 'plan'
must 'a plan of a format there is not is none' plan_ends lies failed '7.0'
must "the daemon is small ($(peak) MiB at most), and answers" is_small

if [ -n "$disk" ]; then
	must 'a disk that is full fails the run' plan_ends disk failed .
	head -c "$(($(df -m --output=avail "$disk" | tail -n 1) - 30))M" /dev/zero >"$disk/filler"
	must 'so does one that fills up while a plan is read' plan_ends huge failed 'No space left'
	rm "$disk/filler"
	must 'what filled it is gone with the run' eval '[ "$(df -m --output=avail "$disk" | tail -n 1)" -gt 60 ]'
else
	skip 3 'no file system of its own can be mounted here: a full disk is not tried'
fi
must 'the secret is in no log, record or answer' eval '! grep -rqs h0stile-c4n4ry "$work/state" "$work/log"; ! "$ctl" terraform logs app | grep -q h0stile'
must 'a good program brings the stack on again' plan_ends good no-change .
must 'and so after a restart' eval 'kill "$daemon_pid"; wait "$daemon_pid" 2>/dev/null; start_daemon && until_so 30 eval "[ \"\$(stack .phase)\" = no-change ]"'
summary
