/* One directive of a printf format, and the numbers and texts it shapes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct rc_template_format_verb {
	bool minus, plus, sharp, space, zero;
	bool sharp_v, plus_v; /* %#v and %+v, which mean something of their own */
	bool complains;	      /* inside of "%!d(...)": values are not asked for their texts */
	bool has_width, has_precision;
	int width, precision;
	uint32_t rune;
};

/* Write text in the directive's width. */
void rc_template_format_verb_pad(struct rc_buf *out, const struct rc_template_format_verb *verb,
				 struct rc_str text);
/* %s, %v, %q, %x, %X; false: the verb is none for text, and nothing was written. */
bool rc_template_format_verb_text(struct rc_buf *out, const struct rc_template_format_verb *verb,
				  struct rc_str text);
/* The same for integers, floats, bools. */
bool rc_template_format_verb_integer(struct rc_buf *out, const struct rc_template_format_verb *verb,
				     uint64_t value, bool is_signed);
bool rc_template_format_verb_float(struct rc_buf *out, const struct rc_template_format_verb *verb,
				   double value);
bool rc_template_format_verb_bool(struct rc_buf *out, const struct rc_template_format_verb *verb,
				  bool value);
