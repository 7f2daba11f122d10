/*
 * YAML that was read is written, and what was written reads the same; and the quick reader reads
 * what libyaml reads, places included.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "data/utf8.h"
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

static bool is_clean(struct rc_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < 0x20 && text.p[i] != '\n' && text.p[i] != '\t')
			return false;
	return rc_utf8_is_valid(text) && !memmem(text.p, text.n, "\xc2", 1) &&
	       !memmem(text.p, text.n, "\xef", 1) && !memchr(text.p, 0x7f, text.n);
}

static void read_twice(struct rc_arena *arena, struct rc_str text)
{
	struct rc_yaml_options quick = {.max_nodes = 20000, .max_depth = 100};
	struct rc_yaml_options careful = {.max_nodes = 20000, .max_depth = 100, .no_quick = true};
	rc_cleanup(rc_yaml_reader_freep) struct rc_yaml_reader *a =
		rc_yaml_reader_new(text, &quick);
	rc_cleanup(rc_yaml_reader_freep) struct rc_yaml_reader *b =
		rc_yaml_reader_new(text, &careful);
	struct rc_yaml_node *x, *y;
	int r;

	/* libyaml looks ahead: bytes it does not like spoil the document before theirs. */
	if (memmem(text.p, text.n, "---", 3) && !is_clean(text))
		return;
	do {
		r = rc_yaml_reader_next(a, arena, &x, NULL);
		if (r != rc_yaml_reader_next(b, arena, &y, NULL))
			abort();
		if (r > 0)
			compare(x, y);
	} while (r > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(16 << 20);
	json_auto_t *first = read_json(arena, (struct rc_str){(const char *)data, size});
	json_auto_t *second = NULL;

	read_twice(arena, (struct rc_str){(const char *)data, size});
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
