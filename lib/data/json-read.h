/*
 * JSON in by the rules and with the error texts of Go's encoding/json, as a stream of events, so
 * that json_t and template values are both made from it without a detour.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "base/str.h"

/* Members are called in document order; strings are decoded and valid only during the call. */
struct rc_json_events {
	void (*null)(void *userdata);
	void (*boolean)(void *userdata, bool value);
	void (*number)(void *userdata, struct rc_str text); /* valid JSON number as written */
	void (*string)(void *userdata, struct rc_str text); /* valid UTF-8; may hold NUL */
	void (*key)(void *userdata, struct rc_str text);
	void (*begin)(void *userdata, bool is_array);
	void (*end)(void *userdata, bool is_array);
};

/*
 * Read one JSON text. It is checked whole before the first event, so on failure there was none.
 * Returns 0 or -EINVAL; the message is Go's ("invalid character '}' looking for beginning of
 * value", "unexpected end of JSON input", "exceeded max depth"), *ret_offset (may be NULL) the byte
 * offset Go's SyntaxError has. Without events (NULL) the text is only checked.
 */
int rc_json_read(struct rc_str text, const struct rc_json_events *events, void *userdata,
		 size_t *ret_offset, struct rc_error **err);

/*
 * Where the first value of a stream ends, as Go's Decoder reads it: what follows is not looked at.
 * Returns 0, -ENODATA ("EOF": there is none), or -EINVAL with Go's message and the offset as above
 * ("unexpected EOF" has none).
 */
int rc_json_first(struct rc_str text, size_t *ret_end, size_t *ret_offset, struct rc_error **err);
/* That first value as events; fails as above, before the first of them. */
int rc_json_read_first(struct rc_str text, const struct rc_json_events *events, void *userdata,
		       struct rc_error **err);

/* The same into json_t: whole numbers that fit int64 stay whole. The caller's. */
int rc_json_read_tree(struct rc_str text, json_t **ret_json, struct rc_error **err);
