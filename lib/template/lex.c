/* The lexer. */
#include "template/lex.h"

#include <ctype.h>

#include "base/buf.h"
#include "data/quote.h"
#include "data/unicode.h"
#include "data/utf8.h"

static const struct {
	const char *word;
	enum rc_template_token_kind kind;
} keywords[] = {
	{"block", RC_TOKEN_BLOCK},
	{"break", RC_TOKEN_BREAK},
	{"continue", RC_TOKEN_CONTINUE},
	{"define", RC_TOKEN_DEFINE},
	{"else", RC_TOKEN_ELSE},
	{"end", RC_TOKEN_END},
	{"if", RC_TOKEN_IF},
	{"range", RC_TOKEN_RANGE},
	{"nil", RC_TOKEN_NIL},
	{"template", RC_TOKEN_TEMPLATE},
	{"with", RC_TOKEN_WITH},
	{"true", RC_TOKEN_BOOL},
	{"false", RC_TOKEN_BOOL},
};

void rc_template_lex_init(struct rc_template_lexer *lexer, struct rc_arena *arena,
			  struct rc_str input)
{
	*lexer = (struct rc_template_lexer){
		.arena = arena, .input = input, .line = 1, .start_line = 1};
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct rc_str rest(const struct rc_template_lexer *lexer)
{
	return (struct rc_str){lexer->input.p + lexer->at, lexer->input.n - lexer->at};
}

static bool sees(const struct rc_template_lexer *lexer, const char *text)
{
	return rc_str_has_prefix(rest(lexer), rc_str(text));
}

static void advance(struct rc_template_lexer *lexer, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (lexer->input.p[lexer->at + i] == '\n')
			lexer->line++;
	lexer->at += n;
}

static void ignore(struct rc_template_lexer *lexer)
{
	lexer->start = lexer->at;
	lexer->start_line = lexer->line;
}

static struct rc_template_token emit(struct rc_template_lexer *lexer,
				     enum rc_template_token_kind kind)
{
	struct rc_template_token token = {
		.kind = kind,
		.text = {lexer->input.p + lexer->start, lexer->at - lexer->start},
		.position = lexer->start,
		.line = lexer->start_line,
	};

	ignore(lexer);
	return token;
}

static struct rc_template_token fail(struct rc_template_lexer *lexer, const char *message)
{
	struct rc_template_token token = {.kind = RC_TOKEN_ERROR,
					  .text = rc_str(message),
					  .position = lexer->start,
					  .line = lexer->start_line};

	lexer->at = lexer->start = lexer->input.n;
	lexer->inside = false;
	return token;
}

/* "U+002D '-'", as %#U. */
static struct rc_template_token fail_at_rune(struct rc_template_lexer *lexer, const char *message)
{
	size_t n = 0;
	uint32_t rune = rc_utf8_decode(rest(lexer), &n);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(256);

	rc_buf_printf(&text, "%s U+%04X", message, rune);
	if (rc_unicode_is_print(rune)) {
		rc_buf_puts(&text, " '");
		rc_buf_put_rune(&text, rune);
		rc_buf_putc(&text, '\'');
	}
	return fail(lexer, rc_arena_str(lexer->arena, rc_buf_str(&text)).p);
}

static bool trims_left(struct rc_str s)
{
	return s.n >= 2 && s.p[0] == '-' && is_space(s.p[1]);
}

static bool trims_right(struct rc_str s)
{
	return s.n >= 2 && is_space(s.p[0]) && s.p[1] == '-';
}

static bool at_right(const struct rc_template_lexer *lexer, bool *ret_trims)
{
	struct rc_str s = rest(lexer);

	*ret_trims = trims_right(s) &&
		     rc_str_has_prefix((struct rc_str){s.p + 2, s.n - 2}, RC_STR("}}"));
	return *ret_trims || rc_str_has_prefix(s, RC_STR("}}"));
}

static void skip_space(struct rc_template_lexer *lexer)
{
	while (lexer->at < lexer->input.n && is_space(lexer->input.p[lexer->at]))
		advance(lexer, 1);
}

/*
 * From its opening to behind the closing delimiter; returns NULL or what is wrong. The lines of a
 * comment do not count: Go numbers what follows as if it were on one line.
 */
static const char *skip_comment(struct rc_template_lexer *lexer)
{
	const char *end;
	bool trims;

	end = memmem(lexer->input.p + lexer->at + 2, lexer->input.n - lexer->at - 2, "*/", 2);
	if (!end)
		return "unclosed comment";
	lexer->at = (size_t)(end - lexer->input.p) + 2;
	if (!at_right(lexer, &trims))
		return "comment ends before closing delimiter";
	advance(lexer, trims ? 4 : 2);
	if (trims)
		skip_space(lexer);
	ignore(lexer);
	return NULL;
}

static struct rc_template_token lex_text(struct rc_template_lexer *lexer)
{
	for (;;) {
		struct rc_str s = rest(lexer);
		const char *left = s.n ? memmem(s.p, s.n, "{{", 2) : NULL;
		size_t n = left ? (size_t)(left - s.p) : s.n, trimmed = n;
		struct rc_template_token token;
		const char *problem;
		bool trims = left && trims_left((struct rc_str){left + 2, s.n - n - 2});

		if (n > 0) {
			while (trims && trimmed > 0 && is_space(s.p[trimmed - 1]))
				trimmed--;
			advance(lexer, trimmed);
			token = emit(lexer, RC_TOKEN_TEXT);
			advance(lexer, n - trimmed);
			ignore(lexer);
			if (token.text.n > 0)
				return token;
		}
		if (!left)
			return emit(lexer, RC_TOKEN_EOF);
		n = trims ? 2 : 0;
		if (rc_str_has_prefix(
			    (struct rc_str){left + 2 + n,
					    (size_t)(lexer->input.p + lexer->input.n - left - 2) -
						    n},
			    RC_STR("/*"))) {
			advance(lexer, 2 + n);
			ignore(lexer);
			problem = skip_comment(lexer);
			if (problem)
				return fail(lexer, problem);
			continue;
		}
		advance(lexer, 2);
		token = emit(lexer, RC_TOKEN_LEFT);
		advance(lexer, n);
		ignore(lexer);
		lexer->inside = true;
		lexer->paren_depth = 0;
		return token;
	}
}

static struct rc_template_token lex_right(struct rc_template_lexer *lexer, bool trims)
{
	struct rc_template_token token;

