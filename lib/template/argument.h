/*
 * What a function's parameter takes, by the letters of func.h; '\0' stands for no parameter, where
 * anything goes.
 */
#pragma once

#include "template/exec-private.h"

/* "map[string]interface {}", as Go's messages have it. */
const char *rc_template_argument_type_name(char type);
bool rc_template_argument_can_be_nil(char type);
/* What such a parameter is given for nil. */
struct rc_value rc_template_argument_nil(struct rc_arena *arena, char type);
/* As state.validateType(): value is there already, does it go into the parameter? */
int rc_template_argument_check(struct rc_template_state *state, char type, struct rc_value *value);
/* A literal, which adapts to its parameter. */
int rc_template_argument_literal(struct rc_template_state *state, char type,
				 const struct rc_template_node *node, struct rc_value *ret);
/* The node as Go prints it; in the run's arena. */
const char *rc_template_argument_text(struct rc_template_state *state,
				      const struct rc_template_node *node);
