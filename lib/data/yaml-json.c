/* From a YAML tree: look-ups, and the same document as JSON. */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "data/yaml.h"

struct rc_yaml_node *rc_yaml_get_str(const struct rc_yaml_node *mapping, struct rc_str key)
{
	size_t low = 0, high;

	if (!mapping || mapping->kind != RC_YAML_MAPPING)
		return NULL;
	high = mapping->n_entries;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = rc_str_compare(mapping->entries[middle].key, key);

		if (c == 0)
			return mapping->entries[middle].value;
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

struct rc_yaml_node *rc_yaml_get(const struct rc_yaml_node *mapping, const char *key)
{
	return rc_yaml_get_str(mapping, rc_str(key));
}

/* One reference token of a JSON pointer, ~1 and ~0 undone. */
static size_t take_token(const char **pointer, char *token, size_t size)
{
	const char *p = *pointer + 1;
	size_t n = 0;

	for (; *p && *p != '/' && n + 1 < size; p++) {
		char c = *p;

		if (c == '~' && (p[1] == '0' || p[1] == '1'))
			c = *++p == '0' ? '~' : '/';
		token[n++] = c;
	}
	token[n] = '\0';
	*pointer = p;
	return n;
}

const struct rc_yaml_node *rc_yaml_at(const struct rc_yaml_node *node, const char *pointer)
{
	while (node && *pointer == '/') {
		char token[256], *end;
		unsigned long index;

		take_token(&pointer, token, sizeof(token));
		if (node->kind == RC_YAML_MAPPING) {
			node = rc_yaml_get(node, token);
			continue;
		}
		index = strtoul(token, &end, 10);
		if (node->kind != RC_YAML_SEQUENCE || *end || index >= node->n_items)
			return NULL;
		node = node->items[index];
	}
	return node;
}

const char *rc_yaml_describe(const struct rc_yaml_node *node)
{
	switch (node->kind) {
	case RC_YAML_NULL:
		return "nothing";
	case RC_YAML_BOOL:
		return "a boolean";
	case RC_YAML_INT:
	case RC_YAML_UINT:
		return "a whole number";
	case RC_YAML_FLOAT:
		return "a number";
	case RC_YAML_STRING:
		return "text";
	case RC_YAML_SEQUENCE:
		return "a list";
	case RC_YAML_MAPPING:
		return "a mapping";
	}
	return "";
}

static int text_to_json(struct rc_str text, json_t **ret_json, struct rc_error **err)
{
	*ret_json = json_stringn(text.n ? text.p : "", text.n);
	if (!*ret_json)
		return rc_fail(err, -EINVAL, "text that is not valid UTF-8");
	return 0;
}

static int sequence_to_json(const struct rc_yaml_node *node, json_t **ret_json,
			    struct rc_error **err)
{
	json_auto_t *array = json_array();

	for (size_t i = 0; i < node->n_items; i++) {
		json_t *item;
		int r = rc_yaml_to_json(node->items[i], &item, err);

		if (r < 0)
			return r;
		json_array_append_new(array, item);
	}
	*ret_json = rc_steal(&array);
	return 0;
}

static int mapping_to_json(const struct rc_yaml_node *node, json_t **ret_json,
			   struct rc_error **err)
{
	json_auto_t *object = json_object();

	for (size_t i = 0; i < node->n_entries; i++) {
		const struct rc_yaml_entry *entry = &node->entries[i];
		json_t *value;
		int r = rc_yaml_to_json(entry->value, &value, err);

		if (r < 0)
			return r;
		if (json_object_setn_new(object, entry->key.n ? entry->key.p : "", entry->key.n,
					 value) < 0)
			return rc_fail(err, -EINVAL, "a key that is not valid UTF-8");
	}
	*ret_json = rc_steal(&object);
	return 0;
}

int rc_yaml_to_json(const struct rc_yaml_node *node, json_t **ret_json, struct rc_error **err)
{
	switch (node->kind) {
	case RC_YAML_NULL:
		*ret_json = json_null();
		return 0;
	case RC_YAML_BOOL:
		*ret_json = json_boolean(node->truth);
		return 0;
	case RC_YAML_INT:
		*ret_json = json_integer(node->integer);
		return 0;
	case RC_YAML_UINT:
		*ret_json = json_real((double)node->natural);
		return 0;
	case RC_YAML_FLOAT:
		if (!isfinite(node->real))
			return rc_fail(err, -EINVAL, "json: unsupported value: %s",
				       isnan(node->real) ? "NaN"
				       : node->real > 0	 ? "+Inf"
							 : "-Inf");
		*ret_json = json_real(node->real);
		return 0;
	case RC_YAML_STRING:
		return text_to_json(node->text, ret_json, err);
	case RC_YAML_SEQUENCE:
		return sequence_to_json(node, ret_json, err);
	case RC_YAML_MAPPING:
		return mapping_to_json(node, ret_json, err);
	}
	return -EINVAL;
}
