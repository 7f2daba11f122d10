/* Decoding YAML by the tables of config-schema.c; every mistake is named with its place. */
#include "config-schema.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "data/duration.h"

#define KEYS_MAX  64
#define SHOWN_MAX 60 /* bytes of a text in a message */

static void __attribute__((format(printf, 3, 0)))
refuse(struct rc_buf *messages, struct rc_config_place place, const char *format, va_list args)
{
	rc_buf_printf(messages, "%s:%u:%u: error: ", place.file, place.line, place.column);
	rc_buf_vprintf(messages, format, args);
	rc_buf_putc(messages, '\n');
}

void config_fail(struct config_reader *reader, unsigned int line, unsigned int column,
		 const char *format, ...)
{
	struct rc_config_place place = {reader->file, line, column};
	va_list args;

	reader->n_errors++;
	va_start(args, format);
	refuse(reader->messages, place, format, args);
	va_end(args);
}

int rc_config_refuse(struct rc_buf *messages, struct rc_config_place place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	refuse(messages, place, format, args);
	va_end(args);
	return -EINVAL;
}

static const struct config_field *find_field(const struct config_struct *target, struct rc_str key)
{
	for (const struct config_field *field = target->fields; field->name; field++)
		if (rc_str_is(key, field->name))
			return field;
	return NULL;
}

static void fail_unknown(struct config_reader *reader, const struct rc_yaml_entry *entry,
			 const struct config_struct *target, const char *where)
{
	rc_autofree char *key = rc_str_dup(entry->key);
	rc_autobuf struct rc_buf all = RC_BUF_INIT(4096);
	const char *names[KEYS_MAX], *nearest;
	size_t n = 0;

	for (const struct config_field *field = target->fields; field->name && n < KEYS_MAX;
	     field++) {
		rc_buf_printf(&all, "%s%s", n ? ", " : "", field->name);
		names[n++] = field->name;
	}
	nearest = rc_text_nearest(key, names, n);
	if (nearest)
		config_fail(reader, entry->line, entry->column,
			    "unknown key '%s' in %s; did you mean '%s'?", key, where, nearest);
	else
		config_fail(reader, entry->line, entry->column,
			    "unknown key '%s' in %s; it may hold %s", key, where,
			    rc_buf_text(&all));
}

static void fail_type(struct config_reader *reader, const struct rc_yaml_node *node,
		      const char *where, const char *wanted)
{
	/* A message is one line. */
	const char *end = node->text.n > 0 ? memchr(node->text.p, '\n', node->text.n) : NULL;
	size_t n = end ? (size_t)(end - node->text.p) : node->text.n;

	if (n > 0)
		config_fail(reader, node->line, node->column, "%s: %s is wanted, found %s (%.*s%s)",
			    where, wanted, rc_yaml_describe(node),
			    (int)(n < SHOWN_MAX ? n : SHOWN_MAX), node->text.p,
			    n > SHOWN_MAX || end ? "..." : "");
	else
		config_fail(reader, node->line, node->column, "%s: %s is wanted, found %s", where,
			    wanted, rc_yaml_describe(node));
}

static void read_text(struct config_reader *reader, const struct rc_yaml_node *node,
		      const struct config_field *field, const char **to, const char *where)
{
	rc_autobuf struct rc_buf all = RC_BUF_INIT(1024);
	bool found = field->words == NULL;

	if (node->kind != RC_YAML_STRING) {
		fail_type(reader, node, where,
			  node->kind == RC_YAML_BOOL || node->kind == RC_YAML_INT ||
					  node->kind == RC_YAML_FLOAT
				  ? "text (in quotes)"
				  : "text");
		return;
	}
	if (node->text.n == 0) {
		config_fail(reader, node->line, node->column, "%s: is empty", where);
		return;
	}
	for (size_t i = 0; field->words && field->words[i]; i++) {
		rc_buf_printf(&all, "%s%s", i ? ", " : "", field->words[i]);
		found = found || rc_str_is(node->text, field->words[i]);
	}
	if (!found) {
		config_fail(reader, node->line, node->column, "%s: '%s' is none of %s", where,
			    node->text.p, rc_buf_text(&all));
		return;
	}
	*to = rc_arena_strndup(reader->arena, node->text.p, node->text.n);
}

