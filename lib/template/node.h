/* The tree that a template is parsed into, and its canonical text as Go's errors quote it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct rc_template_func;

enum rc_template_node_kind {
	RC_NODE_LIST,
	RC_NODE_TEXT,
	RC_NODE_ACTION,
	RC_NODE_IF,
	RC_NODE_RANGE,
	RC_NODE_WITH,
	RC_NODE_TEMPLATE,
	RC_NODE_BREAK,
	RC_NODE_CONTINUE,
	RC_NODE_END,  /* of the parser only */
	RC_NODE_ELSE, /* of the parser only */
	RC_NODE_PIPE,
	RC_NODE_COMMAND,
	RC_NODE_FIELD,
	RC_NODE_VARIABLE,
	RC_NODE_CHAIN,
	RC_NODE_IDENTIFIER,
	RC_NODE_DOT,
	RC_NODE_NIL,
	RC_NODE_BOOL,
	RC_NODE_NUMBER,
	RC_NODE_STRING,
};

/* What all definitions of one parsed text share. */
struct rc_template_tree {
	struct rc_str name; /* of the file: what error places begin with */
	struct rc_str text;
};

struct rc_template_nodes {
	struct rc_template_node **at;
	size_t n;
};

/*
 * Charts are mostly templates, and templates mostly nodes: of the union a node has only the members
 * of its kind, for the parser allocates no more than that.
 */
struct rc_template_node {
	enum rc_template_node_kind kind;
	unsigned int position; /* bytes into the tree's text */
	union {
		struct rc_template_nodes items; /* LIST; COMMAND its arguments */
		struct {			/* ACTION has the pipe only; IF, RANGE, WITH */
			struct rc_template_node *pipe, *list, *otherwise;
		};
		struct { /* PIPE */
			struct rc_template_nodes commands, declared;
			bool is_assign;
		};
		struct { /* FIELD, VARIABLE; CHAIN, which alone has an inner one */
			struct rc_str *names;
			size_t n_names;
			struct rc_template_node *inner;
		};
		struct { /* IDENTIFIER */
			const struct rc_template_func *func;
			unsigned char n_fixed; /* parameters before a variadic one */
			bool is_variadic;
			char jump; /* 'a' and, 'o' or, 'c' call: the executor does them itself */
		};
		bool truth; /* BOOL */
		struct {
			struct rc_str text; /* TEXT; NUMBER, STRING as written; TEMPLATE its name */
			union {
				struct rc_str string;		   /* STRING, unquoted */
				struct rc_template_node *argument; /* TEMPLATE; may be NULL */
				struct { /* NUMBER: which of Go's kinds it can be */
					bool is_int, is_uint, is_float, is_complex;
					int64_t integer;
					uint64_t natural;
					double real;
					double imaginary;
				};
			};
		};
	};
};

/* Append what Node.String() gives. */
void rc_template_node_print(struct rc_buf *buf, const struct rc_template_node *node);
/* Nothing but white space: never replaces a definition. */
bool rc_template_node_is_empty(const struct rc_template_node *node);
/* Line (from 1) and byte column (from 0) of a node of tree. */
void rc_template_node_place(const struct rc_template_node *node,
			    const struct rc_template_tree *tree, size_t *ret_line,
			    size_t *ret_column);
