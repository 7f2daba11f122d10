/* Regular expressions, run by PCRE2. */
#include "data/regex.h"

#include <errno.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/memory.h"
#include "data/regex-syntax.h"
#include "data/unicode.h"
#include "data/utf8.h"

#define MATCH_LIMIT    1000000 /* steps of one match */
#define HEAP_LIMIT_KIB 65536U

struct rc_regex {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *context;
	struct rc_str source; /* ours; names point into it */
	struct rc_str *names;
	unsigned int n_groups;
	struct rc_regex_span *spans;
};

static int compile(struct rc_regex *regex, const struct rc_buf *pattern, struct rc_error **err)
{
	const uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C |
				 PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_CIRCUMFLEX;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	PCRE2_SIZE offset;
	PCRE2_UCHAR text[160];
	int code;

	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	pcre2_set_parens_nest_limit(context, 4096);
	regex->code = pcre2_compile((PCRE2_SPTR)rc_buf_text(pattern), pattern->n, options, &code,
				    &offset, context);
	pcre2_compile_context_free(context);
	if (regex->code)
		return 0;
	if (code == PCRE2_ERROR_UNKNOWN_UNICODE_PROPERTY)
		return rc_fail(err, -EINVAL,
			       "error parsing regexp: invalid character class range: `%.*s`",
			       (int)regex->source.n, regex->source.p);
	pcre2_get_error_message(code, text, sizeof(text));
	return rc_fail(err, -EINVAL, "error parsing regexp: %s: `%.*s`", (const char *)text,
		       (int)regex->source.n, regex->source.p);
}

int rc_regex_compile(struct rc_str pattern, struct rc_regex **ret_regex, struct rc_error **err)
{
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = rc_new0(struct rc_regex);
	struct rc_regex_syntax syntax;
	int r;

	regex->source = (struct rc_str){rc_str_dup(pattern), pattern.n};
	r = rc_regex_syntax_translate(regex->source, &syntax, err);
	regex->names = syntax.names;
	regex->n_groups = syntax.n_groups;
	if (r == 0)
		r = compile(regex, &syntax.pattern, err);
	rc_buf_done(&syntax.pattern);
	if (r < 0)
		return r;
	regex->data = pcre2_match_data_create(regex->n_groups + 1, NULL);
	regex->context = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(regex->context, MATCH_LIMIT);
	pcre2_set_heap_limit(regex->context, HEAP_LIMIT_KIB);
	regex->spans = rc_calloc(regex->n_groups + 1, sizeof(*regex->spans));
	*ret_regex = rc_steal(&regex);
	return 0;
}

void rc_regex_free(struct rc_regex *regex)
{
	if (!regex)
		return;
	pcre2_match_context_free(regex->context);
	pcre2_match_data_free(regex->data);
	pcre2_code_free(regex->code);
	free((char *)(uintptr_t)regex->source.p);
	free(regex->names);
	free(regex->spans);
	free(regex);
}

unsigned int rc_regex_count_groups(const struct rc_regex *regex)
{
	return regex->n_groups;
}

int rc_regex_find(struct rc_regex *regex, struct rc_str text, size_t from,
		  const struct rc_regex_span **ret_spans, struct rc_error **err)
{
	const PCRE2_SIZE *offsets;
	int n;

	n = pcre2_match(regex->code, (PCRE2_SPTR)(text.p ? text.p : ""), text.n, from, 0,
			regex->data, regex->context);
	if (n == PCRE2_ERROR_NOMATCH)
		return 0;
	if (n < 0)
		return rc_fail(err, -E2BIG, "regexp `%.*s` takes too long on a text of %zu bytes",
			       (int)regex->source.n, regex->source.p, text.n);
	offsets = pcre2_get_ovector_pointer(regex->data);
	for (unsigned int i = 0; i <= regex->n_groups; i++) {
		bool is_set = i < (unsigned int)n && offsets[2 * i] != PCRE2_UNSET;

		regex->spans[i].start = is_set ? (ptrdiff_t)offsets[2 * i] : -1;
		regex->spans[i].end = is_set ? (ptrdiff_t)offsets[2 * i + 1] : -1;
	}
	*ret_spans = regex->spans;
	return 1;
}

static size_t rune_width(struct rc_str text, size_t at)
{
	size_t n = 0;

	if (at < text.n)
		rc_utf8_decode((struct rc_str){text.p + at, text.n - at}, &n);
	return n;
}

void rc_regex_walk_init(struct rc_regex_walk *walk, struct rc_regex *regex, struct rc_str text)
{
	*walk = (struct rc_regex_walk){.regex = regex, .text = text, .last_end = -1};
}

