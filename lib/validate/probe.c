/* A probe's life, and what many checks do. */
#include "validate/probe.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"

#define TIMEOUT_DEFAULT_MS 10000
#define EVIDENCE_MAX	   600

static void stop(struct rc_validate_probe *probe)
{
	struct ev_loop *loop = rc_validate_services_get_loop(probe->services);

	ev_timer_stop(loop, &probe->deadline);
	if (probe->waiter.is_waiting)
		rc_net_aws_credentials_leave(rc_validate_services_get_aws(probe->services),
					     &probe->waiter);
	rc_kube_request_cancel(rc_steal(&probe->kube));
	rc_net_http_request_cancel(rc_steal(&probe->http));
	if (probe->job)
		rc_worker_cancel(rc_steal(&probe->job));
	rc_process_free(rc_steal(&probe->process));
}

static void on_end(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_validate_probe *probe = rc_container_of(timer, struct rc_validate_probe, end);

	(void)loop;
	(void)events;
	stop(probe);
	probe->result.latency_ms = rc_clock_monotonic_ms() - probe->begun_ms;
	probe->done(probe->userdata, &probe->result);
}

static void on_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_validate_probe *probe =
		rc_container_of(timer, struct rc_validate_probe, deadline);

	(void)loop;
	(void)events;
	rc_validate_probe_end(probe, RC_VALIDATE_ERROR, "Timeout", "no answer within %llu ms",
			      (unsigned long long)(rc_clock_monotonic_ms() - probe->begun_ms));
}

bool rc_validate_probe_has_ended(const struct rc_validate_probe *probe)
{
	return probe->result.outcome != RC_VALIDATE_NONE;
}

void rc_validate_probe_end(struct rc_validate_probe *probe, enum rc_validate_outcome outcome,
			   const char *reason, const char *format, ...)
{
	char *text;
	va_list args;

	if (rc_validate_probe_has_ended(probe))
		return;
	probe->result.outcome = outcome;
	probe->result.reason = rc_strdup(reason);
	va_start(args, format);
	text = rc_vasprintf(format, args);
	va_end(args);
	if (strlen(text) > EVIDENCE_MAX)
		text[EVIDENCE_MAX] = '\0';
	probe->result.evidence = text;
	ev_timer_set(&probe->end, 0, 0);
	ev_timer_start(rc_validate_services_get_loop(probe->services), &probe->end);
}

void rc_validate_probe_fail(struct rc_validate_probe *probe, const char *reason,
			    struct rc_error *err)
{
	rc_autofree char *text = rc_error_format(err);

	rc_error_free(err);
	rc_validate_probe_end(probe, RC_VALIDATE_ERROR, reason, "%s", text);
}

void rc_validate_probe_measure(struct rc_validate_probe *probe, const char *measure, double number)
{
	struct rc_validate_result *result = &probe->result;
	size_t i = 0;

	while (i < result->n_measures && strcmp(result->measures[i].name, measure) != 0)
		i++;
	assert(i < RC_VALIDATE_MEASURES_MAX);
	result->measures[i] = (struct rc_validate_measure){measure, number};
	if (i == result->n_measures)
		result->n_measures++;
}

struct rc_validate_probe *rc_validate_probe_start(const struct rc_validate_check *check,
						  struct rc_validate_services *services,
						  const struct rc_validate_subject *subject,
						  rc_validate_done_fn *done, void *userdata)
{
	struct rc_validate_probe *probe = rc_new0(struct rc_validate_probe);
	int64_t timeout_ms = check->timeout_ms ? check->timeout_ms : TIMEOUT_DEFAULT_MS;
	struct rc_error *err = NULL;
	int r;

	probe->check = check;
	probe->services = services;
	probe->subject = subject;
	probe->done = done;
	probe->userdata = userdata;
	probe->begun_ms = rc_clock_monotonic_ms();
	probe->result.check = check;
	probe->result.started_unix_s = rc_clock_unix_s();
	ev_timer_init(&probe->end, on_end, 0, 0);
	ev_timer_init(&probe->deadline, on_deadline, (double)timeout_ms / 1000., 0);
	ev_now_update(rc_validate_services_get_loop(services));
	ev_timer_start(rc_validate_services_get_loop(services), &probe->deadline);
	probe->arena = rc_arena_new(0);
	r = rc_validate_services_resolve(services, check, probe->arena, &probe->resolved, &err);
	if (r > 0)
		probe->check = &probe->resolved;
	if (r < 0)
		rc_validate_probe_fail(probe, "Unresolved", err);
	else
		rc_validate_kind_find(check->type)->start(probe);
	return probe;
}

void rc_validate_probe_free(struct rc_validate_probe *probe)
{
	if (!probe)
		return;
	stop(probe);
	ev_timer_stop(rc_validate_services_get_loop(probe->services), &probe->end);
	rc_validate_result_done(&probe->result);
	json_decref(probe->notes);
	rc_arena_free(probe->arena);
	free(probe);
}

bool rc_validate_probe_ask(struct rc_validate_probe *probe, const char *path,
			   const struct rc_kube_query *query, rc_kube_request_done_fn *done)
{
	struct rc_kube_request_options options = {
		.path = path,
		.query = query,
		.timeout_ms = (uint64_t)(probe->check->timeout_ms ?: TIMEOUT_DEFAULT_MS),
	};

	if (!probe->subject->cluster) {
		rc_validate_probe_end(probe, RC_VALIDATE_ERROR, "NoCluster",
				      "the application's cluster is not known");
		return false;
	}
	probe->kube = rc_kube_request_start(probe->subject->cluster, &options, done, probe);
	return true;
}

struct list {
	const struct rc_kube_cache *cache;
	const char *group, *kind;
	json_t *objects;
};

static void add_object(void *userdata, const struct rc_kube_live *live)
{
	struct list *list = userdata;
	json_t *object;

	if (strcmp(live->key.group, list->group) != 0 || strcmp(live->key.kind, list->kind) != 0)
		return;
	object = rc_kube_cache_load(list->cache, &live->key);
	if (object)
		json_array_append_new(list->objects, object);
}

json_t *rc_validate_probe_list(const struct rc_validate_probe *probe, const char *group,
			       const char *kind)
{
	struct list list = {.cache = probe->subject->cache,
			    .group = group,
			    .kind = kind,
			    .objects = json_array()};

	if (list.cache)
		rc_kube_cache_each(list.cache, probe->subject->label, add_object, &list);
	return list.objects;
}
