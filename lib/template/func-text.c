/* sprig's text functions, by bytes where Go's are, by runes where those are. */
#include <errno.h>

#include "data/quote.h"
#include "data/unicode.h"
#include "data/utf8.h"
#include "template/func.h"

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)
#define TEXT_MAX	((size_t)256 << 20)

/* What a function builds; given with give(). */
#define BUILD(name) rc_autobuf struct rc_buf name = RC_BUF_INIT(TEXT_MAX)

static int give(struct rc_value_call *call, const struct rc_buf *buf, struct rc_value *ret)
{
	if (buf->overflow)
		return fail(call, "the text is larger than %zu bytes", buf->max);
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(buf)));
	return 0;
}

static struct rc_str text(const struct rc_value_call *call, size_t i)
{
	return call->args[i].text;
}

static uint32_t next_rune(struct rc_str *s, size_t *ret_n)
{
	uint32_t rune = rc_utf8_decode(*s, ret_n);

	s->p += *ret_n;
	s->n -= *ret_n;
	return rune;
}

/* Cut runes off both ends: those in cutset, or with none the blanks. */
static struct rc_str trim_runes(struct rc_str s, const struct rc_str *cutset)
{
	size_t n;

	for (;;) {
		struct rc_str rest = s;
		uint32_t rune = s.n ? next_rune(&rest, &n) : 0;

		if (s.n == 0 || !(cutset ? cutset->n && memmem(cutset->p, cutset->n, s.p, n) != NULL
					 : rc_unicode_is_space(rune)))
			break;
		s = rest;
	}
	while (s.n > 0) {
		size_t from = s.n - 1;
		uint32_t rune;

		while (from > 0 && ((unsigned char)s.p[from] & 0xc0) == 0x80)
			from--;
		rune = rc_utf8_decode((struct rc_str){s.p + from, s.n - from}, &n);
		if (!(cutset ? cutset->n && memmem(cutset->p, cutset->n, s.p + from, s.n - from)
			     : rc_unicode_is_space(rune)))
			break;
		s.n = from;
	}
	return s;
}

static int run_trim(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_str(trim_runes(text(call, 0), NULL));
	return 0;
}

static int run_trim_all(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str cutset = text(call, 0);

	*ret = rc_value_str(trim_runes(text(call, 1), &cutset));
	return 0;
}

static int run_trim_prefix(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str s = text(call, 1), prefix = text(call, 0);

	if (rc_str_has_prefix(s, prefix)) {
		s.p += prefix.n;
		s.n -= prefix.n;
	}
	*ret = rc_value_str(s);
	return 0;
}

static int run_trim_suffix(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str s = text(call, 1);

	if (rc_str_has_suffix(s, text(call, 0)))
		s.n -= text(call, 0).n;
	*ret = rc_value_str(s);
	return 0;
}

static int map_runes(struct rc_value_call *call, struct rc_str s, uint32_t (*map)(uint32_t),
		     struct rc_value *ret)
{
	BUILD(out);
	size_t n;

	while (s.n > 0)
		rc_buf_put_rune(&out, map(next_rune(&s, &n)));
	return give(call, &out, ret);
}

static int run_upper(struct rc_value_call *call, struct rc_value *ret)
{
	return map_runes(call, text(call, 0), rc_unicode_to_upper, ret);
}

static int run_lower(struct rc_value_call *call, struct rc_value *ret)
{
	return map_runes(call, text(call, 0), rc_unicode_to_lower, ret);
}

static uint32_t swap_case(uint32_t rune)
{
	return rc_unicode_is_upper(rune) ? rc_unicode_to_lower(rune) : rc_unicode_to_upper(rune);
}

static int run_swapcase(struct rc_value_call *call, struct rc_value *ret)
{
	return map_runes(call, text(call, 0), swap_case, ret);
}