	if (trims) {
		advance(lexer, 2);
		ignore(lexer);
	}
	advance(lexer, 2);
	token = emit(lexer, RC_TOKEN_RIGHT);
	if (trims) {
		skip_space(lexer);
		ignore(lexer);
	}
	lexer->inside = false;
	return token;
}

static struct rc_template_token lex_space(struct rc_template_lexer *lexer)
{
	bool trims;

	/* The last blank before "-}}" belongs to the delimiter. */
	while (lexer->at < lexer->input.n && is_space(lexer->input.p[lexer->at])) {
		if (at_right(lexer, &trims) && trims)
			break;
		advance(lexer, 1);
	}
	if (lexer->at == lexer->start)
		return lex_right(lexer, true);
	return emit(lexer, RC_TOKEN_SPACE);
}

/* Letters and digits of any script, and '_'; how many bytes, 0 when none. */
static size_t alphanumeric(const struct rc_template_lexer *lexer)
{
	struct rc_str s = rest(lexer);
	uint32_t rune;
	size_t n;

	if (s.n == 0)
		return 0;
	rune = rc_utf8_decode(s, &n);
	if (rune < 0x80)
		return isalnum((int)rune) || rune == '_' ? 1 : 0;
	return rc_unicode_is_letter(rune) || rc_unicode_is_digit(rune) ? n : 0;
}

static bool at_terminator(const struct rc_template_lexer *lexer)
{
	struct rc_str s = rest(lexer);

	if (s.n == 0 || is_space(s.p[0]))
		return true;
	return (s.p[0] != '\0' && strchr(".,|:()", s.p[0])) || sees(lexer, "}}");
}

static struct rc_template_token lex_word(struct rc_template_lexer *lexer,
					 enum rc_template_token_kind kind)
{
	struct rc_template_token token;

	/* "." or "$" alone. */
	if (kind != RC_TOKEN_IDENTIFIER && at_terminator(lexer))
		return emit(lexer, kind == RC_TOKEN_FIELD ? RC_TOKEN_DOT : kind);
	for (size_t n = alphanumeric(lexer); n > 0; n = alphanumeric(lexer))
		advance(lexer, n);
	if (!at_terminator(lexer))
		return fail_at_rune(lexer, "bad character");
	token = emit(lexer, kind);
	for (size_t i = 0; kind == RC_TOKEN_IDENTIFIER && i < sizeof(keywords) / sizeof(*keywords);
	     i++)
		if (rc_str_is(token.text, keywords[i].word))
			token.kind = keywords[i].kind;
	return token;
}

static struct rc_template_token lex_quoted(struct rc_template_lexer *lexer, char quote,
					   enum rc_template_token_kind kind, const char *problem)
{
	advance(lexer, 1);
	for (;;) {
		char c;

		if (lexer->at == lexer->input.n)
			return fail(lexer, problem);
		c = lexer->input.p[lexer->at];
		if (c == '\n' && quote != '`')
			return fail(lexer, problem);
		if (c == '\\' && quote != '`') {
			advance(lexer, 1);
			if (lexer->at == lexer->input.n || lexer->input.p[lexer->at] == '\n')
				return fail(lexer, problem);
		}
		advance(lexer, 1);
		if (c == quote)
			return emit(lexer, kind);
	}
}

static void accept_run(struct rc_template_lexer *lexer, const char *any)
{
	while (lexer->at < lexer->input.n && lexer->input.p[lexer->at] != '\0' &&
	       strchr(any, lexer->input.p[lexer->at]))
		lexer->at++;
}

static bool accept(struct rc_template_lexer *lexer, const char *any)
{
	if (lexer->at == lexer->input.n || lexer->input.p[lexer->at] == '\0' ||
	    !strchr(any, lexer->input.p[lexer->at]))
		return false;
	lexer->at++;
	return true;
}

/* False: a letter or a digit follows, which is then part of what is wrong. */
static bool scan_number(struct rc_template_lexer *lexer)
{
	const char *digits = "0123456789_";
	size_t n;

	accept(lexer, "+-");
	if (accept(lexer, "0")) {
		if (accept(lexer, "xX"))
			digits = "0123456789abcdefABCDEF_";
		else if (accept(lexer, "oO"))
			digits = "01234567_";
		else if (accept(lexer, "bB"))
			digits = "01_";
	}
	accept_run(lexer, digits);
	if (accept(lexer, "."))
		accept_run(lexer, digits);
	if (accept(lexer, strlen(digits) == 11 ? "eE" : strlen(digits) > 11 ? "pP" : "")) {
		accept(lexer, "+-");
		accept_run(lexer, "0123456789_");
	}
	accept(lexer, "i");
	n = alphanumeric(lexer);
	lexer->at += n;
	return n == 0;
}

static struct rc_template_token lex_number(struct rc_template_lexer *lexer)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	bool right = scan_number(lexer);

