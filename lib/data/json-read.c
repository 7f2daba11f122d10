/* JSON in: of a text that is found right events, or jansson, make what it is. */
#include "data/json-read.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "data/json-scan.h"
#include "data/utf8.h"

int rc_json_read_tree(struct rc_str text, json_t **ret_json, struct rc_error **err)
{
	json_error_t where;
	json_t *json;
	int r = rc_json_scan(text, NULL, err);

	if (r < 0)
		return r;
	json = json_loadb(text.p, text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &where);
	/* Numbers beyond 64 bits: a float64 takes them. */
	if (!json)
		json = json_loadb(text.p, text.n,
				  JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL,
				  &where);
	if (!json)
		return rc_fail(err, -EINVAL, "%s", where.text);
	*ret_json = json;
	return 0;
}

/* ---- events: over a text that was scanned, so that nothing is out of place ---- */

struct walk {
	const char *p;
	const struct rc_json_events *events;
	void *userdata;
	struct rc_buf text; /* of the string under way */
};

static void skip_blanks(struct walk *walk)
{
	while (*walk->p == ' ' || (*walk->p >= '\t' && *walk->p <= '\r'))
		walk->p++;
}

static uint32_t hex4(const char *p)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++) {
		char c = p[i];

		value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return value;
}

/* A \u escape at p, two where they make one rune; a half of a pair alone is no character. */
static void put_unicode(struct walk *walk)
{
	uint32_t rune = hex4(walk->p + 2), low;

	walk->p += 6;
	if (rune >= 0xd800 && rune < 0xe000) {
		low = walk->p[0] == '\\' && walk->p[1] == 'u' ? hex4(walk->p + 2) : 0;
		if (rune < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
			rune = 0x10000 + ((rune - 0xd800) << 10) + (low - 0xdc00);
			walk->p += 6;
		} else {
			rune = RC_UTF8_ERROR;
		}
	}
	rc_buf_put_rune(&walk->text, rune);
}

static void put_escape(struct walk *walk)
{
	static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
	const char *name = strchr(names, walk->p[1]);

	if (walk->p[1] == 'u') {
		put_unicode(walk);
		return;
	}
	rc_buf_putc(&walk->text, name ? values[name - names] : walk->p[1]);
	walk->p += 2;
}

/* Bytes that stand for themselves; what is no UTF-8 becomes U+FFFD, as in Go. */
static void put_plain(struct walk *walk)
{
	const char *from = walk->p;
	struct rc_str rest;

	while (*walk->p != '"' && *walk->p != '\\')
		walk->p++;
	rest = (struct rc_str){from, (size_t)(walk->p - from)};
	if (rc_utf8_is_valid(rest)) {
		rc_buf_add_str(&walk->text, rest);
		return;
	}
	while (rest.n > 0) {
		size_t n;

		rc_buf_put_rune(&walk->text, rc_utf8_decode(rest, &n));
		rest.p += n;
		rest.n -= n;
	}
}

static struct rc_str take_string(struct walk *walk)
{
	struct rc_str plain = {walk->p + 1, strcspn(walk->p + 1, "\"\\")};

	/* Most hold nothing that has to be decoded. */
	if (plain.p[plain.n] == '"' && rc_utf8_is_valid(plain)) {
		walk->p = plain.p + plain.n + 1;
		return plain;
	}
	rc_buf_clear(&walk->text);
	for (walk->p++; *walk->p != '"';) {
		if (*walk->p == '\\')
			put_escape(walk);
		else
			put_plain(walk);
	}
	walk->p++;
	return rc_buf_str(&walk->text);
}

static void walk_value(struct walk *walk);

/* Over a comma; false at the closing bracket, which is passed. */
static bool has_more(struct walk *walk, char closing)
{
	skip_blanks(walk);
	if (*walk->p == ',')
		walk->p++;
	skip_blanks(walk);
	if (*walk->p != closing)
		return true;
	walk->p++;
	return false;
}

static void walk_collection(struct walk *walk, bool is_array)
{
	walk->p++;
	walk->events->begin(walk->userdata, is_array);
	while (has_more(walk, is_array ? ']' : '}')) {
		if (!is_array) {
			walk->events->key(walk->userdata, take_string(walk));
			skip_blanks(walk);
			walk->p++; /* ':' */
		}
		walk_value(walk);
	}
	walk->events->end(walk->userdata, is_array);
}

static void walk_value(struct walk *walk)
{
	const char *from;

	skip_blanks(walk);
	from = walk->p;
	switch (*from) {
	case '{':
	case '[':
		walk_collection(walk, *from == '[');
		return;
	case '"':
		walk->events->string(walk->userdata, take_string(walk));
		return;
	case 't':
	case 'f':
		walk->p += *from == 't' ? 4 : 5;
		walk->events->boolean(walk->userdata, *from == 't');
		return;
	case 'n':
		walk->p += 4;
		walk->events->null(walk->userdata);
		return;
	default:
		walk->p += strspn(from, "+-.0123456789eE");
		walk->events->number(walk->userdata,
				     (struct rc_str){from, (size_t)(walk->p - from)});
		return;
	}
}

/* One value of a text that was scanned. */
static void walk_text(struct rc_str text, const struct rc_json_events *events, void *userdata)
{
	struct walk walk = {.p = text.p,
			    .events = events,
			    .userdata = userdata,
			    .text = RC_BUF_INIT(RC_BUF_UNLIMITED)};
	rc_autofree char *copy = NULL;

	skip_blanks(&walk);
	/* Of a number alone the walk would not see the end; all else has one of its own. */
	if (!strchr("{[\"tfn", *walk.p))
		walk.p = copy = rc_strndup(text.p, text.n);
	walk_value(&walk);
	rc_buf_done(&walk.text);
}

int rc_json_read(struct rc_str text, const struct rc_json_events *events, void *userdata,
		 size_t *ret_offset, struct rc_error **err)
{
	int r = rc_json_scan(text, ret_offset, err);

	if (r == 0 && events)
		walk_text(text, events, userdata);
	return r;
}

int rc_json_read_first(struct rc_str text, const struct rc_json_events *events, void *userdata,
		       struct rc_error **err)
{
	int r = rc_json_first(text, &text.n, NULL, err);

	if (r == 0)
		walk_text(text, events, userdata);
	return r;
}
