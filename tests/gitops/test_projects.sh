#!/bin/bash
# Applications and AppProjects of a folder in Git: what a project forbids, sync windows, and how an
# application ends: with its finalizer, without, and when its source is only seemingly empty.
set -u
# shellcheck source=tests/support/apps.sh
. "$(dirname "$0")/../support/apps.sh"
trap stop_platform EXIT
start_apps || exit 1
r=$work/repo
mkdir -p "$r/argocd" "$r/a" "$r/b" "$r/hooked"

project() { # LINES OF spec
	cat >"$r/argocd/project.yaml" <<-END
		apiVersion: argoproj.io/v1alpha1
		kind: AppProject
		metadata: { name: team }
		spec:
		  sourceRepos: ['$git/**']
		  destinations: [{ name: in-cluster, namespace: shop }]
		  clusterResourceWhitelist: [{ group: '', kind: Namespace }]
		$1
	END
}

# What was written in namespace shop, jobs and deletions of ConfigMaps: "POST before DELETE four".
order() {
	requests "$before" '[.[] | select(.dryRun == "" and (.path | contains("/shop/")))
		| select((.method == "POST" and (.path | endswith("/jobs"))) or (.method == "DELETE" and (.path | contains("/configmaps/"))))
		| .method + " " + (if .name != "" then .name else (.path | split("/") | last) end)] | join(" ")'
}

condition() { # NAME TYPE: its message
	"$ctl" app get "$1" -o json | jq -r --arg t "$2" '[.status.conditions[] | select(.type == $t)][0].message'
}

says() { # NAME TYPE PART
	condition "$1" "$2" | grep -qF "$3"
}

{ config_map one; config_map two '"argocd.argoproj.io/sync-wave": "3"'; } >"$r/a/all.yaml"
config_map three >"$r/b/all.yaml"
application alpha a '  project: team' "$finalizer" >"$r/argocd/alpha.yaml"
application beta b '  project: nobody' >"$r/argocd/beta.yaml"
project "  namespaceResourceBlacklist: [{ group: '', kind: ConfigMap }]"
configure <<<"- from: { repository: apps, path: argocd }"
publish 'two applications'
start_daemon || exit 1

echo 'what a project forbids'
soon 'a kind that is not allowed fails the sync' of_app alpha .status.operationState.phase Failed
ok 'in words' of_app alpha '.status.operationState.message | contains("resource :ConfigMap is not permitted in project team")' true
ok 'its row is Unknown' of_app alpha '[.status.resources[].status] | unique | join(" ")' Unknown
ok 'and nothing was written' is_gone "$cm/one"
soon 'a project that is not there is an InvalidSpecError' says beta InvalidSpecError 'Application referencing project nobody which does not exist'
ok 'nothing is known of such an application' of_app beta .status.sync.status Unknown
project "  syncWindows: [{ kind: deny, schedule: '* * * * *', duration: 1h, applications: [alpha] }]"
publish 'a deny window'
soon 'a sync window holds the sync' of_app alpha '.status.reason // "" | startswith("it has to wait for a sync window")' true
ok 'the window is shown' of_app alpha '.status.syncWindows | [.allowed, .windows[0].kind] | join(" ")' 'false deny'
ok 'by hand it is refused, too' eval '! "$ctl" app sync alpha 2>"$work/refused"'
ok 'in words' grep -q 'Cannot sync: Blocked by sync window' "$work/refused"
ok 'and nothing was written' is_gone "$cm/one"
sed -i '/namespace: shop/s/shop/elsewhere/' "$r/argocd/project.yaml"
project "  description: open"
publish 'open'
soon 'without it the application is synced' synced alpha
ok 'and its objects are there' is_there "$cm/one"
sed -i 's/namespace: shop/namespace: elsewhere/' "$r/argocd/project.yaml"
publish 'another namespace'
soon 'a destination that is not allowed is an InvalidSpecError' says alpha InvalidSpecError "do not match any of the allowed destinations in project 'team'"
ok 'what is there stays' is_there "$cm/one"
sed -i 's/project: nobody/project: default/' "$r/argocd/beta.yaml"
project "  description: open"
publish 'open'
soon 'project default needs no definition' synced beta

