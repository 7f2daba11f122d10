/* Code points. */
#include "data/unicode.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "data/unicode-cases.h"
#include "data/unicode-letters.h"
#include "data/unicode-prints.h"

enum { TO_UPPER, TO_LOWER, TO_TITLE };

static bool is_in(const struct range *ranges, size_t n, uint32_t rune)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t middle = (lo + hi) / 2;
		const struct range *at = &ranges[middle];

		if (rune < at->lo)
			hi = middle;
		else if (rune > at->hi)
			lo = middle + 1;
		else
			return (rune - at->lo) % at->stride == 0;
	}
	return false;
}

static bool is_ascii_between(uint32_t rune, char first, char last)
{
	return rune >= (unsigned char)first && rune <= (unsigned char)last;
}

bool rc_unicode_is_letter(uint32_t rune)
{
	if (rune < 0x80)
		return is_ascii_between(rune | 0x20, 'a', 'z');
	return is_in(letters, RC_ARRAY_SIZE(letters), rune);
}

bool rc_unicode_is_digit(uint32_t rune)
{
	if (rune < 0x80)
		return is_ascii_between(rune, '0', '9');
	return is_in(digits, RC_ARRAY_SIZE(digits), rune);
}

bool rc_unicode_is_upper(uint32_t rune)
{
	if (rune < 0x80)
		return is_ascii_between(rune, 'A', 'Z');
	return is_in(uppers, RC_ARRAY_SIZE(uppers), rune);
}

bool rc_unicode_is_lower(uint32_t rune)
{
	if (rune < 0x80)
		return is_ascii_between(rune, 'a', 'z');
	return is_in(lowers, RC_ARRAY_SIZE(lowers), rune);
}

bool rc_unicode_is_title(uint32_t rune)
{
	return rune >= 0x80 && is_in(titles, RC_ARRAY_SIZE(titles), rune);
}

bool rc_unicode_is_number(uint32_t rune)
{
	if (rune < 0x80)
		return is_ascii_between(rune, '0', '9');
	return is_in(numbers, RC_ARRAY_SIZE(numbers), rune);
}

bool rc_unicode_is_punct(uint32_t rune)
{
	if (rune < 0x80)
		return rune > 0 && strchr("!\"#%&'()*,-./:;?@[\\]_{}", (int)rune) != NULL;
	return is_in(puncts, RC_ARRAY_SIZE(puncts), rune);
}

bool rc_unicode_is_space(uint32_t rune)
{
	if (rune < 0x80)
		return rune == ' ' || is_ascii_between(rune, '\t', '\r');
	return rune == 0x85 || rune == 0xa0 || rune == 0x1680 ||
	       (rune >= 0x2000 && rune <= 0x200a) || rune == 0x2028 || rune == 0x2029 ||
	       rune == 0x202f || rune == 0x205f || rune == 0x3000;
}

bool rc_unicode_is_print(uint32_t rune)
{
	if (rune < 0x80)
		return is_ascii_between(rune, ' ', '~');
	return is_in(prints, RC_ARRAY_SIZE(prints), rune);
}

static uint32_t convert(uint32_t rune, int which)
{
	size_t lo = 0, hi = RC_ARRAY_SIZE(cases);

	while (lo < hi) {
		size_t middle = (lo + hi) / 2;
		const struct case_range *at = &cases[middle];

		if (rune < at->lo)
			hi = middle;
		else if (rune > at->hi)
			lo = middle + 1;
		else if (at->delta[which] == ALTERNATE)
			return at->lo + (((rune - at->lo) & ~1U) | (which == TO_LOWER));
		else
			return rune + (uint32_t)at->delta[which];
	}
	return rune;
}

uint32_t rc_unicode_to_upper(uint32_t rune)
{
	if (rune < 0x80)
		return rc_unicode_is_lower(rune) ? rune - 0x20 : rune;
	return convert(rune, TO_UPPER);
}

uint32_t rc_unicode_to_lower(uint32_t rune)
{
	if (rune < 0x80)
		return rc_unicode_is_upper(rune) ? rune + 0x20 : rune;
	return convert(rune, TO_LOWER);
}

uint32_t rc_unicode_to_title(uint32_t rune)
{
	if (rune < 0x80)
		return rc_unicode_to_upper(rune);
	return convert(rune, TO_TITLE);
}
