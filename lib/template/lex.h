/* Go's text/template tokens. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

enum rc_template_token_kind {
	RC_TOKEN_ERROR, /* text says why */
	RC_TOKEN_EOF,
	RC_TOKEN_TEXT,
	RC_TOKEN_LEFT,
	RC_TOKEN_RIGHT,
	RC_TOKEN_ASSIGN,
	RC_TOKEN_DECLARE,
	RC_TOKEN_PIPE,
	RC_TOKEN_LEFT_PAREN,
	RC_TOKEN_RIGHT_PAREN,
	RC_TOKEN_CHAR, /* any other printable one */
	RC_TOKEN_BOOL,
	RC_TOKEN_CHAR_CONSTANT,
	RC_TOKEN_NUMBER,
	RC_TOKEN_STRING,
	RC_TOKEN_RAW_STRING,
	RC_TOKEN_FIELD,
	RC_TOKEN_VARIABLE,
	RC_TOKEN_IDENTIFIER,
	RC_TOKEN_DOT, /* this and what follows are keywords */
	RC_TOKEN_NIL,
	RC_TOKEN_BLOCK,
	RC_TOKEN_BREAK,
	RC_TOKEN_CONTINUE,
	RC_TOKEN_DEFINE,
	RC_TOKEN_ELSE,
	RC_TOKEN_END,
	RC_TOKEN_IF,
	RC_TOKEN_RANGE,
	RC_TOKEN_TEMPLATE,
	RC_TOKEN_WITH,
};

struct rc_template_token {
	enum rc_template_token_kind kind;
	bool spaced; /* white space stands before it, inside of an action */
	struct rc_str text;
	size_t position; /* bytes into the input */
	size_t space;	 /* where that white space begins, or position */
};

struct rc_template_lexer {
	struct rc_arena *arena; /* for error texts */
	struct rc_str input;
	size_t at, start;
	unsigned int comment_lines; /* line ends in the comments passed so far */
	int paren_depth;
	bool inside;
};

void rc_template_lex_init(struct rc_template_lexer *lexer, struct rc_arena *arena,
			  struct rc_str input);
void rc_template_lex_next(struct rc_template_lexer *lexer, struct rc_template_token *ret);
/* The line that Go gives a position, from 1: those in comments do not count. */
unsigned int rc_template_lex_line(struct rc_str input, size_t position);
