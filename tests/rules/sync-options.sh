# Sync options, of the application and of one resource.
# shellcheck shell=bash

row_plain() {
	application
	config_map one
	push
	must 'it is not synced by itself' says .status.sync.status OutOfSync
	must 'nothing was written' [ "$(asked '.method != "GET" and .dryRun == ""')" = 0 ]
	must 'a sync by hand works' sync
	must 'and the object is there' is "$(core configmaps/one)" .data.k v
	must 'it is in sync' is_in_sync
}

row_new_objects_are_asked_for_once() {
	application
	config_map one
	config_map there
	send "$(core configmaps)" '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "there"}, "data": {"k": "old"}}'
	push
	mark
	must 'a sync works' sync
	must 'of what is new one dry run says all' [ "$(asked '.path | endswith("/one")') $(asked '(.path | endswith("/one")) and .method == "GET"')" = '2 0' ]
	must 'what is there is looked at' [ "$(asked '(.path | endswith("/there")) and .method == "GET"')" = 1 ]
	must 'and becomes what Git has' is "$(core configmaps/there)" .data.k v
}

row_automated() {
	application '{ automated: {} }'
	config_map one
	push --unseen
	soon 'it is synced by itself' is "$(core configmaps/one)" .data.k v
	patch "$(core configmaps/one)" '{"data": {"k": "drift"}}'
	soon 'drift is seen' says .status.sync.status OutOfSync
	sleep 0.5
	must 'and left, without selfHeal' is "$(core configmaps/one)" .data.k drift
}

row_self_heal() {
	application '{ automated: { selfHeal: true } }'
	config_map one
	push --unseen
	soon 'it is synced' is_in_sync
	patch "$(core configmaps/one)" '{"data": {"k": "drift"}}'
	soon 'drift is reverted' is "$(core configmaps/one)" .data.k v
}

row_self_heal_asks_once() {
	application '{ automated: { selfHeal: true } }'
	config_map one
	push --unseen
	soon 'it is synced' is_in_sync
	mark
	patch "$(core configmaps/one)" '{"data": {"k": "drift"}}'
	soon 'drift is reverted' is "$(core configmaps/one)" .data.k v
	must 'what tells that it differs tells that it can be reverted' \
		[ "$(asked '(.path | endswith("/one")) and .dryRun == "All"') $(written PATCH one)" = '1 1' ]
}

row_prune() {
	application '{ automated: { prune: true } }'
	config_map one
	config_map two
	config_map three
	push --unseen
	soon 'it is synced' is_in_sync
	unmanifest two
	push --unseen
	soon 'what is no longer in Git goes' is_gone "$(core configmaps/two)"
	must 'the rest stays' is_there "$(core configmaps/one)"
}

row_prune_not_allowed() {
	application '{ automated: {} }'
	config_map one
	config_map two
	push --unseen
	soon 'it is synced' is_in_sync
	unmanifest two
	push
	must 'it is OutOfSync' settles_as 'OutOfSync Succeeded'
	must 'and nothing is deleted' is_there "$(core configmaps/two)"
	must 'by hand it can be' sync --prune
	must 'then it is gone' is_gone "$(core configmaps/two)"
}

row_allow_empty() {
	application '{ automated: { prune: true } }'
	config_map one
	push --unseen
	soon 'it is synced' is_in_sync
	unmanifest one
	touch "$work/repo/rows/$row/.keep"
	push
	soon 'an empty source is refused' tells allowEmpty
	must 'nothing is deleted' is_there "$(core configmaps/one)"
	application '{ automated: { prune: true, allowEmpty: true } }'
	push --unseen
	soon 'until it is allowed' is_gone "$(core configmaps/one)"
}

row_validate() {
	application
	config_map one
	config_map two '' '{ argocd.argoproj.io/sync-options: Validate=false }'
	push
	must 'it is synced' sync
	must 'fields nobody knows are refused' [ "$(asked '(.path | endswith("/one")) and .method == "PATCH" and .validation != "Strict"')" = 0 ]
	must 'but where it says not to' [ "$(asked '(.path | endswith("/two")) and .method == "PATCH" and .validation != "Ignore"')" = 0 ]
}

