#!/bin/bash
# The function lookup: empty without the annotation, answered from the live cluster with it, asked
# again with the answers, refused where the project does not reach; the worker has no network.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
trap stop_platform EXIT
export INTERVAL=10s

show_more() {
	"$ctl" app list
}

application() { # NAME PATH PROJECT ANNOTATION
	cat <<-END
		---
		apiVersion: argoproj.io/v1alpha1
		kind: Application
		metadata: { name: $1, namespace: argocd, annotations: { $4 } }
		spec:
		  project: $3
		  destination: { name: judge, namespace: judge }
		  syncPolicy: { automated: { selfHeal: true } }
		  source: { repoURL: 'file://$work/charts', path: $2 }
	END
}

is() { # NAME KEY VALUE
	[ "$(get "/api/v1/namespaces/judge/configmaps/$1" ".data[\"$2\"]" 2>/dev/null)" = "$3" ]
}

condition() { # NAME PART
	"$ctl" app get "$1" -o json | jq -r '.status.conditions[]?.message' | grep -qF -- "$2"
}

config_map() { # NAMESPACE NAME DATA
	send "/api/v1/namespaces/$1/configmaps" \
		"{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"$2\"}, \"data\": $3}"
}

chart() { # NAME: its template is standard input
	mkdir -p "$work/charts/$1/templates"
	printf 'apiVersion: v2\nname: %s\nversion: 1.0.0\n' "$1" >"$work/charts/$1/Chart.yaml"
	cat >"$work/charts/$1/templates/c.yaml"
}

serve kube kubeapi --kubeconfig-out "$work/kubeconfig" --ready-after 100
for name in judge other; do
	send /api/v1/namespaces "{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"$name\"}}"
done
config_map judge first '{"next": "second"}'
config_map judge second '{"word": "found"}'
config_map other secret '{"word": "hidden"}'

chart chain <<'END'
{{- $first := lookup "v1" "ConfigMap" .Release.Namespace "first" }}
{{- $next := dig "data" "next" "" $first }}
{{- $second := dict }}
{{- if $next }}{{ $second = required "the second" (lookup "v1" "ConfigMap" .Release.Namespace $next) }}{{ end }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  word: {{ dig "data" "word" "nothing" $second | quote }}
  absent: {{ lookup "v1" "ConfigMap" .Release.Namespace "absent" | toJson | quote }}
  kind: {{ (lookup "v1" "ConfigMap" .Release.Namespace "").kind | default "nothing" | quote }}
  names: {{ range (lookup "v1" "ConfigMap" .Release.Namespace "").items }}{{ if hasKey (.data | default dict) "next" }}{{ .metadata.name }}{{ end }}{{ end }}
  uid: {{ (lookup "v1" "Namespace" "" "judge").metadata | empty | quote }}
END
chart far <<'END'
apiVersion: v1
kind: ConfigMap
metadata: { name: far }
data: { word: {{ (lookup "v1" "ConfigMap" "other" "secret").data | toJson | quote }} }
END
chart all <<'END'
apiVersion: v1
kind: ConfigMap
metadata: { name: all }
data: { n: {{ len (lookup "v1" "ConfigMap" "" "").items | quote }} }
END
chart unknown <<'END'
apiVersion: v1
kind: ConfigMap
metadata: { name: unknown }
data: { n: {{ lookup "example.io/v1" "Nothing" "" "" | toJson | quote }} }
END
chart endless <<'END'
{{- define "ask" }}{{ $o := lookup "v1" "ConfigMap" "judge" (printf "n%d" (int .)) }}{{ if hasKey $o "kind" }}{{ include "ask" (add1 .) }}{{ end }}{{ end }}
apiVersion: v1
kind: ConfigMap
metadata: { name: endless }
data: { n: "{{ include "ask" 1 }}" }
END
for i in $(seq 1 20); do
	config_map judge "n$i" '{"a": "b"}'
done
git init -q -b main "$work/charts"
git -C "$work/charts" add -A
git -C "$work/charts" -c user.name=a -c user.email=a@b.c commit -q -m charts
{
	application empty chain default ''
	application live chain default 'reconciled.io/lookup: "true"'
	application far far team 'reconciled.io/lookup: "true"'
	application all all team 'reconciled.io/lookup: "true"'
	application unknown unknown default 'reconciled.io/lookup: "true"'
	application endless endless default 'reconciled.io/lookup: "true"'
	cat <<-END
		---
		apiVersion: argoproj.io/v1alpha1
		kind: AppProject
		metadata: { name: team, namespace: argocd }
		spec:
		  sourceRepos: ['*']
		  destinations: [{ name: judge, server: '*', namespace: judge }]
	END
} >"$work/apps.yaml"
application wrong chain default 'reconciled.io/lookup: "maybe"' >"$work/wrong.yaml"
cat >"$work/reconciled.yaml" <<-END
	clusters: [{ name: judge, kubeconfig: $work/kubeconfig }]
	repositories: [{ name: charts, url: "file://$work/charts", interval: 10s }]
	applications: [{ file: $work/apps.yaml }, { file: $work/wrong.yaml }]
	api: { socket: $RECONCILED_SOCKET }
	log: { level: info, format: text }
	stateDirectory: $work/state
	cacheDirectory: $work/cache
END
start_daemon || give_up 'the daemon does not start'

check "without the annotation nothing is found" until_so 30 is empty word nothing
check "and no list" is empty kind nothing
check "with it what is live is found, and what that leads to" until_so 30 is live word found
check "what is not there is empty" is live absent '{}'
check "a list" is live kind ConfigMapList
check "its items" is live names first
check "what is in no namespace" is live uid false
check "another namespace than the project's" until_so 30 condition far "error calling lookup"
check "is named" condition far "namespace other is not permitted in project"
check "all namespaces are more than one" until_so 30 condition all "error calling lookup"
check "an unknown kind" until_so 30 condition unknown \
	"unable to get apiresource from unstructured: example.io/v1, Kind=Nothing"
check "questions without end" until_so 30 condition endless "templates look up more after 10 rounds of answers"
check "an annotation that says nothing" until_so 30 grep -qF "reconciled.io/lookup: 'maybe' is neither true nor false" "$work/log"
check "what was hidden is in no log" test "$(grep -c hidden "$work/log")" = 0

api /api/v1/namespaces/judge/configmaps/second -o /dev/null -X PATCH \
	-H 'Content-Type: application/merge-patch+json' -d '{"data": {"word": "changed"}}'
"$ctl" app refresh live
check "the next look asks anew" until_so 30 is live word changed

summary
