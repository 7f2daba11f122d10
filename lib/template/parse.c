/* Recursive descent over the tokens, as Go's parser goes, with its error texts: statements. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/memory.h"
#include "data/quote.h"
#include "data/utf8.h"
#include "template/literal.h"
#include "template/parse-private.h"

static struct rc_template_node *parse_list(struct rc_template_parser *parser,
					   struct rc_template_node **ret_end);

void *rc_template_parse_fail(struct rc_template_parser *parser, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = rc_arena_vprintf(parser->arena, format, args);
	va_end(args);
	rc_fail(parser->err, -EINVAL, "template: %.*s:%u: %s", (int)parser->tree->name.n,
		parser->tree->name.p,
		rc_template_lex_line(parser->tree->text, parser->tokens[0].position), text);
	return NULL;
}

struct rc_template_token rc_template_parse_next(struct rc_template_parser *parser)
{
	if (parser->peeked > 0)
		parser->peeked--;
	else
		rc_template_lex_next(&parser->lexer, &parser->tokens[0]);
	return parser->tokens[parser->peeked];
}

const struct rc_template_token *rc_template_parse_peek(struct rc_template_parser *parser)
{
	if (parser->peeked > 0)
		return &parser->tokens[parser->peeked - 1];
	parser->peeked = 1;
	rc_template_lex_next(&parser->lexer, &parser->tokens[0]);
	return &parser->tokens[0];
}

void rc_template_parse_backup(struct rc_template_parser *parser)
{
	parser->peeked++;
}

void rc_template_parse_backup2(struct rc_template_parser *parser, struct rc_template_token first)
{
	parser->tokens[1] = first;
	parser->peeked = 2;
}

const char *rc_template_parse_quoted(struct rc_template_parser *parser, struct rc_str text)
{
	rc_autobuf struct rc_buf buf = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_quote_string(&buf, text, false);
	return rc_arena_str(parser->arena, rc_buf_str(&buf)).p;
}

/* As Go's item.String(): no more than ten code points. */
static const char *describe(struct rc_template_parser *parser, struct rc_template_token token)
{
	struct rc_str rest = token.text;
	size_t n;

	if (token.kind == RC_TOKEN_EOF)
		return "EOF";
	if (token.kind == RC_TOKEN_ERROR)
		return rc_arena_str(parser->arena, token.text).p;
	if (token.kind >= RC_TOKEN_DOT)
		return rc_arena_printf(parser->arena, "<%.*s>", (int)token.text.n, token.text.p);
	if (token.text.n <= 10)
		return rc_template_parse_quoted(parser, token.text);
	for (int i = 0; i < 10 && rest.n > 0; i++, rest.p += n, rest.n -= n)
		rc_utf8_decode(rest, &n);
	rest = (struct rc_str){token.text.p, token.text.n - rest.n};
	return rc_arena_printf(parser->arena, "%s...", rc_template_parse_quoted(parser, rest));
}

void *rc_template_parse_unexpected(struct rc_template_parser *parser,
				   struct rc_template_token token, const char *context)
{
	const char *word = describe(parser, token);
	unsigned int action_line;

	if (token.kind != RC_TOKEN_ERROR)
		return rc_template_parse_fail(parser, "unexpected %s in %s", word, context);
	action_line = rc_template_lex_line(parser->tree->text, parser->action_at);
	if (parser->action_at == 0 ||
	    action_line == rc_template_lex_line(parser->tree->text, token.position))
		return rc_template_parse_fail(parser, "%s", word);
	return rc_template_parse_fail(parser, "%s%s started at %.*s:%u", word,
				      rc_text_has_suffix(word, " action") ? "" : " in action",
				      (int)parser->tree->name.n, parser->tree->name.p, action_line);
}

static bool expect(struct rc_template_parser *parser, enum rc_template_token_kind kind,
		   const char *context)
{
	struct rc_template_token token = rc_template_parse_next(parser);

	if (token.kind != kind)
		rc_template_parse_unexpected(parser, token, context);
	return token.kind == kind;
}

