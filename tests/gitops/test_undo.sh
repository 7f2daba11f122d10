#!/bin/bash
# reconcilectl app undo: the pods of one Deployment as they were before, until it is resumed.
set -u
# shellcheck source=tests/support/apps.sh
. "$(dirname "$0")/../support/apps.sh"
trap stop_platform EXIT
start_apps || exit 1
r=$work/repo
mkdir -p "$r/a" "$work/apps"
workload() { # NAME IMAGE
	printf 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s}\nspec: {replicas: 1, selector: {matchLabels: {app: %s}}, template: {metadata: {labels: {app: %s}}, spec: {containers: [{name: a, image: "%s"}]}}}\n---\n' "$1" "$1" "$1" "$2"
}
contents() { # IMAGE-OF-WEB
	{ config_map one; workload web "$1"; workload other o:1; } >"$r/a/all.yaml"
	printf 'apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: hook-, annotations: {argocd.argoproj.io/hook: PostSync}}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: "h:1"}]}}}\n' >>"$r/a/all.yaml"
}
image() { # OF-DEPLOYMENT
	get "/apis/apps/v1/namespaces/shop/deployments/$1" '.spec.template.spec.containers[0].image'
}
has_image() {
	[ "$(image "$1")" = "$2" ]
}
says() { # TEXT COMMAND...: it fails and says so
	local text=$1 said

	shift
	said=$("$@" 2>&1) && return 1
	[[ $said == *"$text"* ]] || { echo "$said"; return 1; }
}
jobs() {
	get /apis/batch/v1/namespaces/shop/jobs '.items | length'
}
contents a:1
git -C "$r" add -A && git -C "$r" commit -q -m first && git -C "$r" push -q origin main
application shop a >"$work/apps/shop.yaml"
configure <<<"- file: $work/apps"
start_daemon || exit 1
check 'it is well' soon eval 'synced shop && of_app shop .status.health.status Healthy'
check 'what has no past cannot go there' says 'has no earlier revision' "$ctl" app undo shop Deployment/web
check 'other kinds cannot' says 'a Deployment is wanted' "$ctl" app undo shop ConfigMap/one
check 'nor others than its own' says "has no Deployment/none" "$ctl" app undo shop Deployment/none
contents a:2
publish second
check 'a commit changes the image' soon has_image web a:2
contents a:3
publish third
check 'and another one' soon eval 'has_image web a:3 && synced shop && of_app shop .status.health.status Healthy'
before=$(jobs)
check 'an undo is asked for and awaited' eval '"$ctl" app undo shop Deployment/web >"$work/said" 2>&1'
check 'its pods are those of before' has_image web a:2
check 'the application is as it shall be' synced shop
check 'which is said' of_app shop '[.status.conditions[] | select(.type == "Undone") | .message | contains("web stays at its revision 2")] | any' true
check 'people see it' eval '"$ctl" app get shop | grep -q "Undone: .*reconcilectl app resume shop"'
check 'no hook ran' [ "$(jobs)" = "$before" ]
api /apis/apps/v1/namespaces/shop/deployments/web -X PATCH -o /dev/null -H 'Content-Type: application/strategic-merge-patch+json' \
	-d '{"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "by:hand"}]}}}}'
check 'self-heal brings it, not what is committed' soon has_image web a:2
contents a:4
sed -i 's/o:1/o:2/' "$r/a/all.yaml"
publish fourth
check 'a commit brings everything else' soon has_image other o:2
check 'and is done' soon synced shop
check 'but not this' has_image web a:2
kill "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
start_daemon || exit 1
check 'a restart leaves it so' soon synced shop
check 'with the same pods' has_image web a:2
check 'a revision that is asked for' eval '"$ctl" app undo shop Deployment/shop/web --to-revision 1 >"$work/said" 2>&1'
check 'is taken' has_image web a:1
check 'one that is not there is refused' says 'has no revision 77' "$ctl" app undo shop Deployment/web --to-revision 77
check 'where it is already is said' says 'already' "$ctl" app undo shop Deployment/web --to-revision "$(get /apis/apps/v1/namespaces/shop/deployments/web '.metadata.annotations["deployment.kubernetes.io/revision"]')"
check 'completion offers Deployments' [ "$("$ctl" --complete app undo shop Dep | sort | tr '\n' ' ')" = 'Deployment/other Deployment/web ' ]
check 'it is resumed' "$ctl" app resume shop
check 'and is what is committed' soon has_image web a:4
check 'which is said' soon of_app shop '[.status.conditions[]? | select(.type == "Undone")] | length' 0
check 'once' says 'neither suspended nor rolled back' "$ctl" app resume shop
summary
