/* JSON. */
#include "data/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/sort.h"
#include "data/digest.h"
#include "data/number.h"
#include "data/utf8.h"

#define TOKEN_MAX 256

static const char *name_escape(unsigned char c)
{
	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\b':
		return "\\b";
	case '\f':
		return "\\f";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		return NULL;
	}
}

static bool is_plain(unsigned char c, bool html)
{
	if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
		return false;
	return !html || (c != '<' && c != '>' && c != '&');
}

static size_t write_special(struct rc_buf *buf, struct rc_str s)
{
	unsigned char c = (unsigned char)*s.p;
	const char *name = name_escape(c);
	uint32_t rune;
	size_t n;

	if (name) {
		rc_buf_puts(buf, name);
		return 1;
	}
	if (c < 0x80) {
		rc_buf_printf(buf, "\\u%04x", c);
		return 1;
	}
	rune = rc_utf8_decode(s, &n);
	if (rune == RC_UTF8_ERROR && n == 1)
		rc_buf_puts(buf, "\\ufffd");
	else if (rune == 0x2028 || rune == 0x2029)
		rc_buf_printf(buf, "\\u%04x", rune);
	else
		rc_buf_add(buf, s.p, n);
	return n;
}

int rc_json_write_string(struct rc_buf *buf, struct rc_str text, bool html)
{
	size_t start = 0, i = 0;

	rc_buf_putc(buf, '"');
	while (i < text.n) {
		if (is_plain((unsigned char)text.p[i], html)) {
			i++;
			continue;
		}
		rc_buf_add(buf, text.p + start, i - start);
		i += write_special(buf, (struct rc_str){text.p + i, text.n - i});
		start = i;
	}
	rc_buf_add(buf, text.p + start, i - start);
	rc_buf_putc(buf, '"');
	return buf->overflow ? -E2BIG : 0;
}

static int compare_keys(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

const char **rc_json_sort_keys(const json_t *object)
{
	const char **keys = rc_calloc(json_object_size(object) + 1, sizeof(*keys)), *key;
	json_t *value;
	size_t n = 0;

	json_object_foreach ((json_t *)(uintptr_t)object, key, value)
		keys[n++] = key;
	rc_sort(keys, n, sizeof(*keys), compare_keys);
	return keys;
}

static void write_object(struct rc_buf *buf, const json_t *json)
{
	rc_autofree const char **keys = rc_json_sort_keys(json);

	rc_buf_putc(buf, '{');
	for (size_t i = 0; keys[i]; i++) {
		if (i > 0)
			rc_buf_putc(buf, ',');
		rc_json_write_string(buf, rc_str(keys[i]), true);
		rc_buf_putc(buf, ':');
		rc_json_write(buf, json_object_get(json, keys[i]));
	}
	rc_buf_putc(buf, '}');
}

int rc_json_write(struct rc_buf *buf, const json_t *json)
{
	char text[RC_NUMBER_MAX];
	json_t *item;
	size_t i;

	switch (json_typeof(json)) {
	case JSON_OBJECT:
		write_object(buf, json);
		break;
	case JSON_ARRAY:
		rc_buf_putc(buf, '[');
		json_array_foreach (json, i, item) {
			if (i > 0)
				rc_buf_putc(buf, ',');
			rc_json_write(buf, item);
		}
		rc_buf_putc(buf, ']');
		break;
	case JSON_STRING:
		rc_json_write_string(
			buf, (struct rc_str){json_string_value(json), json_string_length(json)},
			true);
		break;
	case JSON_INTEGER:
		rc_buf_printf(buf, "%lld", (long long)json_integer_value(json));
		break;
	case JSON_REAL:
		rc_number_format_json(json_real_value(json), text);
		rc_buf_puts(buf, text);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		rc_buf_puts(buf, json_is_true(json) ? "true" : "false");
		break;
	case JSON_NULL:
		rc_buf_puts(buf, "null");
		break;
	}
	return buf->overflow ? -E2BIG : 0;
}

/* The next reference token of a JSON pointer that begins with '/'. */
static const char *take_token(const char *pointer, char token[TOKEN_MAX])
{
	size_t n = 0;

	for (pointer++; *pointer && *pointer != '/' && n + 1 < TOKEN_MAX; pointer++) {
		char c = *pointer;

		if (c == '~' && (pointer[1] == '0' || pointer[1] == '1'))
			c = *++pointer == '0' ? '~' : '/';
		token[n++] = c;
	}
	token[n] = '\0';
	return pointer;
}

static json_t *child(const json_t *json, const char *token)
{
	char *end;
	unsigned long index;

	if (json_is_object(json))
		return json_object_get(json, token);
	index = strtoul(token, &end, 10);
	return *token && !*end ? json_array_get(json, index) : NULL;
}

json_t *rc_json_at(const json_t *json, const char *pointer)
{
	char token[TOKEN_MAX];

	while (json && *pointer == '/') {
		pointer = take_token(pointer, token);
		json = child(json, token);
	}
	return (json_t *)(uintptr_t)json;
}

bool rc_json_remove_at(json_t *json, const char *pointer)
{
	char token[TOKEN_MAX], *end;

	while (json && *pointer == '/') {
		pointer = take_token(pointer, token);
		if (*pointer == '/') {
			json = child(json, token);
			continue;
		}
		if (json_is_object(json))
			return json_object_del(json, token) == 0;
		if (!json_is_array(json) || !*token)
			return false;
		return json_array_remove(json, strtoul(token, &end, 10)) == 0;
	}
	return false;
}

static json_t *get(const json_t *json, va_list path)
{
	for (const char *key = va_arg(path, const char *); key && json;
	     key = va_arg(path, const char *))
		json = json_object_get(json, key);
	return (json_t *)(uintptr_t)json;
}

json_t *rc_json_get(const json_t *json, ...)
{
	json_t *found;
	va_list path;

	va_start(path, json);
	found = get(json, path);
	va_end(path);
	return found;
}

const char *rc_json_text(const json_t *json, ...)
{
	const json_t *found;
	va_list path;

	va_start(path, json);
	found = get(json, path);
	va_end(path);
	return json_string_value(found);
}

void rc_json_merge(json_t *target, const json_t *patch)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)patch, key, value) {
		json_t *old = json_object_get(target, key);

		if (json_is_null(value)) {
			json_object_del(target, key);
		} else if (!json_is_object(value)) {
			json_object_set_new(target, key, json_deep_copy(value));
		} else {
			if (!json_is_object(old)) {
				old = json_object();
				json_object_set_new(target, key, old);
			}
			rc_json_merge(old, value);
		}
	}
}

const char *rc_json_hash(const json_t *json, char text[RC_JSON_HASH_MAX])
{
	rc_autobuf struct rc_buf canonical;

	rc_buf_init(&canonical, RC_BUF_UNLIMITED);
	rc_json_write(&canonical, json);
	return rc_digest_sha256(rc_buf_str(&canonical), text);
}

int rc_json_parse(struct rc_str text, const char *what, json_t **ret_json, struct rc_error **err)
{
	json_error_t where;
	json_t *json =
		json_loadb(text.n ? text.p : "", text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &where);

	if (!json)
		return rc_fail(err, -EINVAL, "%s:%d:%d: %s", what, where.line, where.column,
			       where.text);
	*ret_json = json;
	return 0;
}
