/* Values and documents. */
#include "helm/encode.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/base64.h"
#include "data/json.h"
#include "data/number.h"
#include "data/utf8.h"
#include "data/yaml-emit.h"
#include "helm/objects.h"

/* A map that a template made hold itself cannot be written. */
#define DEPTH_MAX 4000
/* From this level on encoding/json looks out for cycles. */
#define LEVEL_SEEN 1000

/* A map, or a list's items and their number, that is being written. */
struct seen {
	const void *at;
	size_t n;
};

struct json_writer {
	struct rc_buf *buf;
	bool html;
	unsigned int level; /* maps and lists around what is being written */
	struct seen *seen;  /* those from LEVEL_SEEN on; in room for DEPTH_MAX */
	struct rc_error **err;
};

static int to_json(struct json_writer *json, struct rc_value value);

/* One level further in; -EINVAL where it is in itself. */
static int enter(struct json_writer *json, struct rc_value value, struct seen now)
{
	size_t n = ++json->level > LEVEL_SEEN ? json->level - LEVEL_SEEN - 1 : 0;

	if (json->level <= LEVEL_SEEN)
		return 0;
	if (!json->seen)
		json->seen = rc_calloc(DEPTH_MAX, sizeof(*json->seen));
	for (size_t i = 0; i < n; i++)
		if (json->seen[i].at == now.at && json->seen[i].n == now.n)
			return rc_fail(json->err, -EINVAL,
				       "json: unsupported value: encountered a cycle via %s",
				       rc_value_type_name(value));
	if (json->level > DEPTH_MAX)
		return rc_fail(json->err, -EINVAL, "json: more than %d levels", DEPTH_MAX);
	json->seen[n] = now;
	return 0;
}

static int list_to_json(struct json_writer *json, struct rc_value value)
{
	const struct rc_value_list *list = value.list;
	int r = list->n ? enter(json, value, (struct seen){list->items, list->n}) : 0;

	rc_buf_putc(json->buf, '[');
	for (size_t i = 0; r == 0 && i < list->n; i++) {
		if (i > 0)
			rc_buf_putc(json->buf, ',');
		r = to_json(json, list->items[i]);
	}
	rc_buf_putc(json->buf, ']');
	json->level -= list->n > 0;
	return r;
}

static int map_to_json(struct json_writer *json, struct rc_value value)
{
	const struct rc_value_map *map = value.map;
	int r = map->n ? enter(json, value, (struct seen){map, 0}) : 0;

	rc_buf_putc(json->buf, '{');
	for (size_t i = 0; r == 0 && i < map->n; i++) {
		if (i > 0)
			rc_buf_putc(json->buf, ',');
		rc_json_write_string(json->buf, map->entries[i].key, json->html);
		rc_buf_putc(json->buf, ':');
		r = to_json(json, map->entries[i].value);
	}
	rc_buf_putc(json->buf, '}');
	json->level -= map->n > 0;
	return r;
}

static int object_to_json(struct json_writer *json, struct rc_value value)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	const char *refusal =
		value.type->refuse_json ? value.type->refuse_json(value.object) : NULL;

	if (refusal)
		return rc_fail(json->err, -EINVAL,
			       "json: error calling MarshalJSON for type %s: %s", value.type->name,
			       refusal);
	return to_json(json, rc_helm_objects_to_map(arena, value));
}

static int float_to_json(struct json_writer *json, double real)
{
	char text[RC_NUMBER_MAX];

	if (!isfinite(real))
		return rc_fail(json->err, -EINVAL, "json: unsupported value: %s",
			       isnan(real) ? "NaN"
			       : real > 0  ? "+Inf"
					   : "-Inf");
	rc_number_format_json(real, text);
	return rc_buf_puts(json->buf, text);
}

static int to_json(struct json_writer *json, struct rc_value value)
{
	struct rc_buf *buf = json->buf;

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
	case RC_VALUE_UINT64:
		return rc_buf_printf(buf, "%lld", (long long)value.integer);
	case RC_VALUE_FLOAT:
		return float_to_json(json, value.real);
	case RC_VALUE_COMPLEX:
		return rc_fail(json->err, -EINVAL, "json: unsupported type: complex128");
	case RC_VALUE_STRING:
		return rc_json_write_string(buf, value.text, json->html);
	case RC_VALUE_BYTES:
		if (!value.text.p)
			return rc_buf_puts(buf, "null");
		rc_buf_putc(buf, '"');
		rc_base64_encode(value.text, buf);
		return rc_buf_putc(buf, '"');
	case RC_VALUE_LIST:
		if (value.list->is_nil)
			return rc_buf_puts(buf, "null");
		return list_to_json(json, value);
	case RC_VALUE_MAP:
		if (value.map->is_nil)
			return rc_buf_puts(buf, "null");
		return map_to_json(json, value);
	case RC_VALUE_OBJECT:
		return object_to_json(json, value);
	}
	return -EINVAL;
}

int rc_helm_encode_json(struct rc_buf *buf, struct rc_value value, bool html, struct rc_error **err)
{
	/* toRawJson gives encoding/json a pointer, which is a level of its own. */
	struct json_writer json = {.buf = buf, .html = html, .level = !html, .err = err};
	int r = to_json(&json, value);

	free(json.seen);
	return r;
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

/* What goyaml's reader refuses in the JSON text makes the whole of toYaml empty. */
static bool is_readable(struct rc_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == 0x7f)
			return false;
	return true;
}

static int emit(struct rc_yaml_emitter *emitter, struct rc_value value);

