#!/bin/bash
# PushSecrets, on the stand-ins: Secrets written into Vault's engines and into a Kubernetes, kept as
# they are in the cluster, never over what somebody else made, and taken away again.
set -u
# shellcheck source=tests/support/secrets.sh
. "$(dirname "$0")/../support/secrets.sh"
trap stop_platform EXIT

group=/apis/external-secrets.io
ps=$group/v1/namespaces/shop/pushsecrets
far=/api/v1/namespaces/far

make_push() { # NAME SPEC-JSON
	make_object "$ps" "{\"metadata\": {\"name\": \"$1\"}, \"spec\": $2}"
}

make_secret() { # NAME KEY VALUE [LABELS-JSON]
	make_object "$ns/secrets" "{\"metadata\": {\"name\": \"$1\", \"labels\": ${4:-{\}}}, \"data\": {\"$2\": \"$(printf %s "$3" | base64 -w 0)\"}}"
}

vault_get() { # PATH JQ-FILTER
	curl -s -H 'X-Vault-Token: root' "$vault/v1/$1" | jq -r "$2"
}

holds() { # PATH JQ-FILTER VALUE
	[ "$(vault_get "$1" "$2")" = "$3" ]
}

says() { # NAME REASON PART-OF-THE-MESSAGE
	get "$ps/$1" '.status.conditions[0] | .reason + ": " + .message' | grep -qF -- "$2: $3"
}

far_value() { # NAME KEY
	get "$far/secrets/$1" ".data[\"$2\"] // empty" 2>/dev/null | base64 -d
}

must 'all are up' start_secrets
define_kind external-secrets.io PushSecret pushsecrets
define_kind generators.external-secrets.io Password passwords
define_cluster_kind external-secrets.io ClusterSecretStore clustersecretstores
in_vault sys/mounts/kv '{"type": "kv", "options": {"version": "1"}}'
auth='"auth": {"kubernetes": {"mountPath": "kubernetes", "role": "shop", "serviceAccountRef": {"name": "eso"}}}'
make_object "$stores" "{\"metadata\": {\"name\": \"old\", \"labels\": {\"team\": \"a\"}}, \"spec\": {\"provider\": {\"vault\": {
	\"server\": \"$vault\", \"path\": \"kv\", \"version\": \"v1\", $auth}}}}"
make_object "$stores" "{\"metadata\": {\"name\": \"checked\"}, \"spec\": {\"provider\": {\"vault\": {
	\"server\": \"$vault\", \"path\": \"secret\", \"version\": \"v2\", \"checkAndSet\": {\"required\": true}, $auth}}}}"
make_object "$stores" "{\"metadata\": {\"name\": \"foreign\"}, \"spec\": {\"controller\": \"theirs\", \"provider\": {\"vault\": {
	\"server\": \"$vault\", \"path\": \"secret\", \"version\": \"v2\", $auth}}}}"
make_object /api/v1/namespaces '{"metadata": {"name": "far"}}'
make_object /api/v1/namespaces '{"metadata": {"name": "farther"}}'
make_object "$stores" "{\"metadata\": {\"name\": \"near\"}, \"spec\": {\"provider\": {\"kubernetes\": {
	\"remoteNamespace\": \"far\", \"server\": {\"url\": \"$kube\"}, \"auth\": {\"serviceAccount\": {\"name\": \"eso\"}}}}}}"
make_object "$group/v1/clustersecretstores" "{\"metadata\": {\"name\": \"all\"}, \"spec\": {\"provider\": {\"kubernetes\": {
	\"remoteNamespace\": \"far\", \"server\": {\"url\": \"$kube\"}, \"auth\": {\"serviceAccount\": {\"name\": \"eso\", \"namespace\": \"shop\"}}}}}}"
stop_daemon
must 'it starts again, with the new kinds' start_daemon

