/* Walking the tree: actions, branches, loops, template calls. */
#include <errno.h>
#include <stdio.h>

#include "template/exec-private.h"

#define STEPS_DEFAULT  ((uint64_t)50000000)
#define OUTPUT_DEFAULT ((size_t)256 << 20)
#define STACK_DEFAULT  ((size_t)6 << 20)
#define DEPTH_GO       100000 /* Go's own limit; ours on the C stack comes first */

/* How a walk ended, besides 0 and errors. */
enum { BREAK = 1, CONTINUE = 2 };

static int walk(struct rc_template_state *state, struct rc_value dot,
		const struct rc_template_node *node);

int rc_template_exec_fail(struct rc_template_state *state, const char *format, ...)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	struct rc_arena *arena = state->exec->arena;
	const struct rc_template_node *node = state->node;
	size_t line, column;
	va_list args;

	rc_buf_puts(&text, "template: ");
	if (node) {
		rc_template_node_place(node, state->tmpl->tree, &line, &column);
		rc_buf_add_str(&text, state->tmpl->tree->name);
		rc_buf_printf(&text, ":%zu:%zu: executing \"%.*s\" at <", line, column,
			      (int)state->tmpl->name.n, state->tmpl->name.p);
		rc_template_node_print(&text, node);
		rc_buf_puts(&text, ">: ");
	} else {
		rc_buf_printf(&text, "%.*s: ", (int)state->tmpl->name.n, state->tmpl->name.p);
	}
	va_start(args, format);
	rc_buf_puts(&text, rc_arena_vprintf(arena, format, args));
	va_end(args);
	return rc_fail(state->err, -EINVAL, "%s", rc_buf_text(&text));
}

static void push(struct rc_template_state *state, struct rc_str name, struct rc_value value)
{
	if (state->n_variables == state->room_variables) {
		size_t room = state->room_variables ? state->room_variables * 2 : 8;

		state->variables = rc_arena_grow(state->exec->arena, state->variables,
						 state->n_variables * sizeof(*state->variables),
						 room * sizeof(*state->variables));
		state->room_variables = room;
	}
	state->variables[state->n_variables++] = (struct rc_template_variable){name, value};
}

static int assign(struct rc_template_state *state, struct rc_str name, struct rc_value value)
{
	for (size_t i = state->n_variables; i-- > 0;)
		if (rc_str_equal(state->variables[i].name, name)) {
			state->variables[i].value = value;
			return 0;
		}
	return rc_template_exec_fail(state, "undefined variable: %.*s", (int)name.n, name.p);
}

int rc_template_exec_pipeline(struct rc_template_state *state, struct rc_value dot,
			      const struct rc_template_node *pipe, struct rc_value *ret)
{
	struct rc_value value = rc_value_invalid();

	*ret = value;
	if (!pipe)
		return 0;
	state->node = pipe;
	for (size_t i = 0; i < pipe->commands.n; i++) {
		struct rc_value final = value;
		int r = rc_template_exec_command(state, dot, pipe->commands.at[i],
						 i > 0 ? &final : NULL, &value);

		if (r < 0)
			return r;
		/* An interface is dug into: a nil one leaves no value. */
		if (value.kind == RC_VALUE_NIL)
			value.kind = RC_VALUE_INVALID;
		value.boxed = false;
	}
	for (size_t i = 0; i < pipe->declared.n; i++) {
		struct rc_str name = pipe->declared.at[i]->names[0];
		int r = 0;

		if (pipe->is_assign)
			r = assign(state, name, value);
		else
			push(state, name, value);
		if (r < 0)
			return r;
	}
	*ret = value;
	return 0;
}

static int check_budget(struct rc_template_state *state)
{
	struct rc_template_exec *exec = state->exec;
	uint64_t max = exec->limits.max_steps ? exec->limits.max_steps : STEPS_DEFAULT;

	if (++exec->steps > max)
		return rc_template_exec_fail(state, "the template takes more than %llu steps",
					     (unsigned long long)max);
	if (state->out->overflow)
		return rc_template_exec_fail(state, "the output is larger than %zu bytes",
					     state->out->max);
	return 0;
}

static int walk_action(struct rc_template_state *state, struct rc_value dot,
		       const struct rc_template_node *node)
{
	struct rc_value value;
	int r = rc_template_exec_pipeline(state, dot, node->pipe, &value);

	if (r < 0 || node->pipe->declared.n > 0)
		return r;
	state->node = node;
	if (value.kind == RC_VALUE_STRING)
		rc_buf_add_str(state->out, value.text);
	else if (rc_value_is_nil(value))
		rc_buf_puts(state->out, "<no value>");
	else if (value.kind == RC_VALUE_OBJECT && value.type->show &&
		 (value.addressed || value.type->name[0] == '*'))
		value.type->show(value.object, state->out);
	else
		rc_value_print(state->out, value);
	return 0;
}

