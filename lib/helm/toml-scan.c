/* TOML's literals. The first failure stays: what is read after it is U+FFFD and counts for nothing.
 */
#include "helm/toml-scan.h"

#include "base/buf.h"
#include "data/quote.h"
#include "data/unicode.h"
#include "data/utf8.h"

void rc_helm_toml_scan_init(struct rc_helm_toml_scan *scan, struct rc_arena *arena,
			    struct rc_str input)
{
	*scan = (struct rc_helm_toml_scan){.arena = arena, .input = input, .line = 1};
}

static bool fail_at(struct rc_helm_toml_scan *scan, unsigned int line, struct rc_str message)
{
	if (scan->failed)
		return false;
	scan->failed = true;
	scan->error = rc_arena_str(scan->arena, message);
	scan->error_line = line;
	return false;
}

/* At the end of the text there is nothing to show: the line before is named. */
static unsigned int place(const struct rc_helm_toml_scan *scan)
{
	return scan->at_end ? scan->line - 1 : scan->line;
}

bool rc_helm_toml_scan_fail(struct rc_helm_toml_scan *scan, const char *message)
{
	return fail_at(scan, place(scan), rc_str(message));
}

bool rc_helm_toml_scan_fail_before(struct rc_helm_toml_scan *scan, const char *message)
{
	return fail_at(scan, scan->line - 1, rc_str(message));
}

bool rc_helm_toml_scan_fail_rune(struct rc_helm_toml_scan *scan, const char *before, uint32_t rune,
				 const char *after)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(1024);

	rc_buf_puts(&text, before);
	rc_quote_rune(&text, rune, false);
	rc_buf_puts(&text, after);
	return fail_at(scan, place(scan), rc_buf_str(&text));
}

static struct rc_str current(const struct rc_helm_toml_scan *scan)
{
	return (struct rc_str){scan->input.p + scan->start, scan->at - scan->start};
}

/* What was read so far stands between before and after, then a rune as it is. */
static bool fail_current(struct rc_helm_toml_scan *scan, const char *before, bool quoted,
			 uint32_t rune, const char *after)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_buf_puts(&text, before);
	if (quoted)
		rc_quote_string(&text, current(scan), false);
	else
		rc_buf_add_str(&text, current(scan));
	if (!quoted && rune != RC_UTF8_ERROR)
		rc_buf_put_rune(&text, rune);
	rc_buf_puts(&text, after);
	return fail_at(scan, place(scan), rc_buf_str(&text));
}

static bool is_control(uint32_t rune)
{
	return (rune < 0x20 && rune != '\t' && rune != '\n' && rune != '\r') || rune == 0x7f;
}

static uint32_t fail_byte(struct rc_helm_toml_scan *scan, const char *what, uint32_t byte,
			  const char *after)
{
	const char *text = rc_arena_printf(scan->arena, "%s0x%02x%s", what, byte, after);

	fail_at(scan, scan->line, rc_str(text));
	return RC_UTF8_ERROR;
}

uint32_t rc_helm_toml_scan_next(struct rc_helm_toml_scan *scan)
{
	struct rc_str rest = {scan->input.p + scan->at, scan->input.n - scan->at};
	uint32_t rune;
	size_t n;

	if (scan->failed)
		return RC_UTF8_ERROR;
	if (rest.n == 0) {
		scan->at_end = true;
		return 0;
	}
	if (*rest.p == '\n')
		scan->line++;
	memmove(scan->widths + 1, scan->widths, 3);
	rune = rc_utf8_decode(rest, &n);
	if (rune == RC_UTF8_ERROR && n == 1)
		return fail_byte(scan, "invalid UTF-8 byte: ", (unsigned char)*rest.p, "");
	if (is_control(rune) || (rune == '\r' && (rest.n == 1 || rest.p[1] != '\n')))
		return fail_byte(scan, "TOML files cannot contain control characters: '", rune,
				 "'");
	scan->widths[0] = (unsigned char)n;
	scan->at += n;
	return rune;
}

void rc_helm_toml_scan_back(struct rc_helm_toml_scan *scan)
{
	if (scan->failed)
		return;
	if (scan->at_end) {
		scan->at_end = false;
		return;
	}
	scan->at -= scan->widths[0];
	memmove(scan->widths, scan->widths + 1, 3);
	if (scan->at < scan->input.n && scan->input.p[scan->at] == '\n')
		scan->line--;
}

uint32_t rc_helm_toml_scan_peek(struct rc_helm_toml_scan *scan)
{
	uint32_t rune = rc_helm_toml_scan_next(scan);

	rc_helm_toml_scan_back(scan);
	return rune;
}

