#!/bin/bash
# What lies in an application's namespace and is of no application, where its project asks for it.
set -u
# shellcheck source=tests/support/apps.sh
. "$(dirname "$0")/../support/apps.sh"
trap stop_platform EXIT
start_apps || exit 1
r=$work/repo
mkdir -p "$r/argocd" "$r/a" "$r/b"
project() { # LINES OF spec
	cat >"$r/argocd/project.yaml" <<-END
		apiVersion: argoproj.io/v1alpha1
		kind: AppProject
		metadata: { name: team }
		spec:
		  sourceRepos: ['*']
		  destinations: [{ name: in-cluster, namespace: '*' }]
		  clusterResourceWhitelist: [{ group: '', kind: Namespace }]
		$1
	END
}
orphans() { # their kinds and names
	"$ctl" app resources "$1" --orphaned -o json | jq -r '[.items[] | .kind + "/" + (.name | split("-")[0])] | sort | join(" ")'
}
are() { # APPLICATION WHAT
	"$ctl" app refresh "$1"
	sleep 0.3
	[ "$(orphans "$1")" = "$2" ]
}
warning() {
	"$ctl" app get alpha -o json | jq -r '[.status.conditions[]? | select(.type == "OrphanedResourceWarning") | .message] | join(" ")'
}
metric() {
	curl -sS --unix-socket "$RECONCILED_SOCKET" http://localhost/metrics | awk '/^argocd_app_orphaned_resources_count.*name="alpha"/ { print $2 }'
}
listed() { # since request N: how often a kind was listed that nobody deploys
	requests "$1" '[.[] | select(.agent == "reconciled" and .method == "GET" and (.path | endswith("/shop/limitranges")))] | length'
}
{ config_map one; printf 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: a, image: "a:1"}]}}}\n---\n'; } >"$r/a/all.yaml"
config_map two >"$r/b/all.yaml"
application alpha a '  project: team' >"$r/argocd/alpha.yaml"
application beta b '  project: team' >"$r/argocd/beta.yaml"
project ''
configure <<<"- from: { repository: apps, path: argocd }"
publish 'two applications in one namespace'
start_daemon || exit 1
check 'both are synced' soon eval 'synced alpha && synced beta && of_app alpha .status.health.status Healthy'
send "$cm" '{"metadata": {"name": "stray"}, "data": {"a": "b"}}'
send /apis/apps/v1/namespaces/shop/deployments '{"metadata": {"name": "forgotten"}, "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "forgotten"}}, "template": {"metadata": {"labels": {"app": "forgotten"}}, "spec": {"containers": [{"name": "a", "image": "a:1"}]}}}}'
send /api/v1/namespaces/shop/secrets '{"metadata": {"name": "lost", "labels": {"reconciled.io/app": "gone"}}, "stringData": {"a": "b"}}'
"$ctl" app refresh alpha
sleep 1
check 'nobody asks, nothing is looked for' [ "$(orphans alpha)|$(warning)|$(metric)" = '||0' ]
project '  orphanedResources: { warn: true }'
publish 'orphans are asked for'
whole='ConfigMap/stray Deployment/forgotten Pod/forgotten ReplicaSet/forgotten Secret/lost'
check 'they are found, with what they made, and not what is tracked' soon are alpha "$whole"
check 'a warning counts them' [ "$(warning)" = 'Application has 5 orphaned resources' ]
check 'the metric, too' [ "$(metric)" = 5 ]
check 'people see them' eval '"$ctl" app resources alpha --orphaned | grep -Eq "^ +ConfigMap +shop +stray"'
check 'the application is in sync all the same' synced alpha
check 'another application of the namespace has the same' soon are beta "$whole"
project "  orphanedResources: { warn: true, ignore: [{ kind: Secret, name: 'lo*' }, { group: apps, kind: Deployment }] }"
publish 'some are known'
check 'what is ignored is left out, with what it made' soon are alpha 'ConfigMap/stray'
project "  orphanedResources: { warn: false }
  namespaceResourceBlacklist: [{ group: apps, kind: Deployment }, { group: '', kind: Secret }]"
sed -i '2,$d' "$r/a/all.yaml" && config_map one >"$r/a/all.yaml"
publish 'a project that forbids kinds'
check 'what the project forbids is nobodys business' soon are alpha 'ConfigMap/stray'
check 'where no warning is wanted there is none' [ "$(warning)" = '' ]
api "$cm/stray" -X DELETE -o /dev/null
check 'what is gone is gone' soon are alpha ''
project ''
publish 'nobody asks any more'
quiet() {
	before=$(last_request)
	"$ctl" app refresh alpha
	sleep 0.5
	[ "$(listed "$before")" = 0 ]
}
check 'then nothing is listed' soon quiet
check 'nor told' [ "$(orphans alpha)|$(metric)" = '|0' ]
summary
