/* What a PushSecret pushes: Secrets, or what a generator makes, and what its templates add. */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/base64.h"
#include "data/json.h"
#include "secrets/compose.h"
#include "secrets/generator.h"
#include "secrets/push-private.h"

#define LEASED	  "VaultDynamicSecret"
#define VALUE_MAX ((size_t)4 << 20)

/* ---- sources ---- */

static json_t *decode(const json_t *data)
{
	json_t *values = json_object(), *value;
	const char *key;

	json_object_foreach ((json_t *)(uintptr_t)data, key, value) {
		rc_autobuf struct rc_buf bytes = RC_BUF_INIT(VALUE_MAX);

		if (rc_base64_decode(rc_str(json_string_value(value) ?: ""), &bytes) < 0)
			continue;
		json_object_set_new(values, key,
				    json_stringn_nocheck(rc_buf_text(&bytes), bytes.n));
		if (bytes.p)
			explicit_bzero(bytes.p, bytes.size);
	}
	return values;
}

static void add_source(struct push_run *run, const json_t *type, const json_t *metadata,
		       json_t *values)
{
	json_array_append_new(run->sources,
			      json_pack("{s:O?, s:{s:O?, s:O?}, s:o}", "type", type, "metadata",
					"labels", json_object_get(metadata, "labels"),
					"annotations", json_object_get(metadata, "annotations"),
					"data", values));
}

/* A PushSecret of one Secret that is gone takes away what it pushed, if it shall. */
static bool may_be_gone(const struct push_run *run)
{
	const char *name =
		rc_json_text(run->push->object, "spec", "selector", "secret", "name", NULL);
	const json_t *condition =
		json_array_get(rc_json_get(run->push->object, "status", "conditions", NULL), 0);

	return name && *name && rc_secrets_push_takes_away(run->push->object) &&
	       (json_object_size(run->left) > 0 ||
		rc_text_equal(rc_json_text(condition, "reason", NULL), "SourceDeleted"));
}

static void on_secret(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct push_run *run = userdata;

	run->request = NULL;
	if (r == 0) {
		add_source(run, json_object_get(answer->object, "type"),
			   json_object_get(answer->object, "metadata"),
			   decode(json_object_get(answer->object, "data")));
	} else if (r == -ENOENT && may_be_gone(run)) {
		run->is_source_gone = true;
		rc_error_free(rc_steal(&err));
		r = 0;
	} else {
		rc_wrap(&err, r, "could not get source secret");
	}
	rc_flow_resume(&run->flow, r, err);
}

static int read_secret(struct push_run *run, struct rc_error **err)
{
	size_t n = json_array_size(run->names);
	json_auto_t *name = json_incref(json_array_get(run->names, n - 1));
	const struct rc_kube_resource *resource =
		rc_kube_discovery_find(rc_secrets_push_options(run)->discovery, "", "Secret", NULL);
	struct rc_kube_key key = {"", "Secret", run->push->name_space, json_string_value(name)};

	if (!resource)
		return rc_fail(err, -EAGAIN, "what the cluster serves is not known yet");
	json_array_remove(run->names, n - 1);
	run->request = rc_kube_apply_get(rc_secrets_push_options(run)->cluster, resource, &key,
					 on_secret, run);
	return RC_WAIT_AGAIN;
}

static void on_generated(void *userdata, int r, const struct rc_secrets_answer *answer,
			 struct rc_error *err)
{
	struct push_run *run = userdata;
	json_t *values, *value;
	const char *key;

	run->call = NULL;
	if (r == 0) {
		values = json_object();
		json_object_foreach ((json_t *)(uintptr_t)answer->document, key, value)
			json_object_set_new(values, key,
					    json_is_string(value) ? json_incref(value)
								  : json_string(""));
		add_source(run, NULL, NULL, values);
	} else {
		rc_wrap(&err, r, "spec.selector.generatorRef");
	}
	rc_flow_resume(&run->flow, r, err);
}

static void on_generator(void *userdata, int r, const struct rc_kube_answer *answer,
			 struct rc_error *err)
{
	struct push_run *run = userdata;
	struct rc_secrets_query query = {.key = NULL};

	run->request = NULL;
	if (r == 0)
		r = rc_secrets_generator_open(&run->push->pushes->manager->context, answer->object,
					      run->push->name_space, &run->generator, &err);
	if (r < 0) {
		rc_wrap(&err, r, "spec.selector.generatorRef");
		rc_flow_resume(&run->flow, r, err);
		return;
	}
	run->call = run->generator->ops->read(run->generator, &query, on_generated, run);
}

