/* Letter case. */
#include "template/text-case.h"

#include "data/unicode.h"
#include "data/utf8.h"

static uint32_t take_rune(struct rc_str *rest)
{
	size_t n;
	uint32_t rune = rc_utf8_decode(*rest, &n);

	rest->p += n;
	rest->n -= n;
	return rune;
}

void rc_template_text_case_upper(struct rc_buf *out, struct rc_str text)
{
	while (text.n > 0)
		rc_buf_put_rune(out, rc_unicode_to_upper(take_rune(&text)));
}

void rc_template_text_case_lower(struct rc_buf *out, struct rc_str text)
{
	while (text.n > 0)
		rc_buf_put_rune(out, rc_unicode_to_lower(take_rune(&text)));
}

static bool is_separator(uint32_t rune)
{
	if (rune == '_' || rc_unicode_is_letter(rune) || rc_unicode_is_digit(rune))
		return false;
	return rune < 0x80 || rc_unicode_is_space(rune);
}

void rc_template_text_case_title(struct rc_buf *out, struct rc_str text)
{
	uint32_t before = ' ';

	while (text.n > 0) {
		uint32_t rune = take_rune(&text);

		rc_buf_put_rune(out, is_separator(before) ? rc_unicode_to_title(rune) : rune);
		before = rune;
	}
}

void rc_template_text_case_untitle(struct rc_buf *out, struct rc_str text)
{
	bool is_first = true;

	while (text.n > 0) {
		uint32_t rune = take_rune(&text);

		if (rc_unicode_is_space(rune)) {
			is_first = true;
		} else if (is_first) {
			rune = rc_unicode_to_lower(rune);
			is_first = false;
		}
		rc_buf_put_rune(out, rune);
	}
}

void rc_template_text_case_swap(struct rc_buf *out, struct rc_str text)
{
	bool after_blank = true;

	while (text.n > 0) {
		uint32_t rune = take_rune(&text);

		if (rc_unicode_is_upper(rune) || rc_unicode_is_title(rune)) {
			rune = rc_unicode_to_lower(rune);
			after_blank = false;
		} else if (rc_unicode_is_lower(rune)) {
			rune = after_blank ? rc_unicode_to_title(rune) : rc_unicode_to_upper(rune);
			after_blank = false;
		} else {
			after_blank = rc_unicode_is_space(rune);
		}
		rc_buf_put_rune(out, rune);
	}
}

static bool is_connector(uint32_t rune)
{
	return rune == '-' || rune == '_' || rc_unicode_is_space(rune);
}

/* The letters behind the first word's first one; rune is that one, already written large. */
static void put_camel_rest(struct rc_buf *out, struct rc_str text, uint32_t rune, bool is_upper_run)
{
	while (text.n > 0) {
		uint32_t before = rune;

		rune = take_rune(&text);
		if (is_connector(before) && is_connector(rune)) {
			rc_buf_put_rune(out, before);
			continue;
		}
		if (is_connector(before)) {
			is_upper_run = rc_unicode_is_upper(rune);
			rune = rc_unicode_to_upper(rune);
			continue;
		}
		if (is_upper_run && rc_unicode_is_upper(rune))
			rune = rc_unicode_to_lower(rune);
		else
			is_upper_run = false;
		rc_buf_put_rune(out, before);
	}
	rc_buf_put_rune(out, rune);
}

void rc_template_text_case_camel(struct rc_buf *out, struct rc_str text)
{
	while (text.n > 0) {
		uint32_t rune = take_rune(&text);

		if (is_connector(rune)) {
			rc_buf_put_rune(out, rune);
			/* xstrings writes a connector that ends the text twice. */
			if (text.n == 0)
				rc_buf_put_rune(out, rune);
			continue;
		}
		put_camel_rest(out, text, rc_unicode_to_upper(rune), rc_unicode_is_upper(rune));
		return;
	}
}

enum word {
	WORD_NONE,
	WORD_NUMBER,
	WORD_UPPER,
	WORD_LETTERS,
	WORD_CONNECTOR,
	WORD_PUNCT,
	WORD_OTHER
};

/* Chinese characters are letters to Unicode, and no words of an alphabet to xstrings. */
static bool is_alphabet(uint32_t rune)
{
	if (!rc_unicode_is_letter(rune))
		return false;
	return !((rune >= 0x4e00 && rune <= 0x9fcc) || (rune >= 0x3400 && rune <= 0x4d85) ||
		 (rune >= 0x20000 && rune <= 0x2b81d));
}

static bool is_small(uint32_t rune)
{
	return is_alphabet(rune) && !rc_unicode_is_upper(rune);
}

static bool is_other(uint32_t rune)
{
	return !is_connector(rune) && !is_alphabet(rune) && !rc_unicode_is_number(rune) &&
	       !rc_unicode_is_punct(rune);
}

static uint32_t peek(struct rc_str rest, size_t *ret_n)
{
	*ret_n = 0;
	return rest.n > 0 ? rc_utf8_decode(rest, ret_n) : 0;
}

