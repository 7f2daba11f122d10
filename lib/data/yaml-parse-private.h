/* What the files of YAML's grammar share. All functions return 0, or a code that ends the reading.
 */
#pragma once

#include "data/yaml-reader-private.h"

/* What may stand at a place. */
enum {
	RC_YAML_PARSE_BLOCK = 1,
	RC_YAML_PARSE_INDENTLESS = 2, /* a list that is not deeper than its key */
	RC_YAML_PARSE_MERGED = 4,     /* it is merged into a mapping */
};

static inline const struct rc_yaml_token *rc_yaml_parse_peek(struct rc_yaml_reader *reader)
{
	return rc_yaml_scan_peek(&reader->scanner);
}

static inline void rc_yaml_parse_skip(struct rc_yaml_reader *reader)
{
	rc_yaml_scan_skip(&reader->scanner);
}

/* The token behind the one that was peeked at. */
static inline const struct rc_yaml_token *rc_yaml_parse_next(struct rc_yaml_reader *reader)
{
	rc_yaml_scan_skip(&reader->scanner);
	return rc_yaml_scan_peek(&reader->scanner);
}

/* A fault of the grammar: -EINVAL. */
int rc_yaml_parse_fail(struct rc_yaml_reader *reader, struct rc_yaml_mark at, const char *problem);
/* spare as for rc_yaml_compose_scalar(). */
int rc_yaml_parse_node(struct rc_yaml_reader *reader, unsigned int what, struct rc_yaml_node *spare,
		       struct rc_yaml_node **ret, struct rc_error **err);
/* One that is not there, and where it would be. */
int rc_yaml_parse_nothing(struct rc_yaml_reader *reader, struct rc_yaml_mark at,
			  struct rc_yaml_node *spare, struct rc_yaml_node **ret);
/* One without properties. */
int rc_yaml_parse_scalar(struct rc_yaml_reader *reader, const struct rc_yaml_token *token,
			 struct rc_yaml_node *spare, struct rc_yaml_node **ret);

/* A mapping's key while its value is being read. */
struct rc_yaml_parse_key {
	struct rc_yaml_node spare, *node;
	bool is_merge;
};

int rc_yaml_parse_key(struct rc_yaml_reader *reader, unsigned int what,
		      struct rc_yaml_parse_key *key, struct rc_error **err);
int rc_yaml_parse_no_key(struct rc_yaml_reader *reader, struct rc_yaml_mark at,
			 struct rc_yaml_parse_key *key);
/* key's node has been read. */
void rc_yaml_parse_known_key(struct rc_yaml_reader *reader, struct rc_yaml_parse_key *key);
int rc_yaml_parse_value(struct rc_yaml_reader *reader, unsigned int what,
			struct rc_yaml_collection *mapping, const struct rc_yaml_parse_key *key,
			struct rc_error **err);
int rc_yaml_parse_no_value(struct rc_yaml_reader *reader, struct rc_yaml_mark at,
			   struct rc_yaml_collection *mapping, const struct rc_yaml_parse_key *key,
			   struct rc_error **err);
/* nothing: there is no item, and that is where it would be. */
int rc_yaml_parse_item(struct rc_yaml_reader *reader, unsigned int what,
		       const struct rc_yaml_mark *nothing, struct rc_yaml_collection *sequence,
		       struct rc_error **err);

/* What a collection holds, from the token that begins it to the one that ends it. */
int rc_yaml_parse_block_sequence(struct rc_yaml_reader *reader, unsigned int what,
				 struct rc_yaml_collection *sequence, struct rc_error **err);
int rc_yaml_parse_block_mapping(struct rc_yaml_reader *reader, struct rc_yaml_collection *mapping,
				struct rc_error **err);
/* "key:\n- item\n- item\n" */
int rc_yaml_parse_indentless(struct rc_yaml_reader *reader, unsigned int what,
			     struct rc_yaml_collection *sequence, struct rc_error **err);
int rc_yaml_parse_flow_sequence(struct rc_yaml_reader *reader, unsigned int what,
				struct rc_yaml_collection *sequence, struct rc_error **err);
int rc_yaml_parse_flow_mapping(struct rc_yaml_reader *reader, struct rc_yaml_collection *mapping,
			       struct rc_error **err);
