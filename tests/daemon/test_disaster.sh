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
stop_daemon KILL
rm -rf "$work/state" "$work/cache"
start_daemon || give_up 'it does not start on an empty disk'
check 'the application is Synced and Healthy again' until_so 30 eval '[ "$(app "[.status.sync.status, .status.health.status] | join(\" \")")" = "Synced Healthy" ]'
sleep 5
world >"$work/after"
check 'no object and no pod was touched' diff "$work/before" "$work/after"
check 'no lease was' eval '[ "$(users)" = "$leases" ] || { echo "  $leases, now $(users)"; false; }'
summary
