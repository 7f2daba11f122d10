/* What the executor sees of a template. */
#pragma once

#include "template/node.h"
#include "template/template.h"

/* Made by the parser, and then the same for every set that it is in. */
struct rc_template {
	struct rc_str name;
	uint32_t hash;			     /* of name */
	bool is_empty;			     /* nothing but white space */
	const struct rc_template_tree *tree; /* that root is of */
	struct rc_template_node *root;
};
