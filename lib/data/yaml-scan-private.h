/*
 * From characters to tokens, as goyaml.v2's scanner has them: the same tokens in the same order,
 * read no further ahead, and the same faults at the same places.
 */
#pragma once

#include "base/buf.h"
#include "data/yaml-source-private.h"

struct rc_yaml_mark {
	unsigned int line, column; /* from 0 */
};

enum rc_yaml_token_kind {
	RC_YAML_TOKEN_STREAM_END,
	RC_YAML_TOKEN_VERSION,
	RC_YAML_TOKEN_TAG_DIRECTIVE,
	RC_YAML_TOKEN_DOCUMENT_START,
	RC_YAML_TOKEN_DOCUMENT_END,
	RC_YAML_TOKEN_BLOCK_SEQUENCE,
	RC_YAML_TOKEN_BLOCK_MAPPING,
	RC_YAML_TOKEN_BLOCK_END,
	RC_YAML_TOKEN_FLOW_SEQUENCE,
	RC_YAML_TOKEN_FLOW_SEQUENCE_END,
	RC_YAML_TOKEN_FLOW_MAPPING,
	RC_YAML_TOKEN_FLOW_MAPPING_END,
	RC_YAML_TOKEN_BLOCK_ENTRY,
	RC_YAML_TOKEN_FLOW_ENTRY,
	RC_YAML_TOKEN_KEY,
	RC_YAML_TOKEN_VALUE,
	RC_YAML_TOKEN_ALIAS,
	RC_YAML_TOKEN_ANCHOR,
	RC_YAML_TOKEN_TAG,
	RC_YAML_TOKEN_SCALAR,
};

struct rc_yaml_token {
	enum rc_yaml_token_kind kind;
	bool is_plain;		    /* a scalar without quotes, and of no block */
	bool is_borrowed;	    /* text is a piece of the source that is not to be kept */
	unsigned char major, minor; /* of the version */
	struct rc_yaml_mark start, end;
	struct rc_str text;   /* of a scalar; an anchor's name; a tag's handle */
	struct rc_str suffix; /* of a tag; a handle's prefix */
};

/* What may turn out to be a key when a ':' follows. */
struct rc_yaml_scan_key {
	bool is_possible, is_required;
	size_t token; /* its number */
	struct rc_yaml_mark mark;
};

/* goyaml looks up by its number whether the token that is next may be a key. */
struct rc_yaml_scan_lookup {
	size_t token;
	unsigned int level; /* of flow, whose key it is */
};

enum rc_yaml_fault {
	RC_YAML_FAULT_NONE,
	RC_YAML_FAULT_SOURCE, /* bytes that are no text */
	RC_YAML_FAULT_SCANNER,
	RC_YAML_FAULT_PARSER,
};

struct rc_yaml_scanner {
	struct rc_yaml_source source;
	struct rc_arena *arena; /* where the texts of tokens go */
	struct rc_buf scratch;
	struct rc_yaml_token *tokens; /* a queue: n of them from head on */
	size_t head, n, room;
	size_t n_taken; /* the number of the token at head */
	bool is_ready;	/* it has been seen to be no key */
	int indent;
	int *indents; /* of the enclosing blocks */
	size_t n_indents, room_indents;
	unsigned int flow_level;
	bool may_be_key;	       /* a key may begin here */
	struct rc_yaml_scan_key *keys; /* of each level of flow */
	size_t room_keys;
	struct rc_yaml_scan_lookup *lookups; /* a queue, too */
	size_t first_lookup, n_lookups, room_lookups;

	enum rc_yaml_fault fault;
	const char *problem;
	struct rc_yaml_mark problem_at;
};

/* keep: the arena that everything goes to, or NULL when there are several. */
void rc_yaml_scan_init(struct rc_yaml_scanner *scanner, struct rc_str text, struct rc_arena *keep,
		       bool no_shortcuts);
void rc_yaml_scan_done(struct rc_yaml_scanner *scanner);

/* The next token, which stays in the queue; NULL when there is a fault. */
const struct rc_yaml_token *rc_yaml_scan_fetch(struct rc_yaml_scanner *scanner);
static inline const struct rc_yaml_token *rc_yaml_scan_peek(struct rc_yaml_scanner *scanner)
{
	/* Nothing that is in the queue may still turn out to be a key. */
	bool is_known = scanner->n > 0 && scanner->n_lookups == 0;

	return scanner->is_ready || is_known ? &scanner->tokens[scanner->head]
					     : rc_yaml_scan_fetch(scanner);
}
/*
 * A mapping's next key, when it is a word that stands where keys of the innermost block do and its
 * ':' is behind it: its key, scalar and value tokens in one, end being the last one's. False, and
 * nothing is taken, when tokens have to tell.
 */
bool rc_yaml_scan_take_key(struct rc_yaml_scanner *scanner, struct rc_yaml_token *ret);
/* Takes the token that was peeked at from the queue. */
static inline void rc_yaml_scan_skip(struct rc_yaml_scanner *scanner)
{
	scanner->is_ready = false;
	scanner->n_taken++;
	scanner->head++;
	scanner->n--;
}

/* ---- for the scanner's own files; false means a fault ---- */

bool rc_yaml_scan_fail(struct rc_yaml_scanner *scanner, const char *problem);
bool rc_yaml_scan_fail_source(struct rc_yaml_scanner *scanner);
struct rc_yaml_mark rc_yaml_scan_mark(struct rc_yaml_scanner *scanner);
/* Whether "---" or "..." stands at p, which is where a line begins. */
bool rc_yaml_scan_is_document(const char *p);
/* A token's text as it stands in the source; the character behind it must have been taken. */
static inline void rc_yaml_scan_borrow(struct rc_yaml_scanner *scanner, struct rc_yaml_token *token,
				       const char *p, size_t n)
{
	token->text = (struct rc_str){p, n};
	token->is_borrowed = !scanner->source.is_kept || p + n >= scanner->source.p;
	if (!token->is_borrowed)
		((char *)(uintptr_t)p)[n] = '\0';
}
/* What scratch holds, in the arena. */
struct rc_str rc_yaml_scan_keep(struct rc_yaml_scanner *scanner);
/* Over blanks and a comment, and over the line's end, which must follow. */
bool rc_yaml_scan_line_end(struct rc_yaml_scanner *scanner, const char *problem);

/*
 * The length of a word at p, letters and digits, that is surely a key: ": " stands behind it. 0:
 * that has to be looked at.
 */
size_t rc_yaml_scan_simple_key(const char *p);
bool rc_yaml_scan_plain(struct rc_yaml_scanner *scanner, struct rc_yaml_token *token);
bool rc_yaml_scan_quoted(struct rc_yaml_scanner *scanner, struct rc_yaml_token *token);
bool rc_yaml_scan_block(struct rc_yaml_scanner *scanner, struct rc_yaml_token *token);
bool rc_yaml_scan_directive(struct rc_yaml_scanner *scanner, struct rc_yaml_token *token);
bool rc_yaml_scan_anchor(struct rc_yaml_scanner *scanner, struct rc_yaml_token *token);
bool rc_yaml_scan_tag(struct rc_yaml_scanner *scanner, struct rc_yaml_token *token);

static inline bool rc_yaml_scan_need(struct rc_yaml_scanner *scanner, size_t n)
{
	return rc_yaml_source_need(&scanner->source, n) || rc_yaml_scan_fail_source(scanner);
}
