/* sprig's passwords: bcrypt, htpasswd, the Master Password scheme, AES. */
#include <crypt.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/buf.h"
#include "data/base64.h"
#include "template/func.h"
#include "template/late-crypto.h"

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)

#define BCRYPT_COST	 10
#define BCRYPT_INPUT_MAX 72 /* bytes; Go refuses longer ones */
#define AES_KEY		 32
#define AES_BLOCK	 16
#define TEXT_MAX	 ((size_t)64 << 20)

/* The hash of text, or why there is none; in arena. */
static const char *bcrypt_text(struct rc_arena *arena, struct rc_str text)
{
	char salt[CRYPT_GENSALT_OUTPUT_SIZE], random[16];
	struct crypt_data data = {0};
	char *copy;
	const char *hash;

	if (text.n > BCRYPT_INPUT_MAX)
		return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 "
		       "bytes";
	if (getrandom(random, sizeof(random), 0) != sizeof(random) ||
	    !crypt_gensalt_rn("$2a$", BCRYPT_COST, random, sizeof(random), salt, sizeof(salt)))
		return "failed to encrypt string with bcrypt: no salt";
	copy = rc_arena_strndup(arena, text.p, text.n);
	hash = crypt_rn(copy, salt, &data, sizeof(data));
	explicit_bzero(copy, text.n);
	hash = hash ? rc_arena_strdup(arena, hash)
		    : "failed to encrypt string with bcrypt: not supported here";
	explicit_bzero(&data, sizeof(data));
	return hash;
}

static int run_bcrypt(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_text(bcrypt_text(call->arena, call->args[0].text));
	return 0;
}

static int run_htpasswd(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str user = call->args[0].text;
	const char *text;

	if (rc_str_index(user, ':') >= 0)
		text = rc_arena_printf(call->arena, "invalid username: %.*s", (int)user.n, user.p);
	else
		text = rc_arena_printf(call->arena, "%.*s:%s", (int)user.n, user.p,
				       bcrypt_text(call->arena, call->args[1].text));
	*ret = rc_value_text(text);
	return 0;
}

/* The Master Password scheme: a kind of password is one of several patterns of classes. */
static const char seed_text[] = "com.lyndir.masterpassword";

static const struct {
	const char *name;
	const char *patterns[22];
} kinds[] = {
	{"maximum", {"anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"}},
	{"long",
	 {"CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv", "CvccCvcvnoCvcv",
	  "CvccCvcvCvcvno", "CvcvnoCvccCvcv", "CvcvCvccnoCvcv", "CvcvCvccCvcvno", "CvcvnoCvcvCvcc",
	  "CvcvCvcvnoCvcc", "CvcvCvcvCvccno", "CvccnoCvccCvcv", "CvccCvccnoCvcv", "CvccCvccCvcvno",
	  "CvcvnoCvccCvcc", "CvcvCvccnoCvcc", "CvcvCvccCvccno", "CvccnoCvcvCvcc", "CvccCvcvnoCvcc",
	  "CvccCvcvCvccno"}},
	{"medium", {"CvcnoCvc", "CvcCvcno"}},
	{"short", {"Cvcn"}},
	{"basic", {"aaanaaan", "aannaaan", "aaannaaa"}},
	{"pin", {"nnnn"}},
};

static const char *class_characters(char class)
{
	switch (class) {
	case 'V':
		return "AEIOU";
	case 'C':
		return "BCDFGHJKLMNPQRSTVWXYZ";
	case 'v':
		return "aeiou";
	case 'c':
		return "bcdfghjklmnpqrstvwxyz";
	case 'a':
		return "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
	case 'n':
		return "0123456789";
	case 'o':
		return "@&%?,=[]_:-+*$#!'^~;()/.";
	default:
		return "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()";
	}
}

static void add_number(struct rc_buf *buf, uint32_t number)
{
	const unsigned char bytes[] = {(unsigned char)(number >> 24), (unsigned char)(number >> 16),
				       (unsigned char)(number >> 8), (unsigned char)number};

	rc_buf_add(buf, bytes, sizeof(bytes));
}

/* The pattern's classes filled by the bytes of the site's seed. */
static bool derive_seed(const struct rc_value *args, unsigned char seed[EVP_MAX_MD_SIZE])
{
	struct rc_str password = args[2].text, user = args[3].text, site = args[4].text;
	rc_autobuf struct rc_buf text = RC_BUF_INIT(TEXT_MAX);
	unsigned char key[64];
	bool ok;

	rc_buf_puts(&text, seed_text);
	add_number(&text, (uint32_t)user.n);
	rc_buf_add_str(&text, user);
	ok = EVP_PBE_scrypt(password.p ? password.p : "", password.n, (const unsigned char *)text.p,
			    text.n, 32768, 8, 2, 64 << 20, key, sizeof(key)) == 1;
	rc_buf_clear(&text);
	rc_buf_puts(&text, seed_text);
	add_number(&text, (uint32_t)site.n);
	rc_buf_add_str(&text, site);
	add_number(&text, (uint32_t)args[0].integer);
	ok = ok && HMAC(EVP_sha256(), key, sizeof(key), (const unsigned char *)text.p, text.n, seed,
			NULL);
	explicit_bzero(key, sizeof(key));
	return ok;
}

