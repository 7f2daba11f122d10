#!/bin/bash
# A plain folder of manifests through a whole life on the in-memory API server: every kind that gates a
# wave, hooks of all phases with their delete policies, a failure that is retried, prunes in order.
set -u
# shellcheck source=tests/support/platform.sh
. "$(dirname "$0")/../support/platform.sh"
trap stop_platform EXIT
ns=/api/v1/namespaces/plain

show_more() {
	"$ctl" app get plain | head -n 30
}

refresh() {
	"$ctl" app refresh plain
}

app() {
	"$ctl" app get plain -o json 2>/dev/null | jq -r "$1"
}

is_at_head() {
	[ "$(app .status.sync.revision)" = "$(git -C "$work/repo" rev-parse HEAD)" ] && is_synced
}

annotations() { # KEY VALUE...: with argocd.argoproj.io/ before each key
	printf 'annotations: {'
	while [ $# -gt 0 ]; do
		printf ' "argocd.argoproj.io/%s": "%s",' "$1" "$2"
		shift 2
	done
	printf ' }'
}

object() { # APIVERSION KIND NAME ANNOTATIONS REST
	printf 'apiVersion: %s\nkind: %s\nmetadata:\n  name: %s\n  %s\n%s\n' "$1" "$2" "$3" "$4" "$5" \
		>"$work/repo/manifests/$3.yaml"
}

workload() { # KIND NAME WAVE BEHAVIOUR
	object apps/v1 "$1" "$2" "$(annotations sync-wave "$3")" "spec:
  selector: { matchLabels: { app: $2 } }
  template:
    metadata: { labels: { app: $2 }, annotations: { kubeapi.test/behaviour: \"$4\" } }
    spec: { containers: [{ name: main, image: \"example.com/$2:1\" }] }"
}

job() { # NAME BEHAVIOUR ANNOTATIONS
	object batch/v1 Job "$1" "$3" "spec:
  backoffLimit: 0
  template:
    metadata: { annotations: { kubeapi.test/behaviour: \"$2\" } }
    spec: { restartPolicy: Never, containers: [{ name: main, image: \"example.com/$1:1\" }] }"
}

config() { # NAME ANNOTATIONS [VALUE]
	object v1 ConfigMap "$1" "$2" "data: { a: ${3:-b} }"
}

make_repository() {
	mkdir -p "$work/repo/manifests" "$work/repo/argocd"
	cat >"$work/repo/argocd/plain.yaml" <<-END
		apiVersion: argoproj.io/v1alpha1
		kind: Application
		metadata: { name: plain, namespace: argocd }
		spec:
		  project: default
		  source: { repoURL: $git/judge.git, path: manifests, targetRevision: main }
		  destination: { server: https://kubernetes.default.svc, namespace: plain }
		  syncPolicy:
		    automated: { prune: true, selfHeal: true }
		    syncOptions: [CreateNamespace=true]
		    retry: { limit: 1, backoff: { duration: 1s, factor: 1, maxDuration: 1s } }
	END
	object apiextensions.k8s.io/v1 CustomResourceDefinition widgets.example.com "$(annotations sync-wave -2)" 'spec:
  group: example.com
  scope: Namespaced
  names: { kind: Widget, plural: widgets }
  versions: [{ name: v1, served: true, storage: true }]'
	object example.com/v1 Widget widget "$(annotations sync-wave -1)" 'spec: { size: 3 }'
	object v1 PersistentVolumeClaim data "$(annotations sync-wave 0)" 'spec: { accessModes: [ReadWriteOnce] }'
	workload StatefulSet database 0 slow:700
	workload DaemonSet agent 1 ready
	workload ReplicaSet replicas 1 ready
	object v1 Pod single "$(annotations sync-wave 1)" 'spec: { containers: [{ name: main, image: "example.com/single:1" }] }'
	object v1 Service balancer "$(annotations sync-wave 2)" 'spec: { type: LoadBalancer, ports: [{ port: 80 }] }'
	object networking.k8s.io/v1 Ingress entrance "$(annotations sync-wave 2)" 'spec: { defaultBackend: { service: { name: balancer, port: { number: 80 } } } }'
	workload Deployment web 3 ready
	object autoscaling/v2 HorizontalPodAutoscaler scaler "$(annotations sync-wave 3)" 'spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web } }'
	job before ready "$(annotations hook PreSync)"
	job after ready "$(annotations hook PostSync hook-delete-policy HookSucceeded)"
	job rescue ready "$(annotations hook SyncFail)"
	config early "$(annotations sync-wave 0)"
	config late "$(annotations sync-wave 3)"
	config keeper "$(annotations sync-options Prune=false)"
	config last "$(annotations sync-wave 9 sync-options PruneLast=true)"
	git init -q -b main "$work/repo"
	git -C "$work/repo" config user.name 'A. Developer'
	git -C "$work/repo" config user.email developer@example.com
	commit 'the manifests'
	git clone -q --bare "$work/repo" "$work/served/judge.git"
	git -C "$work/repo" remote add origin "$work/served/judge.git"
}

# When an object was first written or deleted: its request's number, or its time.
first() { # METHODS PATH-END NAME [FIELD]
	get '/_control/log?since=0' "[.requests[] | select(.dryRun == \"\" and (.method | test(\"$1\")) and
		((.path | endswith(\"/$2/$3\")) or ((.path | endswith(\"/$2\")) and .name == \"$3\")))][0].${4:-n}"
}

in_order() { # METHODS PLURAL/NAME...
	local methods=$1 before=0 now

	shift
	for what in "$@"; do
		now=$(first "$methods" "${what%/*}" "${what#*/}")
		[ "$now" != null ] && [ "$now" -gt "$before" ] || { echo "$what is out of order"; return 1; }
		before=$now
	done
}

health_of() { # KIND: as the application shows it
	app ".status.resources[] | select(.kind == \"$1\") | .health.status"
}

start_platform || give_up 'the platform does not come up'
check 'it becomes synced and healthy' until_so 60 is_at_head
check 'waves in their order' in_order 'POST|PATCH|PUT' namespaces/plain jobs/before \
	customresourcedefinitions/widgets.example.com widgets/widget statefulsets/database daemonsets/agent \
	ingresses/entrance deployments/web jobs/after
between=$(first 'POST|PATCH' statefulsets database atMs),$(first 'POST|PATCH' daemonsets agent atMs)
check 'a wave waits for the one before' eval '[ "${between%,*}" != null ] && [ $((${between#*,} - ${between%,*})) -ge 650 ]'
for kind in PersistentVolumeClaim StatefulSet DaemonSet ReplicaSet Pod Service Ingress Deployment \
	HorizontalPodAutoscaler CustomResourceDefinition; do
	check "the health of a $kind" [ "$(health_of $kind)" = Healthy ]
done
check 'a hook without a policy stays' is_there /apis/batch/v1/namespaces/plain/jobs/before
check 'HookSucceeded takes it away' is_gone /apis/batch/v1/namespaces/plain/jobs/after
check 'how long hooks took is measured' eval 'curl -sS --unix-socket "$RECONCILED_SOCKET" http://localhost/metrics | grep -qE "^reconciled_hook_duration_seconds\{.*phase=\"PreSync\",kind=\"Job\",hook=\"before\"\} [0-9]+$"'
check 'SyncFail did not run' [ "$(first POST jobs rescue)" = null ]

job middle fail "$(annotations hook Sync sync-wave 5 hook-delete-policy HookFailed)"
config early "$(annotations sync-wave 0)" changed # hooks alone are no reason to sync
push 'a hook that fails'
check 'it waits for the retry, and says why' until_so 20 eval 'app .status.reason | grep -q middle'
check 'it fails, after one retry' until_so 20 eval '[ "$(app "[.status.operationState.phase, .status.operationState.retryCount] | join(\" \")")" = "Failed 1" ]'
check 'naming the hook' eval 'app .status.operationState.message | grep -q middle'
check 'SyncFail ran' is_there /apis/batch/v1/namespaces/plain/jobs/rescue
check 'HookFailed takes it away' until_so 5 is_gone /apis/batch/v1/namespaces/plain/jobs/middle
check 'what was healthy still is' [ "$(get /apis/apps/v1/namespaces/plain/deployments/web .status.readyReplicas)" = 1 ]
git -C "$work/repo" rm -q manifests/middle.yaml
config early "$(annotations sync-wave 0)" again
push 'without it'
check 'a fix puts it right' until_so 30 is_at_head

ran=$(get /apis/batch/v1/namespaces/plain/jobs/before .metadata.uid)
git -C "$work/repo" rm -q manifests/{early,late,keeper,last}.yaml
workload Deployment web 3 slow:500
sed -i 's#/before:1#/before:2#' "$work/repo/manifests/before.yaml" # a Job cannot be changed, but it is made anew
push 'some things go'
check 'they are pruned' until_so 30 eval 'is_gone $ns/configmaps/early && is_gone $ns/configmaps/late && is_gone $ns/configmaps/last'
check 'in reverse order of waves, PruneLast last' in_order DELETE configmaps/late configmaps/early configmaps/last
check 'Prune=false stays' is_there $ns/configmaps/keeper
check 'and is told as what is in no commit' until_so 10 eval '[ "$(app ".status.resources[] | select(.name == \"keeper\") | .status")" = OutOfSync ]'
check 'BeforeHookCreation made the hook anew' [ "$(get /apis/batch/v1/namespaces/plain/jobs/before .metadata.uid)" != "$ran" ]
check 'with what cannot be changed about it' [ "$(get /apis/batch/v1/namespaces/plain/jobs/before '.spec.template.spec.containers[0].image')" = example.com/before:2 ]

workload Deployment web 3 never
push 'never ready'
check 'the object that is waited for is named' until_so 20 eval 'app .status.reason | grep -q "blocked by apps/Deployment plain/web"'
check 'a sync under way can be ended' "$ctl" app terminate-op plain
check 'and is' until_so 20 eval '[ "$(app .status.operationState.phase)" != Running ]'

looks() {
	curl -sS --unix-socket "$RECONCILED_SOCKET" http://localhost/metrics |
		sed -n 's/^argocd_app_reconcile_count{.*} //p'
}
kill "${pids[0]}" # the API server
check 'an API server that is away is told' until_so 20 eval '"$ctl" app get plain | grep -q "cannot be watched"'
refresh
sleep 1
before=$(looks)
sleep 3
check 'and not looked at all the time' [ $(($(looks) - before)) -le 3 ]
summary
