/* sprig's regular expressions. */
#include <errno.h>

#include "data/quote.h"
#include "data/regex.h"
#include "template/func.h"

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)
#define FIRST_ROOM	10 /* of matches, as package regexp has it */
#define TEXT_MAX	((size_t)256 << 20)

/* must: the error is returned as it is; else MustCompile panics with it. */
static int compile(struct rc_value_call *call, bool must, struct rc_regex **ret)
{
	rc_autobuf struct rc_buf quoted = RC_BUF_INIT(TEXT_MAX);
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	struct rc_str pattern = call->args[0].text;

	if (rc_regex_compile(pattern, ret, &err) == 0)
		return 0;
	if (must)
		return fail(call, "%s", err->message);
	rc_quote_string_raw(&quoted, pattern);
	return fail(call, "regexp: Compile(%s): %s", rc_buf_text(&quoted), err->message);
}

static int run_match(struct rc_value_call *call, struct rc_value *ret)
{
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;
	const struct rc_regex_span *spans;

	*ret = rc_value_bool(rc_regex_compile(call->args[0].text, &regex, NULL) == 0 &&
			     rc_regex_find(regex, call->args[1].text, 0, &spans, NULL) == 1);
	return 0;
}

static int run_must_match(struct rc_value_call *call, struct rc_value *ret)
{
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;
	const struct rc_regex_span *spans;
	int r = rc_regex_compile(call->args[0].text, &regex, call->err);

	if (r < 0)
		return r;
	r = rc_regex_find(regex, call->args[1].text, 0, &spans, call->err);
	*ret = rc_value_bool(r == 1);
	return r < 0 ? r : 0;
}

static struct rc_value span_of(struct rc_str text, struct rc_regex_span span)
{
	return rc_value_str((struct rc_str){text.p + span.start, (size_t)(span.end - span.start)});
}

static int find(struct rc_value_call *call, bool must, struct rc_value *ret)
{
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;
	const struct rc_regex_span *spans;
	int r = compile(call, must, &regex);

	if (r < 0)
		return r;
	r = rc_regex_find(regex, call->args[1].text, 0, &spans, call->err);
	*ret = r == 1 ? span_of(call->args[1].text, spans[0]) : rc_value_str(RC_STR(""));
	return r < 0 ? r : 0;
}

static int find_all(struct rc_value_call *call, bool must, struct rc_value *ret)
{
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;
	int64_t max = call->args[2].integer;
	const struct rc_regex_span *spans;
	struct rc_regex_walk walk;
	int r = compile(call, must, &regex);

	if (r < 0)
		return r;
	*ret = rc_value_list_new(call->arena, RC_VALUE_STRINGS, 0);
	rc_regex_walk_init(&walk, regex, call->args[1].text);
	while ((max < 0 || (int64_t)ret->list->n < max) &&
	       (r = rc_regex_walk_next(&walk, &spans, call->err)) == 1)
		rc_value_list_add(call->arena, *ret, span_of(call->args[1].text, spans[0]));
	ret->list->is_nil = ret->list->n == 0;
	rc_value_list_appended(*ret, FIRST_ROOM, false);
	return r < 0 ? r : 0;
}

static int replace(struct rc_value_call *call, bool must, bool literal, struct rc_value *ret)
{
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);
	int r = compile(call, must, &regex);

	if (r == 0)
		r = rc_regex_replace_all(regex, call->args[1].text, call->args[2].text, literal,
					 &out, call->err);
	if (r == 0)
		*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(&out)));
	return r;
}

/* regexp.Split: the pieces between the matches; an empty match at the start makes none. */
static int split(struct rc_value_call *call, bool must, struct rc_value *ret)
{
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;
	struct rc_str text = call->args[1].text;
	int64_t max = call->args[2].integer;
	const struct rc_regex_span *spans;
	struct rc_regex_walk walk;
	ptrdiff_t from = 0, last_end = 0;
	int r = compile(call, must, &regex);

	if (r < 0)
		return r;
	*ret = rc_value_list_nil(call->arena, RC_VALUE_STRINGS);
	if (max == 0)
		return 0;
	ret->list->is_nil = false;
	rc_regex_walk_init(&walk, regex, text);
	while ((r = rc_regex_walk_next(&walk, &spans, call->err)) == 1) {
		if (max > 0 && (int64_t)ret->list->n == max - 1)
			break;
		last_end = spans[0].start;
		if (spans[0].end != 0)
			rc_value_list_add(call->arena, *ret,
					  rc_value_str((struct rc_str){text.p + from,
								       (size_t)(last_end - from)}));
		from = spans[0].end;
	}
	if (r < 0)
		return r;
	if (last_end != (ptrdiff_t)text.n || (text.n == 0 && call->args[0].text.n > 0))
		rc_value_list_add(
			call->arena, *ret,
			rc_value_str((struct rc_str){text.p + from, text.n - (size_t)from}));
	return 0;
}

static int run_find(struct rc_value_call *call, struct rc_value *ret)
{
	return find(call, false, ret);
}

static int run_must_find(struct rc_value_call *call, struct rc_value *ret)
{
	return find(call, true, ret);
}

static int run_find_all(struct rc_value_call *call, struct rc_value *ret)
{
	return find_all(call, false, ret);
}

static int run_must_find_all(struct rc_value_call *call, struct rc_value *ret)
{
	return find_all(call, true, ret);
}

static int run_split(struct rc_value_call *call, struct rc_value *ret)
{
	return split(call, false, ret);
}

static int run_must_split(struct rc_value_call *call, struct rc_value *ret)
{
	return split(call, true, ret);
}

static int run_replace_all(struct rc_value_call *call, struct rc_value *ret)
{
	return replace(call, false, false, ret);
}

static int run_must_replace_all(struct rc_value_call *call, struct rc_value *ret)
{
	return replace(call, true, false, ret);
}

static int run_replace_all_literal(struct rc_value_call *call, struct rc_value *ret)
{
	return replace(call, false, true, ret);
}

static int run_must_replace_all_literal(struct rc_value_call *call, struct rc_value *ret)
{
	return replace(call, true, true, ret);
}

static int run_quote_meta(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);

	rc_regex_quote_meta(call->args[0].text, &out);
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(&out)));
	return 0;
}

const struct rc_template_func rc_template_func_regex[] = {
	{"regexMatch", "ss", run_match},
	{"mustRegexMatch", "ss", run_must_match},
	{"regexFind", "ss", run_find},
	{"mustRegexFind", "ss", run_must_find},
	{"regexFindAll", "ssi", run_find_all},
	{"mustRegexFindAll", "ssi", run_must_find_all},
	{"regexReplaceAll", "sss", run_replace_all},
	{"mustRegexReplaceAll", "sss", run_must_replace_all},
	{"regexReplaceAllLiteral", "sss", run_replace_all_literal},
	{"mustRegexReplaceAllLiteral", "sss", run_must_replace_all_literal},
	{"regexSplit", "ssi", run_split},
	{"mustRegexSplit", "ssi", run_must_split},
	{"regexQuoteMeta", "s", run_quote_meta},
	{NULL, NULL, NULL},
};
