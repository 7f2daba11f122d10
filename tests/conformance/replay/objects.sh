# Sourced by kubernetes.d/replay: objects made, changed, owned, deleted.
# shellcheck shell=bash disable=SC2154

replay_10_create() {
	ask 'make the namespace' POST /api/v1/namespaces $json '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "replay"}}'
	settle $ns/serviceaccounts '[.items[].metadata.name] | index("default") != null'
	ask 'create' POST "$cm?fieldManager=ann" $json "$(map one '{"a": "1", "b": "2"}' '"labels": {"set": "x"}')"
	ask 'create again' POST "$cm?fieldManager=ann" $json "$(map one '{"a": "1"}')"
	ask 'create with a made name' POST "$cm?fieldManager=ann" $json '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "made-"}}'
	ask 'create without a name' POST "$cm?fieldManager=ann" $json '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}'
	ask 'create in a namespace that is not there' POST '/api/v1/namespaces/nowhere/configmaps?fieldManager=ann' $json "$(map one '{}')"
	ask 'create of another namespace than the path' POST "$cm?fieldManager=ann" $json "$(map two '{}' '"namespace": "default"')"
	ask 'create of another kind' POST "$cm?fieldManager=ann" $json '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "two"}}'
	ask 'create with a bad name' POST "$cm?fieldManager=ann" $json "$(map 'Not Good' '{}')"
	ask 'create as a dry run' POST "$cm?fieldManager=ann&dryRun=All" $json "$(map dry '{"a": "1"}')"
	ask 'which left nothing' GET $cm/dry
	ask 'create of what is not JSON' POST "$cm?fieldManager=ann" $json '{"apiVersion":'
	ask 'get' GET $cm/one
	ask 'get what is not there' GET $cm/none
	ask 'get of a kind that is not there' GET $ns/gadgets/one
	ask 'get of a group that is not there' GET /apis/none.example.com/v1/gadgets
	ask 'a Secret from plain texts' POST "$ns/secrets?fieldManager=ann" $json '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "one"}, "stringData": {"a": "plain"}, "data": {"b": "Yg=="}}'
	ask 'a Service' POST "$ns/services?fieldManager=ann" $json '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "one"}, "spec": {"selector": {"app": "a"}, "ports": [{"port": 80}]}}'
	ask 'a ServiceAccount' POST "$ns/serviceaccounts?fieldManager=ann" $json '{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "one"}}'
}

