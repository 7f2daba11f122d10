/* sprig's lists: all copy what they are given, none changes it. */
#include <errno.h>
#include <math.h>

#include "template/cast.h"
#include "template/func.h"

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)

/* The list at argument i; name is what the error says. */
static int take_list(struct rc_value_call *call, size_t i, const char *name,
		     const struct rc_value_list **ret)
{
	struct rc_value value = call->args[i];

	if (value.kind == RC_VALUE_LIST) {
		*ret = value.list;
		return 0;
	}
	if (rc_value_is_nil(value))
		return fail(call,
			    "runtime error: invalid memory address or nil pointer dereference");
	return fail(call, "Cannot %s%s type %s", name, strcmp(name, "chunk") ? " on" : "",
		    rc_value_kind_name(value));
}

static struct rc_value copy_of(struct rc_value_call *call, const struct rc_value_list *list,
			       size_t from, size_t to, size_t extra)
{
	struct rc_value copy = rc_value_list_new(call->arena, RC_VALUE_ANY, to - from + extra);

	for (size_t i = from; i < to; i++)
		rc_value_list_add(call->arena, copy, list->items[i]);
	return copy;
}

static int run_list(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_list_new(call->arena, RC_VALUE_ANY, call->n_args);
	for (size_t i = 0; i < call->n_args; i++)
		rc_value_list_add(call->arena, *ret, call->args[i]);
	return 0;
}

static int run_first(struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_value_list *list;
	int r = take_list(call, 0, "find first", &list);

	if (r == 0)
		*ret = list->n ? list->items[0] : rc_value_nil();
	return r;
}

static int run_last(struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_value_list *list;
	int r = take_list(call, 0, "find last", &list);

	if (r == 0)
		*ret = list->n ? list->items[list->n - 1] : rc_value_nil();
	return r;
}

static int run_rest(struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_value_list *list;
	int r = take_list(call, 0, "find rest", &list);

	if (r == 0)
		*ret = list->n ? copy_of(call, list, 1, list->n, 0)
			       : rc_value_list_nil(call->arena, RC_VALUE_ANY);
	return r;
}

static int run_initial(struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_value_list *list;
	int r = take_list(call, 0, "find initial", &list);

	if (r == 0)
		*ret = list->n ? copy_of(call, list, 0, list->n - 1, 0)
			       : rc_value_list_nil(call->arena, RC_VALUE_ANY);
	return r;
}

static int run_append(struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_value_list *list;
	int r = take_list(call, 0, "push", &list);

	if (r < 0)
		return r;
	*ret = copy_of(call, list, 0, list->n, 1);
	rc_value_list_add(call->arena, *ret, call->args[1]);
	rc_value_list_appended(*ret, list->n, true);
	return 0;
}

static int run_prepend(struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_value_list *list;
	int r = take_list(call, 0, "prepend", &list);

	if (r < 0)
		return r;
	*ret = rc_value_list_new(call->arena, RC_VALUE_ANY, list->n + 1);
	rc_value_list_add(call->arena, *ret, call->args[1]);
	for (size_t i = 0; i < list->n; i++)
		rc_value_list_add(call->arena, *ret, list->items[i]);
	rc_value_list_appended(*ret, 1, true);
	return 0;
}

static int run_reverse(struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_value_list *list;
	int r = take_list(call, 0, "find reverse", &list);

	if (r < 0)
		return r;
	*ret = rc_value_list_new(call->arena, RC_VALUE_ANY, list->n);
	for (size_t i = list->n; i-- > 0;)
		rc_value_list_add(call->arena, *ret, list->items[i]);
	return 0;
}

static bool holds(const struct rc_value_list *list, struct rc_value item)
{
	for (size_t i = 0; i < list->n; i++)
		if (rc_value_equal(list->items[i], item))
			return true;
	return false;
}

static int run_uniq(struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_value_list *list;
	int r = take_list(call, 0, "find uniq", &list);

	if (r < 0)
		return r;
	*ret = rc_value_list_new(call->arena, RC_VALUE_ANY, list->n);
	for (size_t i = 0; i < list->n; i++)
		if (!holds(ret->list, list->items[i]))
			rc_value_list_add(call->arena, *ret, list->items[i]);
	rc_value_list_appended(*ret, 0, false);
	return 0;
}

static int run_without(struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_value_list *list;
	int r = take_list(call, 0, "find without", &list);

	if (r < 0)
		return r;
	*ret = rc_value_list_new(call->arena, RC_VALUE_ANY, list->n);
	for (size_t i = 0; i < list->n; i++) {
		bool drop = false;

		for (size_t j = 1; j < call->n_args && !drop; j++)
			drop = rc_value_equal(list->items[i], call->args[j]);
		if (!drop)
			rc_value_list_add(call->arena, *ret, list->items[i]);
	}
	rc_value_list_appended(*ret, 0, false);
	return 0;
}

static int run_compact(struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_value_list *list;
	int r = take_list(call, 0, "compact", &list);

	if (r < 0)
		return r;
	*ret = rc_value_list_new(call->arena, RC_VALUE_ANY, list->n);
	for (size_t i = 0; i < list->n; i++)
		if (rc_value_is_true(list->items[i]))
			rc_value_list_add(call->arena, *ret, list->items[i]);
	rc_value_list_appended(*ret, 0, false);
	return 0;
}