static int walk_branch(struct rc_template_state *state, struct rc_value dot,
		       const struct rc_template_node *node)
{
	size_t mark = state->n_variables;
	struct rc_value value;
	int r = rc_template_exec_pipeline(state, dot, node->pipe, &value);

	if (r < 0)
		return r;
	if (rc_value_is_true(value))
		r = walk(state, node->kind == RC_NODE_WITH ? value : dot, node->list);
	else if (node->otherwise)
		r = walk(state, dot, node->otherwise);
	state->n_variables = mark;
	return r;
}

/* One turn of a loop; BREAK ends it. */
static int iterate(struct rc_template_state *state, const struct rc_template_node *node,
		   struct rc_value index, struct rc_value item)
{
	const struct rc_template_node *pipe = node->pipe;
	size_t mark = state->n_variables;
	int r = 0;

	if (pipe->declared.n > 0 && pipe->is_assign) {
		bool two = pipe->declared.n > 1;

		r = assign(state, pipe->declared.at[0]->names[0], two ? index : item);
		if (r == 0 && two)
			r = assign(state, pipe->declared.at[1]->names[0], item);
	} else if (pipe->declared.n > 0) {
		state->variables[mark - 1].value = item;
		if (pipe->declared.n > 1)
			state->variables[mark - 2].value = index;
	}
	if (r == 0)
		r = walk(state, item, node->list);
	state->n_variables = mark;
	return r == CONTINUE ? 0 : r;
}

static int iterate_list(struct rc_template_state *state, const struct rc_template_node *node,
			const struct rc_value_list *list)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->n; i++) {
		struct rc_value item = list->items[i];

		item.boxed = list->flavour == RC_VALUE_ANY;
		r = iterate(state, node, rc_value_int((int64_t)i), item);
	}
	return r == BREAK ? 0 : r;
}

/* Go sorts the keys before the loop; what is set inside of it is not seen. */
static int iterate_map(struct rc_template_state *state, const struct rc_template_node *node,
		       const struct rc_value_map *map)
{
	struct rc_value_entry *entries =
		rc_arena_memdup(state->exec->arena, map->entries, map->n * sizeof(*map->entries));
	size_t n = map->n;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct rc_value item = entries[i].value;

		item.boxed = map->flavour == RC_VALUE_ANY;
		r = iterate(state, node, rc_value_str(entries[i].key), item);
	}
	return r == BREAK ? 0 : r;
}

static int iterate_bytes(struct rc_template_state *state, const struct rc_template_node *node,
			 struct rc_str bytes)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < bytes.n; i++) {
		struct rc_value byte = {.kind = RC_VALUE_UINT8,
					.integer = (unsigned char)bytes.p[i]};

		r = iterate(state, node, rc_value_int((int64_t)i), byte);
	}
	return r == BREAK ? 0 : r;
}

static int loop(struct rc_template_state *state, const struct rc_template_node *node,
		struct rc_value value)
{
	switch (value.kind) {
	case RC_VALUE_LIST:
		return iterate_list(state, node, value.list);
	case RC_VALUE_MAP:
		return iterate_map(state, node, value.map);
	case RC_VALUE_BYTES:
		return iterate_bytes(state, node, value.text);
	case RC_VALUE_INVALID:
	case RC_VALUE_NIL:
		return 0;
	case RC_VALUE_BOOL:
	case RC_VALUE_INT:
	case RC_VALUE_INT64:
	case RC_VALUE_UINT8:
	case RC_VALUE_UINT32:
	case RC_VALUE_UINT64:
	case RC_VALUE_FLOAT:
	case RC_VALUE_COMPLEX:
	case RC_VALUE_STRING:
	case RC_VALUE_OBJECT:
		return rc_template_exec_fail(
			state, "range can't iterate over %s",
			rc_arena_str(state->exec->arena, rc_value_format(state->exec->arena, value))
				.p);
	}
	return 0;
}

