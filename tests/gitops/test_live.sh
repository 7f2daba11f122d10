#!/bin/bash
# Applications that are objects of the cluster: followed, their status written back, asked by their
# operation and by their refresh annotation, deleted with care, and left to Argo CD where they are its.
set -u
# shellcheck source=tests/support/apps.sh
. "$(dirname "$0")/../support/apps.sh"
trap stop_platform EXIT
start_apps || exit 1
r=$work/repo
mkdir -p "$r/a" "$r/manual" "$r/teamed"
{ config_map one; config_map two; } >"$r/a/all.yaml"
config_map three >"$r/manual/all.yaml"
config_map teamed >"$r/teamed/all.yaml"
configure <<<"- { cluster: one, namespaces: [argocd, teams] }"
git -C "$r" add -A && git -C "$r" commit -q -m first && git -C "$r" push -q origin main

start_daemon || exit 1
echo 'following'
check 'without the CRD there is nothing to follow' eval '"$ctl" status | grep -q "does not serve Applications"'
send /api/v1/namespaces '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}}'
send /api/v1/namespaces '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "teams"}}'
define_argo
alpha=$argo/argocd/applications/alpha
application alpha a '' "$finalizer" | sed 's/name: alpha/name: alpha\n  namespace: argocd/' | apply "$alpha"
check 'once it is there, an application is followed and synced' soon is "$alpha" '[.status.sync.status, .status.health.status, .status.operationState.phase] | join(" ")' 'Synced Healthy Succeeded'
check 'with its objects' is_there "$cm/one"
check 'its status is that of Argo CD' is "$alpha" '.status | [.sync.comparedTo.source.path, (.sync.revision | length), (.resources | length), .resources[0].version, (.history | length), .history[0].initiatedBy.automated, .operationState.syncResult.resources[1].status, .sourceType, .controllerNamespace, (.reconciledAt | length)] | join(" ")' 'a 40 2 v1 1 true Synced Directory argocd 20'
check 'the operation is told' is "$alpha" '.status.operationState | [.operation.initiatedBy.automated, .operation.retry.limit, (.finishedAt | length)] | join(" ")' 'true 5 20'
events_of() { # NAME REASON: their messages
	api "/api/v1/namespaces/argocd/events" | jq -r ".items[] | select(.involvedObject.name == \"$1\" and .reason == \"$2\") | .type + \" \" + .message"
}
head_of() {
	git -C "$r" rev-parse HEAD
}
tells() { # NAME REASON MESSAGE
	events_of "$1" "$2" | grep -qxF -- "$3"
}
check 'an event says that it began' soon tells alpha OperationStarted "Normal Initiated automated sync to '$(head_of)'"
check 'one how it ended' soon tells alpha OperationCompleted "Normal Sync operation to $(head_of) succeeded"
check 'and one what it is now' soon eval 'events_of alpha ResourceUpdated | grep -q "^Normal Updated sync status: .*-> Synced$" && events_of alpha ResourceUpdated | grep -q "^Normal Updated health status: .*-> Healthy$"'
sleep 2
before=$(last_request)
sleep 3
check 'a steady state writes nothing, and asks nothing' eval '[ "$(requests "$before" "[.[] | select(.agent == \"reconciled\")] | length")" = 0 ]'
delete "$cm/one"
check 'drift is healed' soon is_there "$cm/one"
config_map four >>"$r/a/all.yaml"
publish 'another object'
check 'a commit is synced, and told' soon is "$alpha" '[(.status.resources | length), .status.sync.status, (.status.history | length)] | join(" ")' '3 Synced 2'

