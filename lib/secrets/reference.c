/* Following references. */
#include "secrets/reference.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/base64.h"
#include "data/json.h"
#include "kube/apply.h"

#define VALUE_MAX ((size_t)1 << 20)

struct look {
	struct rc_secrets_loading *loading;
	struct rc_secrets_reference reference;
	struct rc_kube_request *request;
	struct rc_secret **value;
};

struct rc_secrets_loading {
	struct ev_loop *loop;
	struct look *looks;
	struct rc_secret **values;
	size_t n, n_open;
	int r;
	struct rc_error *err;
	ev_timer turn; /* when there is nothing to wait for */
	rc_secrets_loaded_fn *loaded;
	void *userdata;
};

/* ---- reading them ---- */

int rc_secrets_reference_find_namespace(const json_t *selector, const char *where,
					const struct rc_secrets_scope *scope,
					const char **ret_name_space, struct rc_error **err)
{
	const char *text = rc_json_text(selector, "namespace", NULL);

	*ret_name_space = scope->name_space;
	if (!text || !*text || strcmp(text, scope->name_space) == 0)
		return 0;
	if (!scope->is_cluster)
		return rc_fail(err, -EINVAL,
			       "%s.namespace: a SecretStore may not refer to another namespace "
			       "('%s')",
			       where, text);
	*ret_name_space = text;
	return 0;
}

int rc_secrets_reference_parse(const json_t *selector, const char *where, const char *otherwise,
			       const struct rc_secrets_scope *scope,
			       struct rc_secrets_reference *ret_reference, struct rc_error **err)
{
	const char *name = rc_json_text(selector, "name", NULL), *ns;
	const char *key = rc_json_text(selector, "key", NULL);
	int r = rc_secrets_reference_find_namespace(selector, where, scope, &ns, err);

	if (r < 0)
		return r;
	if (!key || !*key)
		key = otherwise;
	if (!name || !*name || !key)
		return rc_fail(err, -EINVAL, "%s: %s is missing", where, key ? "name" : "key");
	*ret_reference = (struct rc_secrets_reference){false, rc_strdup(ns), rc_strdup(name),
						       rc_strdup(key), NULL};
	return 0;
}

int rc_secrets_reference_parse_ca(const json_t *provider, const char *where,
				  const struct rc_secrets_scope *scope,
				  struct rc_secrets_reference *ret_reference, struct rc_error **err)
{
	const char *type = rc_json_text(provider, "type", NULL) ?: "";
	bool is_config_map = strcmp(type, "ConfigMap") == 0;
	const char *ns = rc_json_text(provider, "namespace", NULL);
	int r;

	if (!is_config_map && strcmp(type, "Secret") != 0)
		return rc_fail(err, -EINVAL, "%s.type: '%s' is neither Secret nor ConfigMap", where,
			       type);
	if (scope->is_cluster && (!ns || !*ns))
		return rc_fail(err, -EINVAL,
			       "%s.namespace is missing, which a ClusterSecretStore "
			       "needs",
			       where);
	r = rc_secrets_reference_parse(provider, where, NULL, scope, ret_reference, err);
	if (r == 0)
		ret_reference->is_config_map = is_config_map;
	return r;
}

void rc_secrets_reference_done(struct rc_secrets_reference *reference)
{
	free(reference->name_space);
	free(reference->name);
	free(reference->key);
	*reference = (struct rc_secrets_reference){.is_config_map = false};
}

/* ---- following them ---- */

static void release(struct rc_secrets_loading *loading)
{
	ev_timer_stop(loading->loop, &loading->turn);
	for (size_t i = 0; i < loading->n; i++) {
		rc_kube_request_cancel(loading->looks[i].request);
		rc_secrets_reference_done(&loading->looks[i].reference);
		rc_secret_free(loading->values[i]);
	}
	rc_error_free(loading->err);
	free(loading->looks);
	free(loading->values);
	free(loading);
}

static void end(struct rc_secrets_loading *loading)
{
	struct rc_error *err = rc_steal(&loading->err);

	loading->loaded(loading->userdata, loading->r, loading->values, err);
	release(loading);
}