void rc_helm_toml_scan_ignore(struct rc_helm_toml_scan *scan)
{
	scan->start = scan->at;
}

void rc_helm_toml_scan_skip_blanks(struct rc_helm_toml_scan *scan)
{
	while (rc_helm_toml_is_blank(rc_helm_toml_scan_next(scan)))
		;
	rc_helm_toml_scan_back(scan);
	rc_helm_toml_scan_ignore(scan);
}

static bool accept(struct rc_helm_toml_scan *scan, uint32_t rune)
{
	if (rc_helm_toml_scan_next(scan) == rune)
		return true;
	rc_helm_toml_scan_back(scan);
	return false;
}

static bool emit(struct rc_helm_toml_scan *scan, enum rc_helm_toml_item kind,
		 struct rc_helm_toml_literal *ret)
{
	*ret = (struct rc_helm_toml_literal){kind, current(scan), scan->line};
	rc_helm_toml_scan_ignore(scan);
	return !scan->failed;
}

/* Without its closing quotes, which are then read over. */
static bool emit_string(struct rc_helm_toml_scan *scan, enum rc_helm_toml_item kind, int quotes,
			struct rc_helm_toml_literal *ret)
{
	for (int i = 0; i < quotes; i++)
		rc_helm_toml_scan_back(scan);
	emit(scan, kind, ret);
	for (int i = 0; i < quotes; i++)
		rc_helm_toml_scan_next(scan);
	rc_helm_toml_scan_ignore(scan);
	return !scan->failed;
}

static bool is_hex(uint32_t rune)
{
	return (rune >= '0' && rune <= '9') || ((rune | 0x20) >= 'a' && (rune | 0x20) <= 'f');
}

static bool read_digits(struct rc_helm_toml_scan *scan, int n, const char *message)
{
	while (n-- > 0)
		if (!is_hex(rc_helm_toml_scan_next(scan)))
			return fail_current(scan, message, true, 0, " instead");
	return true;
}

/* The backslash was read. */
static bool read_escape(struct rc_helm_toml_scan *scan)
{
	uint32_t rune = rc_helm_toml_scan_next(scan);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(64);

	scan->escaped = true;
	if (rune == 'u')
		return read_digits(scan, 4,
				   "expected four hexadecimal digits after '\\u', but got ");
	if (rune == 'U')
		return read_digits(scan, 8,
				   "expected eight hexadecimal digits after '\\U', but got ");
	if (rune != 0 && rune < 0x80 && strchr("btnfr\" \t\\", (int)rune))
		return true;
	rc_buf_puts(&text, "invalid escape in string '\\");
	rc_buf_put_rune(&text, rune);
	rc_buf_putc(&text, '\'');
	return fail_at(scan, place(scan), rc_buf_str(&text));
}

/* One line; the opening quote was read. */
static bool read_string(struct rc_helm_toml_scan *scan, char quote,
			struct rc_helm_toml_literal *ret)
{
	bool escaped;

	rc_helm_toml_scan_ignore(scan);
	for (;;) {
		uint32_t rune = rc_helm_toml_scan_next(scan);

		if (scan->failed)
			return false;
		if (rune == 0)
			return rc_helm_toml_scan_fail(
				scan, quote == '"' ? "unexpected EOF; expected '\"'"
						   : "unexpected EOF; expected \"'\"");
		if (rc_helm_toml_is_newline(rune))
			return rc_helm_toml_scan_fail_before(scan,
							     "strings cannot contain newlines");
		if (rune == '\\' && quote == '"' && !read_escape(scan))
			return false;
		if (rune == (unsigned char)quote)
			break;
	}
	if (quote == '\'')
		return emit_string(scan, RC_HELM_TOML_RAW, 1, ret);
	escaped = scan->escaped;
	scan->escaped = false;
	return emit_string(scan, escaped ? RC_HELM_TOML_ESCAPED : RC_HELM_TOML_STRING, 1, ret);
}

/* A quote was read: do two more, and no fourth, end the string? */
static bool ends_multiline(struct rc_helm_toml_scan *scan, char quote)
{
	uint32_t rune = (unsigned char)quote;
	struct rc_str five = quote == '"' ? RC_STR("\"\"\"\"\"") : RC_STR("'''''");

	if (!accept(scan, rune))
		return false;
	if (!accept(scan, rune)) {
		rc_helm_toml_scan_back(scan);
		return false;
	}
	if (rc_helm_toml_scan_peek(scan) != rune)
		return true;
	/* Two quotes may stand before the closing three, but no third. */
	if (rc_str_has_suffix(current(scan), five) &&
	    !(quote == '"' && rc_str_has_suffix(current(scan), RC_STR("\\\"\"\"\"\""))))
		return rc_helm_toml_scan_fail(scan, quote == '"' ? "unexpected '\"\"\"\"\"\"'"
								 : "unexpected \"''''''\"");
	rc_helm_toml_scan_back(scan);
	rc_helm_toml_scan_back(scan);
	return false;
}

