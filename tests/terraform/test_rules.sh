#!/bin/bash
# Whether a plan may be applied, and when one is made: approval "changes", how many deletions, addresses
# that may not go, a policy command, an empty configuration, two yeses and not the author's, plans that
# expire, a module folder, a version constraint, the end of the service. With the stand-in for
# terraform.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
trap stop_platform EXIT
: "${PATIENCE_S:=60}"

show_more() {
	"$ctl" terraform get app -o json | jq 'del(.run.plan)'
}

stack() { # JQ-FILTER
	"$ctl" terraform get app -o json 2>/dev/null | jq -r "$1"
}

is() { # FILTER VALUE
	[ "$(stack "$1")" = "$2" ]
}

# The newest run, which began after run N, ended so.
ends() { # PHASE [PATTERN-OF-REASON]
	soon eval "[ \"\$(stack '.run.id // 0')\" -gt $before ] && is .run.phase '$1'" &&
		{ [ $# -lt 2 ] || stack .run.reason | grep -q -- "$2"; }
}

push() { # FILE TEXT [AUTHOR]
	before=$(stack '.run.id // 0')
	before=${before:-0}
	mkdir -p "$(dirname "$work/infra/$1")"
	printf '%s' "$2" >"$work/infra/$1"
	git -C "$work/infra" add -A
	git -C "$work/infra" commit -q -m "$1" ${3:+--author "$3"}
	git -C "$work/infra" push -q "$work/served/infra.git" main
	"$ctl" repository poll infra 2>/dev/null
}

resources() { # NAME=VALUE...
	local one

	for one; do
		printf 'resource "aws_sqs_queue" "%s" { value = "%s" }\n' "${one%=*}" "${one#*=}"
	done
}

config() { # LINE... of the stack
	cat >"$work/reconciled.yaml" <<-END
		repositories: [{ name: infra, url: file://$work/served/infra.git, interval: 10s }]
		terraform:
		  stacks:
		    - name: app
		      repository: infra
		      path: live/app
		      binary: $top/tests/support/terraform/terraform
		      backendConfig: path=$work/app.tfstate
		$(printf '      %s\n' "$@")
		api: { socket: $RECONCILED_SOCKET }
		log: { level: debug, format: text }
		stateDirectory: $work/state
		cacheDirectory: $work/cache
	END
	[ -z "${daemon_pid:-}" ] || { kill -HUP "$daemon_pid"; sleep 0.5; }
}

yes() {
	soon eval '[ "$(stack ".run.id // 0")" -gt "$before" ] && is .run.phase awaiting-approval' && "$ctl" terraform approve app --plan "$(stack .run.digest)" "$@" >/dev/null 2>"$work/refusal"
}

mkdir -p "$work/served"
git init -q -b main "$work/infra"
git -C "$work/infra" config user.name Anna
git -C "$work/infra" config user.email anna@example.com
git init -q --bare -b main "$work/served/infra.git"
before=0
push live/app/main.tf "$(resources a=1 b=1 c=1 d=1)
"
config 'approval: changes' 'maxDeletes: 2'
start_daemon || give_up 'the daemon does not start'

# ---- approval: changes
must 'what only creates goes without a yes' ends applied
push live/app/main.tf "$(resources a=2 b=1 c=1 d=1)
"
must 'what updates, too' ends applied
push live/app/main.tf "$(resources a=2 b=1 c=1)
"
must 'a deletion asks' eval 'soon is .run.phase awaiting-approval && [ "$(stack .waitsFor | grep -c naming)" = 0 ]'
must 'a yes' yes
must 'is enough for one' ends applied
push live/app/main.tf "$(resources none=1)
"
must 'more than may go ask by address' soon eval 'stack .waitsFor | grep -q "naming aws_sqs_queue.a, aws_sqs_queue.b, aws_sqs_queue.c"'
must 'some are not all' eval '! yes --destroy aws_sqs_queue.a --destroy aws_sqs_queue.b && grep -q "aws_sqs_queue.c" "$work/refusal"'
must 'all are' yes --destroy aws_sqs_queue.a --destroy aws_sqs_queue.b --destroy aws_sqs_queue.c
must 'and they go' ends applied

# ---- what may not be at all
config 'approval: none' 'deny: ["aws_sqs_queue.no*"]'
push live/app/main.tf "$(resources other=1)
"
must 'an address that may not go is denied' ends policy-denied 'denies to delete or replace aws_sqs_queue.none'
push live/app/main.tf "
"
must 'an empty configuration is denied' ends policy-denied 'the configuration is empty'
cat >"$work/policy" <<-END
	#!/bin/bash
	jq -e '[.changes[] | select(.address | test("bad"))] | length == 0' >/dev/null || { echo 'no bad queues'; exit 3; }
END
chmod +x "$work/policy"
config 'approval: none' "policyCommand: [$work/policy]"
push live/app/main.tf "$(resources none=1 bad=1)
"
must 'a policy command denies' ends policy-denied 'no bad queues'
push live/app/main.tf "$(resources none=1 good=1)
"
must 'or does not' ends applied
config 'approval: none' 'policyCommand: [/nonexistent/policy]'
push live/app/main.tf "$(resources none=1 good=2)
"
must 'one that cannot be run lets nothing through' ends failed 'policy'

# ---- who says yes
config 'approval: required' "approvers: [somebody]"
push live/app/main.tf "$(resources none=1 good=3)
"
must 'who is no approver may not' eval '! yes && grep -q "is not among the stack.s approvers" "$work/refusal"'
config 'approvals: 2'
push live/app/main.tf "$(resources none=1 good=4)
" "$(id -un) <$(id -un)@example.com>"
must 'the author may not' eval '! yes && grep -q "wrote the commit; somebody else" "$work/refusal"'
push live/app/main.tf "$(resources none=1 good=5)
"
must 'one yes of two is not enough' eval 'yes && sleep 0.5 && stack .waitsFor | grep -q "(1 of 2)"'
must 'nor is the same one again' eval '! yes && grep -q "has approved this plan already" "$work/refusal"'
must 'its caller is recorded' test "$(stack '.run.approvals[0] | [.by, .method] | join(" ")')" = "$(id -un) socket"
push live/app/main.tf "$(resources none=1 good=6)
"
must 'a newer commit forgets it' eval 'soon eval "[ \"\$(stack .run.id)\" -gt $before ]" && soon eval "stack .waitsFor | grep -q \"(0 of 2)\""'
config 'approvalExpires: 2s'
push live/app/main.tf "$(resources none=1 good=7)
"
must 'a plan that nobody approves expires' ends expired 'nobody approved it in time'
must 'and is not made again by itself' eval 'sleep 3; is .run.phase expired'
must 'but when it is asked for' eval '"$ctl" terraform plan app >/dev/null; yes'
must 'and a yes in time counts' soon is .run.phase applied

# ---- when a plan is made
config 'approval: none'
mkdir -p "$work/infra/modules/queues"
echo >"$work/infra/modules/queues/main.tf"
push live/app/use.tf 'module "queues" {
  source = "../../modules/queues"
}
'
must 'another file of the folder is a plan' ends no-change
push modules/queues/main.tf 'locals {}
'
must 'a commit in a module it uses, too' ends no-change
push modules/other/main.tf 'locals {}
'
commit=$(git -C "$work/infra" rev-parse HEAD)
must 'one in a module it does not use is none' eval 'soon is .commit "$commit"; sleep 1; is .run.id "$before"'
config 'approval: none' 'version: ">= 2.0"'
push live/app/main.tf "$(resources none=1 good=8)
"
must 'a version that is not wanted is refused' ends failed '1.10.6.*>= 2.0\|>= 2.0.*1.10.6'
config 'approval: none' 'version: ">= 1.9, < 2"'
push live/app/main.tf "$(resources none=1 good=9)
"
must 'one that is goes on' ends applied

# ---- the way back of what failed
push live/app/main.tf "$(resources none=1 good=9)
broken {}
"
must 'a module that is broken fails' ends failed
push live/app/main.tf "$(resources none=1 good=9)
"
must 'its revert is looked at' ends no-change

# ---- the end of the service waits for an apply, and says so to systemd
kill "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True: print(s.recv(4096).decode(), flush=True)' "$work/notify" >"$work/notified" 2>/dev/null &
pids+=($!)
soon test -S "$work/notify"
export NOTIFY_SOCKET=$work/notify
start_daemon
unset NOTIFY_SOCKET
echo slow >"$work/app.tfstate.mode"
push live/app/main.tf "$(resources none=2 good=10)
"
must 'an apply goes on' soon is .run.phase applying
sleep 0.3
kill -TERM "$daemon_pid"
must 'the stop is extended while it does' soon grep -q 'EXTEND_TIMEOUT_USEC=' "$work/notified"
wait "$daemon_pid" 2>/dev/null
must 'the program ended well: its lock is gone' test ! -e "$work/app.tfstate.lock"
rm "$work/app.tfstate.mode"
start_daemon
must 'the run is recorded as interrupted' soon eval '"$ctl" terraform runs app -o json | jq -e "[.items[].phase] | index(\"interrupted\")" >/dev/null'
must 'and the stack comes to its end' soon is .phase applied
summary
