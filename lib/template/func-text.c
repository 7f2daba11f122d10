/* sprig's functions over text. Positions count bytes, as in Go. */
#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "data/unicode.h"
#include "data/utf8.h"
#include "template/cast.h"
#include "template/func-text-private.h"
#include "template/template.h"
#include "template/text-case.h"

#define TEXT_MAX ((size_t)256 << 20)

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)

size_t rc_template_text_max(const struct rc_value_call *call)
{
	size_t max = call->exec ? call->exec->limits.max_output_bytes : 0;

	return max && max < TEXT_MAX ? max : TEXT_MAX;
}

int rc_template_text_give(struct rc_value_call *call, const struct rc_buf *out,
			  struct rc_value *ret)
{
	if (out->overflow)
		return fail(call, "the text is larger than %zu bytes", rc_template_text_max(call));
	return give(ret, rc_arena_str(call->arena, rc_buf_str(out)));
}

ptrdiff_t rc_template_text_find(struct rc_str s, struct rc_str needle, size_t from)
{
	const char *at;

	if (from > s.n)
		return -1;
	if (needle.n == 0)
		return (ptrdiff_t)from;
	at = memmem(s.p + from, s.n - from, needle.p, needle.n);
	return at ? at - s.p : -1;
}

size_t rc_template_text_rune_width(struct rc_str s, size_t at)
{
	size_t n;

	rc_utf8_decode(part(s, at, s.n), &n);
	return n;
}

static bool is_in_set(uint32_t rune, struct rc_str set)
{
	size_t n;

	for (; set.n > 0; set.p += n, set.n -= n)
		if (rc_utf8_decode(set, &n) == rune)
			return true;
	return false;
}

/* The last code point and its length. */
static uint32_t last_rune(struct rc_str s, size_t *ret_n)
{
	for (size_t n = 2; n <= 4 && n <= s.n; n++) {
		size_t width;
		uint32_t rune = rc_utf8_decode(part(s, s.n - n, s.n), &width);

		*ret_n = n;
		if (width == n)
			return rune;
	}
	return rc_utf8_decode(part(s, s.n - 1, s.n), ret_n);
}

/* set.p NULL: Unicode's white space. */
static struct rc_str trim(struct rc_str s, struct rc_str set)
{
	while (s.n > 0) {
		size_t n;
		uint32_t rune = rc_utf8_decode(s, &n);

		if (set.p ? !is_in_set(rune, set) : !rc_unicode_is_space(rune))
			break;
		s = part(s, n, s.n);
	}
	while (s.n > 0) {
		size_t n;
		uint32_t rune = last_rune(s, &n);

		if (set.p ? !is_in_set(rune, set) : !rc_unicode_is_space(rune))
			break;
		s.n -= n;
	}
	return s;
}

static int run_trim(struct rc_value_call *call, struct rc_value *ret)
{
	return give(ret, trim(text_arg(call, 0), (struct rc_str){NULL, 0}));
}

static int run_trim_all(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str set = text_arg(call, 0);

	return give(ret, set.n ? trim(text_arg(call, 1), set) : text_arg(call, 1));
}

static int run_trim_prefix(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str prefix = text_arg(call, 0), s = text_arg(call, 1);

	return give(ret, rc_str_has_prefix(s, prefix) ? part(s, prefix.n, s.n) : s);
}

static int run_trim_suffix(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str suffix = text_arg(call, 0), s = text_arg(call, 1);

	return give(ret, rc_str_has_suffix(s, suffix) ? part(s, 0, s.n - suffix.n) : s);
}

static int change_case(struct rc_value_call *call, rc_template_text_case_fn *change,
		       struct rc_value *ret)
{
	rc_autobuf struct rc_buf out;

	rc_buf_init(&out, rc_template_text_max(call));
	change(&out, text_arg(call, 0));
	return rc_template_text_give(call, &out, ret);
}

#define CASE_FUNCTION(name)                                                     \
	static int run_##name(struct rc_value_call *call, struct rc_value *ret) \
	{                                                                       \
		return change_case(call, rc_template_text_case_##name, ret);    \
	}
CASE_FUNCTION(upper)
CASE_FUNCTION(lower)
CASE_FUNCTION(title)
CASE_FUNCTION(untitle)
CASE_FUNCTION(swap)
CASE_FUNCTION(camel)
CASE_FUNCTION(snake)
CASE_FUNCTION(kebab)

/* goutils looks at bytes as if they were code points. */
static int run_nospace(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str s = text_arg(call, 0);
	rc_autobuf struct rc_buf out;
	size_t kept = 0;

	rc_buf_init(&out, rc_template_text_max(call));
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (rc_unicode_is_space(c))
			continue;
		rc_buf_put_rune(&out, c);
		kept++;
	}
	return kept == s.n ? give(ret, s) : rc_template_text_give(call, &out, ret);
}

