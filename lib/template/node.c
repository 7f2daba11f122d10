/* Canonical text. */
#include "template/node.h"

#include <ctype.h>

#include "data/quote.h"
#include "template/func.h"

static void print_joined(struct rc_buf *buf, const struct rc_template_nodes *nodes,
			 const char *separator)
{
	for (size_t i = 0; i < nodes->n; i++) {
		if (i > 0)
			rc_buf_puts(buf, separator);
		/* A pipeline among arguments stood in parentheses. */
		if (nodes->at[i]->kind == RC_NODE_PIPE) {
			rc_buf_putc(buf, '(');
			rc_template_node_print(buf, nodes->at[i]);
			rc_buf_putc(buf, ')');
		} else {
			rc_template_node_print(buf, nodes->at[i]);
		}
	}
}

static void print_pipe(struct rc_buf *buf, const struct rc_template_node *pipe)
{
	if (pipe->declared.n > 0) {
		print_joined(buf, &pipe->declared, ", ");
		rc_buf_puts(buf, pipe->is_assign ? " = " : " := ");
	}
	print_joined(buf, &pipe->commands, " | ");
}

static void print_branch(struct rc_buf *buf, const struct rc_template_node *node, const char *word)
{
	rc_buf_printf(buf, "{{%s ", word);
	rc_template_node_print(buf, node->pipe);
	rc_buf_puts(buf, "}}");
	rc_template_node_print(buf, node->list);
	if (node->otherwise) {
		rc_buf_puts(buf, "{{else}}");
		rc_template_node_print(buf, node->otherwise);
	}
	rc_buf_puts(buf, "{{end}}");
}

static void print_names(struct rc_buf *buf, const struct rc_template_node *node)
{
	if (node->kind == RC_NODE_CHAIN) {
		bool pipe = node->inner->kind == RC_NODE_PIPE;

		rc_buf_puts(buf, pipe ? "(" : "");
		rc_template_node_print(buf, node->inner);
		rc_buf_puts(buf, pipe ? ")" : "");
	}
	for (size_t i = 0; i < node->n_names; i++) {
		if (i > 0 || node->kind != RC_NODE_VARIABLE)
			rc_buf_putc(buf, '.');
		rc_buf_add_str(buf, node->names[i]);
	}
}

static void print_template(struct rc_buf *buf, const struct rc_template_node *node)
{
	rc_buf_puts(buf, "{{template ");
	rc_quote_string(buf, node->text, false);
	if (node->argument) {
		rc_buf_putc(buf, ' ');
		rc_template_node_print(buf, node->argument);
	}
	rc_buf_puts(buf, "}}");
}

static const char *word_of(enum rc_template_node_kind kind)
{
	if (kind == RC_NODE_BREAK)
		return "{{break}}";
	if (kind == RC_NODE_CONTINUE)
		return "{{continue}}";
	return kind == RC_NODE_END ? "{{end}}" : "{{else}}";
}

void rc_template_node_print(struct rc_buf *buf, const struct rc_template_node *node)
{
	switch (node->kind) {
	case RC_NODE_LIST:
		for (size_t i = 0; i < node->items.n; i++)
			rc_template_node_print(buf, node->items.at[i]);
		return;
	case RC_NODE_ACTION:
		rc_buf_puts(buf, "{{");
		rc_template_node_print(buf, node->pipe);
		rc_buf_puts(buf, "}}");
		return;
	case RC_NODE_IF:
		print_branch(buf, node, "if");
		return;
	case RC_NODE_RANGE:
		print_branch(buf, node, "range");
		return;
	case RC_NODE_WITH:
		print_branch(buf, node, "with");
		return;
	case RC_NODE_TEMPLATE:
		print_template(buf, node);
		return;
	case RC_NODE_BREAK:
	case RC_NODE_CONTINUE:
	case RC_NODE_END:
	case RC_NODE_ELSE:
		rc_buf_puts(buf, word_of(node->kind));
		return;
	case RC_NODE_PIPE:
		print_pipe(buf, node);
		return;
	case RC_NODE_COMMAND:
		print_joined(buf, &node->items, " ");
		return;
	case RC_NODE_FIELD:
	case RC_NODE_VARIABLE:
	case RC_NODE_CHAIN:
		print_names(buf, node);
		return;
	case RC_NODE_DOT:
		rc_buf_putc(buf, '.');
		return;
	case RC_NODE_NIL:
		rc_buf_puts(buf, "nil");
		return;
	case RC_NODE_BOOL:
		rc_buf_puts(buf, node->truth ? "true" : "false");
		return;
	case RC_NODE_IDENTIFIER:
		rc_buf_puts(buf, node->func->name);
		return;
	case RC_NODE_TEXT:
	case RC_NODE_NUMBER:
	case RC_NODE_STRING:
		rc_buf_add_str(buf, node->text);
		return;
	}
}

bool rc_template_node_is_empty(const struct rc_template_node *node)
{
	if (!node)
		return true;
	if (node->kind == RC_NODE_TEXT) {
		for (size_t i = 0; i < node->text.n; i++)
			if (!isspace((unsigned char)node->text.p[i]))
				return false;
		return true;
	}
	if (node->kind != RC_NODE_LIST)
		return false;
	for (size_t i = 0; i < node->items.n; i++)
		if (!rc_template_node_is_empty(node->items.at[i]))
			return false;
	return true;
}

void rc_template_node_place(const struct rc_template_node *node,
			    const struct rc_template_tree *tree, size_t *ret_line,
			    size_t *ret_column)
{
	struct rc_str text = tree->text;
	size_t line = 1, start = 0;

	for (size_t i = 0; i < node->position && i < text.n; i++)
		if (text.p[i] == '\n') {
			line++;
			start = i + 1;
		}
	*ret_line = line;
	*ret_column = node->position - start;
}