# ---- Vault, version 2 ----
make_secret app password p1
must 'the Secret is there' is_there "$ns/secrets/app"
make_push one '{"refreshInterval": "1h", "deletionPolicy": "Delete", "secretStoreRefs": [{"name": "vault"}], "selector": {"secret": {"name": "app"}},
	"data": [{"match": {"secretKey": "password", "remoteRef": {"remoteKey": "team/app", "property": "pw"}}}]}'
must 'a property is pushed' until_so 10 holds secret/data/team/app .data.data.pw p1
must 'marked as made by a PushSecret' holds secret/metadata/team/app '.data.custom_metadata["managed-by"]' external-secrets
must 'it says so' until_so 10 says one Synced 'PushSecret synced successfully'
must 'and what it pushed where' is "$ps/one" '.status.syncedPushSecrets["SecretStore/vault"]["team/app/pw"].match.secretKey' password
must 'with a finalizer, for it will take it away' is "$ps/one" '.metadata.finalizers[0]' pushsecret.externalsecrets.io/finalizer
must 'version 1 was written once' holds secret/data/team/app .data.metadata.version 1
change "$ns/secrets/app" "{\"data\": {\"password\": \"$(printf p2 | base64)\"}}"
must 'another content is pushed at once' until_so 10 holds secret/data/team/app .data.data.pw p2
change "$ps/one" '{"metadata": {"annotations": {"force": "1"}}}'
sleep 1.5
must 'pushed again as it is, nothing is written' holds secret/data/team/app .data.metadata.version 2
# What changes while nobody looks is seen.
stop_daemon
change "$ns/secrets/app" "{\"data\": {\"password\": \"$(printf p3 | base64)\"}}"
must 'it starts again' start_daemon
must 'a change while it was down is pushed' until_so 10 holds secret/data/team/app .data.data.pw p3
n=$(vault_count team/app)
stop_daemon
must 'it starts once more' start_daemon
sleep 1.5
must 'a restart alone asks nothing' test "$(vault_count team/app)" = "$n"
change "$ps/one" '{"spec": {"data": [{"match": {"secretKey": "password", "remoteRef": {"remoteKey": "team/app", "property": "pass"}}}]}}'
must 'another property is pushed' until_so 10 holds secret/data/team/app .data.data.pass p3
must 'and the one before taken away' until_so 10 holds secret/data/team/app '.data.data | keys | join(" ")' pass
must 'the status follows' until_so 10 is "$ps/one" '.status.syncedPushSecrets["SecretStore/vault"] | keys | join(" ")' team/app/pass
change "$ps/one" '{"spec": {"deletionPolicy": "None"}}'
must 'without deleting there is no finalizer' until_so 10 is "$ps/one" '.metadata.finalizers | length' 0
change "$ps/one" '{"spec": {"deletionPolicy": "Delete"}}'
must 'with it, again' until_so 10 is "$ps/one" '.metadata.finalizers | length' 1
api "$ns/secrets/app" -X DELETE -o /dev/null
change "$ps/one" '{"metadata": {"annotations": {"force": "2"}}}'
must 'a source that is gone is told' until_so 10 says one SourceDeleted 'source secret deleted; provider secrets cleaned up'
must 'and taken away' holds secret/data/team/app '.data // "gone"' gone
make_secret app password p4
must 'one that comes again is pushed again' until_so 10 holds secret/data/team/app .data.data.pass p4
must 'it is in sync' until_so 10 says one Synced 'PushSecret synced successfully'
api "$ps/one" -X DELETE -o /dev/null
must 'one that is deleted takes away what it pushed' until_so 10 holds secret/data/team/app '.data // "gone"' gone
must 'and goes' until_so 10 is_gone "$ps/one"

in_vault secret/data/theirs '{"data": {"pw": "theirs"}}'
make_push two '{"refreshInterval": "1h", "deletionPolicy": "Delete", "secretStoreRefs": [{"name": "vault"}], "selector": {"secret": {"name": "app"}},
	"data": [{"match": {"secretKey": "password", "remoteRef": {"remoteKey": "theirs", "property": "pw"}}}]}'