row_validate_of_all() {
	application '{ syncOptions: [Validate=false] }'
	config_map one
	push
	must 'it is synced' sync
	must 'nothing is validated' [ "$(asked '.method == "PATCH" and .validation != "Ignore"')" = 0 ]
}

unknown_kind() { # ANNOTATIONS
	config_map before
	manifest later <<-END
		apiVersion: later.example.io/v1
		kind: Later
		metadata: { name: later, annotations: $1 }
	END
}

row_skip_dry_run_on_missing_resource() {
	application
	unknown_kind '{ argocd.argoproj.io/sync-options: SkipDryRunOnMissingResource=true }'
	push
	must_not 'the kind is still missing' sync
	must 'but the check let it pass, and what comes before was applied' is_there "$(core configmaps/before)"
}

row_skip_dry_run_on_missing_resource_of_all() {
	application '{ syncOptions: [SkipDryRunOnMissingResource=true] }'
	unknown_kind '{}'
	push
	must_not 'the kind is still missing' sync
	must 'but the check let it pass, and what comes before was applied' is_there "$(core configmaps/before)"
}

row_dry_run_of_a_missing_kind() {
	application
	unknown_kind '{}'
	push
	must_not 'it is refused' sync
	must 'by name' tells 'SkipDryRunOnMissingResource=true'
	must 'and nothing was applied' is_gone "$(core configmaps/before)"
}

row_custom_resource_with_its_definition() {
	application
	manifest definition <<-END
		apiVersion: apiextensions.k8s.io/v1
		kind: CustomResourceDefinition
		metadata: { name: widgets.row.example.io, annotations: { argocd.argoproj.io/sync-wave: "3" } }
		spec:
		  group: row.example.io
		  scope: Namespaced
		  names: { kind: Widget, plural: widgets, singular: widget, listKind: WidgetList }
		  versions:
		  - name: v1
		    served: true
		    storage: true
		    schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
	END
	manifest widget <<-END
		apiVersion: row.example.io/v1
		kind: Widget
		metadata: { name: one }
		spec: { size: 3 }
	END
	push
	must 'both are applied, the definition first though its wave is later' sync
	must 'it is there' is "/apis/row.example.io/v1/namespaces/$row/widgets/one" .spec.size 3
	must 'it is in sync' is_in_sync
}

row_create_namespace() {
	api "/api/v1/namespaces/$row" -X DELETE -o /dev/null
	until_so 10 is_gone "/api/v1/namespaces/$row"
	application '{ syncOptions: [CreateNamespace=true], managedNamespaceMetadata: { labels: { team: a } } }'
	config_map one
	push
	must 'it is synced' sync
	must 'the namespace has its labels' is "/api/v1/namespaces/$row" .metadata.labels.team a
	must 'it is not tracked' is "/api/v1/namespaces/$row" '.metadata.labels["reconciled.io/app"]' null
	must 'the object is in it' is_there "$(core configmaps/one)"
}

row_create_namespace_when_the_old_one_is_gone() {
	application '{ automated: { selfHeal: true }, syncOptions: [CreateNamespace=true] }'
	config_map one
	push --unseen
	soon 'it is synced' is_in_sync
	send "$(core configmaps)" '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "finalizers": ["example.io/held"]}}'
	api "/api/v1/namespaces/$row" -X DELETE -o /dev/null
	soon 'it waits for the end of the namespace' tells 'is being deleted, and will be made anew'
	patch "$(core configmaps/held)" '{"metadata": {"finalizers": null}}'
	soon 'then it is made anew, with what is in it' is "$(core configmaps/one)" .data.k v
	soon 'it is in sync' is_in_sync
	must 'nothing has failed on the way' eval '! grep -F "app=$row " "$work/log" | grep -q "  *err  "'
}

row_no_create_namespace() {
	api "/api/v1/namespaces/$row" -X DELETE -o /dev/null
	until_so 10 is_gone "/api/v1/namespaces/$row"
	application
	config_map one
	push
	must_not 'it fails' sync
	must 'and no namespace was made' is_gone "/api/v1/namespaces/$row"
}

