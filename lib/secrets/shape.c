/* Shaping values. */
#include "secrets/shape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/base64.h"
#include "data/gjson.h"
#include "data/json.h"
#include "data/number.h"
#include "data/unicode.h"
#include "data/utf8.h"
#include "secrets/rewrite.h"

#define KEY_MAX	   253
#define VALUE_MAX  ((size_t)1 << 20)
#define VALUES_MAX ((size_t)4 << 20) /* before templates; a Secret holds a quarter of it */

json_t *rc_secrets_shape_bytes(struct rc_str bytes)
{
	return json_stringn_nocheck(bytes.n ? bytes.p : "", bytes.n);
}

static struct rc_str bytes_of(const json_t *text)
{
	return (struct rc_str){json_string_value(text), json_string_length(text)};
}

/* ---- values ---- */

void rc_secrets_shape_write(struct rc_buf *out, const json_t *value)
{
	char number[RC_NUMBER_MAX];

	if (json_is_string(value)) {
		rc_buf_add_str(out, bytes_of(value));
	} else if (json_is_real(value)) {
		rc_number_format_f(json_real_value(value), number);
		rc_buf_puts(out, number);
	} else if (value && !json_is_null(value)) {
		rc_json_write(out, value);
	}
}

static void undo_url_alphabet(struct rc_buf *text)
{
	for (size_t i = 0; i < text->n; i++)
		text->p[i] = text->p[i] == '-' ? '+' : text->p[i] == '_' ? '/' : text->p[i];
}

static int decode_base64(const struct rc_buf *bytes, bool is_url, struct rc_buf *out)
{
	rc_autobuf struct rc_buf copy = RC_BUF_INIT(VALUE_MAX);

	rc_buf_clear(out);
	/* Each alphabet refuses the other's letters. */
	for (size_t i = 0; i < bytes->n; i++)
		if (strchr(is_url ? "+/" : "-_", bytes->p[i]) && bytes->p[i])
			return -EINVAL;
	rc_buf_add_str(&copy, rc_buf_str(bytes));
	if (is_url)
		undo_url_alphabet(&copy);
	return rc_base64_decode(rc_buf_str(&copy), out);
}

int rc_secrets_shape_decode(enum rc_secrets_decoding decoding, struct rc_buf *bytes,
			    struct rc_error **err)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(VALUE_MAX);
	struct rc_buf taken;
	int r;

	if (decoding == RC_SECRETS_DECODING_NONE)
		return 0;
	r = decode_base64(bytes, decoding == RC_SECRETS_DECODING_BASE64URL, &out);
	if (r < 0 && decoding == RC_SECRETS_DECODING_AUTO) {
		r = decode_base64(bytes, true, &out);
		if (r < 0)
			return 0; /* it is what it is */
	}
	if (r < 0)
		return rc_fail(err, -EINVAL, "the value is not the base64 it is said to be");
	taken = *bytes;
	*bytes = out;
	out = taken;
	return 0;
}

/* A key as it stands, else a path of GJSON into what there is. */
static json_t *find_property(const json_t *document, const char *property)
{
	json_t *at = json_object_get(document, property);

	return at ? json_incref(at) : rc_gjson_get(document, property);
}

/* What GetSecret() gives: the property, or all of it, as bytes. */
static int take_text(const struct rc_secrets_remote *remote, const json_t *document,
		     struct rc_buf *out, struct rc_error **err)
{
	json_auto_t *value = NULL;

	if (!remote->property || !*remote->property) {
		rc_secrets_shape_write(out, document);
	} else if (json_object_get(document, remote->property)) {
		rc_secrets_shape_write(out, json_object_get(document, remote->property));
	} else {
		json_auto_t *parsed =
			json_is_string(document)
				? json_loadb(json_string_value(document),
					     json_string_length(document), JSON_DECODE_ANY, NULL)
				: NULL;

		value = find_property(parsed ? parsed : document, remote->property);
		if (!value)
			return rc_fail(err, -ENOENT, "'%s' has no property '%s'", remote->key,
				       remote->property);
		rc_gjson_write_text(out, value);
	}
	if (out->overflow)
		return rc_fail(err, -E2BIG, "'%s' holds more than a Secret can", remote->key);
	return 0;
}

/* ---- keys ---- */

/* Letters and numbers of any script, as External Secrets has it; the API server wants ASCII. */
static bool is_key_rune(uint32_t rune)
{
	return rune == '-' || rune == '.' || rune == '_' || rc_unicode_is_letter(rune) ||
	       rc_unicode_is_number(rune);
}

char *rc_secrets_shape_convert(const char *key, bool is_unicode)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	size_t n;

	for (; *key; key += n) {
		uint32_t rune = rc_utf8_decode(rc_str(key), &n);

		if (is_key_rune(rune))
			rc_buf_add(&out, key, n);
		else if (is_unicode)
			rc_buf_printf(&out, "_U%04x_", (unsigned int)rune);
		else
			rc_buf_putc(&out, '_');
	}
	return rc_buf_take(&out);
}

/* "_U0041_" at text; 0: it is none. */
static size_t read_number(const char *text, unsigned int *ret_rune)
{
	size_t n;

	if (strncmp(text, "_U", 2) != 0)
		return 0;
	n = strspn(text + 2, "0123456789abcdefABCDEF");
	if (n < 4 || n > 5 || text[2 + n] != '_')
		return 0;
	*ret_rune = (unsigned int)strtoul(text + 2, NULL, 16);
	return n + 3;
}

