/*
 * JSON in by the rules and with the error texts of Go's encoding/json.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "base/str.h"

/*
 * Read one JSON text into json_t: whole numbers that fit int64 stay whole. The caller's. -EINVAL;
 * the message is Go's ("invalid character '}' looking for beginning of value", "unexpected end of
 * JSON input", "exceeded max depth").
 */
int rc_json_read_tree(struct rc_str text, json_t **ret_json, struct rc_error **err);
