/* The quick reader's state, shared by its structure (yaml-quick.c) and its scalars. */
#pragma once

#include "data/yaml-private.h"

#define RC_YAML_QUICK_SLACK 8

struct rc_yaml_quick_state {
	const struct rc_yaml_quick *quick;
	const char *source; /* the text, of which copy is scribbled in */
	char *copy;
	char *p, *end;	     /* end holds a NUL, and RC_YAML_QUICK_SLACK bytes follow it */
	char *line;	     /* where the current line begins */
	unsigned int number; /* of the current line, from 1 */
	bool is_ascii;
	unsigned int depth;
	/* What open collections hold so far; they take theirs off when they close. */
	struct rc_yaml_entry *entries;
	size_t n_entries, room_entries;
	struct rc_yaml_node **items;
	size_t n_items, room_items;
	struct rc_yaml_quick_anchor *anchors; /* the newest first; in the reader's arena */
};

struct rc_yaml_quick_anchor {
	struct rc_yaml_quick_anchor *next;
	struct rc_str name;
	struct rc_yaml_node *node; /* NULL while it is being read */
};

/* A scalar, or a mapping's key. */
struct rc_yaml_quick_scalar {
	struct rc_str text; /* in the reader's copy; terminated by rc_yaml_quick_terminate() */
	unsigned int line, column;
	bool plain;
	bool is_key; /* p is at the colon behind it */
};

static inline bool rc_yaml_quick_is_end(char c)
{
	return c == ' ' || c == '\n' || c == '\0';
}

/* Only once what stands behind the text has been read: that byte is overwritten. */
static inline void rc_yaml_quick_terminate(struct rc_str text)
{
	((char *)(uintptr_t)text.p)[text.n] = '\0';
}

/* Of p, from 1, in characters. */
unsigned int rc_yaml_quick_column(const struct rc_yaml_quick_state *state);

/* All that follow return false to give up. */

/* Over blanks, comments and line ends; *ret_fresh: a line has ended on the way. */
bool rc_yaml_quick_skip(struct rc_yaml_quick_state *state, bool *ret_fresh);
/*
 * The quoted or plain scalar at p in a block below indent, or, as is_key says, the key. p is left
 * behind it on its last line.
 */
bool rc_yaml_quick_scan(struct rc_yaml_quick_state *state, int indent,
			struct rc_yaml_quick_scalar *ret);
/* The same inside of brackets: one line, up to what ends it. */
bool rc_yaml_quick_scan_flow(struct rc_yaml_quick_state *state, struct rc_yaml_quick_scalar *ret);
/* The name behind the '&' or '*' at p; p is left behind it. */
bool rc_yaml_quick_scan_name(struct rc_yaml_quick_state *state, struct rc_str *ret);
/* A literal or folded scalar whose indicator is at p; leaves p at the beginning of a line. */
bool rc_yaml_quick_scan_block(struct rc_yaml_quick_state *state, int indent,
			      struct rc_yaml_quick_scalar *ret);
