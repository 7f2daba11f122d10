/* YAML and JSON documents as the values of a chart. */
#include "helm/value.h"

#include <errno.h>
#include <math.h>

#include "data/json-read.h"
#include "data/number.h"

#define NODES_MAX \
	((size_t)2000000) /* with all aliases expanded: a gigabyte of copies is no chart */

static int number_from_node(const struct rc_yaml_node *node, double *ret, struct rc_error **err)
{
	if (node->kind == RC_YAML_INT)
		*ret = (double)node->integer;
	else if (node->kind == RC_YAML_UINT)
		*ret = (double)node->natural;
	else
		*ret = node->real;
	if (isfinite(*ret))
		return 0;
	return rc_fail(err, -EINVAL, "json: unsupported value: %s",
		       isnan(*ret) ? "NaN"
		       : *ret > 0  ? "+Inf"
				   : "-Inf");
}

static int list_from_node(struct rc_arena *arena, const struct rc_yaml_node *node,
			  struct rc_value *ret, struct rc_error **err)
{
	int r = 0;

	*ret = rc_value_list_new(arena, RC_VALUE_ANY, node->n_items);
	for (size_t i = 0; i < node->n_items && r == 0; i++)
		r = rc_helm_value_from_node(arena, node->items[i], &ret->list->items[i], err);
	ret->list->n = node->n_items;
	rc_value_list_appended(*ret, 0, false);
	return r;
}

static int map_from_node(struct rc_arena *arena, const struct rc_yaml_node *node,
			 struct rc_value *ret, struct rc_error **err)
{
	int r = 0;

	*ret = rc_value_map_new(arena, RC_VALUE_ANY, node->n_entries);
	for (size_t i = 0; i < node->n_entries && r == 0; i++) {
		ret->map->entries[i].key = node->entries[i].key;
		r = rc_helm_value_from_node(arena, node->entries[i].value,
					    &ret->map->entries[i].value, err);
	}
	ret->map->n = node->n_entries;
	return r;
}

int rc_helm_value_from_node(struct rc_arena *arena, const struct rc_yaml_node *node,
			    struct rc_value *ret, struct rc_error **err)
{
	switch (node->kind) {
	case RC_YAML_NULL:
		*ret = rc_value_nil();
		return 0;
	case RC_YAML_BOOL:
		*ret = rc_value_bool(node->truth);
		return 0;
	case RC_YAML_INT:
	case RC_YAML_UINT:
	case RC_YAML_FLOAT:
		*ret = rc_value_float(0);
		return number_from_node(node, &ret->real, err);
	case RC_YAML_STRING:
		*ret = rc_value_str(node->text);
		return 0;
	case RC_YAML_SEQUENCE:
		return list_from_node(arena, node, ret, err);
	case RC_YAML_MAPPING:
		return map_from_node(arena, node, ret, err);
	}
	return 0;
}

/* One message and no chain, as Helm's functions tell it. */
int rc_helm_value_fail_yaml(const struct rc_error *cause, int code, struct rc_error **err)
{
	rc_autofree char *text = rc_error_format(cause);

	return rc_fail(err, code, "error converting YAML to JSON: %s", text);
}

int rc_helm_value_parse_yaml(struct rc_arena *arena, struct rc_str text, struct rc_value *ret,
			     struct rc_error **err)
{
	static const struct rc_yaml_options options = {.max_nodes = NODES_MAX};
	rc_cleanup(rc_error_freep) struct rc_error *cause = NULL;
	struct rc_yaml_node *node;
	int r = rc_yaml_parse(arena, text, &options, &node, &cause);

	if (r == 0)
		r = rc_helm_value_from_node(arena, node, ret, &cause);
	if (r < 0)
		return rc_helm_value_fail_yaml(cause, r, err);
	return 0;
}

int rc_helm_value_parse_table(struct rc_arena *arena, struct rc_str text, struct rc_value *ret,
			      struct rc_error **err)
{
	static const char *const kinds[] = {
		[RC_VALUE_BOOL] = "bool",
		[RC_VALUE_FLOAT] = "number",
		[RC_VALUE_STRING] = "string",
		[RC_VALUE_LIST] = "array",
	};
	struct rc_value value;
	int r = rc_helm_value_parse_yaml(arena, text, &value, err);

	if (r < 0)
		return r;
	if (value.kind != RC_VALUE_MAP && value.kind != RC_VALUE_NIL)
		return rc_fail(err, -EINVAL,
			       "error unmarshaling JSON: while decoding JSON: json: cannot "
			       "unmarshal %s into Go value of type map[string]interface {}",
			       kinds[value.kind]);
	*ret = value;
	return 0;
}

struct rc_value rc_helm_value_from_json(struct rc_arena *arena, const json_t *json)
{
	struct rc_value value;
	const char *key;
	json_t *item;
	size_t i;

