/*
 * YAML that was read is written, and what was written reads the same; and the reader's shortcuts
 * for everyday text give what the whole rules give, places and errors included.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "data/yaml-emit.h"
#include "data/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *read_json(struct rc_arena *arena, struct rc_str text)
{
	struct rc_yaml_options options = {.max_nodes = 20000, .max_depth = 100};
	struct rc_yaml_node *node;
	json_t *json;

	if (rc_yaml_parse(arena, text, &options, &node, NULL) < 0 ||
	    rc_yaml_to_json(node, &json, NULL) < 0)
		return NULL;
	return json;
}

static void compare(const struct rc_yaml_node *a, const struct rc_yaml_node *b)
{
	if (a->kind != b->kind || a->line != b->line || a->column != b->column ||
	    a->plain != b->plain || a->size != b->size)
		abort();
	if (a->kind == RC_YAML_SEQUENCE) {
		if (a->n_items != b->n_items)
			abort();
		for (size_t i = 0; i < a->n_items; i++)
			compare(a->items[i], b->items[i]);
	} else if (a->kind == RC_YAML_MAPPING) {
		if (a->n_entries != b->n_entries || !a->duplicate != !b->duplicate)
			abort();
		for (size_t i = 0; i < a->n_entries; i++) {
			if (!rc_str_equal(a->entries[i].key, b->entries[i].key) ||
			    a->entries[i].line != b->entries[i].line ||
			    a->entries[i].column != b->entries[i].column)
				abort();
			compare(a->entries[i].value, b->entries[i].value);
		}
	} else if (!rc_str_equal(a->text, b->text) || strlen(a->text.p) > a->text.n) {
		abort();
	}
}

static void compare_errors(struct rc_error *a, struct rc_error *b)
{
	rc_autofree char *x = rc_error_format(a), *y = rc_error_format(b);

	if (strcmp(x, y) != 0)
		abort();
	rc_error_free(a);
	rc_error_free(b);
}

static void read_twice(struct rc_arena *arena, struct rc_str text, const char *file)
{
	struct rc_yaml_options quick = {.file = file, .max_nodes = 20000, .max_depth = 100};
	struct rc_yaml_options whole = {
		.file = file, .max_nodes = 20000, .max_depth = 100, .no_shortcuts = true};
	rc_cleanup(rc_yaml_reader_freep) struct rc_yaml_reader *a =
		rc_yaml_reader_new(text, &quick);
	rc_cleanup(rc_yaml_reader_freep) struct rc_yaml_reader *b =
		rc_yaml_reader_new(text, &whole);
	struct rc_yaml_node *x, *y;
	int r;

	do {
		struct rc_error *one = NULL, *other = NULL;

		r = rc_yaml_reader_next(a, arena, &x, &one);
		if (r != rc_yaml_reader_next(b, arena, &y, &other))
			abort();
		if (r < 0)
			compare_errors(one, other);
		if (r > 0)
			compare(x, y);
	} while (r > 0);
}

/* What refers to the text that was read, and what was copied from it. */
static void read_kept(struct rc_arena *arena, struct rc_str text)
{
	struct rc_yaml_options options = {.max_nodes = 20000, .max_depth = 100};
	rc_cleanup(rc_yaml_reader_freep) struct rc_yaml_reader *reader =
		rc_yaml_reader_new(text, &options);
	struct rc_yaml_node *x, *y;
	int r = rc_yaml_reader_next(reader, arena, &x, NULL);

	if (rc_yaml_parse(arena, text, &options, &y, NULL) != (r < 0 ? r : 0))
		abort();
	if (r > 0)
		compare(x, y);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(16 << 20);
	json_auto_t *first = read_json(arena, (struct rc_str){(const char *)data, size});
	json_auto_t *second = NULL;

	read_twice(arena, (struct rc_str){(const char *)data, size}, NULL);
	read_twice(arena, (struct rc_str){(const char *)data, size}, "f.yaml");
	read_kept(arena, (struct rc_str){(const char *)data, size});
	if (!first || rc_yaml_from_json(first, &text) < 0)
		return 0;
	second = read_json(arena, rc_buf_str(&text));
	/* NUL and other controls cannot be written so that goyaml reads them; all else must hold.
	 */
	if (second && json_typeof(first) != json_typeof(second) &&
	    !(json_is_number(first) && json_is_number(second)))
		abort();
	return 0;
}
