/* The lexer. */
#include "template/lex.h"

#include "base/buf.h"
#include "data/quote.h"
#include "data/unicode.h"
#include "data/utf8.h"

/* What a byte can be. */
enum {
	SPACE = 1, /* blank, tab, line end */
	WORD = 2,  /* ASCII letters, digits, '_' */
	DIGIT = 4,
	CLOSES = 8, /* ends a word: one of .,|:() */
};

static const unsigned char classes[256] = {
	[' '] = SPACE,	      ['\t'] = SPACE,	    ['\r'] = SPACE, ['\n'] = SPACE,
	['a' ... 'z'] = WORD, ['A' ... 'Z'] = WORD, ['_'] = WORD,   ['0' ... '9'] = WORD | DIGIT,
	['.'] = CLOSES,	      [','] = CLOSES,	    ['|'] = CLOSES, [':'] = CLOSES,
	['('] = CLOSES,	      [')'] = CLOSES,
};

/* The shorter ones first. */
static const struct {
	struct rc_str word;
	enum rc_template_token_kind kind;
} keywords[] = {
	{{"if", 2}, RC_TOKEN_IF},
	{{"end", 3}, RC_TOKEN_END},
	{{"nil", 3}, RC_TOKEN_NIL},
	{{"else", 4}, RC_TOKEN_ELSE},
	{{"with", 4}, RC_TOKEN_WITH},
	{{"true", 4}, RC_TOKEN_BOOL},
	{{"block", 5}, RC_TOKEN_BLOCK},
	{{"break", 5}, RC_TOKEN_BREAK},
	{{"false", 5}, RC_TOKEN_BOOL},
	{{"range", 5}, RC_TOKEN_RANGE},
	{{"define", 6}, RC_TOKEN_DEFINE},
	{{"continue", 8}, RC_TOKEN_CONTINUE},
	{{"template", 8}, RC_TOKEN_TEMPLATE},
};

void rc_template_lex_init(struct rc_template_lexer *lexer, struct rc_arena *arena,
			  struct rc_str input)
{
	*lexer = (struct rc_template_lexer){.arena = arena, .input = input};
}

static bool is(char c, unsigned char class)
{
	return classes[(unsigned char)c] & class;
}

/* The byte n ahead; NUL behind the end, as which none of the classes counts. */
static char ahead(const struct rc_template_lexer *lexer, size_t n)
{
	return n < lexer->input.n - lexer->at ? lexer->input.p[lexer->at + n] : '\0';
}

static struct rc_str rest(const struct rc_template_lexer *lexer)
{
	return (struct rc_str){lexer->input.p + lexer->at, lexer->input.n - lexer->at};
}

static void ignore(struct rc_template_lexer *lexer)
{
	lexer->start = lexer->at;
}

static void emit(struct rc_template_lexer *lexer, enum rc_template_token_kind kind,
		 struct rc_template_token *ret)
{
	ret->kind = kind;
	ret->text = (struct rc_str){lexer->input.p + lexer->start, lexer->at - lexer->start};
	ret->position = lexer->start;
	lexer->start = lexer->at;
}

static void fail(struct rc_template_lexer *lexer, const char *message,
		 struct rc_template_token *ret)
{
	ret->kind = RC_TOKEN_ERROR;
	ret->text = rc_str(message);
	ret->position = lexer->start;
	lexer->at = lexer->start = lexer->input.n;
	lexer->inside = false;
}

/* "U+002D '-'", as %#U. */
static void fail_at_rune(struct rc_template_lexer *lexer, const char *message,
			 struct rc_template_token *ret)
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
	fail(lexer, rc_arena_str(lexer->arena, rc_buf_str(&text)).p, ret);
}

static bool at_closing(const struct rc_template_lexer *lexer, size_t n)
{
	return ahead(lexer, n) == '}' && ahead(lexer, n + 1) == '}';
}

/* At " -}}": the blank belongs to the delimiter. */
static bool at_trimming(const struct rc_template_lexer *lexer)
{
	return is(ahead(lexer, 0), SPACE) && ahead(lexer, 1) == '-' && at_closing(lexer, 2);
}

