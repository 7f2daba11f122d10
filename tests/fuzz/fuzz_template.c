/* A template is parsed and executed with a small budget; whatever it is, it ends. */
#include <stdint.h>

#include "base/memory.h"
#include "helm/functions.h"
#include "helm/value.h"
#include "template/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char values_yaml[] = "text: some text\n"
				  "number: 3\n"
				  "real: 0.25\n"
				  "off: false\n"
				  "none: null\n"
				  "list: [a, 1, true, null, {x: y}]\n"
				  "map: {a: 1, b: {c: [d]}, 'e f': ''}\n";

/* Keys and password hashes take their time by design. */
static int run_slow(struct rc_value_call *call, struct rc_value *ret)
{
	(void)call;
	*ret = rc_value_text("slow");
	return 0;
}

static const struct rc_template_func slow[] = {
	{"genCA", "a*", run_slow},
	{"genCAWithKey", "a*", run_slow},
	{"genSelfSignedCert", "a*", run_slow},
	{"genSelfSignedCertWithKey", "a*", run_slow},
	{"genSignedCert", "a*", run_slow},
	{"genSignedCertWithKey", "a*", run_slow},
	{"genPrivateKey", "a*", run_slow},
	{"derivePassword", "a*", run_slow},
	{"bcrypt", "a*", run_slow},
	{"htpasswd", "a*", run_slow},
	{NULL, NULL, NULL},
};

static struct rc_template_funcs *all_functions(void)
{
	static struct rc_template_funcs *funcs;

	if (!funcs) {
		funcs = rc_helm_functions_new();
		rc_template_funcs_add(funcs, slow);
	}
	return funcs;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_cleanup(rc_template_set_freep) struct rc_template_set *set =
		rc_template_set_new(arena, all_functions(), NULL);
	rc_autobuf struct rc_buf out = RC_BUF_INIT(1 << 20);
	struct rc_helm_functions functions = {.funcs = all_functions(), .root = set};
	struct rc_template_exec exec = {.arena = arena,
					.set = set,
					.userdata = &functions,
					.limits = {.max_steps = 2000, .max_output_bytes = 1 << 20}};
	struct rc_value dot = rc_value_map_new(arena, RC_VALUE_ANY, 1), values;

	rc_helm_value_parse_table(arena, rc_str(values_yaml), &values, NULL);
	rc_value_map_set(arena, dot.map, RC_STR("Values"), values);
	if (rc_template_set_parse(set, RC_STR("t"), (struct rc_str){(const char *)data, size},
				  NULL) == 0)
		rc_template_execute(&exec, rc_template_set_find(set, RC_STR("t")), dot, &out, NULL);
	rc_helm_functions_done(&functions);
	return 0;
}
