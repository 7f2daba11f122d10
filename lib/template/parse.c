/* Recursive descent over the tokens, as Go's parser goes, with its error texts. */
#include "template/parse.h"

#include <errno.h>

#include "base/buf.h"
#include "data/quote.h"
#include "data/utf8.h"
#include "template/lex.h"
#include "template/literal.h"

#define LOOKAHEAD 3

struct parser {
	struct rc_arena *arena;
	const struct rc_template_funcs *funcs;
	const struct rc_template_tree *tree;
	struct rc_template_lexer lexer;
	struct rc_template_token tokens[LOOKAHEAD];
	int peeked;
	struct rc_str *variables;
	size_t n_variables, room_variables;
	unsigned int action_line, range_depth, depth;
	rc_template_parse_fn *add;
	void *userdata;
	struct rc_error **err;
};

#define DEPTH_MAX 2000

static struct rc_template_node *parse_list(struct parser *parser,
					   struct rc_template_node **ret_end);
static struct rc_template_node *parse_pipeline(struct parser *parser, const char *context,
					       enum rc_template_token_kind end);
static struct rc_template_node *parse_text_or_action(struct parser *parser);

static void *fail(struct parser *parser, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Every parse function gives NULL after this. */
static void *fail(struct parser *parser, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = rc_arena_vprintf(parser->arena, format, args);
	va_end(args);
	rc_fail(parser->err, -EINVAL, "template: %.*s:%u: %s", (int)parser->tree->name.n,
		parser->tree->name.p, parser->tokens[0].line, text);
	return NULL;
}

static struct rc_template_token next(struct parser *parser)
{
	if (parser->peeked > 0)
		parser->peeked--;
	else
		parser->tokens[0] = rc_template_lex_next(&parser->lexer);
	return parser->tokens[parser->peeked];
}

static void backup(struct parser *parser)
{
	parser->peeked++;
}

/* tokens[0] was read last; put back the one before it, and the one before that. */
static void backup2(struct parser *parser, struct rc_template_token first)
{
	parser->tokens[1] = first;
	parser->peeked = 2;
}

static void backup3(struct parser *parser, struct rc_template_token first,
		    struct rc_template_token second)
{
	parser->tokens[1] = second;
	parser->tokens[2] = first;
	parser->peeked = 3;
}

static struct rc_template_token peek(struct parser *parser)
{
	if (parser->peeked > 0)
		return parser->tokens[parser->peeked - 1];
	parser->peeked = 1;
	parser->tokens[0] = rc_template_lex_next(&parser->lexer);
	return parser->tokens[0];
}

static struct rc_template_token next_solid(struct parser *parser)
{
	struct rc_template_token token;

	do
		token = next(parser);
	while (token.kind == RC_TOKEN_SPACE);
	return token;
}

static struct rc_template_token peek_solid(struct parser *parser)
{
	struct rc_template_token token = next_solid(parser);

	backup(parser);
	return token;
}

static const char *quoted(struct parser *parser, struct rc_str text)
{
	rc_autobuf struct rc_buf buf = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_quote_string(&buf, text, false);
	return rc_arena_str(parser->arena, rc_buf_str(&buf)).p;
}

/* As Go's item.String(): no more than ten code points. */
static const char *describe(struct parser *parser, struct rc_template_token token)
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
		return quoted(parser, token.text);
	for (int i = 0; i < 10 && rest.n > 0; i++, rest.p += n, rest.n -= n)
		rc_utf8_decode(rest, &n);
	return rc_arena_printf(
		parser->arena, "%s...",
		quoted(parser, (struct rc_str){token.text.p, token.text.n - rest.n}));
}

static void *unexpected(struct parser *parser, struct rc_template_token token, const char *context)
{
	const char *word = describe(parser, token);

	if (token.kind != RC_TOKEN_ERROR)
		return fail(parser, "unexpected %s in %s", word, context);
	if (parser->action_line == 0 || parser->action_line == token.line)
		return fail(parser, "%s", word);
	return fail(parser, "%s%s started at %.*s:%u", word,
		    rc_text_has_suffix(word, " action") ? "" : " in action",
		    (int)parser->tree->name.n, parser->tree->name.p, parser->action_line);
}

