/* Numbers as Go's strconv reads and writes them, whatever the locale. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define RC_NUMBER_MAX 400 /* bytes that any format here needs, with the NUL */

/* Decimal digits; returns the length. */
size_t rc_number_format_int(int64_t value, char text[RC_NUMBER_MAX]);
/*
 * strconv.FormatFloat(value, 'g', -1, bits), which is also fmt's %v: the shortest digits that read
 * back, with an exponent when that is below -4 or from 6 on. bits is 32 or 64. Returns the length;
 * text is NUL-terminated.
 */
size_t rc_number_format_g(double value, int bits, char text[RC_NUMBER_MAX]);
/* The same with Go's 'f' and precision -1: never an exponent. */
size_t rc_number_format_f(double value, char text[RC_NUMBER_MAX]);
/* As encoding/json writes a float64: 'f' form, or 'e' below 1e-6 and from 1e21 on. */
size_t rc_number_format_json(double value, char text[RC_NUMBER_MAX]);

/* strconv.ParseInt(text, base, 64), base 0 or 2..36; 0, -EINVAL (syntax) or -ERANGE. */
int rc_number_parse_int(struct rc_str text, int base, int64_t *ret);
int rc_number_parse_uint(struct rc_str text, int base, uint64_t *ret);
/* [-+]?(digits with an optional dot)([eE][-+]?digits)?: what YAML and ParseFloat take alike. */
bool rc_number_is_decimal(struct rc_str text);
/* strconv.ParseFloat(text, 64); 0, -EINVAL or -ERANGE (value is then +-Inf). */
int rc_number_parse_float(struct rc_str text, double *ret);