replay_15_workloads() {
	ask 'a Deployment' POST "$deployments?fieldManager=ann" $json "$(deployment one example.com/a:1 '"replicas": 0,')"
	ask 'a Deployment without a selector' POST "$deployments?fieldManager=ann" $json '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "two"}, "spec": {"template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "one", "image": "a"}]}}}}'
	ask 'a Deployment whose labels do not match' POST "$deployments?fieldManager=ann" $json '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "two"}, "spec": {"selector": {"matchLabels": {"app": "b"}}, "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "one", "image": "a"}]}}}}'
	ask 'a Deployment without containers' POST "$deployments?fieldManager=ann" $json '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "two"}, "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": []}}}}'
	ask 'its selector cannot change' PATCH "$deployments/one?fieldManager=ann" $merge '{"spec": {"selector": {"matchLabels": {"app": "z"}}}}'
	ask 'its image can' PATCH "$deployments/one?fieldManager=bob" $strategic '{"spec": {"template": {"spec": {"containers": [{"name": "one", "image": "example.com/a:2"}]}}}}'
	ask 'a sidecar is added by name' PATCH "$deployments/one?fieldManager=bob" $strategic '{"spec": {"template": {"spec": {"containers": [{"name": "two", "image": "example.com/b:1"}]}}}}'
	ask 'and removed by name' PATCH "$deployments/one?fieldManager=bob" $strategic '{"spec": {"template": {"spec": {"containers": [{"name": "two", "$patch": "delete"}]}}}}'
	ask 'its scale' GET $deployments/one/scale
	ask 'is set' PATCH "$deployments/one/scale?fieldManager=carl" $merge '{"spec": {"replicas": 0}}'
	ask 'a StatefulSet' POST "/apis/apps/v1/namespaces/replay/statefulsets?fieldManager=ann&dryRun=All" $json '{"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "one"}, "spec": {"serviceName": "one", "selector": {"matchLabels": {"app": "s"}}, "template": {"metadata": {"labels": {"app": "s"}}, "spec": {"containers": [{"name": "one", "image": "a:1", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}]}}, "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]}}'
	ask 'a DaemonSet' POST "/apis/apps/v1/namespaces/replay/daemonsets?fieldManager=ann&dryRun=All" $json '{"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "one"}, "spec": {"selector": {"matchLabels": {"app": "s"}}, "template": {"metadata": {"labels": {"app": "s"}}, "spec": {"containers": [{"name": "one", "image": "a", "livenessProbe": {"httpGet": {"path": "/", "port": 80}}}]}}}}'
	ask 'a CronJob' POST "/apis/batch/v1/namespaces/replay/cronjobs?fieldManager=ann&dryRun=All" $json '{"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "one"}, "spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "one", "image": "a:1"}]}}}}}}'
	ask 'an HPA' POST "/apis/autoscaling/v2/namespaces/replay/horizontalpodautoscalers?fieldManager=ann&dryRun=All" $json '{"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "one"}, "spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "one"}}}'
	ask 'an Ingress' POST "/apis/networking.k8s.io/v1/namespaces/replay/ingresses?fieldManager=ann&dryRun=All" $json '{"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "one"}, "spec": {"rules": [{"host": "a.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "one", "port": {"number": 80}}}}]}}]}}'
	ask 'a claim' POST "$ns/persistentvolumeclaims?fieldManager=ann&dryRun=All" $json '{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "one"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}}}'
	ask 'a Role' POST "/apis/rbac.authorization.k8s.io/v1/namespaces/replay/roles?fieldManager=ann&dryRun=All" $json '{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "one"}, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}'
	ask 'a RoleBinding' POST "/apis/rbac.authorization.k8s.io/v1/namespaces/replay/rolebindings?fieldManager=ann&dryRun=All" $json '{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "one"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "one"}, "subjects": [{"kind": "User", "name": "ann"}]}'
	ask 'a disruption budget' POST "/apis/policy/v1/namespaces/replay/poddisruptionbudgets?fieldManager=ann&dryRun=All" $json '{"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "one"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "a"}}}}'
	ask 'a NetworkPolicy' POST "/apis/networking.k8s.io/v1/namespaces/replay/networkpolicies?fieldManager=ann&dryRun=All" $json '{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "one"}, "spec": {"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}]}}'
}

replay_20_patch() {
	ask 'merge' PATCH "$cm/one?fieldManager=bob" $merge '{"data": {"b": "3", "c": "4"}}'
	ask 'merge that removes' PATCH "$cm/one?fieldManager=bob" $merge '{"data": {"c": null}}'
	ask 'merge that changes nothing' PATCH "$cm/one?fieldManager=bob" $merge '{"data": {"b": "3"}}'
	ask 'JSON patch' PATCH "$cm/one?fieldManager=bob" $patch '[{"op": "test", "path": "/data/b", "value": "3"}, {"op": "replace", "path": "/data/b", "value": "5"}, {"op": "add", "path": "/data/d", "value": "6"}]'
	ask 'JSON patch whose test fails' PATCH "$cm/one?fieldManager=bob" $patch '[{"op": "test", "path": "/data/b", "value": "no"}]'
	ask 'JSON patch of nothing' PATCH "$cm/one?fieldManager=bob" $patch '[{"op": "remove", "path": "/data/none"}]'
	ask 'strategic merge' PATCH "$cm/one?fieldManager=bob" $strategic '{"metadata": {"labels": {"more": "1"}}, "data": {"d": null}}'
	ask 'a kind of patch that is not known' PATCH "$cm/one?fieldManager=bob" text/plain '{}'
	ask 'patch what is not there' PATCH "$cm/none?fieldManager=bob" $merge '{}'
	ask 'patch with a version that is old' PATCH "$cm/one?fieldManager=bob" $merge '{"metadata": {"resourceVersion": "1"}, "data": {"b": "7"}}'
	ask 'patch as a dry run' PATCH "$cm/one?fieldManager=bob&dryRun=All" $merge '{"data": {"b": "8"}}'
	ask 'which changed nothing' GET $cm/one
	ask 'the uid cannot be patched' PATCH "$cm/one?fieldManager=bob" $merge '{"metadata": {"uid": "11111111-1111-1111-1111-111111111111"}}'
	ask 'put' PUT "$cm/one?fieldManager=bob" $json "$(map one '{"z": "1"}')"
	ask 'put with an old version' PUT "$cm/one?fieldManager=bob" $json "$(map one '{"z": "2"}' '"resourceVersion": "1"')"
	ask 'put under another name' PUT "$cm/one?fieldManager=bob" $json "$(map two '{"z": "2"}')"
	ask 'put of what is not there' PUT "$cm/none?fieldManager=bob" $json "$(map none '{"z": "2"}')"
}

