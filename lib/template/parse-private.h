/* The parser's state, shared by statements (parse.c) and pipelines (parse-pipeline.c). */
#pragma once

#include "template/lex.h"
#include "template/parse.h"

#define LOOKAHEAD 2

struct rc_template_parser {
	struct rc_arena *arena;
	const struct rc_template_funcs *funcs;
	const struct rc_template_tree *tree;
	struct rc_template_lexer lexer;
	struct rc_template_token tokens[LOOKAHEAD]; /* the newest first */
	int peeked;
	struct rc_template_node **stack;
	size_t n_stack, room_stack;
	struct rc_str *variables;
	size_t n_variables, room_variables;
	size_t action_at; /* the place behind the "{{" under way; 0: none */
	unsigned int range_depth, depth;
	rc_template_parse_fn *add;
	void *userdata;
	struct rc_error **err;
};

#define RC_TEMPLATE_PARSE_DEPTH_MAX 2000

struct rc_template_token rc_template_parse_next(struct rc_template_parser *parser);
/* What next will give, in place. */
const struct rc_template_token *rc_template_parse_peek(struct rc_template_parser *parser);
/* Put back what was read last. */
void rc_template_parse_backup(struct rc_template_parser *parser);
/* tokens[0] was read last; put back the one before it, too. */
void rc_template_parse_backup2(struct rc_template_parser *parser, struct rc_template_token first);

/* Every parse function gives NULL after this. */
void *rc_template_parse_fail(struct rc_template_parser *parser, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* "unexpected X in CONTEXT", or what the lexer found wrong. */
void *rc_template_parse_unexpected(struct rc_template_parser *parser,
				   struct rc_template_token token, const char *context);

/* As %q, in the arena. */
const char *rc_template_parse_quoted(struct rc_template_parser *parser, struct rc_str text);

struct rc_template_node *rc_template_parse_node(struct rc_template_parser *parser,
						enum rc_template_node_kind kind, size_t position);
/* With the token's place and text. */
struct rc_template_node *rc_template_parse_node_of(struct rc_template_parser *parser,
						   enum rc_template_node_kind kind,
						   struct rc_template_token token);
/*
 * Nodes of a list under way stand on a stack, those of the outer lists below them; popped, what
 * stands from on becomes a list of its own.
 */
void rc_template_parse_push(struct rc_template_parser *parser, struct rc_template_node *node);
void rc_template_parse_pop(struct rc_template_parser *parser, size_t from,
			   struct rc_template_nodes *ret);
void rc_template_parse_push_variable(struct rc_template_parser *parser, struct rc_str name);

/* A pipeline up to the token that ends it, which is taken too. */
struct rc_template_node *rc_template_parse_pipeline(struct rc_template_parser *parser,
						    const char *context,
						    enum rc_template_token_kind end);
