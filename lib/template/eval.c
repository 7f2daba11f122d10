/* Commands: fields, variables, constants, function calls with Go's checks of their arguments. */
#include <errno.h>
#include <stdlib.h>

#include "template/argument.h"
#include "base/memory.h"

#define ARGS_STACK 16

static int eval_arg(struct rc_template_state *state, struct rc_value dot, char type,
		    const struct rc_template_node *node, struct rc_value *ret);

static int not_a_function(struct rc_template_state *state, const struct rc_template_nodes *args,
			  const struct rc_value *final)
{
	if (!args || (args->n < 2 && !final))
		return 0;
	return rc_template_exec_fail(state, "can't give argument to non-function %s",
				     rc_template_argument_text(state, args->at[0]));
}

/* Where a field is looked up; args and final only count for the last of a chain. */
struct access {
	const struct rc_template_node *node;
	const struct rc_template_nodes *args; /* the command's, the field among them first */
	const struct rc_value *final;
};

static int check_count(struct rc_template_state *state, const struct rc_template_node *node,
		       size_t n_args, bool final);
static int eval_args(struct rc_template_state *state, struct rc_value dot,
		     const struct rc_template_node *function, const struct rc_template_nodes *args,
		     const struct rc_value *final, struct rc_value *argv);

static const struct rc_value_method *find_method(const struct rc_value_type *type,
						 struct rc_str name)
{
	const struct rc_value_method *method = type ? type->methods : NULL;

	while (method && method->name && !rc_str_is(name, method->name))
		method++;
	return method && method->name ? method : NULL;
}

/* 1: called, 0: the type has no such method. */
static int call_method(struct rc_template_state *state, struct rc_value dot,
		       const struct rc_value_type *type, const void *self, struct rc_str name,
		       const struct access *access, struct rc_value *ret)
{
	size_t n = access->args ? access->args->n - 1 : 0;
	struct rc_value_call call = {.arena = state->exec->arena, .exec = state->exec};
	rc_uninitialized struct rc_value args[ARGS_STACK];
	const struct rc_value_method *method = find_method(type, name);
	struct rc_template_func func;
	struct rc_template_node function;
	struct rc_error *err = NULL;
	int r;

	if (!method)
		return 0;
	func = (struct rc_template_func){method->name, method->signature, NULL};
	function = (struct rc_template_node){.kind = RC_NODE_IDENTIFIER, .func = &func};
	function.n_fixed = (unsigned char)strlen(method->signature);
	r = check_count(state, &function, n, access->final != NULL);
	if (r == 0)
		r = eval_args(state, dot, &function, access->args, access->final, args);
	if (r == 0 && method->refusal)
		r = rc_template_exec_fail(state, "%s", method->refusal);
	if (r < 0)
		return r;
	call.args = args;
	call.n_args = n + (access->final != NULL);
	call.err = &err;
	r = type->call(self, name, &call, ret);
	if (r < 0) {
		state->node = access->node;
		rc_template_exec_fail(state, "error calling %.*s: %s", (int)name.n, name.p,
				      err ? err->message : "failed");
		rc_error_free(err);
	}
	return r;
}

static int fail_field(struct rc_template_state *state, struct rc_value from, struct rc_str name)
{
	return rc_template_exec_fail(state, "can't evaluate field %.*s in type %s", (int)name.n,
				     name.p,
				     from.boxed ? "interface {}" : rc_value_type_name(from));
}

static int field_of_object(struct rc_template_state *state, struct rc_value dot,
			   struct rc_value object, struct rc_str name, const struct access *access,
			   struct rc_value *ret)
{
	bool has_args = (access->args && access->args->n > 1) || access->final;
	int r = call_method(state, dot, object.type, object.object, name, access, ret);

	if (r != 0)
		return r < 0 ? r : 0;
	if (object.type->get && object.type->get(object.object, name, state->exec->arena, ret)) {
		if (has_args)
			return rc_template_exec_fail(state,
						     "%.*s has arguments but cannot be invoked as "
						     "function",
						     (int)name.n, name.p);
		return 0;
	}
	if (object.type->hidden &&
	    strstr(object.type->hidden,
		   rc_arena_printf(state->exec->arena, " %.*s ", (int)name.n, name.p)))
		return rc_template_exec_fail(state, "%.*s is an unexported field of struct type %s",
					     (int)name.n, name.p, object.type->name);
	return fail_field(state, object, name);
}

