/* What the two readers of YAML share: the careful one (yaml.c) and the quick one (yaml-quick.c). */
#pragma once

#include "base/buf.h"
#include "data/yaml.h"

#define RC_YAML_NODES_DEFAULT 10000000
#define RC_YAML_DEPTH_DEFAULT 1000

/* Entries of a mapping while it is read. */
struct rc_yaml_entries {
	struct rc_yaml_entry *at;
	size_t n, room;
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

/*
 * The quick reader: everyday YAML (block mappings and sequences, plain, quoted and block scalars,
 * flow collections) in one pass over a copy of the text, in which scalars stay. It knows when a
 * text is not everyday - anchors, tags, tabs, merge keys, anything that might be an error - and
 * then gives up: the careful reader decides, and words the error.
 */
struct rc_yaml_quick {
	struct rc_arena *arena;
	unsigned int max_depth;
	size_t max_nodes;
};

/*
 * Read the document that begins at byte *at of text, the line's number being *line; on success
 * both are moved behind it. Returns 1 with the document, 0 when it gives up: nothing is known then.
 */
int rc_yaml_quick_read(const struct rc_yaml_quick *quick, struct rc_str text, size_t *at,
		       unsigned int *line, struct rc_yaml_node **ret_node);