/* To the first byte that is none of a class. */
static void skip(struct rc_template_lexer *lexer, unsigned char class)
{
	const char *p = lexer->input.p + lexer->at, *end = lexer->input.p + lexer->input.n;

	while (p < end && is(*p, class))
		p++;
	lexer->at = (size_t)(p - lexer->input.p);
}

static unsigned int count_lines(struct rc_str text)
{
	const char *end = text.p + text.n;
	unsigned int n = 0;

	for (const char *p = text.p; p < end; p++) {
		p = memchr(p, '\n', (size_t)(end - p));
		if (!p)
			break;
		n++;
	}
	return n;
}

/* From its opening to behind the closing delimiter; returns NULL or what is wrong. */
static const char *skip_comment(struct rc_template_lexer *lexer)
{
	const char *start = lexer->input.p + lexer->at, *end;
	bool trims;

	end = memmem(start + 2, lexer->input.n - lexer->at - 2, "*/", 2);
	if (!end)
		return "unclosed comment";
	lexer->at = (size_t)(end - lexer->input.p) + 2;
	trims = at_trimming(lexer);
	if (!trims && !at_closing(lexer, 0))
		return "comment ends before closing delimiter";
	lexer->comment_lines += count_lines((struct rc_str){start, (size_t)(end - start)});
	lexer->at += trims ? 4 : 2;
	if (trims)
		skip(lexer, SPACE);
	ignore(lexer);
	return NULL;
}

/* Where the next "{{" is, or the end. */
static size_t find_left(const struct rc_template_lexer *lexer)
{
	const char *end = lexer->input.p + lexer->input.n;

	for (const char *p = lexer->input.p + lexer->at; p < end; p++) {
		p = memchr(p, '{', (size_t)(end - p));
		if (!p)
			break;
		if (p + 1 < end && p[1] == '{')
			return (size_t)(p - lexer->input.p);
	}
	return lexer->input.n;
}

/* Text up to left; false when there is none. */
static bool take_text(struct rc_template_lexer *lexer, size_t left, bool trims,
		      struct rc_template_token *ret)
{
	size_t end = left;

	while (trims && end > lexer->at && is(lexer->input.p[end - 1], SPACE))
		end--;
	if (end == lexer->at) {
		lexer->at = lexer->start = left;
		return false;
	}
	lexer->at = end;
	emit(lexer, RC_TOKEN_TEXT, ret);
	lexer->at = lexer->start = left;
	return true;
}

static void lex_text(struct rc_template_lexer *lexer, struct rc_template_token *ret)
{
	for (;;) {
		size_t left = find_left(lexer);
		const char *p = lexer->input.p + left;
		bool trims = left + 3 < lexer->input.n && p[2] == '-' && is(p[3], SPACE);
		const char *problem;

		if (take_text(lexer, left, trims, ret))
			return;
		if (left == lexer->input.n) {
			emit(lexer, RC_TOKEN_EOF, ret);
			return;
		}
		if (ahead(lexer, trims ? 4 : 2) == '/' && ahead(lexer, trims ? 5 : 3) == '*') {
			lexer->at += trims ? 4 : 2;
			ignore(lexer);
			problem = skip_comment(lexer);
			if (!problem)
				continue;
			fail(lexer, problem, ret);
			return;
		}
		lexer->at += 2;
		emit(lexer, RC_TOKEN_LEFT, ret);
		lexer->at += trims ? 2 : 0;
		ignore(lexer);
		lexer->inside = true;
		lexer->paren_depth = 0;
		return;
	}
}

static void lex_right(struct rc_template_lexer *lexer, bool trims, struct rc_template_token *ret)
{
	if (trims) {
		lexer->at += 2;
		ignore(lexer);
	}
	lexer->at += 2;
	emit(lexer, RC_TOKEN_RIGHT, ret);
	if (trims) {
		skip(lexer, SPACE);
		ignore(lexer);
	}
	lexer->inside = false;
}

/* Letters and digits of other scripts; how many bytes, 0 when none. */
static size_t foreign_letter(const struct rc_template_lexer *lexer)
{
	size_t n;
	uint32_t rune = rc_utf8_decode(rest(lexer), &n);

	return rc_unicode_is_letter(rune) || rc_unicode_is_digit(rune) ? n : 0;
}

