#!/bin/bash
# What an ExternalSecret can ask for, on the stand-ins: finding, rewriting, several stores,
# metadata, templates from ConfigMaps and Secrets, generators, policies, windows, classes.
set -u
# shellcheck source=tests/support/secrets.sh
. "$(dirname "$0")/../support/secrets.sh"
trap stop_platform EXIT

ready() { # NAME
	is "$es/$1" '.status.conditions[0].status' True
}

# Make an ExternalSecret that reads from the store "vault" and wait for it.
make() { # NAME SPEC-WITHOUT-BRACES
	make_external "$1" "{\"refreshInterval\": \"1h\", \"secretStoreRef\": {\"name\": \"vault\"}, $2}"
	must "$1 is ready" until_so 10 ready "$1"
}

holds() { # WHAT NAME KEY VALUE
	must "$1" test "$(secret "$2" "$3")" = "$4"
}

keys() { # NAME
	get "$ns/secrets/$1" '.data | keys | join(" ")'
}

says() { # NAME PART-OF-THE-MESSAGE
	get "$es/$1" '.status.conditions[0].message' | grep -qF -- "$2"
}

refused() { # NAME SPEC PART-OF-THE-MESSAGE
	make_external "$1" "{\"refreshInterval\": \"1h\", \"secretStoreRef\": {\"name\": \"vault\"}, $2}"
	must "$1 is refused: $3" until_so 10 says "$1" "$3"
	must "$1 makes no Secret" is "$ns/secrets/$1" .code 404
}

put() { # PATH JSON [CUSTOM-METADATA]
	in_vault "secret/data/$1" "{\"data\": $2}"
	[ -z "${3:-}" ] || in_vault "secret/metadata/$1" "{\"custom_metadata\": $3}"
}

LEVEL=debug
must 'all are up' start_secrets
for kind in Password:passwords UUID:uuids SSHKey:sshkeys Fake:fakes VaultDynamicSecret:vaultdynamicsecrets Webhook:webhooks; do
	define_kind generators.external-secrets.io "${kind%:*}" "${kind#*:}"
done
define_cluster_kind external-secrets.io ClusterSecretStore clustersecretstores
generators=/apis/generators.external-secrets.io/v1/namespaces/shop
put app '{"user": "u1", "pass": "p<1>", "nested": {"list": [1, {"a": "deep"}]}, "b64": "aGVsbG8=", "json": "{\"x\": \"1\"}"}' '{"team": "shop"}'
put team/a '{"k": "va"}' '{"env": "prod"}'
put team/sub/b '{"k": "vb", "n": 7}' '{"env": "test"}'
put other '{"k": "vo"}'
# The daemon finds the kinds that were defined after it began.
stop_daemon
must 'it starts again' start_daemon

# ---- data
make one '"data": [{"secretKey": "a", "remoteRef": {"key": "app", "property": "user"}},
	{"secretKey": "deep", "remoteRef": {"key": "app", "property": "nested.list.1.a"}},
	{"secretKey": "count", "remoteRef": {"key": "app", "property": "nested.list.#"}},
	{"secretKey": "plain", "remoteRef": {"key": "app", "property": "b64", "decodingStrategy": "Base64"}},
	{"secretKey": "whole", "remoteRef": {"key": "team/a"}},
	{"secretKey": "meta", "remoteRef": {"key": "app", "metadataPolicy": "Fetch", "property": "team"}}]'
holds 'a value' one a u1
holds 'a value deep inside' one deep deep
holds 'how many there are' one count 2
holds 'a decoded value' one plain hello
holds 'all of a secret' one whole '{"k":"va"}'
holds 'its metadata' one meta shop
must 'each path was read once' test "$(vault_count 'GET /v1/secret/data/app')" = 1

