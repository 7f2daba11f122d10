/* Manifests made ready. */
#include "gitops/desired.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/secret.h"
#include "data/json.h"
#include "gitops/tracking.h"

#define OBJECTS_MAX 50000

struct builder {
	const struct rc_desired_options *options;
	struct rc_desired *desired;
	size_t size;
	json_t *seen; /* "hook? key" -> index */
};

static void item_done(struct rc_desired_item *item)
{
	free(item->api_version);
	free(item->generate_name);
	free(item->defines);
	rc_secret_wipe_text(item->text); /* it may be a Secret */
	free(item->key_block);
}

void rc_desired_free(struct rc_desired *desired)
{
	if (!desired)
		return;
	for (size_t i = 0; i < desired->n; i++)
		item_done(&desired->items[i]);
	free(desired->items);
	json_decref(desired->warnings);
	free(desired);
}

static uint64_t hash_json(const json_t *json)
{
	char hex[RC_JSON_HASH_MAX];

	rc_json_hash(json, hex);
	hex[16] = '\0';
	return strtoull(hex, NULL, 16);
}

/* Empty maps and nulls of metadata say nothing, and charts leave them behind. */
static void tidy_metadata(json_t *object)
{
	static const char *const fields[] = {"annotations",    "labels",       "creationTimestamp",
					     "namespace",      "generateName", "finalizers",
					     "ownerReferences"};
	json_t *metadata = json_object_get(object, "metadata");

	for (size_t i = 0; i < RC_ARRAY_SIZE(fields); i++) {
		json_t *value = json_object_get(metadata, fields[i]);

		if (json_is_null(value) || (json_is_object(value) && json_object_size(value) == 0))
			json_object_del(metadata, fields[i]);
	}
	json_object_del(object, "status");
}

static void place(struct builder *builder, json_t *object, struct rc_desired_item *item)
{
	const struct rc_desired_options *options = builder->options;
	rc_autofree char *group = NULL;
	const char *version = rc_kube_object_split_version(item->api_version, &group);
	const char *kind = rc_json_text(object, "kind", NULL);
	const struct rc_kube_resource *resource =
		options->discovery
			? rc_kube_discovery_find(options->discovery, group, kind, version)
			: NULL;
	json_t *metadata = json_object_get(object, "metadata");

	item->is_unknown = resource == NULL;
	item->is_namespaced = !resource || resource->namespaced;
	if (resource && !resource->namespaced)
		json_object_del(metadata, "namespace");
	else if (!json_object_get(metadata, "namespace") && *options->name_space)
		/* Of an unknown kind too: namespaced is what almost all custom resources are. */
		json_object_set_new(metadata, "namespace", json_string(options->name_space));
}

static int check(const json_t *object, size_t index, const struct rc_traits *traits,
		 struct rc_error **err)
{
	const char *kind = rc_json_text(object, "kind", NULL);
	const char *name = rc_kube_object_get_meta(object, "name");

	if (*name || (traits->is_hook && *rc_kube_object_get_meta(object, "generateName")))
		return 0;
	return rc_fail(err, -EINVAL, "manifest %zu, a %s: metadata.name is missing", index + 1,
		       kind);
}

/* Of two with the same key the last one wins. */
static void insert(struct builder *builder, struct rc_desired_item *item)
{
	struct rc_desired *desired = builder->desired;
	rc_autofree char *name = rc_kube_object_format_key(&item->key);
	rc_autofree char *key =
		rc_asprintf("%d %s %s", item->traits.is_hook, name, item->generate_name ?: "");
	json_t *before = json_object_get(builder->seen, key);

	if (before) {
		struct rc_desired_item *old = &desired->items[json_integer_value(before)];

		json_array_append_new(
			desired->warnings,
			json_sprintf("%s is in the manifests more than once; the last one counts",
				     name));
		item_done(old);
		*old = *item;
		return;
	}
	if (desired->n == builder->size) {
		builder->size = builder->size ? 2 * builder->size : 64;
		desired->items =
			rc_realloc(desired->items, builder->size * sizeof(*desired->items));
	}
	json_object_set_new(builder->seen, key, json_integer((json_int_t)desired->n));
	desired->items[desired->n++] = *item;
}

static int add(struct builder *builder, const json_t *manifest, size_t index,
	       struct rc_error **err);

static int add_list(struct builder *builder, const json_t *items, size_t index,
		    struct rc_error **err)
{
	json_t *item;
	size_t i;

