/* sprig's base64, base32 and hashes. */
#include "data/base32.h"
#include "data/base64.h"
#include "data/digest.h"
#include "template/func.h"

static void give(struct rc_value_call *call, const struct rc_buf *buf, struct rc_value *ret)
{
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(buf)));
}

static int run_b64enc(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_base64_encode(call->args[0].text, &out);
	give(call, &out, ret);
	return 0;
}

/* What cannot be decoded gives the error's text. */
static int run_b64dec(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	size_t offset = 0;

	if (rc_base64_decode_at(call->args[0].text, &out, &offset) < 0) {
		rc_buf_clear(&out);
		rc_buf_printf(&out, "illegal base64 data at input byte %zu", offset);
	}
	give(call, &out, ret);
	return 0;
}

static int run_b32enc(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_base32_encode(call->args[0].text, &out);
	give(call, &out, ret);
	return 0;
}

static int run_b32dec(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	size_t offset = 0;

	if (rc_base32_decode(call->args[0].text, &out, &offset) < 0) {
		rc_buf_clear(&out);
		rc_buf_printf(&out, "illegal base32 data at input byte %zu", offset);
	}
	give(call, &out, ret);
	return 0;
}

static int hash(struct rc_value_call *call, enum rc_digest_kind kind, struct rc_value *ret)
{
	char text[RC_DIGEST_TEXT_MAX];

	rc_digest_format(kind, call->args[0].text, text);
	*ret = rc_value_text(rc_arena_strdup(call->arena, text));
	return 0;
}

static int run_sha1sum(struct rc_value_call *call, struct rc_value *ret)
{
	return hash(call, RC_DIGEST_SHA1, ret);
}

static int run_sha256sum(struct rc_value_call *call, struct rc_value *ret)
{
	return hash(call, RC_DIGEST_SHA256, ret);
}

static int run_sha512sum(struct rc_value_call *call, struct rc_value *ret)
{
	return hash(call, RC_DIGEST_SHA512, ret);
}

static int run_adler32sum(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str s = call->args[0].text;
	uint32_t a = 1, b = 0;

	for (size_t i = 0; i < s.n; i++) {
		a = (a + (unsigned char)s.p[i]) % 65521;
		b = (b + a) % 65521;
	}
	*ret = rc_value_text(rc_arena_printf(call->arena, "%u", b << 16 | a));
	return 0;
}

const struct rc_template_func rc_template_func_encode[] = {
	{"b64enc", "s", run_b64enc},
	{"b64dec", "s", run_b64dec},
	{"b32enc", "s", run_b32enc},
	{"b32dec", "s", run_b32dec},
	{"sha1sum", "s", run_sha1sum},
	{"sha256sum", "s", run_sha256sum},
	{"sha512sum", "s", run_sha512sum},
	{"adler32sum", "s", run_adler32sum},
	{NULL, NULL, NULL},
};
