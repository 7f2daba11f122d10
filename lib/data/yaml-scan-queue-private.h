/* The scanner's queue of tokens, the keys that may be in it, and the blocks that are open. */
#pragma once

#include "data/yaml-scan-private.h"

#define RC_YAML_SCAN_LEVEL_MAX 10000 /* of flow, and of blocks */

void rc_yaml_scan_queue_make_room(struct rc_yaml_scanner *scanner);

/* A token at the end, to be filled in. */
static inline struct rc_yaml_token *rc_yaml_scan_queue_new(struct rc_yaml_scanner *scanner)
{
	if (scanner->n == 0)
		scanner->head = 0;
	if (scanner->head + scanner->n == scanner->room)
		rc_yaml_scan_queue_make_room(scanner);
	return &scanner->tokens[scanner->head + scanner->n++];
}

/* The number that the next token at the end will have. */
static inline size_t rc_yaml_scan_queue_next_number(const struct rc_yaml_scanner *scanner)
{
	return scanner->n_taken + scanner->n;
}

/* An indicator of n characters. */
static inline bool rc_yaml_scan_queue_take(struct rc_yaml_scanner *scanner,
					   enum rc_yaml_token_kind kind, size_t n)
{
	struct rc_yaml_token *token = rc_yaml_scan_queue_new(scanner);

	token->kind = kind;
	token->start = token->end = rc_yaml_scan_mark(scanner);
	token->end.column += (unsigned int)n;
	scanner->source.p += n;
	return true;
}

/* A copy of token, at the end. */
void rc_yaml_scan_queue_add(struct rc_yaml_scanner *scanner, const struct rc_yaml_token *token);
/*
 * Put token before the one of that number. When that one has been taken already - "[]: x" - it
 * comes last.
 */
void rc_yaml_scan_queue_insert(struct rc_yaml_scanner *scanner, size_t number,
			       const struct rc_yaml_token *token);

/* The key that the token at the head may be, or NULL. */
struct rc_yaml_scan_key *rc_yaml_scan_queue_find_key(struct rc_yaml_scanner *scanner);
/* The token of that number need not be looked up any more. */
void rc_yaml_scan_queue_forget(struct rc_yaml_scanner *scanner, size_t token);
/* Whether a ':' here would make it a key; false is a fault. */
bool rc_yaml_scan_queue_check_key(struct rc_yaml_scanner *scanner, struct rc_yaml_scan_key *key,
				  bool *ret_is_possible);
/* The next token may be a key; what could be one on this level is none. */
bool rc_yaml_scan_queue_save_key(struct rc_yaml_scanner *scanner);
bool rc_yaml_scan_queue_remove_key(struct rc_yaml_scanner *scanner);

/*
 * A block begins at mark's column, if it is deeper than the one that is open: its token stands
 * before the one of that number, SIZE_MAX: at the end.
 */
bool rc_yaml_scan_queue_roll(struct rc_yaml_scanner *scanner, struct rc_yaml_mark mark,
			     size_t number, enum rc_yaml_token_kind kind);
/* Blocks that are deeper than column end. */
void rc_yaml_scan_queue_unroll(struct rc_yaml_scanner *scanner, int column);