# ---- dataFrom
make found '"dataFrom": [{"find": {"path": "team", "name": {"regexp": ".*"}}}]'
must 'all below a folder is found' test "$(keys found)" = 'team_a team_sub_b'
holds 'as JSON' found team_sub_b '{"k":"vb","n":7}'
make tagged '"dataFrom": [{"find": {"tags": {"env": "prod"}}}]'
must 'only what has the tag' test "$(keys tagged)" = 'team_a'
make rewritten '"dataFrom": [{"extract": {"key": "app"}, "rewrite": [{"regexp": {"source": "^(u.*|p.*)$", "target": "db-$1"}}]},
	{"find": {"name": {"regexp": "^team"}}, "rewrite": [{"transform": {"template": "{{ .value | upper | replace \"/\" \"-\" }}"}}]}]'
must 'keys are rewritten' test "$(keys rewritten)" = 'TEAM-A TEAM-SUB-B b64 db-pass db-user json nested'
make merged '"dataFrom": [{"find": {"path": "team"}, "rewrite": [{"merge": {"conflictPolicy": "Ignore", "priority": ["team/a"], "priorityPolicy": "Strict"}}]}]'
holds 'of merged maps the one with priority wins' merged k va
holds 'the others are there, too' merged n 7
refused conflict '"dataFrom": [{"find": {"path": "team"}, "rewrite": [{"merge": {}}]}]' 'more than one secret holds k'

# ---- several stores
api "$stores" -X POST -o /dev/null -d "{\"metadata\": {\"name\": \"second\"}, \"spec\": {\"provider\": {\"vault\": {
	\"server\": \"$vault\", \"path\": \"secret\", \"auth\": {\"tokenSecretRef\": {\"name\": \"root\", \"key\": \"token\"}}}}}}"
refused early '"data": [{"secretKey": "o", "sourceRef": {"storeRef": {"name": "second"}}, "remoteRef": {"key": "other", "property": "k"}}]' 'Secret shop/root'
make_object "$ns/secrets" "{\"metadata\": {\"name\": \"root\"}, \"data\": {\"token\": \"$(printf root | base64)\"}}"
must 'what a store logs in with is noticed when it comes' until_so 5 ready early
holds 'a value of another store' early o vo

# ---- templates
make_object "$ns/configmaps" '{"metadata": {"name": "tpl"}, "data": {"conf.yaml": "user: {{ .u }}\npass: {{ .p | quote }}", "map": "a-{{ .u }}: x\nb: \"{{ .p }}\"\n"}}'
make_object "$ns/secrets" "{\"metadata\": {\"name\": \"tpl\"}, \"data\": {\"line\": \"$(printf '{{ .u }}:{{ .p }}' | base64)\"}}"
make templated '"data": [{"secretKey": "u", "remoteRef": {"key": "app", "property": "user"}}, {"secretKey": "p", "remoteRef": {"key": "app", "property": "pass"}}],
	"target": {"template": {"type": "Opaque", "metadata": {"labels": {"who": "{{ .u }}"}, "annotations": {"note": "of {{ .u }}"}},
	"data": {"url": "db://{{ .u }}@{{ \"host\" | upper }}"},
	"templateFrom": [{"configMap": {"name": "tpl", "items": [{"key": "conf.yaml"}, {"key": "map", "templateAs": "KeysAndValues"}]}},
		{"secret": {"name": "tpl", "items": [{"key": "line"}]}}, {"literal": "lit: {{ .u | b64enc }}"},
		{"target": "Labels", "literal": "more: label"}]}}'
must 'the keys are those of the templates' test "$(keys templated)" = 'a-u1 b conf.yaml line lit url'
holds 'a template' templated url 'db://u1@HOST'
holds 'a template of a ConfigMap' templated conf.yaml $'user: u1\npass: "p<1>"'
holds 'keys made by a template' templated a-u1 x
holds 'a template of a Secret' templated line 'u1:p<1>'
holds 'a literal' templated lit dTE=
must 'labels and annotations too' is "$ns/secrets/templated" '[.metadata.labels.who, .metadata.labels.more, .metadata.annotations.note] | join(",")' 'u1,label,of u1'
refused missing '"data": [{"secretKey": "u", "remoteRef": {"key": "app", "property": "user"}}], "target": {"template": {"data": {"x": "{{ .nothere }}"}}}' 'uses a key that is not there'
must 'no value is in the message' eval '! get "$es/missing" .status.conditions[0].message | grep -q u1'

