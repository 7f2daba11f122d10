/* Rules of health, one function a kind; Argo CD's, in words that name the numbers. */
#include "gitops/health.h"

#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kube/object.h"

#define PODS_SHOWN 3

static const char *const names[] = {
	[RC_HEALTH_NONE] = "",
	[RC_HEALTH_HEALTHY] = "Healthy",
	[RC_HEALTH_SUSPENDED] = "Suspended",
	[RC_HEALTH_PROGRESSING] = "Progressing",
	[RC_HEALTH_MISSING] = "Missing",
	[RC_HEALTH_DEGRADED] = "Degraded",
	[RC_HEALTH_UNKNOWN] = "Unknown",
};

const char *rc_health_to_string(enum rc_health health)
{
	return names[health];
}

enum rc_health rc_health_worse(enum rc_health a, enum rc_health b)
{
	return a > b ? a : b;
}

/* ---- reading ---- */

struct object {
	const json_t *json, *spec, *status;
	char **message;
};

__attribute__((format(printf, 3, 4))) static enum rc_health
say(const struct object *object, enum rc_health health, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	*object->message = rc_vasprintf(format, args);
	va_end(args);
	return health;
}

static long long number(const json_t *json, const char *key, long long otherwise)
{
	json_t *value = json_object_get(json, key);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static const char *text(const json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key)) ?: "";
}

static const json_t *find_condition(const struct object *object, const char *type)
{
	json_t *condition;
	size_t i;

	json_array_foreach (json_object_get(object->status, "conditions"), i, condition)
		if (strcmp(text(condition, "type"), type) == 0)
			return condition;
	return NULL;
}

static bool is_true(const json_t *condition)
{
	return condition && strcmp(text(condition, "status"), "True") == 0;
}

static bool is_behind(const struct object *object)
{
	return number(rc_json_get(object->json, "metadata", NULL), "generation", 0) >
	       number(object->status, "observedGeneration", 0);
}

static enum rc_health behind(const struct object *object)
{
	return say(object, RC_HEALTH_PROGRESSING, "its controller has not looked at it yet");
}

/* ---- workloads ---- */

static enum rc_health assess_deployment(const struct object *object)
{
	long long wanted = number(object->spec, "replicas", 1);
	long long updated = number(object->status, "updatedReplicas", 0);
	long long replicas = number(object->status, "replicas", 0);
	long long available = number(object->status, "availableReplicas", 0);
	const json_t *progress = find_condition(object, "Progressing");

	if (json_is_true(json_object_get(object->spec, "paused")))
		return say(object, RC_HEALTH_SUSPENDED, "it is paused");
	if (is_behind(object))
		return behind(object);
	if (progress && strcmp(text(progress, "reason"), "ProgressDeadlineExceeded") == 0)
		return say(object, RC_HEALTH_DEGRADED, "it exceeded its progress deadline");
	if (updated < wanted)
		return say(object, RC_HEALTH_PROGRESSING,
			   "%lld of %lld new replicas have been updated", updated, wanted);
	if (replicas > updated)
		return say(object, RC_HEALTH_PROGRESSING,
			   "%lld old replicas are pending termination", replicas - updated);
	if (available < updated)
		return say(object, RC_HEALTH_PROGRESSING,
			   "%lld of %lld updated replicas are available", available, updated);
	return RC_HEALTH_HEALTHY;
}

static enum rc_health assess_replica_set(const struct object *object)
{
	long long wanted = number(object->spec, "replicas", 1);
	long long available = number(object->status, "availableReplicas", 0);
	const json_t *failure = find_condition(object, "ReplicaFailure");

	if (is_behind(object))
		return behind(object);
	if (is_true(failure))
		return say(object, RC_HEALTH_DEGRADED, "%s", text(failure, "message"));
	if (available < wanted)
		return say(object, RC_HEALTH_PROGRESSING, "%lld of %lld replicas are available",
			   available, wanted);
	return RC_HEALTH_HEALTHY;
}

