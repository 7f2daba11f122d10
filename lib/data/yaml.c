/* Reading YAML, document by document. */
#include "data/yaml-reader-private.h"

#include <errno.h>

#include "base/memory.h"

/* goyaml's texts: it prints no line 0, and its scanner's lines are one ahead of its parser's. */
static int fail_parse(struct rc_yaml_reader *reader, struct rc_error **err)
{
	const struct rc_yaml_scanner *scanner = &reader->scanner;
	struct rc_yaml_mark at = scanner->problem_at;

	if (reader->options.file)
		return rc_fail(err, -EINVAL, "%s:%u:%u: %s", reader->options.file, at.line + 1,
			       at.column + 1, scanner->problem);
	if (at.line == 0 || scanner->fault == RC_YAML_FAULT_SOURCE)
		return rc_fail(err, -EINVAL, "yaml: %s", scanner->problem);
	return rc_fail(err, -EINVAL, "yaml: line %u: %s",
		       at.line + (scanner->fault == RC_YAML_FAULT_SCANNER), scanner->problem);
}

static struct rc_yaml_reader *reader_new(struct rc_str text, const struct rc_yaml_options *options,
					 struct rc_arena *keep)
{
	struct rc_yaml_reader *reader = rc_new0(struct rc_yaml_reader);

	if (options)
		reader->options = *options;
	rc_yaml_scan_init(&reader->scanner, text.p ? text : RC_STR(""), keep,
			  reader->options.no_shortcuts);
	return reader;
}

struct rc_yaml_reader *rc_yaml_reader_new(struct rc_str text, const struct rc_yaml_options *options)
{
	return reader_new(text, options, NULL);
}

void rc_yaml_reader_free(struct rc_yaml_reader *reader)
{
	if (!reader)
		return;
	rc_yaml_compose_clear(reader);
	rc_yaml_scan_done(&reader->scanner);
	free(reader->entries);
	free(reader->items);
	free(reader);
}

int rc_yaml_reader_next(struct rc_yaml_reader *reader, struct rc_arena *arena,
			struct rc_yaml_node **ret_node, struct rc_error **err)
{
	struct rc_yaml_node *node;
	int r;

	if (reader->ended)
		return 0;
	reader->arena = reader->scanner.arena = arena;
	rc_yaml_compose_clear(reader);
	r = rc_yaml_parse_document(reader, &node, err);
	if (r < 0 && reader->scanner.fault)
		r = fail_parse(reader, err);
	if (r > 0) {
		r = rc_yaml_compose_finish(reader, node, err);
		if (r == 0) {
			*ret_node = node;
			return 1;
		}
	}
	reader->ended = true;
	return r;
}

int rc_yaml_parse(struct rc_arena *arena, struct rc_str text, const struct rc_yaml_options *options,
		  struct rc_yaml_node **ret_node, struct rc_error **err)
{
	rc_cleanup(rc_yaml_reader_freep) struct rc_yaml_reader *reader =
		reader_new(text, options, arena);
	int r = rc_yaml_reader_next(reader, arena, ret_node, err);

	if (r < 0)
		return r;
	if (r == 0) {
		*ret_node = rc_arena_new0(arena, struct rc_yaml_node);
		(*ret_node)->line = (*ret_node)->column = 1;
	}
	return 0;
}