must "somebody else's is left alone" until_so 10 says two Errored "set secret failed: 'theirs/pw' of SecretStore/vault: the secret is there and was not made by a PushSecret"
must 'as it was' holds secret/data/theirs .data.data.pw theirs
api "$ps/two" -X DELETE -o /dev/null
must 'it can be deleted' until_so 10 is_gone "$ps/two"
must "and somebody else's stays" holds secret/data/theirs .data.data.pw theirs

make_push whole '{"refreshInterval": "1h", "secretStoreRefs": [{"name": "checked"}], "selector": {"secret": {"name": "app"}},
	"template": {"data": {"url": "db://u:{{ .password }}@host"}},
	"data": [{"match": {"remoteRef": {"remoteKey": "whole"}}}, {"match": {"remoteRef": {"remoteKey": "inside", "property": "all"}}}]}'
must 'a whole Secret is pushed, with what a template makes' until_so 10 holds secret/data/whole '.data.data | tojson' '{"password":"p4","url":"db://u:p4@host"}'
must 'or as one property, in JSON' until_so 10 holds secret/data/inside '.data.data.all' '{"password":"p4","url":"db://u:p4@host"}'
change "$ns/secrets/app" "{\"data\": {\"password\": \"$(printf p5 | base64)\"}}"
must 'with check-and-set the version before is named' until_so 10 holds secret/data/whole .data.data.password p5
must 'without a finalizer' is "$ps/whole" '.metadata.finalizers | length' 0
api "$ps/whole" -X DELETE -o /dev/null
sleep 0.5
must 'what is not to be deleted stays' holds secret/data/whole .data.data.password p5

make_push keep '{"refreshInterval": "1h", "updatePolicy": "IfNotExists", "secretStoreRefs": [{"name": "vault"}], "selector": {"secret": {"name": "app"}},
	"data": [{"match": {"secretKey": "password", "remoteRef": {"remoteKey": "whole", "property": "url"}}},
		{"match": {"secretKey": "password", "remoteRef": {"remoteKey": "whole", "property": "new"}}}]}'
must 'what is there stays, what is not is made' until_so 10 holds secret/data/whole '.data.data | .url + " " + .new' 'db://u:p5@host p5'
must 'it says so' until_so 10 says keep Synced 'PushSecret synced successfully. Existing secrets in providers unchanged.'

printf '\377\376' >"$work/bytes"
make_object "$ns/secrets" "{\"metadata\": {\"name\": \"bytes\"}, \"data\": {\"b\": \"$(base64 -w 0 <"$work/bytes")\"}}"
make_push bytes '{"refreshInterval": "1h", "secretStoreRefs": [{"name": "vault"}], "selector": {"secret": {"name": "bytes"}},
	"data": [{"match": {"secretKey": "b", "remoteRef": {"remoteKey": "bytes", "property": "b"}}}]}'
must 'bytes that are no text are refused' until_so 10 says bytes Errored "set secret failed: 'bytes/b' of SecretStore/vault: the value holds bytes that are no text"
must 'and nothing is written' holds secret/metadata/bytes '.data // "none"' none

# ---- Vault, version 1 ----
make_push first '{"refreshInterval": "1h", "deletionPolicy": "Delete", "secretStoreRefs": [{"labelSelector": {"matchLabels": {"team": "a"}}}], "selector": {"secret": {"name": "app"}},
	"data": [{"match": {"secretKey": "password", "remoteRef": {"remoteKey": "app", "property": "a"}}},
		{"match": {"secretKey": "password", "remoteRef": {"remoteKey": "app", "property": "b"}}}]}'
must 'a store found by its labels is pushed to' until_so 10 holds kv/app '.data | .a + .b' p5p5
must 'in version 1 the mark is a value' holds kv/app '.data.custom_metadata["managed-by"]' external-secrets
must 'it is in sync' until_so 10 says first Synced ''
change "$ps/first" '{"spec": {"data": [{"match": {"secretKey": "password", "remoteRef": {"remoteKey": "app", "property": "b"}}}]}}'
must 'one property goes' until_so 10 holds kv/app '.data | keys | join(" ")' 'b custom_metadata'
api "$ps/first" -X DELETE -o /dev/null
must 'with the last one all of it' until_so 10 holds kv/app '.data // "gone"' gone