static int run_derive_password(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str wanted = call->args[1].text;
	unsigned char seed[EVP_MAX_MD_SIZE];
	size_t kind = 0, n = 0;
	const char *pattern;
	char *text;

	while (kind < RC_ARRAY_SIZE(kinds) && !rc_str_is(wanted, kinds[kind].name))
		kind++;
	if (kind == RC_ARRAY_SIZE(kinds)) {
		*ret = rc_value_text(rc_arena_printf(call->arena,
						     "cannot find password template %.*s",
						     (int)wanted.n, wanted.p));
		return 0;
	}
	if (rc_template_late_crypto_load(call->err) < 0)
		return -EINVAL;
	if (!derive_seed(call->args, seed))
		return fail(call, "failed to derive password");
	while (kinds[kind].patterns[n])
		n++;
	pattern = kinds[kind].patterns[seed[0] % n];
	text = rc_arena_strdup(call->arena, pattern);
	for (size_t i = 0; pattern[i]; i++) {
		const char *characters = class_characters(pattern[i]);

		text[i] = characters[seed[i + 1] % strlen(characters)];
	}
	*ret = rc_value_text(text);
	return 0;
}

/* The password's first bytes, padded with zeros. */
static void make_key(struct rc_str password, unsigned char key[AES_KEY])
{
	memset(key, 0, AES_KEY);
	if (password.n > 0)
		memcpy(key, password.p, password.n < AES_KEY ? password.n : AES_KEY);
}

/* CBC over whole blocks; padding is the caller's business when decrypting. */
static bool run_cipher(bool encrypts, const unsigned char *key, const unsigned char *iv,
		       struct rc_str in, unsigned char *out, int *ret_n)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int n = 0, n_last = 0;
	bool ok = context && EVP_CipherInit_ex(context, EVP_aes_256_cbc(), NULL, key, iv, encrypts);

	if (ok && !encrypts)
		EVP_CIPHER_CTX_set_padding(context, 0);
	ok = ok && EVP_CipherUpdate(context, out, &n, (const unsigned char *)in.p, (int)in.n) &&
	     EVP_CipherFinal_ex(context, out + n, &n_last);
	EVP_CIPHER_CTX_free(context);
	*ret_n = n + n_last;
	return ok;
}

static int run_encrypt(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str text = call->args[1].text;
	rc_autobuf struct rc_buf encoded = RC_BUF_INIT(TEXT_MAX * 2);
	unsigned char key[AES_KEY];
	unsigned char *out;
	int n;

	*ret = rc_value_str(RC_STR(""));
	if (text.n == 0)
		return 0;
	if (text.n > TEXT_MAX)
		return fail(call, "text of more than %zu bytes", TEXT_MAX);
	if (rc_template_late_crypto_load(call->err) < 0)
		return -EINVAL;
	out = rc_arena_alloc(call->arena, text.n + 2 * (size_t)AES_BLOCK);
	make_key(call->args[0].text, key);
	if (getrandom(out, AES_BLOCK, 0) != AES_BLOCK ||
	    !run_cipher(true, key, out, text, out + AES_BLOCK, &n))
		return fail(call, "AES is not available");
	rc_base64_encode((struct rc_str){(const char *)out, (size_t)n + AES_BLOCK}, &encoded);
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(&encoded)));
	return 0;
}

static int run_decrypt(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str text = call->args[1].text, body;
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(TEXT_MAX);
	unsigned char key[AES_KEY];
	unsigned char *out;
	size_t offset;
	int n;

	*ret = rc_value_str(RC_STR(""));
	if (text.n == 0)
		return 0;
	if (rc_base64_decode_at(text, &bytes, &offset) < 0)
		return fail(call, "illegal base64 data at input byte %zu", offset);
	if (bytes.n < AES_BLOCK)
		return fail(call,
			    "runtime error: slice bounds out of range [:%d] with capacity %zu",
			    AES_BLOCK, text.n / 4 * 3);
	body = (struct rc_str){bytes.p + AES_BLOCK, bytes.n - AES_BLOCK};
	if (body.n % AES_BLOCK != 0)
		return fail(call, "crypto/cipher: input not full blocks");
	if (body.n == 0)
		return fail(call, "runtime error: index out of range [-1]");
	if (rc_template_late_crypto_load(call->err) < 0)
		return -EINVAL;
	out = rc_arena_alloc(call->arena, body.n + AES_BLOCK);
	make_key(call->args[0].text, key);
	if (!run_cipher(false, key, (const unsigned char *)bytes.p, body, out, &n))
		return fail(call, "AES is not available");
	if (out[n - 1] > n)
		return fail(call, "runtime error: slice bounds out of range [:%d]", n - out[n - 1]);
	*ret = rc_value_str((struct rc_str){(const char *)out, (size_t)n - out[n - 1]});
	return 0;
}

const struct rc_template_func rc_template_func_crypto[] = {
	{"bcrypt", "s", run_bcrypt},
	{"htpasswd", "ss", run_htpasswd},
	{"derivePassword", "ussss", run_derive_password},
	{"encryptAES", "ss", run_encrypt},
	{"decryptAES", "ss", run_decrypt},
	{NULL, NULL, NULL},
};