static size_t span(struct rc_str rest, bool (*is_wanted)(uint32_t rune))
{
	size_t total = 0;

	while (rest.n > 0) {
		size_t n;
		uint32_t rune = rc_utf8_decode(rest, &n);

		if (!is_wanted(rune))
			break;
		total += n;
		rest.p += n;
		rest.n -= n;
	}
	return total;
}

/* "HTTPStatus" is HTTP and Status, "Status" is one word; rest begins with a capital. */
static size_t span_capitals(struct rc_str rest)
{
	size_t first, last = 0, capitals = span(rest, rc_unicode_is_upper), n;
	struct rc_str behind = {rest.p + capitals, rest.n - capitals};
	uint32_t next;

	peek(rest, &first);
	if (capitals == first)
		return first + span(behind, is_small);
	next = peek(behind, &n);
	if (n == 0 || !is_alphabet(next))
		return capitals;
	for (size_t at = 0; at < capitals; at += last)
		peek((struct rc_str){rest.p + at, rest.n - at}, &last);
	return capitals - last;
}

static enum word take_word(struct rc_str *rest, struct rc_str *ret_word)
{
	enum word word;
	size_t n;
	uint32_t rune = peek(*rest, &n);

	*ret_word = (struct rc_str){rest->p, 0};
	if (n == 0)
		return WORD_NONE;
	if (rune == RC_UTF8_ERROR) {
		word = WORD_NONE;
	} else if (is_connector(rune)) {
		word = WORD_CONNECTOR;
		n = span(*rest, is_connector);
	} else if (rc_unicode_is_punct(rune)) {
		word = WORD_PUNCT;
		n = span(*rest, rc_unicode_is_punct);
	} else if (rc_unicode_is_upper(rune)) {
		word = WORD_UPPER;
		n = span_capitals(*rest);
	} else if (is_alphabet(rune)) {
		word = WORD_LETTERS;
		n = span(*rest, is_small);
	} else if (rc_unicode_is_number(rune)) {
		word = WORD_NUMBER;
		n = span(*rest, rc_unicode_is_number);
	} else {
		word = WORD_OTHER;
		n = span(*rest, is_other);
	}
	ret_word->n = n;
	rest->p += n;
	rest->n -= n;
	return word;
}

struct words {
	struct rc_buf *out;
	char connector;
	struct rc_str rest;
	enum word kind; /* of the word that was read last */
	struct rc_str text;
};

static void put_word(struct words *words, enum word kind, struct rc_str text)
{
	if (kind != WORD_UPPER && kind != WORD_CONNECTOR) {
		rc_buf_add_str(words->out, text);
		return;
	}
	while (text.n > 0) {
		uint32_t rune = take_rune(&text);

		if (is_connector(rune))
			rc_buf_putc(words->out, words->connector);
		else
			rc_buf_put_rune(words->out, rc_unicode_to_lower(rune));
	}
}

static void next_word(struct words *words)
{
	words->kind = take_word(&words->rest, &words->text);
}

static void put_letters_and_numbers(struct words *words)
{
	while (words->kind == WORD_LETTERS || words->kind == WORD_NUMBER) {
		put_word(words, words->kind, words->text);
		next_word(words);
	}
}

/* A word ended: a connector between it and the next, unless that is one itself. */
static void put_connector(struct words *words, bool also_at_end)
{
	if (words->kind != WORD_CONNECTOR && words->kind != WORD_PUNCT &&
	    (also_at_end || words->kind != WORD_NONE))
		rc_buf_putc(words->out, words->connector);
}

/* What follows a word of letters: a number belongs to it, or, before small letters, to them. */
static void join_after_letters(struct words *words)
{
	struct rc_str number = words->text;

	if (words->kind != WORD_NUMBER) {
		put_connector(words, true);
		return;
	}
	if (words->rest.n == 0)
		return;
	next_word(words);
	if (words->kind != WORD_LETTERS) {
		put_word(words, WORD_NUMBER, number);
		put_connector(words, true);
		return;
	}
	rc_buf_putc(words->out, words->connector);
	put_word(words, WORD_NUMBER, number);
	put_letters_and_numbers(words);
	put_connector(words, false);
}

static void put_words(struct rc_buf *out, struct rc_str text, char connector)
{
	struct words words = {.out = out, .connector = connector, .rest = text};

	next_word(&words);
	while (words.rest.n > 0) {
		enum word before = words.kind;
		struct rc_str last = words.text;

		if (before != WORD_CONNECTOR)
			put_word(&words, before, last);
		next_word(&words);
		if (before == WORD_NUMBER) {
			put_letters_and_numbers(&words);
			put_connector(&words, false);
		} else if (before == WORD_CONNECTOR) {
			put_word(&words, before, last);
		} else if (before != WORD_PUNCT) {
			join_after_letters(&words);
		}
	}
	put_word(&words, words.kind, words.text);
}

void rc_template_text_case_snake(struct rc_buf *out, struct rc_str text)
{
	put_words(out, text, '_');
}

void rc_template_text_case_kebab(struct rc_buf *out, struct rc_str text)
{
	put_words(out, text, '-');
}
