#!/bin/bash
# Workloads that follow ConfigMaps and Secrets by Reloader's annotations, on the stand-ins: rolled
# once for each change, also for one while the daemon was down or killed before it rolled, and for
# nothing else.
set -u
# shellcheck source=tests/support/secrets.sh
. "$(dirname "$0")/../support/secrets.sh"
trap stop_platform EXIT

maps=/api/v1/namespaces/shop/configmaps
crons=/apis/batch/v1/namespaces/shop/cronjobs
jobs=/apis/batch/v1/namespaces/shop/jobs

make_map() { # NAME VALUE
	make_object "$maps" "{\"metadata\": {\"name\": \"$1\"}, \"data\": {\"k\": \"$2\"}}"
}

set_map() { # NAME VALUE
	change "$maps/$1" "{\"data\": {\"k\": \"$2\"}}"
}

pod_spec() { # CONFIGMAP SECRET
	echo "{\"containers\": [{\"name\": \"main\", \"image\": \"example.com/a:1\", \"envFrom\": [
		{\"configMapRef\": {\"name\": \"$1\"}}, {\"secretRef\": {\"name\": \"$2\"}}]}]}"
}

make_follower() { # NAME ANNOTATIONS-JSON [CONFIGMAP]
	make_object "$deployments" "{\"metadata\": {\"name\": \"$1\", \"annotations\": $2},
		\"spec\": {\"replicas\": 1, \"selector\": {\"matchLabels\": {\"app\": \"$1\"}},
			\"template\": {\"metadata\": {\"labels\": {\"app\": \"$1\"}}, \"spec\": $(pod_spec "${3:-settings}" byhand)}}}"
}

# What a workload was rolled for: the names of its notes.
notes() { # NAME
	get "$deployments/$1" '.spec.template.metadata.annotations // {} | with_entries(select(.key | startswith("reconciled.io/"))) | keys | join(" ")'
}

version() { get "$deployments/$1" .spec.template; }
is_rolled() { [ "$(version "$1")" != "$2" ]; }
n_jobs() { get "$jobs" '.items | length'; }
are_jobs() { [ "$(n_jobs)" = "$1" ]; }

must 'all are up' start_secrets
make_map settings one
make_map other one
make_object "$ns/secrets" "{\"metadata\": {\"name\": \"byhand\"}, \"data\": {\"k\": \"$(printf one | base64)\"}}"
make_follower auto '{"reloader.stakater.com/auto": "true"}'
make_follower none '{}'
make_follower typed '{"secret.reloader.stakater.com/auto": "true"}'
make_follower listed '{"configmap.reloader.stakater.com/reload": "oth.*"}'
make_follower paused '{"reloader.stakater.com/auto": "true", "deployment.reloader.stakater.com/pause-period": "4s"}'
make_object "$crons" "{\"metadata\": {\"name\": \"nightly\", \"annotations\": {\"reloader.stakater.com/auto\": \"true\"}},
	\"spec\": {\"schedule\": \"0 3 * * *\", \"jobTemplate\": {\"spec\": {\"template\": {\"spec\": $(pod_spec settings byhand)}}}}}"
sleep 2
for name in auto none typed listed paused; do
	must "$name is not rolled for being seen" test -z "$(notes "$name")"
done
must 'no job is made for it either' are_jobs 0

# ---- a ConfigMap changes
before=$(version auto)
set_map settings two
must 'who follows all it uses is rolled' until_so 10 is_rolled auto "$before"
must 'for that ConfigMap' test "$(notes auto)" = reconciled.io/configmap.settings
must 'a CronJob is run' until_so 10 are_jobs 1
must 'its Job is owned by it' is "$jobs" '.items[0].metadata.ownerReferences[0].name' nightly
must 'one with a pause is paused' until_so 10 is "$deployments/paused" .spec.paused true
set_map settings three
change "$ns/secrets/byhand" "{\"data\": {\"k\": \"$(printf two | base64)\"}}"
must 'a Secret that somebody else writes rolls, too' until_so 10 eval '[ "$(notes typed)" = reconciled.io/secret.byhand ]'
must 'it is paused still' is "$deployments/paused" .spec.paused true
must 'the pause ends' until_so 15 is "$deployments/paused" .spec.paused false
must 'and is forgotten' is "$deployments/paused" '.metadata.annotations | has("deployment.reloader.stakater.com/paused-at")' false
must 'all that changed is rolled together' test "$(notes paused)" = 'reconciled.io/configmap.settings reconciled.io/secret.byhand'
must 'who asks for nothing is left alone' test -z "$(notes none)"
must 'who lists others, too' test -z "$(notes listed)"
set_map other two
must 'a pattern is followed' until_so 10 eval '[ "$(notes listed)" = reconciled.io/configmap.other ]'

# ---- nothing changes
sleep 2
before=$(version auto)
n=$(n_jobs)
stop_daemon
must 'it starts again' start_daemon
sleep 2
must 'a restart rolls nothing' test "$(version auto)" = "$before"
must 'and runs nothing' are_jobs "$n"
change "$maps/settings" '{"metadata": {"labels": {"touched": "yes"}}}'
api "$maps/other" -X DELETE -o /dev/null
make_map other two
sleep 2
must 'what holds the same rolls nothing' test "$(version auto)" = "$before"
must 'nor what comes back as it was' test "$(notes listed)" = reconciled.io/configmap.other

# ---- while the daemon is down
kill_daemon
set_map settings four
must 'it starts again' start_daemon
must 'what changed meanwhile is seen' until_so 10 is_rolled auto "$before"

# ---- a Secret of ours, and an end between the Secret and its pods
in_vault secret/data/app '{"data": {"k": "v1"}}'
make_external app '{"refreshInterval": "1h", "secretStoreRef": {"name": "vault"}, "data": [{"secretKey": "k", "remoteRef": {"key": "app", "property": "k"}}]}'
must 'a Secret is made' until_so 10 eval '[ "$(secret app k)" = v1 ]'
make_workload web app
before=$(version web)
curl -s -o /dev/null "$kube/_control" -d '{"fault": "500", "match": "/deployments/web"}'
in_vault secret/data/app '{"data": {"k": "v2"}}'
"$ctl" secret refresh shop/app >/dev/null
must 'its Secret is written' until_so 10 eval '[ "$(secret app k)" = v2 ]'
kill_daemon
must 'its pods are not rolled' test "$(curl -s -X DELETE -o /dev/null "$kube/_control"; version web)" = "$before"
must 'it starts again' start_daemon
must 'they are rolled for what was written' until_so 10 is_rolled web "$before"
before=$(version web)
sleep 2
must 'once' test "$(version web)" = "$before"
summary
