/* sprig's shapes of words: snake, camel and kebab case, initials, wrapping, abbreviations. */
#include <errno.h>

#include "data/unicode.h"
#include "data/utf8.h"
#include "template/func.h"

#define TEXT_MAX ((size_t)256 << 20)

static int give(struct rc_value_call *call, const struct rc_buf *buf, struct rc_value *ret)
{
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(buf)));
	return 0;
}

static uint32_t next_rune(struct rc_str *s)
{
	size_t n;
	uint32_t rune = rc_utf8_decode(*s, &n);

	s->p += n;
	s->n -= n;
	return rune;
}

/* What xstrings tells apart. */
enum shape { UPPER, LOWER, DIGIT, CONNECTOR, OTHER };

static enum shape shape_of(uint32_t rune)
{
	if (rune == '-' || rune == '_' || rc_unicode_is_space(rune))
		return CONNECTOR;
	if (rc_unicode_is_upper(rune))
		return UPPER;
	if (rc_unicode_is_digit(rune))
		return DIGIT;
	return rc_unicode_is_lower(rune) || rc_unicode_is_letter(rune) ? LOWER : OTHER;
}

struct runes {
	uint32_t *at;
	size_t n;
};

static struct runes decode(struct rc_value_call *call, struct rc_str s)
{
	struct runes runes = {rc_arena_alloc(call->arena, (s.n + 1) * sizeof(uint32_t)), 0};

	while (s.n > 0)
		runes.at[runes.n++] = next_rune(&s);
	return runes;
}

/* Whether a word begins at i: after lower case or digits a capital, the last of several capitals.
 */
static bool begins_word(const struct runes *runes, size_t i)
{
	enum shape before, here, after;

	if (i == 0)
		return false;
	before = shape_of(runes->at[i - 1]);
	here = shape_of(runes->at[i]);
	after = i + 1 < runes->n ? shape_of(runes->at[i + 1]) : CONNECTOR;
	if (before == CONNECTOR || here == CONNECTOR)
		return false;
	if (here == UPPER && (before == LOWER || before == DIGIT))
		return true;
	return here == UPPER && before == UPPER && after == LOWER;
}

static int separate(struct rc_value_call *call, char connector, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);
	struct runes runes = decode(call, call->args[0].text);

	for (size_t i = 0; i < runes.n; i++) {
		if (shape_of(runes.at[i]) == CONNECTOR) {
			rc_buf_putc(&out, connector);
			continue;
		}
		if (begins_word(&runes, i))
			rc_buf_putc(&out, connector);
		rc_buf_put_rune(&out, rc_unicode_to_lower(runes.at[i]));
	}
	return give(call, &out, ret);
}

static int run_snakecase(struct rc_value_call *call, struct rc_value *ret)
{
	return separate(call, '_', ret);
}

static int run_kebabcase(struct rc_value_call *call, struct rc_value *ret)
{
	return separate(call, '-', ret);
}

/* Pascal case: connectors vanish and raise what follows; those in front and behind stay. */
static int run_camelcase(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);
	struct runes runes = decode(call, call->args[0].text);
	size_t i = 0, end = runes.n;
	bool raise = true;

	while (i < end && shape_of(runes.at[i]) == CONNECTOR)
		rc_buf_put_rune(&out, runes.at[i++]);
	while (end > i && shape_of(runes.at[end - 1]) == CONNECTOR)
		end--;
	for (; i < end; i++) {
		if (shape_of(runes.at[i]) == CONNECTOR) {
			raise = true;
			continue;
		}
		rc_buf_put_rune(&out, raise ? rc_unicode_to_upper(runes.at[i]) : runes.at[i]);
		raise = false;
	}
	for (; end < runes.n; end++)
		rc_buf_put_rune(&out, runes.at[end]);
	return give(call, &out, ret);
}

static int run_initials(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);
	struct rc_str s = call->args[0].text;
	bool at_start = true;

	while (s.n > 0) {
		uint32_t rune = next_rune(&s);

		if (at_start && !rc_unicode_is_space(rune))
			rc_buf_put_rune(&out, rune);
		at_start = rc_unicode_is_space(rune);
	}
	return give(call, &out, ret);
}

/* goutils.WrapCustom: lines break at blanks; words longer than width are cut only when told to. */
static void wrap(struct rc_buf *out, struct rc_str s, size_t width, struct rc_str newline, bool cut)
{
	if (width == 0)
		width = 1;
	while (s.n > width) {
		const char *blank;

		if (s.p[0] == ' ') {
			s.p++;
			s.n--;
			continue;
		}
		blank = memrchr(s.p, ' ', width + 1 < s.n ? width + 1 : s.n);
		if (!blank && cut) {
			rc_buf_add(out, s.p, width);
			rc_buf_add_str(out, newline);
			s.p += width;
			s.n -= width;
			continue;
		}
		if (!blank)
			blank = memchr(s.p + width, ' ', s.n - width);
		if (!blank)
			break;
		rc_buf_add(out, s.p, (size_t)(blank - s.p));
		rc_buf_add_str(out, newline);
		s.n -= (size_t)(blank + 1 - s.p);
		s.p = blank + 1;
	}
	rc_buf_add_str(out, s);
}

static int run_wrap(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);
	int64_t width = call->args[0].integer;

	wrap(&out, call->args[1].text, width < 1 ? 1 : (size_t)width, RC_STR("\n"), false);
	return give(call, &out, ret);
}

static int run_wrap_with(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);
	int64_t width = call->args[0].integer;

	wrap(&out, call->args[2].text, width < 1 ? 1 : (size_t)width, call->args[1].text, true);
	return give(call, &out, ret);
}

static int run_abbrevboth(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);
	int64_t left = call->args[0].integer, right = call->args[1].integer;
	struct rc_str s = call->args[2].text;
	int64_t n = (int64_t)s.n;

	if (right < 4 || (left > 0 && right < 7) || n <= right || left < 0) {
		*ret = rc_value_str(s);
		return 0;
	}
	if (left > n)
		left = n;
	if (n - left < right - 3)
		left = n - (right - 3);
	if (left <= 4) {
		rc_buf_add(&out, s.p, (size_t)right - 3);
		rc_buf_puts(&out, "...");
	} else if (left + right - 3 < n) {
		rc_buf_puts(&out, "...");
		rc_buf_add(&out, s.p + left, (size_t)right - 6);
		rc_buf_puts(&out, "...");
	} else {
		rc_buf_puts(&out, "...");
		rc_buf_add(&out, s.p + (n - (right - 3)), (size_t)right - 3);
	}
	return give(call, &out, ret);
}

const struct rc_template_func rc_template_func_case[] = {
	{"snakecase", "s", run_snakecase},
	{"kebabcase", "s", run_kebabcase},
	{"camelcase", "s", run_camelcase},
	{"initials", "s", run_initials},
	{"wrap", "is", run_wrap},
	{"wrapWith", "iss", run_wrap_with},
	{"abbrevboth", "iis", run_abbrevboth},
	{NULL, NULL, NULL},
};
