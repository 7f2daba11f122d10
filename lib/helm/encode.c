/* Values and documents. */
#include "helm/convert.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "data/base64.h"
#include "data/json.h"
#include "data/number.h"
#include "data/utf8.h"
#include "data/yaml-emit.h"
#include "helm/objects.h"

struct rc_value rc_helm_convert_node(struct rc_arena *arena, const struct rc_yaml_node *node)
{
	struct rc_value value;

	switch (node->kind) {
	case RC_YAML_NULL:
		return rc_value_nil();
	case RC_YAML_BOOL:
		return rc_value_bool(node->truth);
	case RC_YAML_INT:
		return rc_value_float((double)node->integer);
	case RC_YAML_UINT:
		return rc_value_float((double)node->natural);
	case RC_YAML_FLOAT:
		return rc_value_float(node->real);
	case RC_YAML_STRING:
		return rc_value_str(node->text);
	case RC_YAML_SEQUENCE:
		value = rc_value_list_new(arena, RC_VALUE_ANY, node->n_items);
		for (size_t i = 0; i < node->n_items; i++)
			rc_value_list_add(arena, value,
					  rc_helm_convert_node(arena, node->items[i]));
		return value;
	case RC_YAML_MAPPING:
		value = rc_value_map_new(arena, RC_VALUE_ANY, node->n_entries);
		for (size_t i = 0; i < node->n_entries; i++)
			rc_value_map_set(arena, value.map, node->entries[i].key,
					 rc_helm_convert_node(arena, node->entries[i].value));
		return value;
	}
	return rc_value_nil();
}

/* .inf and .nan: JSON has no such numbers. */
static int check_numbers(const struct rc_yaml_node *node, struct rc_error **err)
{
	if (node->kind == RC_YAML_FLOAT && !isfinite(node->real))
		return rc_fail(err, -EINVAL, "json: unsupported value: %s",
			       isnan(node->real) ? "NaN"
			       : node->real > 0	 ? "+Inf"
						 : "-Inf");
	for (size_t i = 0; node->kind == RC_YAML_SEQUENCE && i < node->n_items; i++)
		if (check_numbers(node->items[i], err) < 0)
			return -EINVAL;
	for (size_t i = 0; node->kind == RC_YAML_MAPPING && i < node->n_entries; i++)
		if (check_numbers(node->entries[i].value, err) < 0)
			return -EINVAL;
	return 0;
}

static const char *json_name(const struct rc_yaml_node *node)
{
	switch (node->kind) {
	case RC_YAML_SEQUENCE:
		return "array";
	case RC_YAML_STRING:
		return "string";
	case RC_YAML_BOOL:
		return "bool";
	case RC_YAML_NULL:
	case RC_YAML_INT:
	case RC_YAML_UINT:
	case RC_YAML_FLOAT:
	case RC_YAML_MAPPING:
		return "number";
	}
	return "";
}

int rc_helm_convert_table(struct rc_arena *arena, struct rc_str text, struct rc_value *ret,
			  struct rc_error **err)
{
	struct rc_yaml_node *node;
	int r = rc_yaml_parse(arena, text, NULL, &node, err);

	if (r == 0)
		r = check_numbers(node, err);
	if (r < 0)
		return rc_wrap(err, r, "error converting YAML to JSON");
	if (node->kind == RC_YAML_NULL) {
		*ret = rc_value_map_new(arena, RC_VALUE_ANY, 0);
		return 0;
	}
	if (node->kind != RC_YAML_MAPPING)
		return rc_fail(err, -EINVAL,
			       "error unmarshaling JSON: while decoding JSON: json: cannot "
			       "unmarshal %s into Go value of type map[string]interface {}",
			       json_name(node));
	*ret = rc_helm_convert_node(arena, node);
	return 0;
}

static int list_to_json(struct rc_buf *buf, const struct rc_value_list *list, bool html,
			struct rc_error **err)
{
	rc_buf_putc(buf, '[');
	for (size_t i = 0; i < list->n; i++) {
		if (i > 0)
			rc_buf_putc(buf, ',');
		if (rc_helm_convert_to_json(buf, list->items[i], html, err) < 0)
			return -EINVAL;
	}
	rc_buf_putc(buf, ']');
	return 0;
}