static bool expect(struct parser *parser, enum rc_template_token_kind kind, const char *context)
{
	struct rc_template_token token = next_solid(parser);

	if (token.kind != kind)
		unexpected(parser, token, context);
	return token.kind == kind;
}

static struct rc_template_node *node_new(struct parser *parser, enum rc_template_node_kind kind,
					 size_t position)
{
	struct rc_template_node *node = rc_arena_new0(parser->arena, struct rc_template_node);

	node->kind = kind;
	node->position = position;
	node->tree = parser->tree;
	return node;
}

static struct rc_template_node *node_of(struct parser *parser, enum rc_template_node_kind kind,
					struct rc_template_token token)
{
	struct rc_template_node *node = node_new(parser, kind, token.position);

	node->text = token.text;
	return node;
}

static void append(struct parser *parser, struct rc_template_nodes *nodes,
		   struct rc_template_node *node)
{
	if (nodes->n == nodes->room) {
		size_t room = nodes->room ? nodes->room * 2 : 4;

		nodes->at = rc_arena_grow(parser->arena, nodes->at, nodes->n * sizeof(*nodes->at),
					  room * sizeof(*nodes->at));
		nodes->room = room;
	}
	nodes->at[nodes->n++] = node;
}

static void push_variable(struct parser *parser, struct rc_str name)
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

/* ".a.b" or "$x.a" into its names. */
static void split_names(struct parser *parser, struct rc_template_node *node, struct rc_str text)
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

static void add_name(struct parser *parser, struct rc_template_node *node, struct rc_str field)
{
	node->names =
		rc_arena_grow(parser->arena, node->names, node->n_names * sizeof(*node->names),
			      (node->n_names + 1) * sizeof(*node->names));
	node->names[node->n_names++] = (struct rc_str){field.p + 1, field.n - 1};
}

static struct rc_template_node *parse_variable(struct parser *parser,
					       struct rc_template_token token)
{
	struct rc_template_node *node = node_of(parser, RC_NODE_VARIABLE, token);

	split_names(parser, node, token.text);
	for (size_t i = 0; i < parser->n_variables; i++)
		if (rc_str_equal(parser->variables[i], node->names[0]))
			return node;
	return fail(parser, "undefined variable \"%.*s\"", (int)node->names[0].n, node->names[0].p);
}

static struct rc_template_node *parse_number(struct parser *parser, struct rc_template_token token)
{
	struct rc_template_node *node = node_of(parser, RC_NODE_NUMBER, token);
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;

	if (rc_template_literal_number(node, token.kind == RC_TOKEN_CHAR_CONSTANT, &err) < 0)
		return fail(parser, "%s", err->message);
	return node;
}

static struct rc_template_node *parse_string(struct parser *parser, struct rc_template_token token)
{
	struct rc_template_node *node = node_of(parser, RC_NODE_STRING, token);

	if (rc_template_literal_unquote(parser->arena, token.text, &node->string) < 0)
		return fail(parser, "invalid syntax");
	return node;
}

static struct rc_template_node *parse_identifier(struct parser *parser,
						 struct rc_template_token token)
{
	struct rc_template_node *node = node_of(parser, RC_NODE_IDENTIFIER, token);

	node->func = rc_template_funcs_find(parser->funcs, token.text);
	if (!node->func)
		return fail(parser, "function \"%.*s\" not defined", (int)token.text.n,
			    token.text.p);
	return node;
}

static struct rc_template_node *parse_field(struct parser *parser, struct rc_template_token token)
{
	struct rc_template_node *node = node_of(parser, RC_NODE_FIELD, token);

	split_names(parser, node, token.text);
	return node;
}

