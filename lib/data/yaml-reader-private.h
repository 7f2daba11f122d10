/* What the reader of YAML's grammar (yaml-parse.c) and the composer of nodes share. */
#pragma once

#include <uthash.h>

#include "base/error.h"
#include "data/yaml-private.h"
#include "data/yaml-scan-private.h"

struct rc_yaml_anchor {
	UT_hash_handle hh;
	struct rc_str name;
	struct rc_yaml_node *node;
	bool is_open;	/* the node is being read: it may not contain itself */
	size_t decodes; /* that goyaml needs for it */
};

struct rc_yaml_tag_directive {
	struct rc_str handle, prefix;
};

struct rc_yaml_reader {
	struct rc_yaml_scanner scanner;
	struct rc_yaml_options options;
	struct rc_arena *arena;
	bool has_begun, ended;
	struct rc_yaml_tag_directive *tags; /* of this document; in the arena */
	size_t n_tags;
	struct rc_yaml_anchor *anchors; /* in the arena */
	bool has_bad_key;		/* one that is none in JSON */
	unsigned int depth;
	bool is_merge; /* the scalar that was read last is "<<" without quotes */
	/*
	 * The first thing that is wrong with the meaning. goyaml reads all of a document before it
	 * looks at what it says, so a fault of the grammar behind it comes first.
	 */
	struct rc_error *misread;
	/* goyaml's calls to decode a node, and those of them that aliases made. */
	size_t decodes, alias_decodes;
	/* What open collections hold so far; they take theirs off when they close. */
	struct rc_yaml_entry *entries;
	size_t n_entries, room_entries;
	struct rc_yaml_node **items;
	size_t n_items, room_items;
};

/* A node's anchor and tag; their p is NULL when there is none. */
struct rc_yaml_properties {
	struct rc_yaml_mark start;
	struct rc_str anchor, tag;
};

/* A message that is ours, at a place; goyaml gives no line for these. */
#define rc_yaml_fail_at(reader, err, code, line, column, ...)                                     \
	((reader)->options.file ? rc_wrap((err), rc_fail((err), (code), __VA_ARGS__), "%s:%u:%u", \
					  (reader)->options.file, (line), (column))               \
				: rc_fail((err), (code), "yaml: " __VA_ARGS__))

/* The same for what is wrong with the meaning; only the first counts. */
#define rc_yaml_misread_at(reader, code, line, column, ...)                                \
	((reader)->misread ? (code)                                                        \
			   : rc_yaml_fail_at((reader), &(reader)->misread, (code), (line), \
					     (column), __VA_ARGS__))

/*
 * The document that begins here: 1, 0 at the end of the stream, or -EINVAL with the scanner's fault
 * or with *err set.
 */
int rc_yaml_parse_document(struct rc_yaml_reader *reader, struct rc_yaml_node **ret,
			   struct rc_error **err);

/* All of these return 0, or a code that ends the reading, with *err set. */

/*
 * token NULL: one that is not there. spare is where the node goes when nothing can refer to it;
 * NULL: into the arena.
 */
int rc_yaml_compose_scalar(struct rc_yaml_reader *reader,
			   const struct rc_yaml_properties *properties,
			   const struct rc_yaml_token *token, struct rc_yaml_node *spare,
			   struct rc_yaml_node **ret);
int rc_yaml_compose_alias(struct rc_yaml_reader *reader, const struct rc_yaml_token *token,
			  struct rc_yaml_node **ret, struct rc_error **err);

/* A collection, between open and close. */
struct rc_yaml_collection {
	struct rc_yaml_node *node;
	struct rc_yaml_anchor *anchor;
	size_t decodes; /* before it */
	size_t from;	/* where its parts begin on the reader's stack */
};
int rc_yaml_compose_open(struct rc_yaml_reader *reader, const struct rc_yaml_properties *properties,
			 enum rc_yaml_kind kind, struct rc_yaml_collection *ret,
			 struct rc_error **err);
int rc_yaml_compose_item(struct rc_yaml_reader *reader, struct rc_yaml_collection *sequence,
			 struct rc_yaml_node *item, struct rc_error **err);
int rc_yaml_compose_entry(struct rc_yaml_reader *reader, struct rc_yaml_collection *mapping,
			  const struct rc_yaml_node *key, struct rc_yaml_node *value,
			  struct rc_error **err);
int rc_yaml_compose_merge(struct rc_yaml_reader *reader, struct rc_yaml_collection *mapping,
			  struct rc_yaml_node *value, struct rc_error **err);
void rc_yaml_compose_close(struct rc_yaml_reader *reader, struct rc_yaml_collection *collection);
/* A key has been read, its value has not: whether it may be one. */
void rc_yaml_key_check(struct rc_yaml_reader *reader, const struct rc_yaml_node *key);
/* Remember that mapping has a key that is no text. */
void rc_yaml_key_note(struct rc_yaml_reader *reader, struct rc_yaml_node *mapping,
		      const struct rc_yaml_node *key, const struct rc_yaml_entry *entry);
/* The keys of a mapping that is merged into another: in front of those that are there. */
void rc_yaml_key_merge(struct rc_yaml_reader *reader, struct rc_yaml_node *into,
		       const struct rc_yaml_odd_key *from);
/* One that JSON has not, in a mapping that is a part of node; NULL: there is none. */
const struct rc_yaml_odd_key *rc_yaml_key_find_bad(const struct rc_yaml_node *node);
int rc_yaml_key_fail_bad(const struct rc_yaml_odd_key *key, struct rc_error **err);

/* What is wrong with a document whose grammar is right. */
int rc_yaml_compose_finish(struct rc_yaml_reader *reader, const struct rc_yaml_node *root,
			   struct rc_error **err);
/* Forget the document. */
void rc_yaml_compose_clear(struct rc_yaml_reader *reader);
