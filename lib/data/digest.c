/* SHA-1, SHA-256, SHA-512. SHA-256 uses the upper halves of SHA-512's constants. */
#include "data/digest.h"

#include <stdint.h>
#include <stdio.h>

/* Of the cube roots of the first 80 primes. */
static const uint64_t constants[80] = {
	0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
	0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
	0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
	0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
	0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
	0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
	0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
	0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
	0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
	0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
	0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
	0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
	0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
	0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
	0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
	0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
	0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
	0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
	0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
	0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

/* Of the square roots of the first 8. */
static const uint64_t initial[8] = {
	0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

static uint32_t rotate32(uint32_t x, unsigned int n)
{
	return x >> n | x << (32 - n);
}

static uint64_t rotate64(uint64_t x, unsigned int n)
{
	return x >> n | x << (64 - n);
}

static uint32_t load32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t load64(const unsigned char *p)
{
	return (uint64_t)load32(p) << 32 | load32(p + 4);
}

static void sha1_block(uint64_t state[8], const unsigned char *block)
{
	uint32_t w[80], a = (uint32_t)state[0], b = (uint32_t)state[1], c = (uint32_t)state[2],
			d = (uint32_t)state[3], e = (uint32_t)state[4];

	for (int i = 0; i < 80; i++) {
		uint32_t f, k, next;

		w[i] = i < 16 ? load32(block + 4 * i)
			      : rotate32(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 31);
		if (i < 20) {
			f = (b & c) | (~b & d);
			k = 0x5a827999;
		} else if (i < 40 || i >= 60) {
			f = b ^ c ^ d;
			k = i < 40 ? 0x6ed9eba1 : 0xca62c1d6;
		} else {
			f = (b & c) | (b & d) | (c & d);
			k = 0x8f1bbcdc;
		}
		next = rotate32(a, 27) + f + e + k + w[i];
		e = d;
		d = c;
		c = rotate32(b, 2);
		b = a;
		a = next;
	}
	state[0] = (uint32_t)(state[0] + a);
	state[1] = (uint32_t)(state[1] + b);
	state[2] = (uint32_t)(state[2] + c);
	state[3] = (uint32_t)(state[3] + d);
	state[4] = (uint32_t)(state[4] + e);
}

static void sha256_block(uint64_t state[8], const unsigned char *block)
{
	uint32_t w[64], v[8];

	for (int i = 0; i < 8; i++)
		v[i] = (uint32_t)state[i];
	for (int i = 0; i < 64; i++) {
		uint32_t one, two;

		if (i < 16) {
			w[i] = load32(block + 4 * i);
		} else {
			uint32_t x = w[i - 15], y = w[i - 2];

			w[i] = w[i - 16] + w[i - 7] + (rotate32(x, 7) ^ rotate32(x, 18) ^ x >> 3) +
			       (rotate32(y, 17) ^ rotate32(y, 19) ^ y >> 10);
		}
		one = v[7] + (rotate32(v[4], 6) ^ rotate32(v[4], 11) ^ rotate32(v[4], 25)) +
		      ((v[4] & v[5]) ^ (~v[4] & v[6])) + (uint32_t)(constants[i] >> 32) + w[i];
		two = (rotate32(v[0], 2) ^ rotate32(v[0], 13) ^ rotate32(v[0], 22)) +
		      ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof(*v));
		v[4] += one;
		v[0] = one + two;
	}
	for (int i = 0; i < 8; i++)
		state[i] = (uint32_t)(state[i] + v[i]);
}

static void sha512_block(uint64_t state[8], const unsigned char *block)
{
	uint64_t w[80], v[8];

	memcpy(v, state, sizeof(v));
	for (int i = 0; i < 80; i++) {
		uint64_t one, two;

		if (i < 16) {
			w[i] = load64(block + 8 * i);
		} else {
			uint64_t x = w[i - 15], y = w[i - 2];

			w[i] = w[i - 16] + w[i - 7] + (rotate64(x, 1) ^ rotate64(x, 8) ^ x >> 7) +
			       (rotate64(y, 19) ^ rotate64(y, 61) ^ y >> 6);
		}
		one = v[7] + (rotate64(v[4], 14) ^ rotate64(v[4], 18) ^ rotate64(v[4], 41)) +
		      ((v[4] & v[5]) ^ (~v[4] & v[6])) + constants[i] + w[i];
		two = (rotate64(v[0], 28) ^ rotate64(v[0], 34) ^ rotate64(v[0], 39)) +
		      ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof(*v));
		v[4] += one;
		v[0] = one + two;
	}
	for (int i = 0; i < 8; i++)
		state[i] += v[i];
}