/* Bytes of a node of its kind: what the union has for others is left away. */
static size_t size_of(enum rc_template_node_kind kind)
{
#define UP_TO(member)                                \
	(offsetof(struct rc_template_node, member) + \
	 sizeof(((struct rc_template_node *)NULL)->member))
	switch (kind) {
	case RC_NODE_LIST:
	case RC_NODE_COMMAND:
		return UP_TO(items);
	case RC_NODE_ACTION:
		return UP_TO(pipe);
	case RC_NODE_IF:
	case RC_NODE_RANGE:
	case RC_NODE_WITH:
		return UP_TO(otherwise);
	case RC_NODE_TEMPLATE:
		return UP_TO(argument);
	case RC_NODE_PIPE:
		return UP_TO(is_assign);
	case RC_NODE_FIELD:
	case RC_NODE_VARIABLE:
		return UP_TO(n_names);
	case RC_NODE_CHAIN:
		return UP_TO(inner);
	case RC_NODE_IDENTIFIER:
		return UP_TO(jump);
	case RC_NODE_STRING:
		return UP_TO(string);
	case RC_NODE_BOOL:
		return UP_TO(truth);
	case RC_NODE_NUMBER:
		return UP_TO(imaginary);
	case RC_NODE_TEXT:
		return UP_TO(text);
	case RC_NODE_BREAK:
	case RC_NODE_CONTINUE:
	case RC_NODE_END:
	case RC_NODE_ELSE:
	case RC_NODE_DOT:
	case RC_NODE_NIL:
		return offsetof(struct rc_template_node, items);
	}
	return sizeof(struct rc_template_node);
#undef UP_TO
}

struct rc_template_node *rc_template_parse_node(struct rc_template_parser *parser,
						enum rc_template_node_kind kind, size_t position)
{
	struct rc_template_node *node = rc_arena_alloc(parser->arena, size_of(kind));

	node->kind = kind;
	node->position = (unsigned int)position;
	return node;
}

struct rc_template_node *rc_template_parse_node_of(struct rc_template_parser *parser,
						   enum rc_template_node_kind kind,
						   struct rc_template_token token)
{
	struct rc_template_node *node = rc_template_parse_node(parser, kind, token.position);

	node->text = token.text;
	return node;
}

void rc_template_parse_push(struct rc_template_parser *parser, struct rc_template_node *node)
{
	if (parser->n_stack == parser->room_stack) {
		parser->room_stack = parser->room_stack ? 2 * parser->room_stack : 64;
		parser->stack =
			rc_realloc(parser->stack, parser->room_stack * sizeof(*parser->stack));
	}
	parser->stack[parser->n_stack++] = node;
}

void rc_template_parse_pop(struct rc_template_parser *parser, size_t from,
			   struct rc_template_nodes *ret)
{
	ret->n = parser->n_stack - from;
	ret->at = ret->n == 0 ? NULL
			      : rc_arena_memdup(parser->arena, parser->stack + from,
						ret->n * sizeof(*ret->at));
	parser->n_stack = from;
}

void rc_template_parse_push_variable(struct rc_template_parser *parser, struct rc_str name)
{
	if (parser->n_variables == parser->room_variables) {
		size_t room = parser->room_variables ? parser->room_variables * 2 : 16;

		parser->variables = rc_arena_grow(parser->arena, parser->variables,
						  parser->n_variables * sizeof(*parser->variables),
						  room * sizeof(*parser->variables));
		parser->room_variables = room;
	}
	parser->variables[parser->n_variables++] = name;
}

static struct rc_template_node *parse_control(struct rc_template_parser *parser,
					      enum rc_template_node_kind kind, const char *context);

