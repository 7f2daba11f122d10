/* Pipelines: terms, operands, commands, declarations. */
#include <errno.h>

#include "template/literal.h"
#include "template/parse-private.h"

/* ".a.b" or "$x.a" into its names. */
static void split_names(struct rc_template_parser *parser, struct rc_template_node *node,
			struct rc_str text)
{
	size_t n = 1;

	if (text.n > 0 && text.p[0] == '.') {
		text.p++;
		text.n--;
	}
	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '.';
	node->names = rc_arena_alloc(parser->arena, n * sizeof(*node->names));
	for (;;) {
		ptrdiff_t dot = rc_str_index(text, '.');

		node->names[node->n_names++] =
			(struct rc_str){text.p, dot < 0 ? text.n : (size_t)dot};
		if (dot < 0)
			return;
		text.p += dot + 1;
		text.n -= (size_t)dot + 1;
	}
}

static void add_name(struct rc_template_parser *parser, struct rc_template_node *node,
		     struct rc_str field)
{
	node->names =
		rc_arena_grow(parser->arena, node->names, node->n_names * sizeof(*node->names),
			      (node->n_names + 1) * sizeof(*node->names));
	node->names[node->n_names++] = (struct rc_str){field.p + 1, field.n - 1};
}

static struct rc_template_node *parse_variable(struct rc_template_parser *parser,
					       struct rc_template_token token)
{
	struct rc_template_node *node =
		rc_template_parse_node(parser, RC_NODE_VARIABLE, token.position);

	split_names(parser, node, token.text);
	for (size_t i = 0; i < parser->n_variables; i++)
		if (rc_str_equal(parser->variables[i], node->names[0]))
			return node;
	return rc_template_parse_fail(parser, "undefined variable \"%.*s\"", (int)node->names[0].n,
				      node->names[0].p);
}

static struct rc_template_node *parse_number(struct rc_template_parser *parser,
					     struct rc_template_token token)
{
	struct rc_template_node *node = rc_template_parse_node_of(parser, RC_NODE_NUMBER, token);
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;

	if (rc_template_literal_number(node, token.kind == RC_TOKEN_CHAR_CONSTANT, &err) < 0)
		return rc_template_parse_fail(parser, "%s", err->message);
	return node;
}

static struct rc_template_node *parse_string(struct rc_template_parser *parser,
					     struct rc_template_token token)
{
	struct rc_template_node *node = rc_template_parse_node_of(parser, RC_NODE_STRING, token);

	if (rc_template_literal_unquote(parser->arena, token.text, &node->string) < 0)
		return rc_template_parse_fail(parser, "invalid syntax");
	return node;
}

static void note_signature(struct rc_template_node *node)
{
	size_t n = strlen(node->func->signature);

	node->is_variadic = n > 0 && node->func->signature[n - 1] == '*';
	node->n_fixed = (unsigned char)(node->is_variadic ? n - 2 : n);
	if (strcmp(node->func->name, "and") == 0 || strcmp(node->func->name, "or") == 0 ||
	    strcmp(node->func->name, "call") == 0)
		node->jump = *node->func->name;
}

static struct rc_template_node *parse_identifier(struct rc_template_parser *parser,
						 struct rc_template_token token)
{
	struct rc_template_node *node =
		rc_template_parse_node(parser, RC_NODE_IDENTIFIER, token.position);

	node->func = rc_template_funcs_find(parser->funcs, token.text);
	if (!node->func)
		return rc_template_parse_fail(parser, "function \"%.*s\" not defined",
					      (int)token.text.n, token.text.p);
	note_signature(node);
	return node;
}

static struct rc_template_node *parse_field(struct rc_template_parser *parser,
					    struct rc_template_token token)
{
	struct rc_template_node *node =
		rc_template_parse_node(parser, RC_NODE_FIELD, token.position);

	split_names(parser, node, token.text);
	return node;
}

/* *ret_none: there is no term, and nothing is wrong. */
static struct rc_template_node *parse_term(struct rc_template_parser *parser, bool *ret_none)
{
	struct rc_template_token token = rc_template_parse_next(parser);
	struct rc_template_node *node;

