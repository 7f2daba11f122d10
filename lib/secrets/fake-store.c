/*
 * A store whose secrets are written in the store itself, for tests and trials: spec.provider.fake,
 * data: [{key, value, version}].
 */
#include <errno.h>
#include <string.h>

#include <ev.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "data/regex.h"
#include "secrets/provider.h"

#define FAILED 2 /* of validationResult; 0 is valid, 1 not known */

struct fake_client {
	struct rc_secrets_client head;
	const struct rc_secrets_context *context;
	json_t *data; /* [{key, value, version}] */
	int validity;
	char identity[RC_JSON_HASH_MAX];
};

struct fake_call {
	struct rc_secrets_call head;
	struct ev_loop *loop;
	ev_timer turn;
	int r;
	struct rc_error *err;
	json_t *document;
	rc_secrets_call_fn *done;
	void *userdata;
};

/* ---- a call: its answer is known, and told in the next turn of the loop ---- */

static void fake_cancel(struct rc_secrets_call *head)
{
	struct fake_call *call = rc_container_of(head, struct fake_call, head);

	ev_timer_stop(call->loop, &call->turn);
	rc_error_free(call->err);
	json_decref(call->document);
	free(call);
}

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct fake_call *call = rc_container_of(timer, struct fake_call, turn);
	json_auto_t *document = rc_steal(&call->document);
	struct rc_secrets_answer answer = {.document = document, .lease_id = ""};
	struct rc_error *err = rc_steal(&call->err);
	rc_secrets_call_fn *done = call->done;
	void *userdata = call->userdata;
	int r = call->r;

	(void)loop;
	(void)events;
	fake_cancel(&call->head);
	done(userdata, r, &answer, err);
}

/* Takes err and document over. */
static struct rc_secrets_call *answer_with(struct rc_secrets_client *head, int r,
					   struct rc_error *err, json_t *document,
					   rc_secrets_call_fn *done, void *userdata)
{
	struct fake_call *call = rc_new0(struct fake_call);

	call->head.ops = head->ops;
	call->loop = rc_container_of(head, struct fake_client, head)->context->loop;
	call->r = r;
	call->err = err;
	call->document = document;
	call->done = done;
	call->userdata = userdata;
	ev_timer_init(&call->turn, on_turn, 0, 0);
	ev_timer_start(call->loop, &call->turn);
	return &call->head;
}

/* ---- what there is ---- */

static const char *text_of(const json_t *item, const char *field)
{
	return rc_json_text(item, field, NULL) ?: "";
}

static struct rc_secrets_call *fake_read(struct rc_secrets_client *head,
					 const struct rc_secrets_query *query,
					 rc_secrets_call_fn *done, void *userdata)
{
	struct fake_client *client = rc_container_of(head, struct fake_client, head);
	struct rc_error *err = NULL;
	json_t *item;
	size_t i;
	int r;

	if (query->is_metadata) {
		r = rc_fail(&err, -EINVAL, "metadataPolicy: a fake store has no metadata");
		return answer_with(head, r, err, NULL, done, userdata);
	}
	json_array_foreach (client->data, i, item)
		if (strcmp(text_of(item, "key"), query->key) == 0 &&
		    strcmp(text_of(item, "version"), query->version ?: "") == 0)
			return answer_with(head, 0, NULL,
					   json_incref(json_object_get(item, "value")), done,
					   userdata);
	r = rc_fail(&err, -ENOENT, "'%s' is not in the store", query->key);
	return answer_with(head, r, err, NULL, done, userdata);
}

/* Of each key that is found the last version; err says why the pattern is none. */
static int find_all(const struct fake_client *client, struct rc_regex *regex, json_t *found,
		    struct rc_error **err)
{
	json_auto_t *versions = json_object();
	json_t *item;
	size_t i;

	json_array_foreach (client->data, i, item) {
		const char *key = text_of(item, "key"), *version = text_of(item, "version");
		const char *last = rc_json_text(versions, key, NULL) ?: "";
		const struct rc_regex_span *spans;
		int r = rc_regex_find(regex, rc_str(key), 0, &spans, err);

		if (r < 0)
			return r;
		if (r == 0 || strcmp(version, last) < 0)
			continue;
		json_object_set_new(versions, key, json_string(version));
		json_object_set(found, key, json_object_get(item, "value"));
	}
	return 0;
}

static struct rc_secrets_call *fake_find(struct rc_secrets_client *head,
					 const struct rc_secrets_find *find,
					 rc_secrets_call_fn *done, void *userdata)
{
	struct fake_client *client = rc_container_of(head, struct fake_client, head);
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;
	json_t *found = json_object();
	struct rc_error *err = NULL;
	int r = 0;

	if (find->path || find->tags)
		r = rc_fail(&err, -EINVAL, "find: a fake store is searched by name only");
	if (r == 0)
		r = rc_regex_compile(rc_str(find->name ?: ""), &regex, &err);
	if (r == 0)
		r = find_all(client, regex, found, &err);
	return answer_with(head, r, err, found, done, userdata);
}

/* ---- the store ---- */

static struct rc_secrets_call *fake_validate(struct rc_secrets_client *head,
					     rc_secrets_call_fn *done, void *userdata)
{
	struct fake_client *client = rc_container_of(head, struct fake_client, head);
	struct rc_error *err = NULL;
	int r = client->validity == FAILED
			? rc_fail(&err, -EINVAL, "validationResult says that it is not valid")
			: 0;

	return answer_with(head, r, err, NULL, done, userdata);
}

static void fake_close(struct rc_secrets_client *head)
{
	struct fake_client *client = rc_container_of(head, struct fake_client, head);

	json_decref(client->data);
	free(client);
}

static int check_data(const json_t *data, struct rc_error **err)
{
	json_t *item;
	size_t i;

	json_array_foreach (data, i, item) {
		if (!*text_of(item, "key"))
			return rc_fail(err, -EINVAL, "data[%zu].key is missing", i);
		if (!json_is_string(json_object_get(item, "value")))
			return rc_fail(err, -EINVAL, "data[%zu].value is missing", i);
	}
	return 0;
}

static int fake_open(const struct rc_secrets_context *context, const json_t *block,
		     const struct rc_secrets_scope *scope, struct rc_secrets_client **ret_client,
		     struct rc_error **err)
{
	struct fake_client *client;
	int r = check_data(json_object_get(block, "data"), err);

	(void)scope;
	if (r < 0)
		return r;
	client = rc_new0(struct fake_client);
	client->head.ops = &rc_secrets_fake_store_ops;
	client->context = context;
	client->data = json_deep_copy(json_object_get(block, "data"));
	client->validity = (int)json_integer_value(json_object_get(block, "validationResult"));
	rc_json_hash(block, client->identity);
	*ret_client = &client->head;
	return 0;
}

static const char *fake_get_identity(struct rc_secrets_client *head)
{
	return rc_container_of(head, struct fake_client, head)->identity;
}

const struct rc_secrets_provider_ops rc_secrets_fake_store_ops = {
	.name = "fake",
	.open = fake_open,
	.close = fake_close,
	.read = fake_read,
	.cancel = fake_cancel,
	.validate = fake_validate,
	.find = fake_find,
	.get_identity = fake_get_identity,
	.capabilities = "ReadOnly",
};