# ---- many at once ----
make_object "$ns/secrets" "{\"metadata\": {\"name\": \"many\"}, \"data\": {\"db-host\": \"aA==\", \"db-user\": \"dQ==\", \"other\": \"bw==\", \"a_U002f_b\": \"cw==\"}}"
make_push many '{"refreshInterval": "1h", "deletionPolicy": "Delete", "secretStoreRefs": [{"name": "old"}, {"name": "vault"}], "selector": {"secret": {"name": "many"}},
	"dataTo": [{"storeRef": {"name": "old"}, "match": {"regexp": "^db-"}, "rewrite": [{"regexp": {"source": "^db-", "target": "x/"}}]},
		{"storeRef": {"name": "vault"}, "remoteKey": "bundle", "conversionStrategy": "ReverseUnicode"}]}'
must 'a single key wants JSON without a property' until_so 10 says many Errored "set secret failed: 'x/host' of SecretStore/old: key 'db-host' is no JSON object"
change "$ns/secrets/many" "{\"data\": {\"db-host\": \"$(printf '{"v": "h"}' | base64)\", \"db-user\": \"$(printf '{"v": "u"}' | base64)\"}}"
must 'all keys that fit go as one' until_so 10 holds secret/data/bundle '.data.data // {} | [keys[], .["db-user"]] | join(" ")' 'a/b db-host db-user other {"v": "u"}'
must 'each key goes by itself, renamed' until_so 10 holds kv/x/user .data.v u
must 'it is in sync' until_so 10 says many Synced ''
make_push wrong '{"refreshInterval": "1h", "secretStoreRefs": [{"name": "vault"}], "selector": {"secret": {"name": "many"}}, "dataTo": [{"storeRef": {"name": "none"}}]}'
must 'a rule for a store that is not named is refused' until_so 10 says wrong Errored "spec.dataTo[0]: storeRef: 'none' is not among spec.secretStoreRefs"
make_push missing '{"refreshInterval": "1h", "secretStoreRefs": [{"name": "vault"}], "selector": {"secret": {"name": "many"}}, "data": [{"match": {"secretKey": "nothing", "remoteRef": {"remoteKey": "m"}}}]}'
must 'a key that is not there is told' until_so 10 says missing Errored "spec.data[0]: match.secretKey: the Secret has no key 'nothing'"
make_push theirs '{"refreshInterval": "1h", "deletionPolicy": "Delete", "secretStoreRefs": [{"name": "foreign"}], "selector": {"secret": {"name": "app"}}, "data": [{"match": {"remoteRef": {"remoteKey": "m"}}}]}'
make_secret labelled k v1 '{"push": "yes"}'
make_secret other k v2 '{"push": "yes"}'
make_push chosen '{"refreshInterval": "1h", "secretStoreRefs": [{"name": "near"}], "selector": {"secret": {"selector": {"matchLabels": {"push": "yes"}}}},
	"data": [{"match": {"secretKey": "k", "remoteRef": {"remoteKey": "chosen", "property": "k"}}}]}'
must 'Secrets are chosen by their labels, one after the other' until_so 10 says chosen Synced ''
must 'and written' test -n "$(far_value chosen k)"

# ---- a Kubernetes ----
make_push kube '{"refreshInterval": "1h", "deletionPolicy": "Delete", "secretStoreRefs": [{"name": "near"}], "selector": {"secret": {"name": "labelled"}},
	"template": {"type": "example.com/kind", "data": {"t": "{{ .k }}!"}},
	"data": [{"match": {"remoteRef": {"remoteKey": "copy"}}, "metadata": {"apiVersion": "kubernetes.external-secrets.io/v1alpha1", "kind": "PushSecretMetadata",
		"spec": {"labels": {"more": "x"}, "annotations": {"note": "y"}}}},
		{"match": {"secretKey": "k", "remoteRef": {"remoteKey": "part", "property": "p"}}}]}'
