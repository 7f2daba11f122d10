#!/bin/bash
# Validation in a running daemon: a real PostgreSQL (where the distribution's is installed) by the
# application's own credentials, the command with its exit codes and JUnit, the gate on health, the
# metrics, and going back to the revision that passed.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
trap 'stop_database; stop_platform' EXIT
data=$work/database
password='s3cr3t-of-the-database'

show_more() {
	"$ctl" validate --last
}

# ---- the database ----

# PostgreSQL does not run as root; in a namespace we are somebody else and may still do the same.
as_nobody() {
	if [ "$(id -u)" -ne 0 ]; then "$@"
	elif unshare --user --map-user=1000 true 2>/dev/null; then unshare --user --map-user=1000 --map-group=1000 "$@"
	else setpriv --reuid nobody --regid nogroup --clear-groups "$@"; fi
}

find_postgres() {
	local one

	for one in /usr/lib/postgresql/*/bin; do
		[ -x "$one/initdb" ] && postgres=$one
	done
	[ -n "${postgres:-}" ]
}

start_database() {
	port=$(free_port)
	chmod 711 "$work"
	mkdir "$data" && chmod 700 "$data"
	[ "$(id -u)" -eq 0 ] && ! unshare --user --map-user=1000 true 2>/dev/null && chown nobody "$data"
	echo "$password" >"$work/pw" && chmod 644 "$work/pw"
	as_nobody "$postgres/initdb" -D "$data" -U shop -A scram-sha-256 --pwfile="$work/pw" >"$work/initdb.log" 2>&1 || return 1
	as_nobody "$postgres/postgres" -D "$data" -p "$port" -c listen_addresses=127.0.0.1 \
		-c unix_socket_directories= -c fsync=off >"$work/postgres.log" 2>&1 &
	database_pid=$!
	until_so 20 "$postgres/pg_isready" -q -h 127.0.0.1 -p "$port"
}

stop_database() {
	local pid

	pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null) && kill -INT "$pid" && wait "$database_pid" 2>/dev/null
	return 0
}

put_secret() { # PASSWORD
	send /api/v1/namespaces/judge/secrets "{\"apiVersion\": \"v1\", \"kind\": \"Secret\",
		\"metadata\": {\"name\": \"database\", \"namespace\": \"judge\"}, \"data\": {
		\"host\": \"$(printf 127.0.0.1 | base64)\", \"port\": \"$(printf %s "$port" | base64)\",
		\"username\": \"$(printf shop | base64)\", \"password\": \"$(printf %s "$1" | base64)\",
		\"dbname\": \"$(printf postgres | base64)\"}}"
}

validate() { # ARGUMENT...: its exit code goes to rc
	"$ctl" validate "$@" >"$work/out" 2>&1
	rc=$?
}

says() { # TEXT
	grep -q -- "$1" "$work/out"
}

ends() { # CODE TEXT
	[ "$rc" -eq "$1" ] && says "$2"
}

more_config() { # FILE
	cat >>"$1" <<-END
		validation:
		  interval: 1h
		  settle: 2s
		  checks:
		    - { name: flag, type: command, command: [sh, -c, 'test ! -e $work/bad || { echo the flag is down; exit 1; }'], gate: true, rollback: true }
		    - { name: pods, type: pods }
		    - { name: secrets, type: secrets }
		    - { name: database, type: postgres, secret: database, timeout: 5s }
		notifications:
		  - { name: syncs, type: webhook, url: $kube/hook-sync, events: [sync-succeeded, sync-failed] }
		  - { name: health, type: webhook, url: $kube/hook-health, events: [health-degraded, health-restored] }
		  - { name: refused, type: webhook, url: $kube/hook-config, events: [config-rejected, config-accepted] }
	END
}

has_told() { # PATH N
	until_so 10 eval "[ \"\$(requests 0 '[.[] | select(.path == \"/hook-$1\")] | length')\" = $2 ]"
}

has_gate() {
	[ "$(app '.status.health | "\(.status) \(.message)"')" = "Degraded validation 'flag' fails: the flag is down" ]
}

metric() { # PATTERN
	[ -n "$(curl -sS --unix-socket "$RECONCILED_SOCKET" http://localhost/metrics | grep "$1")" ]
}

last_is() { # CHECK OUTCOME
	[ "$("$ctl" validate --last -o json | jq -r ".items[]?.checks[] | select(.check == \"$1\").outcome")" = "$2" ]
}

is_at() { # COMMIT
	[ "$(app .status.sync.revision)" = "$1" ] && is_synced
}

start_platform && until_so 40 is_synced || give_up 'the platform does not come up'

check 'a sync is followed by the checks' until_so 30 last_is pods pass
validate judge-platform --check pods
check 'pods run and are ready' ends 0 'pass'
validate judge-platform --check secrets
check 'secrets are there' ends 0 'Present'
check 'who asked is written down' grep -q "audit: $(id -un) asks for POST /v1/validation/judge-platform\$" "$work/log"
validate judge-platform --check nonsense
check 'a check that is not there' ends 13 "has no check 'nonsense'"
validate nonsense
check 'an application that is not there' ends 13 "no application 'nonsense'"
check 'the pods have a sample' metric 'reconciled_validation_result{app="judge-platform",check="pods",type="pods"} 1'

port=1
validate --check database
check 'no secret of the database' ends 1 'there is no Secret database'
if ! find_postgres; then
	skip 1 'no PostgreSQL of the distribution is installed: nothing was asked of a real one'
elif ! start_database; then
	check 'the database starts' false
	tail "$work/initdb.log" "$work/postgres.log"
else
	put_secret "$password"
	validate --check database
	check 'the database answers' ends 0 'PostgreSQL'
	validate --check database -o json
	check 'JSON' [ "$(jq -r '.items[0].checks[0] | .outcome' "$work/out")" = pass ]
	api /api/v1/namespaces/judge/secrets/database -X DELETE -o /dev/null
	put_secret 'another-passw0rd'
	validate --check database
	check 'a wrong password is refused' ends 1 'Refused'
	check 'and told to nobody' [ -z "$(grep -l 'another-passw0rd' "$work/out" "$work/log")" ]
	stop_database
	validate --check database
	check 'a database that is gone cannot be looked at' ends 2 'Unreachable'
	validate --check database -o junit
	check 'JUnit' says '<testsuite name="reconciled" tests="1" failures="0" errors="1" skipped="0">'
	check 'with its case' says '<testcase classname="judge-platform" name="database"'
	check 'no password in the log' [ -z "$(grep -e "$password" -e 'another-passw0rd' "$work/log")" ]
fi

check 'the sync was told once' has_told sync 1
check 'health that never was bad is not told' has_told health 0

# The gate, and the way back.
good=$(git -C "$work/repo" rev-parse HEAD)
before=$("$ctl" validate --last -o json | jq -r '.items[0].checks[] | select(.check == "flag").outcome')
check 'the flag is up' [ "$before" = pass ]
# What cannot pass is not remembered as what passed: without the database the rest does.
sed -i '/name: database/d' "$work/reconciled.yaml"
kill -HUP "$daemon_pid"
until_so 20 is_synced
sed -i 's/interval: 1h/interval: 10s/' "$work/reconciled.yaml"
kill -HUP "$daemon_pid"
until_so 30 last_is flag pass
touch "$work/bad"
check 'a failing gate makes it Degraded' until_so 60 has_gate
check 'which is told' has_told health 1
check 'with a sample' metric 'reconciled_validation_result{app="judge-platform",check="flag",type="command"} 0'
rm "$work/bad"
check 'and lets go again' until_so 60 is_synced
check 'which is told, too' has_told health 2
check 'no reload told a sync again' has_told sync 1
cp "$work/reconciled.yaml" "$work/good.yaml"
echo 'nonsense: 1' >>"$work/reconciled.yaml"
kill -HUP "$daemon_pid"
check 'a configuration that is refused is told' has_told config 1
kill -HUP "$daemon_pid"
cp "$work/good.yaml" "$work/reconciled.yaml"
sleep 1
kill -HUP "$daemon_pid"
check 'once, and that it is accepted' has_told config 2
sed -i 's/interval: 10s/interval: 1h/' "$work/reconciled.yaml"
kill -HUP "$daemon_pid"
until_so 20 is_synced
touch "$work/bad"
sed -i '/^judgeApi:/,/tag:/s/tag: .*/tag: 2.19.0/' "$work/repo/charts/judge/values.yaml"
push 'what does not pass'
check 'after a sync that does not pass it goes back' until_so 60 grep -q "goes back to history" "$work/log"
check 'to the revision that passed' until_so 60 eval "[ \"\$(app .status.hold.rollback.revision)\" = $good ]"
summary
