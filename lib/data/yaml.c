/* Reading YAML, document by document: the quick reader, and libyaml for what it leaves. */
#include "data/yaml-reader-private.h"

#include <errno.h>

#include "base/memory.h"
#include "data/yaml-private.h"

/*
 * goyaml's texts. A line of 0 is not printed, and the scanner's lines are one ahead of the
 * parser's.
 */
static int fail_parse(struct rc_yaml_reader *reader, struct rc_error **err)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *problem =
		parser->problem ? parser->problem : "unknown problem parsing YAML content";
	size_t line =
		parser->problem_mark.line ? parser->problem_mark.line : parser->context_mark.line;

	if (parser->error == YAML_MEMORY_ERROR)
		rc_memory_fail(0);
	if (reader->options.file)
		return rc_fail(err, -EINVAL, "%s:%zu:%zu: %s", reader->options.file,
			       parser->problem_mark.line + 1, parser->problem_mark.column + 1,
			       problem);
	if (parser->error == YAML_SCANNER_ERROR && line > 0)
		line++;
	if (line == 0)
		return rc_fail(err, -EINVAL, "yaml: %s", problem);
	return rc_fail(err, -EINVAL, "yaml: line %zu: %s", line, problem);
}

int rc_yaml_reader_next_event(struct rc_yaml_reader *reader, struct rc_error **err)
{
	if (reader->has_event)
		yaml_event_delete(&reader->event);
	reader->has_event = false;
	if (!yaml_parser_parse(&reader->parser, &reader->event))
		return fail_parse(reader, err);
	reader->has_event = true;
	return 0;
}

static void clear_anchors(struct rc_yaml_reader *reader)
{
	struct yaml_anchor *anchor, *next;

	HASH_ITER (hh, reader->anchors, anchor, next) {
		HASH_DEL(reader->anchors, anchor);
		free(anchor);
	}
}

struct rc_yaml_reader *rc_yaml_reader_new(struct rc_str text, const struct rc_yaml_options *options)
{
	struct rc_yaml_reader *reader = rc_new0(struct rc_yaml_reader);

	if (options)
		reader->options = *options;
	reader->text = text.p ? text : RC_STR("");
	reader->quick_line = 1;
	return reader;
}

void rc_yaml_reader_free(struct rc_yaml_reader *reader)
{
	if (!reader)
		return;
	if (reader->has_event)
		yaml_event_delete(&reader->event);
	clear_anchors(reader);
	if (reader->is_careful)
		yaml_parser_delete(&reader->parser);
	free(reader);
}

static int check_version(struct rc_yaml_reader *reader, struct rc_error **err)
{
	const yaml_version_directive_t *version =
		reader->event.data.document_start.version_directive;

	if (!version || (version->major == 1 && version->minor == 1))
		return 0;
	return rc_yaml_fail_at(reader, err, -EINVAL,
			       (unsigned int)reader->event.start_mark.line + 1, 1U,
			       "found incompatible YAML document");
}

/*
 * goyaml parses the whole document before it looks at keys and tags: a fault of the grammar behind
 * the one that was found comes first.
 */
static void read_to_end(struct rc_yaml_reader *reader, struct rc_error **err)
{
	struct rc_error *later = NULL;
	int r = 0;

	while (reader->parser.error == YAML_NO_ERROR && r == 0 && reader->has_event &&
	       reader->event.type != YAML_DOCUMENT_END_EVENT &&
	       reader->event.type != YAML_STREAM_END_EVENT)
		r = rc_yaml_reader_next_event(reader, &later);
	if (!later || !err) {
		rc_error_free(later);
		return;
	}
	rc_error_free(*err);
	*err = later;
}

static int read_careful(struct rc_yaml_reader *reader, struct rc_yaml_node **ret_node,
			struct rc_error **err)
{
	int r;

	while (!reader->ended) {
		r = rc_yaml_reader_next_event(reader, err);
		if (r < 0) {
			reader->ended = true;
			return r;
		}
		if (reader->event.type == YAML_STREAM_END_EVENT)
			reader->ended = true;
		if (reader->event.type != YAML_DOCUMENT_START_EVENT)
			continue;
		clear_anchors(reader);
		reader->depth = 0;
		r = check_version(reader, err);
		if (r == 0)
			r = rc_yaml_reader_next_event(reader, err);
		if (r == 0)
			r = rc_yaml_compose(reader, ret_node, err);
		if (r == -EINVAL && !reader->ended)
			read_to_end(reader, err);
		/* What follows the root on its line is an error of this document. */
		if (r == 0)
			r = rc_yaml_reader_next_event(reader, err);
		if (r < 0)
			reader->ended = true;
		return r < 0 ? r : 1;
	}
	return 0;
}

/* libyaml from the beginning, over the documents that were read without it. */
static int become_careful(struct rc_yaml_reader *reader, struct rc_error **err)
{
	int r = 0;

	reader->is_careful = true;
	if (!yaml_parser_initialize(&reader->parser))
		abort();
	yaml_parser_set_input_string(&reader->parser, (const unsigned char *)reader->text.p,
				     reader->text.n);
	for (size_t n = 0; r == 0 && n < reader->n_documents;) {
		r = rc_yaml_reader_next_event(reader, err);
		n += r == 0 && reader->event.type == YAML_DOCUMENT_END_EVENT;
	}
	return r;
}

int rc_yaml_reader_next(struct rc_yaml_reader *reader, struct rc_arena *arena,
			struct rc_yaml_node **ret_node, struct rc_error **err)
{
	const struct rc_yaml_options *options = &reader->options;
	const struct rc_yaml_quick quick = {
		.arena = arena,
		.max_depth = options->max_depth ? options->max_depth : RC_YAML_DEPTH_DEFAULT,
		.max_nodes = options->max_nodes ? options->max_nodes : RC_YAML_NODES_DEFAULT,
	};
	int r;

	reader->arena = arena;
	if (reader->ended)
		return 0;
	if (!reader->is_careful && !options->no_quick) {
		if (rc_yaml_quick_read(&quick, reader->text, &reader->quick_at, &reader->quick_line,
				       ret_node)) {
			reader->n_documents++;
			reader->ended = !*ret_node;
			return *ret_node != NULL;
		}
	}
	r = reader->is_careful ? 0 : become_careful(reader, err);
	if (r < 0) {
		reader->ended = true;
		return r;
	}
	return read_careful(reader, ret_node, err);
}

int rc_yaml_parse(struct rc_arena *arena, struct rc_str text, const struct rc_yaml_options *options,
		  struct rc_yaml_node **ret_node, struct rc_error **err)
{
	rc_cleanup(rc_yaml_reader_freep) struct rc_yaml_reader *reader =
		rc_yaml_reader_new(text, options);
	int r = rc_yaml_reader_next(reader, arena, ret_node, err);

	if (r < 0)
		return r;
	if (r == 0) {
		*ret_node = rc_arena_new0(arena, struct rc_yaml_node);
		(*ret_node)->line = (*ret_node)->column = 1;
	}
	return 0;
}
