/* Templates and where their output goes. */
#include "secrets/compose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "data/yaml.h"
#include "secrets/manifest.h"
#include "secrets/shape.h"
#include "secrets/template.h"

#define OUTPUT_MAX ((size_t)1 << 20)
#define INDEX_MAX  10000

struct job {
	const struct rc_secrets_external *external;
	const json_t *values, *texts;
	size_t next_text;
	json_t *object;
};

/* One template and where it goes. */
struct piece {
	const char *name; /* the key, or what it is called in messages */
	const char *text;
	const char *target; /* "Data", "Labels", "Annotations", or a path */
	bool has_keys;	    /* it makes keys and values, in YAML */
	enum rc_secrets_decoding decoding;
};

static const char *const sources[] = {"configMap", "secret"};

struct rc_secrets_reference *
rc_secrets_compose_list_references(const struct rc_secrets_external *external, size_t *ret_n)
{
	struct rc_secrets_reference *references = NULL;
	json_t *from, *item;
	size_t i, j, n = 0;

	json_array_foreach (json_object_get(external->template, "templateFrom"), i, from) {
		for (size_t k = 0; k < RC_ARRAY_SIZE(sources); k++) {
			const json_t *source = json_object_get(from, sources[k]);

			json_array_foreach (json_object_get(source, "items"), j, item) {
				references = rc_realloc(references, (n + 1) * sizeof(*references));
				references[n++] = (struct rc_secrets_reference){
					k == 0, rc_strdup(external->name_space),
					rc_strdup(rc_json_text(source, "name", NULL) ?: ""),
					rc_strdup(rc_json_text(item, "key", NULL) ?: ""), NULL};
			}
		}
	}
	*ret_n = n;
	return references;
}

/* ---- YAML ---- */

static json_t *read_yaml(struct rc_str text)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_yaml_node *node = NULL;
	json_t *json = NULL;

	if (rc_yaml_parse(arena, text, NULL, &node, NULL) < 0 || !node ||
	    rc_yaml_to_json(node, &json, NULL) < 0)
		return NULL;
	return json;
}

/* ---- paths into an object: "spec.rules[0].host" ---- */

static void merge(json_t *into, const json_t *value)
{
	const char *key;
	json_t *item;

	json_object_foreach ((json_t *)(uintptr_t)value, key, item) {
		json_t *old = json_object_get(into, key);

		if (json_is_object(old) && json_is_object(item))
			merge(old, item);
		else
			json_object_set(into, key, item);
	}
}

/* The member or item that a part names, made when it is new. */
static json_t *step_into(json_t *at, const char *name, long index, bool is_list_next)
{
	json_t *next = index < 0 ? json_object_get(at, name) : json_array_get(at, (size_t)index);

	if (next && (is_list_next ? json_is_array(next) : json_is_object(next)))
		return next;
	next = is_list_next ? json_array() : json_object();
	if (index < 0) {
		json_object_set_new(at, name, next);
		return next;
	}
	while (json_array_size(at) <= (size_t)index)
		json_array_append_new(at, json_null());
	json_array_set_new(at, (size_t)index, next);
	return next;
}

/* "rules[0][1]" -> name and indexes; false: it is no such part. */
static bool cut_part(char *part, long indexes[8], size_t *ret_n)
{
	char *at = strchr(part, '['), *end;
	size_t n = 0;

	while (at && *at == '[' && n < 8) {
		*at = '\0';
		indexes[n] = strtol(at + 1, &end, 10);
		if (*end != ']' || end == at + 1 || indexes[n] < 0 || indexes[n] > INDEX_MAX)
			return false;
		n++;
		at = end + 1;
	}
	*ret_n = n;
	return *part && (!at || !*at);
}

static void put_item(json_t *list, long index, const json_t *value)
{
	while (json_array_size(list) <= (size_t)index)
		json_array_append_new(list, json_null());
	json_array_set(list, (size_t)index, (json_t *)(uintptr_t)value);
}

