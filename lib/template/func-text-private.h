/* What functions over text share. Positions count bytes, as in Go. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "template/func.h"

static inline struct rc_str text_arg(const struct rc_value_call *call, size_t i)
{
	return call->args[i].text;
}

static inline int give(struct rc_value *ret, struct rc_str text)
{
	*ret = rc_value_str(text);
	return 0;
}

static inline struct rc_str part(struct rc_str s, size_t from, size_t to)
{
	return (struct rc_str){s.p + from, to - from};
}

/* The largest result, in bytes: what a run allows of one buffer holds for it, too. */
size_t rc_template_text_max(const struct rc_value_call *call);
/* The result is what out holds; fails when that was too much for it. */
int rc_template_text_give(struct rc_value_call *call, const struct rc_buf *out,
			  struct rc_value *ret);
/* Offset of needle at or after from, or -1. */
ptrdiff_t rc_template_text_find(struct rc_str s, struct rc_str needle, size_t from);
/* Bytes of the rune at an offset inside of s; of what is none, 1. */
size_t rc_template_text_rune_width(struct rc_str s, size_t at);