char *rc_secrets_shape_revert(const char *key)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	unsigned int rune = 0;

	while (*key) {
		size_t n = read_number(key, &rune);

		if (n > 0)
			rc_buf_put_rune(&out, rune);
		else
			rc_buf_putc(&out, *key);
		key += n > 0 ? n : 1;
	}
	return rc_buf_take(&out);
}

static int check_key(const char *key, struct rc_error **err)
{
	size_t n = strlen(key), m;

	if (n > KEY_MAX)
		return rc_fail(err, -EINVAL, "key '%.40s...' is longer than %d", key, KEY_MAX);
	for (const char *at = key; *at; at += m) {
		uint32_t rune = rc_utf8_decode(rc_str(at), &m);

		if (!is_key_rune(rune))
			return rc_fail(err, -EINVAL,
				       "key '%.80s' may hold letters, digits, '-', '.' and '_' "
				       "only",
				       key);
	}
	return 0;
}

static json_t *convert_keys(const struct rc_secrets_remote *remote, const json_t *map,
			    struct rc_error **err)
{
	json_t *converted = json_object(), *value;
	const char *key;

	json_object_foreach ((json_t *)(uintptr_t)map, key, value) {
		rc_autofree char *name = rc_secrets_shape_convert(key, remote->is_unicode);

		if (json_object_get(converted, name)) {
			rc_fail(err, -EINVAL, "two keys become '%s'", name);
			json_decref(converted);
			return NULL;
		}
		json_object_set(converted, name, value);
	}
	return converted;
}

/* ---- remotes ---- */

static int put(const struct rc_secrets_remote *remote, const char *key, struct rc_buf *bytes,
	       json_t *values, struct rc_error **err)
{
	int r = rc_secrets_shape_decode(remote->decoding, bytes, err);

	if (r < 0)
		return rc_wrap(err, r, "key '%s'", key);
	if (remote->refuses_nul && memchr(rc_buf_text(bytes), '\0', bytes->n))
		return rc_fail(err, -EINVAL,
			       "key '%s' holds NUL bytes, which nullBytePolicy refuses", key);
	json_object_set_new(values, key, rc_secrets_shape_bytes(rc_buf_str(bytes)));
	return 0;
}

static int add_data(const struct rc_secrets_remote *remote, const json_t *document, json_t *values,
		    struct rc_error **err)
{
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(VALUE_MAX);
	int r = take_text(remote, document, &bytes, err);

	return r < 0 ? r : put(remote, remote->secret_key, &bytes, values, err);
}

static int put_all(const struct rc_secrets_remote *remote, const json_t *map, json_t *values,
		   struct rc_error **err)
{
	const char *key;
	json_t *value;
	int r = 0;

	json_object_foreach ((json_t *)(uintptr_t)map, key, value) {
		rc_autobuf struct rc_buf bytes = RC_BUF_INIT(VALUE_MAX);

		if (!*key)
			continue; /* as External Secrets does */
		rc_buf_add_str(&bytes, bytes_of(value));
		r = check_key(key, err);
		if (r == 0)
			r = put(remote, key, &bytes, values, err);
		if (r < 0)
			return r;
	}
	return r;
}

/* A map of texts through rewriting or conversion, into values. */
static int add_map(const struct rc_secrets_remote *remote, json_t *map, json_t *values,
		   struct rc_error **err)
{
	json_auto_t *shaped = NULL;
	int r = 0;

	if (remote->rewrite)
		r = rc_secrets_rewrite(remote->rewrite, map, &shaped, err);
	else if (remote->type == RC_SECRETS_REMOTE_GENERATOR)
		shaped = json_incref(map);
	else
		shaped = convert_keys(remote, map, err);
	if (r < 0 || !shaped)
		return r < 0 ? r : -EINVAL;
	return put_all(remote, shaped, values, err);
}

static json_t *write_texts(const json_t *map)
{
	json_t *texts = json_object(), *value;
	const char *key;

	json_object_foreach ((json_t *)(uintptr_t)map, key, value) {
		rc_autobuf struct rc_buf bytes = RC_BUF_INIT(VALUES_MAX);

		rc_secrets_shape_write(&bytes, value);
		json_object_set_new(texts, key, rc_secrets_shape_bytes(rc_buf_str(&bytes)));
	}
	return texts;
}

static int add_extract(const struct rc_secrets_remote *remote, const json_t *document,
		       json_t *values, struct rc_error **err)
{
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(VALUES_MAX);
	json_auto_t *parsed = NULL, *texts = NULL;
	int r = 0;

	if ((!remote->property || !*remote->property) && json_is_object(document)) {
		texts = write_texts(document);
		return add_map(remote, texts, values, err);
	}
	r = take_text(remote, document, &bytes, err);
	if (r < 0)
		return r;
	parsed = json_loadb(rc_buf_text(&bytes), bytes.n, 0, NULL);
	if (!json_is_object(parsed))
		return rc_fail(err, -EINVAL, "'%s' does not hold a map to extract", remote->key);
	texts = write_texts(parsed);
	return add_map(remote, texts, values, err);
}

int rc_secrets_shape_add(const struct rc_secrets_remote *remote, const json_t *document,
			 json_t *values, struct rc_error **err)
{
	json_auto_t *texts = NULL;

	if (remote->type == RC_SECRETS_REMOTE_DATA)
		return add_data(remote, document, values, err);
	if (remote->type == RC_SECRETS_REMOTE_EXTRACT)
		return add_extract(remote, document, values, err);
	texts = write_texts(document);
	return add_map(remote, texts, values, err);
}
