#!/bin/bash
# Back-ups of states in a bucket: put there once a day and stack, listed, brought back, taken away when
# they are old, encrypted; and a bucket that is away. On gofakes3 (make peers), with the stand-in for
# terraform.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
peers=${RC_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/reconciled-peers}
s3=$(free_port) s3_pid=
finish() {
	[ -z "$s3_pid" ] || kill "$s3_pid" 2>/dev/null
	stop_platform
}
trap finish EXIT
: "${PATIENCE_S:=60}"

show_more() {
	"$ctl" terraform get app -o json | jq 'del(.run.plan)'
}

is() { # FILTER VALUE
	[ "$("$ctl" terraform get app -o json 2>/dev/null | jq -r "$1")" = "$2" ]
}

push() { # VALUE
	echo "resource \"aws_db\" \"main\" { value = \"$1\" }" >"$work/infra/main.tf"
	git -C "$work/infra" add -A
	git -C "$work/infra" commit -q -m "$1"
	git -C "$work/infra" push -q "$work/served/infra.git" main
	"$ctl" repository poll infra 2>/dev/null
	soon eval "[ \"\$(jq -r '.resources[].value' '$work/app.tfstate' 2>/dev/null)\" = '$1' ]" && soon is .run.phase applied
}

start_s3() {
	"$peers/gofakes3" -host "127.0.0.1:$s3" -backend bolt -bolt.db "$work/s3.db" -initialbucket backups >>"$work/s3.log" 2>&1 &
	s3_pid=$!
	until_so 20 curl -sf "http://127.0.0.1:$s3/backups" -o /dev/null
}

stop_s3() {
	kill "$s3_pid"
	wait "$s3_pid" 2>/dev/null
	s3_pid=
}

keys() {
	curl -s "http://127.0.0.1:$s3/backups?list-type=2" | grep -o '<Key>[^<]*' | cut -c6-
}

backups() { # JQ-FILTER
	"$ctl" terraform backups app -o json 2>/dev/null | jq -r "$1"
}

if [ ! -x "$peers/gofakes3" ] || ! start_s3; then
	skip 18 'there is no gofakes3 (make peers; it takes go)'
	summary
	exit
fi
mkdir -p "$work/served" "$work/infra"
openssl rand -base64 32 >"$work/key"
export AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=s3-s3cr3t-c4n4ry
unset AWS_PROFILE AWS_SESSION_TOKEN
git init -q -b main "$work/infra"
git -C "$work/infra" config user.name Anna
git -C "$work/infra" config user.email anna@example.com
git init -q --bare -b main "$work/served/infra.git"
for day in 2026-01-01 2026-01-02 2026-01-03; do
	curl -sf -X PUT "http://127.0.0.1:$s3/backups/judge/states/app/$day.tfstate.enc" -d old
done
curl -sf -X PUT "http://127.0.0.1:$s3/backups/judge/states/app/readme" -d 'not ours'
cat >"$work/reconciled.yaml" <<-END
	repositories: [{ name: infra, url: file://$work/served/infra.git, interval: 10s }]
	terraform:
	  backups:
	    key: { file: $work/key }
	    keepDays: 3
	    s3: { bucket: backups, prefix: judge/states, region: eu-central-1, endpoint: "http://127.0.0.1:$s3" }
	  stacks:
	    - { name: app, repository: infra, binary: $top/tests/support/terraform/terraform, backendConfig: path=$work/app.tfstate, approval: none }
	api: { socket: $RECONCILED_SOCKET }
	log: { level: debug, format: text }
	stateDirectory: $work/state
	cacheDirectory: $work/cache
END
start_daemon || give_up 'the daemon does not start'
today=$(date -u +%F).tfstate.enc
must 'a first apply has no state to back up' push one
must 'nothing was put' test "$(keys | grep -c "$today")" = 0
must 'a second' push sekret-two
must 'its back-up is in the bucket, one of today, the newest three are kept, others are let be' \
	test "$(keys | sort | tr '\n' ' ')" = "judge/states/app/2026-01-02.tfstate.enc judge/states/app/2026-01-03.tfstate.enc judge/states/app/$today judge/states/app/readme "
must 'it is encrypted' eval 'curl -s "http://127.0.0.1:$s3/backups/judge/states/app/$today" | head -c 11 | grep -q RCTFSTATE1 && ! curl -s "http://127.0.0.1:$s3/backups/judge/states/app/$today" | grep -aq "\"one\""'
must 'it is the same as here' eval 'cmp -s <(curl -s "http://127.0.0.1:$s3/backups/judge/states/app/$today") "$work"/state/terraform/app/backups/*.enc'
must 'another apply' push three
must 'takes its place' eval 'cmp -s <(curl -s "http://127.0.0.1:$s3/backups/judge/states/app/$today") "$(ls "$work"/state/terraform/app/backups/*.enc | tail -n 1)"'
must 'all places are listed' test "$(backups '[.items[].place] | group_by(.) | map("\(length) \(.[0])") | join(" ")')" = '2 here 3 s3'

# ---- this disk is lost
rm -r "$work/state/terraform/app/backups"
"$ctl" terraform restore app "$today" --force >/dev/null
must 'a restore fetches it' soon is '"\(.run.kind) \(.run.phase)"' 'restore awaiting-approval'
must 'a yes' eval '"$ctl" terraform approve app --plan "$("$ctl" terraform get app -o json | jq -r .run.digest)" >/dev/null'
must 'it is restored, and planned anew' soon eval '"$ctl" terraform runs app -o json | jq -e "[.items[].phase] | index(\"restored\")" >/dev/null && is "\"\(.run.kind) \(.run.phase)\"" "plan applied"'
"$ctl" terraform restore app 2020-01-01.tfstate.enc >/dev/null
must 'one there is not is refused' soon eval 'is "\"\(.run.kind) \(.run.phase)\"" "restore failed" && "$ctl" terraform get app -o json | jq -r .reason | grep -q 2020-01-01'
"$ctl" terraform restore app 2026-01-02.tfstate.enc >/dev/null
must 'and one that is damaged' soon eval '"$ctl" terraform get app -o json | jq -r .reason | grep -q "no back-up of a state"'

# ---- the bucket is away
stop_s3
must 'a bucket that is away holds up nothing' push four
must 'and is told' eval '"$ctl" terraform get app -o json | jq -r .run.backupProblem | grep -q "bucket backups: "'
must 'the list says so, too' eval '"$ctl" terraform backups app 2>&1 | grep -q "not all of them: bucket backups"'
start_s3
must 'the key is in no log and no record' eval '! grep -rqas s3-s3cr3t-c4n4ry "$work/state" "$work/log"'
summary
