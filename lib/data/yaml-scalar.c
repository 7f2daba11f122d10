/* Scalar styles, by the rules of goyaml's emitters. */
#include "data/yaml-scalar.h"

#include "data/utf8.h"
#include "data/yaml.h"

#define BEST_WIDTH     80
#define SIMPLE_KEY_MAX 128

/* What the emitter has to know of a text before it chooses a style. */
struct analysis {
	bool multiline, plain_allowed, single_allowed, block_allowed;
};

struct scan {
	bool indicators, breaks, special, tabs;
	bool blank_ends; /* begins or ends with a blank or a break */
	bool trailing_space, break_space, space_break;
};

static bool is_break(uint32_t c)
{
	return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

static bool is_blank_at(struct rc_str s, size_t i)
{
	return s.p[i] == ' ' || s.p[i] == '\t';
}

/* Blank, break, or the end. */
static bool is_blankz_at(struct rc_str s, size_t i)
{
	size_t n;

	if (i >= s.n)
		return true;
	return is_blank_at(s, i) || s.p[i] == '\0' ||
	       is_break(rc_utf8_decode((struct rc_str){s.p + i, s.n - i}, &n));
}

/* Printable in the emitter's sense: nothing above the basic plane, no byte order mark. */
static bool is_printable(uint32_t c)
{
	return c == '\n' || (c >= 0x20 && c <= 0x7e) || (c >= 0xa0 && c <= 0xd7ff) ||
	       (c >= 0xe000 && c <= 0xfffd && c != 0xfeff);
}

static void scan_indicator(struct rc_str s, size_t i, size_t n, bool after_blank, struct scan *scan)
{
	bool before_blank = is_blankz_at(s, i + n);
	char c = s.p[i];

	if (i == 0) {
		if (c != '\0' && strchr("#,[]{}&*!|>'\"%@`", c))
			scan->indicators = true;
		if ((c == '?' || c == ':' || c == '-') && before_blank)
			scan->indicators = true;
		return;
	}
	if ((c == ':' && before_blank) || (c == '#' && after_blank))
		scan->indicators = true;
}

static void scan_text(struct rc_str s, enum rc_yaml_flavour flavour, struct scan *scan)
{
	bool after_blank = true, previous_space = false, previous_break = false;
	size_t n;

	if (s.n >= 3 && (memcmp(s.p, "---", 3) == 0 || memcmp(s.p, "...", 3) == 0))
		scan->indicators = true;
	for (size_t i = 0; i < s.n; i += n) {
		uint32_t c = rc_utf8_decode((struct rc_str){s.p + i, s.n - i}, &n);
		bool space = c == ' ', brk = is_break(c);

		scan_indicator(s, i, n, after_blank, scan);
		if (c == '\t' && flavour == RC_YAML_V3)
			scan->tabs = true;
		else if (!is_printable(c))
			scan->special = true;
		scan->breaks |= brk;
		scan->trailing_space |= space && i + n == s.n;
		scan->break_space |= space && previous_break;
		scan->blank_ends |= (space || brk) && (i == 0 || i + n == s.n);
		scan->space_break |= brk && previous_space;
		previous_space = space;
		previous_break = brk;
		after_blank = is_blankz_at(s, i);
	}
}

/* 1: nothing special anywhere; 2: not at the beginning. Colons and what is no ASCII have to be
 * seen. */
static const unsigned char easy[256] = {
	['a' ... 'z'] = 1, ['A' ... 'Z'] = 1, ['0' ... '9'] = 1, ['_'] = 1,  ['/'] = 1, ['('] = 1,
	[')'] = 1,	   ['+'] = 1,	      ['$'] = 1,	 ['^'] = 1,  ['='] = 1, ['<'] = 1,
	[';'] = 1,	   ['~'] = 1,	      ['\\'] = 1,	 ['.'] = 2,  ['-'] = 2, [','] = 2,
	['['] = 2,	   [']'] = 2,	      ['{'] = 2,	 ['}'] = 2,  ['&'] = 2, ['*'] = 2,
	['!'] = 2,	   ['|'] = 2,	      ['>'] = 2,	 ['\''] = 2, ['"'] = 2, ['%'] = 2,
	['@'] = 2,	   ['`'] = 2,	      ['?'] = 2,	 [' '] = 2,
};

/* Words of one line, which most scalars are. */
static bool is_easy(struct rc_str s)
{
	if (s.n == 0 || easy[(unsigned char)s.p[0]] != 1 || s.p[s.n - 1] == ' ')
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!easy[(unsigned char)s.p[i]])
			return false;
	return true;
}