/* *ret_none: there is no term, and nothing is wrong. */
static struct rc_template_node *parse_term(struct parser *parser, bool *ret_none)
{
	struct rc_template_token token = next_solid(parser);
	struct rc_template_node *node;

	*ret_none = false;
	switch (token.kind) {
	case RC_TOKEN_IDENTIFIER:
		return parse_identifier(parser, token);
	case RC_TOKEN_DOT:
		return node_of(parser, RC_NODE_DOT, token);
	case RC_TOKEN_NIL:
		return node_of(parser, RC_NODE_NIL, token);
	case RC_TOKEN_VARIABLE:
		return parse_variable(parser, token);
	case RC_TOKEN_FIELD:
		return parse_field(parser, token);
	case RC_TOKEN_BOOL:
		node = node_of(parser, RC_NODE_BOOL, token);
		node->truth = rc_str_is(token.text, "true");
		return node;
	case RC_TOKEN_CHAR_CONSTANT:
	case RC_TOKEN_NUMBER:
		return parse_number(parser, token);
	case RC_TOKEN_LEFT_PAREN:
		return parse_pipeline(parser, "parenthesized pipeline", RC_TOKEN_RIGHT_PAREN);
	case RC_TOKEN_STRING:
	case RC_TOKEN_RAW_STRING:
		return parse_string(parser, token);
	default:
		backup(parser);
		*ret_none = true;
		return NULL;
	}
}

static void *fail_term(struct parser *parser, const struct rc_template_node *node)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_template_node_print(&text, node);
	return fail(parser, "unexpected . after term %s", quoted(parser, rc_buf_str(&text)));
}

static struct rc_template_node *parse_operand(struct parser *parser, bool *ret_none)
{
	struct rc_template_node *node = parse_term(parser, ret_none), *chain;
	size_t position;

	if (!node || peek(parser).kind != RC_TOKEN_FIELD)
		return node;
	position = peek(parser).position;
	if (node->kind == RC_NODE_BOOL || node->kind == RC_NODE_STRING ||
	    node->kind == RC_NODE_NUMBER || node->kind == RC_NODE_NIL ||
	    node->kind == RC_NODE_DOT) {
		while (peek(parser).kind == RC_TOKEN_FIELD)
			next(parser);
		return fail_term(parser, node);
	}
	chain = node;
	if (node->kind != RC_NODE_FIELD && node->kind != RC_NODE_VARIABLE) {
		chain = node_new(parser, RC_NODE_CHAIN, position);
		chain->inner = node;
	}
	/* More fields on a field: Go makes one node of them, at the place of the second. */
	chain->position = position;
	while (peek(parser).kind == RC_TOKEN_FIELD)
		add_name(parser, chain, next(parser).text);
	return chain;
}

static struct rc_template_node *parse_command(struct parser *parser)
{
	struct rc_template_node *command =
		node_new(parser, RC_NODE_COMMAND, peek_solid(parser).position);

	for (;;) {
		struct rc_template_token token;
		struct rc_template_node *operand;
		bool none;

		peek_solid(parser);
		operand = parse_operand(parser, &none);
		if (!operand && !none)
			return NULL;
		if (operand)
			append(parser, &command->items, operand);
		token = next(parser);
		if (token.kind == RC_TOKEN_SPACE)
			continue;
		if (token.kind == RC_TOKEN_RIGHT || token.kind == RC_TOKEN_RIGHT_PAREN)
			backup(parser);
		else if (token.kind != RC_TOKEN_PIPE)
			return unexpected(parser, token, "operand");
		break;
	}
	if (command->items.n == 0)
		return fail(parser, "empty command");
	return command;
}

static void declare(struct parser *parser, struct rc_template_node *pipe,
		    struct rc_template_token variable)
{
	struct rc_template_node *node = node_of(parser, RC_NODE_VARIABLE, variable);

	split_names(parser, node, variable.text);
	append(parser, &pipe->declared, node);
	push_variable(parser, variable.text);
}

