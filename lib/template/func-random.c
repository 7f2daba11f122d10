/* sprig's random texts, from the system's generator. */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "data/base64.h"
#include "template/func.h"

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)
#define COUNT_MAX	(1 << 20)

static const char digits[] = "0123456789";
static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char both[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* Asked for by the block: a character is less than a system call is worth. */
struct source {
	unsigned char bytes[256];
	size_t at, n;
};

static void fill(void *to, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = getrandom((char *)to + done, n - done, 0);

		if (got < 0 && errno != EINTR)
			abort();
		done += got > 0 ? (size_t)got : 0;
	}
}

static uint32_t take(struct source *source)
{
	uint32_t value;

	if (source->n - source->at < sizeof(value)) {
		fill(source->bytes, sizeof(source->bytes));
		source->n = sizeof(source->bytes);
		source->at = 0;
	}
	memcpy(&value, source->bytes + source->at, sizeof(value));
	source->at += sizeof(value);
	return value;
}

/* An even choice below n: values beyond the last multiple of n are thrown again. */
static uint32_t choose(struct source *source, uint32_t n)
{
	uint32_t limit = UINT32_MAX - UINT32_MAX % n, value;

	do
		value = take(source);
	while (value >= limit);
	return value % n;
}

static int pick(struct rc_value_call *call, const char *alphabet, struct rc_value *ret)
{
	int64_t count = call->args[0].integer;
	uint32_t n = alphabet ? (uint32_t)strlen(alphabet) : '~' - ' ' + 1;
	struct source source = {.n = 0};
	char *text;

	if (count < 0)
		count = 0;
	if (count > COUNT_MAX)
		return fail(call, "a random text of more than %d bytes", COUNT_MAX);
	text = rc_arena_alloc(call->arena, (size_t)count + 1);
	for (int64_t i = 0; i < count; i++) {
		uint32_t chosen = choose(&source, n);

		text[i] = alphabet ? alphabet[chosen] : (char)(' ' + chosen);
	}
	*ret = rc_value_str((struct rc_str){text, (size_t)count});
	return 0;
}

static int run_alpha_num(struct rc_value_call *call, struct rc_value *ret)
{
	return pick(call, both, ret);
}

static int run_alpha(struct rc_value_call *call, struct rc_value *ret)
{
	return pick(call, letters, ret);
}

static int run_numeric(struct rc_value_call *call, struct rc_value *ret)
{
	return pick(call, digits, ret);
}

static int run_ascii(struct rc_value_call *call, struct rc_value *ret)
{
	return pick(call, NULL, ret);
}

static int run_bytes(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	int64_t count = call->args[0].integer;
	unsigned char *bytes;

	if (count < 0 || count > COUNT_MAX)
		return fail(call, "runtime error: makeslice: len out of range");
	bytes = rc_arena_alloc(call->arena, (size_t)count + 1);
	fill(bytes, (size_t)count);
	rc_base64_encode((struct rc_str){(const char *)bytes, (size_t)count}, &out);
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(&out)));
	return 0;
}

static int run_int(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t from = call->args[0].integer, to = call->args[1].integer;
	struct source source = {.n = 0};

	if (to <= from || to - from > UINT32_MAX)
		return fail(call, "invalid argument to Intn");
	*ret = rc_value_int(from + choose(&source, (uint32_t)(to - from)));
	return 0;
}

static int run_uuid(struct rc_value_call *call, struct rc_value *ret)
{
	unsigned char b[16];

	fill(b, sizeof(b));
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	*ret = rc_value_text(rc_arena_printf(call->arena,
					     "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
					     "%02x%02x%02x%02x%02x%02x",
					     b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8],
					     b[9], b[10], b[11], b[12], b[13], b[14], b[15]));
	return 0;
}

static int run_shuffle(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str s = call->args[0].text;
	char *text = rc_arena_strndup(call->arena, s.p, s.n);
	struct source source = {.n = 0};

	for (size_t i = s.n; i > 1; i--) {
		size_t j = choose(&source, (uint32_t)i);
		char c = text[i - 1];

		text[i - 1] = text[j];
		text[j] = c;
	}
	*ret = rc_value_str((struct rc_str){text, s.n});
	return 0;
}

const struct rc_template_func rc_template_func_random[] = {
	{"randAlphaNum", "i", run_alpha_num},
	{"randAlpha", "i", run_alpha},
	{"randNumeric", "i", run_numeric},
	{"randAscii", "i", run_ascii},
	{"randBytes", "i", run_bytes},
	{"randInt", "ii", run_int},
	{"uuidv4", "", run_uuid},
	{"shuffle", "s", run_shuffle},
	{NULL, NULL, NULL},
};