row_prune_false() {
	application '{ automated: { prune: true } }'
	config_map keep '' '{ argocd.argoproj.io/sync-options: Prune=false }'
	config_map other
	push --unseen
	soon 'it is synced' is_in_sync
	unmanifest keep
	push
	soon 'the commit is synced, but the whole is not' says '[.status.sync.status, .status.operationState.phase] | join(" ")' 'OutOfSync Succeeded'
	must 'it is kept' is_there "$(core configmaps/keep)"
}

row_prune_false_of_all() {
	application '{ automated: { prune: true }, syncOptions: [Prune=false] }'
	config_map kept
	config_map goes '' '{ argocd.argoproj.io/sync-options: Prune=true }'
	config_map other
	push --unseen
	soon 'it is synced' is_in_sync
	unmanifest kept
	unmanifest goes
	push
	soon 'what says Prune=true itself goes' is_gone "$(core configmaps/goes)"
	must 'the rest is kept' is_there "$(core configmaps/kept)"
}

row_prune_confirm() {
	application '{ automated: { prune: true } }'
	config_map asked '' '{ argocd.argoproj.io/sync-options: Prune=confirm }'
	config_map other
	push --unseen
	soon 'it is synced' is_in_sync
	unmanifest asked
	push
	soon 'it waits for approval' tells "reconcilectl app approve $row"
	must 'and is kept' is_there "$(core configmaps/asked)"
	must 'somebody approves' "$ctl" app approve "$row" --timeout 20
	must 'then it goes' is_gone "$(core configmaps/asked)"
	must 'nothing waits any more' says '.status.hold // "none"' none
}

row_prune_confirm_of_all_by_annotation() {
	application '{ automated: { prune: true }, syncOptions: [Prune=confirm] }'
	config_map asked
	config_map other
	push --unseen
	soon 'it is synced' is_in_sync
	unmanifest asked
	push
	soon 'it waits' tells 'wait for approval'
	must 'and is kept' is_there "$(core configmaps/asked)"
	application '{ automated: { prune: true }, syncOptions: [Prune=confirm] }' '' \
		'{ argocd.argoproj.io/deletion-approved: "2001-01-01T00:00:00Z" }'
	push
	sleep 0.5
	must 'an approval from before it was asked for is none' is_there "$(core configmaps/asked)"
	application '{ automated: { prune: true }, syncOptions: [Prune=confirm] }' '' \
		"{ argocd.argoproj.io/deletion-approved: \"$(date -u +%FT%TZ)\" }"
	push --unseen
	soon 'a newer one is' is_gone "$(core configmaps/asked)"
}

row_prune_budget() {
	local i

	application '{ automated: { prune: true } }'
	for i in 1 2 3 4 5 6; do config_map "map$i"; done
	push --unseen
	soon 'it is synced' is_in_sync
	unmanifest map1 map2 map3 map4
	config_map new
	push
	soon 'four of six are too many' tells 'more than the budget of 50 %'
	must 'what is new is applied' is_there "$(core configmaps/new)"
	must 'none is deleted' is_there "$(core configmaps/map1)"
	mark
	sleep 1
	must 'nothing is tried again and again' [ "$(asked true)" = 0 ]
	must 'somebody approves' "$ctl" app approve "$row" --timeout 20
	must 'then they go' is_gone "$(core configmaps/map4)"
	must 'it is in sync' is_in_sync
}

row_prune_last() {
	application '{ syncOptions: [PruneLast=true] }'
	config_map old
	config_map stays
	push
	must 'it is synced' sync
	unmanifest old
	config_map fresh '' '{ argocd.argoproj.io/sync-wave: "5" }'
	push
	mark
	must 'it is synced again' sync --prune
	must 'the old one went after the last wave' eval '[ "$(requests "$marked" "[.[] | select(.dryRun == \"\" and .method == \"DELETE\") | .n][0]")" -gt "$(requests "$marked" "[.[] | select(.dryRun == \"\" and (.path | endswith(\"/fresh\")) and .method == \"PATCH\") | .n][0]")" ]'
}

