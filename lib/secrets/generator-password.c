/* Password: random letters, digits and symbols. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/base32.h"
#include "data/base64.h"
#include "data/json.h"
#include "secrets/generator-instant.h"
#include "secrets/shape.h"

#define LENGTH	   24
#define LENGTH_MAX 4096

static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char digits[] = "0123456789";
static const char symbols[] = "~!@#$%^&*()_+`-={}|[]\\:\"<>?,./";

/* Uniform below n. */
static unsigned int pick(unsigned int n)
{
	uint32_t value, limit = UINT32_MAX - UINT32_MAX % n;

	do {
		if (getrandom(&value, sizeof(value), 0) != sizeof(value))
			abort();
	} while (value >= limit);
	return value % n;
}

struct recipe {
	long length, n_digits, n_symbols;
	const char *letters, *symbols;
	bool repeats;
};

static long read_number(const json_t *spec, const char *key, long otherwise)
{
	const json_t *value = json_object_get(spec, key);

	return json_is_integer(value) ? (long)json_integer_value(value) : otherwise;
}

static int read_recipe(const json_t *spec, struct recipe *recipe, struct rc_error **err)
{
	long length = read_number(spec, "length", LENGTH), n_letters;

	if (length <= 0)
		length = LENGTH;
	*recipe = (struct recipe){
		.length = length,
		.n_digits = read_number(spec, "digits", length / 4),
		.n_symbols = read_number(spec, "symbols", length / 4),
		.letters = json_is_true(json_object_get(spec, "noUpper")) ? lower : letters,
		.symbols = rc_json_text(spec, "symbolCharacters", NULL) ?: symbols,
		.repeats = json_is_true(json_object_get(spec, "allowRepeat")),
	};
	n_letters = length - recipe->n_digits - recipe->n_symbols;
	if (length > LENGTH_MAX)
		return rc_fail(err, -EINVAL, "length %ld is above %d", length, LENGTH_MAX);
	if (n_letters < 0 || recipe->n_digits < 0 || recipe->n_symbols < 0)
		return rc_fail(err, -EINVAL, "digits and symbols are more than length");
	if (!recipe->repeats &&
	    (n_letters > (long)strlen(recipe->letters) || recipe->n_digits > (long)strlen(digits) ||
	     recipe->n_symbols > (long)strlen(recipe->symbols)))
		return rc_fail(err, -EINVAL,
			       "there are not so many letters, digits or symbols without "
			       "allowRepeat");
	if (recipe->n_symbols > 0 && !*recipe->symbols)
		return rc_fail(err, -EINVAL, "symbolCharacters is empty");
	return 0;
}

/* n characters of set, each at a random place of what there is. */
static void add(struct rc_buf *text, const char *set, long n, bool repeats)
{
	unsigned int size = (unsigned int)strlen(set), at;

	while (n > 0) {
		char c = set[pick(size)];

		if (!repeats && text->n > 0 && memchr(text->p, c, text->n))
			continue;
		at = pick((unsigned int)text->n + 1);
		rc_buf_putc(text, c);
		memmove(text->p + at + 1, text->p + at, text->n - 1 - at);
		text->p[at] = c;
		n--;
	}
}

static const char hex_digits[] = "0123456789abcdef";

static int encode(const char *encoding, const struct rc_buf *text, struct rc_buf *out,
		  struct rc_error **err)
{
	if (strcmp(encoding, "raw") == 0) {
		rc_buf_add_str(out, rc_buf_str(text));
	} else if (strcmp(encoding, "base64") == 0 || strcmp(encoding, "base64url") == 0) {
		rc_base64_encode(rc_buf_str(text), out);
		for (size_t i = 0; encoding[6] && i < out->n; i++)
			out->p[i] = out->p[i] == '+' ? '-' : out->p[i] == '/' ? '_' : out->p[i];
	} else if (strcmp(encoding, "base32") == 0) {
		rc_base32_encode(rc_buf_str(text), out);
	} else if (strcmp(encoding, "hex") == 0) {
		for (size_t i = 0; i < text->n; i++) {
			rc_buf_putc(out, hex_digits[(unsigned char)text->p[i] >> 4]);
			rc_buf_putc(out, hex_digits[(unsigned char)text->p[i] & 15]);
		}
	} else {
		return rc_fail(err, -EINVAL, "encoding: '%s' is not known", encoding);
	}
	return 0;
}

static int make_one(const json_t *spec, const struct recipe *recipe, const char *key,
		    json_t *values, struct rc_error **err)
{
	const char *encoding = rc_json_text(spec, "encoding", NULL) ?: "raw";
	rc_autobuf struct rc_buf text = RC_BUF_INIT(2 * LENGTH_MAX);
	rc_autobuf struct rc_buf out = RC_BUF_INIT(8 * LENGTH_MAX);
	int r;

	add(&text, recipe->letters, recipe->length - recipe->n_digits - recipe->n_symbols,
	    recipe->repeats);
	add(&text, digits, recipe->n_digits, recipe->repeats);
	add(&text, recipe->symbols, recipe->n_symbols, recipe->repeats);
	r = encode(encoding, &text, &out, err);
	if (r == 0)
		json_object_set_new(values, key, rc_secrets_shape_bytes(rc_buf_str(&out)));
	return r;
}

int rc_secrets_generator_make_password(const json_t *spec, json_t *values, struct rc_error **err)
{
	const json_t *keys = json_object_get(spec, "secretKeys");
	struct recipe recipe;
	json_t *item;
	size_t i;
	int r = read_recipe(spec, &recipe, err);

	if (r == 0 && json_array_size(keys) == 0)
		return make_one(spec, &recipe, "password", values, err);
	json_array_foreach (keys, i, item) {
		const char *key = json_string_value(item) ?: "";

		if (!*key || json_object_get(values, key))
			return rc_fail(err, -EINVAL, "secretKeys: each is a text of its own");
		r = make_one(spec, &recipe, key, values, err);
		if (r < 0)
			return r;
	}
	return r;
}
