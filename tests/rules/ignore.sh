# Comparison: what is no difference, and what users say nobody minds.
# shellcheck shell=bash

# A Deployment with ignoreDifferences RULE; then PATCH as somebody else: in sync, and left as it is
# by a sync for another reason. FILTER tells what was patched.
ignored() { # RULE PATCH FILTER VALUE [MANAGER]
	local id

	application '{}' "ignoreDifferences: [{ group: apps, kind: Deployment, $1 }]"
	workload Deployment web
	push
	must 'it is synced' sync
	patch "$(apps deployments/web)" "$2" "${5:-kubectl-edit}"
	soon 'the change was seen' is "$(apps deployments/web)" "$3" "$4"
	sleep 0.3
	must 'it is in sync' settles_as 'Synced Succeeded'
	sed -i 's/example.com\/web:1/example.com\/web:2/' "$work/repo/rows/$row/web.yaml"
	push
	must 'another change is a difference' says .status.sync.status OutOfSync
	must 'it is synced' sync
	must 'the change is applied' is "$(apps deployments/web)" '.spec.template.spec.containers[0].image' example.com/web:2
	must 'what nobody minds is as it was' is "$(apps deployments/web)" "$3" "$4"
	must 'it is in sync' is_in_sync
}

row_ignore_json_pointer() {
	ignored 'jsonPointers: [/spec/replicas]' '{"spec": {"replicas": 4}}' .spec.replicas 4
}

row_ignore_jq_path() {
	ignored 'jqPathExpressions: [".spec.replicas"]' '{"spec": {"replicas": 4}}' .spec.replicas 4
}

row_ignore_jq_program() {
	ignored 'jqPathExpressions: ["if .spec.replicas > 0 then .spec.replicas else empty end"]' \
		'{"spec": {"replicas": 4}}' .spec.replicas 4
}

row_ignore_jq_of_an_element() {
	ignored 'jqPathExpressions: [".spec.template.spec.containers[] | select(.name | test(\"^m\")) | .imagePullPolicy"]' \
		'{"metadata": {"labels": {"x": "y"}}}' .metadata.labels.x y
}

row_ignore_manager() {
	ignored 'managedFieldsManagers: [scaler]' '{"spec": {"replicas": 4}}' .spec.replicas 4 scaler
}

row_ignore_manager_is_not_another() {
	application '{}' 'ignoreDifferences: [{ group: apps, kind: Deployment, managedFieldsManagers: [scaler] }]'
	workload Deployment web
	push
	must 'it is synced' sync
	patch "$(apps deployments/web)" '{"spec": {"replicas": 4}}' somebody
	soon 'what another changes is a difference' says .status.sync.status OutOfSync
}

row_ignore_other_kind() {
	application '{}' 'ignoreDifferences: [{ group: apps, kind: StatefulSet, jsonPointers: [/spec/replicas] }]'
	workload Deployment web
	push
	must 'it is synced' sync
	patch "$(apps deployments/web)" '{"spec": {"replicas": 4}}'
	soon 'a rule about others is none about this' says .status.sync.status OutOfSync
}

row_ignore_by_name() {
	application '{}' 'ignoreDifferences: [{ group: "", kind: ConfigMap, name: one, jsonPointers: [/data/k] }]'
	config_map one
	config_map two
	push
	must 'it is synced' sync
	patch "$(core configmaps/one)" '{"data": {"k": "x"}}'
	sleep 0.5
	must 'the one is ignored' settles_as 'Synced Succeeded'
	patch "$(core configmaps/two)" '{"data": {"k": "x"}}'
	soon 'the other is not' says .status.sync.status OutOfSync
}

row_ignore_everywhere() {
	application
	manifest thing <<-END
		apiVersion: example.io/v1
		kind: Thing
		metadata: { name: one }
		spec: { everywhere: 1, other: 1 }
	END
	push
	must 'it is synced' sync
	patch "/apis/example.io/v1/namespaces/$row/things/one" '{"spec": {"everywhere": 2}}'
	sleep 0.5
	must 'the configuration says so' settles_as 'Synced Succeeded'
	patch "/apis/example.io/v1/namespaces/$row/things/one" '{"spec": {"other": 2}}'
	soon 'of nothing else' says .status.sync.status OutOfSync
}

