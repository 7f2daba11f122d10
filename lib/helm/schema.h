/* values.schema.json: what gojsonschema 1.2 finds (drafts 4, 6 and 7 in one). */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "template/value.h"

/*
 * Check values (a map) against the schema's text. Every failure is appended to messages as
 * "- path: what\n", in gojsonschema's words; an unusable schema gives one text without newline.
 * Returns 0 (nothing appended), -EINVAL, or -E2BIG (it takes too long).
 */
int rc_helm_schema_check(struct rc_arena *arena, struct rc_str schema,
			 const struct rc_value *values, struct rc_buf *messages);
