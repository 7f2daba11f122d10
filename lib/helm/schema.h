/* values.schema.json: what gojsonschema 1.2 finds (drafts 4, 6 and 7 in one). */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "template/value.h"

/* A schema's text, read when it is first asked about; everything lives in arena. */
struct rc_helm_schema;
struct rc_helm_schema *rc_helm_schema_new(struct rc_arena *arena, struct rc_str text);

/*
 * Check values (a map) against the schema; arena is for the time being. Every failure is appended
 * to messages as
 * "- path: what\n", in gojsonschema's words; an unusable schema gives one text without newline.
 * Returns 0 (nothing appended), -EINVAL, or -E2BIG (it takes too long).
 */
int rc_helm_schema_check(struct rc_arena *arena, struct rc_helm_schema *schema,
			 const struct rc_value *values, struct rc_buf *messages);
