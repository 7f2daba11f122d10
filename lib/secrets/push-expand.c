/* From spec.data and spec.dataTo to single entries. */
#include "secrets/push-expand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"
#include "base/str.h"
#include "data/json.h"
#include "data/regex.h"
#include "kube/selector.h"
#include "secrets/rewrite.h"
#include "secrets/shape.h"

#define STORE_KIND "SecretStore"

bool rc_secrets_push_expand_means(const json_t *ref, const struct rc_secrets_push_store *store)
{
	const char *kind = rc_json_text(ref, "kind", NULL) ?: STORE_KIND;
	const char *name = rc_json_text(ref, "name", NULL);
	const json_t *selector = json_object_get(ref, "labelSelector");

	if (strcmp(*kind ? kind : STORE_KIND, store->kind) != 0)
		return false;
	if (name && *name)
		return strcmp(name, store->name) == 0;
	return selector && rc_kube_selector_matches(selector, store->labels);
}

char *rc_secrets_push_expand_place(const json_t *data)
{
	const char *key = rc_json_text(data, "match", "remoteRef", "remoteKey", NULL) ?: "";
	const char *property = rc_json_text(data, "match", "remoteRef", "property", NULL);

	return property && *property ? rc_asprintf("%s/%s", key, property) : rc_strdup(key);
}

static const char *source_of(const json_t *data)
{
	return rc_json_text(data, "match", "secretKey", NULL) ?: "";
}

/* ---- conversion of keys ---- */

static int read_strategy(const json_t *rule, bool *ret_reverts, struct rc_error **err)
{
	const char *text = rc_json_text(rule, "conversionStrategy", NULL) ?: "";

	*ret_reverts = strcmp(text, "ReverseUnicode") == 0;
	if (!*text || *ret_reverts || strcmp(text, "None") == 0)
		return 0;
	return rc_fail(err, -EINVAL, "conversionStrategy: '%s' is not known", text);
}

static char *convert(const char *key, bool reverts)
{
	return reverts ? rc_secrets_shape_revert(key) : rc_strdup(key);
}

/* {converted key: original key}; two that become the same are an error. */
static int map_keys(const json_t *values, bool reverts, json_t **ret_map, struct rc_error **err)
{
	json_auto_t *map = json_object();
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)values, key, value) {
		rc_autofree char *to = convert(key, reverts);

		if (json_object_get(map, to))
			return rc_fail(err, -EINVAL, "two keys of the Secret become '%s'", to);
		json_object_set_new(map, to, json_string(key));
	}
	*ret_map = rc_steal(&map);
	return 0;
}

/* ---- dataTo ---- */

struct expansion {
	const json_t *rule; /* of dataTo */
	const json_t *values;
	json_t *map;   /* {converted key: original key} */
	json_t *items; /* to be filled */
};