/* What follows {{else}}: a list up to {{end}}, or for "else if" the branch itself. */
static struct rc_template_node *parse_else(struct rc_template_parser *parser,
					   enum rc_template_node_kind kind, const char *context,
					   size_t position)
{
	enum rc_template_token_kind word = rc_template_parse_peek(parser)->kind;
	struct rc_template_node *end, *list;

	if ((kind == RC_NODE_IF && word == RC_TOKEN_IF) ||
	    (kind == RC_NODE_WITH && word == RC_TOKEN_WITH)) {
		struct rc_template_node *inner;

		rc_template_parse_next(parser);
		list = rc_template_parse_node(parser, RC_NODE_LIST, position);
		inner = parse_control(parser, kind, context);
		if (!inner)
			return NULL;
		rc_template_parse_push(parser, inner);
		rc_template_parse_pop(parser, parser->n_stack - 1, &list->items);
		return list;
	}
	list = parse_list(parser, &end);
	if (list && end->kind != RC_NODE_END)
		return rc_template_parse_fail(parser, "expected end; found {{else}}");
	return list;
}

static struct rc_template_node *parse_control(struct rc_template_parser *parser,
					      enum rc_template_node_kind kind, const char *context)
{
	size_t variables = parser->n_variables;
	struct rc_template_node *node, *end;
	struct rc_template_node *pipe = rc_template_parse_pipeline(parser, context, RC_TOKEN_RIGHT);

	if (!pipe)
		return NULL;
	node = rc_template_parse_node(parser, kind, pipe->position);
	node->pipe = pipe;
	parser->range_depth += kind == RC_NODE_RANGE;
	node->list = parse_list(parser, &end);
	parser->range_depth -= kind == RC_NODE_RANGE;
	if (!node->list)
		return NULL;
	if (end->kind == RC_NODE_ELSE) {
		node->otherwise = parse_else(parser, kind, context, end->position);
		if (!node->otherwise)
			return NULL;
	}
	parser->n_variables = variables;
	return node;
}

static bool parse_name(struct rc_template_parser *parser, const char *context,
		       struct rc_str *ret_name)
{
	struct rc_template_token token = rc_template_parse_next(parser);

	if (token.kind != RC_TOKEN_STRING && token.kind != RC_TOKEN_RAW_STRING)
		return rc_template_parse_unexpected(parser, token, context) != NULL;
	if (rc_template_literal_unquote(parser->arena, token.text, ret_name) < 0)
		return rc_template_parse_fail(parser, "invalid syntax") != NULL;
	return true;
}

static struct rc_template_node *parse_template(struct rc_template_parser *parser)
{
	struct rc_template_node *node = rc_template_parse_node(
		parser, RC_NODE_TEMPLATE, rc_template_parse_peek(parser)->position);

	if (!parse_name(parser, "template clause", &node->text))
		return NULL;
	if (rc_template_parse_next(parser).kind == RC_TOKEN_RIGHT)
		return node;
	rc_template_parse_backup(parser);
	node->argument = rc_template_parse_pipeline(parser, "template clause", RC_TOKEN_RIGHT);
	return node->argument ? node : NULL;
}

static bool add_tree(struct rc_template_parser *parser, struct rc_str name,
		     struct rc_template_node *root)
{
	if (parser->add(parser->userdata, name, parser->tree, root) == 0)
		return true;
	return rc_template_parse_fail(parser, "template: multiple definition of template %s",
				      rc_template_parse_quoted(parser, name)) != NULL;
}

/*
 * A body of its own: no variable but $, no loop around it, and Go reads it with a parser of its
 * own, so that the outer one does not see its lines pass.
 */
