/* The parser: a text becomes trees, one for itself and one for each definition in it. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "template/func.h"
#include "template/node.h"

/*
 * Called for every tree: the definitions in their order, the text itself last. 0, or -EEXIST: the
 * text has defined that name already.
 */
typedef int rc_template_parse_fn(void *userdata, struct rc_str name,
				 const struct rc_template_tree *tree,
				 struct rc_template_node *root);

int rc_template_parse(struct rc_arena *arena, const struct rc_template_funcs *funcs,
		      struct rc_str name, struct rc_str text, rc_template_parse_fn *add,
		      void *userdata, struct rc_error **err);
