#!/bin/bash
# What is told of a store's health and of what was restarted for a Secret, on the stand-ins: by the API,
# also after a restart of the daemon, and the ends of tokens and certificates by the metrics.
set -u
# shellcheck source=tests/support/secrets.sh
. "$(dirname "$0")/../support/secrets.sh"
trap stop_platform EXIT

ask() { # PATH JQ-FILTER
	curl -sS --max-time 10 --unix-socket "$RECONCILED_SOCKET" "http://localhost$1" | jq -r "$2"
}

store_is() { # JQ-FILTER VALUE
	[ "$(ask /v1/secret-stores ".items[] | select(.name == \"vault\") | $1")" = "$2" ]
}

metric() { # NAME LABELS
	curl -sS --unix-socket "$RECONCILED_SOCKET" http://localhost/metrics | sed -n "s/^$1{$2} //p"
}

near() { # SECONDS WANTED
	[ -n "$1" ] && [ "$1" -gt $(($2 - 120)) ] && [ "$1" -lt $(($2 + 120)) ]
}

must 'all are up' start_secrets
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key" -out "$work/cert" -days 3 -subj /CN=a 2>/dev/null
in_vault secret/data/app '{"data": {"k": "v1"}}'
in_vault secret/data/tls "$(jq -n --rawfile cert "$work/cert" '{data: {"tls.crt": $cert, "tls.key": "x"}}')"
make_external app '{"refreshInterval": "1h", "secretStoreRef": {"name": "vault"}, "data": [{"secretKey": "k", "remoteRef": {"key": "app", "property": "k"}}]}'
make_external tls '{"refreshInterval": "1h", "secretStoreRef": {"name": "vault"}, "dataFrom": [{"extract": {"key": "tls"}}]}'
must 'a Secret is made' until_so 10 eval '[ "$(secret app k)" = v1 ]'
must 'the store is healthy' until_so 10 store_is .ready True
must 'its provider is named' store_is .provider vault
must 'it logged in' eval 'near "$(ask /v1/secret-stores ".items[] | select(.name == \"vault\") | .loginTime | fromdate")" "$(date +%s)"'
must 'its token ends' eval 'near "$(ask /v1/secret-stores ".items[] | select(.name == \"vault\") | .tokenEnd | fromdate")" "$(($(date +%s) + 3600))"'
must 'so says the metric' near "$(metric reconciled_secret_store_token_end_seconds 'kind="SecretStore",name="vault",namespace="shop"')" "$(($(date +%s) + 3600))"
must 'its server is asked' store_is '.server.breaker + " " + .server.url' "closed $vault"
must 'nothing failed' store_is .lastError null
must 'a certificate ends' until_so 10 eval 'near "$(metric reconciled_secret_certificate_end_seconds "name=\"tls\",namespace=\"shop\"")" "$(($(date +%s) + 3 * 86400))"'
must 'a Secret without one has none' test "$(metric reconciled_secret_certificate_end_seconds 'name="app",namespace="shop"')" = 0

make_workload web app
make_workload other none
must 'nothing was restarted yet' test "$(ask /v1/secrets/shop/app .restarted)" = null
in_vault secret/data/app '{"data": {"k": "v2"}}'
"$ctl" secret refresh shop/app >/dev/null
must 'what was restarted for it is told' until_so 10 eval '[ "$(ask /v1/secrets/shop/app ".restarted.workloads | join(\" \")")" = Deployment/web ]'
must 'and when' near "$(ask /v1/secrets/shop/app '.restarted.time | fromdate')" "$(date +%s)"
before=$(ask /v1/secrets/shop/app .restarted.time)
stop_daemon
must 'the daemon starts again' start_daemon
must 'it still knows' until_so 10 eval '[ "$(ask /v1/secrets/shop/app ".restarted.time")" = "$before" ]'

misbehave '{"fault": "sealed", "match": ""}'
"$ctl" secret refresh shop/app >/dev/null
must 'a sealed Vault is not asked' until_so 10 eval 'store_is .server.breaker open || store_is .server.breaker half-open'
must 'and said to be sealed' eval 'ask /v1/secret-stores ".items[] | select(.name == \"vault\") | .server.message" | grep -q sealed'
misbehave '{}'
must 'then it is asked again' until_so 70 store_is .server.breaker closed
change "$stores/vault" '{"spec": {"provider": {"vault": {"auth": {"kubernetes": {"role": "nobody"}}}}}}'
must 'what failed last is told' until_so 10 eval 'ask /v1/secret-stores ".items[] | select(.name == \"vault\") | .lastError" | grep -q "invalid role name"'
must 'and when' near "$(ask /v1/secret-stores '.items[] | select(.name == "vault") | .lastErrorTime | fromdate')" "$(date +%s)"
must 'no value is told' eval '! ask /v1/secrets . | grep -qE "v1\"|v2\""'
summary