/* "$x :=", "$x =", "$i, $x :="; leaves all as it was when the pipeline begins with neither. */
static bool parse_declarations(struct parser *parser, struct rc_template_node *pipe,
			       const char *context)
{
	while (peek_solid(parser).kind == RC_TOKEN_VARIABLE) {
		struct rc_template_token variable = next_solid(parser);
		struct rc_template_token after = peek(parser), solid = peek_solid(parser);
		enum rc_template_token_kind kind;

		if (solid.kind == RC_TOKEN_ASSIGN || solid.kind == RC_TOKEN_DECLARE) {
			pipe->is_assign = solid.kind == RC_TOKEN_ASSIGN;
			next_solid(parser);
			declare(parser, pipe, variable);
			return true;
		}
		if (solid.kind != RC_TOKEN_CHAR || !rc_str_is(solid.text, ",")) {
			if (after.kind == RC_TOKEN_SPACE)
				backup3(parser, variable, after);
			else
				backup2(parser, variable);
			return true;
		}
		next_solid(parser);
		declare(parser, pipe, variable);
		if (strcmp(context, "range") != 0 || pipe->declared.n > 1)
			return fail(parser, "too many declarations in %s", context) != NULL;
		kind = peek_solid(parser).kind;
		if (kind != RC_TOKEN_VARIABLE && kind != RC_TOKEN_RIGHT &&
		    kind != RC_TOKEN_RIGHT_PAREN)
			return fail(parser, "range can only initialize variables") != NULL;
	}
	return true;
}