row_prune_last_of_one() {
	application
	config_map old '' '{ argocd.argoproj.io/sync-options: PruneLast=true }'
	config_map first
	config_map stays
	push
	must 'it is synced' sync
	unmanifest old first
	config_map fresh
	push
	mark
	must 'it is synced again' sync --prune
	must 'one went before, one after' eval '[ "$(requests "$marked" "[.[] | select(.dryRun == \"\" and .agent == \"reconciled\") | select(.method == \"DELETE\" or (.path | endswith(\"/fresh\")) and .method == \"PATCH\") | .path | split(\"/\") | last] | join(\" \")")" = "first fresh old" ]'
}

propagation() { # POLICY
	application "{ syncOptions: [PrunePropagationPolicy=$1] }"
	workload Deployment web
	config_map stays
	push
	must 'it is synced' sync
	soon 'its ReplicaSet is there' eval '[ "$(get "$(apps replicasets)" ".items | length")" = 1 ]'
	unmanifest web
	push
	mark
	must 'it is synced again' sync --prune
	must 'the Deployment is gone' is_gone "$(apps deployments/web)"
	[ "$CLUSTER" != memory ] ||
		must 'it was deleted so' [ "$(asked ".method == \"DELETE\" and (.propagation | ascii_downcase) != \"$1\"")" = 0 ]
}

row_prune_propagation_foreground() { propagation foreground; }
row_prune_propagation_background() { propagation background; }
row_prune_propagation_orphan() { propagation orphan; }

row_apply_out_of_sync_only() {
	application '{ syncOptions: [ApplyOutOfSyncOnly=true] }'
	config_map one
	config_map two
	job hook '{ argocd.argoproj.io/hook: PreSync }'
	push
	must 'it is synced' sync
	config_map two '{ k: changed }'
	push
	mark
	must 'it is synced again' sync
	must 'only what differs is written' [ "$(written PATCH one) $(written PATCH two)" = '0 1' ]
	must 'hooks run' [ "$(asked '.method == "POST" and .name == "hook" and .dryRun == ""')" = 1 ]
	must 'and history is written' [ "$("$ctl" app history "$row" -o json | jq '.items | length')" = 2 ]
}

# What is in sync is never written again; but a wave waits for it, unless this says that it is not looked at.
waits_for_what_is_in_sync() { # SYNC-POLICY
	local path=/apis/example.io/v1/namespaces/$row/judgeds/first

	application "$1"
	manifest first <<-END
		apiVersion: example.io/v1
		kind: Judged
		metadata: { name: first, annotations: { argocd.argoproj.io/sync-wave: "-1" } }
		spec: { size: 1 }
	END
	config_map two
	push
	"$ctl" app sync "$row" --async
	soon 'the first wave is there' is_there "$path"
	phase_of_first Good
	soon 'it is synced' is_in_sync
	phase_of_first Later
	config_map two '{ k: changed }'
	push
	"$ctl" app sync "$row" --async
}

row_what_is_deleted_meanwhile_is_made_again() {
	application
	manifest first <<-END
		apiVersion: example.io/v1
		kind: Judged
		metadata: { name: first, annotations: { argocd.argoproj.io/sync-wave: "-2" } }
		spec: { size: 1 }
	END
	config_map one '{ k: v }' '{ argocd.argoproj.io/sync-wave: "-1" }'
	config_map two
	push
	"$ctl" app sync "$row" --async
	soon 'the first wave is there' is_there "/apis/example.io/v1/namespaces/$row/judgeds/first"
	phase_of_first Good
	soon 'it is synced' is_in_sync
	api "/apis/example.io/v1/namespaces/$row/judgeds/first/status" -X PATCH -o /dev/null \
		-H 'Content-Type: application/merge-patch+json' -d '{"status": {"phase": null}}'
	config_map two '{ k: changed }'
	push
	"$ctl" app sync "$row" --async
	soon 'the first wave is waited for' tells 'no phase yet'
	api "$(core configmaps/one)" -X DELETE -o /dev/null
	phase_of_first Good
	soon 'the run goes on' is "$(core configmaps/two)" .data.k changed
	must 'with what was deleted made again' is "$(core configmaps/one)" .data.k v
	soon 'it is in sync' is_in_sync
}