/* strings.Title: a letter after what is neither letter, digit nor '_'. */
static int run_title(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str s = text(call, 0);
	uint32_t before = ' ';
	BUILD(out);
	size_t n;

	while (s.n > 0) {
		uint32_t rune = next_rune(&s, &n);
		bool inside = rc_unicode_is_letter(before) || rc_unicode_is_digit(before) ||
			      before == '_' || before == '\'';

		/* Go counts the apostrophe as a separator, too. */
		if (before == '\'')
			inside = false;
		rc_buf_put_rune(&out, inside ? rune : rc_unicode_to_title(rune));
		before = rune;
	}
	return give(call, &out, ret);
}

static int run_untitle(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str s = text(call, 0);
	uint32_t before = ' ';
	BUILD(out);
	size_t n;

	while (s.n > 0) {
		uint32_t rune = next_rune(&s, &n);

		rc_buf_put_rune(&out,
				rc_unicode_is_space(before) ? rc_unicode_to_lower(rune) : rune);
		before = rune;
	}
	return give(call, &out, ret);
}

static int run_nospace(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str s = text(call, 0);
	BUILD(out);
	size_t n;

	while (s.n > 0) {
		uint32_t rune = next_rune(&s, &n);

		if (!rc_unicode_is_space(rune))
			rc_buf_put_rune(&out, rune);
	}
	return give(call, &out, ret);
}

static int run_repeat(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t count = call->args[0].integer;
	struct rc_str s = text(call, 1);
	BUILD(out);

	if (count < 0)
		return fail(call, "strings: negative Repeat count");
	if (s.n > 0 && (uint64_t)count > TEXT_MAX / s.n)
		return fail(call, "the text is larger than %zu bytes", TEXT_MAX);
	for (int64_t i = 0; s.n > 0 && i < count; i++)
		rc_buf_add_str(&out, s);
	return give(call, &out, ret);
}

static int run_substr(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t start = call->args[0].integer, end = call->args[1].integer;
	struct rc_str s = text(call, 2);
	int64_t n = (int64_t)s.n;

	if (start < 0) {
		start = 0;
		if (end < 0 || end > n)
			return fail(
				call,
				"runtime error: slice bounds out of range [:%lld] with length %lld",
				(long long)end, (long long)n);
	} else if (end < 0 || end > n) {
		end = n;
	}
	if (start > end)
		return fail(call, "runtime error: slice bounds out of range [%lld:%lld]",
			    (long long)start, (long long)end);
	*ret = rc_value_str((struct rc_str){s.p + start, (size_t)(end - start)});
	return 0;
}

static int run_trunc(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t count = call->args[0].integer;
	struct rc_str s = text(call, 1);

	if (count < 0 && (uint64_t)-count < s.n) {
		s.p += s.n - (size_t)-count;
		s.n = (size_t)-count;
	} else if (count >= 0 && (uint64_t)count < s.n) {
		s.n = (size_t)count;
	}
	*ret = rc_value_str(s);
	return 0;
}

static int run_abbrev(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t width = call->args[0].integer;
	struct rc_str s = text(call, 1);
	BUILD(out);

	if (width < 4 || (uint64_t)width >= s.n) {
		*ret = rc_value_str(s);
		return 0;
	}
	rc_buf_add(&out, s.p, (size_t)width - 3);
	rc_buf_puts(&out, "...");
	return give(call, &out, ret);
}

static int run_contains(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str sub = text(call, 0), s = text(call, 1);

	*ret = rc_value_bool(sub.n == 0 || (s.n && memmem(s.p, s.n, sub.p, sub.n) != NULL));
	return 0;
}

static int run_has_prefix(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_bool(rc_str_has_prefix(text(call, 1), text(call, 0)));
	return 0;
}

static int run_has_suffix(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_bool(rc_str_has_suffix(text(call, 1), text(call, 0)));
	return 0;
}

static int run_replace(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str old = text(call, 0), new = text(call, 1), s = text(call, 2);
	BUILD(out);

	/* An empty old stands between all runes. */
	while (old.n == 0 && s.n > 0) {
		struct rc_str before = s;
		size_t n;

		rc_buf_add_str(&out, new);
		next_rune(&s, &n);
		rc_buf_add(&out, before.p, n);
	}
	if (old.n == 0)
		rc_buf_add_str(&out, new);
	while (old.n > 0) {
		const char *found = s.n ? memmem(s.p, s.n, old.p, old.n) : NULL;
		size_t n = found ? (size_t)(found - s.p) : s.n;

		rc_buf_add(&out, s.p, n);
		if (!found)
			break;
		rc_buf_add_str(&out, new);
		s.p += n + old.n;
		s.n -= n + old.n;
	}
	return give(call, &out, ret);
}