	*ret_none = false;
	switch (token.kind) {
	case RC_TOKEN_IDENTIFIER:
		return parse_identifier(parser, token);
	case RC_TOKEN_DOT:
		return rc_template_parse_node(parser, RC_NODE_DOT, token.position);
	case RC_TOKEN_NIL:
		return rc_template_parse_node(parser, RC_NODE_NIL, token.position);
	case RC_TOKEN_VARIABLE:
		return parse_variable(parser, token);
	case RC_TOKEN_FIELD:
		return parse_field(parser, token);
	case RC_TOKEN_BOOL:
		node = rc_template_parse_node(parser, RC_NODE_BOOL, token.position);
		node->truth = rc_str_is(token.text, "true");
		return node;
	case RC_TOKEN_CHAR_CONSTANT:
	case RC_TOKEN_NUMBER:
		return parse_number(parser, token);
	case RC_TOKEN_LEFT_PAREN:
		return rc_template_parse_pipeline(parser, "parenthesized pipeline",
						  RC_TOKEN_RIGHT_PAREN);
	case RC_TOKEN_STRING:
	case RC_TOKEN_RAW_STRING:
		return parse_string(parser, token);
	default:
		rc_template_parse_backup(parser);
		*ret_none = true;
		return NULL;
	}
}

static void *fail_term(struct rc_template_parser *parser, const struct rc_template_node *node)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_template_node_print(&text, node);
	/* Go has read the white space that follows, not what stands behind it. */
	parser->tokens[0].position = parser->tokens[0].space;
	return rc_template_parse_fail(parser, "unexpected . after term %s",
				      rc_template_parse_quoted(parser, rc_buf_str(&text)));
}

static bool is_at_field(struct rc_template_parser *parser)
{
	const struct rc_template_token *token = rc_template_parse_peek(parser);

	return token->kind == RC_TOKEN_FIELD && !token->spaced;
}

static struct rc_template_node *parse_operand(struct rc_template_parser *parser, bool *ret_none)
{
	struct rc_template_node *node = parse_term(parser, ret_none), *chain;
	size_t position;

	if (!node || !is_at_field(parser))
		return node;
	position = rc_template_parse_peek(parser)->position;
	if (node->kind == RC_NODE_BOOL || node->kind == RC_NODE_STRING ||
	    node->kind == RC_NODE_NUMBER || node->kind == RC_NODE_NIL ||
	    node->kind == RC_NODE_DOT) {
		while (is_at_field(parser))
			rc_template_parse_next(parser);
		return fail_term(parser, node);
	}
	chain = node;
	if (node->kind != RC_NODE_FIELD && node->kind != RC_NODE_VARIABLE) {
		chain = rc_template_parse_node(parser, RC_NODE_CHAIN, position);
		chain->inner = node;
	}
	/* More fields on a field: Go makes one node of them, at the place of the second. */
	chain->position = (unsigned int)position;
	while (is_at_field(parser))
		add_name(parser, chain, rc_template_parse_next(parser).text);
	return chain;
}

/* Operands with white space between them; a '|' behind the last is taken too. */
static struct rc_template_node *parse_command(struct rc_template_parser *parser)
{
	struct rc_template_node *command = rc_template_parse_node(
		parser, RC_NODE_COMMAND, rc_template_parse_peek(parser)->position);
	size_t from = parser->n_stack;

	for (;;) {
		const struct rc_template_token *token;
		struct rc_template_node *operand;
		bool none;

		operand = parse_operand(parser, &none);
		if (!operand && !none)
			return NULL;
		if (operand)
			rc_template_parse_push(parser, operand);
		token = rc_template_parse_peek(parser);
		if (operand && token->spaced)
			continue;
		if (token->kind == RC_TOKEN_PIPE)
			rc_template_parse_next(parser);
		else if (token->kind != RC_TOKEN_RIGHT && token->kind != RC_TOKEN_RIGHT_PAREN)
			return rc_template_parse_unexpected(parser, rc_template_parse_next(parser),
							    "operand");
		break;
	}
	rc_template_parse_pop(parser, from, &command->items);
	if (command->items.n == 0)
		return rc_template_parse_fail(parser, "empty command");
	return command;
}

static void declare(struct rc_template_parser *parser, struct rc_template_token variable)
{
	struct rc_template_node *node =
		rc_template_parse_node(parser, RC_NODE_VARIABLE, variable.position);

	split_names(parser, node, variable.text);
	rc_template_parse_push(parser, node);
	rc_template_parse_push_variable(parser, variable.text);
}

