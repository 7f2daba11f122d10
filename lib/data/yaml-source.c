/* A YAML stream's bytes: their encoding, and which of them are text. */
#include "data/yaml-source-private.h"

#include "base/buf.h"
#include "base/memory.h"
#include "data/utf8.h"

#define PIECE 512 /* bytes that goyaml reads at once */

#define ALPHA (RC_YAML_IS_WORD | RC_YAML_IS_URI)
#define END   (RC_YAML_IS_END | RC_YAML_IS_QUOTE)

const unsigned char rc_yaml_source_class[256] = {
	['a' ... 'z'] = ALPHA,
	['A' ... 'Z'] = ALPHA,
	['0' ... '9'] = ALPHA,
	['_'] = ALPHA,
	['-'] = ALPHA,
	[' '] = RC_YAML_IS_BLANK,
	['\t'] = RC_YAML_IS_BLANK,
	['\0'] = END,
	['\n'] = END,
	['\r'] = END,
	[0xc2] = END,
	[0xe2] = END,
	['"'] = RC_YAML_IS_QUOTE,
	['\\'] = RC_YAML_IS_QUOTE,
	['\''] = RC_YAML_IS_QUOTE | RC_YAML_IS_URI,
	[':'] = RC_YAML_IS_COLON | RC_YAML_IS_URI,
	[','] = RC_YAML_IS_FLOW | RC_YAML_IS_URI,
	['?'] = RC_YAML_IS_FLOW | RC_YAML_IS_URI,
	['['] = RC_YAML_IS_FLOW | RC_YAML_IS_URI,
	[']'] = RC_YAML_IS_FLOW | RC_YAML_IS_URI,
	['{'] = RC_YAML_IS_FLOW,
	['}'] = RC_YAML_IS_FLOW,
	[';'] = RC_YAML_IS_URI,
	['/'] = RC_YAML_IS_URI,
	['@'] = RC_YAML_IS_URI,
	['&'] = RC_YAML_IS_URI,
	['='] = RC_YAML_IS_URI,
	['+'] = RC_YAML_IS_URI,
	['$'] = RC_YAML_IS_URI,
	['.'] = RC_YAML_IS_URI,
	['!'] = RC_YAML_IS_URI,
	['~'] = RC_YAML_IS_URI,
	['*'] = RC_YAML_IS_URI,
	['('] = RC_YAML_IS_URI,
	[')'] = RC_YAML_IS_URI,
	['%'] = RC_YAML_IS_URI,
};

/* ---- what is text ---- */

static bool is_ascii_text(char c)
{
	return (c >= ' ' && c <= '~') || c == '\n' || c == '\t' || c == '\r';
}

/* Over ASCII that is text, line ends among it. */
static const char *skip_ascii(const char *p, const char *end)
{
	typedef unsigned char chunk __attribute__((vector_size(16)));

	while (p < end) {
		const char *stop = end - p > 16 ? p + 16 : end;

		for (; end - p >= 16; p += 16) {
			chunk c, bad;
			uint64_t found[2];

			memcpy(&c, p, sizeof(c));
			bad = (chunk)((c < 0x20) | (c > 0x7e)) & (chunk)(c != '\n');
			memcpy(found, &bad, sizeof(found));
			if (found[0] | found[1])
				break;
			stop = end - p > 32 ? p + 32 : end;
		}
		/* A tab, or the last few. */
		for (; p < stop; p++)
			if (!is_ascii_text(*p))
				return p;
	}
	return p;
}

static bool is_allowed(uint32_t rune)
{
	return rune == '\t' || rune == '\n' || rune == '\r' || (rune >= ' ' && rune <= '~') ||
	       rune == 0x85 || (rune >= 0xa0 && rune <= 0xd7ff) ||
	       (rune >= 0xe000 && rune <= 0xfffd) || rune >= 0x10000;
}

/* Sets what source is to know of it. */
static void look_through(struct rc_yaml_source *source, const char *p, const char *end)
{
	source->is_ascii = true;
	source->is_unix = !memchr(p, '\r', (size_t)(end - p));
	for (p = skip_ascii(p, end); p < end; p = skip_ascii(p, end)) {
		size_t n;
		uint32_t rune = rc_utf8_decode((struct rc_str){p, (size_t)(end - p)}, &n);

		if (n == 1 || !is_allowed(rune) || rune == 0xfeff)
			return;
		source->is_ascii = false;
		source->is_unix &= rune != 0x85 && rune != 0x2028 && rune != 0x2029;
		p += n;
	}
	source->is_clean = true;
}