echo 'an ApplicationSet is refused'
printf 'apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: { name: many }\n' >"$r/argocd/set.yaml"
publish 'a set'
soon 'by its name' eval '"$ctl" status | grep -q "ApplicationSet .many. is not supported"'
ok 'the others stay in force' synced beta

echo 'the end of an application'
rm "$r/argocd/beta.yaml"
publish 'beta goes'
soon 'without the finalizer it is given up' no_app beta
ok 'and its objects stay' is_there "$cm/three"
before=$(last_request)
rm "$r/argocd/alpha.yaml"
publish 'alpha goes, and with it the last one'
soon 'a source that is suddenly empty deletes nothing' eval '"$ctl" status | grep -q "has no Application at all any more"'
soon 'and gives nothing up' of_app alpha .status.sync.status Synced
application gamma hooked '' "$finalizer" >"$r/argocd/gamma.yaml"
job() { # NAME HOOK
	cat <<-END
		apiVersion: batch/v1
		kind: Job
		metadata: { name: $1, annotations: { argocd.argoproj.io/hook: $2, argocd.argoproj.io/hook-delete-policy: HookSucceeded } }
		spec: { template: { spec: { restartPolicy: Never, containers: [{ name: a, image: a }] } } }
		---
	END
}
{ config_map kept '"argocd.argoproj.io/sync-options": "Delete=false"'; config_map four; job before PreDelete; job after PostDelete; } >"$r/hooked/all.yaml"
publish 'gamma comes'
soon 'with another one there it is deleted' no_app alpha
ok 'with its objects' is_gone "$cm/one"
ok 'all of them' is_gone "$cm/two"
ok 'the highest wave first' eval '[ "$(order)" = "DELETE two DELETE one" ]'
soon 'gamma is synced' synced gamma
ok 'its hooks of deletion were not run' eval '[ "$(requests 0 "[.[] | select(.path | contains(\"/jobs\")) | select(.method == \"POST\" and .dryRun == \"\")] | length")" = 0 ]'
application delta b >"$r/argocd/delta.yaml"
rm "$r/argocd/gamma.yaml"
stop_daemon
publish 'gamma goes while nobody looks'
before=$(last_request)
start_daemon || exit 1
soon 'it is deleted at the next start' is_gone "$cm/four"
soon 'and then gone' no_app gamma
ok 'what says Delete=false is left' is_there "$cm/kept"
ok 'PreDelete came before, PostDelete after' eval '[ "$(order)" = "POST before DELETE four POST after" ]'
soon 'hooks go by their policy' eval 'is_gone /apis/batch/v1/namespaces/shop/jobs/before && is_gone /apis/batch/v1/namespaces/shop/jobs/after'

echo 'care'
mkdir -p "$r/asked"
{ config_map five '"argocd.argoproj.io/sync-options": "Delete=confirm"'; config_map six; } >"$r/asked/all.yaml"
application asked asked '' "$finalizer/background" >"$r/argocd/asked.yaml"
publish 'asked comes'
soon 'another application' synced asked
git -C "$r" mv argocd hidden
publish 'the path vanishes'
soon 'a path that vanished changes nothing' eval '"$ctl" status | grep -q "argocd"'
ok 'the application stays' of_app asked .metadata.name asked
git -C "$r" mv hidden argocd
rm "$r/argocd/asked.yaml"
publish 'the path is back, and asked goes'
soon 'Delete=confirm waits' says asked DeletionError 'waits for approval of ConfigMap shop/five'
ok 'and keeps all of it' is_there "$cm/six"
stop_daemon KILL
start_daemon || exit 1
soon 'after a crash, too' says asked DeletionError 'waits for approval of ConfigMap shop/five'
ok 'somebody approves' "$ctl" app approve asked
soon 'then it goes' no_app asked
ok 'with all of it' is_gone "$cm/five"
summary