static void read_duration(struct config_reader *reader, const struct rc_yaml_node *node,
			  const struct config_field *field, int64_t *to, const char *where)
{
	uint64_t ms = 0;

	if (node->kind == RC_YAML_INT || node->kind == RC_YAML_FLOAT) {
		config_fail(reader, node->line, node->column,
			    "%s: a duration needs a unit, as in %.*ss or %.*sm", where,
			    (int)node->text.n, node->text.p, (int)node->text.n, node->text.p);
		return;
	}
	if (node->kind != RC_YAML_STRING || rc_duration_parse_config(node->text, &ms, NULL) < 0) {
		fail_type(reader, node, where, "a duration as 90s, 3m or 1h30m");
		return;
	}
	if ((int64_t)ms < field->min || (int64_t)ms > field->max) {
		config_fail(reader, node->line, node->column,
			    "%s: %s is out of range; it is %lld s at least and %lld s at most",
			    where, node->text.p, (long long)(field->min / 1000),
			    (long long)(field->max / 1000));
		return;
	}
	*to = (int64_t)ms;
}

static void read_number(struct config_reader *reader, const struct rc_yaml_node *node,
			const struct config_field *field, int64_t *to, const char *where)
{
	if (node->kind != RC_YAML_INT)
		fail_type(reader, node, where, "a whole number");
	else if (node->integer < field->min || node->integer > field->max)
		config_fail(reader, node->line, node->column,
			    "%s: %lld is out of range; it is %lld at least and %lld at most", where,
			    (long long)node->integer, (long long)field->min, (long long)field->max);
	else
		*to = node->integer;
}

static void read_flag(struct config_reader *reader, const struct rc_yaml_node *node, bool *to,
		      const char *where)
{
	if (node->kind != RC_YAML_BOOL)
		fail_type(reader, node, where, "true or false");
	else
		*to = node->truth;
}

/* A list, or one text alone. A later file's replaces an earlier one's. */
static void read_texts(struct config_reader *reader, const struct rc_yaml_node *node,
		       const struct config_field *field, char *object, const char *where)
{
	const char ***items = (const char ***)(void *)(object + field->offset);
	size_t *n = (size_t *)(void *)(object + field->offset_n);

	if (node->kind != RC_YAML_SEQUENCE && node->kind != RC_YAML_STRING) {
		fail_type(reader, node, where, "a list of texts");
		return;
	}
	*n = node->kind == RC_YAML_STRING ? 1 : node->n_items;
	*items = rc_arena_alloc(reader->arena, (*n + 1) * sizeof(**items));
	if (node->kind == RC_YAML_STRING) {
		read_text(reader, node, field, *items, where);
		return;
	}
	for (size_t i = 0; i < node->n_items; i++)
		read_text(reader, node->items[i], field, &(*items)[i],
			  rc_arena_printf(reader->arena, "%s[%zu]", where, i));
}

static struct rc_config_pair *place_pair(struct config_reader *reader, struct rc_str key,
					 struct rc_config_pair **items, size_t *n)
{
	size_t size = sizeof(**items);

	for (size_t i = 0; i < *n; i++)
		if (rc_str_is(key, (*items)[i].key))
			return &(*items)[i];
	*items = rc_arena_grow(reader->arena, *items, *n * size, (*n + 1) * size);
	(*items)[*n] =
		(struct rc_config_pair){.key = rc_arena_strndup(reader->arena, key.p, key.n)};
	return &(*items)[(*n)++];
}

static void read_pairs(struct config_reader *reader, const struct rc_yaml_node *node,
		       const struct config_field *field, char *object, const char *where)
{
	struct rc_config_pair **items = (struct rc_config_pair **)(void *)(object + field->offset);
	size_t *n = (size_t *)(void *)(object + field->offset_n);

	if (node->kind != RC_YAML_MAPPING) {
		fail_type(reader, node, where, "a mapping of texts");
		return;
	}
	for (size_t i = 0; i < node->n_entries; i++) {
		const struct rc_yaml_entry *entry = &node->entries[i];
		struct rc_config_pair *pair = place_pair(reader, entry->key, items, n);

		pair->place = (struct rc_config_place){reader->file, entry->line, entry->column};
		read_text(reader, entry->value, field, &pair->text,
			  rc_arena_printf(reader->arena, "%s.%s", where, pair->key));
	}
}

/* The item that bears the same name, or a new one at the end. */
static char *place_item(struct config_reader *reader, const struct rc_yaml_node *node,
			const struct config_struct *target, char **items, size_t *n)
{
	const struct rc_yaml_node *name = rc_yaml_get(node, "name");
	size_t size = target->size;

	for (size_t i = 0; name && name->kind == RC_YAML_STRING && i < *n; i++) {
		const char *other = *(const char **)(void *)(*items + i * size);

		if (other && rc_str_is(name->text, other))
			return *items + i * size;
	}
	*items = rc_arena_grow(reader->arena, *items, *n * size, (*n + 1) * size);
	memset(*items + *n * size, 0, size);
	return *items + (*n)++ * size;
}