static int emit_map(struct rc_yaml_emitter *emitter, const struct rc_value_map *map)
{
	rc_autofree struct sorted *entries = rc_calloc(map->n, sizeof(*entries));
	/* A map that holds itself cannot be written. */
	int r = emitter->depth > DEPTH_MAX ? -EINVAL : 0;

	for (size_t i = 0; i < map->n; i++)
		entries[i] = (struct sorted){map->entries[i].key, &map->entries[i].value};
	sort_keys(entries, map->n, emitter->flavour);
	rc_yaml_emit_begin(emitter, false);
	for (size_t i = 0; r == 0 && i < map->n; i++) {
		if (emitter->flavour == RC_YAML_V2 && !is_readable(entries[i].key))
			r = -EINVAL;
		rc_yaml_emit_key(emitter, entries[i].key);
		if (r == 0)
			r = emit(emitter, *entries[i].value);
	}
	rc_yaml_emit_end(emitter);
	return r;
}

static int emit_list(struct rc_yaml_emitter *emitter, const struct rc_value_list *list)
{
	int r = emitter->depth > DEPTH_MAX ? -EINVAL : 0;

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

static int emit_text(struct rc_yaml_emitter *emitter, struct rc_str text)
{
	if (emitter->flavour == RC_YAML_V2 && !is_readable(text))
		return -EINVAL;
	rc_yaml_emit_string(emitter, text);
	return 0;
}

/* On the way through JSON base64; a list of numbers without it. */
static int emit_bytes(struct rc_yaml_emitter *emitter, struct rc_str bytes)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	int r = 0;

	if (emitter->flavour == RC_YAML_V2 && !bytes.p) {
		rc_yaml_emit_plain(emitter, RC_STR("null"));
		return 0;
	}
	if (emitter->flavour == RC_YAML_V2) {
		rc_base64_encode(bytes, &text);
		return emit_text(emitter, rc_buf_str(&text));
	}
	if (bytes.n == 0) {
		rc_yaml_emit_empty(emitter, true);
		return 0;
	}
	rc_yaml_emit_begin(emitter, true);
	for (size_t i = 0; r == 0 && i < bytes.n; i++)
		r = emit(emitter, rc_value_int((unsigned char)bytes.p[i]));
	rc_yaml_emit_end(emitter);
	return r;
}

/* Without JSON: a struct's fields in their order, under their names in small letters. */
static int emit_object(struct rc_yaml_emitter *emitter, struct rc_value object,
		       struct rc_arena *arena)
{
	struct rc_value plain = emitter->flavour == RC_YAML_V2
					? rc_helm_objects_to_map(arena, object)
					: rc_helm_objects_to_fields(arena, object);
	int r = 0;

	if (emitter->flavour == RC_YAML_V2 && object.type->refuse_json &&
	    object.type->refuse_json(object.object))
		return -EINVAL;
	if (emitter->flavour == RC_YAML_V2 || plain.kind != RC_VALUE_MAP) {
		if (strcmp(rc_value_type_name(object), "time.Time") != 0 ||
		    emitter->flavour == RC_YAML_V2)
			return emit(emitter, plain);
		rc_yaml_emit_plain(emitter, plain.text);
		return 0;
	}
	rc_yaml_emit_begin(emitter, false);
	for (size_t i = 0; r == 0 && i < plain.map->n; i++) {
		rc_yaml_emit_key(emitter, plain.map->entries[i].key);
		r = emit(emitter, plain.map->entries[i].value);
	}
	rc_yaml_emit_end(emitter);
	return r;
}

/* JSON has null for nil slices and maps, YAML alone does not know them. */
static void emit_empty(struct rc_yaml_emitter *emitter, bool is_list, bool is_nil)
{
	if (is_nil && emitter->flavour == RC_YAML_V2)
		rc_yaml_emit_plain(emitter, RC_STR("null"));
	else
		rc_yaml_emit_empty(emitter, is_list);
}

/* Only yaml.v3 knows time.Duration, as text. */
static bool is_duration(const struct rc_yaml_emitter *emitter, struct rc_value value)
{
	return emitter->flavour == RC_YAML_V3 && value.named && value.kind == RC_VALUE_INT64;
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
	case RC_VALUE_UINT64:
		if (is_duration(emitter, value))
			rc_value_print(&bytes, value);
		else
			rc_buf_printf(&bytes, "%lld", (long long)value.integer);
		rc_yaml_emit_plain(emitter, rc_buf_str(&bytes));
		return 0;
	case RC_VALUE_FLOAT:
		if (!isfinite(value.real))
			return -EINVAL;
		emit_float(emitter, value.real);
		return 0;
	case RC_VALUE_COMPLEX:
		return -EINVAL;
	case RC_VALUE_STRING:
		return emit_text(emitter, value.text);
	case RC_VALUE_BYTES:
		return emit_bytes(emitter, value.text);
	case RC_VALUE_LIST:
		if (value.list->n > 0)
			return emit_list(emitter, value.list);
		emit_empty(emitter, true, value.list->is_nil);
		return 0;
	case RC_VALUE_MAP:
		if (value.map->n > 0)
			return emit_map(emitter, value.map);
		emit_empty(emitter, false, value.map->is_nil);
		return 0;
	case RC_VALUE_OBJECT:
		arena = rc_arena_new(0);
		return emit_object(emitter, value, arena);
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

int rc_helm_encode_yaml(struct rc_buf *buf, struct rc_value value)
{
	return to_yaml(buf, value, RC_YAML_V2);
}

int rc_helm_encode_yaml_pretty(struct rc_buf *buf, struct rc_value value)
{
	return to_yaml(buf, value, RC_YAML_V3);
}
