/*
 * The queue of tokens, and what puts tokens before others that are in it already.
 *
 * A key is known as such only when the ':' behind it is seen. So every token that may begin a key
 * is remembered, one for each level of flow, and when the ':' comes a key token is put before it.
 */
#include "data/yaml-scan-queue-private.h"

#include "base/memory.h"

#define KEY_MAX 1024 /* characters from a key to its ':' */

/* ---- the queue ---- */

void rc_yaml_scan_queue_make_room(struct rc_yaml_scanner *scanner)
{
	if (scanner->head > 0) {
		memmove(scanner->tokens, scanner->tokens + scanner->head,
			scanner->n * sizeof(*scanner->tokens));
		scanner->head = 0;
		return;
	}
	scanner->room = scanner->room ? 2 * scanner->room : 16;
	scanner->tokens = rc_realloc(scanner->tokens, scanner->room * sizeof(*scanner->tokens));
}

void rc_yaml_scan_queue_add(struct rc_yaml_scanner *scanner, const struct rc_yaml_token *token)
{
	*rc_yaml_scan_queue_new(scanner) = *token;
}

void rc_yaml_scan_queue_insert(struct rc_yaml_scanner *scanner, size_t number,
			       const struct rc_yaml_token *token)
{
	struct rc_yaml_token *at = rc_yaml_scan_queue_new(scanner);

	if (number >= scanner->n_taken) {
		struct rc_yaml_token *to =
			&scanner->tokens[scanner->head + (number - scanner->n_taken)];

		memmove(to + 1, to, (size_t)(at - to) * sizeof(*to));
		at = to;
	}
	*at = *token;
}

/* ---- keys ---- */

static void add_lookup(struct rc_yaml_scanner *scanner, size_t token)
{
	if (scanner->n_lookups == scanner->room_lookups) {
		scanner->room_lookups = scanner->room_lookups ? 2 * scanner->room_lookups : 16;
		scanner->lookups = rc_realloc(scanner->lookups,
					      scanner->room_lookups * sizeof(*scanner->lookups));
	}
	scanner->lookups[scanner->n_lookups++] =
		(struct rc_yaml_scan_lookup){token, scanner->flow_level};
}

/* Numbers only grow, so they are in order. */
void rc_yaml_scan_queue_forget(struct rc_yaml_scanner *scanner, size_t token)
{
	size_t i = scanner->n_lookups;

	while (i > scanner->first_lookup && scanner->lookups[i - 1].token > token)
		i--;
	if (i == scanner->first_lookup || scanner->lookups[i - 1].token != token)
		return;
	memmove(&scanner->lookups[i - 1], &scanner->lookups[i],
		(scanner->n_lookups - i) * sizeof(*scanner->lookups));
	if (--scanner->n_lookups == scanner->first_lookup)
		scanner->first_lookup = scanner->n_lookups = 0;
}

struct rc_yaml_scan_key *rc_yaml_scan_queue_find_key(struct rc_yaml_scanner *scanner)
{
	const struct rc_yaml_scan_lookup *lookup;

	while (scanner->first_lookup < scanner->n_lookups &&
	       scanner->lookups[scanner->first_lookup].token < scanner->n_taken)
		scanner->first_lookup++;
	if (scanner->first_lookup == scanner->n_lookups) {
		scanner->first_lookup = scanner->n_lookups = 0;
		return NULL;
	}
	lookup = &scanner->lookups[scanner->first_lookup];
	return lookup->token == scanner->n_taken && lookup->level <= scanner->flow_level
		       ? &scanner->keys[lookup->level]
		       : NULL;
}

static bool fail_key(struct rc_yaml_scanner *scanner)
{
	return rc_yaml_scan_fail(scanner, "could not find expected ':'");
}

bool rc_yaml_scan_queue_check_key(struct rc_yaml_scanner *scanner, struct rc_yaml_scan_key *key,
				  bool *ret_is_possible)
{
	*ret_is_possible = key->is_possible;
	if (!key->is_possible)
		return true;
	if (key->mark.line == scanner->source.number &&
	    rc_yaml_source_column(&scanner->source) - key->mark.column <= KEY_MAX)
		return true;
	if (key->is_required)
		return fail_key(scanner);
	*ret_is_possible = key->is_possible = false;
	return true;
}

bool rc_yaml_scan_queue_remove_key(struct rc_yaml_scanner *scanner)
{
	struct rc_yaml_scan_key *key = &scanner->keys[scanner->flow_level];

	if (!key->is_possible)
		return true;
	if (key->is_required)
		return fail_key(scanner);
	key->is_possible = false;
	rc_yaml_scan_queue_forget(scanner, key->token);
	return true;
}

bool rc_yaml_scan_queue_save_key(struct rc_yaml_scanner *scanner)
{
	struct rc_yaml_scan_key key = {.is_possible = true};

	if (!scanner->may_be_key)
		return true;
	key.mark = rc_yaml_scan_mark(scanner);
	key.token = rc_yaml_scan_queue_next_number(scanner);
	key.is_required = scanner->flow_level == 0 && scanner->indent == (int)key.mark.column;
	if (!rc_yaml_scan_queue_remove_key(scanner))
		return false;
	scanner->keys[scanner->flow_level] = key;
	add_lookup(scanner, key.token);
	return true;
}

/* ---- indentation ---- */

bool rc_yaml_scan_queue_roll(struct rc_yaml_scanner *scanner, struct rc_yaml_mark mark,
			     size_t number, enum rc_yaml_token_kind kind)
{
	struct rc_yaml_token token = {.kind = kind, .start = mark, .end = mark};

	if (scanner->flow_level > 0 || scanner->indent >= (int)mark.column)
		return true;
	if (scanner->n_indents == RC_YAML_SCAN_LEVEL_MAX)
		return rc_yaml_scan_fail(scanner, "exceeded max depth of 10000");
	if (scanner->n_indents == scanner->room_indents) {
		scanner->room_indents = scanner->room_indents ? 2 * scanner->room_indents : 16;
		scanner->indents = rc_realloc(scanner->indents,
					      scanner->room_indents * sizeof(*scanner->indents));
	}
	scanner->indents[scanner->n_indents++] = scanner->indent;
	scanner->indent = (int)mark.column;
	if (number == SIZE_MAX)
		rc_yaml_scan_queue_add(scanner, &token);
	else
		rc_yaml_scan_queue_insert(scanner, number, &token);
	return true;
}

void rc_yaml_scan_queue_unroll(struct rc_yaml_scanner *scanner, int column)
{
	if (scanner->flow_level > 0)
		return;
	while (scanner->indent > column) {
		rc_yaml_scan_queue_take(scanner, RC_YAML_TOKEN_BLOCK_END, 0);
		scanner->indent = scanner->indents[--scanner->n_indents];
	}
}
