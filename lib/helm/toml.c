/*
 * Values as TOML. In a table the plain values come first, then the tables and lists of tables, each
 * under its own heading, keys in byte order; what stands in a list is written on one line.
 */
#include "helm/toml.h"

#include <errno.h>
#include <math.h>

#include "data/number.h"
#include "helm/record.h"
#include "helm/toml-key.h"

#define DEPTH_MAX 500

struct writer {
	struct rc_arena *arena;
	struct rc_buf *out;
	struct rc_error **err;
};

/* The path of a table: its last key and what is above it. */
struct key {
	const struct key *outer;
	struct rc_str name;
	int depth; /* keys in the path */
};

static int write_table(struct writer *writer, const struct key *key,
		       const struct rc_value_map *map);
static int write_element(struct writer *writer, struct rc_value value, int depth);

/* TOML has times of its own. */
static bool is_time(struct rc_value value)
{
	return strcmp(value.type->name, "time.Time") == 0;
}

static struct rc_value plain(struct writer *writer, struct rc_value value)
{
	if (rc_helm_record_is(value))
		return rc_helm_record_to_table(writer->arena, value);
	if (value.kind == RC_VALUE_OBJECT && value.type->expand && !is_time(value))
		return value.type->expand(value.object, writer->arena);
	return value;
}

static bool is_nil(struct rc_value value)
{
	return rc_value_is_nil(value) || (value.kind == RC_VALUE_LIST && value.list->is_nil) ||
	       (value.kind == RC_VALUE_MAP && value.map->is_nil);
}

/* A list of nothing but tables is written as tables. *ret_nil: it holds a nil. */
static bool is_table_list(struct writer *writer, struct rc_value value, bool *ret_nil)
{
	bool all = value.kind == RC_VALUE_LIST && value.list->n > 0;

	for (size_t i = 0; value.kind == RC_VALUE_LIST && i < value.list->n; i++) {
		struct rc_value item = plain(writer, value.list->items[i]);

		*ret_nil = *ret_nil || is_nil(item);
		all = all && item.kind == RC_VALUE_MAP;
	}
	return all;
}

static void write_path(struct writer *writer, const struct key *key)
{
	if (key->outer && key->outer->depth > 0) {
		write_path(writer, key->outer);
		rc_buf_putc(writer->out, '.');
	}
	rc_helm_toml_key_write(writer->out, key->name);
}

static void write_indent(struct writer *writer, const struct key *key)
{
	rc_buf_fill(writer->out, ' ', 2 * (size_t)(key->depth - 1));
}

/* A blank line between two tables, but none at the top. */
static void write_gap(struct writer *writer)
{
	if (writer->out->n > 0)
		rc_buf_putc(writer->out, '\n');
}

static void write_float(struct writer *writer, double real)
{
	char text[RC_NUMBER_MAX];

	if (!isfinite(real)) {
		rc_buf_printf(writer->out, "%s%s", signbit(real) ? "-" : "",
			      isnan(real) ? "nan" : "inf");
		return;
	}
	rc_number_format_f(real, text);
	rc_buf_printf(writer->out, "%s%s", text, strchr(text, '.') ? "" : ".0");
}

static int write_list(struct writer *writer, const struct rc_value_list *list, int depth)
{
	rc_buf_putc(writer->out, '[');
	for (size_t i = 0; i < list->n; i++) {
		int r;

		if (i > 0)
			rc_buf_puts(writer->out, ", ");
		r = write_element(writer, list->items[i], depth);
		if (r < 0)
			return r;
	}
	rc_buf_putc(writer->out, ']');
	return 0;
}

static bool goes_last(struct writer *writer, struct rc_value value)
{
	bool has_nil = false;

	value = plain(writer, value);
	return value.kind == RC_VALUE_MAP || is_table_list(writer, value, &has_nil);
}

/* {a = 1, b = {c = 2}}: the plain ones first here, too. */
static int write_inline(struct writer *writer, const struct rc_value_map *map, int depth)
{
	bool is_first = true;

	rc_buf_putc(writer->out, '{');
	for (int last = 0; last < 2; last++)
		for (size_t i = 0; i < map->n; i++) {
			const struct rc_value_entry *entry = &map->entries[i];
			int r;

			if (rc_value_is_nil(entry->value) ||
			    goes_last(writer, entry->value) != last)
				continue;
			if (!is_first)
				rc_buf_puts(writer->out, ", ");
			is_first = false;
			rc_helm_toml_key_write(writer->out, entry->key);
			rc_buf_puts(writer->out, " = ");
			r = write_element(writer, entry->value, depth);
			if (r < 0)
				return r;
		}
	rc_buf_putc(writer->out, '}');
	return 0;
}

static void write_bytes(struct writer *writer, struct rc_str bytes)
{
	rc_buf_putc(writer->out, '[');
	for (size_t i = 0; i < bytes.n; i++)
		rc_buf_printf(writer->out, "%s%u", i > 0 ? ", " : "", (unsigned char)bytes.p[i]);
	rc_buf_putc(writer->out, ']');
}

