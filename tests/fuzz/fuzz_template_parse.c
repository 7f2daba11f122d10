/* The lexer and the parser alone; what was parsed is printed and checked for being empty. */
#include <stdint.h>

#include "helm/functions.h"
#include "template/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_tree(void *userdata, struct rc_str name, const struct rc_template_tree *tree,
		   struct rc_template_node *root)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(1 << 20);
	size_t line, column;

	(void)name;
	rc_template_node_print(&text, root);
	rc_template_node_is_empty(root);
	rc_template_node_place(root, tree, &line, &column);
	++*(unsigned int *)userdata;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rc_template_funcs *funcs;
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	unsigned int trees = 0;
	int r;

	if (!funcs)
		funcs = rc_helm_functions_new();
	r = rc_template_parse(arena, funcs, RC_STR("t"), (struct rc_str){(const char *)data, size},
			      on_tree, &trees, &err);
	/* One or the other: trees, or an error that says why. */
	if ((r == 0) != (err == NULL) || (r == 0 && trees == 0))
		__builtin_trap();
	return 0;
}
