#!/bin/bash
# Logging in to Vault by IAM of AWS, on stand-ins: Vault sends the request that was signed to STS, which
# checks the signature and says whose it is. Keys of a Secret, a service account's role, a role that is
# assumed, the host's own; the header that names the Vault; what is refused; keys that change.
set -u
# shellcheck source=tests/support/secrets.sh
. "$(dirname "$0")/../support/secrets.sh"
trap stop_platform EXIT

make_store() { # NAME FIELDS-OF-IAM-WITHOUT-BRACES
	make_object "$stores" "{\"metadata\": {\"name\": \"$1\"}, \"spec\": {\"provider\": {\"vault\": {
		\"server\": \"$vault\", \"path\": \"secret\", \"version\": \"v2\", \"auth\": {\"iam\": {$2}}}}}}"
}

make() { # NAME STORE
	make_external "$1" "{\"refreshInterval\": \"1s\", \"secretStoreRef\": {\"name\": \"$2\"},
		\"data\": [{\"secretKey\": \"k\", \"remoteRef\": {\"key\": \"app\", \"property\": \"k\"}}]}"
}

aws_count() { # TEXT: requests that hold it, by whom and for what
	curl -s -X POST "$aws/_control" -d '{}' | jq -r ".log | map(select(contains(\"$1\"))) | length"
}

says() { # NAME PART-OF-THE-MESSAGE
	get "$es/$1" '.status.conditions[0].message' | grep -qF -- "$2"
}

has() { [ "$(secret "$1" k)" = "$2" ]; }

serve aws aws
export AWS_ENDPOINT_URL=$aws AWS_ACCESS_KEY_ID=HOST AWS_SECRET_ACCESS_KEY=SK-HOST AWS_EC2_METADATA_DISABLED=true
must 'all are up' start_secrets
in_vault secret/data/app '{"data": {"k": "c4nary-1"}}'
in_vault auth/aws/config/client "{\"sts_endpoint\": \"$aws\", \"iam_server_id_header_value\": \"vault.example.com\"}"
for role in static:user/STATIC pods:role/pods last:role/last host:user/HOST; do
	in_vault "auth/aws/role/${role%%:*}" "{\"auth_type\": \"iam\", \"bound_iam_principal_arn\": \"arn:aws:iam::1:${role#*:}\", \"ttl\": 3600}"
done
make_object "$ns/secrets" "{\"metadata\": {\"name\": \"aws\"}, \"data\": {\"id\": \"$(printf STATIC | base64)\", \"secret\": \"$(printf SK-STATIC | base64)\"}}"
make_object "$ns/serviceaccounts" '{"metadata": {"name": "irsa", "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/pods"}}}'
keys='"secretRef": {"accessKeyIDSecretRef": {"name": "aws", "key": "id"}, "secretAccessKeySecretRef": {"name": "aws", "key": "secret"}}'
id='"vaultAwsIamServerID": "vault.example.com"'

make_store static "\"vaultRole\": \"static\", $id, $keys"
must 'the store is valid' until_so 10 is "$stores/static" '.status.conditions[0].status' True
make one static
must 'keys of a Secret log in' until_so 10 has one c4nary-1
must 'by what they signed' test "$(aws_count 'STATIC GetCallerIdentity')" = 1
must 'nobody else signed' test "$(aws_count nobody)$(aws_count HOST)" = 00
make_store pods "\"vaultRole\": \"pods\", \"region\": \"eu-central-1\", $id, \"jwt\": {\"serviceAccountRef\": {\"name\": \"irsa\"}}"
make two pods
must "a service account's role logs in" until_so 10 has two c4nary-1
must 'with the keys of its web identity' test "$(aws_count 'web AssumeRoleWithWebIdentity') $(aws_count 'ASIApods GetCallerIdentity')" = '1 1'
make_store last "\"vaultRole\": \"last\", \"role\": \"arn:aws:iam::1:role/last\", \"externalID\": \"ours\", $id, $keys"
make three last
must 'a role that is assumed logs in' until_so 10 has three c4nary-1
must 'with our id' test "$(aws_count 'STATIC AssumeRole ours') $(aws_count 'ASIAlast GetCallerIdentity')" = '1 1'
make_store host "\"vaultRole\": \"host\", $id"
make four host
must "without more the host's keys log in" until_so 10 has four c4nary-1
make again static
must 'another ExternalSecret' until_so 10 has again c4nary-1
must 'is the same login' test "$(aws_count 'STATIC GetCallerIdentity')" = 1

# ---- what is refused
make_store other "\"vaultRole\": \"static\", $id"
make five other
must 'a role of somebody else is refused' until_so 10 says five 'IAM Principal does not belong to the role'
make_store unnamed "\"vaultRole\": \"static\", $keys"
make six unnamed
must 'so is a login without the header' until_so 10 says six 'error validating X-Vault-AWS-IAM-Server-ID header'
make_store norole "$keys"
make seven norole
must 'a role is wanted' until_so 10 says seven 'auth.iam.vaultRole is missing'
make_store half '"vaultRole": "static", "secretRef": {"accessKeyIDSecretRef": {"name": "aws", "key": "id"}}'
make eight half
must 'a field that is missing is named' until_so 10 says eight 'auth.iam.secretRef.secretAccessKeySecretRef'

# ---- keys that change
change "$ns/secrets/aws" "{\"data\": {\"secret\": \"$(printf wrong | base64)\"}}"
must 'bad keys are noticed at once' until_so 10 says one 'error making upstream request'
must 'and the Secret stays' has one c4nary-1
change "$ns/secrets/aws" "{\"data\": {\"secret\": \"$(printf SK-STATIC | base64)\"}}"
must 'good ones, too' until_so 10 is "$es/one" '.status.conditions[0].status' True
must 'no key and no value is in the log' eval '! grep -qE "SK-(STATIC|HOST|ASIA)|T-ASIA|c4nary|AWS4-HMAC" "$work/log"'
summary