replay_30_apply() {
	ask 'apply makes' PATCH "$cm/app?fieldManager=ann" $apply "$(map app '{"a": "1", "b": "2"}' '"labels": {"l": "1"}')"
	ask 'apply again changes nothing' PATCH "$cm/app?fieldManager=ann" $apply "$(map app '{"a": "1", "b": "2"}' '"labels": {"l": "1"}')"
	ask 'another sets a field' PATCH "$cm/app?fieldManager=bob" $merge '{"data": {"c": "3"}}'
	ask 'another takes a field' PATCH "$cm/app?fieldManager=bob" $merge '{"data": {"a": "x"}}'
	ask 'a conflict' PATCH "$cm/app?fieldManager=ann" $apply "$(map app '{"a": "1", "b": "2"}')"
	ask 'two conflicts' PATCH "$cm/app?fieldManager=carl" $apply "$(map app '{"a": "y", "b": "y", "c": "3"}')"
	ask 'the same value is shared' PATCH "$cm/app?fieldManager=carl" $apply "$(map app '{"c": "3"}')"
	ask 'forced' PATCH "$cm/app?fieldManager=ann&force=true" $apply "$(map app '{"a": "1", "b": "2"}')"
	ask 'what is no longer applied goes' PATCH "$cm/app?fieldManager=ann" $apply "$(map app '{"a": "1"}')"
	ask 'what another has stays' PATCH "$cm/app?fieldManager=carl" $apply "$(map app '{}')"
	ask 'apply as a dry run' PATCH "$cm/app?fieldManager=ann&force=true&dryRun=All" $apply "$(map app '{"a": "dry", "n": "1"}')"
	ask 'which changed nothing' GET $cm/app
	ask 'apply that would make, as a dry run' PATCH "$cm/new?fieldManager=ann&dryRun=All" $apply "$(map new '{"a": "1"}')"
	ask 'which made nothing' GET $cm/new
	ask 'apply without a manager' PATCH "$cm/app" $apply "$(map app '{"a": "1"}')"
	ask 'apply without apiVersion' PATCH "$cm/app?fieldManager=ann" $apply '{"kind": "ConfigMap", "metadata": {"name": "app"}}'
	ask 'apply under another name' PATCH "$cm/app?fieldManager=ann" $apply "$(map other '{"a": "1"}')"
	ask 'apply with managedFields' PATCH "$cm/app?fieldManager=ann" $apply "$(map app '{"a": "1"}' '"managedFields": []')"
	ask 'apply with a version that is old' PATCH "$cm/app?fieldManager=ann" $apply "$(map app '{"a": "2"}' '"resourceVersion": "1"')"
	ask 'apply with a uid, of nothing' PATCH "$cm/uidful?fieldManager=ann" $apply "$(map uidful '{"a": "2"}' '"uid": "11111111-1111-1111-1111-111111111111"')"
	ask 'apply of null' PATCH "$cm/app?fieldManager=ann" $apply "$(map app '{"a": "1", "n": null}')"
	ask 'apply with annotations and finalizers' PATCH "$cm/fin?fieldManager=ann" $apply "$(map fin '{}' '"annotations": {"x": "1"}, "finalizers": ["example.com/hold"]')"
	ask 'a finalizer more' PATCH "$cm/fin?fieldManager=bob" $apply '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "fin", "finalizers": ["example.com/other"]}}'
	ask 'one less' PATCH "$cm/fin?fieldManager=ann" $apply "$(map fin '{}' '"annotations": {"x": "1"}')"
}