phase_of_first() { # PHASE
	api "/apis/example.io/v1/namespaces/$row/judgeds/first/status" -X PATCH -o /dev/null \
		-H 'Content-Type: application/merge-patch+json' -d "{\"status\": {\"phase\": \"$1\"}}"
}

row_apply_out_of_sync_only_waits_for_nothing_else() {
	waits_for_what_is_in_sync '{ syncOptions: [ApplyOutOfSyncOnly=true] }'
	soon 'what differs is written' is "$(core configmaps/two)" .data.k changed
}

row_waves_wait_for_what_is_in_sync() {
	waits_for_what_is_in_sync '{}'
	soon 'it waits' tells 'Judged'
	sleep 0.5
	must 'what comes after is not begun' is "$(core configmaps/two)" .data.k v
	phase_of_first Good
	soon 'until it is well' is "$(core configmaps/two)" .data.k changed
}

row_replace() {
	application
	config_map one '{ a: "1", b: "1" }' '{ argocd.argoproj.io/sync-options: Replace=true }'
	push
	must 'it is synced' sync
	patch "$(core configmaps/one)" '{"metadata": {"annotations": {"by": "hand"}}}'
	config_map one '{ a: "2" }' '{ argocd.argoproj.io/sync-options: Replace=true }'
	push
	mark
	must 'it is synced again' sync
	must 'it was put, not patched' [ "$(written PUT one) $(written PATCH one)" = '1 0' ]
	must 'what is not in Git is gone' is "$(core configmaps/one)" '.data | keys | join(" ")' a
	must 'also what somebody added' is "$(core configmaps/one)" '.metadata.annotations.by' null
	must 'it is in sync' is_in_sync
}

row_replace_of_all() {
	application '{ syncOptions: [Replace=true] }'
	config_map one
	push
	must 'it is synced' sync
	must 'it was created, not applied' [ "$(written POST one) $(written PATCH one)" = '1 0' ]
	config_map one '{ k: w }'
	push
	must 'it is synced again' sync
	must 'and replaced' is "$(core configmaps/one)" .data.k w
}

service() { # NAME CLUSTER-IP ANNOTATIONS
	manifest "$1" <<-END
		apiVersion: v1
		kind: Service
		metadata: { name: $1, annotations: ${3:-{\}} }
		spec: { clusterIP: $2, selector: { app: $1 }, ports: [{ port: 80 }] }
	END
}

row_immutable() {
	application
	service web None
	push
	must 'it is synced' sync
	service web 10.96.200.7
	push
	must_not 'a field that cannot be changed fails the sync' sync
	must 'with the word for it' tells immutable
	must 'nothing was deleted' [ "$(written DELETE web)" = 0 ]
}

row_force() {
	application
	service web None '{ argocd.argoproj.io/sync-options: Force=true }'
	push
	must 'it is synced' sync
	service web 10.96.200.8 '{ argocd.argoproj.io/sync-options: Force=true }'
	push
	must 'it is synced again' sync
	must 'it was made anew' is "$(core services/web)" .spec.clusterIP 10.96.200.8
	must 'by deleting it' [ "$(written DELETE web)" = 1 ]
}

row_force_of_all() {
	application '{ syncOptions: [Force=true] }'
	service web None
	push
	must 'it is synced' sync
	service web 10.96.200.9
	push
	must 'it is synced again' sync
	must 'it was made anew' is "$(core services/web)" .spec.clusterIP 10.96.200.9
}

row_force_only_what_cannot_be_changed() {
	application '{ syncOptions: [Force=true] }'
	workload Deployment web
	push
	must 'it is synced' sync
	sed -i 's/{ name: main, image: .*}/{ name: main }/' "$work/repo/rows/$row/web.yaml"
	push
	must_not 'what is plainly wrong fails' sync
	must 'nothing was deleted' [ "$(written DELETE web)" = 0 ]
}

