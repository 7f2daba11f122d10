/* UTF-8. */
#include "data/utf8.h"

/* How long a sequence its first byte announces; 0: none begins so. */
static size_t announced(unsigned char first)
{
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

uint32_t rc_utf8_decode(struct rc_str s, size_t *ret_n)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)s.p[0];
	size_t n = announced(first);
	uint32_t rune = first & (0xffu >> (n + 1));

	*ret_n = 1;
	if (first < 0x80)
		return first;
	if (n == 0 || n > s.n)
		return RC_UTF8_ERROR;
	for (size_t i = 1; i < n; i++) {
		if ((s.p[i] & 0xc0) != 0x80)
			return RC_UTF8_ERROR;
		rune = rune << 6 | (s.p[i] & 0x3f);
	}
	if (rune < least[n] || rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000))
		return RC_UTF8_ERROR;
	*ret_n = n;
	return rune;
}

bool rc_utf8_is_valid(struct rc_str s)
{
	while (s.n > 0) {
		size_t n;

		if ((unsigned char)*s.p < 0x80)
			n = 1;
		else if (rc_utf8_decode(s, &n) == RC_UTF8_ERROR && n == 1)
			return false;
		s.p += n;
		s.n -= n;
	}
	return true;
}

size_t rc_utf8_count(struct rc_str s)
{
	size_t count = 0;

	for (; s.n > 0; count++) {
		size_t n;

		rc_utf8_decode(s, &n);
		s.p += n;
		s.n -= n;
	}
	return count;
}
