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
check 'a kind that is not allowed fails the sync' soon of_app alpha .status.operationState.phase Failed
check 'in words' of_app alpha '.status.operationState.message | contains("resource :ConfigMap is not permitted in project team")' true
check 'its row is Unknown' of_app alpha '[.status.resources[].status] | unique | join(" ")' Unknown
check 'and nothing was written' is_gone "$cm/one"
check 'a project that is not there is an InvalidSpecError' soon says beta InvalidSpecError 'Application referencing project nobody which does not exist'
check 'nothing is known of such an application' of_app beta .status.sync.status Unknown
project "  syncWindows: [{ kind: deny, schedule: '* * * * *', duration: 1h, applications: [alpha] }]"
publish 'a deny window'
check 'a sync window holds the sync' soon of_app alpha '.status.reason // "" | startswith("it has to wait for a sync window")' true
check 'the window is shown' of_app alpha '.status.syncWindows | [.allowed, .windows[0].kind] | join(" ")' 'false deny'
check 'by hand it is refused, too' eval '! "$ctl" app sync alpha 2>"$work/refused"'
check 'in words' grep -q 'Cannot sync: Blocked by sync window' "$work/refused"
check 'and nothing was written' is_gone "$cm/one"
sed -i '/namespace: shop/s/shop/elsewhere/' "$r/argocd/project.yaml"
project "  description: open"
publish 'open'
check 'without it the application is synced' soon synced alpha
check 'and its objects are there' is_there "$cm/one"
sed -i 's/namespace: shop/namespace: elsewhere/' "$r/argocd/project.yaml"
publish 'another namespace'
check 'a destination that is not allowed is an InvalidSpecError' soon says alpha InvalidSpecError "do not match any of the allowed destinations in project 'team'"
check 'what is there stays' is_there "$cm/one"
sed -i 's/project: nobody/project: default/' "$r/argocd/beta.yaml"
project "  description: open"
publish 'open'
check 'project default needs no definition' soon synced beta

echo 'an ApplicationSet is refused'
printf 'apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: { name: many }\n' >"$r/argocd/set.yaml"
publish 'a set'
check 'by its name' soon eval '"$ctl" status | grep -q "ApplicationSet .many. is not supported"'
check 'the others stay in force' synced beta

echo 'the end of an application'
rm "$r/argocd/beta.yaml"
publish 'beta goes'
check 'without the finalizer it is given up' soon no_app beta
check 'and its objects stay' is_there "$cm/three"
before=$(last_request)
rm "$r/argocd/alpha.yaml"
publish 'alpha goes, and with it the last one'
check 'a source that is suddenly empty deletes nothing' soon eval '"$ctl" status | grep -q "has no Application at all any more"'
check 'and gives nothing up' soon of_app alpha .status.sync.status Synced
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
check 'with another one there it is deleted' soon no_app alpha
check 'with its objects' is_gone "$cm/one"
check 'all of them' is_gone "$cm/two"
check 'the highest wave first' eval '[ "$(order)" = "DELETE two DELETE one" ]'
check 'gamma is synced' soon synced gamma
check 'its hooks of deletion were not run' eval '[ "$(requests 0 "[.[] | select(.path | contains(\"/jobs\")) | select(.method == \"POST\" and .dryRun == \"\")] | length")" = 0 ]'
application delta b >"$r/argocd/delta.yaml"
rm "$r/argocd/gamma.yaml"
stop_daemon
publish 'gamma goes while nobody looks'
before=$(last_request)
start_daemon || exit 1
check 'it is deleted at the next start' soon is_gone "$cm/four"
check 'and then gone' soon no_app gamma
check 'what says Delete=false is left' is_there "$cm/kept"
check 'PreDelete came before, PostDelete after' eval '[ "$(order)" = "POST before DELETE four POST after" ]'
check 'hooks go by their policy' soon eval 'is_gone /apis/batch/v1/namespaces/shop/jobs/before && is_gone /apis/batch/v1/namespaces/shop/jobs/after'

echo 'care'
mkdir -p "$r/asked"
{ config_map five '"argocd.argoproj.io/sync-options": "Delete=confirm"'; config_map six; } >"$r/asked/all.yaml"
application asked asked '' "$finalizer/background" >"$r/argocd/asked.yaml"
publish 'asked comes'
check 'another application' soon synced asked
git -C "$r" mv argocd hidden
publish 'the path vanishes'
check 'a path that vanished changes nothing' soon eval '"$ctl" status | grep -q "argocd"'
check 'the application stays' of_app asked .metadata.name asked
git -C "$r" mv hidden argocd
rm "$r/argocd/asked.yaml"
publish 'the path is back, and asked goes'
check 'Delete=confirm waits' soon says asked DeletionError 'waits for approval of ConfigMap shop/five'
check 'and keeps all of it' is_there "$cm/six"
stop_daemon KILL
start_daemon || exit 1
check 'after a crash, too' soon says asked DeletionError 'waits for approval of ConfigMap shop/five'
check 'somebody approves' "$ctl" app approve asked
check 'then it goes' soon no_app asked
check 'with all of it' is_gone "$cm/five"
summary