row_force_by_hand() {
	application
	service web None
	push
	must 'it is synced' sync
	service web 10.96.200.10
	push
	must_not 'without it fails' sync
	must 'for this once' sync --force
	must 'it was made anew' is "$(core services/web)" .spec.clusterIP 10.96.200.10
}

row_server_side_apply() {
	application
	config_map one
	push
	must 'it is synced' sync
	must 'as reconciled' is "$(core configmaps/one)" '[.metadata.managedFields[] | "\(.manager) \(.operation)"] | join(", ")' 'reconciled Apply'
	must 'without an annotation' is "$(core configmaps/one)" '.metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]' null
	patch "$(core configmaps/one)" '{"data": {"k": "mine", "other": "x"}}'
	must 'conflicts are ours' sync
	must 'and taken' is "$(core configmaps/one)" .data.k v
	must 'what others added stays' is "$(core configmaps/one)" .data.other x
}

client_side() { # SYNC-POLICY ANNOTATIONS
	application "$1"
	config_map one '{ a: "1", b: "1" }' "$2"
	push
	must 'it is synced' sync
	must 'it was created, not applied' [ "$(written POST one) $(written PATCH one)" = '1 0' ]
	must 'with the annotation' eval '[ "$(get "$(core configmaps/one)" ".metadata.annotations[\"kubectl.kubernetes.io/last-applied-configuration\"]")" != null ]'
	patch "$(core configmaps/one)" '{"data": {"other": "x"}}'
	config_map one '{ a: "2" }' "$2"
	push
	must 'it differs' says .status.sync.status OutOfSync
	must 'it is synced again' sync
	must 'by its three states' is "$(core configmaps/one)" '.data | to_entries | map("\(.key)=\(.value)") | sort | join(" ")' 'a=2 other=x'
	must 'it is in sync' is_in_sync
}

row_server_side_apply_false() { client_side '{}' '{ argocd.argoproj.io/sync-options: ServerSideApply=false }'; }
row_server_side_apply_false_of_all() { client_side '{ syncOptions: [ServerSideApply=false] }' '{}'; }

row_server_side_apply_true_of_one() {
	application '{ syncOptions: [ServerSideApply=false] }'
	config_map one '' '{ argocd.argoproj.io/sync-options: ServerSideApply=true }'
	push
	must 'it is synced' sync
	must 'what says so itself is applied' [ "$(written PATCH one) $(written POST one)" = '1 0' ]
}

# An object that kubectl applied, with one key more than Git has.
applied_by() { # MANAGER OPERATION
	local type=application/merge-patch+json path

	path=$(core configmaps/one)
	if [ "$2" = Apply ]; then
		api "$path?fieldManager=$1&force=true" -X PATCH -o /dev/null -H 'Content-Type: application/apply-patch+yaml' \
			-d '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"k": "v", "more": "x"}}'
	else
		send "$(core configmaps)?fieldManager=$1" '{"apiVersion": "v1", "kind": "ConfigMap",
			"metadata": {"name": "one", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}},
			"data": {"k": "v", "more": "x"}}'
	fi
}

row_client_side_apply_migration() {
	application
	config_map one
	applied_by kubectl-client-side-apply Update
	push
	must 'it is synced' sync
	must 'what kubectl applied and Git has not is gone' is "$(core configmaps/one)" '.data | keys | join(" ")' k
	must 'its memory too' is "$(core configmaps/one)" '.metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]' null
	must 'all is ours' is "$(core configmaps/one)" '[.metadata.managedFields[].manager] | unique | join(" ")' reconciled
}

row_client_side_apply_migration_false() {
	application '{ syncOptions: [ClientSideApplyMigration=false] }'
	config_map one
	applied_by kubectl-client-side-apply Update
	push
	must 'it is synced' sync
	must 'what kubectl applied stays' is "$(core configmaps/one)" '.data | keys | join(" ")' 'k more'
}

row_client_side_apply_migration_manager() {
	application '{}' '' '{ argocd.argoproj.io/client-side-apply-migration-manager: fleet }'
	config_map one
	applied_by fleet Apply
	push
	must 'it is synced' sync
	must 'what that manager applied and Git has not is gone' is "$(core configmaps/one)" '.data | keys | join(" ")' k
}