static int walk_range(struct rc_template_state *state, struct rc_value dot,
		      const struct rc_template_node *node)
{
	size_t mark = state->n_variables;
	struct rc_value value;
	bool walks = false;
	int r = rc_template_exec_pipeline(state, dot, node->pipe, &value);

	if (r < 0)
		return r;
	if (value.kind == RC_VALUE_LIST || value.kind == RC_VALUE_MAP ||
	    value.kind == RC_VALUE_BYTES)
		walks = rc_value_is_true(value);
	else
		walks = !rc_value_is_nil(value);
	if (walks)
		r = loop(state, node, value);
	else if (node->otherwise)
		r = walk(state, dot, node->otherwise);
	state->n_variables = mark;
	return r;
}

/* Nested calls stand on the C stack; end them before it does. */
static bool is_too_deep(const struct rc_template_exec *exec)
{
	size_t max = exec->limits.max_stack_bytes ? exec->limits.max_stack_bytes : STACK_DEFAULT;
	const char *here = __builtin_frame_address(0);
	ptrdiff_t used = (const char *)exec->stack_base - here;

	return (size_t)(used < 0 ? -used : used) > max;
}

static int execute(struct rc_template_exec *exec, const struct rc_template *tmpl,
		   struct rc_value data, struct rc_buf *out, struct rc_error **err);

static int walk_template(struct rc_template_state *state, struct rc_value dot,
			 const struct rc_template_node *node)
{
	struct rc_template_exec *exec = state->exec;
	const struct rc_template *tmpl = rc_template_set_find(exec->set, node->text);
	struct rc_value data;
	int r;

	if (!tmpl)
		return rc_template_exec_fail(state, "template \"%.*s\" not defined",
					     (int)node->text.n, node->text.p);
	if (is_too_deep(exec))
		return rc_template_exec_fail(state, "exceeded maximum template depth (%d)",
					     DEPTH_GO);
	r = rc_template_exec_pipeline(state, dot, node->argument, &data);
	if (r < 0)
		return r;
	state->node = node;
	return execute(exec, tmpl, data, state->out, state->err);
}

static int walk_list(struct rc_template_state *state, struct rc_value dot,
		     const struct rc_template_node *list)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->items.n; i++)
		r = walk(state, dot, list->items.at[i]);
	return r;
}

static int walk(struct rc_template_state *state, struct rc_value dot,
		const struct rc_template_node *node)
{
	int r;

	state->node = node;
	r = check_budget(state);
	if (r < 0)
		return r;
	switch (node->kind) {
	case RC_NODE_TEXT:
		rc_buf_add_str(state->out, node->text);
		return 0;
	case RC_NODE_LIST:
		return walk_list(state, dot, node);
	case RC_NODE_ACTION:
		return walk_action(state, dot, node);
	case RC_NODE_IF:
	case RC_NODE_WITH:
		return walk_branch(state, dot, node);
	case RC_NODE_RANGE:
		return walk_range(state, dot, node);
	case RC_NODE_TEMPLATE:
		return walk_template(state, dot, node);
	case RC_NODE_BREAK:
		return BREAK;
	case RC_NODE_CONTINUE:
		return CONTINUE;
	default:
		return rc_template_exec_fail(state, "unknown node");
	}
}

static int execute(struct rc_template_exec *exec, const struct rc_template *tmpl,
		   struct rc_value data, struct rc_buf *out, struct rc_error **err)
{
	struct rc_template_state state = {.exec = exec, .tmpl = tmpl, .out = out, .err = err};
	size_t max = exec->limits.max_output_bytes ? exec->limits.max_output_bytes : OUTPUT_DEFAULT;
	int r;

	if (!tmpl->root)
		return rc_template_exec_fail(&state, "\"%.*s\" is an incomplete or empty template",
					     (int)tmpl->name.n, tmpl->name.p);
	/* It comes through an interface {}: its own type counts, and nil is no value. */
	data.boxed = false;
	if (data.kind == RC_VALUE_NIL)
		data.kind = RC_VALUE_INVALID;
	push(&state, RC_STR("$"), data);
	r = walk(&state, data, tmpl->root);
	if (r == 0 && (out->overflow || out->n > max))
		return rc_template_exec_fail(&state, "the output is larger than %zu bytes", max);
	return r < 0 ? r : 0;
}

int rc_template_execute(struct rc_template_exec *exec, const struct rc_template *tmpl,
			struct rc_value data, struct rc_buf *out, struct rc_error **err)
{
	struct rc_template_state state = {.exec = exec, .tmpl = tmpl, .out = out, .err = err};

	if (!exec->stack_base)
		exec->stack_base = __builtin_frame_address(0);
	state.node = tmpl->root;
	if (is_too_deep(exec))
		return rc_template_exec_fail(&state, "exceeded maximum template depth (%d)",
					     DEPTH_GO);
	return execute(exec, tmpl, data, out, err);
}