/* "$x :=", "$x =", "$i, $x :="; leaves all as it was when the pipeline begins with neither. */
static bool parse_declarations(struct rc_template_parser *parser, struct rc_template_node *pipe,
			       const char *context)
{
	size_t from = parser->n_stack;

	while (rc_template_parse_peek(parser)->kind == RC_TOKEN_VARIABLE) {
		struct rc_template_token variable = rc_template_parse_next(parser);
		struct rc_template_token solid = *rc_template_parse_peek(parser);
		enum rc_template_token_kind kind;

		if (solid.kind == RC_TOKEN_ASSIGN || solid.kind == RC_TOKEN_DECLARE) {
			pipe->is_assign = solid.kind == RC_TOKEN_ASSIGN;
			rc_template_parse_next(parser);
			declare(parser, variable);
			return true;
		}
		if (solid.kind != RC_TOKEN_CHAR || !rc_str_is(solid.text, ",")) {
			rc_template_parse_backup2(parser, variable);
			return true;
		}
		rc_template_parse_next(parser);
		declare(parser, variable);
		if (strcmp(context, "range") != 0 || parser->n_stack - from > 1)
			return rc_template_parse_fail(parser, "too many declarations in %s",
						      context) != NULL;
		kind = rc_template_parse_peek(parser)->kind;
		if (kind != RC_TOKEN_VARIABLE && kind != RC_TOKEN_RIGHT &&
		    kind != RC_TOKEN_RIGHT_PAREN)
			return rc_template_parse_fail(
				       parser, "range can only initialize variables") != NULL;
	}
	return true;
}

static struct rc_template_node *check_pipeline(struct rc_template_parser *parser,
					       struct rc_template_node *pipe, const char *context)
{
	if (pipe->commands.n == 0)
		return rc_template_parse_fail(parser, "missing value for %s", context);
	for (size_t i = 1; i < pipe->commands.n; i++) {
		enum rc_template_node_kind kind = pipe->commands.at[i]->items.at[0]->kind;

		if (kind == RC_NODE_BOOL || kind == RC_NODE_DOT || kind == RC_NODE_NIL ||
		    kind == RC_NODE_NUMBER || kind == RC_NODE_STRING)
			return rc_template_parse_fail(
				parser, "non executable command in pipeline stage %zu", i + 1);
	}
	return pipe;
}

static bool begins_command(enum rc_template_token_kind kind)
{
	switch (kind) {
	case RC_TOKEN_BOOL:
	case RC_TOKEN_CHAR_CONSTANT:
	case RC_TOKEN_DOT:
	case RC_TOKEN_FIELD:
	case RC_TOKEN_IDENTIFIER:
	case RC_TOKEN_NUMBER:
	case RC_TOKEN_NIL:
	case RC_TOKEN_RAW_STRING:
	case RC_TOKEN_STRING:
	case RC_TOKEN_VARIABLE:
	case RC_TOKEN_LEFT_PAREN:
		return true;
	default:
		return false;
	}
}

struct rc_template_node *rc_template_parse_pipeline(struct rc_template_parser *parser,
						    const char *context,
						    enum rc_template_token_kind end)
{
	struct rc_template_node *pipe = rc_template_parse_node(
		parser, RC_NODE_PIPE, rc_template_parse_peek(parser)->position);
	size_t from = parser->n_stack;

	if (++parser->depth > RC_TEMPLATE_PARSE_DEPTH_MAX)
		return rc_template_parse_fail(parser, "nested deeper than %d",
					      RC_TEMPLATE_PARSE_DEPTH_MAX);
	if (!parse_declarations(parser, pipe, context))
		return NULL;
	rc_template_parse_pop(parser, from, &pipe->declared);
	for (;;) {
		struct rc_template_token token = rc_template_parse_next(parser);
		struct rc_template_node *command;

		if (token.kind == end) {
			parser->depth--;
			rc_template_parse_pop(parser, from, &pipe->commands);
			return check_pipeline(parser, pipe, context);
		}
		if (!begins_command(token.kind))
			return rc_template_parse_unexpected(parser, token, context);
		rc_template_parse_backup(parser);
		command = parse_command(parser);
		if (!command)
			return NULL;
		rc_template_parse_push(parser, command);
	}
}
