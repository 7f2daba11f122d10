/* What the files that read YAML share. */
#pragma once

#include "base/buf.h"
#include "data/yaml.h"

#define RC_YAML_NODES_DEFAULT 10000000
#define RC_YAML_DEPTH_DEFAULT 1000
#define RC_YAML_DEPTH_MAX     65000

/* A key that is no text; of a mapping's the latest comes first. */
struct rc_yaml_odd_key {
	const struct rc_yaml_odd_key *next;
	enum rc_yaml_kind kind;
	union {
		bool truth;
		int64_t integer;
		uint64_t natural;
		double real;
	};
	struct rc_str text; /* what it becomes */
	const struct rc_yaml_node *value;
};

/*
 * The text that a key becomes on the way to JSON; false for keys that have none (null, sequences,
 * mappings). A number's text is made in arena.
 */
bool rc_yaml_key_text(struct rc_arena *arena, const struct rc_yaml_node *key,
		      struct rc_str *ret_text);
/*
 * Sort at by key and make it the entries of mapping; of equal keys the later one wins. at belongs
 * to arena.
 */
void rc_yaml_mapping_finish(struct rc_arena *arena, struct rc_yaml_node *mapping,
			    struct rc_yaml_entry *at, size_t n);

/* Append the node as Go's %#v prints what goyaml.v2 decodes it to. */
void rc_yaml_print_go(struct rc_buf *out, const struct rc_yaml_node *node);
/* The same of a key. */
void rc_yaml_print_go_key(struct rc_buf *out, const struct rc_yaml_odd_key *key);