	/* 1+2i: no blanks, and an 'i' at the end. */
	if (right && (sees(lexer, "+") || sees(lexer, "-")))
		right = scan_number(lexer) && lexer->input.p[lexer->at - 1] == 'i';
	if (right)
		return emit(lexer, RC_TOKEN_NUMBER);
	rc_buf_puts(&text, "bad number syntax: ");
	rc_quote_string(&text,
			(struct rc_str){lexer->input.p + lexer->start, lexer->at - lexer->start},
			false);
	return fail(lexer, rc_arena_str(lexer->arena, rc_buf_str(&text)).p);
}

static struct rc_template_token lex_one(struct rc_template_lexer *lexer,
					enum rc_template_token_kind kind)
{
	advance(lexer, 1);
	return emit(lexer, kind);
}

static struct rc_template_token lex_paren(struct rc_template_lexer *lexer, char c)
{
	lexer->paren_depth += c == '(' ? 1 : -1;
	if (lexer->paren_depth < 0)
		return fail(lexer, "unexpected right paren");
	return lex_one(lexer, c == '(' ? RC_TOKEN_LEFT_PAREN : RC_TOKEN_RIGHT_PAREN);
}

static struct rc_template_token lex_other(struct rc_template_lexer *lexer, char c)
{
	if (alphanumeric(lexer) > 0)
		return lex_word(lexer, RC_TOKEN_IDENTIFIER);
	if (isprint((unsigned char)c) && (unsigned char)c < 0x80)
		return lex_one(lexer, RC_TOKEN_CHAR);
	return fail_at_rune(lexer, "unrecognized character in action:");
}

static struct rc_template_token lex_inside(struct rc_template_lexer *lexer)
{
	struct rc_str s = rest(lexer);
	bool trims;
	char c;

	if (at_right(lexer, &trims))
		return lexer->paren_depth == 0 ? lex_right(lexer, trims)
					       : fail(lexer, "unclosed left paren");
	if (s.n == 0)
		return fail(lexer, "unclosed action");
	c = s.p[0];
	switch (c) {
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		return lex_space(lexer);
	case '=':
		return lex_one(lexer, RC_TOKEN_ASSIGN);
	case ':':
		advance(lexer, 1);
		return sees(lexer, "=") ? lex_one(lexer, RC_TOKEN_DECLARE)
					: fail(lexer, "expected :=");
	case '|':
		return lex_one(lexer, RC_TOKEN_PIPE);
	case '"':
		return lex_quoted(lexer, c, RC_TOKEN_STRING, "unterminated quoted string");
	case '`':
		return lex_quoted(lexer, c, RC_TOKEN_RAW_STRING, "unterminated raw quoted string");
	case '\'':
		return lex_quoted(lexer, c, RC_TOKEN_CHAR_CONSTANT,
				  "unterminated character constant");
	case '$':
		advance(lexer, 1);
		return lex_word(lexer, RC_TOKEN_VARIABLE);
	case '(':
	case ')':
		return lex_paren(lexer, c);
	default:
		break;
	}
	if (c == '.' && s.n > 1 && !isdigit((unsigned char)s.p[1])) {
		advance(lexer, 1);
		return lex_word(lexer, RC_TOKEN_FIELD);
	}
	if (c == '.' || c == '+' || c == '-' || isdigit((unsigned char)c))
		return lex_number(lexer);
	return lex_other(lexer, c);
}

struct rc_template_token rc_template_lex_next(struct rc_template_lexer *lexer)
{
	return lexer->inside ? lex_inside(lexer) : lex_text(lexer);
}
