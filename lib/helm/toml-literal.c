/* Strings without their escapes, numbers with TOML's own rules before Go's, dates. */
#include "helm/toml-literal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "base/buf.h"
#include "data/number.h"
#include "data/quote.h"
#include "template/time-value.h"
#include "template/time.h"

static const char *wrong(struct rc_arena *arena, const char *before, struct rc_str text,
			 const char *after)
{
	rc_autobuf struct rc_buf message = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_buf_puts(&message, before);
	rc_quote_string(&message, text, false);
	rc_buf_puts(&message, after);
	return rc_arena_str(arena, rc_buf_str(&message)).p;
}

static struct rc_str strip_first_newline(struct rc_str text)
{
	size_t n = text.n > 0 && text.p[0] == '\n'			  ? 1
		   : text.n > 1 && text.p[0] == '\r' && text.p[1] == '\n' ? 2
									  : 0;

	return (struct rc_str){text.p + n, text.n - n};
}

/* Behind a backslash: how many blanks and newlines, if there is a newline among them. */
static size_t line_ending(struct rc_str rest)
{
	bool newline = false;
	size_t n = 0;

	for (; n < rest.n && rest.p[n] && strchr(" \t\r\n", rest.p[n]); n++)
		newline = newline || rest.p[n] == '\n';
	return newline ? n : 0;
}

static const char *put_code_point(struct rc_arena *arena, struct rc_str digits, struct rc_buf *out)
{
	uint64_t rune = 0;

	rc_number_parse_uint(digits, 16, &rune);
	if (rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000))
		return rc_arena_printf(arena, "Escaped character '\\u%.*s' is not valid UTF-8.",
				       (int)digits.n, digits.p);
	rc_buf_put_rune(out, (unsigned int)rune);
	return NULL;
}

static const char *undo_escapes(struct rc_arena *arena, struct rc_str text, bool multiline,
				struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	const char *problem = NULL;

	for (size_t i = 0; i < text.n && !problem; i++) {
		struct rc_str rest = {text.p + i + 1, text.n - i - 1};
		static const char letters[] = "btnfr\"\\";
		const char *found;
		size_t skipped;

		if (text.p[i] != '\\') {
			rc_buf_putc(&out, text.p[i]);
			continue;
		}
		skipped = multiline ? line_ending(rest) : 0;
		if (skipped > 0) {
			i += skipped;
			continue;
		}
		found = strchr(letters, *rest.p);
		if (found) {
			rc_buf_putc(&out, "\b\t\n\f\r\"\\"[found - letters]);
			i++;
		} else if (*rest.p == 'u' || *rest.p == 'U') {
			size_t n = *rest.p == 'u' ? 4 : 8;

			problem = put_code_point(arena, (struct rc_str){rest.p + 1, n}, &out);
			i += n + 1;
		} else {
			problem = rc_arena_printf(arena, "invalid escape: '\\%c'", *rest.p);
		}
	}
	*ret = rc_value_str(rc_arena_str(arena, rc_buf_str(&out)));
	return problem;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool is_word(struct rc_str text)
{
	if (text.n > 0 && (text.p[0] == '+' || text.p[0] == '-')) {
		text.p++;
		text.n--;
	}
	return rc_str_is(text, "nan") || rc_str_is(text, "inf");
}

static bool underscores_are_right(struct rc_str text)
{
	bool accept = false;

	if (is_word(text))
		return true;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '_' && !accept)
			return false;
		accept = is_hex(text.p[i]);
	}
	return accept;
}

static bool has_leading_zero(struct rc_str text)
{
	if (text.n > 1 && text.p[0] == '0' && !strchr("box", text.p[1]))
		return true;
	return text.n > 2 && (text.p[0] == '-' || text.p[0] == '+') && text.p[1] == '0';
}

static const char *integer(struct rc_arena *arena, struct rc_str text, struct rc_value *ret)
{
	int64_t number;
	int r;

	if (!underscores_are_right(text))
		return wrong(arena, "Invalid integer ", text,
			     ": underscores must be surrounded by digits");
	if (has_leading_zero(text))
		return wrong(arena, "Invalid integer ", text, ": cannot have leading zeroes");
	r = rc_number_parse_int(text, 0, &number);
	if (r < 0)
		return rc_arena_printf(arena, "%.*s is out of range for int64", (int)text.n,
				       text.p);
	*ret = rc_value_int64(number);
	return NULL;
}

static bool periods_are_right(struct rc_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '.' &&
		    (i + 1 == text.n || text.p[i + 1] < '0' || text.p[i + 1] > '9'))
			return false;
	return true;
}

/* The parts between '.', 'e' and 'E', each by itself. */
static const char *check_parts(struct rc_arena *arena, struct rc_str text)
{
	struct rc_str first = {NULL, 0};

	for (size_t i = 0, start = 0; i <= text.n; i++) {
		struct rc_str part = {text.p + start, i - start};

		if (i < text.n && text.p[i] != '.' && (text.p[i] | 0x20) != 'e')
			continue;
		start = i + 1;
		if (part.n == 0)
			continue;
		if (!underscores_are_right(part))
			return wrong(arena, "Invalid float ", text,
				     ": underscores must be surrounded by digits");
		if (!first.p)
			first = part;
	}
	if (first.p && has_leading_zero(first))
		return wrong(arena, "Invalid float ", text, ": cannot have leading zeroes");
	return NULL;
}

