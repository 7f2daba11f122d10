/* From a YAML tree: look-ups, and the same document as JSON. */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "data/json.h"
#include "data/number.h"
#include "data/utf8.h"
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

static int fail_unsupported(double real, struct rc_error **err)
{
	return rc_fail(err, -EINVAL, "json: unsupported value: %s",
		       isnan(real) ? "NaN"
		       : real > 0  ? "+Inf"
				   : "-Inf");
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
			return fail_unsupported(node->real, err);
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

int rc_yaml_check_json(const struct rc_yaml_node *node, struct rc_error **err)
{
	int r = 0;

	if (node->kind == RC_YAML_FLOAT && !isfinite(node->real))
		return fail_unsupported(node->real, err);
	for (size_t i = 0; node->kind == RC_YAML_SEQUENCE && r == 0 && i < node->n_items; i++)
		r = rc_yaml_check_json(node->items[i], err);
	for (size_t i = 0; node->kind == RC_YAML_MAPPING && r == 0 && i < node->n_entries; i++)
		r = rc_yaml_check_json(node->entries[i].value, err);
	return r;
}

static int write_text(struct rc_str text, const char *what, struct rc_buf *out,
		      struct rc_error **err)
{
	if (!rc_utf8_is_valid(text))
		return rc_fail(err, -EINVAL, "%s that is not valid UTF-8", what);
	return rc_json_write_string(out, text, false);
}

/* What is no whole number in YAML is none in JSON either. */
static int write_real(double real, struct rc_buf *out, struct rc_error **err)
{
	char text[RC_NUMBER_MAX];

	if (!isfinite(real))
		return fail_unsupported(real, err);
	rc_number_format_json(real, text);
	rc_buf_puts(out, text);
	return rc_buf_puts(out, strpbrk(text, ".e") ? "" : ".0");
}

static int write_sequence(const struct rc_yaml_node *node, struct rc_buf *out,
			  struct rc_error **err)
{
	int r = rc_buf_putc(out, '[');

	for (size_t i = 0; r == 0 && i < node->n_items; i++) {
		if (i > 0)
			rc_buf_putc(out, ',');
		r = rc_yaml_write_json(node->items[i], out, err);
	}
	return r < 0 ? r : rc_buf_putc(out, ']');
}

static int write_mapping(const struct rc_yaml_node *node, struct rc_buf *out, struct rc_error **err)
{
	int r = rc_buf_putc(out, '{');

	for (size_t i = 0; r == 0 && i < node->n_entries; i++) {
		if (i > 0)
			rc_buf_putc(out, ',');
		r = write_text(node->entries[i].key, "a key", out, err);
		rc_buf_putc(out, ':');
		if (r == 0)
			r = rc_yaml_write_json(node->entries[i].value, out, err);
	}
	return r < 0 ? r : rc_buf_putc(out, '}');
}

int rc_yaml_write_json(const struct rc_yaml_node *node, struct rc_buf *out, struct rc_error **err)
{
	char text[RC_NUMBER_MAX];
	int r = 0;

	switch (node->kind) {
	case RC_YAML_NULL:
		r = rc_buf_puts(out, "null");
		break;
	case RC_YAML_BOOL:
		r = rc_buf_puts(out, node->truth ? "true" : "false");
		break;
	case RC_YAML_INT:
		r = rc_buf_add(out, text, rc_number_format_int(node->integer, text));
		break;
	case RC_YAML_UINT:
	case RC_YAML_FLOAT:
		r = write_real(node->kind == RC_YAML_UINT ? (double)node->natural : node->real, out,
			       err);
		break;
	case RC_YAML_STRING:
		r = write_text(node->text, "text", out, err);
		break;
	case RC_YAML_SEQUENCE:
		r = write_sequence(node, out, err);
		break;
	case RC_YAML_MAPPING:
		r = write_mapping(node, out, err);
		break;
	}
	if (r == -E2BIG && err && !*err)
		rc_fail(err, r, "as JSON the document is larger than %zu bytes", out->max);
	return r;
}