	json_array_foreach (items, i, item) {
		int r = add(builder, item, index, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static char *read_definition(const json_t *object, const struct rc_kube_key *key)
{
	if (strcmp(key->kind, "CustomResourceDefinition") != 0)
		return NULL;
	return rc_asprintf("%s/%s", rc_json_text(object, "spec", "group", NULL) ?: "",
			   rc_json_text(object, "spec", "names", "kind", NULL) ?: "");
}

static int add(struct builder *builder, const json_t *manifest, size_t index, struct rc_error **err)
{
	struct rc_desired_item item = {.text = NULL};
	const char *kind = rc_json_text(manifest, "kind", NULL);
	rc_autofree struct rc_kube_key *key = NULL;
	json_auto_t *object = NULL;
	int r;

	if (kind && rc_text_has_suffix(kind, "List") &&
	    json_is_array(json_object_get(manifest, "items")))
		return add_list(builder, json_object_get(manifest, "items"), index, err);
	if (builder->desired->n >= OBJECTS_MAX)
		return rc_fail(err, -E2BIG, "there are more than %d manifests", OBJECTS_MAX);
	object = json_deep_copy(manifest);
	if (!json_is_object(json_object_get(object, "metadata")))
		json_object_set_new(object, "metadata", json_object());
	tidy_metadata(object);
	r = rc_kube_object_get_key(object, &key, err);
	if (r < 0)
		return rc_wrap(err, r, "manifest %zu", index + 1);
	r = rc_traits_read(object, &item.traits, err);
	if (r == 0)
		r = check(object, index, &item.traits, err);
	if (r < 0) {
		rc_autofree char *name = rc_kube_object_format_key(key);

		return rc_wrap(err, r, "%s", name);
	}
	item.api_version = rc_strdup(rc_json_text(object, "apiVersion", NULL));
	place(builder, object, &item);
	free(rc_steal(&key));
	rc_kube_object_get_key(object, &key, NULL);
	rc_tracking_set(object, builder->options->instance, builder->options->app, key);
	item.hash = hash_json(object);
	if (!*key->name)
		item.generate_name = rc_strdup(rc_kube_object_get_meta(object, "generateName"));
	item.defines = read_definition(object, key);
	item.text = json_dumps(object, JSON_COMPACT);
	item.key = *key;
	item.key_block = rc_steal(&key);
	insert(builder, &item);
	return 0;
}

/* ---- who is scaled ---- */

/* A HorizontalPodAutoscaler, or KEDA's ScaledObject. */
static bool is_scaler(const struct rc_kube_key *key)
{
	return (strcmp(key->kind, "HorizontalPodAutoscaler") == 0 &&
		strcmp(key->group, "autoscaling") == 0) ||
	       (strcmp(key->kind, "ScaledObject") == 0 && strcmp(key->group, "keda.sh") == 0);
}

/* It is a Deployment where nothing is said. */
static bool is_target(const struct rc_desired_item *item, const struct rc_desired_item *scaler,
		      const json_t *target)
{
	rc_autofree char *group = NULL;
	const char *version = rc_json_text(target, "apiVersion", NULL);

	rc_kube_object_split_version(version && *version ? version : "apps/v1", &group);
	return strcmp(item->key.name_space, scaler->key.name_space) == 0 &&
	       strcmp(item->key.name, rc_json_text(target, "name", NULL) ?: "") == 0 &&
	       strcmp(item->key.kind, rc_json_text(target, "kind", NULL) ?: "Deployment") == 0 &&
	       strcmp(item->key.group, group) == 0;
}

static void mark_target(struct rc_desired *desired, const struct rc_desired_item *scaler)
{
	json_auto_t *object = rc_desired_item_load(scaler);
	const json_t *target = rc_json_get(object, "spec", "scaleTargetRef", NULL);

	for (size_t i = 0; target && i < desired->n; i++) {
		struct rc_desired_item *item = &desired->items[i];

		if (item->is_scaled || !is_target(item, scaler, target))
			continue;
		item->is_scaled = true;
		item->hash ^= 1; /* what is compared depends on it */
	}
}

static void find_scaled(struct rc_desired *desired)
{
	for (size_t i = 0; i < desired->n; i++)
		if (is_scaler(&desired->items[i].key))
			mark_target(desired, &desired->items[i]);
}

int rc_desired_build(const json_t *manifests, const struct rc_desired_options *options,
		     struct rc_desired **ret_desired, struct rc_error **err)
{
	rc_cleanup(rc_desired_freep) struct rc_desired *desired = rc_new0(struct rc_desired);
	json_auto_t *seen = json_object();
	struct builder builder = {.options = options, .desired = desired, .seen = seen};
	json_t *manifest;
	size_t i;

	desired->warnings = json_array();
	json_array_foreach (manifests, i, manifest) {
		int r = add(&builder, manifest, i, err);

		if (r < 0)
			return r;
	}
	find_scaled(desired);
	*ret_desired = rc_steal(&desired);
	return 0;
}

bool rc_desired_item_defines(const struct rc_desired_item *item, const struct rc_kube_key *key)
{
	size_t n = strlen(key->group);

	return item && item->defines && strncmp(item->defines, key->group, n) == 0 &&
	       item->defines[n] == '/' && strcmp(item->defines + n + 1, key->kind) == 0;
}

json_t *rc_desired_item_load(const struct rc_desired_item *item)
{
	return json_loads(item->text, JSON_DECODE_ANY, NULL);
}

void rc_desired_item_set(struct rc_desired_item *item, const json_t *object)
{
	free(item->text);
	item->text = json_dumps(object, JSON_COMPACT);
	item->hash = hash_json(object) ^ (item->is_scaled ? 1 : 0);
}

const struct rc_desired_item *rc_desired_find(const struct rc_desired *desired,
					      const struct rc_kube_key *key)
{
	for (size_t i = 0; i < desired->n; i++)
		if (!desired->items[i].traits.is_hook && !desired->items[i].traits.is_skipped &&
		    rc_kube_object_compare_keys(&desired->items[i].key, key) == 0)
			return &desired->items[i];
	return NULL;
}

bool rc_desired_names(const struct rc_desired *desired, const struct rc_kube_key *key)
{
	for (size_t i = 0; i < desired->n; i++)
		if (!desired->items[i].traits.is_hook &&
		    rc_kube_object_compare_keys(&desired->items[i].key, key) == 0)
			return true;
	return false;
}

uint64_t rc_desired_get_hash(const struct rc_desired *desired)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < desired->n; i++)
		hash = (hash ^ desired->items[i].hash) * UINT64_C(0x100000001b3);
	return hash;
}