echo 'asking'
manual() { # NAME PATH [LINES OF spec]
	application "$1" "$2" "${3:-}" | sed -e "s/name: $1\$/name: $1\n  namespace: ${4:-argocd}/" -e 's/automated: {[^}]*}, //'
}
beta=$argo/argocd/applications/beta
manual beta manual | apply "$beta"
check 'an application that is not automated waits' soon is "$beta" '[.status.sync.status, .status.health.status] | join(" ")' 'OutOfSync Missing'
check 'and has no operation' is "$beta" '.status.operationState.phase' null
patch "$beta" '{"operation": {"sync": {"prune": true}, "initiatedBy": {"username": "alice"}}}'
check 'its operation syncs it' soon is "$beta" '[.status.sync.status, .status.operationState.phase] | join(" ")' 'Synced Succeeded'
check 'it says who asked' is "$beta" '.status.operationState.operation.initiatedBy.username' alice
check 'and is taken off' soon is "$beta" .operation null
check 'the event says who asked, too' soon tells beta OperationStarted "Normal alice initiated sync to $(head_of)"
stop_daemon
before=$(last_request)
start_daemon || exit 1
check 'after a restart it is followed again' soon of_app beta .status.sync.status Synced
check 'and nothing is synced anew' eval '[ "$(requests "$before" "[.[] | select(.method == \"PATCH\" and (.path | contains(\"/configmaps/\")))] | length")" = 0 ]'
patch "$beta" '{"operation": {"sync": {"syncOptions": ["CreateNamespace=false"]}, "initiatedBy": {"username": "alice"}}}'
check 'what cannot be done is refused in words' soon is "$beta" '.status.operationState | [.phase, (.message | contains("CreateNamespace=false"))] | join(" ")' 'Error true'
check 'and taken off, too' soon is "$beta" .operation null
delete "$cm/three"
check 'drift is seen' soon is "$beta" .status.sync.status OutOfSync
patch "$beta" '{"operation": {"sync": {"resources": [{"kind": "ConfigMap", "name": "three", "namespace": "shop"}]}}}'
check 'one resource may be chosen' soon is_there "$cm/three"
at=$(get "$beta" .status.reconciledAt)
sleep 1
patch "$beta" '{"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}'
check 'a refresh is taken off when it is done' soon is "$beta" '.metadata.annotations["argocd.argoproj.io/refresh"]' null
check 'and shows in reconciledAt' eval '[ "$(get "$beta" .status.reconciledAt)" != "$at" ]'
mkdir -p "$r/stuck"
printf 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: stuck, annotations: {argocd.argoproj.io/sync-wave: "-1"}}\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: "a:broken"}]}}}\n---\n' >"$r/stuck/all.yaml"
config_map never >>"$r/stuck/all.yaml"
publish 'an application that does not get healthy'
gamma=$argo/argocd/applications/gamma
manual gamma stuck | apply "$gamma"
check 'images of its pods are in the summary' soon is "$gamma" '.status.summary.images[0]' a:broken
patch "$gamma" '{"operation": {"sync": {}}}'
check 'a sync that waits says for what' soon is "$gamma" '.status.operationState | [.phase, (.message | contains("stuck"))] | join(" ")' 'Running true'
patch "$gamma" '{"status": {"operationState": {"phase": "Terminating"}}}'
check 'it ends when it is told to' soon is "$gamma" '.status.operationState.phase' Failed
check 'an event warns' soon eval 'events_of gamma OperationCompleted | grep -q "^Warning Sync operation to $(head_of) failed: .*terminated by"'
check 'and is not begun anew' soon is "$gamma" .operation null
delete "$gamma"

echo 'projects and mistakes'
team=$argo/teams/applications/team
manual team teamed '  project: team' teams | apply "$team"
check 'a project that is not there' soon is "$team" '.status.conditions[0] | [.type, .message] | join(" ")' 'InvalidSpecError Application referencing project team which does not exist'
project() {
	printf 'apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: team, namespace: argocd}\nspec: {sourceRepos: ["*"], destinations: [{server: "*", namespace: shop}], clusterResourceWhitelist: [{group: "*", kind: "*"}]%s}\n' "$1" |
		apply "$argo/argocd/appprojects/team"
}
project ''
check 'a namespace that it does not allow' soon is "$team" '.status.conditions[0].message' "application 'team' in namespace 'teams' is not allowed to use project 'team'"
project ', sourceNamespaces: [teams]'
check 'one that it allows' soon is "$team" '[.status.sync.status, (.status.conditions | length)] | join(" ")' 'OutOfSync 0'
check 'it is known by both its names' of_app teams_team .status.sync.status OutOfSync
project ', sourceNamespaces: [teams], signatureKeys: [{keyID: A}]'
check 'what is not enforced is not passed over' soon is "$team" '.status.conditions[0].message | contains("spec.signatureKeys, which is not supported")' true
patch "$beta" '{"spec": {"source": {"pathh": "x"}}}'
check 'a mistake is told in the object' soon is "$beta" '.status.conditions[0] | [.type, (.message | contains("did you mean"))] | join(" ")' 'InvalidSpecError true'
check 'and what was right before stays in force' is "$beta" .status.sync.status Synced
patch "$beta" '{"spec": {"source": {"pathh": null}}}'
check 'until it is mended' soon is "$beta" '.status.conditions | length' 0
printf 'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: wrong, namespace: argocd}\nspec: {source: {kustomize: {}}}\n' | apply "$argo/argocd/applications/wrong"
check 'one that was never right says so' soon is "$argo/argocd/applications/wrong" '[.status.sync.status, .status.conditions[0].type, (.status.conditions[0].message | contains("kustomize is not supported"))] | join(" ")' 'Unknown InvalidSpecError true'

