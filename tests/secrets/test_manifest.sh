#!/bin/bash
# Objects that are made instead of a Secret (target.manifest), on the stand-ins: a ConfigMap, a kind of
# its own with templates at paths, what is merged into, what is deleted, and what is refused.
set -u
# shellcheck source=tests/support/secrets.sh
. "$(dirname "$0")/../support/secrets.sh"
trap stop_platform EXIT

maps=$ns/configmaps
widgets=/apis/example.com/v1/namespaces/shop/widgets

make() { # NAME TARGET-WITHOUT-BRACES
	make_external "$1" "{\"refreshInterval\": \"1s\", \"secretStoreRef\": {\"name\": \"vault\"}, \"target\": {$2},
		\"data\": [{\"secretKey\": \"user\", \"remoteRef\": {\"key\": \"app\", \"property\": \"user\"}},
			{\"secretKey\": \"pass\", \"remoteRef\": {\"key\": \"app\", \"property\": \"pass\"}}]}"
}

says() { # NAME PART-OF-THE-MESSAGE
	get "$es/$1" '.status.conditions[0].message' | grep -qF -- "$2"
}

map='"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}'
widget='"manifest": {"apiVersion": "example.com/v1", "kind": "Widget"}'
must 'all are up' start_secrets
define_kind example.com Widget widgets
define_cluster_kind example.com Planet planets
in_vault secret/data/app '{"data": {"user": "u1", "pass": "p<1>"}}'
make early "$map"
must 'it is refused where it is not allowed' until_so 10 says early 'only Secrets are made in this cluster'
must 'and nothing is read for it' test "$(vault_count 'GET /v1/secret/data/app')" = 0
must 'nor made' is "$maps/early" .code 404
stop_daemon
sed -i "s|^\( *\)kubeconfig:.*|&\n\1genericTargets: true|" "$work/reconciled.yaml"
must 'it starts again' start_daemon
must 'then a ConfigMap is made' until_so 10 is "$maps/early" '[.data.user, .data.pass] | join(" ")' 'u1 p<1>'
must 'its owner is the ExternalSecret' is "$maps/early" '.metadata.ownerReferences[0].name' early
must 'it is labelled as managed' is "$maps/early" '.metadata.labels["reconcile.external-secrets.io/managed"]' true
must 'the reason is that of External Secrets' until_so 5 is "$es/early" '.status.conditions[0].reason' ResourceSynced
must 'no Secret is made' is "$ns/secrets/early" .code 404
version=$(get "$maps/early" .metadata.resourceVersion)
sleep 2.5
must 'what is the same is not written again' is "$maps/early" .metadata.resourceVersion "$version"
in_vault secret/data/app '{"data": {"user": "u2", "pass": "p2"}}'
must 'a change arrives' until_so 10 is "$maps/early" .data.user u2
change "$maps/early" '{"data": {"user": "mine", "more": "x"}}'
must 'what somebody changed is put right' until_so 10 is "$maps/early" .data.user u2

make plain "$widget"
must 'values of another kind are below spec.data' until_so 10 is "$widgets/plain" '.spec.data.user' u2
make paths "$widget, \"template\": {\"metadata\": {\"labels\": {\"who\": \"{{ .user }}\"}}, \"templateFrom\": [
	{\"target\": \"spec.db\", \"literal\": \"user: {{ .user }}\\nport: 5432\"},
	{\"target\": \"spec.list[1].deep\", \"literal\": \"{{ .pass }}\"}, {\"target\": \"spec\", \"literal\": \"kept: yes-{{ .user }}\"}]}"
must 'templates go to paths' until_so 10 is "$widgets/paths" '[.spec.db.user, .spec.db.port, .spec.list[1].deep, .spec.kept, .metadata.labels.who] | map(tostring) | join(" ")' 'u2 5432 p2 yes-u2 u2'
make_object "$widgets" '{"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "shared"}, "spec": {"mine": 1, "db": {"host": "h"}}}'
make merged "$widget, \"name\": \"shared\", \"creationPolicy\": \"Merge\", \"template\": {\"templateFrom\": [{\"target\": \"spec.db\", \"literal\": \"user: {{ .user }}\"}]}"
must 'what others keep stays' until_so 10 is "$widgets/shared" '[.spec.mine, .spec.db.host, .spec.db.user] | map(tostring) | join(" ")' '1 h u2'
make wait "$widget, \"name\": \"nowhere\", \"creationPolicy\": \"Merge\""
sleep 1.5
must 'nothing is made to be merged into' is "$widgets/nowhere" .code 404

make unknown '"manifest": {"apiVersion": "example.com/v1", "kind": "Gadget"}'
must 'a kind that is not served is told' until_so 10 says unknown 'the cluster has no kind Gadget of example.com/v1 in a namespace'
make wide '"manifest": {"apiVersion": "example.com/v1", "kind": "Planet"}'
must 'one without a namespace is refused' until_so 10 says wide 'the cluster has no kind Planet of example.com/v1 in a namespace'
must 'by the reason of External Secrets' is "$es/wide" '.status.conditions[0].reason' ResourceSyncedError
in_vault secret/data/bin '{"data": {"b": "//4="}}'
make_external bytes "{\"secretStoreRef\": {\"name\": \"vault\"}, \"target\": {$map}, \"data\": [{\"secretKey\": \"b\", \"remoteRef\": {\"key\": \"bin\", \"property\": \"b\", \"decodingStrategy\": \"Base64\"}}]}"
must 'bytes are no text' until_so 10 says bytes "the value of 'b' is no text"

make gone "$map, \"deletionPolicy\": \"Delete\""
must 'one that shall go is made' until_so 10 is "$maps/gone" .data.user u2
misbehave '{"fault": "500", "match": "secret/data/app"}'
must 'an error is told' until_so 10 says gone 'answered 500'
must 'and takes nothing away' is "$maps/gone" .data.user u2
misbehave '{}'
curl -s -o /dev/null -H 'X-Vault-Token: root' -X DELETE "$vault/v1/secret/data/app"
must 'a deleted version does' until_so 20 is_gone "$maps/gone"
must 'no value is in the log' eval '! grep -qE "p<1>|u2|hvs\." "$work/log"'
summary
