# Health, as the daemon shows it and as waves wait for it.
# shellcheck shell=bash

status_of() { # PATH JSON: what its controller reports
	api "$1/status" -X PATCH -o /dev/null -H 'Content-Type: application/merge-patch+json' -d "{\"status\": $2}"
}

custom() { # KIND NAME [ANNOTATIONS]
	manifest "$2" <<-END
		apiVersion: example.io/v1
		kind: $1
		metadata: { name: $2, annotations: ${3:-{\}} }
		spec: { size: 1 }
	END
}

is_healthy_as() { # STATUS
	says .status.health.status "$1"
}

row_health_of_a_workload() {
	application
	workload Deployment web
	push
	must 'it is synced' sync
	soon 'it is well' is_healthy_as Healthy
	sed -i 's/example.com\/web:1/example.com\/web:broken/' "$work/repo/rows/$row/web.yaml"
	push
	"$ctl" app sync "$row" --async
	soon 'while it rolls it is not' is_healthy_as Progressing
	soon 'and says why' tells ImagePullBackOff
}

row_health_by_kstatus() {
	local path=/apis/example.io/v1/namespaces/$row/things/one

	application
	custom Thing one
	push
	must 'it is synced' sync
	must 'without conditions it has none' is_healthy_as Healthy
	status_of "$path" '{"conditions": [{"type": "Ready", "status": "False", "message": "wait for it"}]}'
	soon 'not ready' is_healthy_as Progressing
	must 'with its words' tells 'wait for it'
	status_of "$path" '{"conditions": [{"type": "Ready", "status": "True"}]}'
	soon 'ready' is_healthy_as Healthy
	status_of "$path" '{"conditions": [{"type": "Ready", "status": "True"}, {"type": "Stalled", "status": "True", "message": "no way"}]}'
	soon 'stalled' is_healthy_as Degraded
	status_of "$path" '{"conditions": [{"type": "Ready", "status": "True"}], "observedGeneration": 0}'
	soon 'not looked at yet' is_healthy_as Progressing
}

row_health_script() {
	local path=/apis/example.io/v1/namespaces/$row/judgeds/one

	application
	custom Judged one '{ argocd.argoproj.io/sync-wave: "-1" }'
	config_map after
	push
	"$ctl" app sync "$row" --async
	soon 'it is made' is_there "$path"
	soon 'the wave waits for what the script says' tells 'no phase yet'
	must 'the next one was not begun' is_gone "$(core configmaps/after)"
	status_of "$path" '{"phase": "Good"}'
	soon 'then it goes on' is_there "$(core configmaps/after)"
	soon 'it is well' is_healthy_as Healthy
	status_of "$path" '{"phase": "Bad"}'
	soon 'and is not when the script says so' is_healthy_as Degraded
	must 'with its words' tells 'phase Bad'
}

row_health_ignored() {
	local path=/apis/example.io/v1/namespaces/$row/judgeds/one

	application
	custom Judged one '{ argocd.argoproj.io/ignore-healthcheck: "true" }'
	push
	must 'it is synced, without waiting' sync
	status_of "$path" '{"phase": "Bad"}'
	sleep 0.5
	must 'it does not count' is_healthy_as Healthy
}

row_health_degraded_fails_the_wave() {
	application
	custom Judged one '{ argocd.argoproj.io/sync-wave: "-1" }'
	config_map after
	push
	"$ctl" app sync "$row" --async
	soon 'it is made' is_there "/apis/example.io/v1/namespaces/$row/judgeds/one"
	status_of "/apis/example.io/v1/namespaces/$row/judgeds/one" '{"phase": "Bad"}'
	SOON=30 soon 'the sync fails, when it lasts' has_failed
	must 'the next wave was not begun' is_gone "$(core configmaps/after)"
}
