/* The structure of a block-style document. */
#include "data/yaml-emit.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/sort.h"
#include "data/number.h"
#include "data/utf8.h"
#include "data/yaml-scalar.h"

#define BEST_INDENT 2

void rc_yaml_emit_init(struct rc_yaml_emitter *emitter, struct rc_buf *out,
		       enum rc_yaml_flavour flavour)
{
	*emitter = (struct rc_yaml_emitter){.out = out,
					    .flavour = flavour,
					    .indent = -1,
					    .whitespace = true,
					    .indention = true};
}

int rc_yaml_emit_finish(struct rc_yaml_emitter *emitter)
{
	emitter->indent = 0;
	rc_yaml_scalar_indent(emitter);
	free(emitter->levels);
	emitter->levels = NULL;
	return emitter->out->overflow ? -E2BIG : 0;
}

static void increase_indent(struct rc_yaml_emitter *emitter, bool flow, bool indentless)
{
	if (emitter->indent < 0)
		emitter->indent = flow ? BEST_INDENT : 0;
	else if (!indentless)
		emitter->indent += BEST_INDENT;
}

/* What stands before a value: "- " for an item; a key has written its own colon. */
static void before_value(struct rc_yaml_emitter *emitter)
{
	if (emitter->depth == 0 || !emitter->levels[emitter->depth - 1].is_sequence)
		return;
	rc_yaml_scalar_indent(emitter);
	rc_yaml_scalar_indicator(emitter, "-", true, false, true);
}

static bool in_mapping(const struct rc_yaml_emitter *emitter)
{
	return emitter->depth > 0 && !emitter->levels[emitter->depth - 1].is_sequence;
}

void rc_yaml_emit_begin(struct rc_yaml_emitter *emitter, bool is_sequence)
{
	/* goyaml.v2 leaves a sequence under its key; v3 was told to indent it. */
	bool indentless = is_sequence && in_mapping(emitter) && !emitter->indention &&
			  emitter->flavour == RC_YAML_V2;
	int outer = emitter->indent;

	before_value(emitter);
	increase_indent(emitter, false, indentless);
	if (emitter->depth == emitter->room) {
		emitter->room = emitter->room ? emitter->room * 2 : 16;
		emitter->levels = rc_realloc(emitter->levels,
					     (size_t)emitter->room * sizeof(*emitter->levels));
	}
	emitter->levels[emitter->depth].is_sequence = is_sequence;
	emitter->levels[emitter->depth++].indent = outer;
}

void rc_yaml_emit_end(struct rc_yaml_emitter *emitter)
{
	emitter->indent = emitter->levels[--emitter->depth].indent;
}

void rc_yaml_emit_empty(struct rc_yaml_emitter *emitter, bool is_sequence)
{
	before_value(emitter);
	rc_yaml_scalar_indicator(emitter, is_sequence ? "[" : "{", true, true, false);
	rc_yaml_scalar_indicator(emitter, is_sequence ? "]" : "}", false, false, false);
}

static void write_scalar(struct rc_yaml_emitter *emitter, struct rc_str text, bool plain,
			 bool simple_key)
{
	enum rc_yaml_style style = rc_yaml_scalar_choose(text, plain, simple_key, emitter->flavour);
	int indent = emitter->indent;

	increase_indent(emitter, true, false);
	rc_yaml_scalar_write(emitter, text, style, simple_key);
	emitter->indent = indent;
}

void rc_yaml_emit_key(struct rc_yaml_emitter *emitter, struct rc_str key)
{
	bool simple = rc_yaml_scalar_is_simple_key(key);

	rc_yaml_scalar_indent(emitter);
	if (simple) {
		write_scalar(emitter, key, false, true);
		rc_yaml_scalar_indicator(emitter, ":", false, false, false);
		return;
	}
	rc_yaml_scalar_indicator(emitter, "?", true, false, true);
	write_scalar(emitter, key, false, false);
	rc_yaml_scalar_indent(emitter);
	rc_yaml_scalar_indicator(emitter, ":", true, false, true);
}

void rc_yaml_emit_plain(struct rc_yaml_emitter *emitter, struct rc_str text)
{
	before_value(emitter);
	write_scalar(emitter, text, true, false);
}

void rc_yaml_emit_string(struct rc_yaml_emitter *emitter, struct rc_str text)
{
	before_value(emitter);
	write_scalar(emitter, text, false, false);
}

/* Letters are told from the rest by their code point; marks and symbols of other scripts are rare
 * in keys. */
static bool is_letter(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == 0xaa || c == 0xb5 ||
	       c == 0xba || (c >= 0xc0 && c != 0xd7 && c != 0xf7 && c < 0x2000) ||
	       (c >= 0x3040 && c < 0xd7a4);
}

static bool is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

