/* Go's fmt: Sprintf with every verb, Sprint and Sprintln, over template values. */
#pragma once

#include "base/buf.h"
#include "template/value.h"

void rc_template_format(struct rc_buf *buf, struct rc_str format, const struct rc_value *args,
			size_t n);
/* A blank between two operands when neither is text. */
void rc_template_format_print(struct rc_buf *buf, const struct rc_value *args, size_t n);
