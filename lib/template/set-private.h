/* What the executor sees of a template. */
#pragma once

#include <uthash.h>

#include "template/node.h"
#include "template/template.h"

struct rc_template {
	UT_hash_handle hh;
	struct rc_str name;
	const struct rc_template_tree *tree; /* that root is of */
	struct rc_template_node *root;
};
