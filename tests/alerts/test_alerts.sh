#!/bin/bash
# The alert rules fire when they should and only then (promtool), the metrics page is what Prometheus
# reads, and every metric that a rule or the dashboard names is on it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/support/platform.sh
. "$here/../support/platform.sh"
trap stop_platform EXIT
rules=$top/conf/prometheus/reconciled.rules.yaml
dashboard=$top/conf/grafana/reconciled.json

# The names of metrics in text, without what a histogram adds.
names() {
	grep -oE '\b(argocd|externalsecret|secretstore|clustersecretstore|reconciled|process)_[a-z_]+' | sed -E 's/_(bucket|sum|count)$//' | sort -u
}

tested() { # every alert is expected to fire somewhere
	local alert

	for alert in $(sed -n 's/^ *- alert: //p' "$rules"); do
		grep -A 2 "alertname: $alert\$" "$here/reconciled.tests.yaml" | grep -q 'exp_labels' || { echo "$alert has no test"; return 1; }
		grep -q "alertname: $alert, exp_alerts: \[\]" "$here/reconciled.tests.yaml" || { echo "$alert is not tried where all is well"; return 1; }
	done
}

exist() { # FILE: each metric in it is on the page
	local name bad=0

	for name in $(names <"$1"); do
		grep -q "^# TYPE $name " "$work/page" || { echo "there is no metric $name"; bad=1; }
	done
	return $bad
}

# External Secrets and Argo CD gave metrics names that promtool would not, and dashboards know them.
page_is_well() {
	promtool check metrics <"$work/page" >"$work/lint" 2>&1
	[ $? -eq 1 ] && return 1
	! grep -vE '^(externalsecret_sync_calls_error counter metrics should have "_total" suffix|argocd_app_orphaned_resources_count .*"_count" suffix)$' "$work/lint"
}

start_platform && until_so 40 is_synced || give_up 'the platform does not come up'
curl -sS --unix-socket "$RECONCILED_SOCKET" http://localhost/metrics >"$work/page"
grep -E '^ *expr: ' "$rules" >"$work/rules"
jq -r '.panels[].targets[].expr' "$dashboard" >"$work/queries"
check 'the rules name metrics that exist' exist "$work/rules"
check 'the dashboard names metrics that exist' exist "$work/queries"
check 'the dashboard asks something in each panel' jq -e '[.panels[] | (.targets | length) > 0] | all and length > 10' "$dashboard"
check 'each alert is tested' tested
if command -v promtool >/dev/null; then
	cp "$rules" "$here/reconciled.tests.yaml" "$work"
	check 'the rules are rules' promtool check rules "$work/reconciled.rules.yaml"
	check 'the rules fire when they should' promtool test rules "$work/reconciled.tests.yaml"
	check 'the metrics page is one' page_is_well
else
	skip 3 "no promtool (make conformance PEER=alerts brings it): no rule was tried"
fi
summary