static int run_initials(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str s = text_arg(call, 0);
	rc_autobuf struct rc_buf out;
	bool after_gap = true;

	rc_buf_init(&out, rc_template_text_max(call));
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (rc_unicode_is_space(c)) {
			after_gap = true;
		} else if (after_gap) {
			rc_buf_put_rune(&out, c);
			after_gap = false;
		}
	}
	return rc_template_text_give(call, &out, ret);
}

static int run_repeat(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t count = call->args[0].integer;
	struct rc_str s = text_arg(call, 1);
	rc_autobuf struct rc_buf out;

	rc_buf_init(&out, rc_template_text_max(call));
	if (count < 0)
		return fail(call, "strings: negative Repeat count");
	for (int64_t i = 0; i < count && s.n > 0 && !out.overflow; i++)
		rc_buf_add_str(&out, s);
	return rc_template_text_give(call, &out, ret);
}

static int run_substr(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t start = call->args[0].integer, end = call->args[1].integer;
	struct rc_str s = text_arg(call, 2);
	int64_t n = (int64_t)s.n;

	if (start < 0) {
		if (end < 0)
			return fail(call, "runtime error: slice bounds out of range [:%lld]",
				    (long long)end);
		if (end > n)
			return fail(call,
				    "runtime error: slice bounds out of range [:%lld] with length "
				    "%lld",
				    (long long)end, (long long)n);
		return give(ret, part(s, 0, (size_t)end));
	}
	if (end < 0 || end > n)
		end = n;
	if (start > end)
		return fail(call, "runtime error: slice bounds out of range [%lld:%lld]",
			    (long long)start, (long long)end);
	return give(ret, part(s, (size_t)start, (size_t)end));
}

static int run_trunc(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t count = call->args[0].integer;
	struct rc_str s = text_arg(call, 1);
	int64_t n = (int64_t)s.n;

	if (count < 0 && n + count > 0)
		return give(ret, part(s, (size_t)(n + count), s.n));
	if (count >= 0 && n > count)
		return give(ret, part(s, 0, (size_t)count));
	return give(ret, s);
}

static int abbreviate(struct rc_value_call *call, struct rc_str s, int64_t offset, int64_t width,
		      struct rc_value *ret)
{
	int64_t n = (int64_t)s.n, kept = width - 3;
	char *text;

	if (n <= width)
		return give(ret, s);
	if (offset > n)
		offset = n;
	if (n - offset < kept)
		offset = n - kept;
	if (offset <= 4)
		text = rc_arena_printf(call->arena, "%.*s...", (int)kept, s.p);
	else if (offset + kept >= n)
		text = rc_arena_printf(call->arena, "...%.*s", (int)kept, s.p + n - kept);
	else
		text = rc_arena_printf(call->arena, "...%.*s...", (int)(kept - 3), s.p + offset);
	return give(ret, rc_str(text));
}

static int run_abbrev(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t width = call->args[0].integer;
	struct rc_str s = text_arg(call, 1);

	return width < 4 ? give(ret, s) : abbreviate(call, s, 0, width, ret);
}

static int run_abbrevboth(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t left = call->args[0].integer, right = call->args[1].integer;
	struct rc_str s = text_arg(call, 2);

	if (right < 4 || (left > 0 && right < 7))
		return give(ret, s);
	return abbreviate(call, s, left, right, ret);
}

/* The last blank of s[from, to), or -1. */
static ptrdiff_t last_blank(struct rc_str s, size_t from, size_t to)
{
	while (to > from)
		if (s.p[--to] == ' ')
			return (ptrdiff_t)to;
	return -1;
}

static int wrap(struct rc_value_call *call, struct rc_str s, int64_t wanted, struct rc_str newline,
		bool cut_words, struct rc_value *ret)
{
	size_t width = wanted < 1 ? 1 : (size_t)wanted, at = 0;
	rc_autobuf struct rc_buf out;

	rc_buf_init(&out, rc_template_text_max(call));
	while (s.n - at > width) {
		ptrdiff_t blank;

		if (s.p[at] == ' ') {
			at++;
			continue;
		}
		blank = last_blank(s, at, at + width + 1);
		if (blank < 0 && cut_words) {
			rc_buf_add(&out, s.p + at, width);
			rc_buf_add_str(&out, newline);
			at += width;
			continue;
		}
		if (blank < 0)
			blank = rc_template_text_find(s, RC_STR(" "), at + width);
		if (blank < 0)
			break;
		rc_buf_add(&out, s.p + at, (size_t)blank - at);
		rc_buf_add_str(&out, newline);
		at = (size_t)blank + 1;
	}
	rc_buf_add(&out, s.p + at, s.n - at);
	return rc_template_text_give(call, &out, ret);
}

static int run_wrap(struct rc_value_call *call, struct rc_value *ret)
{
	return wrap(call, text_arg(call, 1), call->args[0].integer, RC_STR("\n"), false, ret);
}

