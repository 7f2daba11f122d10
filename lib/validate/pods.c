/*
 * pods: those that the application's workloads select run, are ready, became so within the start-up
 * time, and there are as many as are wanted.
 *
 * One list of a workload after the other; the pods of Jobs end by themselves and are not looked at.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "data/percent.h"
#include "validate/kinds-private.h"
#include "validate/probe.h"

#define STARTUP_DEFAULT_MS (10 * 60 * 1000)
#define PODS_MAX	   "500"

static const char *const workloads[] = {"Deployment", "StatefulSet", "DaemonSet"};

/* Reasons a container waits for that no time heals. */
static const char *const hopeless[] = {
	"CrashLoopBackOff",  "ImagePullBackOff",	   "ErrImagePull",
	"InvalidImageName",  "CreateContainerConfigError", "CreateContainerError",
	"ErrImageNeverPull", "RunContainerError"};

static void ask_next(struct rc_validate_probe *probe);

static const json_t *find_ready(const json_t *pod)
{
	json_t *condition;
	size_t i;

	json_array_foreach (rc_json_get(pod, "status", "conditions", NULL), i, condition)
		if (rc_text_equal(rc_json_text(condition, "type", NULL), "Ready"))
			return condition;
	return NULL;
}

static bool is_hopeless(const char *reason)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(hopeless); i++)
		if (strcmp(hopeless[i], reason) == 0)
			return true;
	return false;
}

/* Why a container of it does not run, or NULL; *ret_name is its name. */
static const char *find_waiting(const json_t *pod, const char **ret_name)
{
	static const char *const lists[] = {"initContainerStatuses", "containerStatuses"};

	for (size_t l = 0; l < RC_ARRAY_SIZE(lists); l++) {
		json_t *status;
		size_t i;

		json_array_foreach (rc_json_get(pod, "status", lists[l], NULL), i, status) {
			const char *reason =
				rc_json_text(status, "state", "waiting", "reason", NULL);

			if (!reason || !is_hopeless(reason))
				continue;
			*ret_name = rc_json_text(status, "name", NULL) ?: "";
			return reason;
		}
	}
	return NULL;
}

static int64_t time_at(const char *text)
{
	int64_t unix_s = 0;

	if (text)
		rc_clock_parse_rfc3339(text, &unix_s);
	return unix_s;
}

static bool is_counted(const json_t *pod)
{
	return !rc_json_get(pod, "metadata", "deletionTimestamp", NULL) &&
	       !rc_text_equal(rc_json_text(pod, "status", "phase", NULL), "Succeeded");
}

/* Seconds from its creation until it was ready. */
static void measure(struct rc_validate_probe *probe, const json_t *pod, const json_t *ready)
{
	int64_t born = time_at(rc_json_text(pod, "metadata", "creationTimestamp", NULL));
	int64_t since = time_at(rc_json_text(ready, "lastTransitionTime", NULL));

	if (born && since >= born && (double)(since - born) >= probe->result.number)
		rc_validate_probe_measure(probe, "pod_startup_seconds", (double)(since - born));
}

/* Whether it is ready; a pod that cannot become so ends the probe. */
static bool judge_pod(struct rc_validate_probe *probe, const json_t *pod)
{
	int64_t startup_ms = probe->check->startup_ms ?: STARTUP_DEFAULT_MS;
	int64_t age_s = rc_clock_unix_s() -
			time_at(rc_json_text(pod, "metadata", "creationTimestamp", NULL));
	const char *name = rc_json_text(pod, "metadata", "name", NULL) ?: "";
	const json_t *ready = find_ready(pod);
	const char *container = "", *waiting = find_waiting(pod, &container);

	if (rc_text_equal(rc_json_text(ready, "status", NULL), "True")) {
		measure(probe, pod, ready);
		return true;
	}
	if (waiting)
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, waiting, "pod %s container %s: %s",
				      name, container, waiting);
	else if (age_s * 1000 > startup_ms)
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "NotReady",
				      "pod %s is not ready %lld s after it was created%s%s", name,
				      (long long)age_s, ready ? ": " : "",
				      rc_json_text(ready, "message", NULL) ?: "");
	return false;
}

static void on_pods(void *userdata, int r, const struct rc_kube_answer *answer,
		    struct rc_error *err)
{
	struct rc_validate_probe *probe = userdata;
	json_t *workload = json_array_get(probe->notes, probe->step), *pod;
	json_int_t wanted = 1, n_ready = 0, n = 0;
	size_t i;

	probe->kube = NULL;
	if (r < 0) {
		rc_validate_probe_fail(probe, "Unreachable", err);
		return;
	}
	json_array_foreach (json_object_get(answer->object, "items"), i, pod) {
		if (!is_counted(pod))
			continue;
		n++;
		n_ready += judge_pod(probe, pod);
	}
	if (rc_validate_probe_has_ended(probe))
		return;
	if (rc_json_get(workload, "spec", "replicas", NULL))
		wanted = json_integer_value(rc_json_get(workload, "spec", "replicas", NULL));
	else if (rc_text_equal(rc_json_text(workload, "kind", NULL), "DaemonSet"))
		wanted = n;
	if (n_ready < wanted || n_ready < n)
		json_object_set_new(workload, "short",
				    json_pack("[I, I]", n_ready, n > wanted ? n : wanted));
	probe->step++;
	ask_next(probe);
}