must 'a whole Secret is copied' until_so 10 eval '[ "$(far_value copy k) $(far_value copy t)" = "v1 v1!" ]'
must 'with its labels and more' is "$far/secrets/copy" '.metadata | .labels.push + .labels.more + .annotations.note' yesxy
must 'of the type that is wanted' is "$far/secrets/copy" .type example.com/kind
must 'a property, too' until_so 10 eval '[ "$(far_value part p)" = v1 ]'
change "$far/secrets/part" '{"data": {"mine": "bWluZQ=="}}'
must 'it is in sync' until_so 10 says kube Synced ''
api "$ps/kube" -X DELETE -o /dev/null
must 'what was made goes with it' until_so 10 is_gone "$far/secrets/copy"
must "another's property stays" until_so 10 eval '[ "$(get "$far/secrets/part" ".data | keys | join(\" \")")" = mine ]'
make_push beyond '{"refreshInterval": "1h", "secretStoreRefs": [{"name": "near"}], "selector": {"secret": {"name": "labelled"}},
	"data": [{"match": {"remoteRef": {"remoteKey": "copy"}}, "metadata": {"spec": {"remoteNamespace": "farther"}}}]}'
must 'a SecretStore writes into no other namespace' until_so 10 says beyond Errored "set secret failed: 'copy' of SecretStore/near: metadata.spec.remoteNamespace: only a ClusterSecretStore may write into another namespace"
make_push farther '{"refreshInterval": "1h", "deletionPolicy": "Delete", "secretStoreRefs": [{"kind": "ClusterSecretStore", "name": "all"}], "selector": {"secret": {"name": "labelled"}},
	"data": [{"match": {"remoteRef": {"remoteKey": "copy"}}, "metadata": {"spec": {"remoteNamespace": "farther"}}}]}'
must 'a ClusterSecretStore does' until_so 10 is_there /api/v1/namespaces/farther/secrets/copy
must 'it is in sync' until_so 10 says farther Synced ''
api "$ps/farther" -X DELETE -o /dev/null
must 'and takes it away there' until_so 10 is_gone /api/v1/namespaces/farther/secrets/copy

# ---- a generator ----
make_object "/apis/generators.external-secrets.io/v1/namespaces/shop/passwords" '{"metadata": {"name": "pw"}, "spec": {"length": 20, "noUpper": false, "allowRepeat": true}}'
make_push made '{"refreshInterval": "1h", "updatePolicy": "IfNotExists", "secretStoreRefs": [{"name": "vault"}], "selector": {"generatorRef": {"apiVersion": "generators.external-secrets.io/v1alpha1", "kind": "Password", "name": "pw"}},
	"data": [{"match": {"secretKey": "password", "remoteRef": {"remoteKey": "made", "property": "pw"}}}]}'
must 'what a generator makes is pushed' until_so 10 holds secret/data/made '.data.data.pw | length' 20
first=$(vault_get secret/data/made .data.data.pw)
change "$ps/made" '{"metadata": {"annotations": {"again": "1"}}}'
sleep 1.5
must 'once, if it shall not be replaced' holds secret/data/made .data.data.pw "$first"

# ---- what fails ----
must "a PushSecret for another controller's store is not touched" is "$ps/theirs" '[.status, .metadata.finalizers] | tostring' '[null,null]'
misbehave '{"fault": "503", "match": "secret/"}'
change "$ns/secrets/app" "{\"data\": {\"password\": \"$(printf p6 | base64)\"}}"
must 'a Vault that is away is told' until_so 10 says keep Errored "set secret failed"
misbehave '{}'
must 'and when it is back it is in sync' until_so 20 says keep Synced ''
must 'its metrics say so' eval 'curl -s --unix-socket "$RECONCILED_SOCKET" http://localhost/metrics | grep -q "^pushsecret_status_condition{name=\"keep\",namespace=\"shop\",condition=\"Ready\",status=\"True\"} 1$"'
must 'no value is in the log' eval '! grep -qF -e "$first" -e db:// "$work/log"'
summary
