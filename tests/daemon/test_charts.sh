#!/bin/bash
# Charts of a Helm repository and of a registry, with value files from Git, brought to the cluster
# by a daemon: new versions are followed, what was learnt stays while the repository is away.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
trap stop_platform EXIT
export INTERVAL=10s

show_more() {
	"$ctl" app list
	"$ctl" status -o json | jq .repositories
}

pack() { # NAME VERSION: into the repository and the registry
	local tag=${2//+/_}

	mkdir -p "$work/make/$1/templates" "$work/www/charts" "$work/www/org/$1"
	printf 'apiVersion: v2\nname: %s\nversion: %s\n' "$1" "$2" >"$work/make/$1/Chart.yaml"
	printf 'from: chart\nsuffix: ""\n' >"$work/make/$1/values.yaml"
	cat >"$work/make/$1/templates/c.yaml" <<-'END'
		apiVersion: v1
		kind: ConfigMap
		metadata:
		  name: {{ .Release.Name }}{{ .Values.suffix }}
		data:
		  version: {{ .Chart.Version | quote }}
		  from: {{ .Values.from | quote }}
	END
	tar czf "$work/www/charts/$1-$2.tgz" -C "$work/make" "$1"
	cp "$work/www/charts/$1-$2.tgz" "$work/www/org/$1/$tag.tgz"
	index
}

index() {
	local file base

	{
		printf 'apiVersion: v1\nentries:\n  web:\n'
		for file in "$work"/www/charts/web-*.tgz; do
			base=${file##*/web-}
			printf '  - {name: web, version: "%s", urls: ["%s"], digest: %s}\n' \
				"${base%.tgz}" "${file##*/}" "$(sha256sum <"$file" | cut -c1-64)"
		done
	} >"$work/www/charts/index.yaml.new"
	mv "$work/www/charts/index.yaml.new" "$work/www/charts/index.yaml"
}

application() { # NAME SOURCES
	cat <<-END
		---
		apiVersion: argoproj.io/v1alpha1
		kind: Application
		metadata: { name: $1, namespace: argocd }
		spec:
		  project: default
		  destination: { name: judge, namespace: judge }
		  syncPolicy: { automated: { selfHeal: true }, syncOptions: [CreateNamespace=true] }
		  sources: $2
	END
}

is() { # NAME KEY VALUE
	[ "$(get "/api/v1/namespaces/judge/configmaps/$1" ".data[\"$2\"]" 2>/dev/null)" = "$3" ]
}

state() { # REPOSITORY STATE
	[ "$("$ctl" status -o json | jq -r ".repositories[] | select(.name == \"$1\") | .state")" = "$2" ]
}

is_well() { # NAME
	[ "$("$ctl" app get "$1" -o json | jq -r '[.status.sync.status, (.status.conditions | length)] | join(" ")')" = 'Synced 0' ]
}

refresh() {
	"$ctl" app refresh "$1"
}

misbehave() { # MODE MATCH
	curl -sS -o /dev/null -d "{\"mode\": \"$1\", \"match\": \"$2\"}" "$charts/_control"
}

mkdir -p "$work/www" "$work/values"
pack web 1.0.0
pack web 2.0.0-rc.1
serve kube kubeapi --kubeconfig-out "$work/kubeconfig" --ready-after 100
serve charts charts --root "$work/www" --user me:secret --page 1
registry=${charts#http://}
commit() {
	git -C "$work/values" add -A
	git -C "$work/values" -c user.name=a -c user.email=a@b.c commit -q -m "$1"
}

# A chart in Git that depends on all kinds of others, none of them in its charts/.
in_git() { # VERSION-OF-WEB
	mkdir -p "$work/values/app/templates" "$work/values/libs/base/templates"
	cat >"$work/values/app/Chart.yaml" <<-END
		apiVersion: v2
		name: app
		version: 0.1.0
		dependencies:
		- { name: web, version: "$1", repository: "$charts/charts" }
		- { name: web, version: "$1", alias: named, repository: "@charts" }
		- { name: web, version: 1.0.0, alias: ours, repository: "oci://$registry/org" }
		- { name: base, version: "*", repository: "file://../libs/base" }
	END
	printf '%s: { suffix: -%s }\n' web web named named ours ours >"$work/values/app/values.yaml"
	printf 'apiVersion: v2\nname: base\nversion: 0.0.1\n' >"$work/values/libs/base/Chart.yaml"
	printf '{{ define "base.name" }}from-base{{ end }}\n' >"$work/values/libs/base/templates/_h.tpl"
	cat >"$work/values/app/templates/c.yaml" <<-'END'
		apiVersion: v1
		kind: ConfigMap
		metadata: { name: in-git }
		data:
		  web: {{ .Subcharts.web.Chart.Version | quote }}
		  named: {{ .Subcharts.named.Chart.Version | quote }}
		  ours: {{ .Subcharts.ours.Chart.Version | quote }}
		  base: {{ include "base.name" . | quote }}
	END
}

git init -q -b main "$work/values"
printf 'from: git\n' >"$work/values/web.yaml"
in_git 1.x
commit values
{
	application of-helm "[{repoURL: $charts/charts, chart: web, targetRevision: 1.x}]"
	application of-oci "[{repoURL: $registry/org, chart: web, targetRevision: '*',
		helm: {valueFiles: [\$values/web.yaml]}},
		{repoURL: 'file://$work/values', targetRevision: main, ref: values}]"
	application as-oci "[{repoURL: 'oci://$registry/org/web', path: ., targetRevision: 1.0.0}]"
	application in-git "[{repoURL: 'file://$work/values', path: app}]"
	application no-such "[{repoURL: $charts/charts, chart: web, targetRevision: '>7'}]"
	application elsewhere "[{repoURL: 'https://charts.example.com', chart: web}]"
} >"$work/apps.yaml"
cat >"$work/reconciled.yaml" <<-END
	clusters: [{ name: judge, kubeconfig: $work/kubeconfig }]
	repositories:
	  - { name: charts, type: helm, url: $charts/charts, interval: 10s, auth: { username: me, env: PASSWORD } }
	  - { name: registry, url: "oci://$registry/org", plainHttp: true, interval: 10s, auth: { username: me, env: PASSWORD } }
	  - { name: values, url: "file://$work/values", interval: 10s }
	unlistedRepositories: false
	applications: [{ file: $work/apps.yaml }]
	api: { socket: $RECONCILED_SOCKET }
	log: { level: info, format: text }
	stateDirectory: $work/state
	cacheDirectory: $work/cache
END
export PASSWORD=secret
start_daemon || give_up 'the daemon does not start'

check "a chart of a Helm repository is deployed" until_so 30 is of-helm version 1.0.0
check "without a values file it has its own values" is of-helm from chart
check "a chart of a registry, without a scheme, with values from Git" until_so 30 is of-oci from git
check "the newest that is no prerelease" is of-oci version 1.0.0
check "a registry's URL with path instead of chart" until_so 30 is as-oci version 1.0.0

check "a chart in Git is given what it depends on: of a repository" until_so 30 is in-git web 1.0.0
check "of one that it names" is in-git named 1.0.0
check "of a registry" is in-git ours 1.0.0
check "of a folder of the commit" is in-git base from-base

condition() { # NAME PART
	"$ctl" app get "$1" -o json | jq -r '.status.conditions[]?.message' | grep -qF -- "$2"
}
check "no version meets the range" until_so 30 condition no-such "no version of chart 'web' meets '>7'"
check "a repository that is not configured" until_so 30 condition elsewhere \
	"repository https://charts.example.com is not configured"
revision=$("$ctl" app get of-helm -o json | jq -r .status.sync.revision)
check "the revision names version and digest" \
	test "$revision" = "1.0.0@sha256:$(sha256sum <"$work/www/charts/web-1.0.0.tgz" | cut -c1-64)"

pack web 1.1.0+b.7
refresh of-helm
refresh of-oci
check "a new version in the range is followed" until_so 30 is of-helm version 1.1.0+b.7
check "in the registry, too" until_so 30 is of-oci version 1.1.0+b.7
check "an exact version stays" is as-oci version 1.0.0

check "what was resolved for a commit stays" is in-git web 1.0.0
sed -i 's/version: 0.1.0/version: 0.1.1/' "$work/values/app/Chart.yaml"
commit 'the same with another version'
refresh in-git
check "for the next one ranges are resolved anew" until_so 30 is in-git web 1.1.0+b.7
printf 'dependencies: []\ndigest: sha256:0\n' >"$work/values/app/Chart.lock"
commit 'a lock that does not fit'
refresh in-git
check "a lock that does not fit is told as Helm tells it" until_so 30 condition in-git \
	'the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml)'
check "and nothing changes" is in-git web 1.1.0+b.7
rm "$work/values/app/Chart.lock"
commit 'without a lock'
refresh in-git
check "a commit puts it right" until_so 30 is_well in-git

misbehave 503 /
refresh of-helm
refresh of-oci
check "a repository that fails says so" until_so 30 state charts failing
check "and a registry" until_so 30 state registry failing
reason=$("$ctl" status -o json | jq -r '.repositories[] | select(.name == "charts") | .reason')
check "with the reason: $reason" grep -q '503 Service Unavailable' <<<"$reason"
api /api/v1/namespaces/judge/configmaps/of-helm -X DELETE -o /dev/null
check "what is deployed is healed meanwhile" until_so 30 is of-helm version 1.1.0+b.7
kill "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
api /api/v1/namespaces/judge/configmaps/of-oci -X DELETE -o /dev/null
api /api/v1/namespaces/judge/configmaps/in-git -X DELETE -o /dev/null
start_daemon
check "also after a start without it" until_so 30 is of-oci version 1.1.0+b.7
check "with what charts in Git depend on" until_so 30 is in-git web 1.1.0+b.7
misbehave ok /
pack web 1.2.0
refresh of-helm
check "it answers again" until_so 60 state charts ok
check "and is followed" until_so 30 is of-helm version 1.2.0

misbehave wrong web-1.3.0
pack web 1.3.0
refresh of-helm
check "an archive that is not what the index says is refused" until_so 30 state charts failing
check "and the last good one stays" is of-helm version 1.2.0
check "no secret is in the log" test "$(grep -c 'secret\|bWU6c2VjcmV0' "$work/log")" = 0
summary