replay_35_apply_lists() {
	local one two

	one='{"name": "one", "image": "example.com/a:1", "env": [{"name": "A", "value": "1"}], "ports": [{"containerPort": 80}]}'
	two='{"name": "two", "image": "example.com/b:1"}'
	ask 'apply a Deployment' PATCH "$deployments/ssa?fieldManager=ann" $apply '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "ssa"}, "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "a"}}, "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": ['"$one"']}}}}'
	ask 'a container of another' PATCH "$deployments/ssa?fieldManager=bob" $apply '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "ssa"}, "spec": {"template": {"spec": {"containers": ['"$two"']}}}}'
	ask 'an environment of another' PATCH "$deployments/ssa?fieldManager=bob" $apply '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "ssa"}, "spec": {"template": {"spec": {"containers": [{"name": "one", "env": [{"name": "B", "value": "2"}]}, '"$two"']}}}}'
	ask 'a conflict inside a list' PATCH "$deployments/ssa?fieldManager=bob" $apply '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "ssa"}, "spec": {"template": {"spec": {"containers": [{"name": "one", "image": "example.com/z:1"}]}}}}'
	ask 'whose container goes with it' PATCH "$deployments/ssa?fieldManager=bob" $apply '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "ssa"}, "spec": {"template": {"spec": {"containers": [{"name": "one", "env": [{"name": "B", "value": "2"}]}]}}}}'
	ask 'scaled by another' PATCH "$deployments/ssa/scale?fieldManager=hpa" $merge '{"spec": {"replicas": 1}}'
	ask 'and taken back' PATCH "$deployments/ssa?fieldManager=ann&force=true" $apply '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "ssa"}, "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "a"}}, "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": ['"$one"']}}}}'
	ask 'a field that is not known' PATCH "$deployments/ssa?fieldManager=ann&fieldValidation=Strict" $apply '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "ssa"}, "spec": {"nonsense": 1}}'
	ask 'a field of the wrong type' PATCH "$deployments/ssa?fieldManager=ann&force=true" $apply '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "ssa"}, "spec": {"replicas": "many"}}'
	ask 'apply a Service' PATCH "$ns/services/ssa?fieldManager=ann" $apply '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "ssa"}, "spec": {"selector": {"app": "a"}, "ports": [{"port": 80, "name": "http", "targetPort": 8080}, {"port": 443, "name": "https"}]}}'
	ask 'a port less' PATCH "$ns/services/ssa?fieldManager=ann" $apply '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "ssa"}, "spec": {"selector": {"app": "a"}, "ports": [{"port": 80, "name": "http", "targetPort": 8080}]}}'
	ask 'apply a Secret with plain texts' PATCH "$ns/secrets/ssa?fieldManager=ann" $apply '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "ssa"}, "stringData": {"a": "plain"}}'
	ask 'apply a Secret' PATCH "$ns/secrets/ssa2?fieldManager=ann" $apply '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "ssa2"}, "type": "Opaque", "data": {"a": "YQ=="}}'
	ask 'its type cannot change' PATCH "$ns/secrets/ssa2?fieldManager=ann" $apply '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "ssa2"}, "type": "example.com/other", "data": {"a": "YQ=="}}'
}