# ---- generators
make_object "$generators/passwords" '{"metadata": {"name": "pw"}, "spec": {"length": 42, "digits": 5, "symbols": 0, "noUpper": true, "allowRepeat": true}}'
make_object "$generators/uuids" '{"metadata": {"name": "id"}, "spec": {}}'
make_object "$generators/sshkeys" '{"metadata": {"name": "key"}, "spec": {"keyType": "ed25519", "comment": "me"}}'
make_object "$generators/fakes" '{"metadata": {"name": "fake"}, "spec": {"data": {"f": "x"}}}'
make generated '"dataFrom": [{"sourceRef": {"generatorRef": {"kind": "Password", "name": "pw"}}}, {"sourceRef": {"generatorRef": {"kind": "UUID", "name": "id"}}},
	{"sourceRef": {"generatorRef": {"kind": "SSHKey", "name": "key"}}}, {"sourceRef": {"generatorRef": {"kind": "Fake", "name": "fake"}}, "rewrite": [{"regexp": {"source": "f", "target": "g"}}]}]'
must 'all make their keys' test "$(keys generated)" = 'g password privateKey publicKey uuid'
must 'a password as it is asked for' eval 'secret generated password | grep -qE "^[a-z0-9]{42}$" && [ "$(secret generated password | tr -d a-z | wc -c)" = 5 ]'
must 'a key that OpenSSH takes' eval 'secret generated privateKey >"$work/key" && echo >>"$work/key" && chmod 600 "$work/key" && [ "$(ssh-keygen -y -f "$work/key")" = "$(secret generated publicKey)" ]'
in_vault database/roles/gen '{"ttl": 3600}'
make_object "$generators/vaultdynamicsecrets" "{\"metadata\": {\"name\": \"db\"}, \"spec\": {\"path\": \"database/creds/gen\", \"provider\": {
	\"server\": \"$vault\", \"auth\": {\"kubernetes\": {\"mountPath\": \"kubernetes\", \"role\": \"shop\", \"serviceAccountRef\": {\"name\": \"eso\"}}}}}}"
make_external dynamic '{"refreshInterval": "1s", "dataFrom": [{"sourceRef": {"generatorRef": {"kind": "VaultDynamicSecret", "name": "db"}}}]}'
must 'a dynamic one is made' until_so 5 ready dynamic
sleep 3
must 'its interval mints no more while its lease is young' test "$(users)" = 1
must 'its lease is known' eval '"$ctl" secret get shop/dynamic -o json | jq -e ".leaseEnd" >/dev/null'

# ---- policies
make owned '"target": {"name": "owned-target"}, "data": [{"secretKey": "k", "remoteRef": {"key": "other", "property": "k"}}]'
must 'the owner is told' is "$ns/secrets/owned-target" '.metadata.ownerReferences[0].name' owned
make_object "$ns/secrets" '{"metadata": {"name": "shared"}, "data": {"mine": "eA=="}}'
make mergeto '"target": {"name": "shared", "creationPolicy": "Merge"}, "data": [{"secretKey": "k", "remoteRef": {"key": "other", "property": "k"}}]'
must 'what others keep stays' test "$(keys shared)" = 'k mine'
make once '"refreshPolicy": "CreatedOnce", "dataFrom": [{"sourceRef": {"generatorRef": {"kind": "UUID", "name": "id"}}}]'
id=$(secret once uuid)
change "$es/once" '{"metadata": {"labels": {"a": "b"}}}'
sleep 1.5
must 'what was made once stays' test "$(secret once uuid)" = "$id"