/* The three opening quotes were read. */
static bool read_multiline(struct rc_helm_toml_scan *scan, char quote,
			   struct rc_helm_toml_literal *ret)
{
	rc_helm_toml_scan_ignore(scan);
	for (;;) {
		uint32_t rune = rc_helm_toml_scan_next(scan);

		if (scan->failed)
			return false;
		if (rune == 0)
			return rc_helm_toml_scan_fail(
				scan, quote == '"' ? "unexpected EOF; expected '\"\"\"'"
						   : "unexpected EOF; expected \"'''\"");
		if (rune == '\\' && quote == '"') {
			if (rc_helm_toml_is_newline(rc_helm_toml_scan_next(scan)))
				continue;
			rc_helm_toml_scan_back(scan);
			if (!read_escape(scan))
				return false;
		}
		if (rune == (unsigned char)quote && ends_multiline(scan, quote))
			break;
	}
	if (quote == '\'')
		return emit_string(scan, RC_HELM_TOML_RAW_MULTILINE, 3, ret);
	scan->escaped = false;
	return emit_string(scan, RC_HELM_TOML_MULTILINE, 3, ret);
}

static bool read_quoted(struct rc_helm_toml_scan *scan, char quote,
			struct rc_helm_toml_literal *ret)
{
	if (accept(scan, (unsigned char)quote)) {
		if (accept(scan, (unsigned char)quote))
			return read_multiline(scan, quote, ret);
		rc_helm_toml_scan_back(scan);
	}
	return read_string(scan, quote, ret);
}

/* Read on while any holds the character. */
static uint32_t run(struct rc_helm_toml_scan *scan, const char *any)
{
	uint32_t rune;

	do
		rune = rc_helm_toml_scan_next(scan);
	while (rune != 0 && rune < 0x80 && strchr(any, (int)rune));
	return rune;
}

static bool emit_back(struct rc_helm_toml_scan *scan, enum rc_helm_toml_item kind,
		      struct rc_helm_toml_literal *ret)
{
	rc_helm_toml_scan_back(scan);
	return emit(scan, kind, ret);
}

static bool read_float(struct rc_helm_toml_scan *scan, struct rc_helm_toml_literal *ret)
{
	run(scan, "0123456789_.-+eE");
	return emit_back(scan, RC_HELM_TOML_FLOAT, ret);
}

static bool read_decimal(struct rc_helm_toml_scan *scan, struct rc_helm_toml_literal *ret)
{
	uint32_t rune = run(scan, "0123456789_");

	if (rune == '.' || rune == 'e' || rune == 'E')
		return read_float(scan, ret);
	return emit_back(scan, RC_HELM_TOML_INTEGER, ret);
}

static bool read_datetime(struct rc_helm_toml_scan *scan, struct rc_helm_toml_literal *ret)
{
	bool right;

	run(scan, "0123456789-:Tt .Zz+");
	right = emit_back(scan, RC_HELM_TOML_DATETIME, ret);
	ret->text = rc_str_trim(ret->text, " \t\r\n");
	return right;
}

static bool read_number_or_date(struct rc_helm_toml_scan *scan, uint32_t rune,
				struct rc_helm_toml_literal *ret)
{
	switch (rune) {
	case '-':
	case ':':
		return read_datetime(scan, ret);
	case '_':
		return read_decimal(scan, ret);
	case '.':
	case 'e':
	case 'E':
		return read_float(scan, ret);
	default:
		return emit_back(scan, RC_HELM_TOML_INTEGER, ret);
	}
}

static bool read_base(struct rc_helm_toml_scan *scan, const char *digits, const char *message,
		      struct rc_helm_toml_literal *ret)
{
	uint32_t rune = rc_helm_toml_scan_peek(scan);

	if (rune == 0 || rune >= 0x80 || rune == '_' || !strchr(digits, (int)rune))
		return fail_current(scan, message, false, rune, "'");
	run(scan, digits);
	return emit_back(scan, RC_HELM_TOML_INTEGER, ret);
}

/* The first digit was read. */
static bool read_number(struct rc_helm_toml_scan *scan, uint32_t first,
			struct rc_helm_toml_literal *ret)
{
	uint32_t rune;

