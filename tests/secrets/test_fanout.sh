#!/bin/bash
# ClusterExternalSecrets, on the stand-ins: an ExternalSecret in each namespace that is selected, kept
# as it is wanted, never over somebody else's, and gone when the namespace is selected no more.
set -u
# shellcheck source=tests/support/secrets.sh
. "$(dirname "$0")/../support/secrets.sh"
trap stop_platform EXIT

group=/apis/external-secrets.io/v1
ces=$group/clusterexternalsecrets

external() { echo "$group/namespaces/$1/externalsecrets/$2"; }

make_namespace() { # NAME LABELS-JSON
	make_object /api/v1/namespaces "{\"metadata\": {\"name\": \"$1\", \"labels\": $2}}"
}

must 'all are up' start_secrets
define_cluster_kind external-secrets.io ClusterExternalSecret clusterexternalsecrets
define_cluster_kind external-secrets.io ClusterSecretStore clustersecretstores
in_vault secret/data/app '{"data": {"k": "v1"}}'
in_vault auth/kubernetes/role/shop '{"namespace": "shop", "account": "eso", "ttl": 3600}'
make_object "$group/clustersecretstores" "{\"metadata\": {\"name\": \"all\"}, \"spec\": {\"provider\": {\"vault\": {
	\"server\": \"$vault\", \"path\": \"secret\", \"version\": \"v2\", \"auth\": {\"kubernetes\": {\"mountPath\": \"kubernetes\",
	\"role\": \"shop\", \"serviceAccountRef\": {\"name\": \"eso\", \"namespace\": \"shop\"}}}}}}}"
make_namespace one '{"team": "a"}'
make_namespace two '{"team": "b"}'
make_namespace three '{}'
make_namespace taken '{"team": "a"}'
make_object "$group/namespaces/taken/externalsecrets" '{"metadata": {"name": "app"}, "spec": {"refreshInterval": "1h", "secretStoreRef": {"name": "none"}, "data": [{"secretKey": "a", "remoteRef": {"key": "x"}}]}}'
stop_daemon
must 'it starts again, with the new kinds' start_daemon
make_object "$ces" '{"metadata": {"name": "app"}, "spec": {"externalSecretMetadata": {"labels": {"from": "cluster"}},
	"namespaceSelectors": [{"matchLabels": {"team": "a"}}], "namespaces": ["three"],
	"externalSecretSpec": {"refreshInterval": "1h", "secretStoreRef": {"kind": "ClusterSecretStore", "name": "all"},
		"data": [{"secretKey": "k", "remoteRef": {"key": "app", "property": "k"}}]}}}'
must 'a selected namespace has one' until_so 10 is "$(external one app)" .metadata.labels.from cluster
must 'a named one, too' until_so 10 is "$(external three app)" .metadata.ownerReferences[0].kind ClusterExternalSecret
must 'and a Secret' until_so 10 eval '[ "$(get /api/v1/namespaces/one/secrets/app ".data.k" | base64 -d)" = v1 ]'
must 'another namespace has none' is "$(external two app)" .code 404
must 'it says where' until_so 10 is "$ces/app" '.status.provisionedNamespaces | join(" ")' 'one three'
must 'and where not' is "$ces/app" '.status.failedNamespaces[0] | .namespace + ": " + .reason' 'taken: external secret already exists in namespace'
must 'so it is not ready' is "$ces/app" '.status.conditions[0] | .status + ": " + .message' 'False: one or more namespaces failed'
must "somebody else's is left alone" is "$(external taken app)" .spec.secretStoreRef.name none
change "$(external one app)" '{"spec": {"refreshInterval": "9h"}}'
must 'a change by hand is put right' until_so 10 is "$(external one app)" .spec.refreshInterval 1h
change "$ces/app" '{"metadata": {"annotations": {"external-secrets.io/force-sync": "now"}}}'
must 'a forced refresh reaches them' until_so 10 is "$(external three app)" '.metadata.annotations["external-secrets.io/force-sync"]' now
api "$(external taken app)" -X DELETE -o /dev/null
must 'what was taken and is free is made' until_so 10 is "$(external taken app)" .metadata.labels.from cluster
must 'then it is ready' until_so 10 is "$ces/app" '.status.conditions[0].status' True
n=$(last_request)
api /_control -X POST -o /dev/null -d "{\"fault\": \"404\", \"match\": \"DELETE $(external one app)\", \"count\": 1}"
change /api/v1/namespaces/one '{"metadata": {"labels": {"team": "c"}}}'
until_so 10 eval '[ "$(requests "$n" "map(select(.method == \"DELETE\")) | length")" -gt 0 ]'
api "$(external one app)" -X DELETE -o /dev/null
must 'a namespace that is selected no more loses it' until_so 15 is "$(external one app)" .code 404
# While it is made again: what was gone when it was to be taken away is no failure that is left over.
api /_control -X POST -o /dev/null -d "{\"fault\": \"slow\", \"match\": \"PATCH $(external one app)\", \"count\": 1, \"delayMs\": 1500}"
change /api/v1/namespaces/one '{"metadata": {"labels": {"team": "a"}}}'
sleep 1
must 'one that was gone already is no failure' is "$ces/app" '.status | (.failedNamespaces | length), .conditions[0].status' "$(printf '0\nTrue')"
must 'it is made again' until_so 10 is "$(external one app)" .metadata.labels.from cluster
change /api/v1/namespaces/one '{"metadata": {"labels": {"team": "c"}}}'
must 'and goes again' until_so 10 is "$(external one app)" .code 404
change /api/v1/namespaces/two '{"metadata": {"labels": {"team": "a"}}}'
must 'one that is selected now gets it' until_so 10 is "$(external two app)" .metadata.labels.from cluster
change "$ces/app" '{"spec": {"externalSecretName": "other"}}'
must 'with another name the new ones are made' until_so 10 is "$(external two other)" .metadata.labels.from cluster
must 'and the old ones go' until_so 10 is "$(external two app)" .code 404
must "it is in sync" until_so 10 is "$(external two other)" ".status.conditions[0].status" True
n=$(get "$(external two other)" .metadata.generation)
stop_daemon
must 'it starts again' start_daemon
sleep 2
must 'a restart changes nothing' is "$(external two other)" .metadata.generation "$n"
summary
