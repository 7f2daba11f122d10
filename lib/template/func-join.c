/* sprig's functions between texts and lists of them: what joins and what splits. */
#include "base/memory.h"
#include "base/sort.h"
#include "data/quote.h"
#include "template/cast.h"
#include "template/func-text-private.h"

enum joining { QUOTE, SQUOTE, CAT };

/* All arguments but the nils, a blank between two. */
static int join_arguments(struct rc_value_call *call, enum joining how, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out;
	bool is_first = true;

	rc_buf_init(&out, rc_template_text_max(call));
	for (size_t i = 0; i < call->n_args; i++) {
		struct rc_value value = call->args[i];

		if (rc_value_is_nil(value))
			continue;
		if (!is_first)
			rc_buf_putc(&out, ' ');
		is_first = false;
		if (how == QUOTE) {
			rc_quote_string(&out, rc_template_cast_text(call->arena, value), false);
			continue;
		}
		if (how == SQUOTE)
			rc_buf_putc(&out, '\'');
		rc_value_print(&out, value);
		if (how == SQUOTE)
			rc_buf_putc(&out, '\'');
	}
	return rc_template_text_give(call, &out, ret);
}

static int run_quote(struct rc_value_call *call, struct rc_value *ret)
{
	return join_arguments(call, QUOTE, ret);
}

static int run_squote(struct rc_value_call *call, struct rc_value *ret)
{
	return join_arguments(call, SQUOTE, ret);
}

static int run_cat(struct rc_value_call *call, struct rc_value *ret)
{
	return join_arguments(call, CAT, ret);
}

static int run_to_string(struct rc_value_call *call, struct rc_value *ret)
{
	return give(ret, rc_template_cast_text(call->arena, call->args[0]));
}

static int run_to_strings(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_template_cast_strings(call->arena, call->args[0]);
	return 0;
}

/* strings.SplitN: n < 0 all, 0 none, else at most n parts. */
static struct rc_value split(struct rc_arena *arena, struct rc_str s, struct rc_str sep, int64_t n)
{
	struct rc_value list = rc_value_list_new(arena, RC_VALUE_STRINGS, 0);
	size_t at = 0;

	if (n == 0)
		return rc_value_list_nil(arena, RC_VALUE_STRINGS);
	while (n < 0 || (int64_t)list.list->n < n - 1) {
		ptrdiff_t next;

		if (sep.n == 0)
			next = at < s.n ? (ptrdiff_t)(at + rc_template_text_rune_width(s, at)) : -1;
		else
			next = rc_template_text_find(s, sep, at);
		if (next < 0 || (sep.n == 0 && (size_t)next == s.n))
			break;
		rc_value_list_add(arena, list, rc_value_str(part(s, at, (size_t)next)));
		at = (size_t)next + sep.n;
	}
	if (sep.n > 0 || s.n > 0)
		rc_value_list_add(arena, list, rc_value_str(part(s, at, s.n)));
	return list;
}

/* {"_0": ..., "_1": ...} */
static struct rc_value number_parts(struct rc_arena *arena, struct rc_value list)
{
	struct rc_value map = rc_value_map_new(arena, RC_VALUE_STRINGS, list.list->n);

	for (size_t i = 0; i < list.list->n; i++)
		rc_value_map_set(arena, map.map, rc_str(rc_arena_printf(arena, "_%zu", i)),
				 list.list->items[i]);
	return map;
}

static int run_split(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = number_parts(call->arena,
			    split(call->arena, text_arg(call, 1), text_arg(call, 0), -1));
	return 0;
}

static int run_splitn(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = number_parts(call->arena, split(call->arena, text_arg(call, 2), text_arg(call, 0),
					       call->args[1].integer));
	return 0;
}

static int run_split_list(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = split(call->arena, text_arg(call, 1), text_arg(call, 0), -1);
	return 0;
}

static int run_join(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_value list = rc_template_cast_strings(call->arena, call->args[1]);
	rc_autobuf struct rc_buf out;

	rc_buf_init(&out, rc_template_text_max(call));
	for (size_t i = 0; i < list.list->n; i++) {
		if (i > 0)
			rc_buf_add_str(&out, text_arg(call, 0));
		rc_buf_add_str(&out, list.list->items[i].text);
	}
	return rc_template_text_give(call, &out, ret);
}

static int compare_texts(const void *a, const void *b)
{
	const struct rc_value *x = a, *y = b;

	return rc_str_compare(x->text, y->text);
}

static int run_sort_alpha(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_value value = call->args[0];

	if (value.kind != RC_VALUE_LIST && value.kind != RC_VALUE_BYTES) {
		*ret = rc_value_list_new(call->arena, RC_VALUE_STRINGS, 1);
		rc_value_list_add(call->arena, *ret,
				  rc_value_str(rc_template_cast_text(call->arena, value)));
		return 0;
	}
	*ret = rc_template_cast_strings(call->arena, value);
	if (ret->list->n > 1)
		rc_sort(ret->list->items, ret->list->n, sizeof(struct rc_value), compare_texts);
	return 0;
}

const struct rc_template_func rc_template_func_join[] = {
	{"quote", "a*", run_quote},
	{"squote", "a*", run_squote},
	{"cat", "a*", run_cat},
	{"toString", "a", run_to_string},
	{"toStrings", "a", run_to_strings},
	{"split", "ss", run_split},
	{"splitn", "sis", run_splitn},
	{"splitList", "ss", run_split_list},
	{"join", "sa", run_join},
	{"sortAlpha", "a", run_sort_alpha},
	{NULL, NULL, NULL},
};