static int run_wrap_with(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str newline = text_arg(call, 1);

	return wrap(call, text_arg(call, 2), call->args[0].integer,
		    newline.n ? newline : RC_STR("\n"), true, ret);
}

static int run_contains(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_bool(rc_template_text_find(text_arg(call, 1), text_arg(call, 0), 0) >= 0);
	return 0;
}

static int run_has_prefix(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_bool(rc_str_has_prefix(text_arg(call, 1), text_arg(call, 0)));
	return 0;
}

static int run_has_suffix(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_bool(rc_str_has_suffix(text_arg(call, 1), text_arg(call, 0)));
	return 0;
}

static void replace(struct rc_buf *out, struct rc_str s, struct rc_str old, struct rc_str new)
{
	size_t at = 0;

	while (old.n == 0 && at < s.n) {
		size_t n = rc_template_text_rune_width(s, at);

		rc_buf_add_str(out, new);
		rc_buf_add(out, s.p + at, n);
		at += n;
	}
	if (old.n == 0)
		rc_buf_add_str(out, new);
	for (;;) {
		ptrdiff_t next = old.n ? rc_template_text_find(s, old, at) : -1;

		if (next < 0)
			break;
		rc_buf_add(out, s.p + at, (size_t)next - at);
		rc_buf_add_str(out, new);
		at = (size_t)next + old.n;
	}
	rc_buf_add(out, s.p + at, s.n - at);
}

static int run_replace(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out;

	rc_buf_init(&out, rc_template_text_max(call));
	replace(&out, text_arg(call, 2), text_arg(call, 0), text_arg(call, 1));
	return rc_template_text_give(call, &out, ret);
}

static int run_plural(struct rc_value_call *call, struct rc_value *ret)
{
	return give(ret, text_arg(call, call->args[2].integer == 1 ? 0 : 1));
}

/* Room for s and width blanks before each of its lines, at once. */
static void reserve_indented(struct rc_buf *out, struct rc_str s, size_t width)
{
	size_t lines = 1, n;

	for (size_t i = 0; i < s.n; i++)
		lines += s.p[i] == '\n';
	if (!__builtin_mul_overflow(lines, width, &n) && !__builtin_add_overflow(n, s.n + 1, &n))
		rc_buf_reserve(out, n);
}

static int indent(struct rc_value_call *call, const char *before, struct rc_value *ret)
{
	int64_t width = call->args[0].integer;
	struct rc_str s = text_arg(call, 1);
	rc_autobuf struct rc_buf out;

	rc_buf_init(&out, rc_template_text_max(call));
	if (width < 0)
		return fail(call, "strings: negative Repeat count");
	reserve_indented(&out, s, (size_t)width);
	rc_buf_puts(&out, before);
	for (;;) {
		ptrdiff_t end = rc_str_index(s, '\n');
		size_t n = end < 0 ? s.n : (size_t)end + 1;

		rc_buf_fill(&out, ' ', (size_t)width);
		rc_buf_add(&out, s.p, n);
		if (end < 0)
			break;
		s = part(s, n, s.n);
	}
	return rc_template_text_give(call, &out, ret);
}

static int run_indent(struct rc_value_call *call, struct rc_value *ret)
{
	return indent(call, "", ret);
}

static int run_nindent(struct rc_value_call *call, struct rc_value *ret)
{
	return indent(call, "\n", ret);
}

const struct rc_template_func rc_template_func_text[] = {
	{"trim", "s", run_trim},
	{"trimAll", "ss", run_trim_all},
	{"trimall", "ss", run_trim_all},
	{"trimPrefix", "ss", run_trim_prefix},
	{"trimSuffix", "ss", run_trim_suffix},
	{"upper", "s", run_upper},
	{"lower", "s", run_lower},
	{"title", "s", run_title},
	{"untitle", "s", run_untitle},
	{"swapcase", "s", run_swap},
	{"camelcase", "s", run_camel},
	{"snakecase", "s", run_snake},
	{"kebabcase", "s", run_kebab},
	{"nospace", "s", run_nospace},
	{"initials", "s", run_initials},
	{"repeat", "is", run_repeat},
	{"substr", "iis", run_substr},
	{"trunc", "is", run_trunc},
	{"abbrev", "is", run_abbrev},
	{"abbrevboth", "iis", run_abbrevboth},
	{"wrap", "is", run_wrap},
	{"wrapWith", "iss", run_wrap_with},
	{"contains", "ss", run_contains},
	{"hasPrefix", "ss", run_has_prefix},
	{"hasSuffix", "ss", run_has_suffix},
	{"replace", "sss", run_replace},
	{"plural", "ssi", run_plural},
	{"indent", "is", run_indent},
	{"nindent", "is", run_nindent},
	{NULL, NULL, NULL},
};
