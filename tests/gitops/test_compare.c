/*
 * Desired against live: what must never look like a difference, and what must never be missed.
 *
 * The local comparison may say "in sync" only when it is sure; where it is not it asks for a dry
 * run, which test_compare-predicted.c is about.
 */
#include "support/check.h"

#include "gitops/compare.h"
#include "gitops/ignore.h"
#include "gitops/manifest.h"
#include "gitops/pair.h"
#include "gitops/three-way.h"
#include "kube/apply.h"

/* Our entry of managedFields; fields is a flow mapping. */
#define OWNS(fields)                                                                \
	"  managedFields: [{manager: " RC_KUBE_FIELD_MANAGER ", operation: Apply, " \
	"apiVersion: v1, fieldsType: FieldsV1, fieldsV1: " fields "}]\n"

/* ---- equal, whatever it looks like ---- */

static const struct pair equal[] = {
	{"the same", CONFIG "metadata: {name: a}\ndata: {k: v}\n",
	 CONFIG "metadata: {name: a}\ndata: {k: v}\n"},
	{"what the server adds to metadata, and status",
	 DEPLOYMENT "metadata: {name: a}\nspec: {replicas: 1}\n",
	 DEPLOYMENT "metadata:\n"
		    "  name: a\n"
		    "  uid: u\n"
		    "  resourceVersion: '7'\n"
		    "  generation: 3\n"
		    "  creationTimestamp: '2025-01-01T00:00:00Z'\n"
		    "  annotations: {deployment.kubernetes.io/revision: '2',\n"
		    "    kubectl.kubernetes.io/last-applied-configuration: '{}'}\n"
		    "spec: {replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600}\n"
		    "status: {replicas: 1}\n"},
	{"defaults of a pod",
	 DEPLOYMENT "metadata: {name: a}\n"
		    "spec: {template: {spec: {containers: [{name: c, image: i, ports: "
		    "[{containerPort: 80}]}]}}}\n",
	 DEPLOYMENT "metadata: {name: a}\n"
		    "spec: {template: {spec: {restartPolicy: Always, dnsPolicy: ClusterFirst,\n"
		    "  schedulerName: default-scheduler, terminationGracePeriodSeconds: 30,\n"
		    "  securityContext: {}, containers: [{name: c, image: i, imagePullPolicy: "
		    "Always,\n"
		    "  resources: {}, terminationMessagePath: /dev/termination-log,\n"
		    "  ports: [{containerPort: 80, protocol: TCP}]}]}}}\n"},
	{"protocol said though it is the default",
	 SERVICE "metadata: {name: a}\nspec: {ports: [{port: 80, protocol: TCP}]}\n",
	 SERVICE
	 "metadata: {name: a}\n"
	 "spec: {clusterIP: 10.0.0.1, ports: [{port: 80, protocol: TCP, targetPort: 80}]}\n"},
	{"two ports of one number",
	 SERVICE "metadata: {name: a}\n"
		 "spec: {ports: [{name: t, port: 53}, {name: u, port: 53, protocol: UDP}]}\n",
	 SERVICE "metadata: {name: a}\n"
		 "spec: {ports: [{name: t, port: 53, protocol: TCP}, "
		 "{name: u, port: 53, protocol: UDP}]}\n"},
	{"quantities",
	 POD "metadata: {name: a}\n"
	     "spec: {containers: [{name: c, resources: {limits: {cpu: 1000m, memory: 1024Mi},\n"
	     "  requests: {cpu: '0.5', memory: '1e3', example.com/x: '1000'}}}]}\n",
	 POD "metadata: {name: a}\n"
	     "spec: {containers: [{name: c, resources: {limits: {cpu: '1', memory: 1Gi},\n"
	     "  requests: {cpu: 500m, memory: 1k, example.com/x: 1k}}}]}\n"},
	{"quantities written as numbers",
	 POD "metadata: {name: a}\n"
	     "spec: {containers: [{name: c, resources: {limits: {cpu: 1, memory: 1024}}}]}\n",
	 POD "metadata: {name: a}\n"
	     "spec: {containers: [{name: c, resources: {limits: {cpu: '1', memory: '1024'}}}]}\n"},
	{"size limit of a volume",
	 POD "metadata: {name: a}\nspec: {volumes: [{name: v, emptyDir: {sizeLimit: 1024Mi}}]}\n",
	 POD "metadata: {name: a}\nspec: {volumes: [{name: v, emptyDir: {sizeLimit: 1Gi}}]}\n"},
	{"storage of a claim",
	 "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\n"
	 "spec: {resources: {requests: {storage: 1024Mi}}}\n",
	 "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\n"
	 "spec: {resources: {requests: {storage: 1Gi}}, volumeName: pvc-1}\n"},
	{"hard limits of a quota",
	 "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: a}\n"
	 "spec: {hard: {limits.cpu: 2000m, pods: 10}}\n",
	 "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: a}\n"
	 "spec: {hard: {limits.cpu: '2', pods: '10'}}\n"},
	{"limits of a range",
	 "apiVersion: v1\nkind: LimitRange\nmetadata: {name: a}\n"
	 "spec: {limits: [{type: Container, max: {cpu: 2000m}, default: {cpu: 1000m}}]}\n",
	 "apiVersion: v1\nkind: LimitRange\nmetadata: {name: a}\n"
	 "spec: {limits: [{type: Container, max: {cpu: '2'}, default: {cpu: '1'}}]}\n"},
	{"target of an autoscaler",
	 "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\n"
	 "spec: {metrics: [{type: Object, object: {target: {type: Value, value: 2000m}}},\n"
	 "  {type: Pods, pods: {target: {type: AverageValue, averageValue: 1000m}}}]}\n",
	 "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\n"
	 "spec: {metrics: [{type: Object, object: {target: {type: Value, value: '2'}}},\n"
	 "  {type: Pods, pods: {target: {type: AverageValue, averageValue: '1'}}}]}\n"},
	{"stringData", SECRET "metadata: {name: a}\nstringData: {k: secret}\n",
	 SECRET "metadata: {name: a}\ntype: Opaque\ndata: {k: c2VjcmV0}\n"},
	{"stringData beats data",
	 SECRET "metadata: {name: a}\ndata: {k: b2xk, l: bA==}\nstringData: {k: secret}\n",
	 SECRET "metadata: {name: a}\ntype: Opaque\ndata: {k: c2VjcmV0, l: bA==}\n"},
	{"empty stringData value", SECRET "metadata: {name: a}\nstringData: {k: ''}\n",
	 SECRET "metadata: {name: a}\ndata: {k: ''}\n"},
	{"empty maps and lists, null",
	 DEPLOYMENT "metadata: {name: a, labels: {}, annotations: {}}\n"
		    "spec: {template: {spec: {nodeSelector: {}, tolerations: [], affinity: null,\n"
		    "  containers: [{name: c, env: [], args: null}]}}}\n",
	 DEPLOYMENT "metadata: {name: a}\n"
		    "spec: {template: {spec: {containers: [{name: c}]}}}\n"},
	{"a container someone injected",
	 POD "metadata: {name: a}\nspec: {containers: [{name: c, image: i}]}\n",
	 POD "metadata: {name: a}\n"
	     "spec: {containers: [{name: sidecar, image: s}, {name: c, image: i}]}\n"},
	{"labels and annotations of others", CONFIG "metadata: {name: a, labels: {x: y}}\n",
	 CONFIG "metadata: {name: a, labels: {x: y, other: z}, annotations: {a: b}}\n"},
	{"whole numbers as real ones", POD "metadata: {name: a}\nspec: {priority: 5}\n",
	 POD "metadata: {name: a}\nspec: {priority: 5.0}\n"},
	{"all that we own is still desired",
	 POD "metadata: {name: a, labels: {x: y}}\n"
	     "spec: {containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}\n",
	 POD "metadata:\n"
	     "  name: a\n"
	     "  labels: {x: y}\n" OWNS(
		     "{'f:metadata': {'f:labels': {'f:x': {}}}, 'f:spec': {'f:containers': "
		     "{'k:{\"name\":\"c\"}': {'.': {}, 'f:name': {}, 'f:image': {}, 'f:ports': "
		     "{'k:{\"containerPort\":80,\"protocol\":\"TCP\"}': {'.': {}, "
		     "'f:containerPort': {}}}}}}}") "spec: {containers: [{name: c, image: i, "
						    "ports: [{containerPort: 80, protocol: "
						    "TCP}]}]}\n"},
	{"what we own of a set", CONFIG "metadata: {name: a, finalizers: [x/y]}\n",
	 CONFIG
	 "metadata:\n"
	 "  name: a\n"
	 "  finalizers: [x/y, z]\n" OWNS("{'f:metadata': {'f:finalizers': {'v:\"x/y\"': {}}}}")},
	{"what others own", CONFIG "metadata: {name: a}\ndata: {k: v}\n",
	 CONFIG "metadata:\n"
		"  name: a\n"
		"  managedFields: [{manager: kubectl, operation: Apply, fieldsV1: {'f:data': "
		"{'f:other': {}}}}]\n"
		"data: {k: v, other: w}\n"},
};

