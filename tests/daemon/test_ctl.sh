#!/bin/bash
# The command as people and scripts use it: its output in all forms, its exit codes, who may do what,
# and the configuration read again on SIGHUP.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
trap stop_platform EXIT

# A command, the code it ends with, and a glob over what it prints.
case_() { # WHAT STATUS GLOB COMMAND...
	local what=$1 status=$2 glob=$3 out rc

	shift 3
	out=$("$@" 2>&1)
	rc=$?
	# shellcheck disable=SC2053
	if [ "$rc" = "$status" ] && [[ $out == $glob ]]; then
		pass
	else
		fail "$what: exit $rc"$'\n'"$(head -n 20 <<<"$out")"
	fi
}

json() { # FILTER COMMAND...: what it prints in JSON, and in YAML, holds it
	local filter=$1

	shift
	"$@" -o json | jq -e "$filter" >/dev/null && [[ $("$@" --output=yaml) == *:* ]] &&
		! "$@" -o yaml | jq . >/dev/null 2>&1
}

case_ 'no daemon' 11 '*control.sock*' "$ctl" status
start_platform && until_so 30 is_synced || give_up 'the platform does not come up'

case_ 'status' 0 '*CLUSTER*judge*http*ok*REPOSITORY*helm*APP*judge-platform*' "$ctl" status
case_ 'app list' 0 'NAME *SYNC *HEALTH*judge-platform *Synced *Healthy *' "$ctl" app list
case_ 'app get' 0 '*Name: *judge-platform*Deployment *judge *gateway*' "$ctl" app get judge-platform
case_ 'app resources' 0 '*GROUP *KIND*Deployment*' "$ctl" app resources judge-platform
case_ 'app history' 0 '*ID *DATE *REVISION*automated sync policy' "$ctl" app history judge-platform
case_ 'app diff, none' 0 '' "$ctl" app diff judge-platform
case_ 'app wait' 0 '*Sync: *Synced*' "$ctl" app wait judge-platform --timeout 30
case_ 'app sync' 0 '*Operation: *Succeeded*' "$ctl" app sync judge-platform
case_ 'secret list' 0 'NAMESPACE*judge *gateway-secrets *SecretStore/vault *True*' "$ctl" secret list
case_ 'secret get' 0 '*name: gateway-secrets*' "$ctl" secret get judge/gateway-secrets
case_ 'secret get as a table' 0 'NAMESPACE*judge *gateway-secrets*' "$ctl" secret get judge/gateway-secrets -o table
case_ 'status in JSON and YAML' 0 '' json '.clusters[0].state == "ok"' "$ctl" status
case_ 'app list' 0 '' json '.items[0].metadata.name == "judge-platform"' "$ctl" app list
case_ 'app get' 0 '' json '.status.health.status == "Healthy"' "$ctl" app get judge-platform
case_ 'app resources' 0 '' json '.items | length > 20' "$ctl" app resources judge-platform
case_ 'app history' 0 '' json '.items[0].revision' "$ctl" app history judge-platform
case_ 'app wait' 0 '' json '.status.sync.status == "Synced"' "$ctl" app wait judge-platform
case_ 'secret list' 0 '' json '.items | length == 4' "$ctl" secret list
case_ 'secret get' 0 '' json '.ready == "True"' "$ctl" secret get judge/gateway-secrets
case_ 'no colour into a pipe' 0 '' sh -c "! '$ctl' app list | grep -q $'\033'"
if script -qec true /dev/null >/dev/null 2>&1; then
	case_ 'colour on a terminal' 0 $'*\033\[32mSynced*' script -qec "$ctl app list" /dev/null
	case_ 'unless it is unwanted' 0 '' sh -c "! NO_COLOR=1 script -qec '$ctl app list' /dev/null | grep -q $'\033'"
else
	echo 'skip: colour on a terminal: there are no pseudo-terminals here (mount devpts)'
fi

case_ 'no such application' 13 "*no application 'nope'*" "$ctl" app get nope
case_ 'no such secret' 13 '*' "$ctl" secret get judge/nope
case_ 'a diff that cannot be is no difference' 20 '*' "$ctl" app diff nope
case_ 'an unknown command' 64 "*did you mean 'list'*" "$ctl" app lst
case_ 'an unknown flag' 64 '*unknown flag: --bogus*' "$ctl" app list --bogus
case_ 'an unknown form' 64 '*table, json or yaml*' "$ctl" app list -o xml
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 711 "$work"
	other() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
	case_ 'another user may not command' 12 '*' other "$ctl" app sync judge-platform
fi

# Drift that self-heal does not undo, for a difference to look at.
sed -i 's/selfHeal: true/selfHeal: false/' "$work/repo/argocd/judge-platform.yaml"
push 'no self-heal'
until_so 30 eval '[ "$(app .spec.syncPolicy.automated.selfHeal)" = false ] && is_synced &&
	[ "$(app .status.sync.revision)" = "$(git -C "$work/repo" rev-parse HEAD)" ]'
"$ctl" app sync judge-platform >/dev/null 2>&1 # or the commit is still to be tried
api /apis/apps/v1/namespaces/judge/deployments/gateway -X PATCH -o /dev/null \
	-H 'Content-Type: application/merge-patch+json' -d '{"spec": {"replicas": 5, "revisionHistoryLimit": 3}}'
api /api/v1/namespaces/judge/secrets/gateway-secrets -X DELETE -o /dev/null
api /api/v1/namespaces/judge/configmaps/gateway-config -X DELETE -o /dev/null
until_so 20 eval '[ "$(app .status.sync.status)" = OutOfSync ]'
case_ 'app diff shows it, and says so' 1 '*gateway-config*+*' "$ctl" app diff judge-platform
case_ 'waiting for what does not come' 20 '*not there after 1 s*' "$ctl" app wait judge-platform --sync --timeout 1
case_ 'a sync undoes it' 0 '*Sync: *Synced*' "$ctl" app sync judge-platform
case_ 'no difference is left' 0 '' "$ctl" app diff judge-platform

# The configuration.
case_ 'it is valid' 0 '*' "$ctl" config check "$work/reconciled.yaml"
cp "$work/reconciled.yaml" "$work/good.yaml"
sed -i 's/interval: 3m/intervall: 3m/' "$work/reconciled.yaml"
case_ 'a key that is misspelt' 78 "*reconciled.yaml:*: error: unknown key 'intervall'*did you mean 'interval'*" \
	"$ctl" config check "$work/reconciled.yaml"
kill -HUP "$daemon_pid"
case_ 'SIGHUP: it is refused' 0 '' until_so 10 grep -q 'the one before stays in force' "$work/log"
case_ 'status says why' 0 "*was refused*intervall*" "$ctl" status
case_ 'what was, goes on' 0 '*judge-platform *Synced*' "$ctl" app list
sed -e 's/interval: 3m/interval: 7m/' -e 's/name: helm/name: charts/' -e 's/repository: helm/repository: charts/' \
	"$work/good.yaml" >"$work/reconciled.yaml"
kill -HUP "$daemon_pid"
case_ 'SIGHUP: a better one is read' 0 '' until_so 10 eval '"$ctl" status -o json | jq -e ".repositories[0].name == \"charts\" and (.configError | not)" >/dev/null'
case_ 'and the platform is in sync again' 0 '' until_so 30 is_synced
summary