row_respect_ignore_differences_false() {
	application '{ syncOptions: [RespectIgnoreDifferences=false] }' \
		'ignoreDifferences: [{ group: apps, kind: Deployment, jsonPointers: [/spec/replicas] }]'
	workload Deployment web
	push
	must 'it is synced' sync
	patch "$(apps deployments/web)" '{"spec": {"replicas": 4}}'
	sleep 0.5
	must 'it is in sync' settles_as 'Synced Succeeded'
	sed -i 's/example.com\/web:1/example.com\/web:2/' "$work/repo/rows/$row/web.yaml"
	push
	must 'it is synced' sync
	must 'and Git counts' is "$(apps deployments/web)" .spec.replicas 1
}

row_ignore_broken_expression() {
	application '{}' 'ignoreDifferences: [{ group: "", kind: ConfigMap, jqPathExpressions: [".data | nothing("] }]'
	config_map one
	push --unseen
	soon 'it is looked at' tells 'OutOfSync'
	must 'a new object is not compared' sync
	soon 'a comparison says what is wrong' tells 'is no expression of jq'
	must 'and what is compared is unknown, not in sync' says .status.sync.status Unknown
}

row_ignore_hostile_expression() {
	application '{}' 'ignoreDifferences: [{ group: "", kind: ConfigMap, jqPathExpressions: ["def f: f; f"] }]'
	config_map one
	push --unseen
	soon 'it is looked at' tells OutOfSync
	must 'it is made' sync
	SOON=30 soon 'one that never ends costs a second, and is named' tells 'took more than 1 s or 32 MiB'
	must 'the daemon goes on' eval '"$ctl" status >/dev/null'
	must 'others are synced' eval '[ "$("$ctl" app get anchor -o json | jq -r .status.sync.status)" != "" ]'
}

row_autoscaled_replicas() {
	application '{ automated: { selfHeal: true } }'
	workload Deployment web
	manifest scaler <<-END
		apiVersion: autoscaling/v2
		kind: HorizontalPodAutoscaler
		metadata: { name: web }
		spec:
		  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
		  minReplicas: 1
		  maxReplicas: 9
		  metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 50 } } }]
	END
	push --unseen
	soon 'it is synced' is_in_sync
	patch "$(apps deployments/web)" '{"spec": {"replicas": 5}}' kube-controller-manager
	sleep 0.7
	must 'what the autoscaler says is no drift' is "$(apps deployments/web)" .spec.replicas 5
	must 'it is in sync' settles_as 'Synced Succeeded'
	sed -i 's/example.com\/web:1/example.com\/web:2/' "$work/repo/rows/$row/web.yaml"
	push --unseen
	soon 'a commit is applied' is "$(apps deployments/web)" '.spec.template.spec.containers[0].image' example.com/web:2
	must 'with as many replicas' is "$(apps deployments/web)" .spec.replicas 5
}

row_what_is_no_difference() {
	application '{ automated: { selfHeal: true, prune: true } }'
	manifest service <<-END
		apiVersion: v1
		kind: Service
		metadata: { name: web, creationTimestamp: null, labels: {} }
		spec: { selector: { app: web }, ports: [{ port: 80, protocol: TCP, targetPort: 80 }] }
		status: { loadBalancer: {} }
	END
	manifest deployment <<-END
		apiVersion: apps/v1
		kind: Deployment
		metadata: { name: web }
		spec:
		  replicas: 1
		  selector: { matchLabels: { app: web } }
		  template:
		    metadata: { creationTimestamp: null, labels: { app: web } }
		    spec:
		      nodeSelector: {}
		      tolerations: []
		      volumes: [{ name: tmp, emptyDir: {} }]
		      containers:
		      - name: main
		        image: example.com/web:1
		        env: [{ name: A, value: "1" }, { name: B, value: "" }]
		        resources: { requests: { cpu: 1000m, memory: 1024Mi }, limits: { cpu: 1, memory: "1073741824" } }
		        volumeMounts: [{ name: tmp, mountPath: /tmp }]
		        ports: [{ containerPort: 80 }]
	END
	manifest secret <<-END
		apiVersion: v1
		kind: Secret
		metadata: { name: one }
		stringData: { a: text }
	END
	manifest claim <<-END
		apiVersion: v1
		kind: PersistentVolumeClaim
		metadata: { name: one }
		spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1024Mi } } }
	END
	manifest job <<-END
		apiVersion: batch/v1
		kind: CronJob
		metadata: { name: one }
		spec:
		  schedule: "0 1 * * *"
		  jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: a, image: "example.com/a:1" }] } } } }
	END
	manifest role <<-END
		apiVersion: rbac.authorization.k8s.io/v1
		kind: Role
		metadata: { name: one }
		rules: []
	END
	manifest thing <<-END
		apiVersion: example.io/v1
		kind: Thing
		metadata: { name: one }
		spec: { empty: {}, none: [], number: 1.0, nothing: null }
	END
	push --unseen
	SOON=30 soon 'it is synced' is_in_sync
	sleep 1
	mark
	sleep 1.5
	must 'and stays so' is_in_sync
	must 'nothing is asked' [ "$(asked true)" = 0 ]
}