/* The last part of a path: maps are merged, anything else takes the place. */
static void put_last(json_t *at, const char *name, const long *indexes, size_t n,
		     const json_t *value)
{
	bool is_map = json_is_object(value);

	if (n == 0 && !is_map) {
		json_object_set(at, name, (json_t *)(uintptr_t)value);
		return;
	}
	at = step_into(at, name, -1, n > 0);
	for (size_t i = 0; i + 1 < n; i++)
		at = step_into(at, NULL, indexes[i], true);
	if (n > 0 && !is_map)
		put_item(at, indexes[n - 1], value);
	else
		merge(n > 0 ? step_into(at, NULL, indexes[n - 1], false) : at, value);
}

static int put_at(json_t *object, const char *path, const json_t *value, struct rc_error **err)
{
	rc_autofree char *copy = rc_strdup(path);
	char *rest = copy, *part;
	json_t *at = object;

	while ((part = strsep(&rest, "."))) {
		long indexes[8];
		size_t n = 0;

		if (!cut_part(part, indexes, &n))
			return rc_fail(err, -EINVAL, "target '%s' is no path", path);
		if (!rest) {
			put_last(at, part, indexes, n, value);
			return 0;
		}
		at = step_into(at, part, -1, n > 0);
		for (size_t i = 0; i < n; i++)
			at = step_into(at, NULL, indexes[i], i + 1 < n);
	}
	return 0;
}

/* ---- where output goes ---- */

static json_t *find_map(json_t *object, const char *target)
{
	if (strcasecmp(target, "data") == 0)
		return rc_secrets_manifest_find_part(object, "data");
	if (strcasecmp(target, "labels") == 0)
		return rc_json_get(object, "metadata", "labels", NULL);
	if (strcasecmp(target, "annotations") == 0)
		return rc_json_get(object, "metadata", "annotations", NULL);
	return NULL;
}

static int put_text(struct job *job, const struct piece *piece, const char *key,
		    struct rc_buf *text, struct rc_error **err)
{
	bool is_spec = strcasecmp(piece->target, "spec") == 0;
	json_t *map = is_spec ? rc_secrets_manifest_find_part(job->object, "spec")
			      : find_map(job->object, piece->target);
	json_auto_t *parsed = NULL, *wrapped = NULL;
	int r = rc_secrets_shape_decode(piece->decoding, text, err);

	if (r < 0)
		return rc_wrap(err, r, "'%.60s'", key);
	if (map) {
		json_object_set_new(map, key, rc_secrets_shape_bytes(rc_buf_str(text)));
		return 0;
	}
	parsed = read_yaml(rc_buf_str(text));
	wrapped = json_object();
	json_object_set(wrapped, key, parsed ?: json_null());
	if (!parsed)
		json_object_set_new(wrapped, key, rc_secrets_shape_bytes(rc_buf_str(text)));
	return put_at(job->object, piece->target, wrapped, err);
}

static int put_map(struct job *job, const struct piece *piece, struct rc_str yaml,
		   struct rc_error **err)
{
	json_auto_t *parsed = read_yaml(yaml);
	const char *key;
	json_t *value;

