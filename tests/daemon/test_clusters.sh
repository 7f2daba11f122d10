#!/bin/bash
# Several clusters: each application goes where its destination says, by name or by address, one that
# is away holds up nobody else, and what is pruned in one stays in the other.
set -u
# shellcheck source=tests/support/apps.sh
. "$(dirname "$0")/../support/apps.sh"
trap stop_platform EXIT
start_apps || exit 1
r=$work/repo
first=$kube
serve second kubeapi --kubeconfig-out "$work/second.kubeconfig" --ready-after 100

# An application by the lines of its destination.
goes_to() { # NAME PATH DESTINATION [FINALIZER]
	application "$1" "$2" '' "${4:-}" | sed "s#destination: .*#destination: { $3, namespace: shop }#" >"$r/apps/$1.yaml"
}

on() { # SERVER COMMAND...
	local kube=$1
	shift
	"$@"
}

problem() { # NAME PART
	"$ctl" app get "$1" -o json | jq -r '[.status.conditions[]?.message, .status.operationState.message] | join("\n")' | grep -qF -- "$2"
}

mkdir -p "$r/apps" "$r/a" "$r/b" "$r/c"
{ config_map one; config_map same; } >"$r/a/all.yaml"
{ config_map two; config_map same; } >"$r/b/all.yaml"
config_map three >"$r/c/all.yaml"
goes_to alpha a 'name: first' "$finalizer"
goes_to beta b "name: second" "$finalizer"
goes_to gamma c "server: $second/"
goes_to here c 'name: in-cluster'
goes_to lost c 'name: third'
cat >"$work/reconciled.yaml" <<-END
	clusters:
	- { name: first, kubeconfig: $work/kubeconfig }
	- { name: second, kubeconfig: $work/second.kubeconfig }
	repositories: [{ name: apps, url: $git/apps.git, interval: 10s }]
	applications: [{ from: { repository: apps, path: apps } }]
	api: { socket: $RECONCILED_SOCKET }
	log: { level: info, format: text }
	stateDirectory: $work/state
	cacheDirectory: $work/cache
END
git -C "$r" add -A && git -C "$r" commit -q -m first && git -C "$r" push -q origin main
start_daemon || exit 1

echo 'where they go'
check 'by name' soon synced alpha
check 'to the other' soon synced beta
check 'by address, a slash at its end or not' soon synced gamma
check 'in-cluster is the first of the configuration' soon synced here
check 'the objects of one are in it' on "$first" is_there "$cm/one"
check 'and not in the other' on "$second" is_gone "$cm/one"
check 'the same the other way round' eval 'on "$second" is_there "$cm/two" && on "$first" is_gone "$cm/two"'
check 'an object of the same name in each has its own owner' eval 'on "$first" is "$cm/same" ".metadata.annotations[\"reconciled.io/tracking-id\"]" "alpha:/ConfigMap:shop/same" && on "$second" is "$cm/same" ".metadata.annotations[\"reconciled.io/tracking-id\"]" "beta:/ConfigMap:shop/same"'
check 'a cluster that nobody configured is named' soon problem lost "there is no cluster 'third'"
check 'with what to do' grep -q "app=lost hint=add it to 'clusters' in reconciled.yaml" "$work/log"
check 'both are in the status' eval '[ "$("$ctl" status -o json | jq -r "[.clusters[].name] | join(\" \")")" = "first second" ]'

echo 'one is away'
kill "${pids[-1]}"
wait "${pids[-1]}" 2>/dev/null
on "$first" delete "$cm/one"
check 'drift in the other is healed' soon on "$first" is_there "$cm/one"
{ config_map one; config_map same; config_map more; } >"$r/a/all.yaml"
{ config_map two; config_map same; config_map late; } >"$r/b/all.yaml"
publish 'while it is away'
check 'and a commit is brought to it' soon on "$first" is_there "$cm/more"
check 'who is held up says by what' soon problem beta "${second#http://}"
check 'by the address too' soon problem gamma "${second#http://}"
check 'the status names the cluster that is away' soon eval '"$ctl" status | grep "^second" | grep -q " failing .*Failed to connect"'
"$O/support/kubeapi" --kubeconfig-out "$work/second.kubeconfig" --listen "${second#http://}" --ready-after 100 >"$work/again.out" 2>"$work/again.err" &
pids+=($!)
check 'back and empty, it is filled again' soon on "$second" is_there "$cm/late"
check 'with what it had before, too' soon on "$second" is_there "$cm/two"
check 'all of it' soon synced beta
check 'and gamma' soon synced gamma

echo 'leaving'
rm "$r/apps/alpha.yaml"
publish 'without alpha'
check 'the objects of the application that goes are deleted' soon on "$first" is_gone "$cm/same"
check 'those of the same name elsewhere stay' on "$second" is_there "$cm/same"
goes_to beta b 'name: first' "$finalizer"
publish 'beta moves'
check 'an application that moves comes to the new cluster' soon on "$first" is_there "$cm/two"
check 'and is in order there' soon synced beta
check 'what it leaves behind is deleted by nobody' on "$second" is_there "$cm/two"
summary