row_what_others_add() {
	application '{ automated: { selfHeal: true } }'
	workload Deployment web
	push --unseen
	soon 'it is synced' is_in_sync
	patch "$(apps deployments/web)" '{"metadata": {"annotations": {"injected.example.com/at": "1"}, "labels": {"team": "x"}},
		"spec": {"template": {"metadata": {"annotations": {"injected.example.com/restarted": "1"}}}}}' webhook
	sleep 0.7
	must 'is theirs' settles_as 'Synced Succeeded'
	must 'and stays' is "$(apps deployments/web)" '.spec.template.metadata.annotations["injected.example.com/restarted"]' 1
}

row_a_field_taken_out_of_git() {
	application '{ automated: { selfHeal: true } }'
	config_map one '{ a: "1", b: "1" }'
	push --unseen
	soon 'it is synced' is_in_sync
	config_map one '{ a: "1" }'
	push --unseen
	soon 'goes' is "$(core configmaps/one)" '.data | keys | join(" ")' a
}

row_ignore_extraneous() {
	application
	config_map extra '' '{ argocd.argoproj.io/compare-options: IgnoreExtraneous }'
	config_map other
	push
	must 'it is synced' sync
	unmanifest extra
	push
	must 'an extra one is no difference' settles_as 'Synced Succeeded'
	must 'but known' eval 'status ".status.resources[] | select(.name == \"extra\") | .status" | grep -q OutOfSync'
}

row_server_side_diff_false() {
	application '{}' '' '{ argocd.argoproj.io/compare-options: ServerSideDiff=false }'
	config_map one
	push
	must 'it is synced' sync
	mark
	patch "$(core configmaps/one)" '{"data": {"k": "x"}}'
	soon 'a difference is seen' says .status.sync.status OutOfSync
	must 'without asking the server' [ "$(asked '.dryRun == "All"')" = 0 ]
}

# A webhook that came after the object: only who asks for it is told what it would do.
webhook_comes_later() { # ANNOTATIONS
	application '{}' '' "$1"
	config_map one
	push
	must 'it is synced' sync
	must 'it is in sync' is_in_sync
	patch "/api/v1/namespaces/$row" '{"metadata": {"annotations": {"kubeapi.test/mutate": "{\"data\": {\"added\": \"by a webhook\"}}"}}}'
	kill -9 "$daemon_pid"
	wait "$daemon_pid" 2>/dev/null
	must 'the daemon starts again' start_daemon
	soon 'and looks at all' has_seen_head
}

row_include_mutation_webhook() {
	webhook_comes_later '{ argocd.argoproj.io/compare-options: IncludeMutationWebhook=true }'
	must 'what the webhook adds is a difference' settles_as 'OutOfSync Succeeded'
	must 'it is synced' sync
	must 'and there' is "$(core configmaps/one)" .data.added 'by a webhook'
	must 'then it is in sync' settles_as 'Synced Succeeded'
	patch "$(core configmaps/one)" '{"data": {"k": "x"}}'
	soon 'other differences are seen, too' says .status.sync.status OutOfSync
}

row_mutation_webhooks_do_not_count() {
	webhook_comes_later '{}'
	sleep 0.5
	must 'what the webhook would add is none' settles_as 'Synced Succeeded'
	must 'and nobody wrote it' is "$(core configmaps/one)" .data.added null
}

