#!/bin/bash
# Beside External Secrets, on the stand-ins: only what names a store of our class is looked after, and
# handing over in both directions writes no Secret and rolls no workload.
set -u
# shellcheck source=tests/support/secrets.sh
. "$(dirname "$0")/../support/secrets.sh"
trap stop_platform EXIT

must 'all are up' start_secrets
stop_daemon
in_vault secret/data/app '{"data": {"k": "v1"}}'
make_workload web app '{"reloader.stakater.com/auto": "true"}'
sed -i "s|^\( *\)kubeconfig:.*|&\n\1besideExternalSecrets: true|" "$work/reconciled.yaml"
looks=$(vault_count lookup-self)
must 'it starts beside another' start_daemon
make_external app '{"refreshInterval": "1h", "secretStoreRef": {"name": "vault"}, "data": [{"secretKey": "k", "remoteRef": {"key": "app", "property": "k"}}]}'
sleep 1.5
must 'what names a store without a class is not ours' is "$es/app" '.status // "none"' none
must 'nor is its Secret made' is_gone "$ns/secrets/app"
must 'nor its store tried' test "$(vault_count lookup-self)" = "$looks"
change "$stores/vault" '{"spec": {"controller": "default"}}'
sleep 1
must "nor is one of the operator's class" is_gone "$ns/secrets/app"

# The operator's work, as it leaves it: made by us without the flag, which is the same.
stop_daemon
sed -i "/besideExternalSecrets/d" "$work/reconciled.yaml"
must 'the other one runs' start_daemon
must 'it makes the Secret' until_so 10 eval '[ "$(secret app k)" = v1 ]'
must 'and is in sync' until_so 10 is "$es/app" '.status.conditions[0].status' True
stop_daemon
sed -i "s|^\( *\)kubeconfig:.*|&\n\1besideExternalSecrets: true|" "$work/reconciled.yaml"
must 'we start' start_daemon
version=$(get "$ns/secrets/app" .metadata.resourceVersion)
generation=$(get "$deployments/web" .metadata.generation)
n=$(vault_count secret/data/app)

# ---- to us ----
change "$stores/vault" '{"spec": {"controller": "reconciled"}}'
must 'the store is ours' until_so 10 is "$stores/vault" '.status.conditions[0].status' True
sleep 1.5
must 'its Secret was not written' is "$ns/secrets/app" .metadata.resourceVersion "$version"
must 'no pod is rolled' is "$deployments/web" .metadata.generation "$generation"
must 'nor was Vault read before the interval is over' test "$(vault_count secret/data/app)" = "$n"
in_vault secret/data/app '{"data": {"k": "v2"}}'
change "$es/app" '{"metadata": {"annotations": {"force-sync": "1"}}}'
must 'a refresh is ours now' until_so 10 eval '[ "$(secret app k)" = v2 ]'
must 'it is in sync' until_so 10 is "$es/app" '.status.conditions[0].status' True
must 'and rolled, for its content is another' until_so 10 eval '[ "$(get "$deployments/web" .metadata.generation)" -gt "$generation" ]'

# ---- and back ----
sleep 1.5
version=$(get "$ns/secrets/app" .metadata.resourceVersion)
generation=$(get "$deployments/web" .metadata.generation)
change "$stores/vault" '{"spec": {"controller": null}}'
sleep 1
in_vault secret/data/app '{"data": {"k": "v3"}}'
change "$es/app" '{"metadata": {"annotations": {"force-sync": "2"}}}'
sleep 1.5
must 'handed back it is left alone' test "$(secret app k)" = v2
must 'its Secret stays as it is' is "$ns/secrets/app" .metadata.resourceVersion "$version"
must 'no pod is rolled then' is "$deployments/web" .metadata.generation "$generation"
api "$ns/secrets/app" -X DELETE -o /dev/null
sleep 1
must 'what is missing is for the other one to make' is_gone "$ns/secrets/app"
summary