static enum rc_health assess_stateful_set(const struct object *object)
{
	const json_t *strategy = json_object_get(object->spec, "updateStrategy");
	const json_t *rolling = json_object_get(strategy, "rollingUpdate");
	long long wanted = number(object->spec, "replicas", 1);
	long long ready = number(object->status, "readyReplicas", 0);
	long long updated = number(object->status, "updatedReplicas", 0);
	long long partition = number(rolling, "partition", -1);

	if (number(object->status, "observedGeneration", 0) == 0 || is_behind(object))
		return behind(object);
	if (ready < wanted)
		return say(object, RC_HEALTH_PROGRESSING, "%lld of %lld pods are ready", ready,
			   wanted);
	if (strcmp(text(strategy, "type"), "OnDelete") == 0)
		return RC_HEALTH_HEALTHY;
	if (partition >= 0)
		return updated < wanted - partition
			       ? say(object, RC_HEALTH_PROGRESSING, "%lld of %lld pods are updated",
				     updated, wanted - partition)
			       : RC_HEALTH_HEALTHY;
	if (strcmp(text(object->status, "updateRevision"),
		   text(object->status, "currentRevision")) != 0)
		return say(object, RC_HEALTH_PROGRESSING, "%lld of %lld pods are updated", updated,
			   wanted);
	return RC_HEALTH_HEALTHY;
}

static enum rc_health assess_daemon_set(const struct object *object)
{
	const json_t *strategy = json_object_get(object->spec, "updateStrategy");
	long long wanted = number(object->status, "desiredNumberScheduled", 0);
	long long updated = number(object->status, "updatedNumberScheduled", 0);
	long long available = number(object->status, "numberAvailable", 0);

	if (is_behind(object))
		return behind(object);
	if (strcmp(text(strategy, "type"), "OnDelete") == 0)
		return RC_HEALTH_HEALTHY;
	if (updated < wanted)
		return say(object, RC_HEALTH_PROGRESSING, "%lld of %lld pods are updated", updated,
			   wanted);
	if (available < wanted)
		return say(object, RC_HEALTH_PROGRESSING, "%lld of %lld pods are available",
			   available, wanted);
	return RC_HEALTH_HEALTHY;
}

static enum rc_health assess_job(const struct object *object)
{
	const json_t *failed = find_condition(object, "Failed");

	if (is_true(failed))
		return say(object, RC_HEALTH_DEGRADED, "it failed: %s", text(failed, "message"));
	if (is_true(find_condition(object, "Suspended")))
		return say(object, RC_HEALTH_SUSPENDED, "it is suspended");
	if (is_true(find_condition(object, "Complete")))
		return RC_HEALTH_HEALTHY;
	return say(object, RC_HEALTH_PROGRESSING, "it is running, %lld failed so far",
		   number(object->status, "failed", 0));
}

static enum rc_health assess_cron_job(const struct object *object)
{
	const char *scheduled = text(object->status, "lastScheduleTime");
	const char *succeeded = text(object->status, "lastSuccessfulTime");

	if (json_is_true(json_object_get(object->spec, "suspend")))
		return say(object, RC_HEALTH_SUSPENDED, "it is suspended");
	if (!object->status)
		return behind(object);
	/* Without any success yet the first run may still be under way. */
	if (!*scheduled || !*succeeded ||
	    json_array_size(json_object_get(object->status, "active")) > 0)
		return RC_HEALTH_HEALTHY;
	if (strcmp(succeeded, scheduled) < 0)
		return say(object, RC_HEALTH_DEGRADED, "its last run did not succeed");
	return RC_HEALTH_HEALTHY;
}

/* ---- pods ---- */

static bool is_error_reason(const char *reason)
{
	return rc_text_has_prefix(reason, "Err") || rc_text_has_suffix(reason, "Error") ||
	       rc_text_has_suffix(reason, "BackOff");
}

/* A container that cannot get going; NULL when there is none. */
static const json_t *find_stuck(const json_t *statuses, const char **ret_reason)
{
	json_t *status;
	size_t i;

	json_array_foreach (statuses, i, status) {
		const char *reason = rc_json_text(status, "state", "waiting", "reason", NULL);

		if (reason && is_error_reason(reason)) {
			*ret_reason = reason;
			return status;
		}
	}
	return NULL;
}

