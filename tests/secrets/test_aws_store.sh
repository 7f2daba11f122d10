#!/bin/bash
# AWS Secrets Manager and Parameter Store as stores, on a stand-in that checks signatures: lasting keys,
# a service account's role, roles that are assumed, versions, what is found, and what is refused.
set -u
# shellcheck source=tests/support/secrets.sh
. "$(dirname "$0")/../support/secrets.sh"
trap stop_platform EXIT

make_store() { # NAME FIELDS-JSON-WITHOUT-BRACES
	make_object "$stores" "{\"metadata\": {\"name\": \"$1\"}, \"spec\": {\"provider\": {\"aws\": {\"region\": \"eu-central-1\", $2}}}}"
}

make() { # NAME STORE SPEC-WITHOUT-BRACES
	make_external "$1" "{\"refreshInterval\": \"1s\", \"secretStoreRef\": {\"name\": \"$2\"}, $3}"
}

aws_has() { # JSON
	curl -s -o /dev/null -X POST "$aws/_control" -d "$1"
}

aws_count() { # TEXT: requests that hold it, by whom and for what
	curl -s -X POST "$aws/_control" -d '{}' | jq -r ".log | map(select(contains(\"$1\"))) | length"
}

says() { # NAME PART-OF-THE-MESSAGE
	get "$es/$1" '.status.conditions[0].message' | grep -qF -- "$2"
}

serve aws aws
export AWS_ENDPOINT_URL=$aws AWS_ACCESS_KEY_ID=HOST AWS_SECRET_ACCESS_KEY=SK-HOST AWS_EC2_METADATA_DISABLED=true
must 'all are up' start_secrets
keys='"auth": {"secretRef": {"accessKeyIDSecretRef": {"name": "aws", "key": "id"}, "secretAccessKeySecretRef": {"name": "aws", "key": "secret"}}}'
make_object "$ns/secrets" "{\"metadata\": {\"name\": \"aws\"}, \"data\": {\"id\": \"$(printf STATIC | base64)\", \"secret\": \"$(printf SK-STATIC | base64)\"}}"
make_object "$ns/serviceaccounts" '{"metadata": {"name": "irsa", "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/pods"}}}'
make_object "$ns/serviceaccounts" '{"metadata": {"name": "plain"}}'
aws_has "{\"secrets\": {
	\"app/db\": {\"stages\": {\"AWSCURRENT\": \"{\\\"user\\\": \\\"u2\\\", \\\"a.b\\\": {\\\"c\\\": 7}, \\\"n\\\": 12345678901234567}\", \"AWSPREVIOUS\": \"{\\\"user\\\": \\\"u1\\\"}\"},
		\"ids\": {\"v-0\": \"{\\\"user\\\": \\\"u0\\\"}\"}, \"tags\": {\"team\": \"a\"}},
	\"app/plain\": {\"stages\": {\"AWSCURRENT\": \"text\"}, \"tags\": {\"team\": \"a\"}},
	\"app/bin\": {\"binary\": \"//4=\", \"tags\": {\"team\": \"b\"}}, \"other\": {\"stages\": {\"AWSCURRENT\": \"o\"}, \"tags\": {\"team\": \"c\"}}},
	\"parameters\": {\"/p/one\": {\"versions\": [\"old\", \"{\\\"k\\\": \\\"v\\\"}\"], \"tags\": {\"env\": \"x\"}}, \"/p/two\": {\"versions\": [\"2\"], \"tags\": {\"env\": \"y\"}},
		\"/q/three\": {\"versions\": [\"3\"], \"tags\": {\"env\": \"x\"}}}}"

