#!/bin/bash
# What the objects of an application made, down to the pods.
set -u
# shellcheck source=tests/support/apps.sh
. "$(dirname "$0")/../support/apps.sh"
trap stop_platform EXIT
start_apps || exit 1
r=$work/repo
mkdir -p "$r/a" "$work/apps"
workload() { # NAME IMAGE
	printf 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s}\nspec: {replicas: 2, selector: {matchLabels: {app: %s}}, template: {metadata: {labels: {app: %s}}, spec: {containers: [{name: a, image: "%s"}]}}}\n---\n' "$1" "$1" "$1" "$2"
}
{ config_map one; workload web a:1; } >"$r/a/all.yaml"
git -C "$r" add -A && git -C "$r" commit -q -m first && git -C "$r" push -q origin main
application tree a >"$work/apps/tree.yaml"
configure <<<"- file: $work/apps"
start_daemon || exit 1
tree() { # FILTER
	"$ctl" app resources tree --tree -o json | jq -r "$1"
}
lines() { # PATTERN: how many
	"$ctl" app resources tree --tree | grep -Ec -- "$1"
}
check 'it is well' soon of_app tree .status.health.status Healthy
check 'a Deployment has its ReplicaSet' [ "$(tree '.items[] | select(.kind == "Deployment") | .children | map(.kind) | join(" ")')" = ReplicaSet ]
check 'which has its pods' [ "$(tree '[.items[] | select(.kind == "Deployment") | .children[].children[] | .kind + " " + .health.status] | join(", ")')" = 'Pod Healthy, Pod Healthy' ]
check 'a ConfigMap has nothing' [ "$(tree '.items[] | select(.kind == "ConfigMap") | has("children")')" = false ]
check 'people see a tree' [ "$(lines '^└─ ReplicaSet/web-')" = 1 ]
check 'with all branches' [ "$(lines '^   (├|└)─ Pod/web-')" = 2 ]
check 'without it there is the list' eval '! "$ctl" app resources tree | grep -q ReplicaSet'
{ config_map one; workload web a:broken; } >"$r/a/all.yaml"
publish 'an image that is not there'
check 'a pod tells why it is not well' soon eval '"$ctl" app resources tree --tree | grep "Pod/web-" | grep -q ImagePull'
sleep 1
before=$(last_request)
sleep 1
check 'nothing of it is watched' eval '[ "$(requests "$before" "[.[] | select(.agent == \"reconciled\" and (.path | contains(\"replicasets\")))] | length")" = 0 ]'
summary