static int field_of_map(struct rc_template_state *state, struct rc_value dot, struct rc_value from,
			struct rc_str name, const struct access *access, struct rc_value *ret)
{
	const struct rc_value *found;
	int r = call_method(state, dot, from.named ? from.map->methods : NULL, from.map, name,
			    access, ret);

	if (r != 0)
		return r < 0 ? r : 0;
	if ((access->args && access->args->n > 1) || access->final)
		return rc_template_exec_fail(state, "%.*s is not a method but has arguments",
					     (int)name.n, name.p);
	found = rc_value_map_get(from.map, name);
	if (!found && state->exec->missing_key_fails)
		return rc_template_exec_fail(state, "map has no entry for key \"%.*s\"",
					     (int)name.n, name.p);
	if (found)
		*ret = *found;
	else if (from.map->flavour == RC_VALUE_FILES)
		*ret = (struct rc_value){.kind = RC_VALUE_BYTES};
	else
		*ret = from.map->flavour == RC_VALUE_STRINGS ? rc_value_str(RC_STR(""))
							     : rc_value_nil();
	ret->boxed = from.map->flavour == RC_VALUE_ANY;
	return 0;
}

static int eval_field(struct rc_template_state *state, struct rc_value dot, struct rc_value from,
		      struct rc_str name, const struct access *access, struct rc_value *ret)
{
	int r;

	switch (from.kind) {
	case RC_VALUE_INVALID:
		if (state->exec->missing_key_fails)
			return rc_template_exec_fail(state, "nil data; no entry for key \"%.*s\"",
						     (int)name.n, name.p);
		*ret = rc_value_invalid();
		return 0;
	case RC_VALUE_NIL:
		return rc_template_exec_fail(state, "nil pointer evaluating interface {}.%.*s",
					     (int)name.n, name.p);
	case RC_VALUE_OBJECT:
		return field_of_object(state, dot, from, name, access, ret);
	case RC_VALUE_MAP:
		return field_of_map(state, dot, from, name, access, ret);
	case RC_VALUE_LIST:
		r = call_method(state, dot, from.named ? from.list->methods : NULL, from.list, name,
				access, ret);
		if (r != 0)
			return r < 0 ? r : 0;
		return fail_field(state, from, name);
	case RC_VALUE_INT:
	case RC_VALUE_INT64:
		r = call_method(state, dot, from.named ? from.integer_type : NULL, &from.integer,
				name, access, ret);
		if (r != 0)
			return r < 0 ? r : 0;
		return fail_field(state, from, name);
	default:
		return fail_field(state, from, name);
	}
}

static int eval_chain(struct rc_template_state *state, struct rc_value dot, struct rc_value from,
		      const struct rc_str *names, size_t n, const struct access *access,
		      struct rc_value *ret)
{
	struct access plain = {.node = access->node};

	for (size_t i = 0; i < n; i++) {
		int r = eval_field(state, dot, from, names[i], i + 1 == n ? access : &plain, ret);

		if (r < 0)
			return r;
		from = *ret;
	}
	return 0;
}

static int eval_variable(struct rc_template_state *state, struct rc_value dot,
			 const struct rc_template_node *node, const struct access *access,
			 struct rc_value *ret)
{
	state->node = node;
	for (size_t i = state->n_variables; i-- > 0;) {
		if (!rc_str_equal(state->variables[i].name, node->names[0]))
			continue;
		*ret = state->variables[i].value;
		if (node->n_names == 1)
			return not_a_function(state, access->args, access->final);
		return eval_chain(state, dot, *ret, node->names + 1, node->n_names - 1, access,
				  ret);
	}
	return rc_template_exec_fail(state, "undefined variable: %.*s", (int)node->names[0].n,
				     node->names[0].p);
}