static const char *floating(struct rc_arena *arena, struct rc_str text, struct rc_value *ret)
{
	const char *problem = check_parts(arena, text);
	struct rc_str plain = {NULL, 0};
	char *digits;
	double real;
	int r;

	if (problem)
		return problem;
	if (!periods_are_right(text))
		return wrong(arena, "Invalid float ", text,
			     ": '.' must be followed by one or more digits");
	digits = rc_arena_alloc(arena, text.n + 1);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] != '_')
			digits[plain.n++] = text.p[i];
	plain.p = digits;
	if (rc_str_is(plain, "+nan") || rc_str_is(plain, "-nan")) {
		*ret = rc_value_float(digits[0] == '-' ? -(double)NAN : (double)NAN);
		return NULL;
	}
	r = rc_number_parse_float(plain, &real);
	if (r == -ERANGE)
		return rc_arena_printf(arena, "%.*s is out of range for float64", (int)text.n,
				       text.p);
	if (r < 0)
		return wrong(arena, "Invalid float value: ", text, "");
	*ret = rc_value_float(real);
	return NULL;
}

/* Go takes an hour of one digit; TOML does not. */
static bool misses_zero(struct rc_str text, const char *layout)
{
	for (size_t i = 0; layout[i] && layout[i] != '.' && layout[i] != 'Z'; i++)
		if ((layout[i] < '0' || layout[i] > '9') && (i >= text.n || text.p[i] != layout[i]))
			return true;
	return false;
}

static const struct {
	const char *layout, *zone;
} date_forms[] = {
	{"2006-01-02T15:04:05.999999999Z07:00", NULL},
	{"2006-01-02T15:04:05.999999999", "datetime-local"},
	{"2006-01-02", "date-local"},
	{"15:04:05.999999999", "time-local"},
};

/* A time that names no zone is one of today's offset, in a zone that says what was missing. */
static void set_local(struct rc_template_time *parsed, const char *zone)
{
	struct rc_template_time_civil civil = rc_template_time_to_civil(parsed);
	struct rc_template_time now = rc_template_time_local(time(NULL), 0);

	parsed->unix_s = rc_template_time_from_civil(&civil) - now.offset_s;
	parsed->offset_s = now.offset_s;
	parsed->place = RC_TEMPLATE_TIME_FIXED;
	snprintf(parsed->zone, sizeof(parsed->zone), "%s", zone);
}

static const char *datetime(struct rc_arena *arena, struct rc_str text, struct rc_value *ret)
{
	char *copy = rc_arena_memdup(arena, text.p, text.n);
	struct rc_str plain = {copy, text.n};

	for (size_t i = 0; i < text.n; i++)
		copy[i] = (char)(text.p[i] == 'z'			? 'Z'
				 : text.p[i] == 't' || text.p[i] == ' ' ? 'T'
									: text.p[i]);
	for (size_t i = 0; i < sizeof(date_forms) / sizeof(*date_forms); i++) {
		struct rc_template_time when;
		struct rc_str layout = rc_str(date_forms[i].layout);

		if (rc_template_time_parse(layout, plain, &when, NULL) < 0)
			continue;
		if (misses_zero(plain, date_forms[i].layout))
			break;
		if (date_forms[i].zone)
			set_local(&when, date_forms[i].zone);
		*ret = rc_template_time_value(arena, &when);
		return NULL;
	}
	return wrong(arena, "invalid datetime: ", plain, "");
}

const char *rc_helm_toml_literal_value(struct rc_arena *arena,
				       const struct rc_helm_toml_literal *literal,
				       struct rc_value *ret)
{
	struct rc_str text = literal->text;

	switch (literal->kind) {
	case RC_HELM_TOML_ESCAPED:
		return undo_escapes(arena, text, false, ret);
	case RC_HELM_TOML_MULTILINE:
		return undo_escapes(arena, strip_first_newline(text), true, ret);
	case RC_HELM_TOML_RAW_MULTILINE:
		*ret = rc_value_str(strip_first_newline(text));
		return NULL;
	case RC_HELM_TOML_INTEGER:
		return integer(arena, text, ret);
	case RC_HELM_TOML_FLOAT:
		return floating(arena, text, ret);
	case RC_HELM_TOML_BOOL:
		*ret = rc_value_bool(rc_str_is(text, "true"));
		return NULL;
	case RC_HELM_TOML_DATETIME:
		return datetime(arena, text, ret);
	case RC_HELM_TOML_TEXT:
	case RC_HELM_TOML_STRING:
	case RC_HELM_TOML_RAW:
	case RC_HELM_TOML_ARRAY:
	case RC_HELM_TOML_TABLE:
		break;
	}
	*ret = rc_value_str(text);
	return NULL;
}
