#!/bin/bash
# A lost disk costs history, and nothing else: the daemon makes everything anew from Git, cluster and
# Vault, and touches no healthy object, no pod and no lease for it. And the history can be backed up.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
trap stop_platform EXIT

# Every object of the platform: who it is, and the version it has.
world() {
	local path

	for path in /api/v1/namespaces/judge/{pods,secrets,configmaps,services,serviceaccounts} \
		/apis/apps/v1/namespaces/judge/{deployments,replicasets,statefulsets} /apis/batch/v1/namespaces/judge/jobs \
		/apis/networking.istio.io/v1/namespaces/judge/virtualservices /apis/external-secrets.io/v1/namespaces/judge/externalsecrets; do
		api "$path" | jq -r --arg path "$path" '.items[] | [$path, .metadata.name, .metadata.uid, (.metadata.generation // 0 | tostring),
			(if ($path | endswith("externalsecrets")) then (.spec | tostring) else .metadata.resourceVersion end)] | join(" ")'
	done | sort
}

users() {
	curl -s "$vault/_control/users" | jq -c '.users | sort'
}

stop_daemon() { # [SIGNAL]
	kill "-${1:-TERM}" "$daemon_pid"
	wait "$daemon_pid" 2>/dev/null
}

start_platform && until_so 40 is_synced || give_up 'the platform does not come up'
sleep 2
world >"$work/before"
leases=$(users)
check 'there is something to lose' eval '[ "$(wc -l <"$work/before")" -gt 20 ] && [ "$leases" != "[]" ]'
check 'a backup is made' "$ctl" backup "$work/backup.db"
check 'that only its owner can read' [ "$(stat -c %a "$work/backup.db")" = 600 ]
check 'and does not replace another' eval '! "$ctl" backup "$work/backup.db" 2>/dev/null'
history=$("$ctl" app history judge-platform -o json)
stop_daemon KILL
rm -rf "$work/state" "$work/cache"
start_daemon || give_up 'it does not start on an empty disk'
check 'the application is Synced and Healthy again' until_so 30 eval '[ "$(app "[.status.sync.status, .status.health.status] | join(\" \")")" = "Synced Healthy" ]'
sleep 5
world >"$work/after"
check 'no object and no pod was touched' diff "$work/before" "$work/after"
check 'no lease was' eval '[ "$(users)" = "$leases" ] || { echo "  $leases, now $(users)"; false; }'
check 'the history is lost' [ "$("$ctl" app history judge-platform -o json)" != "$history" ]
echo 'no backup' >"$work/nonsense"
head -c 8192 "$work/backup.db" >"$work/half.db"
check 'what is no backup is refused' eval '"$ctl" restore "$work/nonsense" 2>&1 | grep -q "no backup of reconciled"'
check 'half of one, too' eval '"$ctl" restore "$work/half.db" 2>&1 | grep -q "damaged"'
check 'the backup is taken' "$ctl" restore "$work/backup.db"
stop_daemon
start_daemon || give_up 'it does not start from the backup'
check 'the history is there again' until_so 10 eval '[ "$("$ctl" app history judge-platform -o json)" = "$history" ]'
check 'what was there before is kept' [ -s "$work/state/state.db.replaced" ]
check 'everything is Synced and Healthy' until_so 30 eval '[ "$(app "[.status.sync.status, .status.health.status] | join(\" \")")" = "Synced Healthy" ]'
sleep 2
world >"$work/after"
check 'and untouched' diff "$work/before" "$work/after"
summary