START_TEST(test_equal)
{
	json_auto_t *desired = manifest_read(equal[_i].desired);
	json_auto_t *live = manifest_read(equal[_i].live);

	ck_assert_msg(rc_compare_local(desired, live, NULL) == RC_COMPARISON_IN_SYNC, "%s",
		      equal[_i].name);
}
END_TEST

/* ---- only the server can tell ---- */

static const struct pair unsure[] = {
	{"image",
	 DEPLOYMENT "metadata: {name: a}\n"
		    "spec: {template: {spec: {containers: [{name: c, image: 'i:2'}]}}}\n",
	 DEPLOYMENT "metadata: {name: a}\n"
		    "spec: {template: {spec: {containers: [{name: c, image: 'i:1'}]}}}\n"},
	{"replicas", DEPLOYMENT "metadata: {name: a}\nspec: {replicas: 2}\n",
	 DEPLOYMENT "metadata: {name: a}\nspec: {replicas: 3}\n"},
	{"a label that is not there", CONFIG "metadata: {name: a, labels: {x: y}}\n",
	 CONFIG "metadata: {name: a}\n"},
	{"a field that is not there", CONFIG "metadata: {name: a}\ndata: {k: v, l: w}\n",
	 CONFIG "metadata: {name: a}\ndata: {k: v}\n"},
	{"a container that is not there",
	 POD "metadata: {name: a}\nspec: {containers: [{name: c}, {name: d}]}\n",
	 POD "metadata: {name: a}\nspec: {containers: [{name: c}]}\n"},
	{"quantities that differ",
	 POD "metadata: {name: a}\nspec: {containers: [{name: c, resources: {limits: {cpu: "
	     "1001m}}}]}\n",
	 POD "metadata: {name: a}\nspec: {containers: [{name: c, resources: {limits: {cpu: "
	     "'1'}}}]}\n"},
	{"protocol", SERVICE "metadata: {name: a}\nspec: {ports: [{port: 80, protocol: UDP}]}\n",
	 SERVICE "metadata: {name: a}\nspec: {ports: [{port: 80, protocol: TCP}]}\n"},
	{"a secret's value", SECRET "metadata: {name: a}\nstringData: {k: new}\n",
	 SECRET "metadata: {name: a}\ndata: {k: b2xk}\n"},
	{"stringData of something else",
	 "apiVersion: example.io/v1\nkind: Thing\nmetadata: {name: a}\nstringData: {k: "
	 "v}\n",
	 "apiVersion: example.io/v1\nkind: Thing\nmetadata: {name: a}\ndata: {k: dg==}\n"},
	{"env in another order",
	 POD "metadata: {name: a}\n"
	     "spec: {containers: [{name: c, env: [{name: X, value: '1'}, {name: Y, value: "
	     "'2'}]}]}\n",
	 POD "metadata: {name: a}\n"
	     "spec: {containers: [{name: c, env: [{name: Y, value: '2'}, {name: X, value: "
	     "'1'}]}]}\n"},
	{"order of arguments",
	 POD "metadata: {name: a}\nspec: {containers: [{name: c, args: [a, b]}]}\n",
	 POD "metadata: {name: a}\nspec: {containers: [{name: c, args: [b, a]}]}\n"},
	{"one argument less",
	 POD "metadata: {name: a}\nspec: {containers: [{name: c, args: [a]}]}\n",
	 POD "metadata: {name: a}\nspec: {containers: [{name: c, args: [a, b]}]}\n"},
	{"text for a number",
	 SERVICE "metadata: {name: a}\nspec: {ports: [{port: 1, targetPort: "
		 "'80'}]}\n",
	 SERVICE "metadata: {name: a}\nspec: {ports: [{port: 1, targetPort: 80}]}\n"},
	{"false is not absent", POD "metadata: {name: a}\nspec: {hostNetwork: false}\n",
	 POD "metadata: {name: a}\nspec: {hostNetwork: true}\n"},
	/* Text that only looks like a quantity. */
	{"a variable's value",
	 POD "metadata: {name: a}\n"
	     "spec: {containers: [{name: c, env: [{name: X, value: 1k}]}]}\n",
	 POD "metadata: {name: a}\n"
	     "spec: {containers: [{name: c, env: [{name: X, value: '1000'}]}]}\n"},
	{"a toleration's value",
	 POD "metadata: {name: a}\nspec: {tolerations: [{key: x, value: '1.0'}]}\n",
	 POD "metadata: {name: a}\nspec: {tolerations: [{key: x, value: '1'}]}\n"},
	{"configuration", CONFIG "metadata: {name: a}\ndata: {max: '1.0', limits: 1k}\n",
	 CONFIG "metadata: {name: a}\ndata: {max: '1', limits: '1000'}\n"},
	{"a label's value", CONFIG "metadata: {name: a, labels: {storage: '1.0'}}\n",
	 CONFIG "metadata: {name: a, labels: {storage: '1'}}\n"},
	{"a selector's value",
	 DEPLOYMENT "metadata: {name: a}\nspec: {selector: {matchLabels: {default: '1.0'}}}\n",
	 DEPLOYMENT "metadata: {name: a}\nspec: {selector: {matchLabels: {default: '1'}}}\n"},
	{"a custom resource's fields",
	 "apiVersion: example.io/v1\nkind: Thing\nmetadata: {name: a}\n"
	 "spec: {max: '1.0', limits: {version: '1.10'}}\n",
	 "apiVersion: example.io/v1\nkind: Thing\nmetadata: {name: a}\n"
	 "spec: {max: '1', limits: {version: '1.1'}}\n"},
	/* Lists that have no keys, though others of their name do. */
	{"a port that someone opened",
	 "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n"
	 "spec: {ingress: [{ports: [{port: 80, protocol: TCP}]}]}\n",
	 "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n"
	 "spec: {ingress: [{ports: [{port: 80, protocol: TCP}, {port: 22, protocol: TCP}]}]}\n"},
	{"a peer that someone let in from elsewhere",
	 "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n"
	 "spec: {ingress: [{from: [{podSelector: {matchLabels: {a: b}}}]}]}\n",
	 "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n"
	 "spec: {ingress: [{from: [{podSelector: {matchLabels: {a: b}}, namespaceSelector: "
	 "{}}]}]}\n"},
	{"a rule that someone widened",
	 "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: a}\n"
	 "rules: [{apiGroups: [''], resources: [pods], resourceNames: [x], verbs: [get]}]\n",
	 "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: a}\n"
	 "rules: [{apiGroups: [''], resources: [pods], resourceNames: [x], verbs: [get],\n"
	 "  nonResourceURLs: [/x]}]\n"},
	/* Only the server knows whether that is a default. */
	{"defaults of a policy",
	 "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n"
	 "spec: {ingress: [{ports: [{port: 80}]}]}\n",
	 "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n"
	 "spec: {ingress: [{ports: [{port: 80, protocol: TCP}]}], policyTypes: [Ingress]}\n"},
	{"a custom resource's list",
	 "apiVersion: example.io/v1\nkind: Thing\nmetadata: {name: a}\n"
	 "spec: {env: [{name: X}], ports: [{port: 1}]}\n",
	 "apiVersion: example.io/v1\nkind: Thing\nmetadata: {name: a}\n"
	 "spec: {env: [{name: X}, {name: W}], ports: [{port: 1}]}\n"},
	/* Empty, and yet it says something. */
	{"the volume's kind",
	 POD "metadata: {name: a}\nspec: {volumes: [{name: v, emptyDir: {}}]}\n",
	 POD "metadata: {name: a}\nspec: {volumes: [{name: v, hostPath: {path: /}}]}\n"},
	{"everyone's namespaces",
	 "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n"
	 "spec: {ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {a: "
	 "b}}}]}]}\n",
	 "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n"
	 "spec: {ingress: [{from: [{podSelector: {matchLabels: {a: b}}}]}]}\n"},
	/* What Git no longer has. */
	{"a field that we own is not desired any more",
	 CONFIG "metadata: {name: a}\ndata: {k: v}\n",
	 CONFIG
	 "metadata:\n"
	 "  name: a\n" OWNS("{'f:data': {'f:k': {}, 'f:gone': {}}}") "data: {k: v, gone: x}\n"},
	{"a container that we own is not desired any more",
	 POD "metadata: {name: a}\nspec: {containers: [{name: c}]}\n",
	 POD "metadata:\n"
	     "  name: a\n" OWNS(
		     "{'f:spec': {'f:containers': {'k:{\"name\":\"c\"}': {'.': {}, 'f:name': "
		     "{}}, "
		     "'k:{\"name\":\"gone\"}': {'.': {}, 'f:name': {}}}}}") "spec: "
									    "{containers: "
									    "[{name: c}, "
									    "{name: gone}]}\n"},
	{"a port that we own is not desired any more",
	 POD "metadata: {name: a}\nspec: {containers: [{name: c, ports: [{containerPort: "
	     "80}]}]}\n",
	 POD "metadata:\n"
	     "  name: a\n" OWNS("{'f:spec': {'f:containers': {'k:{\"name\":\"c\"}': "
				"{'f:ports': "
				"{'k:{\"containerPort\":80,\"protocol\":\"TCP\"}': {'.': {}}, "
				"'k:{\"containerPort\":80,\"protocol\":\"UDP\"}': {'.': "
				"{}}}}}}}") "spec: {containers: [{name: c, ports: "
					    "[{containerPort: 80, protocol: TCP}, "
					    "{containerPort: 80, protocol: UDP}]}]}\n"},
	{"a finalizer that we own is not desired any more",
	 CONFIG "metadata: {name: a, finalizers: [x/y]}\n",
	 CONFIG "metadata:\n"
		"  name: a\n"
		"  finalizers: [x/y, z]\n" OWNS(
			"{'f:metadata': {'f:finalizers': {'v:\"x/y\"': {}, 'v:\"z\"': {}}}}")},
};