echo 'an application of applications'
mkdir -p "$r/tree"
for name in child-a child-b; do
	application $name "$name" '' "$finalizer" | sed "s/name: $name\$/name: $name\n  namespace: argocd/" >"$r/tree/$name.yaml"
	mkdir -p "$r/$name"
	config_map "of-$name" >"$r/$name/all.yaml"
done
publish 'a root'
root=$argo/argocd/applications/root
application root tree '' "$finalizer" | sed 's/name: root$/name: root\n  namespace: argocd/' | apply "$root"
check 'its applications are synced' soon is "$argo/argocd/applications/child-a" .status.sync.status Synced
check 'all of them' soon is_there "$cm/of-child-b"
check 'and so is it' soon is "$root" '[.status.sync.status, .status.health.status, .status.summary.isAppOfApps, (.status.resources | length)] | join(" ")' 'Synced Healthy true 2'
patch "$argo/argocd/applications/child-a" '{"spec": {"source": {"path": "child-b"}}}'
check 'a child that was changed is healed' soon is "$argo/argocd/applications/child-a" .spec.source.path child-a
rm "$r/tree/child-a.yaml"
publish 'a child goes'
check 'a child that leaves is deleted' soon is_gone "$argo/argocd/applications/child-a"
check 'with its objects' is_gone "$cm/of-child-a"
check 'its sister stays' is_there "$cm/of-child-b"
delete "$root"
check 'the end of the root is the end of all' soon is_gone "$argo/argocd/applications/child-b"
check 'its own, too' soon is_gone "$root"
check 'with all objects' is_gone "$cm/of-child-b"

echo 'the end'
delete "$beta"
check 'without the finalizer the object goes' soon is_gone "$beta"
check 'and what it made stays' is_there "$cm/three"
check 'it is not followed any more' soon no_app beta
delete "$alpha"
check 'with it the object goes' soon is_gone "$alpha"
check 'after what it made' is_gone "$cm/one"
mkdir -p "$r/hooked"
job() { # NAME HOOK
	printf 'apiVersion: batch/v1\nkind: Job\nmetadata: {name: %s, annotations: {argocd.argoproj.io/hook: %s, argocd.argoproj.io/hook-delete-policy: HookSucceeded}}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}\n---\n' "$1" "$2"
}
{ config_map five; job before PreDelete; job after PostDelete; } >"$r/hooked/all.yaml"
git -C "$r" add -A && git -C "$r" commit -q -m hooked && git -C "$r" push -q origin main
hooked=$argo/argocd/applications/hooked
application hooked hooked '' "$finalizer" | sed 's/name: hooked$/name: hooked\n  namespace: argocd/' | apply "$hooked"
poll
check 'hooks of the deletion put their finalizers' soon is "$hooked" '.metadata.finalizers | length' 5
before=$(last_request)
delete "$hooked"
check 'and are run around it' soon is_gone "$hooked"
order() {
	requests "$before" '[.[] | select(.dryRun == "" and (.path | contains("/shop/")))
		| select((.method == "POST" and (.path | endswith("/jobs"))) or (.method == "DELETE" and (.path | contains("/configmaps/"))))
		| .method + " " + (if .name != "" then .name else (.path | split("/") | last) end)] | join(" ")'
}
check 'in their order' eval '[ "$(order)" = "POST before DELETE five POST after" ]'

echo 'beside an Argo CD'
stop_daemon
configure <<<"- { cluster: one, namespaces: [argocd], selector: 'reconciled.io/managed=true' }"
start_daemon || exit 1
shared=$argo/argocd/applications/shared
manual shared manual | apply "$shared"
sleep 1
check 'what is not selected is not touched' is "$shared" .status null
patch "$shared" '{"metadata": {"labels": {"reconciled.io/managed": "true"}}}'
check 'nor what Argo CD is not told to leave' soon eval '"$ctl" status -o json | jq -e ".sources[0].refused[0] | contains(\"skip-reconcile=true\")" >/dev/null'
check 'it has no status of ours' is "$shared" .status null
patch "$shared" '{"metadata": {"annotations": {"argocd.argoproj.io/skip-reconcile": "true"}}}'
check 'what is both is ours' soon is "$shared" .status.sync.status Synced
patch "$shared?fieldManager=argocd-application-controller" '{"status": {"sync": {"status": "OutOfSync"}}}'
check 'where Argo CD writes nevertheless we stop' soon eval '"$ctl" status -o json | jq -e ".sources[0].refused[0] | contains(\"writes its status, too\")" >/dev/null'
check 'altogether' soon no_app shared
check 'and write nothing more' is "$shared" .status.sync.status OutOfSync
summary