owned_by_another() { # SYNC-POLICY
	application "$1"
	config_map one '{ k: mine }'
	send "$(core configmaps)" "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"one\",
		\"labels\": {\"reconciled.io/app\": \"other\"}, \"annotations\": {\"reconciled.io/instance\": \"reconciled\",
		\"reconciled.io/tracking-id\": \"other:/ConfigMap:$row/one\"}}, \"data\": {\"k\": \"theirs\"}}"
	push
}

row_fail_on_shared_resource() {
	owned_by_another '{ syncOptions: [FailOnSharedResource=true] }'
	must_not 'it fails' sync
	must 'with the owner named' tells "it belongs to other"
	must 'and changes nothing' is "$(core configmaps/one)" .data.k theirs
}

row_shared_resource() {
	owned_by_another '{}'
	must 'it is warned of' eval 'status ".status.conditions[].type" | grep -q SharedResourceWarning'
	must 'by hand it is taken over' sync
	must 'with what Git has' is "$(core configmaps/one)" .data.k mine
}

row_selective_sync() {
	application
	config_map one
	config_map two
	job hook '{ argocd.argoproj.io/hook: PreSync }'
	push
	must 'one resource is synced' sync --resource :ConfigMap:one
	must 'it is there' is_there "$(core configmaps/one)"
	must 'the other is not' is_gone "$(core configmaps/two)"
	must 'no hook ran' is_gone "$(batch jobs/hook)"
	must 'no history was written' [ "$("$ctl" app history "$row" -o json | jq '.items | length')" = 0 ]
	must 'it is not in sync' says .status.sync.status OutOfSync
	must_not 'a choice that is none is refused' sync --resource ConfigMap/one
	must 'with the form of one' grep -q 'GROUP:KIND:' "$work/out"
	must 'all but one' sync --resource "!:ConfigMap:$row/two"
	must 'leaves that one' is_gone "$(core configmaps/two)"
}

row_dry_run() {
	application
	config_map one
	push
	must 'it says that it could' sync --dry-run
	must 'nothing was written' [ "$(asked '.method != "GET" and .dryRun == ""')" = 0 ]
	must 'no history either' [ "$("$ctl" app history "$row" -o json | jq '.items | length')" = 0 ]
}

row_strategy_apply() {
	application
	config_map one
	job hook '{ argocd.argoproj.io/hook: PreSync }'
	push
	must 'it is synced' sync --strategy apply
	must 'without hooks' is_gone "$(batch jobs/hook)"
	must 'it is there' is_there "$(core configmaps/one)"
}

row_terminate() {
	application
	job stuck '{ argocd.argoproj.io/hook: PreSync }' never
	config_map one
	push
	"$ctl" app sync "$row" --async
	soon 'the hook runs' is_there "$(batch jobs/stuck)"
	must 'it is terminated' "$ctl" app terminate "$row"
	soon 'the sync has failed' has_failed
	must 'it says by whom' tells 'terminated by'
	soon 'the hook is gone' is_gone "$(batch jobs/stuck)"
	must 'nothing else was applied' is_gone "$(core configmaps/one)"
	must_not 'there is nothing left to terminate' "$ctl" app terminate "$row" 2>/dev/null
}

row_kept_by_helm() {
	application '{ automated: { prune: true } }'
	config_map keep '' '{ helm.sh/resource-policy: keep }'
	config_map other
	push --unseen
	soon 'it is synced' is_in_sync
	unmanifest keep
	push
	soon 'the commit is synced, but the whole is not' says '[.status.sync.status, .status.operationState.phase] | join(" ")' 'OutOfSync Succeeded'
	must 'it is kept' is_there "$(core configmaps/keep)"
}

row_wave_timeout() {
	application '' '' '{ reconciled.io/wave-timeout: 1s }'
	workload Deployment web broken
	push
	must_not 'it fails' sync
	must 'after its own time' tells 'after 1 s still blocked by'
}
