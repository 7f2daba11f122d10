# What a person decides: rollback, suspension, resume; and what the daemon decides by itself.
# shellcheck shell=bash

row_rollback() {
	local first

	application '{ automated: { selfHeal: true, prune: true } }'
	config_map one '{ k: first }'
	push --unseen
	soon 'it is synced' is_in_sync
	first=$(git -C "$work/repo" rev-parse HEAD)
	config_map one '{ k: second }'
	config_map two
	push --unseen
	soon 'the second commit is synced' is "$(core configmaps/one)" .data.k second
	soon 'in whole' is_in_sync
	must 'it goes back' "$ctl" app rollback "$row" --timeout 20
	must 'to the first' is "$(core configmaps/one)" .data.k first
	must 'what came later is pruned' is_gone "$(core configmaps/two)"
	must 'it says so' eval 'status ".status.conditions[].type" | grep -q RolledBack'
	config_map one '{ k: third }'
	push --unseen
	sleep 1
	must 'a commit does not undo it' is "$(core configmaps/one)" .data.k first
	must 'the revision is the first' says .status.sync.revision "$first"
	patch "$(core configmaps/one)" '{"data": {"k": "drift"}}'
	soon 'drift from it is healed' is "$(core configmaps/one)" .data.k first
	kill -9 "$daemon_pid"
	wait "$daemon_pid" 2>/dev/null
	must 'the daemon starts again' start_daemon
	soon 'and keeps it' says .status.sync.revision "$first"
	must_not 'another revision is refused' sync --revision "$(git -C "$work/repo" rev-parse HEAD)"
	must 'it is resumed' "$ctl" app resume "$row"
	soon 'the newest commit is synced' is "$(core configmaps/one)" .data.k third
	must_not 'there is nothing left to resume' "$ctl" app resume "$row" 2>/dev/null
}

row_rollback_to_an_entry() {
	local i

	application '{ automated: {} }'
	for i in 1 2 3; do
		config_map one "{ k: \"$i\" }"
		push --unseen
		soon "commit $i is synced" is "$(core configmaps/one)" .data.k "$i"
		soon 'in whole' is_in_sync
	done
	must 'it goes back two' "$ctl" app rollback "$row" "$("$ctl" app history "$row" -o json | jq '.items[-1].id')" --timeout 20
	must 'to the first' is "$(core configmaps/one)" .data.k 1
	must_not 'an entry that is none is refused' "$ctl" app rollback "$row" 999 2>/dev/null
}

row_suspend() {
	application '{ automated: { selfHeal: true } }'
	config_map one
	push --unseen
	soon 'it is synced' is_in_sync
	must_not 'without a reason it is refused' "$ctl" app suspend "$row" 2>/dev/null
	must 'it is suspended' "$ctl" app suspend "$row" --reason 'we look at a fault' --until 1h
	patch "$(core configmaps/one)" '{"data": {"k": "drift"}}'
	soon 'drift is seen' says .status.sync.status OutOfSync
	sleep 0.5
	must 'and left' is "$(core configmaps/one)" .data.k drift
	must 'the reason is told' tells 'we look at a fault'
	must_not 'a sync is refused' sync
	must 'with the reason' grep -q 'we look at a fault' "$work/out"
	must 'it is resumed' "$ctl" app resume "$row"
	soon 'then it heals' is "$(core configmaps/one)" .data.k v
}

row_suspend_ends() {
	application '{ automated: { selfHeal: true } }'
	config_map one
	push --unseen
	soon 'it is synced' is_in_sync
	must 'it is suspended for a moment' "$ctl" app suspend "$row" --reason 'a moment' --until 2s
	patch "$(core configmaps/one)" '{"data": {"k": "drift"}}'
	sleep 0.5
	must 'drift is left' is "$(core configmaps/one)" .data.k drift
	soon 'until it ends by itself' is "$(core configmaps/one)" .data.k v
	must 'nothing is suspended any more' says '.status.hold // "none"' none
}

row_skip_reconcile() {
	application '{ automated: { selfHeal: true } }' '' '{ argocd.argoproj.io/skip-reconcile: "true" }'
	config_map one
	push --unseen
	soon 'it says so' tells skip-reconcile
	sleep 0.5
	must 'nothing is made' is_gone "$(core configmaps/one)"
}

row_retry_takes_the_newest_commit() {
	application '{ automated: {}, retry: { limit: 5, backoff: { duration: 1s, factor: 1 } } }' '' \
		'{ reconciled.io/wave-timeout: 1s }'
	workload Deployment web broken
	push --unseen
	soon 'the first try fails' eval '[ "$(status .status.operationState.retryCount)" -ge 1 ]'
	sed -i 's/example.com\/web:broken/example.com\/web:2/' "$work/repo/rows/$row/web.yaml"
	push --unseen
	soon 'the fix is taken' is "$(apps deployments/web)" '.spec.template.spec.containers[0].image' example.com/web:2
	soon 'and it is well' is_in_sync
}

row_a_failed_commit_is_not_repeated_for_ever() {
	application '{ automated: { selfHeal: true }, retry: { limit: 0 } }' '' '{ reconciled.io/wave-timeout: 1s }'
	workload Deployment web broken
	push --unseen
	soon 'it fails' has_failed
	mark
	sleep 2
	must 'nothing more is written' [ "$(asked '.method != "GET"')" = 0 ]
	must 'it says what to do' tells 'tried again with the next commit'
}

row_self_heal_backs_off() {
	local i

	application '{ automated: { selfHeal: true } }'
	config_map one
	push --unseen
	soon 'it is synced' is_in_sync
	for i in 1 2; do
		patch "$(core configmaps/one)" "{\"data\": {\"k\": \"drift$i\"}}" somebody-else
		SOON=10 soon "drift $i is healed" is "$(core configmaps/one)" .data.k v
	done
	patch "$(core configmaps/one)" '{"data": {"k": "drift3"}}' somebody-else
	sleep 2
	must 'the third time it waits' is "$(core configmaps/one)" .data.k drift3
	SOON=10 soon 'for some seconds' is "$(core configmaps/one)" .data.k v
	must 'and names who changes it back' tells somebody-else
}
