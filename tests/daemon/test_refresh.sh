#!/bin/bash
# A refresh that is asked for is never lost, also when the word of the one before comes in the middle
# of it: the value that was in Vault when it was asked for arrives.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
trap "stop_platform" EXIT
rounds=${ROUNDS:-5}

slow() { # MATCH MS
	api /_control/fault -X POST -o /dev/null -d "{\"fault\": \"slow\", \"match\": \"$1\", \"delayMs\": $2}"
}

is_there() { # VALUE
	[ "$(get /api/v1/namespaces/judge/secrets/gateway-secrets '.data["jwt-key"]' | base64 -d)" = "$1" ]
}

start_platform && until_so 30 is_synced || give_up 'the platform does not come up'
# The first ends after 150 ms, its word comes 200 ms later; the second is under way then.
slow /secrets/gateway-secrets 150
slow /externalsecrets/gateway-secrets/status 200
for ((i = 0; i < rounds; i++)); do
	"$ctl" secret refresh judge/gateway-secrets
	sleep 0.27
	in_vault secret/data/judge/gateway "{\"data\": {\"jwt-key\": \"value-$i\"}}"
	"$ctl" secret refresh judge/gateway-secrets
	must "the refresh of round $i is not lost" until_so 10 is_there "value-$i"
	sleep 0.5
done
summary