static struct analysis analyse(struct rc_str s, enum rc_yaml_flavour flavour)
{
	struct scan scan = {.indicators = false};
	struct analysis analysis = {.plain_allowed = true, .single_allowed = true};
	bool unquotable;

	if (s.n == 0)
		return analysis;
	if (is_easy(s)) {
		analysis.block_allowed = true;
		return analysis;
	}
	scan_text(s, flavour, &scan);
	analysis.multiline = scan.breaks;
	unquotable = scan.break_space || scan.space_break || scan.special || scan.tabs;
	analysis.plain_allowed = !(unquotable || scan.blank_ends || scan.breaks || scan.indicators);
	analysis.single_allowed = !unquotable;
	analysis.block_allowed = !(scan.trailing_space || scan.space_break || scan.special);
	return analysis;
}

static size_t skip(struct rc_str s, size_t i, const char *any, size_t max)
{
	while (i < s.n && max-- > 0 && s.p[i] != '\0' && strchr(any, s.p[i]))
		i++;
	return i;
}

/* [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)? */
static bool is_base60(struct rc_str s)
{
	size_t i = skip(s, 0, "+-", 1), groups = 0;

	if (skip(s, i, "0123456789", 1) == i)
		return false;
	for (i = skip(s, i, "0123456789_", SIZE_MAX); i < s.n && s.p[i] == ':'; groups++) {
		size_t start = ++i;

		i = skip(s, i, "0123456789", 2);
		if (i == start || (i == start + 2 && s.p[start] > '5'))
			return false;
	}
	if (groups > 0 && i < s.n && s.p[i] == '.')
		i = skip(s, i + 1, "0123456789_", SIZE_MAX);
	return groups > 0 && i == s.n;
}

static bool reads_as_text(struct rc_str s)
{
	struct rc_yaml_node ignored;

	return rc_yaml_resolve(s, &ignored) == RC_YAML_STRING && !rc_yaml_is_timestamp(s) &&
	       !is_base60(s);
}

/* What goyaml's encoder asks for, before the emitter has its say. */
static enum rc_yaml_style wish(struct rc_str text, bool plain)
{
	if (plain)
		return RC_YAML_PLAIN;
	if (text.n && memchr(text.p, '\n', text.n))
		return RC_YAML_LITERAL;
	return reads_as_text(text) ? RC_YAML_PLAIN : RC_YAML_DOUBLE;
}

enum rc_yaml_style rc_yaml_scalar_choose(struct rc_str text, bool plain, bool simple_key,
					 enum rc_yaml_flavour flavour)
{
	struct analysis analysis = analyse(text, flavour);
	enum rc_yaml_style style = wish(text, plain);

	if (simple_key && analysis.multiline)
		style = RC_YAML_DOUBLE;
	if (style == RC_YAML_PLAIN && (!analysis.plain_allowed || (text.n == 0 && simple_key)))
		style = RC_YAML_SINGLE;
	if (style == RC_YAML_SINGLE && !analysis.single_allowed)
		style = RC_YAML_DOUBLE;
	if (style == RC_YAML_LITERAL && (!analysis.block_allowed || simple_key))
		style = RC_YAML_DOUBLE;
	return style;
}

bool rc_yaml_scalar_is_simple_key(struct rc_str text)
{
	size_t n;

	if (text.n > SIMPLE_KEY_MAX)
		return false;
	for (size_t i = 0; i < text.n; i += n)
		if (is_break(rc_utf8_decode((struct rc_str){text.p + i, text.n - i}, &n)))
			return false;
	return true;
}

void rc_yaml_scalar_put(struct rc_yaml_emitter *emitter, const char *bytes, size_t n)
{
	rc_buf_add(emitter->out, bytes, n);
	emitter->column++;
}

void rc_yaml_scalar_break(struct rc_yaml_emitter *emitter)
{
	rc_buf_putc(emitter->out, '\n');
	emitter->column = 0;
}