static const struct {
	void (*block)(uint64_t state[8], const unsigned char *block);
	size_t block_bytes, word_bytes, digest_bytes;
} kinds[] = {
	[RC_DIGEST_SHA1] = {sha1_block, 64, 4, 20},
	[RC_DIGEST_SHA256] = {sha256_block, 64, 4, 32},
	[RC_DIGEST_SHA512] = {sha512_block, 128, 8, 64},
};

static void begin(enum rc_digest_kind kind, uint64_t state[8])
{
	static const uint64_t sha1[8] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
					 0xc3d2e1f0};

	for (int i = 0; i < 8; i++)
		state[i] = kind == RC_DIGEST_SHA1     ? sha1[i]
			   : kind == RC_DIGEST_SHA256 ? initial[i] >> 32
						      : initial[i];
}

/* What is left over, a bit, zeroes, and the length in bits. */
static void end(enum rc_digest_kind kind, uint64_t state[8], const unsigned char *rest,
		size_t n_rest, size_t n_bytes)
{
	size_t size = kinds[kind].block_bytes, n_length = 2 * kinds[kind].word_bytes;
	size_t n = n_rest + 1 + n_length > size ? 2 * size : size;
	unsigned char last[256] = {0};

	if (n_rest > 0)
		memcpy(last, rest, n_rest);
	last[n_rest] = 0x80;
	for (int i = 0; i < 8; i++)
		last[n - 1 - (size_t)i] = (unsigned char)((uint64_t)n_bytes << 3 >> (8 * i));
	if (n_length > 8)
		last[n - 9] = (unsigned char)((uint64_t)n_bytes >> 61);
	for (size_t at = 0; at < n; at += size)
		kinds[kind].block(state, last + at);
}

size_t rc_digest_compute(enum rc_digest_kind kind, struct rc_str bytes,
			 unsigned char digest[RC_DIGEST_BYTES_MAX])
{
	const unsigned char *p = (const unsigned char *)bytes.p;
	size_t size = kinds[kind].block_bytes, word = kinds[kind].word_bytes, at = 0;
	uint64_t state[8];

	begin(kind, state);
	for (; bytes.n - at >= size; at += size)
		kinds[kind].block(state, p + at);
	end(kind, state, bytes.n ? p + at : NULL, bytes.n - at, bytes.n);
	for (size_t i = 0; i < kinds[kind].digest_bytes; i++)
		digest[i] = (unsigned char)(state[i / word] >> (8 * (word - 1 - i % word)));
	return kinds[kind].digest_bytes;
}

const char *rc_digest_format(enum rc_digest_kind kind, struct rc_str bytes,
			     char text[RC_DIGEST_TEXT_MAX])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[RC_DIGEST_BYTES_MAX];
	size_t n = rc_digest_compute(kind, bytes, digest);

	for (size_t i = 0; i < n; i++) {
		text[2 * i] = digits[digest[i] >> 4];
		text[2 * i + 1] = digits[digest[i] & 15];
	}
	text[2 * n] = '\0';
	return text;
}

const char *rc_digest_sha256(struct rc_str bytes, char text[RC_DIGEST_MAX])
{
	char whole[RC_DIGEST_TEXT_MAX];

	return memcpy(text, rc_digest_format(RC_DIGEST_SHA256, bytes, whole), RC_DIGEST_MAX);
}

bool rc_digest_is_sha256(const char *text)
{
	return strlen(text) == RC_DIGEST_MAX - 1 &&
	       strspn(text, "0123456789abcdef") == RC_DIGEST_MAX - 1;
}
