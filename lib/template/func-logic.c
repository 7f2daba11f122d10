/* sprig's defaults, emptiness and types. */
#include <errno.h>

#include "template/func.h"

static int run_default(struct rc_value_call *call, struct rc_value *ret)
{
	/* default D V, or with one argument that one. */
	if (call->n_args > 1 && rc_value_is_true(call->args[1]))
		*ret = call->args[1];
	else
		*ret = call->args[0];
	return 0;
}

static int run_empty(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_bool(!rc_value_is_true(call->args[0]));
	return 0;
}

static int run_coalesce(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_nil();
	for (size_t i = 0; i < call->n_args; i++)
		if (rc_value_is_true(call->args[i])) {
			*ret = call->args[i];
			return 0;
		}
	return 0;
}

static int run_all(struct rc_value_call *call, struct rc_value *ret)
{
	bool all = true;

	for (size_t i = 0; i < call->n_args; i++)
		all = all && rc_value_is_true(call->args[i]);
	*ret = rc_value_bool(all);
	return 0;
}

static int run_any(struct rc_value_call *call, struct rc_value *ret)
{
	bool any = false;

	for (size_t i = 0; i < call->n_args; i++)
		any = any || rc_value_is_true(call->args[i]);
	*ret = rc_value_bool(any);
	return 0;
}

static int run_ternary(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = call->args[call->args[2].truth ? 0 : 1];
	return 0;
}

static int run_deep_equal(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_bool(rc_value_equal(call->args[0], call->args[1]));
	return 0;
}

static int run_type_of(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_text(rc_value_type_name(call->args[0]));
	return 0;
}

static int run_kind_of(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_text(rc_value_kind_name(call->args[0]));
	return 0;
}

static int run_type_is(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_bool(rc_str_is(call->args[0].text, rc_value_type_name(call->args[1])));
	return 0;
}

static int run_type_is_like(struct rc_value_call *call, struct rc_value *ret)
{
	const char *type = rc_value_type_name(call->args[1]);

	*ret = rc_value_bool(rc_str_is(call->args[0].text, type) ||
			     (type[0] == '*' && rc_str_is(call->args[0].text, type + 1)));
	return 0;
}

static int run_kind_is(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_bool(rc_str_is(call->args[0].text, rc_value_kind_name(call->args[1])));
	return 0;
}

static int run_hello(struct rc_value_call *call, struct rc_value *ret)
{
	(void)call;
	*ret = rc_value_text("Hello!");
	return 0;
}

const struct rc_template_func rc_template_func_logic[] = {
	{"default", "aa*", run_default},
	{"empty", "a", run_empty},
	{"coalesce", "a*", run_coalesce},
	{"all", "a*", run_all},
	{"any", "a*", run_any},
	{"ternary", "aab", run_ternary},
	{"deepEqual", "aa", run_deep_equal},
	{"typeOf", "a", run_type_of},
	{"kindOf", "a", run_kind_of},
	{"typeIs", "sa", run_type_is},
	{"typeIsLike", "sa", run_type_is_like},
	{"kindIs", "sa", run_kind_is},
	{"hello", "", run_hello},
	{NULL, NULL, NULL},
};