static int start_generator(struct push_run *run, const json_t *ref, struct rc_error **err)
{
	const char *kind = rc_json_text(ref, "kind", NULL) ?: "";
	bool is_cluster = strcmp(kind, "ClusterGenerator") == 0;
	struct rc_kube_key key = {RC_SECRETS_GENERATOR_GROUP, kind,
				  is_cluster ? "" : run->push->name_space,
				  rc_json_text(ref, "name", NULL) ?: ""};
	const struct rc_kube_resource *resource = rc_kube_discovery_find(
		rc_secrets_push_options(run)->discovery, key.group, kind, NULL);

	/* What is leased dies with its lease, which nobody could renew for those who read it. */
	if (strcmp(kind, LEASED) == 0)
		return rc_fail(err, -EINVAL,
			       "spec.selector.generatorRef: credentials of a " LEASED
			       " end with their lease and are not pushed");
	if (!resource)
		return rc_fail(err, -ENOENT, "the cluster has no generators of kind %s", kind);
	run->request = rc_kube_apply_get(rc_secrets_push_options(run)->cluster, resource, &key,
					 on_generator, run);
	return RC_WAIT;
}

int rc_secrets_push_read(struct rc_flow *flow, struct rc_error **err)
{
	struct push_run *run = rc_secrets_push_run_of(flow);
	const json_t *selector = rc_json_get(run->push->object, "spec", "selector", NULL);
	const json_t *generator = json_object_get(selector, "generatorRef");

	if (run->is_removal)
		return RC_NEXT;
	if (generator && !rc_json_text(selector, "secret", "name", NULL))
		return start_generator(run, generator, err);
	if (!json_object_get(selector, "secret"))
		return rc_fail(err, -EINVAL, "spec.selector: secret or generatorRef is wanted");
	if (!run->names)
		run->names = rc_secrets_push_list_secrets(run->push);
	return json_array_size(run->names) > 0 ? read_secret(run, err) : RC_NEXT;
}

/* ---- templates ---- */

/* What the templates of an ExternalSecret need of it. */
static struct rc_secrets_external template_of(const struct push_run *run)
{
	return (struct rc_secrets_external){
		.name_space = run->push->name_space,
		.name = run->push->name,
		.template = rc_json_get(run->push->object, "spec", "template", NULL)};
}

static void on_texts(void *userdata, int r, struct rc_secret **values, struct rc_error *err)
{
	struct push_run *run = userdata;

	run->loading = NULL;
	run->texts = json_array();
	for (size_t i = 0; r == 0 && i < run->n_texts; i++) {
		struct rc_str text = rc_secret_reveal(values[i]);

		json_array_append_new(run->texts, json_stringn_nocheck(text.p, text.n));
	}
	if (r < 0)
		rc_wrap(&err, r, "spec.template.templateFrom");
	rc_flow_resume(&run->flow, r, err);
}

int rc_secrets_push_read_texts(struct rc_flow *flow, struct rc_error **err)
{
	struct push_run *run = rc_secrets_push_run_of(flow);
	struct rc_secrets_external external = template_of(run);
	struct rc_secrets_reference *references =
		rc_secrets_compose_list_references(&external, &run->n_texts);

	(void)err;
	if (run->n_texts > 0 && !run->is_removal)
		run->loading = rc_secrets_reference_load(&run->push->pushes->manager->context,
							 references, run->n_texts, on_texts, run);
	for (size_t i = 0; i < run->n_texts; i++)
		rc_secrets_reference_done(&references[i]);
	free(references);
	return run->loading ? RC_WAIT : RC_NEXT;
}

int rc_secrets_push_apply(const struct push_run *run, json_t *source, struct rc_error **err)
{
	struct rc_secrets_external external = template_of(run);
	json_t *metadata = json_object_get(source, "metadata");
	static const char *const maps[] = {"labels", "annotations"};
	json_auto_t *values = json_deep_copy(json_object_get(source, "data"));
	const json_t *type = json_object_get(external.template, "type");

	if (!external.template)
		return 0;
	for (size_t i = 0; i < RC_ARRAY_SIZE(maps); i++)
		if (!json_is_object(json_object_get(metadata, maps[i])))
			json_object_set_new(metadata, maps[i], json_object());
	json_object_set(source, "type", type ? (json_t *)(uintptr_t)type : json_null());
	return rc_secrets_compose(&external, values, run->texts, source, err);
}