/* ---- texts that are not clean ---- */

struct decoder {
	struct rc_yaml_source *source;
	enum { UTF8, UTF16_LITTLE, UTF16_BIG } encoding;
	const unsigned char *at, *end, *piece_end;
	char *to;
};

static bool fail(struct decoder *decoder, const char *problem)
{
	decoder->source->problem = problem;
	return false;
}

/*
 * The character at decoder's place; *ret_n is 0 when the piece ends within it. False when it is
 * none.
 */
static bool decode_utf8(struct decoder *decoder, uint32_t *ret, size_t *ret_n)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	static const unsigned char leading[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	const unsigned char *p = decoder->at;
	size_t n = rc_yaml_source_width(*p);

	if (n == 0)
		return fail(decoder, "invalid leading UTF-8 octet");
	*ret_n = 0;
	if (n > (size_t)(decoder->piece_end - p))
		return true;
	*ret = *p & leading[n];
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return fail(decoder, "invalid trailing UTF-8 octet");
		*ret = *ret << 6 | (p[i] & 0x3f);
	}
	if (*ret < least[n])
		return fail(decoder, "invalid length of a UTF-8 sequence");
	if ((*ret >= 0xd800 && *ret <= 0xdfff) || *ret > 0x10ffff)
		return fail(decoder, "invalid Unicode character");
	*ret_n = n;
	return true;
}

static uint32_t unit_at(const struct decoder *decoder, size_t i)
{
	const unsigned char *p = decoder->at + i;

	return decoder->encoding == UTF16_LITTLE ? (uint32_t)(p[0] | p[1] << 8)
						 : (uint32_t)(p[1] | p[0] << 8);
}

static bool decode_utf16(struct decoder *decoder, uint32_t *ret, size_t *ret_n)
{
	size_t left = (size_t)(decoder->piece_end - decoder->at);

	*ret_n = 0;
	if (left < 2)
		return true;
	*ret = unit_at(decoder, 0);
	if ((*ret & 0xfc00) == 0xdc00)
		return fail(decoder, "unexpected low surrogate area");
	if ((*ret & 0xfc00) != 0xd800) {
		*ret_n = 2;
		return true;
	}
	if (left < 4)
		return true;
	if ((unit_at(decoder, 2) & 0xfc00) != 0xdc00)
		return fail(decoder, "expected low surrogate area");
	*ret = 0x10000 + ((*ret & 0x3ff) << 10) + (unit_at(decoder, 2) & 0x3ff);
	*ret_n = 4;
	return true;
}

/* To the end of the piece, or to the character that is cut by it. */
static bool decode_piece(struct decoder *decoder)
{
	while (decoder->at < decoder->piece_end) {
		uint32_t rune = 0;
		size_t n;

		if (!(decoder->encoding == UTF8 ? decode_utf8(decoder, &rune, &n)
						: decode_utf16(decoder, &rune, &n)))
			return false;
		if (n == 0)
			return true;
		if (!is_allowed(rune))
			return fail(decoder, "control characters are not allowed");
		decoder->at += n;
		decoder->to += rc_buf_encode_rune(rune, decoder->to);
	}
	return true;
}

/* Where the bad character is, for messages that name the file. */
static void locate_problem(struct rc_yaml_source *source, const char *at)
{
	const char *line = source->text;

	for (const char *p = source->text; p < at;) {
		size_t n = rc_yaml_source_break(p);

		if (n > 0) {
			source->problem_line++;
			line = p + n;
		}
		p += n > 0 ? n : 1;
	}
	source->problem_column =
		line < at ? (unsigned int)rc_utf8_count((struct rc_str){line, (size_t)(at - line)})
			  : 0;
}

/* The text ends within a character: goyaml sees that when it finds no further piece. */
static void fail_incomplete(struct decoder *decoder)
{
	if (decoder->encoding == UTF8)
		fail(decoder, "incomplete UTF-8 octet sequence");
	else if (decoder->end - decoder->at < 2)
		fail(decoder, "incomplete UTF-16 character");
	else
		fail(decoder, "incomplete UTF-16 surrogate pair");
}