START_TEST(test_unsure)
{
	json_auto_t *desired = manifest_read(unsure[_i].desired);
	json_auto_t *live = manifest_read(unsure[_i].live);
	json_auto_t *before = json_deep_copy(desired);

	ck_assert_msg(rc_compare_local(desired, live, NULL) == RC_COMPARISON_UNKNOWN, "%s",
		      unsure[_i].name);
	ck_assert(json_equal(desired, before));
}
END_TEST

/* ---- what others applied and we take over ---- */

static const struct {
	const char *name, *desired, *live;
	enum rc_comparison migrated, left;
} taken[] = {
	{"all of it is desired", "data: {a: '1'}\n",
	 "metadata:\n" OWNED("kubectl-client-side-apply", "Update",
			     "{f:data: {'.': {}, f:a: {}}}") "data: {a: '1'}\n",
	 RC_COMPARISON_IN_SYNC, RC_COMPARISON_IN_SYNC},
	{"kubectl applied more", "data: {a: '1'}\n",
	 "metadata:\n" OWNED("kubectl-client-side-apply", "Update",
			     "{f:data: {f:a: {}, f:b: {}}}") "data: {a: '1', b: '1'}\n",
	 RC_COMPARISON_MODIFIED, RC_COMPARISON_IN_SYNC},
	{"Argo CD applied more", "data: {a: '1'}\n",
	 "metadata:\n" OWNED("argocd-controller", "Apply",
			     "{f:data: {f:a: {}, f:b: {}}}") "data: {a: '1', b: '1'}\n",
	 RC_COMPARISON_MODIFIED, RC_COMPARISON_IN_SYNC},
	{"what Helm needs stays", "data: {a: '1'}\n",
	 "metadata: {annotations: {meta.helm.sh/release-name: r},\n" OWNED(
		 "helm", "Update",
		 "{f:metadata: {f:annotations: {f:meta.helm.sh/release-name: {}}}, f:data: {f:a: "
		 "{}}}") "}\ndata: {a: '1'}\n",
	 RC_COMPARISON_IN_SYNC, RC_COMPARISON_IN_SYNC},
	{"what somebody edited stays", "data: {a: '1'}\n",
	 "metadata:\n" OWNED("kubectl-edit", "Update",
			     "{f:data: {f:b: {}}}") "data: {a: '1', b: '1'}\n",
	 RC_COMPARISON_IN_SYNC, RC_COMPARISON_IN_SYNC},
	{"what it owned is gone already", "data: {a: '1'}\n",
	 "metadata:\n" OWNED("kubectl-client-side-apply", "Update",
			     "{f:data: {f:b: {}}}") "data: {a: '1'}\n",
	 RC_COMPARISON_IN_SYNC, RC_COMPARISON_IN_SYNC},
	{"another, who is named", "data: {a: '1'}\n",
	 "metadata:\n" OWNED("fleet", "Apply", "{f:data: {f:b: {}}}") "data: {a: '1', b: '1'}\n",
	 RC_COMPARISON_MODIFIED, RC_COMPARISON_IN_SYNC},
};