static int map_to_json(struct rc_buf *buf, const struct rc_value_map *map, bool html,
		       struct rc_error **err)
{
	rc_buf_putc(buf, '{');
	for (size_t i = 0; i < map->n; i++) {
		if (i > 0)
			rc_buf_putc(buf, ',');
		rc_json_write_string(buf, map->entries[i].key, html);
		rc_buf_putc(buf, ':');
		if (rc_helm_convert_to_json(buf, map->entries[i].value, html, err) < 0)
			return -EINVAL;
	}
	rc_buf_putc(buf, '}');
	return 0;
}

int rc_helm_convert_to_json(struct rc_buf *buf, struct rc_value value, bool html,
			    struct rc_error **err)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = NULL;
	char text[RC_NUMBER_MAX];

	switch (value.kind) {
	case RC_VALUE_INVALID:
	case RC_VALUE_NIL:
		return rc_buf_puts(buf, "null");
	case RC_VALUE_BOOL:
		return rc_buf_puts(buf, value.truth ? "true" : "false");
	case RC_VALUE_INT:
	case RC_VALUE_INT64:
	case RC_VALUE_UINT8:
	case RC_VALUE_UINT32:
		return rc_buf_printf(buf, "%lld", (long long)value.integer);
	case RC_VALUE_FLOAT:
		if (!isfinite(value.real))
			return rc_fail(err, -EINVAL, "json: unsupported value: %s",
				       isnan(value.real) ? "NaN"
				       : value.real > 0	 ? "+Inf"
							 : "-Inf");
		rc_number_format_json(value.real, text);
		return rc_buf_puts(buf, text);
	case RC_VALUE_STRING:
		return rc_json_write_string(buf, value.text, html);
	case RC_VALUE_BYTES:
		rc_buf_putc(buf, '"');
		rc_base64_encode(value.text, buf);
		return rc_buf_putc(buf, '"');
	case RC_VALUE_LIST:
		return list_to_json(buf, value.list, html, err);
	case RC_VALUE_MAP:
		return map_to_json(buf, value.map, html, err);
	case RC_VALUE_OBJECT:
		arena = rc_arena_new(0);
		return rc_helm_convert_to_json(buf, rc_helm_objects_to_map(arena, value), html,
					       err);
	}
	return -EINVAL;
}

struct sorted {
	struct rc_str key;
	const struct rc_value *value;
};

/* Insertion, since the order is no strict one: the result is stable for keys that came sorted. */
static void sort_keys(struct sorted *at, size_t n, enum rc_yaml_flavour flavour)
{
	for (size_t i = 1; i < n; i++) {
		struct sorted entry = at[i];
		size_t j = i;

		for (; j > 0 && rc_yaml_key_less(entry.key, at[j - 1].key, flavour); j--)
			at[j] = at[j - 1];
		at[j] = entry;
	}
}

static int emit(struct rc_yaml_emitter *emitter, struct rc_value value);

static int emit_map(struct rc_yaml_emitter *emitter, const struct rc_value_map *map)
{
	rc_autofree struct sorted *entries = rc_calloc(map->n, sizeof(*entries));
	int r = 0;

	for (size_t i = 0; i < map->n; i++)
		entries[i] = (struct sorted){map->entries[i].key, &map->entries[i].value};
	sort_keys(entries, map->n, emitter->flavour);
	rc_yaml_emit_begin(emitter, false);
	for (size_t i = 0; r == 0 && i < map->n; i++) {
		rc_yaml_emit_key(emitter, entries[i].key);
		r = emit(emitter, *entries[i].value);
	}
	rc_yaml_emit_end(emitter);
	return r;
}

static int emit_list(struct rc_yaml_emitter *emitter, const struct rc_value_list *list)
{
	int r = 0;

	rc_yaml_emit_begin(emitter, true);
	for (size_t i = 0; r == 0 && i < list->n; i++)
		r = emit(emitter, list->items[i]);
	rc_yaml_emit_end(emitter);
	return r;
}

/* On its way through JSON a whole number loses its exponent, up to 2^64. */
static void emit_float(struct rc_yaml_emitter *emitter, double real)
{
	char text[RC_NUMBER_MAX];

	if (emitter->flavour == RC_YAML_V2 && real == trunc(real) &&
	    fabs(real) < 18446744073709551616.0 && real >= -9223372036854775808.0)
		rc_number_format_f(real, text);
	else
		rc_number_format_g(real, 64, text);
	rc_yaml_emit_plain(emitter, rc_str(text));
}

