/* What the reader of libyaml's events and the composer of nodes share. */
#pragma once

#include <uthash.h>
#include <yaml.h>

#include "base/error.h"
#include "data/yaml.h"

struct yaml_anchor {
	UT_hash_handle hh;
	struct rc_yaml_node *node; /* NULL while it is being read: it may not contain itself */
	char name[];
};

struct rc_yaml_reader {
	yaml_parser_t parser;
	struct rc_yaml_options options;
	struct rc_arena *arena;
	struct yaml_anchor *anchors;
	unsigned int depth;
	bool ended;
	bool is_careful;    /* libyaml reads: the quick reader gave up */
	size_t n_documents; /* that the quick reader has read */
	size_t quick_at;    /* where it goes on */
	unsigned int quick_line;
	struct rc_str text;
	size_t at_index, at_offset; /* a character's number and where it begins in text */
	yaml_event_t event;	    /* the current one, when has_event */
	bool has_event;
};

/* A message that is ours, at a place; goyaml gives no line for these. */
#define rc_yaml_fail_at(reader, err, code, line, column, ...)                                     \
	((reader)->options.file ? rc_wrap((err), rc_fail((err), (code), __VA_ARGS__), "%s:%u:%u", \
					  (reader)->options.file, (line), (column))               \
				: rc_fail((err), (code), "yaml: " __VA_ARGS__))

/* The next event becomes the current one. */
int rc_yaml_reader_next_event(struct rc_yaml_reader *reader, struct rc_error **err);
/* The node that the current event begins; its last event is the current one afterwards. */
int rc_yaml_compose(struct rc_yaml_reader *reader, struct rc_yaml_node **ret_node,
		    struct rc_error **err);