static int write_element(struct writer *writer, struct rc_value value, int depth)
{
	value = plain(writer, value);
	if (depth > DEPTH_MAX)
		return rc_fail(writer->err, -EINVAL, "toml: nested deeper than %d levels",
			       DEPTH_MAX);
	switch (value.kind) {
	case RC_VALUE_INVALID:
	case RC_VALUE_NIL:
		return rc_fail(writer->err, -EINVAL, "toml: cannot encode array with nil element");
	case RC_VALUE_BOOL:
		return rc_buf_puts(writer->out, value.truth ? "true" : "false");
	case RC_VALUE_INT64:
		if (value.named) { /* time.Duration */
			rc_helm_toml_key_quote(writer->out, rc_value_format(writer->arena, value));
			return 0;
		}
		return rc_buf_printf(writer->out, "%lld", (long long)value.integer);
	case RC_VALUE_INT:
	case RC_VALUE_UINT8:
	case RC_VALUE_UINT32:
	case RC_VALUE_UINT64:
		return rc_buf_printf(writer->out, "%lld", (long long)value.integer);
	case RC_VALUE_FLOAT:
		write_float(writer, value.real);
		return 0;
	case RC_VALUE_COMPLEX:
		return rc_fail(writer->err, -EINVAL, "unsupported type: complex128");
	case RC_VALUE_STRING:
		rc_helm_toml_key_quote(writer->out, value.text);
		return 0;
	case RC_VALUE_BYTES:
		write_bytes(writer, value.text);
		return 0;
	case RC_VALUE_LIST:
		return write_list(writer, value.list, depth + 1);
	case RC_VALUE_MAP:
		return write_inline(writer, value.map, depth + 1);
	case RC_VALUE_OBJECT:
		if (is_time(value))
			return rc_buf_add_str(writer->out,
					      value.type->expand(value.object, writer->arena).text);
		rc_helm_toml_key_quote(writer->out, rc_value_format(writer->arena, value));
		return 0;
	}
	return 0;
}

static int write_tables(struct writer *writer, const struct key *key,
			const struct rc_value_list *list)
{
	int r = 0;

	for (size_t i = 0; i < list->n && r == 0; i++) {
		write_gap(writer);
		write_indent(writer, key);
		rc_buf_puts(writer->out, "[[");
		write_path(writer, key);
		rc_buf_puts(writer->out, "]]\n");
		r = write_table(writer, key, plain(writer, list->items[i]).map);
	}
	return r;
}

static int write_value(struct writer *writer, const struct key *key, struct rc_value value)
{
	bool has_nil = false;
	int r;

	value = plain(writer, value);
	if (is_nil(value))
		return 0;
	if (value.kind == RC_VALUE_MAP) {
		if (key->depth == 1)
			write_gap(writer);
		write_indent(writer, key);
		rc_buf_putc(writer->out, '[');
		write_path(writer, key);
		rc_buf_puts(writer->out, "]\n");
		return write_table(writer, key, value.map);
	}
	if (is_table_list(writer, value, &has_nil))
		return write_tables(writer, key, value.list);
	if (has_nil)
		return rc_fail(writer->err, -EINVAL, "toml: cannot encode array with nil element");
	write_indent(writer, key);
	rc_helm_toml_key_write(writer->out, key->name);
	rc_buf_puts(writer->out, " = ");
	r = write_element(writer, value, key->depth);
	rc_buf_putc(writer->out, '\n');
	return r;
}

static int write_table(struct writer *writer, const struct key *key, const struct rc_value_map *map)
{
	if (key->depth > DEPTH_MAX)
		return rc_fail(writer->err, -EINVAL, "toml: nested deeper than %d levels",
			       DEPTH_MAX);
	for (int last = 0; last < 2; last++)
		for (size_t i = 0; i < map->n; i++) {
			struct key inner = {key, map->entries[i].key, key->depth + 1};
			int r;

			if (goes_last(writer, map->entries[i].value) != last)
				continue;
			r = write_value(writer, &inner, map->entries[i].value);
			if (r < 0)
				return r;
		}
	return 0;
}

int rc_helm_toml_write(struct rc_arena *arena, struct rc_value value, struct rc_buf *out,
		       struct rc_error **err)
{
	struct writer writer = {.arena = arena, .out = out, .err = err};
	struct key root = {0};
	bool has_nil = false;
	int r;

	value = plain(&writer, value);
	if (value.kind == RC_VALUE_MAP)
		r = write_table(&writer, &root, value.map);
	else if (is_table_list(&writer, value, &has_nil))
		r = rc_fail(err, -EINVAL, "toml: top-level values must be Go maps or structs");
	else
		r = rc_value_is_nil(value) ? 0 : write_element(&writer, value, 0);
	return r == 0 && out->overflow ? -E2BIG : r;
}