static bool all_ready(const struct object *object)
{
	return is_true(find_condition(object, "Ready"));
}

static enum rc_health assess_running_pod(const struct object *object, bool is_always)
{
	json_t *status;
	size_t i;

	if (!is_always)
		return say(object, RC_HEALTH_PROGRESSING, "it is running");
	if (all_ready(object))
		return RC_HEALTH_HEALTHY;
	json_array_foreach (json_object_get(object->status, "containerStatuses"), i, status)
		if (rc_json_get(status, "lastState", "terminated", NULL))
			return say(object, RC_HEALTH_DEGRADED, "container %s terminated: %s",
				   text(status, "name"),
				   rc_json_text(status, "lastState", "terminated", "reason", NULL)
					   ?: "");
	return say(object, RC_HEALTH_PROGRESSING, "it is not ready");
}

static enum rc_health assess_pod(const struct object *object)
{
	const char *phase = text(object->status, "phase"), *reason;
	const char *policy = text(object->spec, "restartPolicy");
	bool is_always = !*policy || strcmp(policy, "Always") == 0;
	const json_t *stuck =
		find_stuck(json_object_get(object->status, "containerStatuses"), &reason);

	if (stuck && is_always)
		return say(object, RC_HEALTH_DEGRADED, "container %s: %s", text(stuck, "name"),
			   reason);
	if (strcmp(phase, "Pending") == 0)
		return say(object, RC_HEALTH_PROGRESSING, "it is pending");
	if (strcmp(phase, "Succeeded") == 0)
		return RC_HEALTH_HEALTHY;
	if (strcmp(phase, "Failed") == 0)
		return say(object, RC_HEALTH_DEGRADED, "it failed: %s %s",
			   text(object->status, "reason"), text(object->status, "message"));
	if (strcmp(phase, "Running") == 0)
		return assess_running_pod(object, is_always);
	return say(object, RC_HEALTH_UNKNOWN, "its phase is '%s'", phase);
}

/* ---- network, storage, scaling ---- */

static enum rc_health assess_claim(const struct object *object)
{
	const char *phase = text(object->status, "phase");

	if (strcmp(phase, "Bound") == 0)
		return RC_HEALTH_HEALTHY;
	if (strcmp(phase, "Lost") == 0)
		return say(object, RC_HEALTH_DEGRADED, "its volume is lost");
	if (strcmp(phase, "Pending") == 0 || !*phase)
		return say(object, RC_HEALTH_PROGRESSING, "it is waiting for a volume");
	return say(object, RC_HEALTH_UNKNOWN, "its phase is '%s'", phase);
}

static bool has_address(const struct object *object)
{
	return json_array_size(rc_json_get(object->status, "loadBalancer", "ingress", NULL)) > 0;
}

static enum rc_health assess_service(const struct object *object)
{
	if (strcmp(text(object->spec, "type"), "LoadBalancer") != 0 || has_address(object))
		return RC_HEALTH_HEALTHY;
	return say(object, RC_HEALTH_PROGRESSING, "its load balancer has no address yet");
}

static enum rc_health assess_ingress(const struct object *object)
{
	if (has_address(object))
		return RC_HEALTH_HEALTHY;
	return say(object, RC_HEALTH_PROGRESSING, "it has no address yet");
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
static enum rc_health judge_scaling(const struct object *object, const json_t *conditions)
{
	json_t *condition;
	size_t i;

	json_array_foreach (conditions, i, condition) {
		const char *type = text(condition, "type");

		if (is_bad_scaling(type, text(condition, "reason")))
			return say(object, RC_HEALTH_DEGRADED, "%s", text(condition, "message"));
		if (is_true(condition) &&
		    (strcmp(type, "AbleToScale") == 0 || strcmp(type, "ScalingLimited") == 0))
			return RC_HEALTH_HEALTHY;
	}
	return say(object, RC_HEALTH_PROGRESSING, "it has not begun to scale");
}

/* autoscaling/v1 has its conditions in an annotation. */
static enum rc_health assess_autoscaler(const struct object *object)
{
	const char *annotation = rc_kube_object_get_annotation(
		object->json, "autoscaling.alpha.kubernetes.io/conditions");
	json_auto_t *conditions = NULL;