	switch (json ? json_typeof(json) : JSON_NULL) {
	case JSON_NULL:
		return rc_value_nil();
	case JSON_TRUE:
	case JSON_FALSE:
		return rc_value_bool(json_is_true(json));
	case JSON_INTEGER:
		return rc_value_int64(json_integer_value(json));
	case JSON_REAL:
		return rc_value_float(json_real_value(json));
	case JSON_STRING:
		return rc_value_str(rc_arena_str(
			arena, (struct rc_str){json_string_value(json), json_string_length(json)}));
	case JSON_ARRAY:
		value = rc_value_list_new(arena, RC_VALUE_ANY, json_array_size(json));
		json_array_foreach (json, i, item)
			rc_value_list_add(arena, value, rc_helm_value_from_json(arena, item));
		rc_value_list_appended(value, 0, false);
		return value;
	case JSON_OBJECT:
		value = rc_value_map_new(arena, RC_VALUE_ANY, json_object_size(json));
		json_object_foreach ((json_t *)(uintptr_t)json, key, item)
			rc_value_map_set(arena, value.map, rc_str(rc_arena_strdup(arena, key)),
					 rc_helm_value_from_json(arena, item));
		return value;
	}
	return rc_value_nil();
}

const char *rc_helm_value_json_kind(enum rc_yaml_kind kind)
{
	switch (kind) {
	case RC_YAML_NULL:
		return "null";
	case RC_YAML_BOOL:
		return "bool";
	case RC_YAML_INT:
	case RC_YAML_UINT:
	case RC_YAML_FLOAT:
		return "number";
	case RC_YAML_STRING:
		return "string";
	case RC_YAML_SEQUENCE:
		return "array";
	case RC_YAML_MAPPING:
		return "object";
	}
	return "";
}

/* JSON events into values: the open containers are a stack. */
struct builder {
	struct rc_arena *arena;
	struct rc_value root;
	struct rc_str too_large; /* the first number that no float64 holds */
	struct open {
		struct rc_value value;
		struct rc_str key;
		struct open *outer;
	} * top;
};

static void add(struct builder *builder, struct rc_value value)
{
	struct open *top = builder->top;

	if (!top)
		builder->root = value;
	else if (top->value.kind == RC_VALUE_LIST)
		rc_value_list_add(builder->arena, top->value, value);
	else
		rc_value_map_add(builder->arena, top->value.map, top->key, value);
}

static void on_null(void *userdata)
{
	add(userdata, rc_value_nil());
}

static void on_boolean(void *userdata, bool value)
{
	add(userdata, rc_value_bool(value));
}

static void on_number(void *userdata, struct rc_str text)
{
	struct builder *builder = userdata;
	double real = 0;

	if (rc_number_parse_float(text, &real) < 0 && !builder->too_large.p)
		builder->too_large = rc_arena_str(builder->arena, text);
	add(builder, rc_value_float(real));
}

static void on_string(void *userdata, struct rc_str text)
{
	struct builder *builder = userdata;

	add(builder, rc_value_str(rc_arena_str(builder->arena, text)));
}

static void on_key(void *userdata, struct rc_str text)
{
	struct builder *builder = userdata;

	builder->top->key = rc_arena_str(builder->arena, text);
}

static void on_begin(void *userdata, bool is_array)
{
	struct builder *builder = userdata;
	struct open *open = rc_arena_new0(builder->arena, struct open);

	open->value = is_array ? rc_value_list_new(builder->arena, RC_VALUE_ANY, 0)
			       : rc_value_map_new(builder->arena, RC_VALUE_ANY, 0);
	open->outer = builder->top;
	builder->top = open;
}

static void on_end(void *userdata, bool is_array)
{
	struct builder *builder = userdata;
	struct open *open = builder->top;

	if (!is_array)
		rc_value_map_sort(open->value.map);
	else
		rc_value_list_appended(open->value, 0, false);
	builder->top = open->outer;
	add(builder, open->value);
}

static const struct rc_json_events json_events = {
	.null = on_null,
	.boolean = on_boolean,
	.number = on_number,
	.string = on_string,
	.key = on_key,
	.begin = on_begin,
	.end = on_end,
};

static int take_root(const struct builder *builder, struct rc_value *ret, struct rc_error **err)
{
	if (builder->too_large.p)
		return rc_fail(err, -EINVAL,
			       "json: cannot unmarshal number %.*s into Go value of type float64",
			       (int)builder->too_large.n, builder->too_large.p);
	*ret = builder->root;
	return 0;
}

int rc_helm_value_parse_json(struct rc_arena *arena, struct rc_str text, struct rc_value *ret,
			     struct rc_error **err)
{
	struct builder builder = {.arena = arena};
	int r = rc_json_read(text, &json_events, &builder, NULL, err);

	return r < 0 ? r : take_root(&builder, ret, err);
}

int rc_helm_value_parse_json_first(struct rc_arena *arena, struct rc_str text, struct rc_value *ret,
				   struct rc_error **err)
{
	struct builder builder = {.arena = arena};
	int r = rc_json_read_first(text, &json_events, &builder, err);

	return r < 0 ? r : take_root(&builder, ret, err);
}
