#!/bin/bash
# Secrets of a Kubernetes as a store, on the stand-in: read, found, and refused.
set -u
# shellcheck source=tests/support/secrets.sh
. "$(dirname "$0")/../support/secrets.sh"
trap stop_platform EXIT

far=/api/v1/namespaces/far

make_store() { # NAME AUTH-JSON
	make_object "$stores" "{\"metadata\": {\"name\": \"$1\"}, \"spec\": {\"provider\": {\"kubernetes\": {
		\"remoteNamespace\": \"far\", \"server\": {\"url\": \"$kube\"}, \"auth\": $2}}}}"
}

make_far() { # NAME LABELS-JSON KEY VALUE
	make_object "$far/secrets" "{\"metadata\": {\"name\": \"$1\", \"labels\": $2, \"annotations\": {\"owner\": \"us\"}}, \"data\": {\"$3\": \"$(printf %s "$4" | base64 -w 0)\"}}"
}

make() { # NAME STORE SPEC-WITHOUT-BRACES
	make_external "$1" "{\"refreshInterval\": \"1s\", \"secretStoreRef\": {\"name\": \"$2\"}, $3}"
}

says() { # NAME PART-OF-THE-MESSAGE
	get "$es/$1" '.status.conditions[0].message' | grep -qF -- "$2"
}

must 'all are up' start_secrets
make_object /api/v1/namespaces '{"metadata": {"name": "far"}}'
make_far app '{"team": "a"}' user u1
make_far conf '{"team": "a"}' file '{"deep": {"k": "v"}}'
make_far other '{"team": "b"}' x y
make_store near '{"serviceAccount": {"name": "eso"}}'
must 'the store is valid' until_so 10 is "$stores/near" '.status.conditions[0].status' True
must 'and can be written' is "$stores/near" .status.capabilities ReadWrite
make one near '"data": [{"secretKey": "u", "remoteRef": {"key": "app", "property": "user"}},
	{"secretKey": "deep", "remoteRef": {"key": "conf", "property": "file"}},
	{"secretKey": "whole", "remoteRef": {"key": "app"}},
	{"secretKey": "owner", "remoteRef": {"key": "app", "metadataPolicy": "Fetch", "property": "annotations.owner"}}]'
must 'a key is read' until_so 10 eval '[ "$(secret one u)" = u1 ]'
must 'a document is read' test "$(secret one deep)" = '{"deep": {"k": "v"}}'
must 'all of it is JSON' test "$(secret one whole)" = '{"user":"u1"}'
must 'so are annotations' test "$(secret one owner)" = us
must 'an account logs in' test "$(requests 0 | jq '[.[] | select(.path | endswith("/serviceaccounts/eso/token"))] | length')" -ge 1
make all near '"dataFrom": [{"extract": {"key": "app"}}, {"find": {"name": {"regexp": "^con"}}}]'
must 'names are found' until_so 10 eval '[ "$(secret all conf)" = "{\"file\":\"{\\\"deep\\\": {\\\"k\\\": \\\"v\\\"}}\"}" ]'
must 'beside all keys of one' test "$(secret all user)" = u1
make tagged near '"dataFrom": [{"find": {"tags": {"team": "b"}}}]'
must 'labels are found' until_so 10 eval '[ "$(get "$ns/secrets/tagged" ".data | keys | join(\" \")")" = other ]'
change "$far/secrets/app" "{\"data\": {\"user\": \"$(printf u2 | base64)\"}}"
must 'a change arrives' until_so 10 eval '[ "$(secret one u)" = u2 ]'
api "$far/secrets/app" -X DELETE -o /dev/null
must 'what is gone is told' until_so 10 says one "'app' is not in the store"
must 'and the Secret stays' test "$(secret one u)" = u2
make_store none '{}'
make bad none '"data": [{"secretKey": "u", "remoteRef": {"key": "app"}}]'
must 'a login is wanted' until_so 10 says bad 'auth: exactly one of serviceAccount, token and cert is wanted'
make_store gone '{"token": {"bearerToken": {"name": "nothing", "key": "token"}}}'
make lost gone '"data": [{"secretKey": "u", "remoteRef": {"key": "app"}}], "target": {"deletionPolicy": "Delete"}'
must 'a token that is not there is no missing secret' until_so 10 is "$es/lost" '.status.conditions[0].status' False
summary