/* The number that begins at s, and how many digits it has. */
static int64_t take_digits(struct rc_str s, int64_t number, size_t *ret_n)
{
	size_t n = 0;

	for (; n < s.n && is_digit((unsigned char)s.p[n]); n++)
		number = (int64_t)((uint64_t)number * 10 + (uint64_t)(s.p[n] - '0'));
	*ret_n = n;
	return number;
}

static bool differing_less(struct rc_str a, struct rc_str b, struct rc_str common, uint32_t x,
			   uint32_t y)
{
	int64_t first = 0, number_a, number_b;
	size_t digits_a, digits_b;

	/* Zeros weigh when digits stand before them. */
	if (x == '0' || y == '0')
		for (size_t i = common.n; i-- > 0 && is_digit((unsigned char)common.p[i]);)
			if (common.p[i] != '0') {
				first = 1;
				break;
			}
	number_a = take_digits(a, first, &digits_a);
	number_b = take_digits(b, first, &digits_b);
	if (number_a != number_b)
		return number_a < number_b;
	if (digits_a != digits_b)
		return digits_a < digits_b;
	return x < y;
}

bool rc_yaml_key_less(struct rc_str a, struct rc_str b, enum rc_yaml_flavour flavour)
{
	const char *start = a.p;
	bool digits = false;

	while (a.n > 0 && b.n > 0) {
		size_t n_a, n_b;
		uint32_t x = rc_utf8_decode(a, &n_a), y = rc_utf8_decode(b, &n_b);
		bool letter_x = is_letter(x), letter_y = is_letter(y);

		if (x != y) {
			if (letter_x && letter_y)
				return x < y;
			if (letter_x || letter_y)
				return digits ? letter_x : letter_y;
			return differing_less(a, b, (struct rc_str){start, (size_t)(a.p - start)},
					      x, y);
		}
		digits = flavour == RC_YAML_V3 && is_digit(x);
		a.p += n_a;
		a.n -= n_a;
		b.p += n_b;
		b.n -= n_b;
	}
	return a.n < b.n;
}

struct named {
	struct rc_str key;
	const json_t *value;
};

static int compare_named(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	if (rc_yaml_key_less(x->key, y->key, RC_YAML_V2))
		return -1;
	return rc_yaml_key_less(y->key, x->key, RC_YAML_V2);
}

static void emit_json(struct rc_yaml_emitter *emitter, const json_t *json);

static void emit_object(struct rc_yaml_emitter *emitter, const json_t *json)
{
	size_t n = json_object_size(json), i = 0;
	rc_autofree struct named *entries = rc_calloc(n ? n : 1, sizeof(*entries));
	void *at;

	/* The iterator of jansson takes no const, though it changes nothing. */
	for (at = json_object_iter((json_t *)(uintptr_t)json); at;
	     at = json_object_iter_next((json_t *)(uintptr_t)json, at)) {
		entries[i].key =
			(struct rc_str){json_object_iter_key(at), json_object_iter_key_len(at)};
		entries[i++].value = json_object_iter_value(at);
	}
	rc_sort(entries, n, sizeof(*entries), compare_named);
	rc_yaml_emit_begin(emitter, false);
	for (i = 0; i < n; i++) {
		rc_yaml_emit_key(emitter, entries[i].key);
		emit_json(emitter, entries[i].value);
	}
	rc_yaml_emit_end(emitter);
}

static void emit_array(struct rc_yaml_emitter *emitter, const json_t *json)
{
	json_t *item;
	size_t i;

	rc_yaml_emit_begin(emitter, true);
	json_array_foreach (json, i, item)
		emit_json(emitter, item);
	rc_yaml_emit_end(emitter);
}

static void emit_json(struct rc_yaml_emitter *emitter, const json_t *json)
{
	char text[RC_NUMBER_MAX];

	switch (json_typeof(json)) {
	case JSON_OBJECT:
		if (json_object_size(json) == 0)
			rc_yaml_emit_empty(emitter, false);
		else
			emit_object(emitter, json);
		return;
	case JSON_ARRAY:
		if (json_array_size(json) == 0)
			rc_yaml_emit_empty(emitter, true);
		else
			emit_array(emitter, json);
		return;
	case JSON_STRING:
		rc_yaml_emit_string(emitter, (struct rc_str){json_string_value(json),
							     json_string_length(json)});
		return;
	case JSON_INTEGER:
		snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(json));
		break;
	case JSON_REAL:
		rc_number_format_g(json_real_value(json), 64, text);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		snprintf(text, sizeof(text), "%s", json_is_true(json) ? "true" : "false");
		break;
	case JSON_NULL:
		snprintf(text, sizeof(text), "null");
		break;
	}
	rc_yaml_emit_plain(emitter, rc_str(text));
}

int rc_yaml_from_json(const json_t *json, struct rc_buf *out)
{
	struct rc_yaml_emitter emitter;

	rc_yaml_emit_init(&emitter, out, RC_YAML_V2);
	emit_json(&emitter, json);
	return rc_yaml_emit_finish(&emitter);
}
