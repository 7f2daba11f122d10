/* Events: counted up where they repeat, dropped where they would flood. */
#include "kube/events.h"

#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "kube/request.h"

#define KEPT_MAX    256
#define BURST	    25
#define REFILL_MS   (5 * 60 * 1000)
#define MESSAGE_MAX 1024

/* One Event that was written: its repeats count it up. */
struct kept {
	struct kept *prev, *next;
	char *identity; /* uid, reason, message */
	char *path;
	unsigned int count;
};

struct writing {
	struct writing *prev, *next;
	struct rc_kube_events *events;
	struct rc_kube_request *request;
};

struct rc_kube_events {
	struct rc_kube_cluster *cluster;
	char *component;
	struct kept *kept;
	size_t n_kept;
	struct writing *writing;
	double tokens;
	uint64_t filled_ms;
	unsigned int serial;
};

struct rc_kube_events *rc_kube_events_new(struct rc_kube_cluster *cluster, const char *component)
{
	struct rc_kube_events *events = rc_new0(struct rc_kube_events);

	events->cluster = cluster;
	events->component = rc_strdup(component);
	events->tokens = BURST;
	events->filled_ms = rc_clock_monotonic_ms();
	return events;
}

static void free_kept(struct rc_kube_events *events, struct kept *kept)
{
	DL_DELETE(events->kept, kept);
	events->n_kept--;
	free(kept->identity);
	free(kept->path);
	free(kept);
}

void rc_kube_events_free(struct rc_kube_events *events)
{
	struct writing *writing, *next;

	if (!events)
		return;
	while (events->kept)
		free_kept(events, events->kept);
	DL_FOREACH_SAFE (events->writing, writing, next) {
		rc_kube_request_cancel(writing->request);
		free(writing);
	}
	free(events->component);
	free(events);
}

static void on_written(void *userdata, int r, const struct rc_kube_answer *answer,
		       struct rc_error *err)
{
	struct writing *writing = userdata;

	(void)r;
	(void)answer;
	rc_error_free(err); /* best effort */
	DL_DELETE(writing->events->writing, writing);
	free(writing);
}

static void write_body(struct rc_kube_events *events, const char *method, const char *path,
		       const json_t *body)
{
	struct rc_kube_request_options options = {
		.method = method,
		.path = path,
		.body = body,
		.content_type = strcmp(method, "PATCH") == 0 ? RC_KUBE_MERGE_PATCH : NULL,
	};
	struct writing *writing = rc_new0(struct writing);

	writing->events = events;
	DL_APPEND(events->writing, writing);
	writing->request = rc_kube_request_start(events->cluster, &options, on_written, writing);
}

/* A bucket of tokens: a burst, then a slow stream. */
static bool take_token(struct rc_kube_events *events)
{
	uint64_t now_ms = rc_clock_monotonic_ms();

	events->tokens += (double)(now_ms - events->filled_ms) * BURST / REFILL_MS;
	if (events->tokens > BURST)
		events->tokens = BURST;
	events->filled_ms = now_ms;
	if (events->tokens < 1)
		return false;
	events->tokens -= 1;
	return true;
}

static struct kept *find_kept(struct rc_kube_events *events, const char *identity)
{
	struct kept *kept;

	DL_FOREACH (events->kept, kept)
		if (strcmp(kept->identity, identity) == 0)
			return kept;
	return NULL;
}

static json_t *make_event(const struct rc_kube_events *events, const json_t *about, bool is_warning,
			  const char *name, const char *reason, const char *message)
{
	const char *ns = rc_kube_object_get_meta(about, "namespace");
	char now[RC_CLOCK_RFC3339_MAX];

	rc_clock_format_rfc3339(rc_clock_unix_s(), now);
	return json_pack("{s:s, s:s, s:{s:s, s:s}, s:{s:s, s:s, s:s, s:s, s:s}, s:s, s:s, s:s, "
			 "s:{s:s}, s:s, s:s, s:i, s:s}",
			 "apiVersion", "v1", "kind", "Event", "metadata", "name", name, "namespace",
			 *ns ? ns : "default", "involvedObject", "apiVersion",
			 rc_json_text(about, "apiVersion", NULL) ?: "", "kind",
			 rc_json_text(about, "kind", NULL) ?: "", "namespace", ns, "name",
			 rc_kube_object_get_meta(about, "name"), "uid",
			 rc_kube_object_get_meta(about, "uid"), "type",
			 is_warning ? "Warning" : "Normal", "reason", reason, "message", message,
			 "source", "component", events->component, "firstTimestamp", now,
			 "lastTimestamp", now, "count", 1, "reportingComponent", events->component);
}

static void count_up(struct rc_kube_events *events, struct kept *kept)
{
	char now[RC_CLOCK_RFC3339_MAX];
	json_auto_t *patch = NULL;

	rc_clock_format_rfc3339(rc_clock_unix_s(), now);
	patch = json_pack("{s:i, s:s}", "count", (int)++kept->count, "lastTimestamp", now);
	write_body(events, "PATCH", kept->path, patch);
}

void rc_kube_events_record(struct rc_kube_events *events, const json_t *about, bool is_warning,
			   const char *reason, const char *message)
{
	rc_autofree char *cut = rc_strndup(message, MESSAGE_MAX);
	rc_autofree char *identity =
		rc_asprintf("%s/%s/%s/%s/%s", rc_kube_object_get_meta(about, "uid"),
			    rc_kube_object_get_meta(about, "namespace"),
			    rc_kube_object_get_meta(about, "name"), reason, cut);
	struct kept *kept = find_kept(events, identity);
	const char *ns = rc_kube_object_get_meta(about, "namespace");
	rc_autofree char *name = NULL, *path = NULL;
	json_auto_t *body = NULL;

	if (!take_token(events))
		return;
	if (kept) {
		count_up(events, kept);
		return;
	}
	name = rc_asprintf("%.200s.%llx%x", rc_kube_object_get_meta(about, "name"),
			   (unsigned long long)rc_clock_unix_ms(), events->serial++);
	path = rc_asprintf("/api/v1/namespaces/%s/events", *ns ? ns : "default");
	body = make_event(events, about, is_warning, name, reason, cut);
	write_body(events, "POST", path, body);
	if (events->n_kept >= KEPT_MAX)
		free_kept(events, events->kept);
	kept = rc_new0(struct kept);
	kept->identity = rc_steal(&identity);
	kept->path = rc_asprintf("%s/%s", path, name);
	kept->count = 1;
	DL_APPEND(events->kept, kept);
	events->n_kept++;
}