int rc_regex_walk_next(struct rc_regex_walk *walk, const struct rc_regex_span **ret_spans,
		       struct rc_error **err)
{
	while (walk->at <= walk->text.n) {
		const struct rc_regex_span *spans;
		int r = rc_regex_find(walk->regex, walk->text, walk->at, &spans, err);
		bool is_wanted = true;

		if (r <= 0)
			return r;
		if (spans[0].end == (ptrdiff_t)walk->at) {
			size_t width = rune_width(walk->text, walk->at);

			is_wanted = spans[0].start != walk->last_end;
			walk->at += width ? width : 1;
		} else {
			walk->at = (size_t)spans[0].end;
		}
		walk->last_end = spans[0].end;
		if (is_wanted) {
			*ret_spans = spans;
			return 1;
		}
	}
	return 0;
}

/* The name or number behind a '$'; moves rest behind it. false: it is no reference. */
static bool take_reference(struct rc_str *rest, struct rc_str *ret_name)
{
	struct rc_str s = *rest;
	bool brace = s.n > 0 && *s.p == '{';
	size_t n = 0, width;

	if (brace) {
		s.p++;
		s.n--;
	}
	for (; n < s.n; n += width) {
		uint32_t rune = rc_utf8_decode((struct rc_str){s.p + n, s.n - n}, &width);

		if (rune != '_' && !rc_unicode_is_letter(rune) && !rc_unicode_is_digit(rune))
			break;
	}
	if (n == 0 || (brace && (n == s.n || s.p[n] != '}')))
		return false;
	*ret_name = (struct rc_str){s.p, n};
	n += brace;
	*rest = (struct rc_str){s.p + n, s.n - n};
	return true;
}

/* The number of a group by number, or -1 where the name is none. */
static int parse_number(struct rc_str name)
{
	int value = 0;

	if (name.n > 1 && *name.p == '0')
		return -1;
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] < '0' || name.p[i] > '9' || value >= 100000000)
			return -1;
		value = value * 10 + (name.p[i] - '0');
	}
	return value;
}

static void put_group(const struct rc_regex *regex, struct rc_str text, struct rc_str name,
		      struct rc_buf *out)
{
	int number = parse_number(name);

	for (unsigned int i = 0; i <= regex->n_groups; i++) {
		const struct rc_regex_span *span = &regex->spans[i];
		bool is_it = number >= 0 ? i == (unsigned int)number
					 : i > 0 && rc_str_equal(regex->names[i - 1], name);

		if (!is_it || span->start < 0)
			continue;
		rc_buf_add(out, text.p + span->start, (size_t)(span->end - span->start));
		return;
	}
}

static void expand(const struct rc_regex *regex, struct rc_str text, struct rc_str template,
		   struct rc_buf *out)
{
	while (template.n > 0) {
		ptrdiff_t dollar = rc_str_index(template, '$');
		size_t n = dollar < 0 ? template.n : (size_t)dollar;
		struct rc_str name;

		rc_buf_add(out, template.p, n);
		if (dollar < 0)
			return;
		template.p += n + 1;
		template.n -= n + 1;
		if (template.n > 0 && *template.p == '$') {
			rc_buf_putc(out, '$');
			template.p++;
			template.n--;
		} else if (take_reference(&template, &name)) {
			put_group(regex, text, name, out);
		} else {
			rc_buf_putc(out, '$');
		}
	}
}

int rc_regex_replace_all(struct rc_regex *regex, struct rc_str text, struct rc_str replacement,
			 bool literal, struct rc_buf *out, struct rc_error **err)
{
	size_t at = 0, done = 0;

	while (at <= text.n) {
		const struct rc_regex_span *spans;
		int r = rc_regex_find(regex, text, at, &spans, err);
		size_t start, end, width = rune_width(text, at);

		if (r < 0)
			return r;
		if (r == 0)
			break;
		start = (size_t)spans[0].start;
		end = (size_t)spans[0].end;
		rc_buf_add(out, text.p + done, start - done);
		/* Not for an empty match right behind another one. */
		if (end > done || start == 0) {
			if (literal)
				rc_buf_add_str(out, replacement);
			else
				expand(regex, text, replacement, out);
		}
		done = end;
		if (at + (width ? width : 1) > end)
			at += width ? width : 1;
		else
			at = end;
	}
	rc_buf_add(out, text.p + done, text.n - done);
	return out->overflow ? rc_fail(err, -E2BIG, "the replaced text is too long") : 0;
}

int rc_regex_quote_meta(struct rc_str text, struct rc_buf *out)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] && strchr("\\.+*?()|[]{}^$", text.p[i]))
			rc_buf_putc(out, '\\');
		rc_buf_putc(out, text.p[i]);
	}
	return out->overflow ? -E2BIG : 0;
}