static int run_plural(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = call->args[call->args[2].integer == 1 ? 0 : 1];
	return 0;
}

static int run_cat(struct rc_value_call *call, struct rc_value *ret)
{
	bool first = true;
	BUILD(out);

	for (size_t i = 0; i < call->n_args; i++) {
		if (rc_value_is_nil(call->args[i]))
			continue;
		if (!first)
			rc_buf_putc(&out, ' ');
		rc_value_print(&out, call->args[i]);
		first = false;
	}
	return give(call, &out, ret);
}

static int indent(struct rc_value_call *call, const char *before, struct rc_value *ret)
{
	int64_t width = call->args[0].integer;
	struct rc_str s = text(call, 1);
	BUILD(out);

	if (width < 0)
		return fail(call, "strings: negative Repeat count");
	rc_buf_puts(&out, before);
	for (;;) {
		ptrdiff_t end = rc_str_index(s, '\n');

		rc_buf_fill(&out, ' ', (size_t)width);
		rc_buf_add(&out, s.p, end < 0 ? s.n : (size_t)end + 1);
		if (end < 0)
			return give(call, &out, ret);
		s.p += end + 1;
		s.n -= (size_t)end + 1;
	}
}

static int run_indent(struct rc_value_call *call, struct rc_value *ret)
{
	return indent(call, "", ret);
}

static int run_nindent(struct rc_value_call *call, struct rc_value *ret)
{
	return indent(call, "\n", ret);
}

static int run_quote(struct rc_value_call *call, struct rc_value *ret)
{
	BUILD(out);

	for (size_t i = 0; i < call->n_args; i++) {
		if (rc_value_is_nil(call->args[i]))
			continue;
		if (out.n > 0)
			rc_buf_putc(&out, ' ');
		rc_quote_string(&out, rc_value_format(call->arena, call->args[i]), false);
	}
	return give(call, &out, ret);
}

static int run_squote(struct rc_value_call *call, struct rc_value *ret)
{
	BUILD(out);

	for (size_t i = 0; i < call->n_args; i++) {
		if (rc_value_is_nil(call->args[i]))
			continue;
		if (out.n > 0)
			rc_buf_putc(&out, ' ');
		rc_buf_putc(&out, '\'');
		rc_value_print(&out, call->args[i]);
		rc_buf_putc(&out, '\'');
	}
	return give(call, &out, ret);
}

/* text is cut at sep, at most max pieces (negative: all). */
static struct rc_value cut(struct rc_value_call *call, struct rc_str sep, struct rc_str s,
			   int64_t max)
{
	struct rc_value list = rc_value_list_new(call->arena, RC_VALUE_STRINGS, 0);

	if (max == 0)
		return list;
	while (sep.n == 0 && s.n > 0) {
		const char *start = s.p;
		size_t n;

		next_rune(&s, &n);
		rc_value_list_add(call->arena, list, rc_value_str((struct rc_str){start, n}));
	}
	while (sep.n > 0) {
		const char *found = s.n && (max < 0 || (int64_t)list.list->n + 1 < max)
					    ? memmem(s.p, s.n, sep.p, sep.n)
					    : NULL;
		size_t n = found ? (size_t)(found - s.p) : s.n;

		rc_value_list_add(call->arena, list, rc_value_str((struct rc_str){s.p, n}));
		if (!found)
			break;
		s.p += n + sep.n;
		s.n -= n + sep.n;
	}
	return list;
}

static int run_split_list(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = cut(call, text(call, 0), text(call, 1), -1);
	return 0;
}

static struct rc_value numbered(struct rc_value_call *call, struct rc_value list)
{
	struct rc_value map = rc_value_map_new(call->arena, RC_VALUE_STRINGS, list.list->n);

