/*
 * pods: those that the application's workloads select run, are ready, became so within the start-up
 * time, and there are as many as are wanted.
 *
 * One list of a workload after the other; the pods of Jobs end by themselves and are not looked at.
 * Before these the Events about probes that failed, which are counted and judge nothing: whoever
 * may not list Events has no count.
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
#define LIST_MAX	   "500"
#define PROBES		   "involvedObject.kind=Pod,reason=Unhealthy"

static const char *const workloads[] = {"Deployment", "StatefulSet", "DaemonSet"};

/* Reasons a container waits for that no time heals. */
static const char *const hopeless[] = {
	"CrashLoopBackOff",  "ImagePullBackOff",	   "ErrImagePull",
	"InvalidImageName",  "CreateContainerConfigError", "CreateContainerError",
	"ErrImageNeverPull", "RunContainerError"};

/* What is counted on the way; metrics, after "reconciled_". */
#define STARTUP	       "pod_startup_seconds"
#define RESTARTS       "pod_restarts"
#define PROBE_FAILURES "pod_probe_failures"

static void ask_next(struct rc_validate_probe *probe);

static json_t *get_workload(const struct rc_validate_probe *probe, size_t i)
{
	return json_array_get(json_object_get(probe->notes, "workloads"), i);
}

/* Of a plural in a workload's namespace; the caller's. */
static char *make_path(const json_t *workload, const char *plural)
{
	rc_autobuf struct rc_buf encoded = RC_BUF_INIT(1024);

	rc_percent_encode(&encoded,
			  rc_str(rc_json_text(workload, "metadata", "namespace", NULL) ?: ""),
			  NULL);
	return rc_asprintf("/api/v1/namespaces/%s/%s", rc_buf_text(&encoded), plural);
}

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

static double get_measure(const struct rc_validate_probe *probe, const char *name)
{
	double number = 0;

	rc_validate_result_get_measure(&probe->result, name, &number);
	return number;
}

static void add_measure(struct rc_validate_probe *probe, const char *name, json_int_t n)
{
	rc_validate_probe_measure(probe, name, get_measure(probe, name) + (double)n);
}

/* Seconds from its creation until it was ready. */
static void measure_startup(struct rc_validate_probe *probe, const json_t *pod, const json_t *ready)
{
	int64_t born = time_at(rc_json_text(pod, "metadata", "creationTimestamp", NULL));
	int64_t since = time_at(rc_json_text(ready, "lastTransitionTime", NULL));

	if (born && since >= born && (double)(since - born) >= get_measure(probe, STARTUP))
		rc_validate_probe_measure(probe, STARTUP, (double)(since - born));
}

/* What it went through: how often its containers began anew, and how often its probes failed. */
static void measure_troubles(struct rc_validate_probe *probe, const json_t *pod)
{
	const json_t *failures = json_object_get(probe->notes, "failures");
	const char *uid = rc_json_text(pod, "metadata", "uid", NULL) ?: "";
	json_t *status;
	size_t i;

	json_array_foreach (rc_json_get(pod, "status", "containerStatuses", NULL), i, status)
		add_measure(probe, RESTARTS,
			    json_integer_value(json_object_get(status, "restartCount")));
	if (failures)
		add_measure(probe, PROBE_FAILURES,
			    json_integer_value(json_object_get(failures, uid)));
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
		measure_startup(probe, pod, ready);
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
	json_t *workload = get_workload(probe, probe->step), *pod;
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
		measure_troubles(probe, pod);
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

	json_array_foreach (json_object_get(probe->notes, "workloads"), i, workload) {
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
		json_array_size(json_object_get(probe->notes, "workloads")),
		get_measure(probe, STARTUP));
}

static void ask_next(struct rc_validate_probe *probe)
{
	const json_t *workload = get_workload(probe, probe->step);
	rc_autofree char *selector = NULL, *path = NULL;
	struct rc_kube_query query[] = {{"labelSelector", NULL}, {"limit", LIST_MAX}, {NULL, NULL}};

	if (!workload) {
		conclude(probe);
		return;
	}
	selector = make_selector(rc_json_get(workload, "spec", "selector", NULL));
	query[0].value = selector;
	path = make_path(workload, "pods");
	rc_validate_probe_ask(probe, path, query, on_pods);
}

/* ---- the probes that failed, by pod ---- */

static void ask_events(struct rc_validate_probe *probe);

/* One Event tells how often the same was seen. */
static json_int_t count_of(const json_t *event)
{
	json_int_t n = json_integer_value(rc_json_get(event, "series", "count", NULL));

	return n ?: json_integer_value(json_object_get(event, "count")) ?: 1;
}

static void on_events(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct rc_validate_probe *probe = userdata;
	json_t *failures = json_object_get(probe->notes, "failures"), *event;
	size_t i;

	probe->kube = NULL;
	rc_error_free(err);
	if (r < 0)
		json_object_del(probe->notes, "failures");
	else
		json_array_foreach (json_object_get(answer->object, "items"), i, event) {
			const char *uid = rc_json_text(event, "involvedObject", "uid", NULL) ?: "";
			json_int_t n = json_integer_value(json_object_get(failures, uid));

			json_object_set_new(failures, uid, json_integer(n + count_of(event)));
		}
	probe->step++;
	ask_events(probe);
}

/* Those of each namespace once, then the pods. */
static void ask_events(struct rc_validate_probe *probe)
{
	static const struct rc_kube_query query[] = {
		{"fieldSelector", PROBES}, {"limit", LIST_MAX}, {NULL, NULL}};
	json_t *asked = json_object_get(probe->notes, "asked");
	rc_autofree char *path = NULL;
	const json_t *workload;

	for (; (workload = get_workload(probe, probe->step)); probe->step++) {
		free(path);
		path = make_path(workload, "events");
		if (!json_object_get(probe->notes, "failures") || json_object_get(asked, path))
			continue;
		json_object_set_new(asked, path, json_true());
		rc_validate_probe_ask(probe, path, query, on_events);
		return;
	}
	probe->step = 0;
	ask_next(probe);
}

static void start(struct rc_validate_probe *probe)
{
	json_t *all = json_array();

	probe->notes = json_pack("{s:o, s:{}, s:{}}", "workloads", all, "failures", "asked");
	for (size_t i = 0; i < RC_ARRAY_SIZE(workloads); i++) {
		json_auto_t *found = rc_validate_probe_list(probe, "apps", workloads[i]);

		json_array_extend(all, found);
	}
	if (json_array_size(all) == 0)
		rc_validate_probe_end(probe, RC_VALIDATE_SKIP, "NoWorkloads",
				      "the application has no workloads");
	else
		ask_events(probe);
}

const struct rc_validate_kind rc_validate_pods_kind = {.name = "pods", .start = start};