START_TEST(test_taken_over)
{
	json_auto_t *desired = manifest_format(CONFIG "%s", taken[_i].desired);
	json_auto_t *live = manifest_format(CONFIG "%s", taken[_i].live);
	struct rc_compare_options options = {.is_migrated = true, .migration_manager = "fleet"};

	ck_assert_msg(rc_compare_local(desired, live, &options) == taken[_i].migrated, "%s",
		      taken[_i].name);
	options.is_migrated = false;
	ck_assert_msg(rc_compare_local(desired, live, &options) == taken[_i].left, "%s, not taken",
		      taken[_i].name);
}
END_TEST

/* ---- other ways of writing ---- */

START_TEST(test_replaced)
{
	json_auto_t *desired = manifest_read(CONFIG "metadata: {name: a}\ndata: {a: '1'}\n");
	json_auto_t *live = manifest_read(CONFIG "metadata:\n  name: a\n" OWNED(
		RC_KUBE_FIELD_MANAGER, "Update",
		"{f:data: {f:a: {}, f:b: {}}}") "data: {a: '1', b: '1'}\n");
	struct rc_compare_options options = {.is_replaced = true};

	ck_assert_int_eq(rc_compare_local(desired, live, &options), RC_COMPARISON_MODIFIED);
	ck_assert_int_eq(rc_compare_local(desired, live, NULL), RC_COMPARISON_IN_SYNC);
}
END_TEST

