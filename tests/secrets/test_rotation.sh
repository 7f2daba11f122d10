#!/bin/bash
# Dynamic credentials on the stand-ins: renewed, rotated, rolled, revoked; never a third user, none
# minted by a restart or by asking again and again; a rollout that fails keeps the old ones alive.
set -u
TOKEN_S=${TOKEN_S:-300}
# shellcheck source=tests/support/secrets.sh
. "$(dirname "$0")/../support/secrets.sh"
trap stop_platform EXIT

watch_users() {
	local n

	while :; do
		n=$(users)
		echo "$n" >>"$work/users"
		sleep 0.1
	done
}

max_users() {
	sort -n "$work/users" | tail -n 1
}

user() { secret app username; }
is_user_other() { [ -n "$(user)" ] && [ "$(user)" != "$1" ]; }
is_alive() { curl -s "$vault/_control/users" | jq -e --arg u "$1" '.users | index($u)' >/dev/null; }
is_dead() { ! is_alive "$1"; }
are_users() { [ "$(users)" = "$1" ]; }

must 'all are up' start_secrets
in_vault database/roles/app '{"ttl": 8, "max_ttl": 12}'
watch_users &
pids+=($!)

make_database_secret app app
must 'credentials are made' until_so 10 eval '[ -n "$(user)" ]'
make_workload app app
must 'its pods run' until_so 10 is "$deployments/app" .status.readyReplicas 2
must 'they are a living user' is_alive "$(user)"
first=$(user)

must 'they are replaced before they end' until_so 12 is_user_other "$first"
must 'a lease was renewed first' test "$(vault_count 'sys/leases/renew')" -ge 1
second=$(user)
must 'the Deployment is rolled' until_so 10 is "$deployments/app" .status.updatedReplicas 2
must 'the old user is revoked when no pod has it' until_so 10 is_dead "$first"
must 'by us' test "$(vault_count 'PUT /v1/sys/leases/revoke')" -ge 1
must 'the new one lives' is_alive "$second"

# A restart within the window mints nothing.
minted=$(vault_count 'GET /v1/database/creds/app')
kill_daemon
must 'it starts again' start_daemon
sleep 2
must 'a restart mints nothing' test "$(vault_count 'GET /v1/database/creds/app')" = "$minted"
must 'and loses nothing' is_alive "$(user)"

# Asking again and again makes no crowd.
for i in $(seq 20); do
	"$ctl" secret refresh shop/app >/dev/null
	change "$es/app" "{\"metadata\": {\"annotations\": {\"force-sync\": \"$i\"}}}"
	sleep 0.1
done
must 'never above two users' test "$(max_users)" -le 2
must 'one is left in the end' until_so 15 are_users 1

# A rollout that fails.
third=$(user)
change "$deployments/app" '{"spec": {"template": {"metadata": {"annotations": {"kubeapi.test/behaviour": "never"}}}}}'
must 'they are rotated in spite of it' until_so 15 is_user_other "$third"
sleep 1
must 'the old user lives on: pods still have it' is_alive "$third"
must 'that is told' eval '"$ctl" secret get shop/app -o json | jq -e ".rollout | test(\"pods still use\")" >/dev/null'
change "$deployments/app" '{"spec": {"template": {"metadata": {"annotations": {"kubeapi.test/behaviour": "ready"}}}}}'
must 'when it is put right the old user goes' until_so 15 is_dead "$third"

# The lost token takes all leases along: they are replaced at once.
fourth=$(user)
curl -s -o /dev/null -X POST "$vault/_control/expire-tokens" -d '{}'
must 'a lost login is noticed and the credentials replaced' until_so 10 is_user_other "$fourth"
must 'by a living user' until_so 10 eval 'is_alive "$(user)"'

# The Secret deleted by hand: what is known is written again, nobody is minted for it.
minted=$(vault_count 'GET /v1/database/creds/app')
current=$(user)
api "$ns/secrets/app" -X DELETE -o /dev/null
must 'a deleted Secret is written again' until_so 5 eval '[ -n "$(user)" ]'
[ "$(user)" = "$current" ] && must 'with what is known' test "$(vault_count 'GET /v1/database/creds/app')" = "$minted"

# The end: nothing is left behind.
api "$deployments/app" -X DELETE -o /dev/null
api "$es/app" -X DELETE -o /dev/null
must 'a deleted ExternalSecret leaves no user behind' until_so 15 are_users 0
must 'never above two users, in all of it' test "$(max_users)" -le 2
must 'nothing is remembered of it' eval '! "$ctl" secret list -o json | jq -e ".items | length > 0" >/dev/null'

# Static roles: read when their password changes, not each interval.
in_vault database/roles/report '{"rotation_period": 4}'
make_external report '{"refreshInterval": "1s", "secretStoreRef": {"name": "database"},
	"data": [{"secretKey": "password", "remoteRef": {"key": "static-creds/report", "property": "password"}}]}'
must 'a static role is read' until_so 5 eval '[ -n "$(secret report password)" ]'
password=$(secret report password)
must 'and again when its password is another' until_so 8 eval '[ "$(secret report password)" != "$password" ]'
must 'not each interval' test "$(vault_count 'static-creds/report')" -le 4

# Ended in the middle of a lease: its token is not revoked, and nothing breaks.
in_vault database/roles/app '{"ttl": 60, "max_ttl": 60}'
make_database_secret late app
must 'credentials are made' until_so 10 are_users 1
stop_daemon
must 'it ended well' test "$daemon_code" = 0
must 'the user lives on' are_users 1
must 'it starts again' start_daemon
api "$es/late" -X DELETE -o /dev/null
must 'and goes with its ExternalSecret' until_so 10 are_users 0

# At the end the login that holds no lease is revoked.
tokens=$(curl -s "$vault/_control/tokens" | jq .tokens)
stop_daemon
must 'a login that holds no lease is revoked at the end' test "$(curl -s "$vault/_control/tokens" | jq .tokens)" -lt "$tokens"
must 'no value is in the log' eval '! grep -qE "A1a-|S1a-|hvs\." "$work/log"'
must 'nor in the state' eval '! grep -qaE "A1a-|S1a-|hvs\." "$work"/state/*'
summary