static bool parse_body(struct rc_template_parser *parser, struct rc_str name, const char *context)
{
	struct rc_template_parser outer = *parser;
	struct rc_template_node *end, *root;
	bool done;

	parser->variables = NULL;
	parser->n_variables = parser->room_variables = 0;
	parser->range_depth = 0;
	parser->action_at = 0;
	rc_template_parse_push_variable(parser, RC_STR("$"));
	root = parse_list(parser, &end);
	if (!root)
		return false;
	if (end->kind != RC_NODE_END) {
		if (context[0] == 'b')
			parser->tokens[0] = outer.tokens[0];
		return rc_template_parse_fail(parser, "unexpected {{else}} in %s", context) != NULL;
	}
	done = add_tree(parser, name, root);
	parser->variables = outer.variables;
	parser->n_variables = outer.n_variables;
	parser->room_variables = outer.room_variables;
	parser->range_depth = outer.range_depth;
	parser->action_at = outer.action_at;
	parser->tokens[0] = outer.tokens[0];
	return done;
}

static struct rc_template_node *parse_block(struct rc_template_parser *parser)
{
	struct rc_template_node *node = rc_template_parse_node(
		parser, RC_NODE_TEMPLATE, rc_template_parse_peek(parser)->position);

	if (!parse_name(parser, "block clause", &node->text))
		return NULL;
	node->argument = rc_template_parse_pipeline(parser, "block clause", RC_TOKEN_RIGHT);
	if (!node->argument || !parse_body(parser, node->text, "block clause"))
		return NULL;
	return node;
}

static struct rc_template_node *parse_jump(struct rc_template_parser *parser,
					   enum rc_template_node_kind kind, const char *word,
					   size_t position)
{
	struct rc_template_token token = rc_template_parse_next(parser);

	if (token.kind != RC_TOKEN_RIGHT)
		return rc_template_parse_unexpected(parser, token,
						    rc_arena_printf(parser->arena, "{{%s}}", word));
	if (parser->range_depth == 0)
		return rc_template_parse_fail(parser, "{{%s}} outside {{range}}", word);
	return rc_template_parse_node(parser, kind, position);
}

static struct rc_template_node *parse_else_word(struct rc_template_parser *parser, size_t position)
{
	enum rc_template_token_kind kind = rc_template_parse_peek(parser)->kind;

	if (kind != RC_TOKEN_IF && kind != RC_TOKEN_WITH && !expect(parser, RC_TOKEN_RIGHT, "else"))
		return NULL;
	return rc_template_parse_node(parser, RC_NODE_ELSE, position);
}

static struct rc_template_node *parse_action(struct rc_template_parser *parser)
{
	struct rc_template_token token = rc_template_parse_next(parser);
	struct rc_template_node *node;

	switch (token.kind) {
	case RC_TOKEN_BLOCK:
		return parse_block(parser);
	case RC_TOKEN_BREAK:
		return parse_jump(parser, RC_NODE_BREAK, "break", token.position);
	case RC_TOKEN_CONTINUE:
		return parse_jump(parser, RC_NODE_CONTINUE, "continue", token.position);
	case RC_TOKEN_ELSE:
		return parse_else_word(parser, token.position);
	case RC_TOKEN_END:
		if (!expect(parser, RC_TOKEN_RIGHT, "end"))
			return NULL;
		return rc_template_parse_node(parser, RC_NODE_END, token.position);
	case RC_TOKEN_IF:
		return parse_control(parser, RC_NODE_IF, "if");
	case RC_TOKEN_RANGE:
		return parse_control(parser, RC_NODE_RANGE, "range");
	case RC_TOKEN_TEMPLATE:
		return parse_template(parser);
	case RC_TOKEN_WITH:
		return parse_control(parser, RC_NODE_WITH, "with");
	default:
		break;
	}
	rc_template_parse_backup(parser);
	node = rc_template_parse_node(parser, RC_NODE_ACTION,
				      rc_template_parse_peek(parser)->position);
	node->pipe = rc_template_parse_pipeline(parser, "command", RC_TOKEN_RIGHT);
	return node->pipe ? node : NULL;
}

static struct rc_template_node *parse_text_or_action(struct rc_template_parser *parser)
{
	struct rc_template_token token = rc_template_parse_next(parser);
	struct rc_template_node *node;