void rc_yaml_scalar_indent(struct rc_yaml_emitter *emitter)
{
	int indent = emitter->indent > 0 ? emitter->indent : 0;

	if (!emitter->indention || emitter->column > indent ||
	    (emitter->column == indent && !emitter->whitespace))
		rc_yaml_scalar_break(emitter);
	if (emitter->column < indent) {
		rc_buf_fill(emitter->out, ' ', (size_t)(indent - emitter->column));
		emitter->column = indent;
	}
	emitter->whitespace = true;
	emitter->indention = true;
}

void rc_yaml_scalar_indicator(struct rc_yaml_emitter *emitter, const char *text,
			      bool need_whitespace, bool is_whitespace, bool is_indention)
{
	if (need_whitespace && !emitter->whitespace)
		rc_yaml_scalar_put(emitter, " ", 1);
	for (; *text; text++)
		rc_yaml_scalar_put(emitter, text, 1);
	emitter->whitespace = is_whitespace;
	emitter->indention = emitter->indention && is_indention;
}

static int width_of(const struct rc_yaml_emitter *emitter)
{
	return emitter->flavour == RC_YAML_V2 ? BEST_WIDTH : INT32_MAX;
}

static bool is_space_at(struct rc_str s, size_t i)
{
	return i < s.n && s.p[i] == ' ';
}

static void write_plain(struct rc_yaml_emitter *emitter, struct rc_str s, bool allow_breaks)
{
	bool spaces = false;
	size_t n;

	if (s.n > 0 && !emitter->whitespace)
		rc_yaml_scalar_put(emitter, " ", 1);
	if (is_easy(s) && (!allow_breaks || emitter->column + (int64_t)s.n <= width_of(emitter))) {
		rc_buf_add_str(emitter->out, s);
		emitter->column += (int)s.n;
		s.n = 0;
	}
	for (size_t i = 0; i < s.n; i += n) {
		rc_utf8_decode((struct rc_str){s.p + i, s.n - i}, &n);
		if (s.p[i] == ' ') {
			if (allow_breaks && !spaces && emitter->column > width_of(emitter) &&
			    !is_space_at(s, i + 1))
				rc_yaml_scalar_indent(emitter);
			else
				rc_yaml_scalar_put(emitter, " ", 1);
			spaces = true;
			continue;
		}
		rc_yaml_scalar_put(emitter, s.p + i, n);
		emitter->indention = false;
		spaces = false;
	}
	emitter->whitespace = false;
	emitter->indention = false;
}

/* A break of the text itself, as it is. */
static void write_break(struct rc_yaml_emitter *emitter, struct rc_str s, size_t i, size_t n)
{
	rc_buf_add(emitter->out, s.p + i, n);
	emitter->column = 0;
}

static void write_single(struct rc_yaml_emitter *emitter, struct rc_str s, bool allow_breaks)
{
	bool spaces = false, breaks = false;
	size_t n;

	rc_yaml_scalar_indicator(emitter, "'", true, false, false);
	for (size_t i = 0; i < s.n; i += n) {
		uint32_t c = rc_utf8_decode((struct rc_str){s.p + i, s.n - i}, &n);

		if (c == ' ') {
			if (allow_breaks && !spaces && emitter->column > width_of(emitter) &&
			    i > 0 && i + 1 < s.n && !is_space_at(s, i + 1))
				rc_yaml_scalar_indent(emitter);
			else
				rc_yaml_scalar_put(emitter, " ", 1);
			spaces = true;
			continue;
		}
		spaces = false;
		if (is_break(c)) {
			if (!breaks && c == '\n')
				rc_yaml_scalar_break(emitter);
			write_break(emitter, s, i, n);
			emitter->indention = true;
			breaks = true;
			continue;
		}
		if (breaks)
			rc_yaml_scalar_indent(emitter);
		if (c == '\'')
			rc_yaml_scalar_put(emitter, "'", 1);
		rc_yaml_scalar_put(emitter, s.p + i, n);
		emitter->indention = false;
		breaks = false;
	}
	rc_yaml_scalar_indicator(emitter, "'", false, false, false);
}