static int eval_inner_chain(struct rc_template_state *state, struct rc_value dot,
			    const struct rc_template_node *node, const struct access *access,
			    struct rc_value *ret)
{
	int r;

	state->node = node;
	if (node->inner->kind == RC_NODE_NIL)
		return rc_template_exec_fail(state, "indirection through explicit nil in %s",
					     rc_template_argument_text(state, node));
	r = eval_arg(state, dot, '\0', node->inner, ret);
	if (r < 0)
		return r;
	return eval_chain(state, dot, *ret, node->names, node->n_names, access, ret);
}

/* The letter of parameter i. */
static char parameter(const struct rc_template_node *function, size_t i)
{
	const char *signature = function->func->signature;

	if (i < function->n_fixed || function->is_variadic)
		return signature[i < function->n_fixed ? i : function->n_fixed];
	return 'a';
}

static int check_count(struct rc_template_state *state, const struct rc_template_node *node,
		       size_t n_args, bool final)
{
	size_t n = n_args + final;

	if (node->is_variadic && n < node->n_fixed)
		return rc_template_exec_fail(
			state, "wrong number of args for %s: want at least %u got %zu",
			node->func->name, node->n_fixed, n_args);
	if (!node->is_variadic && n != node->n_fixed)
		return rc_template_exec_fail(state, "wrong number of args for %s: want %u got %zu",
					     node->func->name, node->n_fixed, n);
	return 0;
}

/* and, or: the argument that decides, the others are not looked at. */
static int short_circuit(struct rc_template_state *state, struct rc_value dot,
			 const struct rc_template_node *node, const struct rc_template_nodes *args,
			 const struct rc_value *final, struct rc_value *ret)
{
	bool is_or = node->jump == 'o';

	for (size_t i = 1; args && i < args->n; i++) {
		int r = eval_arg(state, dot, 'a', args->at[i], ret);

		if (r < 0)
			return r;
		if (rc_value_is_true(*ret) == is_or)
			return 0;
	}
	if (final) {
		*ret = *final;
		return rc_template_argument_check(state, 'a', ret);
	}
	return 0;
}

static int eval_args(struct rc_template_state *state, struct rc_value dot,
		     const struct rc_template_node *function, const struct rc_template_nodes *args,
		     const struct rc_value *final, struct rc_value *argv)
{
	size_t n = args ? args->n - 1 : 0;

	for (size_t i = 0; i < n; i++) {
		int r = eval_arg(state, dot, parameter(function, i), args->at[i + 1], &argv[i]);

		if (r < 0)
			return r;
		argv[i].addressed = false;
	}
	if (!final)
		return 0;
	argv[n] = *final;
	argv[n].addressed = false;
	return rc_template_argument_check(state, parameter(function, n), &argv[n]);
}

/* call: no value of a chart is a function. */
static int call_value(struct rc_template_state *state, struct rc_value dot,
		      const struct rc_template_node *node, const struct rc_template_node *command,
		      const struct rc_template_nodes *args, const struct rc_value *final)
{
	size_t n = args ? args->n - 1 : 0;
	struct rc_value *argv =
		rc_arena_alloc(state->exec->arena, (n + 1) * sizeof(struct rc_value));
	int r = eval_args(state, dot, node, args, final, argv);

	if (r < 0)
		return r;
	/* Go takes the function's name from the first argument, and a pipe gives none. */
	if (n == 0)
		return rc_fail(state->err, -EINVAL,
			       "runtime error: index out of range [0] with length 0");
	state->node = command;
	if (rc_value_is_nil(argv[0]))
		return rc_template_exec_fail(state, "error calling call: call of nil");
	return rc_template_exec_fail(state, "error calling call: non-function %s of type %s",
				     rc_template_argument_text(state, args->at[1]),
				     rc_value_type_name(argv[0]));
}