	if (token.kind == RC_TOKEN_TEXT)
		return rc_template_parse_node_of(parser, RC_NODE_TEXT, token);
	if (token.kind != RC_TOKEN_LEFT)
		return rc_template_parse_unexpected(parser, token, "input");
	parser->action_at = token.position + 1;
	if (++parser->depth > RC_TEMPLATE_PARSE_DEPTH_MAX)
		return rc_template_parse_fail(parser, "nested deeper than %d",
					      RC_TEMPLATE_PARSE_DEPTH_MAX);
	node = parse_action(parser);
	parser->depth--;
	parser->action_at = 0;
	return node;
}

/* Up to {{end}} or {{else}}, which is given in *ret_end. */
static struct rc_template_node *parse_list(struct rc_template_parser *parser,
					   struct rc_template_node **ret_end)
{
	struct rc_template_node *list = rc_template_parse_node(
		parser, RC_NODE_LIST, rc_template_parse_peek(parser)->position);
	size_t from = parser->n_stack;

	while (rc_template_parse_peek(parser)->kind != RC_TOKEN_EOF) {
		struct rc_template_node *node = parse_text_or_action(parser);

		if (!node)
			return NULL;
		if (node->kind == RC_NODE_END || node->kind == RC_NODE_ELSE) {
			*ret_end = node;
			rc_template_parse_pop(parser, from, &list->items);
			return list;
		}
		rc_template_parse_push(parser, node);
	}
	return rc_template_parse_fail(parser, "unexpected EOF");
}

static bool parse_definition(struct rc_template_parser *parser)
{
	struct rc_str name;

	return parse_name(parser, "define clause", &name) &&
	       expect(parser, RC_TOKEN_RIGHT, "define clause") &&
	       parse_body(parser, name, "define clause");
}

static bool parse_top(struct rc_template_parser *parser, struct rc_template_node *root)
{
	while (rc_template_parse_peek(parser)->kind != RC_TOKEN_EOF) {
		struct rc_template_node *node;

		if (rc_template_parse_peek(parser)->kind == RC_TOKEN_LEFT) {
			struct rc_template_token left = rc_template_parse_next(parser);

			if (rc_template_parse_next(parser).kind == RC_TOKEN_DEFINE) {
				if (!parse_definition(parser))
					return false;
				continue;
			}
			rc_template_parse_backup2(parser, left);
		}
		node = parse_text_or_action(parser);
		if (!node)
			return false;
		if (node->kind == RC_NODE_END || node->kind == RC_NODE_ELSE)
			return rc_template_parse_fail(parser, "unexpected {{%s}}",
						      node->kind == RC_NODE_END ? "end" : "else") !=
			       NULL;
		rc_template_parse_push(parser, node);
	}
	rc_template_parse_pop(parser, 0, &root->items);
	return true;
}

int rc_template_parse(struct rc_arena *arena, const struct rc_template_funcs *funcs,
		      struct rc_str name, struct rc_str text, rc_template_parse_fn *add,
		      void *userdata, struct rc_error **err)
{
	struct rc_template_tree *tree = rc_arena_new0(arena, struct rc_template_tree);
	struct rc_template_parser parser = {.arena = arena,
					    .funcs = funcs,
					    .tree = tree,
					    .add = add,
					    .userdata = userdata,
					    .err = err};
	struct rc_template_node *root;
	bool ok;

	tree->name = rc_arena_str(arena, name);
	tree->text = text;
	rc_template_lex_init(&parser.lexer, arena, text);
	rc_template_parse_push_variable(&parser, RC_STR("$"));
	root = rc_template_parse_node(&parser, RC_NODE_LIST, 0);
	ok = parse_top(&parser, root) && add_tree(&parser, tree->name, root);
	free(parser.stack);
	return ok ? 0 : -EINVAL;
}