# ---- Secrets Manager, by lasting keys ----
make_store sm "\"service\": \"SecretsManager\", $keys"
must 'the store is valid' until_so 10 is "$stores/sm" '.status.conditions[0].status' True
must 'and read only' is "$stores/sm" .status.capabilities ReadOnly
make one sm '"data": [{"secretKey": "u", "remoteRef": {"key": "app/db", "property": "user"}}, {"secretKey": "deep", "remoteRef": {"key": "app/db", "property": "a\\.b.c"}},
	{"secretKey": "exact", "remoteRef": {"key": "app/db", "property": "a.b"}}, {"secretKey": "prev", "remoteRef": {"key": "app/db", "property": "user", "version": "AWSPREVIOUS"}},
	{"secretKey": "byid", "remoteRef": {"key": "app/db", "property": "user", "version": "uuid/v-0"}}, {"secretKey": "whole", "remoteRef": {"key": "app/plain"}},
	{"secretKey": "bytes", "remoteRef": {"key": "app/bin"}}, {"secretKey": "tag", "remoteRef": {"key": "app/db", "metadataPolicy": "Fetch", "property": "team"}}]'
must 'a property is read' until_so 10 eval '[ "$(secret one u)" = u2 ]'
must 'one below it' test "$(secret one deep)" = 7
must 'a key that holds a dot' test "$(secret one exact)" = '{"c": 7}' -o "$(secret one exact)" = '{"c":7}'
must 'the version before' test "$(secret one prev)" = u1
must 'a version by its id' test "$(secret one byid)" = u0
must 'a text' test "$(secret one whole)" = text
must 'bytes' is "$ns/secrets/one" .data.bytes //4=
must 'a tag' test "$(secret one tag)" = a
must 'signed by the keys of the Secret' test "$(aws_count 'STATIC secretsmanager.GetSecretValue')" -ge 4
must 'by nobody else' test "$(aws_count 'HOST secrets')$(aws_count nobody)" = 00
make all sm '"dataFrom": [{"extract": {"key": "app/db"}}, {"find": {"name": {"regexp": "plain$"}}, "rewrite": [{"regexp": {"source": "/", "target": "-"}}]}]'
must 'all keys of one' until_so 10 eval '[ "$(secret all user) $(secret all n)" = "u2 12345678901234567" ]'
must 'beside what is found by its name' test "$(secret all app-plain)" = text
make tagged sm '"dataFrom": [{"find": {"tags": {"team": "a"}}}]'
must 'what is found by tags' until_so 10 eval '[ "$(get "$ns/secrets/tagged" ".data | keys | join(\" \")")" = "app_db app_plain" ]'
aws_has '{"secrets": {"app/plain": {"stages": {"AWSCURRENT": "changed"}}}}'
must 'a change arrives' until_so 10 eval '[ "$(secret one whole)" = changed ]'
aws_has '{"secrets": {"app/plain": {"isDeleted": true}}}'
must 'what is marked for deletion is missing' until_so 10 says one "'app/plain' is not in the store"
must 'and the Secret stays' test "$(secret one whole)" = changed
aws_has '{"fault": "ThrottlingException"}'
must 'being asked for quiet is no missing secret' until_so 10 says all 'ThrottlingException'
must 'nor empties one' test "$(secret all user)" = u2
aws_has '{"fault": "AccessDeniedException"}'
must 'nor does a refusal' until_so 10 says all 'AccessDeniedException'
must 'it stays, too' test "$(secret all user)" = u2
aws_has '{"fault": null}'
must 'then it is in sync again' until_so 20 is "$es/all" '.status.conditions[0].status' True
change "$ns/secrets/aws" "{\"data\": {\"secret\": \"$(printf wrong | base64)\"}}"
must 'other keys are noticed at once' until_so 10 says all 'InvalidSignatureException'
change "$ns/secrets/aws" "{\"data\": {\"secret\": \"$(printf SK-STATIC | base64)\"}}"
must 'and good ones' until_so 10 is "$es/all" '.status.conditions[0].status' True