	if (!annotation || strcmp(text(object->json, "apiVersion"), "autoscaling/v1") != 0)
		return judge_scaling(object, json_object_get(object->status, "conditions"));
	conditions = json_loads(annotation, 0, NULL);
	if (!conditions)
		return say(object, RC_HEALTH_UNKNOWN, "its conditions cannot be read");
	return judge_scaling(object, conditions);
}

static enum rc_health assess_budget(const struct object *object)
{
	const json_t *conditions = json_object_get(object->status, "conditions");
	json_t *condition;
	size_t i;

	if (is_behind(object) || json_array_size(conditions) == 0)
		return behind(object);
	/* Too few pods may well be what is wanted. */
	json_array_foreach (conditions, i, condition)
		if (strcmp(text(condition, "status"), "False") == 0 &&
		    strcmp(text(condition, "reason"), "InsufficientPods") != 0)
			return say(object, RC_HEALTH_DEGRADED, "%s: %s", text(condition, "reason"),
				   text(condition, "message"));
	return RC_HEALTH_HEALTHY;
}

/* ---- extensions ---- */

static enum rc_health assess_definition(const struct object *object)
{
	const json_t *accepted = find_condition(object, "NamesAccepted");
	const json_t *established = find_condition(object, "Established");
	const json_t *violations = find_condition(object, "NonStructuralSchema");
	const json_t *terminating = find_condition(object, "Terminating");

	if (is_true(terminating))
		return say(object, RC_HEALTH_PROGRESSING, "it is terminating: %s",
			   text(terminating, "message"));
	if (accepted && !is_true(accepted))
		return say(object, RC_HEALTH_DEGRADED, "its names are not accepted: %s",
			   text(accepted, "message"));
	/* Argo CD calls a new one Degraded while it is installed, which would fail its wave. */
	if (!established || strcmp(text(established, "reason"), "Installing") == 0)
		return say(object, RC_HEALTH_PROGRESSING, "it is not established yet");
	if (!is_true(established))
		return say(object, RC_HEALTH_DEGRADED, "it is not established");
	if (is_true(violations))
		return say(object, RC_HEALTH_DEGRADED, "its schema is not structural: %s",
			   text(violations, "message"));
	return RC_HEALTH_HEALTHY;
}

static enum rc_health assess_api_service(const struct object *object)
{
	const json_t *available = find_condition(object, "Available");

	if (is_true(available))
		return RC_HEALTH_HEALTHY;
	return say(object, RC_HEALTH_PROGRESSING, "it is not available: %s",
		   available ? text(available, "message") : "");
}

static enum rc_health assess_ready(const struct object *object)
{
	const json_t *ready = find_condition(object, "Ready");

	if (!ready)
		return say(object, RC_HEALTH_PROGRESSING, "it is not looked after yet");
	if (is_true(ready))
		return RC_HEALTH_HEALTHY;
	return say(object, RC_HEALTH_DEGRADED, "%s", text(ready, "message"));
}

static const struct {
	const char *group, *kind;
	enum rc_health (*assess)(const struct object *object);
} rules[] = {
	{"apps", "Deployment", assess_deployment},
	{"apps", "ReplicaSet", assess_replica_set},
	{"apps", "StatefulSet", assess_stateful_set},
	{"apps", "DaemonSet", assess_daemon_set},
	{"batch", "Job", assess_job},
	{"batch", "CronJob", assess_cron_job},
	{"", "Pod", assess_pod},
	{"", "PersistentVolumeClaim", assess_claim},
	{"", "Service", assess_service},
	{"networking.k8s.io", "Ingress", assess_ingress},
	{"extensions", "Ingress", assess_ingress},
	{"autoscaling", "HorizontalPodAutoscaler", assess_autoscaler},
	{"policy", "PodDisruptionBudget", assess_budget},
	{"apiextensions.k8s.io", "CustomResourceDefinition", assess_definition},
	{"apiregistration.k8s.io", "APIService", assess_api_service},
	{"external-secrets.io", "ExternalSecret", assess_ready},
	{"external-secrets.io", "SecretStore", assess_ready},
	{"external-secrets.io", "ClusterSecretStore", assess_ready},
};

static size_t find_rule(const char *group, const char *kind)
{
	size_t i = 0;

	while (i < RC_ARRAY_SIZE(rules) &&
	       (strcmp(rules[i].kind, kind) != 0 || strcmp(rules[i].group, group) != 0))
		i++;
	return i;
}

bool rc_health_reads_status(const char *group, const char *kind)
{
	return find_rule(group, kind) < RC_ARRAY_SIZE(rules);
}

enum rc_health rc_health_assess(const json_t *json, char **ret_message)
{
	struct object object = {
		.json = json,
		.spec = json_object_get(json, "spec"),
		.status = json_object_get(json, "status"),
		.message = ret_message,
	};
	rc_autofree struct rc_kube_key *key = NULL;
	size_t rule;