	if (!find_map(job->object, piece->target))
		return parsed ? put_at(job->object, piece->target, parsed, err)
			      : rc_fail(err, -EINVAL, "'%.60s' does not render to YAML",
					piece->name);
	if (!json_is_object(parsed) && !json_is_null(parsed))
		return rc_fail(err, -EINVAL, "'%.60s' does not render to a map in YAML",
			       piece->name);
	json_object_foreach (parsed, key, value) {
		rc_autobuf struct rc_buf text = RC_BUF_INIT(OUTPUT_MAX);
		int r;

		if (!json_is_string(value) && !json_is_null(value))
			return rc_fail(err, -EINVAL,
				       "'%.60s': the value of '%s' is no text: quote it",
				       piece->name, key);
		rc_buf_add(&text, json_string_value(value) ?: "", json_string_length(value));
		r = put_text(job, piece, key, &text, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int run(struct job *job, const struct piece *piece, struct rc_error **err)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(OUTPUT_MAX);
	int r = rc_secrets_template_execute(piece->name, piece->text, job->values, &out, err);

	if (r < 0)
		return r;
	return piece->has_keys ? put_map(job, piece, rc_buf_str(&out), err)
			       : put_text(job, piece, piece->name, &out, err);
}

/* ---- templates ---- */

static int run_map(struct job *job, const json_t *map, const char *target, struct rc_error **err)
{
	const char *key;
	json_t *text;

	json_object_foreach ((json_t *)(uintptr_t)map, key, text) {
		struct piece piece = {
			.name = key, .text = json_string_value(text) ?: "", .target = target};
		int r = run(job, &piece, err);

		if (r < 0)
			return rc_wrap(err, r, "spec.target.template.%s",
				       strcmp(target, "Data") == 0 ? "data" : "metadata");
	}
	return 0;
}

static enum rc_secrets_decoding read_decoding(const json_t *from)
{
	static const char *const words[] = {"None", "Base64", "Base64URL", "Auto"};
	const char *text = rc_json_text(from, "valuesDecodingStrategy", NULL);

	for (size_t i = 0; text && i < RC_ARRAY_SIZE(words); i++)
		if (strcmp(words[i], text) == 0)
			return (enum rc_secrets_decoding)i;
	return RC_SECRETS_DECODING_NONE;
}

static int run_items(struct job *job, const json_t *source, struct piece *piece,
		     struct rc_error **err)
{
	json_t *item;
	size_t i;
	int r = 0;

	json_array_foreach (json_object_get(source, "items"), i, item) {
		const json_t *text = json_array_get(job->texts, job->next_text++);

		piece->name = rc_json_text(item, "key", NULL) ?: "";
		piece->text = json_string_value(text) ?: "";
		piece->has_keys =
			rc_text_equal(rc_json_text(item, "templateAs", NULL), "KeysAndValues");
		r = run(job, piece, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int run_from(struct job *job, const json_t *from, struct rc_error **err)
{
	struct piece piece = {.target = rc_json_text(from, "target", NULL) ?: "Data",
			      .decoding = read_decoding(from)};
	const char *literal = rc_json_text(from, "literal", NULL);
	int r = 0;

	for (size_t k = 0; r == 0 && k < RC_ARRAY_SIZE(sources); k++)
		r = run_items(job, json_object_get(from, sources[k]), &piece, err);
	if (r < 0 || !literal)
		return r;
	piece.name = "literal";
	piece.text = literal;
	piece.has_keys = true;
	return run(job, &piece, err);
}

int rc_secrets_compose(const struct rc_secrets_external *external, const json_t *values,
		       const json_t *texts, json_t *object, struct rc_error **err)
{
	const json_t *template = external->template;
	const json_t *data = json_object_get(template, "data");
	const json_t *list = json_object_get(template, "templateFrom");
	const json_t *metadata = json_object_get(template, "metadata");
	bool merges = rc_text_equal(rc_json_text(template, "mergePolicy", NULL), "Merge");
	struct job job = {.external = external, .values = values, .texts = texts, .object = object};
	json_t *from;
	size_t i;
	int r = 0;

	if (external->manifest && !template)
		rc_secrets_manifest_put(external->manifest, values, object);
	else if (!external->manifest &&
		 (merges || json_object_size(data) + json_array_size(list) == 0))
		json_object_update(json_object_get(object, "data"), (json_t *)(uintptr_t)values);
	json_array_foreach (list, i, from) {
		r = run_from(&job, from, err);
		if (r < 0)
			return rc_wrap(err, r, "spec.target.template.templateFrom[%zu]", i);
	}
	r = run_map(&job, data, "Data", err);
	if (r == 0)
		r = run_map(&job, json_object_get(metadata, "labels"), "Labels", err);
	if (r == 0)
		r = run_map(&job, json_object_get(metadata, "annotations"), "Annotations", err);
	return r;
}