static int run_has(struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_value_list *list;
	int r;

	if (rc_value_is_nil(call->args[1])) {
		*ret = rc_value_bool(false);
		return 0;
	}
	r = take_list(call, 1, "find has", &list);
	if (r == 0)
		*ret = rc_value_bool(holds(list, call->args[0]));
	return r;
}

static int run_slice(struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_value_list *list;
	int64_t from = 0, to;

	if (call->args[0].kind != RC_VALUE_LIST)
		return rc_value_is_nil(call->args[0])
			       ? fail(call, "runtime error: invalid memory address or nil pointer "
					    "dereference")
			       : fail(call, "list should be type of slice or array but %s",
				      rc_value_kind_name(call->args[0]));
	list = call->args[0].list;
	*ret = rc_value_nil();
	if (list->n == 0)
		return 0;
	to = (int64_t)list->n;
	if (call->n_args > 1)
		from = rc_template_cast_int(call->args[1]);
	if (call->n_args > 2)
		to = rc_template_cast_int(call->args[2]);
	if (!rc_value_list_slice(call->arena, list, from, to, ret))
		return fail(call, "reflect.Value.Slice: slice index out of bounds");
	ret->named = call->args[0].named;
	return 0;
}

static int run_concat(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_list_new(call->arena, RC_VALUE_ANY, 0);
	for (size_t i = 0; i < call->n_args; i++) {
		const struct rc_value_list *list;
		int r = take_list(call, i, "concat type", &list);

		if (r < 0)
			return call->args[i].kind == RC_VALUE_NIL
				       ? r
				       : fail(call, "Cannot concat type %s as list",
					      rc_value_kind_name(call->args[i]));
		for (size_t j = 0; j < list->n; j++)
			rc_value_list_add(call->arena, *ret, list->items[j]);
	}
	ret->list->is_nil = ret->list->n == 0;
	rc_value_list_appended(*ret, 0, false);
	ret->boxed = true; /* it is an interface {} by the function's type */
	return 0;
}

/*
 * Sizes below one, by the formula that also counts the chunks of other sizes: all but the last
 * would have that size, so only a list that makes one chunk, or none, comes out.
 */
static int chunk_oddly(struct rc_value_call *call, const struct rc_value_list *list, int64_t size,
		       struct rc_value result)
{
	double count = floor(((double)list->n - 1) / (double)size) + 1;
	int64_t rest = size == 0 ? INT64_MIN : (int64_t)list->n % size;

	if (!(count >= 0 && count < INT32_MAX))
		return fail(call, "runtime error: makeslice: len out of range");
	if (count < 1)
		return 0;
	if (count >= 2 || rest <= 0)
		return fail(call, "runtime error: makeslice: len out of range");
	rc_value_list_add(call->arena, result, copy_of(call, list, 0, (size_t)rest, 0));
	return 0;
}

static int run_chunk(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t size = call->args[0].integer;
	const struct rc_value_list *list;
	int r;

	if (call->args[1].kind != RC_VALUE_LIST && !rc_value_is_nil(call->args[1]))
		return fail(call, "Cannot chunk type %s", rc_value_kind_name(call->args[1]));
	r = take_list(call, 1, "chunk", &list);
	if (r < 0)
		return r;
	*ret = rc_value_list_new(call->arena, RC_VALUE_LISTS, 0);
	if (size <= 0)
		return chunk_oddly(call, list, size, *ret);
	for (size_t i = 0; i < list->n; i += (size_t)size) {
		size_t to = list->n - i > (size_t)size ? i + (size_t)size : list->n;

		rc_value_list_add(call->arena, *ret, copy_of(call, list, i, to, 0));
	}
	return 0;
}

const struct rc_template_func rc_template_func_list[] = {
	{"list", "a*", run_list},	 {"tuple", "a*", run_list},
	{"first", "a", run_first},	 {"mustFirst", "a", run_first},
	{"last", "a", run_last},	 {"mustLast", "a", run_last},
	{"rest", "a", run_rest},	 {"mustRest", "a", run_rest},
	{"initial", "a", run_initial},	 {"mustInitial", "a", run_initial},
	{"append", "aa", run_append},	 {"mustAppend", "aa", run_append},
	{"push", "aa", run_append},	 {"mustPush", "aa", run_append},
	{"prepend", "aa", run_prepend},	 {"mustPrepend", "aa", run_prepend},
	{"reverse", "a", run_reverse},	 {"mustReverse", "a", run_reverse},
	{"uniq", "a", run_uniq},	 {"mustUniq", "a", run_uniq},
	{"without", "aa*", run_without}, {"mustWithout", "aa*", run_without},
	{"compact", "a", run_compact},	 {"mustCompact", "a", run_compact},
	{"has", "aa", run_has},		 {"mustHas", "aa", run_has},
	{"slice", "aa*", run_slice},	 {"mustSlice", "aa*", run_slice},
	{"concat", "a*", run_concat},	 {"chunk", "ia", run_chunk},
	{"mustChunk", "ia", run_chunk},	 {NULL, NULL, NULL},
};
