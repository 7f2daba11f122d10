/* Classes and case of code points, by the tables of Go's unicode package; no locale. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

bool rc_unicode_is_letter(uint32_t rune); /* L */
bool rc_unicode_is_digit(uint32_t rune);  /* Nd */
bool rc_unicode_is_upper(uint32_t rune);  /* Lu */
bool rc_unicode_is_lower(uint32_t rune);  /* Ll */
bool rc_unicode_is_title(uint32_t rune);  /* Lt */
bool rc_unicode_is_number(uint32_t rune); /* N */
bool rc_unicode_is_punct(uint32_t rune);  /* P */
bool rc_unicode_is_space(uint32_t rune);  /* White_Space */
bool rc_unicode_is_print(uint32_t rune);  /* L, M, N, P, S and ' ': what %q shows as it is */

uint32_t rc_unicode_to_upper(uint32_t rune);
uint32_t rc_unicode_to_lower(uint32_t rune);
uint32_t rc_unicode_to_title(uint32_t rune);