	for (size_t i = 0; i < list.list->n; i++)
		rc_value_map_set(call->arena, map.map,
				 rc_str(rc_arena_printf(call->arena, "_%zu", i)),
				 list.list->items[i]);
	return map;
}

static int run_split(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = numbered(call, cut(call, text(call, 0), text(call, 1), -1));
	return 0;
}

static int run_splitn(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = numbered(call, cut(call, text(call, 0), text(call, 2), call->args[1].integer));
	return 0;
}

static int run_join(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_value value = call->args[1];
	bool first = true;
	BUILD(out);

	if (value.kind != RC_VALUE_LIST) {
		if (!rc_value_is_nil(value))
			rc_value_print(&out, value);
		return give(call, &out, ret);
	}
	for (size_t i = 0; i < value.list->n; i++) {
		if (rc_value_is_nil(value.list->items[i]))
			continue;
		if (!first)
			rc_buf_add_str(&out, text(call, 0));
		rc_value_print(&out, value.list->items[i]);
		first = false;
	}
	return give(call, &out, ret);
}

static int run_to_string(struct rc_value_call *call, struct rc_value *ret)
{
	if (call->args[0].kind == RC_VALUE_BYTES)
		*ret = rc_value_str(call->args[0].text);
	else
		*ret = rc_value_str(rc_value_format(call->arena, call->args[0]));
	return 0;
}

static struct rc_value to_strings(struct rc_value_call *call, struct rc_value value)
{
	struct rc_value list = rc_value_list_new(call->arena, RC_VALUE_STRINGS, 0);

	if (value.kind != RC_VALUE_LIST) {
		if (!rc_value_is_nil(value))
			rc_value_list_add(call->arena, list,
					  rc_value_str(rc_value_format(call->arena, value)));
		return list;
	}
	for (size_t i = 0; i < value.list->n; i++)
		if (!rc_value_is_nil(value.list->items[i]))
			rc_value_list_add(
				call->arena, list,
				rc_value_str(rc_value_format(call->arena, value.list->items[i])));
	return list;
}

static int run_to_strings(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = to_strings(call, call->args[0]);
	return 0;
}

static int compare_text(const void *a, const void *b)
{
	const struct rc_value *x = a, *y = b;

	return rc_str_compare(x->text, y->text);
}

static int run_sort_alpha(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = to_strings(call, call->args[0]);
	if (ret->list->n > 0)
		qsort(ret->list->items, ret->list->n, sizeof(*ret->list->items), compare_text);
	return 0;
}

const struct rc_template_func rc_template_func_text[] = {
	{"trim", "s", run_trim},
	{"trimAll", "ss", run_trim_all},
	{"trimall", "ss", run_trim_all},
	{"trimPrefix", "ss", run_trim_prefix},
	{"trimSuffix", "ss", run_trim_suffix},
	{"upper", "s", run_upper},
	{"lower", "s", run_lower},
	{"swapcase", "s", run_swapcase},
	{"title", "s", run_title},
	{"untitle", "s", run_untitle},
	{"nospace", "s", run_nospace},
	{"repeat", "is", run_repeat},
	{"substr", "iis", run_substr},
	{"trunc", "is", run_trunc},
	{"abbrev", "is", run_abbrev},
	{"contains", "ss", run_contains},
	{"hasPrefix", "ss", run_has_prefix},
	{"hasSuffix", "ss", run_has_suffix},
	{"replace", "sss", run_replace},
	{"plural", "ssi", run_plural},
	{"cat", "a*", run_cat},
	{"indent", "is", run_indent},
	{"nindent", "is", run_nindent},
	{"quote", "a*", run_quote},
	{"squote", "a*", run_squote},
	{"split", "ss", run_split},
	{"splitn", "sis", run_splitn},
	{"splitList", "ss", run_split_list},
	{"join", "sa", run_join},
	{"toString", "a", run_to_string},
	{"toStrings", "a", run_to_strings},
	{"sortAlpha", "a", run_sort_alpha},
	{NULL, NULL, NULL},
};
