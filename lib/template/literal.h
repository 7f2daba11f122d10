/* Go's literals: quoted text, characters, numbers. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "template/node.h"

/* strconv.Unquote of "..." or `...`; 0 or -EINVAL. */
int rc_template_literal_unquote(struct rc_arena *arena, struct rc_str text, struct rc_str *ret);
/* Set node's numbers from node->text; -EINVAL with Go's text. */
int rc_template_literal_number(struct rc_template_node *node, bool is_char, struct rc_error **err);
/* A number whose text, where nothing else decides, makes a float64 of it. */
bool rc_template_literal_is_float(const struct rc_template_node *node);
