/*
 * Writing Secrets of a Kubernetes for PushSecrets.
 *
 * What is pushed as a whole replaces what the Secret holds; a property is put beside the others.
 * Labels and annotations go with it, as the entry's metadata say; marks of ownership of the source,
 * ours, External Secrets' and those of GitOps tools, do not.
 */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/base64.h"
#include "data/json.h"
#include "secrets/kubernetes-store.h"

#define VALUE_MAX ((size_t)4 << 20)

struct kubernetes_push {
	char *key, *property, *name_space;
	json_t *data; /* {key: base64}: of the property, or all; NULL: it is taken away */
	json_t *labels, *annotations;
	char *type;
	bool keeps_metadata, replaces_metadata; /* targetMergePolicy */
	bool only_if_absent, is_written;
};

void rc_secrets_kubernetes_push_free(struct kubernetes_push *push)
{
	if (!push)
		return;
	json_decref(push->data);
	json_decref(push->labels);
	json_decref(push->annotations);
	free(push->key);
	free(push->property);
	free(push->name_space);
	free(push->type);
	free(push);
}

/* ---- what is pushed ---- */

static json_t *encode(const json_t *value)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(VALUE_MAX);
	struct rc_str bytes = {json_string_value(value) ?: "", json_string_length(value)};
	json_t *json;

	rc_base64_encode(bytes, &text);
	json = json_string(rc_buf_text(&text));
	if (text.p)
		explicit_bzero(text.p, text.size);
	return json;
}

static int read_data(const struct rc_secrets_push *wanted, json_t *data, struct rc_error **err)
{
	const char *key;
	json_t *value;

	if (!wanted->property && wanted->source_key)
		return rc_fail(err, -EINVAL, "key '%s' wants a property to be pushed to",
			       wanted->source_key);
	if (!wanted->property) {
		json_object_foreach ((json_t *)(uintptr_t)wanted->values, key, value)
			json_object_set_new(data, key, encode(value));
	} else if (wanted->source_key) {
		value = json_object_get(wanted->values, wanted->source_key);
		json_object_set_new(data, wanted->property, encode(value));
	} else {
		rc_autofree char *text = json_dumps(wanted->values, JSON_COMPACT | JSON_SORT_KEYS);
		json_auto_t *all = NULL;

		if (!text)
			return rc_fail(err, -EINVAL, "the values are no text that JSON can hold");
		all = json_string(text);
		explicit_bzero(text, strlen(text));
		json_object_set_new(data, wanted->property, encode(all));
	}
	return 0;
}

/* Marks of whose the source is. */
static bool is_mark(const char *key)
{
	static const char *const marks[] = {"reconcile.external-secrets.io/", "reconciled.io/",
					    "argocd.argoproj.io/",
					    "kubectl.kubernetes.io/last-applied-configuration"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(marks); i++)
		if (rc_text_has_prefix(key, marks[i]))
			return true;
	return false;
}

static json_t *make_map(const struct rc_secrets_push *wanted, const char *field, bool with_source)
{
	json_t *map = json_object(), *value;
	const char *key;

	if (with_source)
		json_object_foreach (rc_json_get(wanted->source, "metadata", field, NULL), key,
				     value)
			if (!is_mark(key))
				json_object_set(map, key, value);
	json_object_update(map, rc_json_get(wanted->metadata, "spec", field, NULL));
	return map;
}

static int read_policy(const json_t *spec, const char *field, const char *const *words,
		       unsigned int *ret_which, struct rc_error **err)
{
	const char *text = rc_json_text(spec, field, NULL);

	*ret_which = 0;
	if (!text || !*text)
		return 0;
	for (unsigned int i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0) {
			*ret_which = i;
			return 0;
		}
	return rc_fail(err, -EINVAL, "metadata.spec.%s: '%s' is not known", field, text);
}

static int read_metadata(struct kubernetes_call *call, const struct rc_secrets_push *wanted,
			 struct rc_error **err)
{
	static const char *const targets[] = {"Merge", "Replace", "Ignore", NULL};
	static const char *const sources[] = {"Merge", "Replace", NULL};
	const json_t *spec = json_object_get(wanted->metadata, "spec");
	const char *name_space = rc_json_text(spec, "remoteNamespace", NULL);
	struct kubernetes_push *push = call->push;
	unsigned int target, source;
	int r = read_policy(spec, "targetMergePolicy", targets, &target, err);

	if (r == 0)
		r = read_policy(spec, "sourceMergePolicy", sources, &source, err);
	if (r < 0)
		return r;
	push->replaces_metadata = target == 1;
	push->keeps_metadata = target == 2;
	push->labels = make_map(wanted, "labels", source == 0);
	push->annotations = make_map(wanted, "annotations", source == 0);
	if (!name_space || !*name_space)
		return 0;
	if (!call->client->is_cluster)
		return rc_fail(err, -EINVAL,
			       "metadata.spec.remoteNamespace: only a ClusterSecretStore may "
			       "write into another namespace");
	free(push->name_space);
	push->name_space = rc_strdup(name_space);
	return 0;
}

/* ---- writing ---- */