/* A letter or digit of any script, or '_': its bytes, 0 when none. */
static size_t alphanumeric(const struct rc_template_lexer *lexer)
{
	char c = ahead(lexer, 0);

	if (is(c, WORD))
		return 1;
	return (unsigned char)c < 0x80 ? 0 : foreign_letter(lexer);
}

static void skip_word(struct rc_template_lexer *lexer)
{
	for (;;) {
		size_t n;

		skip(lexer, WORD);
		n = alphanumeric(lexer);
		if (n == 0)
			return;
		lexer->at += n;
	}
}

static bool at_terminator(const struct rc_template_lexer *lexer)
{
	return lexer->at == lexer->input.n || is(ahead(lexer, 0), SPACE | CLOSES) ||
	       at_closing(lexer, 0);
}

/* Of the word under way. */
static enum rc_template_token_kind kind_of_word(const struct rc_template_lexer *lexer)
{
	struct rc_str word = {lexer->input.p + lexer->start, lexer->at - lexer->start};

	for (size_t i = 0; i < RC_ARRAY_SIZE(keywords) && keywords[i].word.n <= word.n; i++)
		if (*keywords[i].word.p == *word.p && rc_str_equal(keywords[i].word, word))
			return keywords[i].kind;
	return RC_TOKEN_IDENTIFIER;
}

static void lex_word(struct rc_template_lexer *lexer, enum rc_template_token_kind kind,
		     struct rc_template_token *ret)
{
	/* "." or "$" alone. */
	if (kind != RC_TOKEN_IDENTIFIER && at_terminator(lexer)) {
		emit(lexer, kind == RC_TOKEN_FIELD ? RC_TOKEN_DOT : kind, ret);
		return;
	}
	skip_word(lexer);
	if (!at_terminator(lexer)) {
		fail_at_rune(lexer, "bad character", ret);
		return;
	}
	emit(lexer, kind == RC_TOKEN_IDENTIFIER ? kind_of_word(lexer) : kind, ret);
}

/* The quote that closes a text, whose first byte is at p; NULL when none does on that line. */
static const char *find_quote(const char *p, const char *end, char quote)
{
	for (; p < end && *p != '\n'; p++) {
		if (*p == quote)
			return p;
		if (*p == '\\' && ++p < end && *p == '\n')
			break;
	}
	return NULL;
}

static void lex_quoted(struct rc_template_lexer *lexer, char quote,
		       enum rc_template_token_kind kind, const char *problem,
		       struct rc_template_token *ret)
{
	const char *end = lexer->input.p + lexer->input.n;
	const char *p = lexer->input.p + lexer->at + 1;

	p = quote == '`' ? memchr(p, quote, (size_t)(end - p)) : find_quote(p, end, quote);
	if (!p) {
		fail(lexer, problem, ret);
		return;
	}
	lexer->at = (size_t)(p + 1 - lexer->input.p);
	emit(lexer, kind, ret);
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

static void lex_number(struct rc_template_lexer *lexer, struct rc_template_token *ret)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	bool right = scan_number(lexer);

	/* 1+2i: no blanks, and an 'i' at the end. */
	if (right && (ahead(lexer, 0) == '+' || ahead(lexer, 0) == '-'))
		right = scan_number(lexer) && lexer->input.p[lexer->at - 1] == 'i';
	if (right) {
		emit(lexer, RC_TOKEN_NUMBER, ret);
		return;
	}
	rc_buf_puts(&text, "bad number syntax: ");
	rc_quote_string(&text,
			(struct rc_str){lexer->input.p + lexer->start, lexer->at - lexer->start},
			false);
	fail(lexer, rc_arena_str(lexer->arena, rc_buf_str(&text)).p, ret);
}

static void lex_one(struct rc_template_lexer *lexer, enum rc_template_token_kind kind,
		    struct rc_template_token *ret)
{
	lexer->at++;
	emit(lexer, kind, ret);
}

