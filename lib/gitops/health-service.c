/* Health of what carries traffic, volumes and scale. */
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "gitops/health-private.h"
#include "kube/object.h"

static enum rc_health assess_claim(const struct health_subject *object)
{
	const char *phase = health_text(object->status, "phase");

	if (strcmp(phase, "Bound") == 0)
		return RC_HEALTH_HEALTHY;
	if (strcmp(phase, "Lost") == 0)
		return rc_health_say(object, RC_HEALTH_DEGRADED, "its volume is lost");
	if (strcmp(phase, "Pending") == 0 || !*phase)
		return rc_health_say(object, RC_HEALTH_PROGRESSING, "it is waiting for a volume");
	return rc_health_say(object, RC_HEALTH_UNKNOWN, "its phase is '%s'", phase);
}

static bool has_address(const struct health_subject *object)
{
	return json_array_size(rc_json_get(object->status, "loadBalancer", "ingress", NULL)) > 0;
}

static enum rc_health assess_service(const struct health_subject *object)
{
	if (strcmp(health_text(object->spec, "type"), "LoadBalancer") != 0 || has_address(object))
		return RC_HEALTH_HEALTHY;
	return rc_health_say(object, RC_HEALTH_PROGRESSING, "its load balancer has no address yet");
}

static enum rc_health assess_ingress(const struct health_subject *object)
{
	if (has_address(object))
		return RC_HEALTH_HEALTHY;
	return rc_health_say(object, RC_HEALTH_PROGRESSING, "it has no address yet");
}

static bool is_bad_scaling(const char *type, const char *reason)
{
	static const struct {
		const char *type, *reason;
	} bad[] = {
		{"AbleToScale", "FailedGetScale"},
		{"AbleToScale", "FailedUpdateScale"},
		{"ScalingActive", "FailedGetResourceMetric"},
		{"ScalingActive", "FailedGetObjectMetric"},
		{"ScalingActive", "FailedGetPodsMetric"},
		{"ScalingActive", "FailedGetExternalMetric"},
		{"ScalingActive", "FailedComputeMetricsReplicas"},
		{"ScalingActive", "InvalidSelector"},
	};

	for (size_t i = 0; i < RC_ARRAY_SIZE(bad); i++)
		if (strcmp(bad[i].type, type) == 0 && strcmp(bad[i].reason, reason) == 0)
			return true;
	return false;
}

/* The first that says something decides: who is able to scale is well while metrics are missing. */
static enum rc_health judge_scaling(const struct health_subject *object, const json_t *conditions)
{
	json_t *condition;
	size_t i;

	json_array_foreach (conditions, i, condition) {
		const char *type = health_text(condition, "type");

		if (is_bad_scaling(type, health_text(condition, "reason")))
			return rc_health_say(object, RC_HEALTH_DEGRADED, "%s",
					     health_text(condition, "message"));
		if (health_is_true(condition) &&
		    (strcmp(type, "AbleToScale") == 0 || strcmp(type, "ScalingLimited") == 0))
			return RC_HEALTH_HEALTHY;
	}
	return rc_health_say(object, RC_HEALTH_PROGRESSING, "it has not begun to scale");
}

/* autoscaling/v1 has its conditions in an annotation. */
static enum rc_health assess_autoscaler(const struct health_subject *object)
{
	const char *annotation = rc_kube_object_get_annotation(
		object->json, "autoscaling.alpha.kubernetes.io/conditions");
	json_auto_t *conditions = NULL;

	if (!annotation || strcmp(health_text(object->json, "apiVersion"), "autoscaling/v1") != 0)
		return judge_scaling(object, json_object_get(object->status, "conditions"));
	conditions = json_loads(annotation, 0, NULL);
	if (!conditions)
		return rc_health_say(object, RC_HEALTH_UNKNOWN, "its conditions cannot be read");
	return judge_scaling(object, conditions);
}

static enum rc_health assess_budget(const struct health_subject *object)
{
	const json_t *conditions = json_object_get(object->status, "conditions");
	json_t *condition;
	size_t i;

	if (rc_health_is_behind(object) || json_array_size(conditions) == 0)
		return rc_health_behind(object);
	/* Too few pods may well be what is wanted. */
	json_array_foreach (conditions, i, condition)
		if (strcmp(health_text(condition, "status"), "False") == 0 &&
		    strcmp(health_text(condition, "reason"), "InsufficientPods") != 0)
			return rc_health_say(object, RC_HEALTH_DEGRADED, "%s: %s",
					     health_text(condition, "reason"),
					     health_text(condition, "message"));
	return RC_HEALTH_HEALTHY;
}

const struct health_rule rc_health_service_rules[] = {
	{"", "PersistentVolumeClaim", assess_claim},
	{"", "Service", assess_service},
	{"networking.k8s.io", "Ingress", assess_ingress},
	{"extensions", "Ingress", assess_ingress},
	{"autoscaling", "HorizontalPodAutoscaler", assess_autoscaler},
	{"policy", "PodDisruptionBudget", assess_budget},
	{NULL, NULL, NULL},
};