# ---- stores
make_object /apis/external-secrets.io/v1/clustersecretstores "{\"metadata\": {\"name\": \"all\"}, \"spec\": {
	\"conditions\": [{\"namespaceRegexes\": [\"^else\"]}], \"provider\": {\"vault\": {\"server\": \"$vault\", \"path\": \"secret\",
	\"auth\": {\"tokenSecretRef\": {\"name\": \"root\", \"key\": \"token\", \"namespace\": \"shop\"}}}}}}"
make_external across '{"secretStoreRef": {"kind": "ClusterSecretStore", "name": "all"}, "data": [{"secretKey": "k", "remoteRef": {"key": "other", "property": "k"}}]}'
must 'a store that is not for this namespace refuses' until_so 10 eval 'get "$es/across" .status.conditions[0].message | grep -q "do not let namespace"'
change /apis/external-secrets.io/v1/clustersecretstores/all '{"spec": {"conditions": [{"namespaces": ["shop"]}]}}'
must 'and at once no more when it is opened' until_so 5 ready across
make_object "$stores" "{\"metadata\": {\"name\": \"theirs\"}, \"spec\": {\"controller\": \"someone\", \"provider\": {\"vault\": {\"server\": \"$vault\", \"path\": \"secret\"}}}}"
make_external foreign '{"secretStoreRef": {"name": "theirs"}, "data": [{"secretKey": "k", "remoteRef": {"key": "other"}}]}'
make_object "$stores" '{"metadata": {"name": "cloud"}, "spec": {"provider": {"gcpsm": {"projectID": "p"}}}}'
refused cloudy '"data": [{"secretKey": "k", "sourceRef": {"storeRef": {"name": "cloud"}}, "remoteRef": {"key": "x"}}]' "'gcpsm' is not supported"
make_object "$stores" '{"metadata": {"name": "fake"}, "spec": {"provider": {"fake": {"data": [{"key": "a", "value": "one", "version": "v1"}, {"key": "a", "value": "two", "version": "v2"},
	{"key": "/b", "value": "{\"k\": \"deep\"}"}]}}}}'
must 'a fake store is valid' until_so 10 is "$stores/fake" '.status.conditions[0].status' True
make faked '"data": [{"secretKey": "a", "sourceRef": {"storeRef": {"name": "fake"}}, "remoteRef": {"key": "a", "version": "v1"}},
	{"secretKey": "b", "sourceRef": {"storeRef": {"name": "fake"}}, "remoteRef": {"key": "/b", "property": "k"}}],
	"dataFrom": [{"find": {"name": {"regexp": "^a$"}}, "sourceRef": {"storeRef": {"name": "fake"}}, "rewrite": [{"regexp": {"source": "^a$", "target": "found"}}]}]'
holds 'a version of what is written in a store' faked a one
holds 'a property of it' faked b deep
holds 'what is found is the last version' faked found two
change "$stores/fake" '{"spec": {"provider": {"fake": {"data": [{"key": "a", "value": "three", "version": "v1"}, {"key": "a", "value": "two", "version": "v2"}, {"key": "/b", "value": "{\"k\": \"deep\"}"}]}}}}'
"$ctl" secret refresh shop/faked >/dev/null
must 'what is written in a store now is read at the next refresh' until_so 10 eval '[ "$(secret faked a)" = three ]'
refused unversioned '"data": [{"secretKey": "a", "sourceRef": {"storeRef": {"name": "fake"}}, "remoteRef": {"key": "a"}}]' "'a' is not in the store"
make_object "$stores" '{"metadata": {"name": "invalid"}, "spec": {"provider": {"fake": {"validationResult": 2, "data": []}}}}'
must 'a store that is to be invalid is' until_so 10 is "$stores/invalid" '.status.conditions[0].status' False
must 'what is of another class is left alone' is "$es/foreign" '.status.conditions // [] | length' 0
must 'no value is in the log' eval '! grep -qE "p<1>|hvs\.|A1a-" "$work/log"'
summary