static void lex_paren(struct rc_template_lexer *lexer, char c, struct rc_template_token *ret)
{
	lexer->paren_depth += c == '(' ? 1 : -1;
	if (lexer->paren_depth < 0)
		fail(lexer, "unexpected right paren", ret);
	else
		lex_one(lexer, c == '(' ? RC_TOKEN_LEFT_PAREN : RC_TOKEN_RIGHT_PAREN, ret);
}

static void lex_declare(struct rc_template_lexer *lexer, struct rc_template_token *ret)
{
	lexer->at++;
	if (ahead(lexer, 0) == '=')
		lex_one(lexer, RC_TOKEN_DECLARE, ret);
	else
		fail(lexer, "expected :=", ret);
}

static void lex_other(struct rc_template_lexer *lexer, char c, struct rc_template_token *ret)
{
	/* A dot that ends the text counts as a number, and as a bad one. */
	bool dot_number =
		c == '.' && (is(ahead(lexer, 1), DIGIT) || lexer->at + 1 == lexer->input.n);

	if (c == '+' || c == '-' || is(c, DIGIT) || dot_number) {
		lex_number(lexer, ret);
	} else if (c == '.') {
		lexer->at++;
		lex_word(lexer, RC_TOKEN_FIELD, ret);
	} else if (alphanumeric(lexer) > 0) {
		lex_word(lexer, RC_TOKEN_IDENTIFIER, ret);
	} else if (c > ' ' && c <= '~') {
		lex_one(lexer, RC_TOKEN_CHAR, ret);
	} else {
		fail_at_rune(lexer, "unrecognized character in action:", ret);
	}
}

static void lex_solid(struct rc_template_lexer *lexer, struct rc_template_token *ret)
{
	char c = ahead(lexer, 0);

	switch (c) {
	case '=':
		lex_one(lexer, RC_TOKEN_ASSIGN, ret);
		return;
	case ':':
		lex_declare(lexer, ret);
		return;
	case '|':
		lex_one(lexer, RC_TOKEN_PIPE, ret);
		return;
	case '"':
		lex_quoted(lexer, c, RC_TOKEN_STRING, "unterminated quoted string", ret);
		return;
	case '`':
		lex_quoted(lexer, c, RC_TOKEN_RAW_STRING, "unterminated raw quoted string", ret);
		return;
	case '\'':
		lex_quoted(lexer, c, RC_TOKEN_CHAR_CONSTANT, "unterminated character constant",
			   ret);
		return;
	case '$':
		lexer->at++;
		lex_word(lexer, RC_TOKEN_VARIABLE, ret);
		return;
	case '(':
	case ')':
		lex_paren(lexer, c, ret);
		return;
	default:
		lex_other(lexer, c, ret);
	}
}

static void lex_inside(struct rc_template_lexer *lexer, struct rc_template_token *ret)
{
	bool trims;

	skip(lexer, SPACE);
	trims = lexer->at > lexer->start && ahead(lexer, 0) == '-' && at_closing(lexer, 1);
	lexer->at -= trims; /* the last blank belongs to the delimiter */
	ret->spaced = lexer->at > lexer->start;
	ret->space = lexer->start;
	ignore(lexer);
	if (!trims && !at_closing(lexer, 0)) {
		if (lexer->at == lexer->input.n)
			fail(lexer, "unclosed action", ret);
		else
			lex_solid(lexer, ret);
	} else if (lexer->paren_depth == 0) {
		lex_right(lexer, trims, ret);
	} else {
		fail(lexer, "unclosed left paren", ret);
	}
}

void rc_template_lex_next(struct rc_template_lexer *lexer, struct rc_template_token *ret)
{
	ret->spaced = false;
	ret->space = lexer->start;
	if (lexer->inside)
		lex_inside(lexer, ret);
	else
		lex_text(lexer, ret);
}

unsigned int rc_template_lex_line(struct rc_str input, size_t position)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_template_lexer lexer;
	struct rc_template_token token;

	/* Once more up to there, to know the comments. */
	rc_template_lex_init(&lexer, arena, input);
	do
		rc_template_lex_next(&lexer, &token);
	while (token.position < position && token.kind != RC_TOKEN_EOF &&
	       token.kind != RC_TOKEN_ERROR);
	return 1 + count_lines((struct rc_str){input.p, position}) - lexer.comment_lines;
}
