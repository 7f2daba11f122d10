/* The executor's state, shared between walking nodes and calling functions. */
#pragma once

#include "template/node.h"
#include "template/set-private.h"

struct rc_template_variable {
	struct rc_str name;
	struct rc_value value;
};

/* One template being executed. */
struct rc_template_state {
	struct rc_template_exec *exec;
	const struct rc_template *tmpl;
	const struct rc_template_node *node; /* where errors are */
	struct rc_buf *out;
	struct rc_template_variable *variables;
	size_t n_variables, room_variables;
	struct rc_error **err;
};

/* "template: F:L:C: executing NAME at <NODE>: ..."; returns -EINVAL. */
int rc_template_exec_fail(struct rc_template_state *state, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Value of a pipeline; NULL gives no value. */
int rc_template_exec_pipeline(struct rc_template_state *state, struct rc_value dot,
			      const struct rc_template_node *pipe, struct rc_value *ret);
/* One command; final is the value piped into it, or NULL. */
int rc_template_exec_command(struct rc_template_state *state, struct rc_value dot,
			     const struct rc_template_node *command, const struct rc_value *final,
			     struct rc_value *ret);