static void merge_metadata(const struct kubernetes_push *push, json_t *secret, const char *field,
			   const json_t *map)
{
	json_t *metadata = json_object_get(secret, "metadata");
	json_t *there = json_object_get(metadata, field);

	if (push->keeps_metadata)
		return;
	if (!there || push->replaces_metadata) {
		there = json_object();
		json_object_set_new(metadata, field, there);
	}
	json_object_update(there, (json_t *)(uintptr_t)map);
	if (json_object_size(there) == 0)
		json_object_del(metadata, field);
}

/* The Secret as it shall be; there may be NULL. */
static json_t *make_secret(const struct kubernetes_push *push, const json_t *there)
{
	json_t *secret =
		there ? json_deep_copy(there)
		      : json_pack("{s:s, s:s, s:{s:s, s:s}}", "apiVersion", "v1", "kind", "Secret",
				  "metadata", "name", push->key, "namespace", push->name_space);
	json_t *data = json_object_get(secret, "data");

	if (!data || !push->property) {
		data = json_object();
		json_object_set_new(secret, "data", data);
	}
	json_object_update(data, push->data);
	/* The type of what is there can be changed by nobody. */
	if (!there)
		json_object_set_new(secret, "type", json_string(push->type ?: "Opaque"));
	merge_metadata(push, secret, "labels", push->labels);
	merge_metadata(push, secret, "annotations", push->annotations);
	return secret;
}

static void send(struct kubernetes_call *call, const char *method, const char *name, json_t *body)
{
	free(call->path);
	call->path = rc_secrets_kubernetes_call_path(call->push->name_space, name, NULL);
	call->method = method;
	json_decref(call->body);
	call->body = body;
	call->push->is_written = true;
	rc_secrets_kubernetes_call_send(call);
}

/* Returns whether there is something to be done. */
static bool put(struct kubernetes_call *call, const json_t *there)
{
	const struct kubernetes_push *push = call->push;
	const char *property = push->property;
	json_t *secret;

	if (push->only_if_absent && there &&
	    (!property || rc_json_get(there, "data", property, NULL)))
		return false;
	secret = make_secret(push, there);
	if (there && json_equal(there, secret)) {
		json_decref(secret);
		return false;
	}
	if (there)
		send(call, "PUT", push->key, secret);
	else
		send(call, "POST", NULL, secret);
	return true;
}

static bool take_away(struct kubernetes_call *call, const json_t *there)
{
	const struct kubernetes_push *push = call->push;
	json_t *data = json_object_get(there, "data");

	if (!there || (push->property && !json_object_get(data, push->property)))
		return false;
	if (push->property && json_object_size(data) > 1) {
		json_t *secret = json_deep_copy(there);

		json_object_del(json_object_get(secret, "data"), push->property);
		send(call, "PUT", push->key, secret);
	} else {
		send(call, "DELETE", push->key, NULL);
	}
	return true;
}

static bool go_on(struct kubernetes_call *call, int *r, const json_t *answer, struct rc_error **err)
{
	struct kubernetes_push *push = call->push;

	if (push->is_written) {
		/* What is taken away and gone is gone; a namespace that is not there is an error.
		 */
		if (*r == -ENOENT && strcmp(call->method, "DELETE") == 0) {
			rc_error_free(rc_steal(err));
			*r = 0;
		} else if (*r == -ENOENT) {
			*r = -EINVAL;
		}
		return false;
	}
	if (*r < 0 && *r != -ENOENT)
		return false;
	rc_error_free(rc_steal(err));
	if (*r == -ENOENT)
		answer = NULL;
	*r = 0;
	return push->data ? put(call, answer) : take_away(call, answer);
}

/* ---- the calls ---- */

static struct kubernetes_call *start(struct rc_secrets_client *head, const char *key,
				     const char *property, rc_secrets_call_fn *done, void *userdata)
{
	struct kubernetes_call *call = rc_secrets_kubernetes_call_make(head, "GET", done, userdata);

	call->push = rc_new0(struct kubernetes_push);
	call->push->key = rc_strdup(key);
	call->push->property = rc_strdup(property);
	call->push->name_space = rc_strdup(call->client->name_space);
	call->go_on = go_on;
	return call;
}

static struct rc_secrets_call *go(struct kubernetes_call *call)
{
	call->path = rc_secrets_kubernetes_call_path(call->push->name_space, call->push->key, NULL);
	return &call->head;
}

struct rc_secrets_call *rc_secrets_kubernetes_push_start(struct rc_secrets_client *head,
							 const struct rc_secrets_push *wanted,
							 rc_secrets_call_fn *done, void *userdata)
{
	struct kubernetes_call *call = start(head, wanted->key, wanted->property, done, userdata);
	struct kubernetes_push *push = call->push;

	push->data = json_object();
	push->only_if_absent = wanted->only_if_absent;
	push->type = rc_strdup(rc_json_text(wanted->source, "type", NULL));
	call->r = read_data(wanted, push->data, &call->err);
	if (call->r == 0)
		call->r = read_metadata(call, wanted, &call->err);
	return go(call);
}

struct rc_secrets_call *rc_secrets_kubernetes_push_remove(struct rc_secrets_client *head,
							  const struct rc_secrets_push *wanted,
							  rc_secrets_call_fn *done, void *userdata)
{
	struct kubernetes_call *call = start(head, wanted->key, wanted->property, done, userdata);

	call->r = read_metadata(call, wanted, &call->err); /* for the namespace */
	return go(call);
}
