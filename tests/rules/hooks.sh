# Phases, hooks and waves.
# shellcheck shell=bash

hook() { # NAME PHASES [MORE ANNOTATIONS] [BEHAVIOUR]
	job "$1" "{ argocd.argoproj.io/hook: \"$2\"${3:+, $3} }" "${4:-succeed}"
}

# In which order things were made first, by the API server's log.
order() { # NAME...
	local names

	names=$(printf '"%s",' "$@")
	requests "$marked" "[.[] | select(.agent == \"reconciled\" and .dryRun == \"\" and (.method == \"PATCH\" or .method == \"POST\"))
		| (if .name != \"\" then .name else (.path | split(\"/\") | last) end) | select(IN(${names%,}))]
		| reduce .[] as \$name ([]; if index(\$name) then . else . + [\$name] end) | join(\" \")"
}

row_phases() {
	application
	config_map main
	hook pre PreSync
	hook during Sync
	hook post PostSync
	hook failed SyncFail
	push
	mark
	must 'it is synced' sync
	must 'in the order of phases' [ "$(order pre main during post)" = 'pre main during post' ]
	must 'what is for failures did not run' is_gone "$(batch jobs/failed)"
	must 'hooks do not count for OutOfSync' is_in_sync
}

row_waves() {
	application
	config_map last '' '{ argocd.argoproj.io/sync-wave: "2" }'
	config_map first '' '{ argocd.argoproj.io/sync-wave: "-7" }'
	config_map second
	push
	mark
	must 'it is synced' sync
	must 'negative waves first' [ "$(order first second last)" = 'first second last' ]
}

row_waves_wait_for_health() {
	application
	workload Deployment one 1 '{ argocd.argoproj.io/sync-wave: "-1" }'
	sed -i 's/metadata: { labels: { app: one } }/metadata: { labels: { app: one }, annotations: { kubeapi.test\/behaviour: "slow:1500" } }/' "$work/repo/rows/$row/one.yaml"
	config_map two
	push
	must 'it is synced' sync
	must 'the Deployment is available' is "$(apps deployments/one)" .status.availableReplicas 1
	must 'the next wave was written after it was' eval '[ "$(requests "$marked" "[.[] | select(.agent == \"reconciled\" and .method == \"PATCH\" and .dryRun == \"\" and (.path | test(\"/(one|two)$\"))) | .atMs] | .[1] - .[0]")" -ge 1400 ]'
}

row_a_wave_that_is_not_well() {
	application '' '' '{ reconciled.io/wave-timeout: 6s }'
	workload Deployment one broken '{ argocd.argoproj.io/sync-wave: "-1" }'
	config_map two
	push
	must_not 'it fails' sync
	must 'with what blocks it' tells 'ImagePullBackOff'
	must 'the next wave was not begun' is_gone "$(core configmaps/two)"
}

row_pre_sync_fails() {
	application
	hook pre PreSync '' fail
	hook failed SyncFail
	config_map main
	push
	must_not 'it fails' sync
	must 'nothing was applied' is_gone "$(core configmaps/main)"
	must 'what is for failures ran' is_there "$(batch jobs/failed)"
}

row_post_sync_waits_for_health() {
	application '' '' '{ reconciled.io/wave-timeout: 2s }'
	workload Deployment web broken
	hook post PostSync
	push
	must_not 'it fails' sync
	must 'PostSync did not run' is_gone "$(batch jobs/post)"
}

row_hook_twice() {
	application
	hook both 'PreSync,PostSync' 'argocd.argoproj.io/hook-delete-policy: BeforeHookCreation'
	config_map main
	push
	must 'it is synced' sync
	must 'in both phases' [ "$(asked '.method == "POST" and .name == "both" and .dryRun == ""')" = 2 ]
}

row_hook_skip() {
	application
	config_map skipped '' '{ argocd.argoproj.io/hook: Skip }'
	config_map main
	push
	must 'it is synced' sync
	must 'what is skipped is not made' is_gone "$(core configmaps/skipped)"
	must 'and does not count' is_in_sync
}

row_hook_delete_before_creation() {
	application
	hook pre PreSync
	push
	must 'it is synced' sync
	must 'the hook stays' is_there "$(batch jobs/pre)"
	uid=$(get "$(batch jobs/pre)" .metadata.uid)
	must 'it is synced again' sync
	must 'and is another one' eval '[ "$(get "$(batch jobs/pre)" .metadata.uid)" != "$uid" ]'
}

row_hook_delete_succeeded() {
	application
	hook pre PreSync 'argocd.argoproj.io/hook-delete-policy: HookSucceeded'
	config_map main
	push
	must 'it is synced' sync
	must 'the hook is gone' is_gone "$(batch jobs/pre)"
}

row_hook_delete_succeeded_in_a_failed_sync() {
	application
	hook first PreSync 'argocd.argoproj.io/hook-delete-policy: HookSucceeded'
	hook second PreSync '"argocd.argoproj.io/sync-wave": "1"' fail
	push
	must_not 'it fails' sync
	must 'it is judged by the whole' is_there "$(batch jobs/first)"
}

row_hook_delete_failed() {
	application
	hook pre PreSync 'argocd.argoproj.io/hook-delete-policy: HookFailed' fail
	hook other PreSync '"argocd.argoproj.io/sync-wave": "-1"'
	push
	must_not 'it fails' sync
	must 'the hook is gone' is_gone "$(batch jobs/pre)"
	must 'one without that policy stays' is_there "$(batch jobs/other)"
}

row_hook_delete_failed_in_a_good_sync() {
	application
	hook pre PreSync 'argocd.argoproj.io/hook-delete-policy: HookFailed'
	push
	must 'it is synced' sync
	must 'the hook stays' is_there "$(batch jobs/pre)"
}

row_hook_with_a_generated_name() {
	application
	manifest generated <<-END
		apiVersion: batch/v1
		kind: Job
		metadata: { generateName: gen-, annotations: { argocd.argoproj.io/hook: PreSync } }
		spec:
		  template: { spec: { restartPolicy: Never, containers: [{ name: main, image: "example.com/job:1" }] } }
	END
	push
	must 'it is synced' sync
	sleep 1.1
	must 'and again' sync
	must 'each time with a name of its own' eval "[ \"\$(get \"$(batch jobs)\" '[.items[].metadata.name | select(startswith(\"gen-$(git -C "$work/repo" rev-parse HEAD | cut -c1-7)-presync-\"))] | length')\" = 2 ]"
}

row_helm_hooks() {
	application
	job install '{ helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-weight: "-5", helm.sh/hook-delete-policy: hook-succeeded }'
	job after '{ helm.sh/hook: post-install }'
	job tests '{ helm.sh/hook: test }'
	job both '{ helm.sh/hook: post-install, argocd.argoproj.io/hook: PreSync }'
	config_map main
	push
	mark
	must 'it is synced' sync
	must 'as PreSync and PostSync; where both are said Argo CD counts' [ "$(order install both main after)" = 'install both main after' ]
	must 'with its delete policy' is_gone "$(batch jobs/install)"
	must 'tests are not run' is_gone "$(batch jobs/tests)"
}

row_self_heal_runs_no_hooks() {
	application '{ automated: { selfHeal: true } }'
	hook pre PreSync
	config_map main
	push --unseen
	soon 'it is synced' is_in_sync
	mark
	patch "$(core configmaps/main)" '{"data": {"k": "drift"}}'
	soon 'drift is reverted' is "$(core configmaps/main)" .data.k v
	must 'without hooks' [ "$(asked '.method == "POST" and .name == "pre"')" = 0 ]
	must 'and without history' [ "$("$ctl" app history "$row" -o json | jq '.items | length')" = 1 ]
}

row_prune_waves_are_mirrored() {
	application
	config_map low '' '{ argocd.argoproj.io/sync-wave: "1" }'
	config_map high '' '{ argocd.argoproj.io/sync-wave: "2" }'
	config_map stays
	push
	must 'it is synced' sync
	unmanifest low high
	push
	mark
	must 'it is synced again' sync --prune
	must 'the highest wave goes first' eval '[ "$(requests "$marked" "[.[] | select(.agent == \"reconciled\" and .method == \"DELETE\") | .path | split(\"/\") | last] | join(\" \")")" = "high low" ]'
}

row_namespace_before_what_is_in_it() {
	application
	manifest namespace <<-END
		apiVersion: v1
		kind: Namespace
		metadata: { name: $row-inner, annotations: { argocd.argoproj.io/sync-wave: "4" } }
	END
	manifest inner <<-END
		apiVersion: v1
		kind: ConfigMap
		metadata: { name: inner, namespace: $row-inner }
	END
	push
	must 'it is synced, though the namespace has a later wave' sync
	must 'it is there' is_there "/api/v1/namespaces/$row-inner/configmaps/inner"
}
