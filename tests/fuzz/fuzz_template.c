/* A template is parsed and executed with a small budget; whatever it is, it ends. */
#include <stdint.h>

#include "template/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rc_template_funcs *all_functions(void)
{
	static struct rc_template_funcs *funcs;

	if (!funcs) {
		funcs = rc_template_funcs_new();
		rc_template_funcs_add(funcs, rc_template_builtins);
		rc_template_funcs_add(funcs, rc_template_func_list);
		rc_template_funcs_add(funcs, rc_template_func_map);
		rc_template_funcs_add(funcs, rc_template_func_logic);
		rc_template_funcs_add(funcs, rc_template_func_text);
		rc_template_funcs_add(funcs, rc_template_func_regex);
		rc_template_funcs_add(funcs, rc_template_func_encode);
		rc_template_funcs_add(funcs, rc_template_func_path);
		rc_template_funcs_add(funcs, rc_template_func_semver);
	}
	return funcs;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_cleanup(rc_template_set_freep) struct rc_template_set *set =
		rc_template_set_new(arena, all_functions(), NULL);
	rc_autobuf struct rc_buf out = RC_BUF_INIT(1 << 20);
	struct rc_template_exec exec = {.arena = arena,
					.set = set,
					.limits = {.max_steps = 2000, .max_output_bytes = 1 << 20}};
	struct rc_value values = rc_value_map_new(arena, RC_VALUE_ANY, 1);

	rc_value_map_set(arena, values.map, RC_STR("a"), rc_value_text("text"));
	rc_value_map_set(arena, values.map, RC_STR("m"), rc_value_map_new(arena, RC_VALUE_ANY, 0));
	if (rc_template_set_parse(set, RC_STR("t"), (struct rc_str){(const char *)data, size},
				  NULL) < 0)
		return 0;
	rc_template_execute(&exec, rc_template_set_find(set, RC_STR("t")), values, &out, NULL);
	return 0;
}