START_TEST(test_client_side)
{
	json_auto_t *desired = manifest_read(CONFIG "metadata: {name: a}\ndata: {a: '1'}\n");
	json_auto_t *live = manifest_read(
		CONFIG "metadata: {name: a, annotations: {other: x}}\ndata: {a: '1', b: '1'}\n");
	json_auto_t *before = manifest_read(CONFIG "metadata: {name: a}\ndata: {a: '1', b: '1'}\n");
	struct rc_compare_options options = {.is_client_side = true};

	ck_assert_int_eq(rc_compare_local(desired, live, &options), RC_COMPARISON_IN_SYNC);
	rc_three_way_remember(live, before);
	ck_assert_int_eq(rc_compare_local(desired, live, &options), RC_COMPARISON_UNKNOWN);
}
END_TEST

/* ---- with ignoreDifferences ---- */

START_TEST(test_ignored)
{
	json_auto_t *list = manifest_read(
		"[{group: apps, kind: Deployment, jsonPointers: [/spec/replicas],\n"
		"  jqPathExpressions: ['.spec.template.spec.containers[] | select(.name == "
		"\"c\") | .image']}]\n");
	json_auto_t *desired =
		manifest_read(DEPLOYMENT "metadata: {name: a}\n"
					 "spec: {replicas: 2, template: {spec: {containers: "
					 "[{name: c, image: i}]}}}\n");
	json_auto_t *live =
		manifest_read(DEPLOYMENT "metadata: {name: a}\n"
					 "spec: {replicas: 9, template: {spec: {containers: "
					 "[{name: c, image: j}]}}}\n");
	json_auto_t *other = manifest_read(DEPLOYMENT "metadata: {name: a}\n"
						      "spec: {replicas: 9, paused: true}\n");
	json_auto_t *wanted = manifest_read(DEPLOYMENT "metadata: {name: a}\n"
						       "spec: {replicas: 2, paused: false}\n");
	rc_cleanup(rc_ignore_freep) struct rc_ignore *ignore = NULL;
	struct rc_compare_options options = {.is_replaced = false};
	struct rc_error *err = NULL;

	rc_check_ok(rc_ignore_compile(NULL, list, &ignore, &err), err);
	options.ignore.ignore = ignore;
	ck_assert_int_eq(rc_compare_local(desired, live, NULL), RC_COMPARISON_UNKNOWN);
	ck_assert_int_eq(rc_compare_local(desired, live, &options), RC_COMPARISON_IN_SYNC);
	ck_assert_int_eq(rc_compare_predicted(live, desired, &options), RC_COMPARISON_IN_SYNC);
	ck_assert_int_eq(rc_compare_local(wanted, other, &options), RC_COMPARISON_UNKNOWN);
	ck_assert_int_eq(rc_compare_predicted(other, wanted, &options), RC_COMPARISON_MODIFIED);
	/* Neither is touched by it. */
	ck_assert_int_eq(
		json_integer_value(json_object_get(json_object_get(live, "spec"), "replicas")), 9);
	ck_assert_int_eq(
		json_integer_value(json_object_get(json_object_get(desired, "spec"), "replicas")),
		2);
}
END_TEST

/* Depth costs no more than size. */
START_TEST(test_deep)
{
	json_t *deep = json_array();
	json_auto_t *a = NULL, *b = NULL;

	for (int i = 0; i < 500; i++)
		deep = json_pack("[o]", deep);
	a = json_pack("{s:s, s:s, s:o}", "apiVersion", "example.io/v1", "kind", "Thing", "spec",
		      deep);
	b = json_deep_copy(a);
	ck_assert_int_eq(rc_compare_local(a, b, NULL), RC_COMPARISON_IN_SYNC);
	ck_assert_int_eq(rc_compare_predicted(a, b, NULL), RC_COMPARISON_IN_SYNC);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("compare");
	TCase *tcase = tcase_create("compare");

	tcase_add_loop_test(tcase, test_equal, 0, RC_ARRAY_SIZE(equal));
	tcase_add_loop_test(tcase, test_unsure, 0, RC_ARRAY_SIZE(unsure));
	tcase_add_loop_test(tcase, test_taken_over, 0, RC_ARRAY_SIZE(taken));
	tcase_add_test(tcase, test_replaced);
	tcase_add_test(tcase, test_client_side);
	tcase_add_test(tcase, test_ignored);
	tcase_add_test(tcase, test_deep);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