replay_60_delete() {
	ask 'delete' DELETE "$cm/app"
	ask 'it is gone' GET $cm/app
	ask 'delete what is not there' DELETE $cm/app
	ask 'make one' POST "$cm?fieldManager=ann" $json "$(map del '{}')"
	ask 'delete another one of that name' DELETE $cm/del $json '{"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": "11111111-1111-1111-1111-111111111111"}}'
	ask 'delete as a dry run' DELETE "$cm/del?dryRun=All"
	ask 'it is still there' GET $cm/del
	ask 'delete with a finalizer' DELETE $cm/fin
	ask 'it is being deleted' GET $cm/fin
	ask 'a finalizer cannot be added now' PATCH "$cm/fin?fieldManager=ann" $merge '{"metadata": {"finalizers": ["example.com/new"]}}'
	ask 'its last one goes' PATCH "$cm/fin?fieldManager=ann" $merge '{"metadata": {"finalizers": null}}'
	ask 'and it, too' GET $cm/fin
	ask 'an owner' POST "$cm?fieldManager=ann" $json "$(map owner '{}')"
	local uid
	uid=$(last .metadata.uid)
	for owned in background orphan; do
		ask "an object owned ($owned)" POST "$cm?fieldManager=ann" $json "$(map "owned-$owned" '{}' "\"ownerReferences\": [{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"name\": \"owner\", \"uid\": \"$uid\"}]")"
		if [ $owned = background ]; then
			ask 'delete the owner in the background' DELETE $cm/owner $json '{"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}'
			settle $cm '[.items[].metadata.name] | index("owned-background") == null'
			ask 'an owner again' POST "$cm?fieldManager=ann" $json "$(map owner '{}')"
			uid=$(last .metadata.uid)
		fi
	done
	ask 'delete the owner only' DELETE $cm/owner $json '{"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Orphan"}'
	settle $cm '[.items[].metadata.name] | index("owner") == null'
	ask 'what it owned stays' GET $cm/owned-orphan
	ask 'an owner for the foreground' POST "$cm?fieldManager=ann" $json "$(map owner '{}')"
	uid=$(last .metadata.uid)
	ask 'owned, blocking' POST "$cm?fieldManager=ann" $json "$(map owned-first '{}' "\"finalizers\": [\"example.com/hold\"], \"ownerReferences\": [{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"name\": \"owner\", \"uid\": \"$uid\", \"blockOwnerDeletion\": true}]")"
	ask 'delete in the foreground' DELETE $cm/owner $json '{"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground"}'
	settle $cm/owned-first '.metadata.deletionTimestamp != null'
	ask 'the owner waits' GET $cm/owner
	ask 'for what it owns' PATCH "$cm/owned-first?fieldManager=ann" $merge '{"metadata": {"finalizers": null}}'
	settle $cm '[.items[].metadata.name] | index("owner") == null'
	ask 'both are gone' GET $cm/owner
	ask 'delete a collection' DELETE "$cm?labelSelector=page%3Dyes"
	ask 'which is empty now' GET "$cm?labelSelector=page%3Dyes"
}

replay_90_namespace() {
	ask 'a namespace' POST "/api/v1/namespaces?fieldManager=ann" $json '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "replay-gone"}}'
	ask 'something in it that holds' POST "/api/v1/namespaces/replay-gone/configmaps?fieldManager=ann" $json "$(map hold '{}' '"finalizers": ["example.com/hold"]')"
	ask 'and something that does not' POST "/api/v1/namespaces/replay-gone/configmaps?fieldManager=ann" $json "$(map free '{}')"
	ask 'delete it' DELETE /api/v1/namespaces/replay-gone
	settle /api/v1/namespaces/replay-gone/configmaps '[.items[].metadata.name] | index("free") == null'
	ask 'it is on its way' GET /api/v1/namespaces/replay-gone
	ask 'nothing can be made in it' POST "/api/v1/namespaces/replay-gone/configmaps?fieldManager=ann" $json "$(map late '{}')"
	ask 'nor applied' PATCH "/api/v1/namespaces/replay-gone/configmaps/late?fieldManager=ann" $apply "$(map late '{}')"
	ask 'what holds it lets go' PATCH "/api/v1/namespaces/replay-gone/configmaps/hold?fieldManager=ann" $merge '{"metadata": {"finalizers": null}}'
	settle /api/v1/namespaces '[.items[].metadata.name] | index("replay-gone") == null'
	ask 'it is gone' GET /api/v1/namespaces/replay-gone
}