static int compare_texts(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* The converted keys that fit, sorted, ends with NULL; the array is the caller's. */
static int match_keys(const struct expansion *expansion, const char ***ret_keys,
		      struct rc_error **err)
{
	const char *pattern = rc_json_text(expansion->rule, "match", "regexp", NULL);
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;
	rc_autofree const char **keys =
		rc_calloc(json_object_size(expansion->map) + 1, sizeof(*keys));
	const struct rc_regex_span *spans;
	const char *key;
	json_t *value;
	size_t n = 0;
	int r = pattern && *pattern ? rc_regex_compile(rc_str(pattern), &regex, err) : 0;

	if (r < 0)
		return rc_wrap(err, r, "match.regexp");
	json_object_foreach (expansion->map, key, value) {
		r = regex ? rc_regex_find(regex, rc_str(key), 0, &spans, err) : 1;
		if (r < 0)
			return r;
		if (r > 0)
			keys[n++] = key;
	}
	rc_sort(keys, n, sizeof(*keys), compare_texts);
	*ret_keys = rc_steal(&keys);
	return 0;
}

static void add_item(const struct expansion *expansion, const char *secret_key,
		     const char *remote_key, const json_t *values)
{
	const json_t *metadata = json_object_get(expansion->rule, "metadata");
	json_t *match = json_pack("{s:{s:s}}", "remoteRef", "remoteKey", remote_key);
	json_t *data = json_pack("{s:o, s:s}", "match", match, "conversionStrategy", "None");

	if (secret_key)
		json_object_set_new(match, "secretKey", json_string(secret_key));
	if (metadata)
		json_object_set(data, "metadata", (json_t *)(uintptr_t)metadata);
	json_array_append_new(expansion->items,
			      json_pack("{s:o, s:O}", "data", data, "values", values));
}

/* All keys that fit, as one. */
static void bundle(const struct expansion *expansion, const char *const *keys, const char *remote)
{
	json_auto_t *all = json_object();

	for (; *keys; keys++)
		json_object_set(all, *keys,
				json_object_get(expansion->values,
						rc_json_text(expansion->map, *keys, NULL)));
	add_item(expansion, NULL, remote, all);
}

/* Each key by itself, under the name that the rewriting makes of it. */
static int spread(const struct expansion *expansion, const char *const *keys, struct rc_error **err)
{
	const json_t *rewrite = json_object_get(expansion->rule, "rewrite");

	for (; *keys; keys++) {
		json_auto_t *one = json_pack("{s:s}", *keys, ""), *renamed = NULL;
		const char *name;
		int r = rc_secrets_rewrite(rewrite, one, &renamed, err);

		if (r < 0)
			return rc_wrap(err, r, "rewrite");
		name = json_object_iter_key(json_object_iter(renamed)) ?: "";
		if (!*name)
			return rc_fail(err, -EINVAL, "rewrite: nothing is left of key '%s'", *keys);
		add_item(expansion, rc_json_text(expansion->map, *keys, NULL), name,
			 expansion->values);
	}
	return 0;
}

static int check_rule(const json_t *rule, struct rc_error **err)
{
	const char *remote = rc_json_text(rule, "remoteKey", NULL);
	const json_t *rewrite = json_object_get(rule, "rewrite");
	json_t *operation;
	size_t i;

	if (remote && *remote && json_array_size(rewrite) > 0)
		return rc_fail(err, -EINVAL, "remoteKey and rewrite do not go together");
	json_array_foreach (rewrite, i, operation)
		if (!json_object_get(operation, "regexp") &&
		    !json_object_get(operation, "transform"))
			return rc_fail(err, -EINVAL,
				       "rewrite[%zu]: one of regexp and transform is wanted", i);
	return 0;
}

static int expand_rule(const json_t *rule, const json_t *values, json_t *items,
		       struct rc_error **err)
{
	const char *remote = rc_json_text(rule, "remoteKey", NULL);
	struct expansion expansion = {.rule = rule, .values = values, .items = items};
	json_auto_t *map = NULL;
	rc_autofree const char **keys = NULL;
	bool reverts;
	int r = check_rule(rule, err);

	if (r == 0)
		r = read_strategy(rule, &reverts, err);
	if (r == 0)
		r = map_keys(values, reverts, &map, err);
	expansion.map = map;
	if (r == 0)
		r = match_keys(&expansion, &keys, err);
	if (r < 0 || !keys[0])
		return r;
	if (!remote || !*remote)
		return spread(&expansion, (const char *const *)keys, err);
	bundle(&expansion, (const char *const *)keys, remote);
	return 0;
}

static int check_ref(const json_t *spec, const json_t *rule, struct rc_error **err)
{
	const json_t *ref = json_object_get(rule, "storeRef");
	const char *name = rc_json_text(ref, "name", NULL);
	json_t *known;
	size_t i;

	if (!ref || ((!name || !*name) && !json_object_get(ref, "labelSelector")))
		return rc_fail(err, -EINVAL, "storeRef: a name or a labelSelector is wanted");
	if (!name || !*name)
		return 0;
	json_array_foreach (json_object_get(spec, "secretStoreRefs"), i, known) {
		struct rc_secrets_push_store store = {
			rc_json_text(known, "kind", NULL) ?: STORE_KIND,
			rc_json_text(known, "name", NULL) ?: "", NULL};

		if (rc_secrets_push_expand_means(ref, &store))
			return 0;
	}
	return rc_fail(err, -EINVAL, "storeRef: '%s' is not among spec.secretStoreRefs", name);
}

static int expand_rules(const json_t *spec, const struct rc_secrets_push_store *store,
			const json_t *values, json_t *items, struct rc_error **err)
{
	json_t *rule;
	size_t i;

	json_array_foreach (json_object_get(spec, "dataTo"), i, rule) {
		int r = check_ref(spec, rule, err);

		if (r == 0 &&
		    rc_secrets_push_expand_means(json_object_get(rule, "storeRef"), store))
			r = expand_rule(rule, values, items, err);
		if (r < 0)
			return rc_wrap(err, r, "spec.dataTo[%zu]", i);
	}
	return 0;
}

/* ---- data ---- */

/* Of a key that data names itself nothing goes by dataTo. */
static void drop_named(json_t *items, const char *original)
{
	for (size_t i = json_array_size(items); i-- > 0;) {
		const json_t *data = json_object_get(json_array_get(items, i), "data");

		if (*original && strcmp(source_of(data), original) == 0)
			json_array_remove(items, i);
	}
}

static int add_data(const json_t *data, const json_t *values, json_t *by_rules, json_t *items,
		    struct rc_error **err)
{
	const char *key = source_of(data), *converted;
	const char *remote = rc_json_text(data, "match", "remoteRef", "remoteKey", NULL);
	json_auto_t *map = NULL, *all = NULL;
	json_t *original;
	bool reverts;
	int r = read_strategy(data, &reverts, err);

	if (r == 0)
		r = map_keys(values, reverts, &map, err);
	if (r < 0)
		return r;
	if (!remote || !*remote)
		return rc_fail(err, -EINVAL, "match.remoteRef.remoteKey is missing");
	if (*key && !json_object_get(map, key))
		return rc_fail(err, -EINVAL, "match.secretKey: the Secret has no key '%s'", key);
	drop_named(by_rules, rc_json_text(map, key, NULL) ?: "");
	all = json_object();
	json_object_foreach (map, converted, original)
		json_object_set(all, converted,
				json_object_get(values, json_string_value(original)));
	json_array_append_new(items, json_pack("{s:O, s:O}", "data", data, "values", all));
	return 0;
}

static int check_places(const json_t *items, struct rc_error **err)
{
	json_auto_t *places = json_object();
	json_t *item;
	size_t i;

	json_array_foreach (items, i, item) {
		const json_t *data = json_object_get(item, "data");
		rc_autofree char *place = rc_secrets_push_expand_place(data);
		const char *other = json_string_value(json_object_get(places, place));

		if (other)
			return rc_fail(err, -EINVAL, "keys '%s' and '%s' would both go to '%s'",
				       other, source_of(data), place);
		json_object_set_new(places, place, json_string(source_of(data)));
	}
	return 0;
}

int rc_secrets_push_expand(const json_t *spec, const struct rc_secrets_push_store *store,
			   const json_t *values, json_t **ret_items, struct rc_error **err)
{
	json_auto_t *items = json_array(), *by_rules = json_array();
	int r = expand_rules(spec, store, values, by_rules, err);
	json_t *data;
	size_t i;

	if (r < 0)
		return r;
	json_array_foreach (json_object_get(spec, "data"), i, data) {
		r = add_data(data, values, by_rules, items, err);
		if (r < 0)
			return rc_wrap(err, r, "spec.data[%zu]", i);
	}
	json_array_extend(by_rules, items);
	r = check_places(by_rules, err);
	if (r == 0)
		*ret_items = rc_steal(&by_rules);
	return r;
}
