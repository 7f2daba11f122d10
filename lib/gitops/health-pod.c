/* Health of pods, and why those behind a workload are not ready. */
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "gitops/health-private.h"
#include "kube/object.h"

#define PODS_SHOWN 3

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

static bool all_ready(const struct health_subject *object)
{
	return health_is_true(rc_health_find_condition(object, "Ready"));
}

static enum rc_health assess_running_pod(const struct health_subject *object, bool is_always)
{
	json_t *status;
	size_t i;

	if (!is_always)
		return rc_health_say(object, RC_HEALTH_PROGRESSING, "it is running");
	if (all_ready(object))
		return RC_HEALTH_HEALTHY;
	json_array_foreach (json_object_get(object->status, "containerStatuses"), i, status)
		if (rc_json_get(status, "lastState", "terminated", NULL))
			return rc_health_say(
				object, RC_HEALTH_DEGRADED, "container %s terminated: %s",
				health_text(status, "name"),
				rc_json_text(status, "lastState", "terminated", "reason", NULL)
					?: "");
	return rc_health_say(object, RC_HEALTH_PROGRESSING, "it is not ready");
}

static enum rc_health assess_pod(const struct health_subject *object)
{
	const char *phase = health_text(object->status, "phase"), *reason;
	const char *policy = health_text(object->spec, "restartPolicy");
	bool is_always = !*policy || strcmp(policy, "Always") == 0;
	const json_t *stuck =
		find_stuck(json_object_get(object->status, "containerStatuses"), &reason);

	if (stuck && is_always)
		return rc_health_say(object, RC_HEALTH_DEGRADED, "container %s: %s",
				     health_text(stuck, "name"), reason);
	if (strcmp(phase, "Pending") == 0)
		return rc_health_say(object, RC_HEALTH_PROGRESSING, "it is pending");
	if (strcmp(phase, "Succeeded") == 0)
		return RC_HEALTH_HEALTHY;
	if (strcmp(phase, "Failed") == 0)
		return rc_health_say(object, RC_HEALTH_DEGRADED, "it failed: %s %s",
				     health_text(object->status, "reason"),
				     health_text(object->status, "message"));
	if (strcmp(phase, "Running") == 0)
		return assess_running_pod(object, is_always);
	return rc_health_say(object, RC_HEALTH_UNKNOWN, "its phase is '%s'", phase);
}

const struct health_rule rc_health_pod_rules[] = {
	{"", "Pod", assess_pod},
	{NULL, NULL, NULL},
};

/* ---- why pods are not ready ---- */

static bool explain_container(struct rc_buf *out, const json_t *status)
{
	const json_t *waiting = rc_json_get(status, "state", "waiting", NULL);
	const json_t *ended = rc_json_get(status, "state", "terminated", NULL);
	const json_t *before = rc_json_get(status, "lastState", "terminated", NULL);
	const char *message = health_text(waiting, "message");

	if (waiting && strcmp(health_text(waiting, "reason"), "ContainerCreating") != 0 &&
	    strcmp(health_text(waiting, "reason"), "PodInitializing") != 0)
		rc_buf_printf(out, "container %s: %s%s%.300s", health_text(status, "name"),
			      health_text(waiting, "reason"), *message ? ": " : "", message);
	else if (ended && health_number(ended, "exitCode", 0) != 0)
		rc_buf_printf(out, "container %s ended with %lld (%s)", health_text(status, "name"),
			      health_number(ended, "exitCode", 0), health_text(ended, "reason"));
	else if (before && !json_is_true(json_object_get(status, "ready")))
		rc_buf_printf(out, "container %s ended with %lld (%s) and was restarted",
			      health_text(status, "name"), health_number(before, "exitCode", 0),
			      health_text(before, "reason"));
	else
		return false;
	return true;
}

static bool explain_pod(struct rc_buf *out, const json_t *pod)
{
	static const char *const lists[] = {"initContainerStatuses", "containerStatuses"};
	char *unused = NULL;
	struct health_subject object = {.json = pod,
					.spec = json_object_get(pod, "spec"),
					.status = json_object_get(pod, "status"),
					.message = &unused};
	const json_t *scheduled = rc_health_find_condition(&object, "PodScheduled");
	json_t *status;
	size_t i;

	if (scheduled && !health_is_true(scheduled)) {
		rc_buf_printf(out, "is not scheduled: %.300s", health_text(scheduled, "message"));
		return true;
	}
	for (size_t list = 0; list < RC_ARRAY_SIZE(lists); list++)
		json_array_foreach (json_object_get(object.status, lists[list]), i, status)
			if (explain_container(out, status))
				return true;
	if (strcmp(health_text(object.status, "phase"), "Running") == 0 && !all_ready(&object)) {
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
