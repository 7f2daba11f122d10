#!/bin/bash
# What the service manager is told, by the stand-in for it (tests/support/manager): readiness, reloads,
# the watchdog, the stop, the codes it ends with; sockets that the manager made and passes; and the
# credentials of the unit.
set -u
# shellcheck source=tests/support/apps.sh
. "$(dirname "$0")/../support/apps.sh"
trap stop_platform EXIT

said() { # PATTERN of a line
	grep -qE -- "$1" "$work/told"
}

count() { # PATTERN
	grep -cE -- "$1" "$work/told"
}

manage() { # FLAG... : the daemon under the manager
	: >"$work/told"
	"$O/support/manager" "$@" "$O/reconciled" --config "$work/reconciled.yaml" >"$work/told" 2>>"$work/log" &
	manager=$!
	echo "$manager" >"$work/daemon.pid"
	soon grep -q '^started' "$work/told"
	main=$(awk '/^started/ { print $2 }' "$work/told")
}

end() { # SIGNAL
	kill "-$1" "$manager"
	wait "$manager"
	echo 0 >"$work/daemon.pid"
	rm "$work/daemon.pid"
}

show_more() {
	cat "$work/told"
}

start_apps
configure </dev/null
sed -i '/^applications:/d' "$work/reconciled.yaml"

# ---- the start
manage --watchdog 600
must 'READY=1 comes' soon said 'READY=1'
check 'with a STATUS, in one datagram, as the first' eval 'sed -n 2p "$work/told" | grep -qE "^[0-9]+ READY=1[|]STATUS=running$"'
check 'within a second' eval '[ "$(awk "/READY=1/ { print \$1; exit }" "$work/told")" -lt 1000 ]'
check 'then somebody answers at once' "$ctl" status

# ---- the watchdog is fed, twice in its time
sleep 2
check 'WATCHDOG=1 comes every half of its time' eval '[ "$(count WATCHDOG=1)" -ge 4 ]'
check 'and nothing was aborted' eval '! said "^watchdog"'
check 'no child speaks for main' eval '! said "not from main"'

# ---- a reload
kill -HUP "$main"
must 'RELOADING=1 and MONOTONIC_USEC come in one datagram' soon said '^[0-9]+ RELOADING=1[|]MONOTONIC_USEC=[0-9]+$'
must 'then READY=1' soon eval '[ "$(count READY=1)" = 2 ]'
check 'in this order' eval 'grep -E "RELOADING|READY" "$work/told" | tail -n 2 | head -n 1 | grep -q RELOADING'
at=$(sed -n 's/.*MONOTONIC_USEC=//p' "$work/told")
check 'by the monotonic clock' eval '[ $(($(cut -d . -f 1 /proc/uptime) - at / 1000000)) -le 5 ] && [ "$at" -gt 0 ]'
cp "$work/reconciled.yaml" "$work/good.yaml"
echo 'clustres: []' >>"$work/reconciled.yaml"
kill -HUP "$main"
must 'what is refused is said in STATUS, and the one before is in force' soon said 'READY=1[|]STATUS=the new configuration was refused'
check 'the metric says so, too' eval 'curl -s --unix-socket "$RECONCILED_SOCKET" http://localhost/metrics | grep -q "^reconciled_config_last_reload_successful 0$"'
check 'and the command' eval '"$ctl" status | grep -q "unknown key .clustres."'
cp "$work/good.yaml" "$work/reconciled.yaml"

# ---- the stop
end TERM
check 'STOPPING=1 comes, and the end is 0' eval 'said STOPPING=1 && [ "$(tail -n 1 "$work/told")" = "exited 0" ]'

# ---- one that hangs
manage --watchdog 600
must 'another is ready' soon said READY=1
kill -STOP "$main"
must 'one that hangs is aborted' soon said '^watchdog$'
kill -CONT "$main"
wait "$manager"
check 'by SIGABRT' eval '[ "$(tail -n 1 "$work/told")" = "killed 6" ]'

# ---- sockets that the manager made: they stay when the daemon goes, and who connects meanwhile waits
port=$(free_port)
rm -f "$work/control.sock" # of the one that was aborted
manage --socket "control=$work/passed.sock" --socket "metrics=127.0.0.1:$port"
must 'with passed sockets it is ready' soon said READY=1
export RECONCILED_SOCKET=$work/passed.sock
check 'the control socket is the one that was passed' "$ctl" status
check 'its own is not made' test ! -e "$work/control.sock"
check 'whoever is there is known by his user' "$ctl" app list
check 'the metrics answer on theirs, though the configuration names none' curl -sSf -o /dev/null "http://127.0.0.1:$port/metrics"
end TERM
check 'the socket is left to the manager' test -S "$work/passed.sock"
rm "$work/passed.sock"
manage --socket "control=$work/passed.sock" --socket "nobody=127.0.0.1:$port"
wait "$manager"
check 'a socket of another name is refused' eval '[ "$(tail -n 1 "$work/told")" = "exited 69" ] && tail -n 5 "$work/log" | grep -q "a socket .nobody. is passed"'

# ---- credentials of the unit
export RECONCILED_SOCKET=$work/control.sock
serve locked githttp --root "$work/served" --user robot:g1t-c4n4ry
echo 'applications: [{ from: { repository: apps, path: argocd } }]' >>"$work/reconciled.yaml"
mkdir -m 700 "$work/credentials"
echo g1t-c4n4ry >"$work/credentials/git-token"
sed -i "s#^repositories:.*#repositories: [{ name: apps, url: $locked/apps.git, interval: 10s, auth: { username: robot, credential: git-token } }]#" "$work/reconciled.yaml"
polled() { # PATTERN of what is said of the repository then
	"$ctl" repository list 2>/dev/null | grep -qE "^apps +$1"
}
CREDENTIALS_DIRECTORY=$work/credentials manage
soon said READY=1
"$ctl" repository poll apps >/dev/null
must 'a credential of the unit opens the repository' soon polled ok
check 'the value is in no environment and no argument, of main or of a child' eval \
	'! cat "/proc/$main/environ" "/proc/$main/cmdline" $(pgrep -P "$main" | sed "s#.*#/proc/&/environ /proc/&/cmdline#") | grep -qa g1t-c4n4ry'
check 'and in no log' eval '! grep -q g1t-c4n4ry "$work/log" "$work/told"'
end TERM
manage
soon said READY=1 && "$ctl" repository poll apps >/dev/null
must 'without it the repository says what is missing' soon polled ".*credential .git-token.: the service was started without credentials"
end TERM

# ---- what cannot start
echo 'clustres: []' >"$work/reconciled.yaml"
manage
wait "$manager"
check 'a broken configuration: 78, and never READY' eval '[ "$(tail -n 1 "$work/told")" = "exited 78" ] && ! said READY'
cp "$work/good.yaml" "$work/reconciled.yaml"
summary
