/*
 * GET /v1/apps/NAME/events?group=G&kind=K&namespace=NS&name=N: the cluster's Events about one
 * object that the application has or made, newest first: {"items": [{at, type, reason, message,
 * count}]}. The cluster is asked, and forgets them after an hour.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "api/api.h"
#include "asks.h"
#include "base/memory.h"
#include "data/json.h"
#include "kube/request.h"

#define EVENTS_MAX "200"

struct question {
	struct daemon_ask ask;
	struct rc_daemon *daemon;
	struct rc_kube_request *request;
	struct rc_net_http_exchange *exchange;
	struct rc_destination *destination;
	char *group, *kind, *name_space, *name;
};

static void finish(struct question *question, struct rc_error *err, json_t *items)
{
	json_auto_t *reply = items ? json_pack("{s:o}", "items", items) : NULL;

	if (reply)
		rc_net_http_exchange_reply_json(question->exchange, 200, reply);
	else
		api_reply_error(question->exchange, err);
	DL_DELETE(question->daemon->asks, &question->ask);
	free(question->group);
	free(question->kind);
	free(question->name_space);
	free(question->name);
	free(question);
}

bool api_tree_has(const json_t *nodes, const struct rc_kube_key *key)
{
	const json_t *node;
	size_t i;

	json_array_foreach (nodes, i, node) {
		if (rc_text_equal(rc_json_text(node, "kind", NULL), key->kind) &&
		    rc_text_equal(rc_json_text(node, "group", NULL), key->group) &&
		    rc_text_equal(rc_json_text(node, "namespace", NULL), key->name_space) &&
		    rc_text_equal(rc_json_text(node, "name", NULL), key->name))
			return true;
		if (api_tree_has(json_object_get(node, "children"), key))
			return true;
	}
	return false;
}

/* When it was told last: which of the fields is there depends on who told it. */
static const char *get_time(const json_t *event)
{
	static const char *const names[] = {"lastTimestamp", "eventTime", "firstTimestamp"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(names); i++) {
		const char *text = rc_json_text(event, names[i], NULL);

		if (text)
			return text;
	}
	return rc_json_text(event, "metadata", "creationTimestamp", NULL) ?: "";
}

static int compare(const void *a, const void *b)
{
	const json_t *const *one = a, *const *other = b;

	return strcmp(rc_json_text(*other, "at", NULL) ?: "", rc_json_text(*one, "at", NULL) ?: "");
}

static json_t *describe(const json_t *list)
{
	const json_t *events = json_object_get(list, "items"), *event;
	json_t **rows = rc_calloc(json_array_size(events) + 1, sizeof(json_t *));
	json_t *items = json_array();
	size_t i;

	json_array_foreach (events, i, event) {
		json_int_t count = json_integer_value(json_object_get(event, "count"));

		rows[i] = json_pack("{s:s, s:s, s:s, s:s, s:I}", "at", get_time(event), "type",
				    rc_json_text(event, "type", NULL) ?: "", "reason",
				    rc_json_text(event, "reason", NULL) ?: "", "message",
				    rc_json_text(event, "message", NULL) ?: "", "count",
				    count > 0 ? count : (json_int_t)1);
	}
	qsort(rows, json_array_size(events), sizeof(*rows), compare);
	for (i = 0; i < json_array_size(events); i++)
		json_array_append_new(items, rows[i]);
	free(rows);
	return items;
}

static void on_listed(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct question *question = userdata;

	question->request = NULL;
	finish(question, err, r == 0 ? describe(answer->object) : NULL);
}

static void on_end(struct daemon_ask *ask)
{
	struct question *question = rc_container_of(ask, struct question, ask);
	struct rc_error *err = NULL;

	if (!question->request)
		return;
	rc_kube_request_cancel(question->request);
	rc_fail(&err, -EAGAIN, "the configuration is being read again");
	finish(question, err, NULL);
}

static void on_tree(void *userdata, int r, const json_t *tree, struct rc_error *err)
{
	struct question *question = userdata;
	struct rc_kube_key key = {question->group, question->kind, question->name_space,
				  question->name};
	rc_autofree char *path = NULL, *selector = NULL;
	struct rc_kube_query query[] = {
		{"fieldSelector", NULL}, {"limit", EVENTS_MAX}, {NULL, NULL}};
	struct rc_kube_request_options options = {.query = query};

	/* Its name is that of an object that is there, so it needs no escape. */
	if (r == 0 && !api_tree_has(json_object_get(tree, "items"), &key))
		r = rc_fail(&err, -ENOENT, "the application has no %s %s/%s", question->kind,
			    question->name_space, question->name);
	if (r < 0) {
		finish(question, err, NULL);
		return;
	}
	path = rc_asprintf("/api/v1/namespaces/%s/events",
			   *question->name_space ? question->name_space : "default");
	selector = rc_asprintf("involvedObject.kind=%s,involvedObject.name=%s", question->kind,
			       question->name);
	query[0].value = selector;
	options.path = path;
	question->request = rc_kube_request_start(rc_destination_get_cluster(question->destination),
						  &options, on_listed, question);
}

static char *take_query(struct api_call *call, const char *name)
{
	const char *value = rc_net_http_exchange_get_query(call->exchange, name);

	return rc_strdup(value ? value : "");
}

void api_object_events_serve(struct api_call *call, struct rc_app *app)
{
	struct question *question = rc_new0(struct question);
	struct rc_error *err = NULL;

	question->ask.end = on_end;
	question->daemon = call->daemon;
	question->exchange = call->exchange;
	DL_APPEND(call->daemon->asks, &question->ask);
	question->group = take_query(call, "group");
	question->kind = take_query(call, "kind");
	question->name_space = take_query(call, "namespace");
	question->name = take_query(call, "name");
	question->destination =
		rc_engine_find_destination(call->daemon->engine, rc_app_get_application(app));
	if (!*question->kind || !*question->name)
		rc_fail(&err, -EINVAL,
			"events are asked for with ?kind=KIND&name=NAME, and group "
			"and namespace where it has them");
	else if (!question->destination)
		rc_fail(&err, -EAGAIN, "its cluster is not known");
	if (err)
		finish(question, err, NULL);
	else
		rc_app_tree(app, on_tree, question);
}