static const char *name_escape(uint32_t c)
{
	switch (c) {
	case 0x00:
		return "\\0";
	case 0x07:
		return "\\a";
	case 0x08:
		return "\\b";
	case 0x09:
		return "\\t";
	case 0x0a:
		return "\\n";
	case 0x0b:
		return "\\v";
	case 0x0c:
		return "\\f";
	case 0x0d:
		return "\\r";
	case 0x1b:
		return "\\e";
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case 0x85:
		return "\\N";
	case 0xa0:
		return "\\_";
	case 0x2028:
		return "\\L";
	case 0x2029:
		return "\\P";
	default:
		return NULL;
	}
}

static void write_escape(struct rc_yaml_emitter *emitter, uint32_t c)
{
	const char *name = name_escape(c);
	char text[16];

	if (!name) {
		snprintf(text, sizeof(text),
			 c <= 0xff     ? "\\x%02X"
			 : c <= 0xffff ? "\\u%04X"
				       : "\\U%08X",
			 c);
		name = text;
	}
	for (; *name; name++)
		rc_yaml_scalar_put(emitter, name, 1);
}

static void write_double(struct rc_yaml_emitter *emitter, struct rc_str s, bool allow_breaks)
{
	/* goyaml looks for the mark at the text's start, whatever character it is about to write.
	 */
	bool marked = rc_str_has_prefix(s, RC_STR("\xef\xbb\xbf")), spaces = false;
	size_t n;

	rc_yaml_scalar_indicator(emitter, "\"", true, false, false);
	for (size_t i = 0; i < s.n; i += n) {
		uint32_t c = rc_utf8_decode((struct rc_str){s.p + i, s.n - i}, &n);

		if (c == ' ' && !marked) {
			if (allow_breaks && !spaces && emitter->column > width_of(emitter) &&
			    i > 0 && i + 1 < s.n) {
				rc_yaml_scalar_indent(emitter);
				if (is_space_at(s, i + 1))
					rc_yaml_scalar_put(emitter, "\\", 1);
			} else {
				rc_yaml_scalar_put(emitter, " ", 1);
			}
			spaces = true;
			continue;
		}
		spaces = false;
		if (marked || !is_printable(c) || is_break(c) || c == '"' || c == '\\')
			write_escape(emitter, c);
		else
			rc_yaml_scalar_put(emitter, s.p + i, n);
	}
	rc_yaml_scalar_indicator(emitter, "\"", false, false, false);
}

static bool ends_in_break(struct rc_str s)
{
	return s.n > 0 && s.p[s.n - 1] == '\n';
}

static void write_literal(struct rc_yaml_emitter *emitter, struct rc_str s)
{
	bool breaks = true;
	size_t n;

	rc_yaml_scalar_indicator(emitter, "|", true, false, false);
	if (s.p[0] == ' ' || s.p[0] == '\n')
		rc_yaml_scalar_indicator(emitter, "2", false, false, false);
	if (!ends_in_break(s))
		rc_yaml_scalar_indicator(emitter, "-", false, false, false);
	else if (s.n == 1 || s.p[s.n - 2] == '\n')
		rc_yaml_scalar_indicator(emitter, "+", false, false, false);
	rc_yaml_scalar_break(emitter);
	emitter->indention = true;
	emitter->whitespace = true;
	for (size_t i = 0; i < s.n; i += n) {
		uint32_t c = rc_utf8_decode((struct rc_str){s.p + i, s.n - i}, &n);

		if (is_break(c)) {
			write_break(emitter, s, i, n);
			emitter->indention = true;
			breaks = true;
			continue;
		}
		if (breaks)
			rc_yaml_scalar_indent(emitter);
		rc_yaml_scalar_put(emitter, s.p + i, n);
		emitter->indention = false;
		breaks = false;
	}
}

void rc_yaml_scalar_write(struct rc_yaml_emitter *emitter, struct rc_str text,
			  enum rc_yaml_style style, bool simple_key)
{
	switch (style) {
	case RC_YAML_PLAIN:
		write_plain(emitter, text, !simple_key);
		return;
	case RC_YAML_SINGLE:
		write_single(emitter, text, !simple_key);
		return;
	case RC_YAML_DOUBLE:
		write_double(emitter, text, !simple_key);
		return;
	case RC_YAML_LITERAL:
		write_literal(emitter, text);
		return;
	}
}
