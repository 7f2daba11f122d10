/*
 * Health of what carries traffic, volumes and scale, and of what extends the API: Argo CD's
 * compiled rules and its scripts for CustomResourceDefinition, PodDisruptionBudget and External
 * Secrets' kinds, one row a branch. And how the health of many adds up.
 */
#include "support/check.h"

#include "gitops/health-example.h"
#include "gitops/manifest.h"

#define CLAIM	"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: x}\n"
#define SERVICE "apiVersion: v1\nkind: Service\nmetadata: {name: x}\n"
#define INGRESS "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: x}\n"

static const struct health_example places[] = {
	{"claim: bound", CLAIM "status: {phase: Bound}\n", RC_HEALTH_HEALTHY, NULL},
	{"claim: pending", CLAIM "status: {phase: Pending}\n", RC_HEALTH_PROGRESSING, NULL},
	{"claim: lost", CLAIM "status: {phase: Lost}\n", RC_HEALTH_DEGRADED, NULL},
	{"claim: odd", CLAIM "status: {phase: Odd}\n", RC_HEALTH_UNKNOWN, "Odd"},
	{"service: cluster IP", SERVICE "spec: {type: ClusterIP}\nstatus: {loadBalancer: {}}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"service: no type", SERVICE "spec: {}\n", RC_HEALTH_HEALTHY, NULL},
	{"service: load balancer without an address",
	 SERVICE "spec: {type: LoadBalancer}\nstatus: {loadBalancer: {}}\n", RC_HEALTH_PROGRESSING,
	 NULL},
	{"service: load balancer",
	 SERVICE "spec: {type: LoadBalancer}\nstatus: {loadBalancer: {ingress: [{ip: 1.2.3.4}]}}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"service: an empty entry will do",
	 SERVICE "spec: {type: LoadBalancer}\nstatus: {loadBalancer: {ingress: [{}]}}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"ingress: no address", INGRESS "status: {loadBalancer: {}}\n", RC_HEALTH_PROGRESSING,
	 NULL},
	{"ingress: empty list", INGRESS "status: {loadBalancer: {ingress: []}}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"ingress: address", INGRESS "status: {loadBalancer: {ingress: [{hostname: a.b}]}}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"ingress: extensions",
	 "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: x}\n"
	 "status: {loadBalancer: {}}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"no rule", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n", RC_HEALTH_NONE, NULL},
	{"no rule: another group's Service",
	 "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: x}\n"
	 "spec: {type: LoadBalancer}\n",
	 RC_HEALTH_NONE, NULL},
	{"no rule: a child application",
	 "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: x}\n"
	 "status: {health: {status: Degraded}}\n",
	 RC_HEALTH_NONE, NULL},
	{"being deleted comes before all",
	 "apiVersion: v1\nkind: ConfigMap\n"
	 "metadata: {name: x, deletionTimestamp: '2025-01-01T00:00:00Z'}\n",
	 RC_HEALTH_PROGRESSING, NULL},
};

#define HPA_V2 "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: x}\n"
#define HPA_V1(conditions)                                                               \
	"apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\n"                    \
	"metadata: {name: x, annotations: {autoscaling.alpha.kubernetes.io/conditions: " \
	"'" conditions "'}}\n"

static const struct health_example scalers[] = {
	{"hpa: nothing known", HPA_V2 "status: {}\n", RC_HEALTH_PROGRESSING, NULL},
	{"hpa: able",
	 HPA_V2 "status: {conditions: [{type: AbleToScale, status: 'True', reason: "
		"ReadyForNewScale}, {type: ScalingActive, status: 'True', reason: "
		"ValidMetricFound}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"hpa: limited",
	 HPA_V2 "status: {conditions: [{type: ScalingLimited, status: 'True', reason: "
		"TooFewReplicas}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"hpa: cannot read the scale",
	 HPA_V2 "status: {conditions: [{type: AbleToScale, status: 'False', reason: "
		"FailedGetScale, message: no matches}]}\n",
	 RC_HEALTH_DEGRADED, "no matches"},
	{"hpa: cannot write the scale",
	 HPA_V2 "status: {conditions: [{type: AbleToScale, status: 'False', reason: "
		"FailedUpdateScale}]}\n",
	 RC_HEALTH_DEGRADED, NULL},
	{"hpa: no metrics",
	 HPA_V2 "status: {conditions: [{type: ScalingActive, status: 'False', reason: "
		"FailedGetResourceMetric, message: unable to fetch}]}\n",
	 RC_HEALTH_DEGRADED, "unable to fetch"},
	/* A new workload has none for its first minute. */
	{"hpa: able, no metrics",
	 HPA_V2 "status: {conditions: [{type: AbleToScale, status: 'True', reason: "
		"SucceededGetScale}, {type: ScalingActive, status: 'False', reason: "
		"FailedGetResourceMetric}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"hpa: bad selector",
	 HPA_V2 "status: {conditions: [{type: ScalingActive, status: 'False', reason: "
		"InvalidSelector}]}\n",
	 RC_HEALTH_DEGRADED, NULL},
	{"hpa: not able for another reason",
	 HPA_V2 "status: {conditions: [{type: AbleToScale, status: 'False', reason: "
		"BackoffBoth}]}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	/* autoscaling/v1 has no conditions but this annotation. */
	{"hpa v1: no annotation",
	 "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: x}\n"
	 "status: {currentReplicas: 1}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"hpa v1: able",
	 HPA_V1("[{\"type\":\"AbleToScale\",\"status\":\"True\",\"reason\":\"ReadyForNewScale\"}]"),
	 RC_HEALTH_HEALTHY, NULL},
	{"hpa v1: cannot read the scale",
	 HPA_V1("[{\"type\":\"AbleToScale\",\"status\":\"False\",\"reason\":\"FailedGetScale\","
		"\"message\":\"no such\"}]"),
	 RC_HEALTH_DEGRADED, "no such"},
	{"hpa v1: no list", HPA_V1("[]"), RC_HEALTH_PROGRESSING, NULL},
	{"hpa v1: nonsense", HPA_V1("{{"), RC_HEALTH_UNKNOWN, NULL},
};

#define BUDGET \
	"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: x, generation: 1}\n"
#define DEFINITION                                                                        \
	"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: " \
	"{name: x}\n"
#define NAMES_OK    "{type: NamesAccepted, status: 'True', reason: NoConflicts}"
#define API_SERVICE "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: x}\n"
#define EXTERNAL_SECRET                                                                   \
	"apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: x}\n" \
	"spec: {}\n"
#define CLUSTER_SECRET \
	"apiVersion: external-secrets.io/v1\nkind: ClusterExternalSecret\nmetadata: {name: x}\n"

static const struct health_example others[] = {
	{"budget: no conditions", BUDGET "status: {observedGeneration: 1}\n", RC_HEALTH_PROGRESSING,
	 NULL},
	{"budget: sufficient pods",
	 BUDGET "status: {observedGeneration: 1, conditions: [{type: DisruptionAllowed, status: "
		"'True', reason: SufficientPods}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"budget: insufficient pods",
	 BUDGET "status: {observedGeneration: 1, conditions: [{type: DisruptionAllowed, status: "
		"'False', reason: InsufficientPods}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"budget: broken",
	 BUDGET "status: {observedGeneration: 1, conditions: [{type: DisruptionAllowed, status: "
		"'False', reason: SyncFailed}]}\n",
	 RC_HEALTH_DEGRADED, NULL},
	{"definition: no conditions", DEFINITION "status: {conditions: []}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"definition: no status", DEFINITION, RC_HEALTH_PROGRESSING, NULL},
	{"definition: established",
	 DEFINITION "status: {conditions: [" NAMES_OK ", {type: Established, status: 'True'}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"definition: names taken",
	 DEFINITION "status: {conditions: [{type: NamesAccepted, status: 'False', message: "
		    "taken}]}\n",
	 RC_HEALTH_DEGRADED, "taken"},
	{"definition: not established",
	 DEFINITION "status: {conditions: [" NAMES_OK
		    ", {type: Established, status: 'False', reason: NotAccepted}]}\n",
	 RC_HEALTH_DEGRADED, NULL},
	/* Every new one is like that for a moment. */
	{"definition: being installed",
	 DEFINITION "status: {conditions: [" NAMES_OK
		    ", {type: Established, status: 'False', reason: Installing}]}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"definition: schema violations",
	 DEFINITION "status: {conditions: [" NAMES_OK ", {type: Established, status: 'True'}, "
		    "{type: NonStructuralSchema, status: 'True', message: spec.a}]}\n",
	 RC_HEALTH_DEGRADED, "spec.a"},
	{"definition: terminating",
	 DEFINITION "status: {conditions: [" NAMES_OK ", {type: Established, status: 'True'}, "
		    "{type: Terminating, status: 'True', message: instances}]}\n",
	 RC_HEALTH_PROGRESSING, "instances"},
	{"API service: available",
	 API_SERVICE "status: {conditions: [{type: Available, status: 'True'}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"API service: not available",
	 API_SERVICE
	 "status: {conditions: [{type: Available, status: 'False', message: no endpoints}]}\n",
	 RC_HEALTH_PROGRESSING, "no endpoints"},
	{"API service: nothing known", API_SERVICE, RC_HEALTH_PROGRESSING, NULL},
	{"external secret: nothing known", EXTERNAL_SECRET, RC_HEALTH_PROGRESSING, NULL},
	{"external secret: ready",
	 EXTERNAL_SECRET "status: {conditions: [{type: Ready, status: 'True'}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"external secret: not ready",
	 EXTERNAL_SECRET
	 "status: {conditions: [{type: Ready, status: 'False', message: could not get}]}\n",
	 RC_HEALTH_DEGRADED, "could not get"},
	{"external secret: of the version before",
	 "apiVersion: external-secrets.io/v1beta1\nkind: ExternalSecret\nmetadata: {name: x}\n"
	 "spec: {}\nstatus: {conditions: [{type: Ready, status: 'True'}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"secret store: not ready",
	 "apiVersion: external-secrets.io/v1\nkind: SecretStore\nmetadata: {name: x}\n"
	 "status: {conditions: [{type: Ready, status: 'False', message: denied}]}\n",
	 RC_HEALTH_DEGRADED, "denied"},
	{"cluster secret store: not ready",
	 "apiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nmetadata: {name: x}\n"
	 "status: {conditions: [{type: Ready, status: 'False', message: denied}]}\n",
	 RC_HEALTH_DEGRADED, "denied"},
	{"push secret: not ready",
	 "apiVersion: external-secrets.io/v1alpha1\nkind: PushSecret\nmetadata: {name: x}\n"
	 "status: {conditions: [{type: Ready, status: 'False', message: no such store}]}\n",
	 RC_HEALTH_DEGRADED, "no such store"},
	{"cluster external secret: nothing known", CLUSTER_SECRET "status: {}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"cluster external secret: the last one counts",
	 CLUSTER_SECRET "status: {conditions: [{type: NotReady, status: 'True', message: no}, "
			"{type: Ready, status: 'True'}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"cluster external secret: in some namespaces",
	 CLUSTER_SECRET "status: {conditions: [{type: Ready, status: 'False'}, "
			"{type: PartiallyReady, status: 'True', message: one failed}]}\n",
	 RC_HEALTH_DEGRADED, "one failed"},
	{"cluster external secret: nowhere",
	 CLUSTER_SECRET "status: {conditions: [{type: NotReady, status: 'True', message: all}]}\n",
	 RC_HEALTH_DEGRADED, "all"},
	{"cluster secret store: ready",
	 "apiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nmetadata: {name: x}\n"
	 "status: {conditions: [{type: Ready, status: 'True'}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
};

START_TEST(test_places)
{
	health_example_check(&places[_i]);
}
END_TEST

START_TEST(test_scalers)
{
	health_example_check(&scalers[_i]);
}
END_TEST

START_TEST(test_others)
{
	health_example_check(&others[_i]);
}
END_TEST

/* ---- adding up ---- */

START_TEST(test_worse)
{
	static const enum rc_health order[] = {
		RC_HEALTH_NONE,	   RC_HEALTH_HEALTHY,  RC_HEALTH_SUSPENDED, RC_HEALTH_PROGRESSING,
		RC_HEALTH_MISSING, RC_HEALTH_DEGRADED, RC_HEALTH_UNKNOWN};

	for (size_t i = 0; i < RC_ARRAY_SIZE(order); i++)
		for (size_t j = 0; j < RC_ARRAY_SIZE(order); j++)
			ck_assert_int_eq(rc_health_worse(order[i], order[j]), order[i > j ? i : j]);
}
END_TEST

START_TEST(test_names)
{
	ck_assert_str_eq(rc_health_to_string(RC_HEALTH_NONE), "");
	ck_assert_str_eq(rc_health_to_string(RC_HEALTH_HEALTHY), "Healthy");
	ck_assert_str_eq(rc_health_to_string(RC_HEALTH_SUSPENDED), "Suspended");
	ck_assert_str_eq(rc_health_to_string(RC_HEALTH_PROGRESSING), "Progressing");
	ck_assert_str_eq(rc_health_to_string(RC_HEALTH_MISSING), "Missing");
	ck_assert_str_eq(rc_health_to_string(RC_HEALTH_DEGRADED), "Degraded");
	ck_assert_str_eq(rc_health_to_string(RC_HEALTH_UNKNOWN), "Unknown");
}
END_TEST

/* Of a kind without a rule what kstatus reads stays; of one with a rule all. */
START_TEST(test_trim)
{
	json_auto_t *other = manifest_read(
		"apiVersion: example.io/v1\nkind: Thing\nmetadata: {name: x}\n"
		"status: {observedGeneration: 3, big: {a: 1}, conditions: [{type: Ready, status: "
		"'True'}, {type: Other, status: 'True'}]}\n");
	json_auto_t *left = manifest_read(
		"apiVersion: example.io/v1\nkind: Thing\nmetadata: {name: x}\n"
		"status: {observedGeneration: 3, conditions: [{type: Ready, status: 'True'}]}\n");
	json_auto_t *pod = manifest_read("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n"
					 "status: {phase: Running, big: {a: 1}}\n");
	json_auto_t *same = json_deep_copy(pod);
	json_auto_t *silent = manifest_read("apiVersion: v1\nkind: ConfigMap\n"
					    "metadata: {name: x}\nstatus: {a: 1}\n");

	rc_health_trim(other);
	ck_assert(json_equal(other, left));
	rc_health_trim(pod);
	ck_assert(json_equal(pod, same));
	rc_health_trim(silent);
	ck_assert_ptr_null(json_object_get(silent, "status"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("health");
	TCase *tcase = tcase_create("health");

	tcase_add_loop_test(tcase, test_places, 0, RC_ARRAY_SIZE(places));
	tcase_add_loop_test(tcase, test_scalers, 0, RC_ARRAY_SIZE(scalers));
	tcase_add_loop_test(tcase, test_others, 0, RC_ARRAY_SIZE(others));
	tcase_add_test(tcase, test_worse);
	tcase_add_test(tcase, test_names);
	tcase_add_test(tcase, test_trim);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