	if (first != '0')
		return read_number_or_date(scan, run(scan, "0123456789"), ret);
	rune = rc_helm_toml_scan_next(scan);
	if (rune >= '0' && rune <= '9')
		return read_number_or_date(scan, run(scan, "0123456789"), ret);
	if (rune == 'b')
		return read_base(scan, "01_", "not a binary number: '", ret);
	if (rune == 'o')
		return read_base(scan, "01234567_", "not an octal number: '", ret);
	if (rune == 'x')
		return read_base(scan, "0123456789abcdefABCDEF_", "not a hexidecimal number: '",
				 ret);
	if (rune == '-' || rune == ':')
		return emit_back(scan, RC_HELM_TOML_INTEGER, ret);
	return read_number_or_date(scan, rune, ret);
}

/* The sign was read. */
static bool read_signed(struct rc_helm_toml_scan *scan, struct rc_helm_toml_literal *ret)
{
	uint32_t rune = rc_helm_toml_scan_next(scan), after;

	if (rune == 'i' || rune == 'n') {
		bool right = rune == 'i' ? accept(scan, 'n') && accept(scan, 'f')
					 : accept(scan, 'a') && accept(scan, 'n');

		if (!right)
			return fail_current(scan, "invalid float: '", false, RC_UTF8_ERROR, "'");
		return emit(scan, RC_HELM_TOML_FLOAT, ret);
	}
	after = rune == '0' ? rc_helm_toml_scan_peek(scan) : 0;
	if (after == 'b' || after == 'o' || after == 'x')
		return fail_current(scan, "cannot use sign with non-decimal numbers: '", false,
				    after, "'");
	if (rune == '.')
		return rc_helm_toml_scan_fail(scan, "floats must start with a digit, not '.'");
	if (rune >= '0' && rune <= '9')
		return read_decimal(scan, ret);
	return rc_helm_toml_scan_fail_rune(scan, "expected a digit but got ", rune, "");
}

static bool read_word(struct rc_helm_toml_scan *scan, struct rc_helm_toml_literal *ret)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	size_t start = scan->at;
	struct rc_str word;

	while (rc_unicode_is_letter(rc_helm_toml_scan_next(scan)))
		;
	rc_helm_toml_scan_back(scan);
	word = (struct rc_str){scan->input.p + start, scan->at - start};
	if (rc_str_is(word, "true") || rc_str_is(word, "false"))
		return emit(scan, RC_HELM_TOML_BOOL, ret);
	rc_buf_puts(&text, "expected value but found ");
	rc_quote_string(&text, word, false);
	rc_buf_puts(&text, " instead");
	return fail_at(scan, place(scan), rc_buf_str(&text));
}

bool rc_helm_toml_scan_name(struct rc_helm_toml_scan *scan, struct rc_helm_toml_literal *ret)
{
	uint32_t rune = rc_helm_toml_scan_next(scan);

	if (rune == '"' || rune == '\'')
		return read_string(scan, (char)rune, ret);
	rc_helm_toml_scan_back(scan);
	run(scan, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
	return emit_back(scan, RC_HELM_TOML_TEXT, ret);
}

bool rc_helm_toml_scan_value(struct rc_helm_toml_scan *scan, struct rc_helm_toml_literal *ret)
{
	uint32_t rune;

	rc_helm_toml_scan_skip_blanks(scan);
	rune = rc_helm_toml_scan_next(scan);
	switch (rune) {
	case '[':
	case '{':
		rc_helm_toml_scan_ignore(scan);
		return emit(scan, rune == '[' ? RC_HELM_TOML_ARRAY : RC_HELM_TOML_TABLE, ret);
	case '"':
	case '\'':
		return read_quoted(scan, (char)rune, ret);
	case '.':
		return rc_helm_toml_scan_fail(scan, "floats must start with a digit, not '.'");
	case '+':
	case '-':
		return read_signed(scan, ret);
	default:
		break;
	}
	if (rune >= '0' && rune <= '9')
		return read_number(scan, rune, ret);
	/* "ian" gets as far as the conversion, too. */
	if ((rune == 'i' || rune == 'n') &&
	    ((accept(scan, 'n') && accept(scan, 'f')) || (accept(scan, 'a') && accept(scan, 'n'))))
		return emit(scan, RC_HELM_TOML_FLOAT, ret);
	if (rc_unicode_is_letter(rune)) {
		rc_helm_toml_scan_back(scan);
		return read_word(scan, ret);
	}
	if (rune == 0)
		return rc_helm_toml_scan_fail(scan, "unexpected EOF; expected value");
	return rc_helm_toml_scan_fail_rune(scan, "expected value but found ", rune, " instead");
}