static int eval_function(struct rc_template_state *state, struct rc_value dot,
			 const struct rc_template_node *node,
			 const struct rc_template_node *command,
			 const struct rc_template_nodes *args, const struct rc_value *final,
			 struct rc_value *ret)
{
	const struct rc_template_func *func = node->func;
	size_t n = args ? args->n - 1 : 0;
	rc_uninitialized struct rc_value stack[ARGS_STACK];
	struct rc_value *argv = stack;
	struct rc_value_call call = {.arena = state->exec->arena, .exec = state->exec};
	struct rc_error *err = NULL;
	int r;

	state->node = node;
	r = check_count(state, node, n, final != NULL);
	if (r < 0)
		return r;
	if (node->jump == 'c')
		return call_value(state, dot, node, command, args, final);
	if (node->jump)
		return short_circuit(state, dot, node, args, final, ret);
	if (n + 1 > ARGS_STACK)
		argv = rc_arena_alloc(state->exec->arena, (n + 1) * sizeof(*argv));
	r = eval_args(state, dot, node, args, final, argv);
	if (r < 0)
		return r;
	call.args = argv;
	call.n_args = n + (final != NULL);
	call.err = &err;
	*ret = rc_value_invalid();
	r = func->run(&call, ret);
	if (r == 0)
		return 0;
	state->node = command;
	rc_template_exec_fail(state, "error calling %s: %s", func->name,
			      err ? err->message : "failed");
	rc_error_free(err);
	return -EINVAL;
}

/* Nodes that are no literal: their value, then whether it fits. */
static int eval_arg(struct rc_template_state *state, struct rc_value dot, char type,
		    const struct rc_template_node *node, struct rc_value *ret)
{
	struct access access = {.node = node};
	int r;

	state->node = node;
	switch (node->kind) {
	case RC_NODE_DOT:
		*ret = dot;
		r = 0;
		break;
	case RC_NODE_NIL:
		if (type != '\0' && !rc_template_argument_can_be_nil(type))
			return rc_template_exec_fail(state, "cannot assign nil to %s",
						     rc_template_argument_type_name(type));
		*ret = rc_template_argument_nil(state->exec->arena, type);
		return 0;
	case RC_NODE_FIELD:
		r = eval_chain(state, dot, dot, node->names, node->n_names, &access, ret);
		break;
	case RC_NODE_VARIABLE:
		r = eval_variable(state, dot, node, &access, ret);
		break;
	case RC_NODE_PIPE:
		r = rc_template_exec_pipeline(state, dot, node, ret);
		break;
	case RC_NODE_IDENTIFIER:
		r = eval_function(state, dot, node, node, NULL, NULL, ret);
		break;
	case RC_NODE_CHAIN:
		r = eval_inner_chain(state, dot, node, &access, ret);
		break;
	default:
		return rc_template_argument_literal(state, type, node, ret);
	}
	return r < 0 ? r : rc_template_argument_check(state, type, ret);
}

int rc_template_exec_command(struct rc_template_state *state, struct rc_value dot,
			     const struct rc_template_node *command, const struct rc_value *final,
			     struct rc_value *ret)
{
	const struct rc_template_node *first = command->items.at[0];
	struct access access = {.node = first, .args = &command->items, .final = final};
	int r;

	switch (first->kind) {
	case RC_NODE_FIELD:
		state->node = first;
		return eval_chain(state, dot, dot, first->names, first->n_names, &access, ret);
	case RC_NODE_CHAIN:
		return eval_inner_chain(state, dot, first, &access, ret);
	case RC_NODE_IDENTIFIER:
		return eval_function(state, dot, first, command, &command->items, final, ret);
	case RC_NODE_PIPE:
		r = not_a_function(state, &command->items, final);
		return r < 0 ? r : rc_template_exec_pipeline(state, dot, first, ret);
	case RC_NODE_VARIABLE:
		return eval_variable(state, dot, first, &access, ret);
	default:
		break;
	}
	state->node = first;
	r = not_a_function(state, &command->items, final);
	if (r < 0)
		return r;
	if (first->kind == RC_NODE_DOT) {
		*ret = dot;
		return 0;
	}
	if (first->kind == RC_NODE_NIL)
		return rc_template_exec_fail(state, "nil is not a command");
	return rc_template_argument_literal(state, 'a', first, ret);
}