static const char *kind_of(const struct rc_secrets_reference *reference)
{
	return reference->is_config_map ? "ConfigMap" : "Secret";
}

static bool has_label(const json_t *object, const char *label)
{
	rc_autofree char *name = label ? rc_strndup(label, strcspn(label, "=")) : NULL;

	return !label ||
	       rc_text_equal(rc_kube_object_get_label(object, name), label + strlen(name) + 1);
}

static int take(struct look *look, const json_t *object, struct rc_error **err)
{
	const struct rc_secrets_reference *reference = &look->reference;
	const char *text = rc_json_text(object, "data", reference->key, NULL);
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(VALUE_MAX);

	if (!has_label(object, reference->label))
		return rc_fail(err, -EACCES, "%s %s/%s may not be used here without label %s",
			       kind_of(reference), reference->name_space, reference->name,
			       reference->label);
	if (!text)
		return rc_fail(err, -ENOENT, "%s %s/%s has no key '%s'", kind_of(reference),
			       reference->name_space, reference->name, reference->key);
	if (reference->is_config_map)
		rc_buf_puts(&bytes, text);
	else
		rc_base64_decode(rc_str(text), &bytes);
	*look->value = rc_secret_new(rc_buf_text(&bytes), bytes.n);
	if (bytes.p)
		explicit_bzero(bytes.p, bytes.size);
	return 0;
}

static void on_object(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct look *look = userdata;
	struct rc_secrets_loading *loading = look->loading;

	look->request = NULL;
	loading->n_open--;
	if (r == 0)
		r = take(look, answer->object, &err);
	else
		rc_wrap(&err, r, "reading %s %s/%s", kind_of(&look->reference),
			look->reference.name_space, look->reference.name);
	if (r < 0 && loading->r == 0) {
		loading->r = r;
		loading->err = err;
	} else {
		rc_error_free(err);
	}
	if (loading->n_open == 0)
		end(loading);
}

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	end(rc_container_of(timer, struct rc_secrets_loading, turn));
}

static void start(const struct rc_secrets_context *context, struct look *look)
{
	const struct rc_secrets_reference *reference = &look->reference;
	struct rc_kube_key key = {"", kind_of(reference), reference->name_space, reference->name};
	const struct rc_kube_resource *resource =
		rc_kube_discovery_find(context->discovery, "", key.kind, NULL);

	if (!resource) {
		look->loading->r = rc_fail(&look->loading->err, -EAGAIN,
					   "what the cluster serves is not known yet");
		return;
	}
	look->loading->n_open++;
	look->request = rc_kube_apply_get(context->cluster, resource, &key, on_object, look);
}

struct rc_secrets_loading *rc_secrets_reference_load(const struct rc_secrets_context *context,
						     const struct rc_secrets_reference *references,
						     size_t n, rc_secrets_loaded_fn *loaded,
						     void *userdata)
{
	struct rc_secrets_loading *loading = rc_new0(struct rc_secrets_loading);

	loading->loop = context->loop;
	loading->looks = rc_calloc(n, sizeof(*loading->looks));
	loading->values = rc_calloc(n, sizeof(struct rc_secret *));
	loading->n = n;
	loading->loaded = loaded;
	loading->userdata = userdata;
	ev_timer_init(&loading->turn, on_turn, 0, 0);
	for (size_t i = 0; i < n && loading->r == 0; i++) {
		struct look *look = &loading->looks[i];

		look->loading = loading;
		look->value = &loading->values[i];
		look->reference = (struct rc_secrets_reference){
			references[i].is_config_map, rc_strdup(references[i].name_space),
			rc_strdup(references[i].name), rc_strdup(references[i].key),
			references[i].label};
		start(context, look);
	}
	if (loading->n_open == 0)
		ev_timer_start(loading->loop, &loading->turn);
	return loading;
}

void rc_secrets_reference_cancel(struct rc_secrets_loading *loading)
{
	if (loading)
		release(loading);
}