	*ret_message = NULL;
	if (rc_kube_object_get_key(json, &key, NULL) < 0)
		return RC_HEALTH_UNKNOWN;
	if (*rc_kube_object_get_meta(json, "deletionTimestamp"))
		return say(&object, RC_HEALTH_PROGRESSING, "it is being deleted");
	rule = find_rule(key->group, key->kind);
	return rule < RC_ARRAY_SIZE(rules) ? rules[rule].assess(&object) : RC_HEALTH_NONE;
}

/* ---- why pods are not ready ---- */

static bool explain_container(struct rc_buf *out, const json_t *status)
{
	const json_t *waiting = rc_json_get(status, "state", "waiting", NULL);
	const json_t *ended = rc_json_get(status, "state", "terminated", NULL);
	const json_t *before = rc_json_get(status, "lastState", "terminated", NULL);
	const char *message = text(waiting, "message");

	if (waiting && strcmp(text(waiting, "reason"), "ContainerCreating") != 0 &&
	    strcmp(text(waiting, "reason"), "PodInitializing") != 0)
		rc_buf_printf(out, "container %s: %s%s%.300s", text(status, "name"),
			      text(waiting, "reason"), *message ? ": " : "", message);
	else if (ended && number(ended, "exitCode", 0) != 0)
		rc_buf_printf(out, "container %s ended with %lld (%s)", text(status, "name"),
			      number(ended, "exitCode", 0), text(ended, "reason"));
	else if (before && !json_is_true(json_object_get(status, "ready")))
		rc_buf_printf(out, "container %s ended with %lld (%s) and was restarted",
			      text(status, "name"), number(before, "exitCode", 0),
			      text(before, "reason"));
	else
		return false;
	return true;
}

static bool explain_pod(struct rc_buf *out, const json_t *pod)
{
	static const char *const lists[] = {"initContainerStatuses", "containerStatuses"};
	char *unused = NULL;
	struct object object = {.json = pod,
				.spec = json_object_get(pod, "spec"),
				.status = json_object_get(pod, "status"),
				.message = &unused};
	const json_t *scheduled = find_condition(&object, "PodScheduled");
	json_t *status;
	size_t i;

	if (scheduled && !is_true(scheduled)) {
		rc_buf_printf(out, "is not scheduled: %.300s", text(scheduled, "message"));
		return true;
	}
	for (size_t list = 0; list < RC_ARRAY_SIZE(lists); list++)
		json_array_foreach (json_object_get(object.status, lists[list]), i, status)
			if (explain_container(out, status))
				return true;
	if (strcmp(text(object.status, "phase"), "Running") == 0 && !all_ready(&object)) {
		rc_buf_puts(out, "is running, but not ready");
		return true;
	}
	return false;
}

char *rc_health_explain_pods(const json_t *list)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(4096);
	json_t *pod;
	size_t i, n = 0;

	json_array_foreach (json_object_get(list, "items"), i, pod) {
		rc_autobuf struct rc_buf one = RC_BUF_INIT(1024);

		if (!explain_pod(&one, pod) || n++ >= PODS_SHOWN)
			continue;
		rc_buf_printf(&out, "%spod %s %s", out.n ? "; " : "",
			      rc_kube_object_get_meta(pod, "name"), rc_buf_text(&one));
	}
	return out.n ? rc_buf_take(&out) : NULL;
}