/* Of one list each name is once; another file's item of the same name is the same item. */
static bool is_named_before(const struct rc_yaml_node *list, size_t i)
{
	const struct rc_yaml_node *name = rc_yaml_get(list->items[i], "name");

	for (size_t j = 0; name && name->kind == RC_YAML_STRING && j < i; j++) {
		const struct rc_yaml_node *other = rc_yaml_get(list->items[j], "name");

		if (other && other->kind == RC_YAML_STRING && other->text.n == name->text.n &&
		    memcmp(other->text.p, name->text.p, name->text.n) == 0)
			return true;
	}
	return false;
}

static void read_structs(struct config_reader *reader, const struct rc_yaml_node *node,
			 const struct config_field *field, char *object, const char *where)
{
	char **items = (char **)(void *)(object + field->offset);
	size_t *n = (size_t *)(void *)(object + field->offset_n);

	if (node->kind != RC_YAML_SEQUENCE) {
		fail_type(reader, node, where, "a list");
		return;
	}
	for (size_t i = 0; i < node->n_items; i++) {
		const struct rc_yaml_node *from = node->items[i];
		const char *inner = rc_arena_printf(reader->arena, "%s[%zu]", where, i);
		struct rc_config_place *place;
		char *item;

		if (from->kind != RC_YAML_MAPPING) { /* null, too: a list has no absent items */
			fail_type(reader, from, inner, "a mapping");
			continue;
		}
		if (is_named_before(node, i))
			config_fail(reader, from->line, from->column,
				    "%s: the name '%s' is there twice; give one another", inner,
				    rc_yaml_get(from, "name")->text.p);
		item = place_item(reader, from, field->target, items, n);
		place = (struct rc_config_place *)(void *)(item + field->target->offset_place);
		*place = (struct rc_config_place){reader->file, from->line, from->column};
		config_decode(reader, from, field->target, item, inner);
	}
}

static void read_field(struct config_reader *reader, const struct rc_yaml_entry *entry,
		       const struct config_field *field, char *object, const char *where)
{
	void *to = object + field->offset;

	switch (field->type) {
	case CONFIG_TEXT:
		read_text(reader, entry->value, field, to, where);
		return;
	case CONFIG_DURATION:
		read_duration(reader, entry->value, field, to, where);
		return;
	case CONFIG_NUMBER:
		read_number(reader, entry->value, field, to, where);
		return;
	case CONFIG_FLAG:
		read_flag(reader, entry->value, to, where);
		return;
	case CONFIG_TEXTS:
		read_texts(reader, entry->value, field, object, where);
		return;
	case CONFIG_PAIRS:
		read_pairs(reader, entry->value, field, object, where);
		return;
	case CONFIG_STRUCT:
		if (field->target->offset_place)
			*(struct rc_config_place *)(void *)((char *)to +
							    field->target->offset_place) =
				(struct rc_config_place){reader->file, entry->line, entry->column};
		config_decode(reader, entry->value, field->target, to, where);
		return;
	case CONFIG_STRUCTS:
		read_structs(reader, entry->value, field, object, where);
		return;
	case CONFIG_LATER:
		config_fail(reader, entry->line, entry->column,
			    "%s: this version does not support it yet; take it out", where);
		return;
	}
}

void config_decode(struct config_reader *reader, const struct rc_yaml_node *node,
		   const struct config_struct *target, void *object, const char *where)
{
	if (node->kind == RC_YAML_NULL)
		return;
	if (node->kind != RC_YAML_MAPPING) {
		fail_type(reader, node, where, "a mapping");
		return;
	}
	if (node->duplicate)
		config_fail(reader, node->duplicate->line, node->duplicate->column,
			    "key '%.*s' is there twice", (int)node->duplicate->key.n,
			    node->duplicate->key.p);
	for (size_t i = 0; i < node->n_entries; i++) {
		const struct rc_yaml_entry *entry = &node->entries[i];
		const struct config_field *field = find_field(target, entry->key);
		const char *path =
			target == &config_root
				? rc_arena_strndup(reader->arena, entry->key.p, entry->key.n)
				: rc_arena_printf(reader->arena, "%s.%.*s", where,
						  (int)entry->key.n, entry->key.p);

		if (field)
			read_field(reader, entry, field, object, path);
		else
			fail_unknown(reader, entry, target, where);
	}
	/* One that is there and was refused is not missing, too. */
	for (const struct config_field *field = target->fields; field->name; field++)
		if (field->required && !rc_yaml_get(node, field->name) &&
		    !*(const char **)(void *)((char *)object + field->offset))
			config_fail(reader, node->line, node->column, "%s: '%s' is missing", where,
				    field->name);
}