static void decode(struct rc_yaml_source *source, struct decoder *decoder)
{
	const unsigned char *p = decoder->piece_end = decoder->at;
	size_t room = 0;

	/* The mark has been read with the first piece. */
	if (decoder->encoding == UTF8 && decoder->end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		decoder->at += 3;
	else if (decoder->encoding != UTF8)
		decoder->at += 2;
	while (decoder->piece_end < decoder->end) {
		size_t left = decoder->at < decoder->piece_end
				      ? (size_t)(decoder->piece_end - decoder->at)
				      : 0;
		size_t n = (size_t)(decoder->end - decoder->piece_end);

		decoder->piece_end += n < PIECE - left ? n : PIECE - left;
		if (!decode_piece(decoder))
			break;
		if (source->n_pieces == room) {
			room = room ? 2 * room : 16;
			source->pieces = rc_realloc(source->pieces, room * sizeof(*source->pieces));
		}
		source->pieces[source->n_pieces++] = decoder->to;
	}
	if (!source->problem && decoder->at < decoder->end)
		fail_incomplete(decoder);
	source->end = source->n_pieces > 0 ? source->pieces[source->n_pieces - 1] : source->text;
	if (source->problem)
		locate_problem(source, decoder->to);
	memset((char *)(uintptr_t)source->end, '\0', RC_YAML_SOURCE_SLACK);
}

void rc_yaml_source_init(struct rc_yaml_source *source, struct rc_str text, struct rc_arena *keep,
			 bool no_shortcuts)
{
	struct decoder decoder = {.source = source};
	size_t skip = rc_str_has_prefix(text, RC_STR("\xef\xbb\xbf")) ? 3 : 0, size;

	memset(source, 0, sizeof(*source));
	decoder.at = (const unsigned char *)text.p;
	decoder.end = decoder.at + text.n;
	if (rc_str_has_prefix(text, RC_STR("\xff\xfe")))
		decoder.encoding = UTF16_LITTLE;
	else if (rc_str_has_prefix(text, RC_STR("\xfe\xff")))
		decoder.encoding = UTF16_BIG;
	/* Two bytes of UTF-16 become three at most. */
	size = text.n + (decoder.encoding == UTF8 ? 0 : text.n / 2) + RC_YAML_SOURCE_SLACK;
	source->is_kept = keep != NULL;
	source->text = keep ? rc_arena_text(keep, size) : rc_malloc(size);
	source->p = source->line = source->counted = source->seen = source->window =
		source->checked = source->text;
	if (decoder.encoding == UTF8 && !no_shortcuts)
		look_through(source, text.p + skip, text.p + text.n);
	if (source->is_clean) {
		memcpy(source->text, text.p + skip, text.n - skip);
		source->end = source->text + text.n - skip;
		memset(source->text + text.n - skip, '\0', RC_YAML_SOURCE_SLACK);
		return;
	}
	source->is_ascii = source->is_unix = false;
	decoder.to = source->text;
	decode(source, &decoder);
}

void rc_yaml_source_done(struct rc_yaml_source *source)
{
	if (!source->is_kept)
		free(source->text);
	free(source->pieces);
}

/* ---- as far as goyaml has looked ---- */

static const char *forward(const char *p, size_t n)
{
	while (n-- > 0)
		p += rc_yaml_source_width((unsigned char)*p);
	return p;
}

/* At most max: characters from p to what has been seen. */
static size_t count_unread(const struct rc_yaml_source *source, const char *p, size_t max)
{
	size_t n = 0;

	for (; p < source->seen && n < max; n++)
		p = forward(p, 1);
	return n + source->n_nuls;
}

bool rc_yaml_source_look(struct rc_yaml_source *source, size_t n)
{
	for (const char *p = source->checked;; p = forward(p, 1)) {
		while (count_unread(source, p, n) < n) {
			source->window = p;
			if (source->at_piece < source->n_pieces) {
				source->seen = source->pieces[source->at_piece++];
				continue;
			}
			if (source->problem)
				return false;
			source->n_nuls++;
			break;
		}
		if (p >= source->p)
			break;
	}
	source->checked = source->p;
	return true;
}

bool rc_yaml_source_is_mark(const struct rc_yaml_source *source)
{
	return !source->is_clean && memcmp(source->window, "\xef\xbb\xbf", 3) == 0;
}

unsigned int rc_yaml_source_count(struct rc_yaml_source *source)
{
	const char *p = source->counted;

	if (p < source->line || p > source->p) {
		p = source->line;
		source->n_counted = 0;
	}
	for (; p < source->p; p++)
		source->n_counted += (*p & 0xc0) != 0x80;
	source->counted = p;
	return source->n_counted;
}
