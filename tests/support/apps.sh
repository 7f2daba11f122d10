# Sourced by the tests of applications: an API server, a Git repository of applications and of what
# they bring, and a daemon that follows it.
#
# Sets: work ctl kube git daemon_pid. See check.sh for how they check.
# shellcheck shell=bash

# shellcheck source=tests/support/platform.sh
. "$(dirname "${BASH_SOURCE[0]}")/platform.sh"
cm=/api/v1/namespaces/shop/configmaps

of_app() { # NAME FILTER VALUE
	[ "$("$ctl" app get "$1" -o json 2>/dev/null | jq -r "$2")" = "$3" ]
}

synced() { # NAME
	of_app "$1" '[.status.sync.status, .status.operationState.phase] | join(" ")' 'Synced Succeeded'
}

no_app() { # NAME
	! "$ctl" app get "$1" >/dev/null 2>&1
}

config_map() { # NAME [ANNOTATIONS AS A FLOW MAPPING]
	printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, annotations: {%s}}\ndata: {a: b}\n---\n' "$1" "${2:-}"
}

application() { # NAME PATH [LINES OF spec] [FINALIZER]
	cat <<-END
		apiVersion: argoproj.io/v1alpha1
		kind: Application
		metadata:
		  name: $1
		  finalizers: [${4:-}]
		spec:
		  destination: { name: in-cluster, namespace: shop }
		  source: { repoURL: $git/apps.git, path: $2 }
		  syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: [CreateNamespace=true] }
		${3:-}
	END
}

finalizer=resources-finalizer.argocd.argoproj.io

publish() { # MESSAGE: commit, push, and tell the daemon
	git -C "$work/repo" add -A
	git -C "$work/repo" commit -q --allow-empty -m "$1"
	git -C "$work/repo" push -q origin main
	poll
}

# Any application's refresh polls the repository; without one the interval has to do.
poll() {
	local name

	for name in $("$ctl" app list -o json 2>/dev/null | jq -r '.items[].metadata.name'); do
		"$ctl" app refresh "$name" >/dev/null 2>&1
	done
}

# The daemon's configuration; the entries of 'applications' come from standard input.
configure() {
	cat >"$work/reconciled.yaml" <<-END
		clusters: [{ name: one, kubeconfig: $work/kubeconfig }]
		repositories: [{ name: apps, url: $git/apps.git, interval: 10s }]
		applications:
		$(cat)
		api: { socket: $RECONCILED_SOCKET }
		log: { level: ${LEVEL:-info}, format: text }
		stateDirectory: $work/state
		cacheDirectory: $work/cache
	END
}

start_apps() {
	mkdir -p "$work/served" "$work/repo"
	start_kube || return 1
	serve git githttp --root "$work/served"
	git init -q -b main "$work/repo"
	git -C "$work/repo" config user.name 'A. Developer'
	git -C "$work/repo" config user.email developer@example.com
	git -C "$work/repo" commit -q --allow-empty -m begin
	git clone -q --bare "$work/repo" "$work/served/apps.git"
	git -C "$work/repo" remote add origin "$work/served/apps.git"
}

stop_daemon() { # [SIGNAL]
	kill "-${1:-TERM}" "$daemon_pid"
	wait "$daemon_pid" 2>/dev/null
}

# The kinds that Argo CD installs, as its CustomResourceDefinitions have them: no status subresource.
define_argo() {
	local kind

	for kind in Application:applications AppProject:appprojects; do
		send /apis/apiextensions.k8s.io/v1/customresourcedefinitions "{
			\"apiVersion\": \"apiextensions.k8s.io/v1\", \"kind\": \"CustomResourceDefinition\",
			\"metadata\": {\"name\": \"${kind#*:}.argoproj.io\"},
			\"spec\": {\"group\": \"argoproj.io\", \"scope\": \"Namespaced\", \"names\": {\"kind\": \"${kind%:*}\", \"plural\": \"${kind#*:}\"},
				\"versions\": [{\"name\": \"v1alpha1\", \"served\": true, \"storage\": true,
					\"schema\": {\"openAPIV3Schema\": {\"type\": \"object\", \"x-kubernetes-preserve-unknown-fields\": true}}}]}}"
	done
}

argo=/apis/argoproj.io/v1alpha1/namespaces

# Send a YAML manifest as `kubectl apply --server-side` does.
apply() { # PATH < MANIFEST
	api "$1?fieldManager=somebody&force=true" -o "$work/applied" -X PATCH \
		-H 'Content-Type: application/apply-patch+yaml' --data-binary @-
}

patch() { # PATH JSON-MERGE-PATCH
	api "$1" -o "$work/patched" -X PATCH -H 'Content-Type: application/merge-patch+json' -d "$2"
}

delete() { # PATH
	api "$1" -o /dev/null -X DELETE
}
