#!/bin/bash
# What Vault may answer instead of a secret, on the stand-in: each is told as an error, none counts as
# missing, and a Secret whose policy is to go with what it is made of stays as it is. Only a real 404
# and a deleted version take it away.
set -u
# shellcheck source=tests/support/secrets.sh
. "$(dirname "$0")/../support/secrets.sh"
trap stop_platform EXIT

condition() { # NAME STATUS PART-OF-THE-MESSAGE
	get "$es/$1" '.status.conditions[0] | .status + " " + .message' | grep -qE -- "^$2 .*$3"
}

live() { # NAME
	get "$ns/secrets/$1" '[.metadata.resourceVersion, .data.k] | join(" ")'
}

# fault | what the message says
cases='400|answered 400
403|answered 403
404|answered 404: misbehaving
405|answered 405
412|answered 412
413|answered 413
429|answered 429
472|answered 472
473|answered 473
500|answered 500
501|answered 501
502|answered 502
503|answered 503
sealed|Vault is sealed
half|
garbage|not JSON
200|holds no
version|Invalid path for a versioned
reset|'

must 'all are up' start_secrets
in_vault sys/mounts/old '{"type": "kv", "options": {"version": "1"}}'
in_vault secret/data/app '{"data": {"k": "v"}}'
in_vault old/app '{"k": "v"}'
spec='"refreshInterval": "1s", "target": {"deletionPolicy": "Delete"}, "data": [{"secretKey": "k", "remoteRef": {"key": "app", "property": "k"}}]'
make_external app "{\"secretStoreRef\": {\"name\": \"vault\"}, $spec}"
must 'a Secret is made' until_so 10 condition app True ''
while IFS='|' read -r fault words; do
	before=$(live app)
	misbehave "{\"fault\": \"$fault\", \"match\": \"secret/data/app\"}"
	must "$fault is told" until_so 20 condition app False "$words"
	sleep 0.3
	must "$fault leaves the Secret as it is" test "$(live app)" = "$before"
	misbehave '{}'
	must "after $fault it is in sync again" until_so 30 condition app True ''
	must "the Secret is still that of before $fault" test "$(live app)" = "$before"
done <<<"$cases"

# The other version of the engine. A v1 engine answers the path of v2 with a plain 404.
auth='"auth": {"kubernetes": {"mountPath": "kubernetes", "role": "shop", "serviceAccountRef": {"name": "eso"}}}'
make_object "$stores" "{\"metadata\": {\"name\": \"moved\"}, \"spec\": {\"provider\": {\"vault\": {
	\"server\": \"$vault\", \"path\": \"old\", \"version\": \"v1\", $auth}}}}"
make_external moved "{\"secretStoreRef\": {\"name\": \"moved\"}, $spec}"
make_external folder "{\"secretStoreRef\": {\"name\": \"moved\"}, \"refreshInterval\": \"1s\",
	\"target\": {\"deletionPolicy\": \"Delete\"}, \"dataFrom\": [{\"find\": {\"name\": {\"regexp\": \"app\"}}}]}"
must 'a secret of an engine v1' until_so 10 condition moved True ''
must 'and what is found there' until_so 10 condition folder True ''
before=$(live moved)
change "$stores/moved" '{"spec": {"provider": {"vault": {"version": "v2"}}}}'
must 'a store v2 on an engine v1 is told' until_so 15 condition moved False "'old/' is of version v1, the store says v2"
must 'by a search, too' until_so 15 condition folder False "'old/' is of version v1, the store says v2"
must 'and takes no Secret away' test "$(live moved)" = "$before"
change "$stores/moved" '{"spec": {"provider": {"vault": {"path": "secret", "version": "v1"}}}}'
must 'a store v1 on an engine v2 is told' until_so 15 condition moved False 'versioned K/V'
must 'and takes no Secret away' test "$(live moved)" = "$before"
change "$stores/moved" '{"spec": {"provider": {"vault": {"path": "nowhere", "version": "v2"}}}}'
must 'an engine that is not there is told' until_so 15 condition moved False 'no handler for route'
must 'and takes no Secret away' test "$(live moved)" = "$before"

# What really counts as missing.
curl -s -o /dev/null -H 'X-Vault-Token: root' -X DELETE "$vault/v1/secret/data/app"
must 'a deleted version takes the Secret away' until_so 10 is "$ns/secrets/app" .code 404
in_vault secret/data/app '{"data": {"k": "w"}}'
must 'a new one brings it back' until_so 10 eval '[ "$(secret app k)" = w ]'
curl -s -o /dev/null -H 'X-Vault-Token: root' -X DELETE "$vault/v1/secret/metadata/app"
must 'so does a real 404' until_so 10 is "$ns/secrets/app" .code 404
summary