row_adopted_from_argo_cd() {
	local before

	application
	workload Deployment web
	api "$(apps deployments/web)?fieldManager=argocd-controller&force=true" -X PATCH -o /dev/null \
		-H 'Content-Type: application/apply-patch+yaml' -d "{\"apiVersion\": \"apps/v1\", \"kind\": \"Deployment\",
		\"metadata\": {\"name\": \"web\", \"annotations\": {\"argocd.argoproj.io/tracking-id\": \"$row:apps/Deployment:$row/web\"}},
		\"spec\": {\"replicas\": 1, \"paused\": false, \"revisionHistoryLimit\": 3, \"selector\": {\"matchLabels\": {\"app\": \"web\"}},
			\"template\": {\"metadata\": {\"labels\": {\"app\": \"web\"}},
				\"spec\": {\"containers\": [{\"name\": \"main\", \"image\": \"example.com/web:1\"}]}}}}"
	soon 'it runs' is "$(apps deployments/web)" .status.availableReplicas 1
	before=$(get "$(apps replicasets)" '[.items[].metadata.uid] | join(" ")')
	push
	must 'it is synced' sync
	must 'what Argo CD had and Git has not is gone' is "$(apps deployments/web)" .spec.revisionHistoryLimit 10
	must 'its mark too' is "$(apps deployments/web)" '.metadata.annotations["argocd.argoproj.io/tracking-id"]' null
	must 'all is ours' is "$(apps deployments/web)" '[.metadata.managedFields[].manager] | unique | map(select(. == "argocd-controller")) | length' 0
	must 'no pod was restarted' [ "$(get "$(apps replicasets)" '[.items[].metadata.uid] | join(" ")')" = "$before" ]
	# And back: as Argo CD applies it, by force.
	api "$(apps deployments/web)?fieldManager=argocd-controller&force=true" -X PATCH -o /dev/null \
		-H 'Content-Type: application/apply-patch+yaml' -d "{\"apiVersion\": \"apps/v1\", \"kind\": \"Deployment\",
		\"metadata\": {\"name\": \"web\", \"annotations\": {\"argocd.argoproj.io/tracking-id\": \"$row:apps/Deployment:$row/web\"}},
		\"spec\": {\"replicas\": 1, \"selector\": {\"matchLabels\": {\"app\": \"web\"}},
			\"template\": {\"metadata\": {\"labels\": {\"app\": \"web\"}},
				\"spec\": {\"containers\": [{\"name\": \"main\", \"image\": \"example.com/web:1\"}]}}}}"
	must 'Argo CD has it again' is "$(apps deployments/web)" '.metadata.annotations["argocd.argoproj.io/tracking-id"]' "$row:apps/Deployment:$row/web"
	must 'no pod was restarted on the way back' [ "$(get "$(apps replicasets)" '[.items[].metadata.uid] | join(" ")')" = "$before" ]
}

row_adopted_from_helm() {
	local before

	application
	workload Deployment web
	send "$(apps deployments)?fieldManager=helm" "{\"apiVersion\": \"apps/v1\", \"kind\": \"Deployment\",
		\"metadata\": {\"name\": \"web\", \"labels\": {\"app.kubernetes.io/managed-by\": \"Helm\"},
			\"annotations\": {\"meta.helm.sh/release-name\": \"web\", \"meta.helm.sh/release-namespace\": \"$row\"}},
		\"spec\": {\"replicas\": 1, \"revisionHistoryLimit\": 3, \"selector\": {\"matchLabels\": {\"app\": \"web\"}},
			\"template\": {\"metadata\": {\"labels\": {\"app\": \"web\"}},
				\"spec\": {\"containers\": [{\"name\": \"main\", \"image\": \"example.com/web:1\"}]}}}}"
	soon 'it runs' is "$(apps deployments/web)" .status.availableReplicas 1
	before=$(get "$(apps replicasets)" '[.items[].metadata.uid] | join(" ")')
	push
	must 'it is synced' sync
	must 'what Helm had and Git has not is gone' is "$(apps deployments/web)" .spec.revisionHistoryLimit 10
	must 'Helm finds its release again' is "$(apps deployments/web)" '.metadata.annotations["meta.helm.sh/release-name"]' web
	must 'no pod was restarted' [ "$(get "$(apps replicasets)" '[.items[].metadata.uid] | join(" ")')" = "$before" ]
	must 'it is in sync' is_in_sync
}