/* What goyaml's reader refuses in the JSON text makes the whole of toYaml empty. */
static bool is_readable(struct rc_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == 0x7f)
			return false;
	return true;
}

static int emit_text(struct rc_yaml_emitter *emitter, struct rc_str text)
{
	if (emitter->flavour == RC_YAML_V2 && !is_readable(text))
		return -EINVAL;
	rc_yaml_emit_string(emitter, text);
	return 0;
}

static int emit(struct rc_yaml_emitter *emitter, struct rc_value value)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = NULL;
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(RC_BUF_UNLIMITED);

	switch (value.kind) {
	case RC_VALUE_INVALID:
	case RC_VALUE_NIL:
		rc_yaml_emit_plain(emitter, RC_STR("null"));
		return 0;
	case RC_VALUE_BOOL:
		rc_yaml_emit_plain(emitter, value.truth ? RC_STR("true") : RC_STR("false"));
		return 0;
	case RC_VALUE_INT:
	case RC_VALUE_INT64:
	case RC_VALUE_UINT8:
	case RC_VALUE_UINT32:
		rc_buf_printf(&bytes, "%lld", (long long)value.integer);
		rc_yaml_emit_plain(emitter, rc_buf_str(&bytes));
		return 0;
	case RC_VALUE_FLOAT:
		if (!isfinite(value.real))
			return -EINVAL;
		emit_float(emitter, value.real);
		return 0;
	case RC_VALUE_STRING:
		return emit_text(emitter, value.text);
	case RC_VALUE_BYTES:
		rc_base64_encode(value.text, &bytes);
		return emit_text(emitter, rc_buf_str(&bytes));
	case RC_VALUE_LIST:
		if (value.list->n > 0)
			return emit_list(emitter, value.list);
		rc_yaml_emit_empty(emitter, true);
		return 0;
	case RC_VALUE_MAP:
		if (value.map->n > 0)
			return emit_map(emitter, value.map);
		rc_yaml_emit_empty(emitter, false);
		return 0;
	case RC_VALUE_OBJECT:
		arena = rc_arena_new(0);
		return emit(emitter, rc_helm_objects_to_map(arena, value));
	}
	return -EINVAL;
}

static int to_yaml(struct rc_buf *buf, struct rc_value value, enum rc_yaml_flavour flavour)
{
	struct rc_yaml_emitter emitter;
	int r, finished;

	rc_yaml_emit_init(&emitter, buf, flavour);
	r = emit(&emitter, value);
	finished = rc_yaml_emit_finish(&emitter);
	if (r == 0)
		r = finished;
	if (r < 0)
		rc_buf_truncate(buf, 0);
	else if (buf->n > 0 && buf->p[buf->n - 1] == '\n')
		rc_buf_truncate(buf, buf->n - 1);
	return r;
}

int rc_helm_convert_to_yaml(struct rc_buf *buf, struct rc_value value)
{
	return to_yaml(buf, value, RC_YAML_V2);
}

int rc_helm_convert_to_yaml_pretty(struct rc_buf *buf, struct rc_value value)
{
	return to_yaml(buf, value, RC_YAML_V3);
}

struct rc_value rc_helm_convert_json(struct rc_arena *arena, const json_t *json)
{
	struct rc_value value;
	const char *key;
	json_t *item;
	size_t i;

	switch (json_typeof(json)) {
	case JSON_OBJECT:
		value = rc_value_map_new(arena, RC_VALUE_ANY, json_object_size(json));
		json_object_foreach ((json_t *)(uintptr_t)json, key, item)
			rc_value_map_set(arena, value.map, rc_str(rc_arena_strdup(arena, key)),
					 rc_helm_convert_json(arena, item));
		return value;
	case JSON_ARRAY:
		value = rc_value_list_new(arena, RC_VALUE_ANY, json_array_size(json));
		json_array_foreach (json, i, item)
			rc_value_list_add(arena, value, rc_helm_convert_json(arena, item));
		return value;
	case JSON_STRING:
		return rc_value_str(rc_arena_str(
			arena, (struct rc_str){json_string_value(json), json_string_length(json)}));
	case JSON_INTEGER:
		return rc_value_float((double)json_integer_value(json));
	case JSON_REAL:
		return rc_value_float(json_real_value(json));
	case JSON_TRUE:
	case JSON_FALSE:
		return rc_value_bool(json_is_true(json));
	case JSON_NULL:
		return rc_value_nil();
	}
	return rc_value_nil();
}