# ---- roles ----
make_store irsa '"service": "SecretsManager", "prefix": "app/", "auth": {"jwt": {"serviceAccountRef": {"name": "irsa"}}}'
make pods irsa '"data": [{"secretKey": "u", "remoteRef": {"key": "db", "property": "user"}}]'
must "a service account's role reads" until_so 10 eval '[ "$(secret pods u)" = u2 ]'
must 'by its web identity' test "$(aws_count 'web AssumeRoleWithWebIdentity')" = 1
must 'with the keys that this gave' test "$(aws_count 'ASIApods secretsmanager.GetSecretValue')" -ge 1
must 'a token was asked for with its audience' test "$(requests 0 | jq '[.[] | select(.path | endswith("/serviceaccounts/irsa/token"))] | length')" = 1
make_store roles "\"service\": \"SecretsManager\", \"additionalRoles\": [\"arn:aws:iam::1:role/first\"], \"role\": \"arn:aws:iam::2:role/last\", \"externalID\": \"ours\", $keys"
make assumed roles '"data": [{"secretKey": "u", "remoteRef": {"key": "app/db", "property": "user"}}]'
must 'roles are assumed' until_so 10 eval '[ "$(secret assumed u)" = u2 ]'
must 'the first with the keys' test "$(aws_count 'STATIC AssumeRole')" = 1
must 'the last with the first, and our id' test "$(aws_count 'ASIAfirst AssumeRole ours')" = 1
make_store plain '"service": "SecretsManager", "auth": {"jwt": {"serviceAccountRef": {"name": "plain"}}}'
make none plain '"data": [{"secretKey": "u", "remoteRef": {"key": "app/db"}}]'
must 'an account without a role is told' until_so 10 says none 'service account shop/plain: it has no annotation eks.amazonaws.com/role-arn'
make_store host '"service": "SecretsManager"'
make hosts host '"data": [{"secretKey": "u", "remoteRef": {"key": "app/db", "property": "user"}}]'
must "without auth the host's keys are taken" until_so 10 eval '[ "$(secret hosts u)" = u2 ]'
must 'and sign' test "$(aws_count 'HOST secretsmanager.GetSecretValue')" -ge 1

# ---- Parameter Store ----
make_store ps "\"service\": \"ParameterStore\", $keys"
make params ps '"data": [{"secretKey": "k", "remoteRef": {"key": "/p/one", "property": "k"}}, {"secretKey": "old", "remoteRef": {"key": "/p/one", "version": "1"}},
	{"secretKey": "env", "remoteRef": {"key": "/p/one", "metadataPolicy": "Fetch", "property": "env"}}]'
must 'a parameter is read' until_so 10 eval '[ "$(secret params k)" = v ]'
must 'a version of it' test "$(secret params old)" = old
must 'a tag of it' test "$(secret params env)" = x
make path ps '"dataFrom": [{"find": {"path": "/p", "name": {"regexp": "."}}}]'
must 'what is below a path' until_so 10 eval '[ "$(get "$ns/secrets/path" ".data | keys | join(\" \")")" = "_p_one _p_two" ]'
make env ps '"dataFrom": [{"find": {"tags": {"env": "x"}}}]'
must 'what has a tag' until_so 10 eval '[ "$(get "$ns/secrets/env" ".data | keys | join(\" \")")" = "_p_one _q_three" ]'
make gone ps '"target": {"deletionPolicy": "Delete"}, "data": [{"secretKey": "k", "remoteRef": {"key": "/none"}}]'
must 'a parameter that is not there may delete' until_so 10 is "$es/gone" '.status.conditions[0].status' True
make badversion ps '"target": {"deletionPolicy": "Delete"}, "data": [{"secretKey": "k", "remoteRef": {"key": "/p/one", "version": "9"}}]'
must 'a version that is not there never does' until_so 10 says badversion ParameterVersionNotFound
make_store acm '"service": "CertificateManager"'
must 'another service is refused in words' until_so 10 eval 'get "$stores/acm" ".status.conditions[0].message" | grep -qF "service: '"'CertificateManager'"' is not supported; SecretsManager and ParameterStore are"'
must 'no key and no value is in the log' eval '! grep -qE "SK-(STATIC|HOST|ASIA)|T-ASIA|u2" "$work/log"'
summary