static void put_expression(struct rc_buf *selector, const json_t *expression)
{
	const char *key = rc_json_text(expression, "key", NULL) ?: "";
	const char *operator= rc_json_text(expression, "operator", NULL) ?: "";
	json_t *value;
	size_t i;

	rc_buf_puts(selector, selector->n ? "," : "");
	if (strcmp(operator, "Exists") == 0) {
		rc_buf_puts(selector, key);
	} else if (strcmp(operator, "DoesNotExist") == 0) {
		rc_buf_printf(selector, "!%s", key);
	} else {
		rc_buf_printf(selector, "%s %s (", key,
			      strcmp(operator, "In") == 0 ? "in" : "notin");
		json_array_foreach (json_object_get(expression, "values"), i, value)
			rc_buf_printf(selector, "%s%s", i ? "," : "",
				      json_string_value(value) ?: "");
		rc_buf_putc(selector, ')');
	}
}

static char *make_selector(const json_t *selector)
{
	struct rc_buf text = RC_BUF_INIT(16384);
	json_t *value;
	const char *key;
	size_t i;

	json_object_foreach (json_object_get(selector, "matchLabels"), key, value)
		rc_buf_printf(&text, "%s%s=%s", text.n ? "," : "", key,
			      json_string_value(value) ?: "");
	json_array_foreach (json_object_get(selector, "matchExpressions"), i, value)
		put_expression(&text, value);
	return rc_buf_take(&text);
}

/* What is short of pods within its time may still become whole; later it has failed. */
static void conclude(struct rc_validate_probe *probe)
{
	int64_t startup_ms = probe->check->startup_ms ?: STARTUP_DEFAULT_MS,
		now = rc_clock_unix_s();
	json_t *workload;
	size_t i;

	json_array_foreach (probe->notes, i, workload) {
		json_t *shortage = json_object_get(workload, "short");
		json_t *condition;
		int64_t since = 0;
		size_t c;

		if (!shortage)
			continue;
		since = time_at(rc_json_text(workload, "metadata", "creationTimestamp", NULL));
		json_array_foreach (rc_json_get(workload, "status", "conditions", NULL), c,
				    condition)
			if (time_at(rc_json_text(condition, "lastUpdateTime", NULL)) > since)
				since = time_at(rc_json_text(condition, "lastUpdateTime", NULL));
		rc_validate_probe_end(probe,
				      (now - since) * 1000 > startup_ms ? RC_VALIDATE_FAIL
									: RC_VALIDATE_WAIT,
				      "NotReady", "%s %s: %lld of %lld pods are ready",
				      rc_json_text(workload, "kind", NULL) ?: "",
				      rc_json_text(workload, "metadata", "name", NULL) ?: "",
				      (long long)json_integer_value(json_array_get(shortage, 0)),
				      (long long)json_integer_value(json_array_get(shortage, 1)));
		return;
	}
	rc_validate_probe_end(
		probe, RC_VALIDATE_PASS, "Ready",
		"the pods of %zu workloads run and are ready; the slowest took %.0f s",
		json_array_size(probe->notes), probe->result.number);
}

static void ask_next(struct rc_validate_probe *probe)
{
	const json_t *workload = json_array_get(probe->notes, probe->step);
	rc_autofree char *selector = NULL, *path = NULL;
	rc_autobuf struct rc_buf encoded = RC_BUF_INIT(1024);
	struct rc_kube_query query[] = {{"labelSelector", NULL}, {"limit", PODS_MAX}, {NULL, NULL}};

	if (!workload) {
		conclude(probe);
		return;
	}
	selector = make_selector(rc_json_get(workload, "spec", "selector", NULL));
	query[0].value = selector;
	rc_percent_encode(&encoded,
			  rc_str(rc_json_text(workload, "metadata", "namespace", NULL) ?: ""),
			  NULL);
	path = rc_asprintf("/api/v1/namespaces/%s/pods", rc_buf_text(&encoded));
	rc_validate_probe_ask(probe, path, query, on_pods);
}

static void start(struct rc_validate_probe *probe)
{
	probe->notes = json_array();
	for (size_t i = 0; i < RC_ARRAY_SIZE(workloads); i++) {
		json_auto_t *found = rc_validate_probe_list(probe, "apps", workloads[i]);

		json_array_extend(probe->notes, found);
	}
	if (json_array_size(probe->notes) == 0)
		rc_validate_probe_end(probe, RC_VALIDATE_SKIP, "NoWorkloads",
				      "the application has no workloads");
	else
		ask_next(probe);
}

const struct rc_validate_kind rc_validate_pods_kind = {.name = "pods", .start = start};