static struct rc_template_node *check_pipeline(struct parser *parser, struct rc_template_node *pipe,
					       const char *context)
{
	if (pipe->commands.n == 0)
		return fail(parser, "missing value for %s", context);
	for (size_t i = 1; i < pipe->commands.n; i++) {
		enum rc_template_node_kind kind = pipe->commands.at[i]->items.at[0]->kind;

		if (kind == RC_NODE_BOOL || kind == RC_NODE_DOT || kind == RC_NODE_NIL ||
		    kind == RC_NODE_NUMBER || kind == RC_NODE_STRING)
			return fail(parser, "non executable command in pipeline stage %zu", i + 1);
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

static struct rc_template_node *parse_pipeline(struct parser *parser, const char *context,
					       enum rc_template_token_kind end)
{
	struct rc_template_node *pipe = node_new(parser, RC_NODE_PIPE, peek_solid(parser).position);

	if (++parser->depth > DEPTH_MAX)
		return fail(parser, "nested deeper than %d", DEPTH_MAX);
	if (!parse_declarations(parser, pipe, context))
		return NULL;
	for (;;) {
		struct rc_template_token token = next_solid(parser);
		struct rc_template_node *command;

		if (token.kind == end) {
			parser->depth--;
			return check_pipeline(parser, pipe, context);
		}
		if (!begins_command(token.kind))
			return unexpected(parser, token, context);
		backup(parser);
		command = parse_command(parser);
		if (!command)
			return NULL;
		append(parser, &pipe->commands, command);
	}
}

static struct rc_template_node *parse_control(struct parser *parser,
					      enum rc_template_node_kind kind, const char *context);

/* What follows {{else}}: a list up to {{end}}, or for "else if" the branch itself. */
static struct rc_template_node *parse_else(struct parser *parser, enum rc_template_node_kind kind,
					   const char *context, size_t position)
{
	enum rc_template_token_kind again = kind == RC_NODE_IF	   ? RC_TOKEN_IF
					    : kind == RC_NODE_WITH ? RC_TOKEN_WITH
								   : RC_TOKEN_ERROR;
	struct rc_template_node *end, *list;

	if (peek(parser).kind == again) {
		struct rc_template_node *inner;

		next(parser);
		list = node_new(parser, RC_NODE_LIST, position);
		inner = parse_control(parser, kind, context);
		if (!inner)
			return NULL;
		append(parser, &list->items, inner);
		return list;
	}
	list = parse_list(parser, &end);
	if (list && end->kind != RC_NODE_END)
		return fail(parser, "expected end; found {{else}}");
	return list;
}

static struct rc_template_node *parse_control(struct parser *parser,
					      enum rc_template_node_kind kind, const char *context)
{
	size_t variables = parser->n_variables;
	struct rc_template_node *node, *end;
	struct rc_template_node *pipe = parse_pipeline(parser, context, RC_TOKEN_RIGHT);

	if (!pipe)
		return NULL;
	node = node_new(parser, kind, pipe->position);
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

static bool parse_name(struct parser *parser, const char *context, struct rc_str *ret_name)
{
	struct rc_template_token token = next_solid(parser);

	if (token.kind != RC_TOKEN_STRING && token.kind != RC_TOKEN_RAW_STRING)
		return unexpected(parser, token, context) != NULL;
	if (rc_template_literal_unquote(parser->arena, token.text, ret_name) < 0)
		return fail(parser, "invalid syntax") != NULL;
	return true;
}

static struct rc_template_node *parse_template(struct parser *parser)
{
	struct rc_template_node *node =
		node_new(parser, RC_NODE_TEMPLATE, peek_solid(parser).position);

	if (!parse_name(parser, "template clause", &node->text))
		return NULL;
	if (next_solid(parser).kind == RC_TOKEN_RIGHT)
		return node;
	backup(parser);
	node->pipe = parse_pipeline(parser, "template clause", RC_TOKEN_RIGHT);
	return node->pipe ? node : NULL;
}

static bool add_tree(struct parser *parser, struct rc_str name, struct rc_template_node *root)
{
	if (parser->add(parser->userdata, name, root) == 0)
		return true;
	return fail(parser, "template: multiple definition of template %s", quoted(parser, name)) !=
	       NULL;
}

/*
 * A body of its own: no variable but $, no loop around it, and Go reads it with a parser of its
 * own, so that the outer one does not see its lines pass.
 */
static bool parse_body(struct parser *parser, struct rc_str name, const char *context)
{
	struct parser outer = *parser;
	struct rc_template_node *end, *root;
	bool done;

	parser->variables = NULL;
	parser->n_variables = parser->room_variables = 0;
	parser->range_depth = 0;
	parser->action_line = 0;
	push_variable(parser, RC_STR("$"));
	root = parse_list(parser, &end);
	if (!root)
		return false;
	if (end->kind != RC_NODE_END) {
		if (context[0] == 'b')
			parser->tokens[0] = outer.tokens[0];
		return fail(parser, "unexpected {{else}} in %s", context) != NULL;
	}
	done = add_tree(parser, name, root);
	parser->variables = outer.variables;
	parser->n_variables = outer.n_variables;
	parser->room_variables = outer.room_variables;
	parser->range_depth = outer.range_depth;
	parser->action_line = outer.action_line;
	parser->tokens[0] = outer.tokens[0];
	return done;
}

static struct rc_template_node *parse_block(struct parser *parser)
{
	struct rc_template_node *node =
		node_new(parser, RC_NODE_TEMPLATE, peek_solid(parser).position);

	if (!parse_name(parser, "block clause", &node->text))
		return NULL;
	node->pipe = parse_pipeline(parser, "block clause", RC_TOKEN_RIGHT);
	if (!node->pipe || !parse_body(parser, node->text, "block clause"))
		return NULL;
	return node;
}

static struct rc_template_node *parse_jump(struct parser *parser, enum rc_template_node_kind kind,
					   const char *word, size_t position)
{
	struct rc_template_token token = next_solid(parser);

	if (token.kind != RC_TOKEN_RIGHT)
		return unexpected(parser, token, rc_arena_printf(parser->arena, "{{%s}}", word));
	if (parser->range_depth == 0)
		return fail(parser, "{{%s}} outside {{range}}", word);
	return node_new(parser, kind, position);
}

static struct rc_template_node *parse_else_word(struct parser *parser, size_t position)
{
	enum rc_template_token_kind kind = peek_solid(parser).kind;

	if (kind != RC_TOKEN_IF && kind != RC_TOKEN_WITH && !expect(parser, RC_TOKEN_RIGHT, "else"))
		return NULL;
	return node_new(parser, RC_NODE_ELSE, position);
}

static struct rc_template_node *parse_action(struct parser *parser)
{
	struct rc_template_token token = next_solid(parser);
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
		return node_new(parser, RC_NODE_END, token.position);
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
	backup(parser);
	node = node_new(parser, RC_NODE_ACTION, peek(parser).position);
	node->pipe = parse_pipeline(parser, "command", RC_TOKEN_RIGHT);
	return node->pipe ? node : NULL;
}

static struct rc_template_node *parse_text_or_action(struct parser *parser)
{
	struct rc_template_token token = next_solid(parser);
	struct rc_template_node *node;

	if (token.kind == RC_TOKEN_TEXT)
		return node_of(parser, RC_NODE_TEXT, token);
	if (token.kind != RC_TOKEN_LEFT)
		return unexpected(parser, token, "input");
	parser->action_line = token.line;
	if (++parser->depth > DEPTH_MAX)
		return fail(parser, "nested deeper than %d", DEPTH_MAX);
	node = parse_action(parser);
	parser->depth--;
	parser->action_line = 0;
	return node;
}

/* Up to {{end}} or {{else}}, which is given in *ret_end. */
static struct rc_template_node *parse_list(struct parser *parser, struct rc_template_node **ret_end)
{
	struct rc_template_node *list = node_new(parser, RC_NODE_LIST, peek_solid(parser).position);

	while (peek_solid(parser).kind != RC_TOKEN_EOF) {
		struct rc_template_node *node = parse_text_or_action(parser);

		if (!node)
			return NULL;
		if (node->kind == RC_NODE_END || node->kind == RC_NODE_ELSE) {
			*ret_end = node;
			return list;
		}
		append(parser, &list->items, node);
	}
	return fail(parser, "unexpected EOF");
}

static bool parse_definition(struct parser *parser)
{
	struct rc_str name;

	return parse_name(parser, "define clause", &name) &&
	       expect(parser, RC_TOKEN_RIGHT, "define clause") &&
	       parse_body(parser, name, "define clause");
}

static bool parse_top(struct parser *parser, struct rc_template_node *root)
{
	while (peek(parser).kind != RC_TOKEN_EOF) {
		struct rc_template_node *node;

		if (peek(parser).kind == RC_TOKEN_LEFT) {
			struct rc_template_token left = next(parser);

			if (next_solid(parser).kind == RC_TOKEN_DEFINE) {
				if (!parse_definition(parser))
					return false;
				continue;
			}
			backup2(parser, left);
		}
		node = parse_text_or_action(parser);
		if (!node)
			return false;
		if (node->kind == RC_NODE_END || node->kind == RC_NODE_ELSE)
			return fail(parser, "unexpected {{%s}}",
				    node->kind == RC_NODE_END ? "end" : "else") != NULL;
		append(parser, &root->items, node);
	}
	return true;
}

int rc_template_parse(struct rc_arena *arena, const struct rc_template_funcs *funcs,
		      struct rc_str name, struct rc_str text, rc_template_parse_fn *add,
		      void *userdata, struct rc_error **err)
{
	struct rc_template_tree *tree = rc_arena_new0(arena, struct rc_template_tree);
	struct parser parser = {.arena = arena,
				.funcs = funcs,
				.tree = tree,
				.add = add,
				.userdata = userdata,
				.err = err};
	struct rc_template_node *root;

	tree->name = rc_arena_str(arena, name);
	tree->text = text;
	rc_template_lex_init(&parser.lexer, arena, text);
	push_variable(&parser, RC_STR("$"));
	root = node_new(&parser, RC_NODE_LIST, 0);
	return parse_top(&parser, root) && add_tree(&parser, tree->name, root) ? 0 : -EINVAL;
}
