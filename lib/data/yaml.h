/*
 * YAML in, as goyaml.v2 under sigs.k8s.io/yaml reads it: the rules every chart was written against.
 *
 * A document becomes a tree of nodes in an arena. Plain scalars are resolved by YAML 1.1's words
 * (yes, no, on, off; 017 is octal; 1_000 a number), merge keys are followed in document order,
 * of duplicate keys the last one wins, and keys that are no text become text. Aliases share their
 * anchor's node.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

enum rc_yaml_kind {
	RC_YAML_NULL,
	RC_YAML_BOOL,
	RC_YAML_INT,
	RC_YAML_UINT, /* above INT64_MAX only */
	RC_YAML_FLOAT,
	RC_YAML_STRING,
	RC_YAML_SEQUENCE,
	RC_YAML_MAPPING,
};

struct rc_yaml_node;
struct rc_yaml_odd_key;

struct rc_yaml_entry {
	struct rc_str key;
	struct rc_yaml_node *value;
	unsigned int line, column; /* of the key, from 1 */
};

/* Plain data; everything lives in the arena it was read into and is not to be changed. */
struct rc_yaml_node {
	enum rc_yaml_kind kind;
	unsigned int line, column; /* from 1 */
	bool plain;		   /* a scalar without quotes and tag */
	unsigned short height;	   /* collections from here down, aliases followed */
	union {
		bool truth;
		int64_t integer;
		uint64_t natural;
		double real;
		struct {
			struct rc_yaml_node **items;
			size_t n_items;
		};
		struct {
			struct rc_yaml_entry *entries; /* in byte order of their keys */
			size_t n_entries;
			const struct rc_yaml_entry
				*duplicate; /* one that was overridden, or NULL */
		};
	};
	union {
		struct rc_str text; /* of a scalar: as written, escapes undone */
		const struct rc_yaml_odd_key *odd_keys; /* of a mapping; for the reader */
	};
	size_t size; /* nodes with all aliases expanded */
};

struct rc_yaml_options {
	const char *file;   /* named in errors as file:line:column; NULL: Go's "yaml: line N: " */
	size_t max_nodes;   /* with aliases expanded; 0: 10 million */
	unsigned max_depth; /* aliases followed; 0: 1000, at most 65000 */
	bool no_shortcuts;  /* every character by the whole rules: the same, slower; for tests */
};

/* Reads a stream of documents. */
struct rc_yaml_reader;

/* text and options are borrowed and must outlive the reader. */
struct rc_yaml_reader *rc_yaml_reader_new(struct rc_str text,
					  const struct rc_yaml_options *options);
void rc_yaml_reader_free(struct rc_yaml_reader *reader);
RC_DEFINE_FREEP(struct rc_yaml_reader, rc_yaml_reader_free)
/* 1 with the next document in *ret_node, 0 at the end, -EINVAL (not YAML), -E2BIG (over a limit).
 */
int rc_yaml_reader_next(struct rc_yaml_reader *reader, struct rc_arena *arena,
			struct rc_yaml_node **ret_node, struct rc_error **err);

/* The first document, or a null node when there is none. options may be NULL. */
int rc_yaml_parse(struct rc_arena *arena, struct rc_str text, const struct rc_yaml_options *options,
		  struct rc_yaml_node **ret_node, struct rc_error **err);

/* The value under key of a mapping, or NULL. */
struct rc_yaml_node *rc_yaml_get(const struct rc_yaml_node *mapping, const char *key);
struct rc_yaml_node *rc_yaml_get_str(const struct rc_yaml_node *mapping, struct rc_str key);
/* The node at a JSON pointer ("/spec/source/0"), or NULL. */
const struct rc_yaml_node *rc_yaml_at(const struct rc_yaml_node *node, const char *pointer);
/* "a mapping", "the number 5", ... what was found, for messages. */
const char *rc_yaml_describe(const struct rc_yaml_node *node);

/*
 * As JSON; whole numbers stay whole. The caller's. -EINVAL for .inf and .nan, which JSON lacks, and
 * for text that is not UTF-8.
 */
int rc_yaml_to_json(const struct rc_yaml_node *node, json_t **ret_json, struct rc_error **err);

/* Whether all of it can be JSON; "json: unsupported value: +Inf" and its like. */
int rc_yaml_check_json(const struct rc_yaml_node *node, struct rc_error **err);

/* The same as JSON text, appended to out; -E2BIG when it does not fit. */
int rc_yaml_write_json(const struct rc_yaml_node *node, struct rc_buf *out, struct rc_error **err);

/*
 * What a plain scalar means; used for reading, and for writing to know what needs quotes.
 * *value's union is set accordingly; RC_YAML_STRING when it means nothing else.
 */
enum rc_yaml_kind rc_yaml_resolve(struct rc_str text, struct rc_yaml_node *value);
/* YYYY-M-D with an optional time: goyaml reads a timestamp there. */
bool rc_yaml_is_timestamp(struct rc_str text);
