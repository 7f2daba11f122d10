/*
 * GET /v1/apps/NAME/logs?namespace=NS&pod=POD[&container=C][&tail=N][&follow=true]: the log of a
 * pod that the application made, directly or not. Any other pod is none of this application's, and
 * whoever may see the application shall not read it.
 *
 * Who reads is answered with plain text as it comes. A reload of the configuration ends it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "api/api.h"
#include "asks.h"
#include "base/memory.h"
#include "data/json.h"
#include "kube/log.h"

#define TAIL_DEFAULT 200
#define TAIL_MAX     10000
#define LAG_BYTES    ((size_t)8 << 20)

struct reader {
	struct daemon_ask ask;
	struct rc_daemon *daemon;
	struct rc_net_http_exchange *exchange;
	struct rc_destination *destination;
	char *name_space, *pod, *container;
	unsigned int tail;
	bool follow, is_begun;
	struct rc_kube_log *log;
};

static void free_reader(struct reader *reader)
{
	DL_DELETE(reader->daemon->asks, &reader->ask);
	rc_kube_log_cancel(reader->log);
	free(reader->name_space);
	free(reader->pod);
	free(reader->container);
	free(reader);
}

static void refuse(struct reader *reader, struct rc_error *err)
{
	api_reply_error(reader->exchange, err);
	free_reader(reader);
}

/* ---- the stream ---- */

static void on_closed(void *userdata)
{
	free_reader(userdata);
}

static void on_bytes(void *userdata, struct rc_str bytes)
{
	struct reader *reader = userdata;

	if (!reader->is_begun) {
		reader->is_begun = true;
		rc_net_http_exchange_set_header(reader->exchange, "Cache-Control", "no-store");
		rc_net_http_exchange_set_header(reader->exchange, "X-Content-Type-Options",
						"nosniff");
		rc_net_http_exchange_stream(reader->exchange, 200, "text/plain; charset=utf-8",
					    on_closed, reader);
	}
	/* Who reads that slowly misses some; a log is no history. */
	if (rc_net_http_exchange_get_waiting(reader->exchange) < LAG_BYTES)
		rc_net_http_exchange_write(reader->exchange, bytes);
}

static void on_ended(void *userdata, int r, struct rc_error *err)
{
	struct reader *reader = userdata;

	reader->log = NULL;
	if (!reader->is_begun && r == 0)
		on_bytes(reader, RC_STR(""));
	if (!reader->is_begun) {
		refuse(reader, err);
		return;
	}
	rc_error_free(err);
	rc_net_http_exchange_end(reader->exchange);
	free_reader(reader);
}

/* ---- whose pod it is ---- */

static void on_tree(void *userdata, int r, const json_t *tree, struct rc_error *err)
{
	static const struct rc_kube_log_events events = {on_bytes, on_ended};
	struct reader *reader = userdata;
	struct rc_kube_key pod = {"", "Pod", reader->name_space, reader->pod};
	struct rc_kube_log_options options = {
		.name_space = reader->name_space,
		.pod = reader->pod,
		.container = reader->container,
		.tail_lines = reader->tail,
		.follow = reader->follow,
	};

	if (r == 0 && !api_tree_has(json_object_get(tree, "items"), &pod))
		r = rc_fail(&err, -ENOENT, "the application has no pod %s/%s", reader->name_space,
			    reader->pod);
	if (r < 0) {
		refuse(reader, err);
		return;
	}
	reader->log = rc_kube_log_start(rc_destination_get_cluster(reader->destination), &options,
					&events, reader);
}

static void on_end(struct daemon_ask *ask)
{
	struct reader *reader = rc_container_of(ask, struct reader, ask);
	struct rc_error *err = NULL;

	if (reader->is_begun) {
		rc_net_http_exchange_end(reader->exchange);
		free_reader(reader);
	} else if (reader->log) {
		rc_fail(&err, -EAGAIN, "the configuration is being read again");
		refuse(reader, err);
	}
}

static char *take_query(struct api_call *call, const char *name)
{
	const char *value = rc_net_http_exchange_get_query(call->exchange, name);

	return value && *value ? rc_strdup(value) : NULL;
}

static unsigned int take_tail(struct api_call *call)
{
	rc_autofree char *text = take_query(call, "tail");
	unsigned long n = text ? strtoul(text, NULL, 10) : TAIL_DEFAULT;

	return n > TAIL_MAX ? TAIL_MAX : (unsigned int)n;
}

void api_logs_serve(struct api_call *call, struct rc_app *app)
{
	struct reader *reader = rc_new0(struct reader);
	rc_autofree char *follow = take_query(call, "follow");
	struct rc_error *err = NULL;

	reader->ask.end = on_end;
	reader->daemon = call->daemon;
	reader->exchange = call->exchange;
	reader->name_space = take_query(call, "namespace");
	reader->pod = take_query(call, "pod");
	reader->container = take_query(call, "container");
	reader->tail = take_tail(call);
	reader->follow = follow && strcmp(follow, "true") == 0;
	reader->destination =
		rc_engine_find_destination(call->daemon->engine, rc_app_get_application(app));
	DL_APPEND(call->daemon->asks, &reader->ask);
	if (!reader->name_space || !reader->pod)
		rc_fail(&err, -EINVAL, "a log is asked for with ?namespace=NAMESPACE&pod=POD");
	else if (!reader->destination)
		rc_fail(&err, -EAGAIN, "its cluster is not known");
	if (err) {
		refuse(reader, err);
		return;
	}
	rc_app_tree(app, on_tree, reader);
}
