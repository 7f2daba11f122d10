/* JSON beside jansson: Go's way of writing it, pointers, merge patches, hashes. */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/error.h"

/*
 * Append text as encoding/json quotes it: controls, U+2028 and U+2029 as \u00xx, bytes that are not
 * UTF-8 as \ufffd, and with html also '<', '>' and '&'.
 */
int rc_json_write_string(struct rc_buf *buf, struct rc_str text, bool html);
/* Append json as Go's Marshal does: keys in byte order, no blanks, HTML escapes. */
int rc_json_write(struct rc_buf *buf, const json_t *json);

/* The value at a JSON pointer (RFC 6901), or NULL; borrowed. */
json_t *rc_json_at(const json_t *json, const char *pointer);
/* Remove what a JSON pointer names; returns whether it was there. */
bool rc_json_remove_at(json_t *json, const char *pointer);
/* The text at a path of object keys ("metadata", "name", NULL), or NULL; borrowed. */
const char *rc_json_text(const json_t *json, ...) __attribute__((sentinel));
/* The value at a path of object keys, or NULL; borrowed. */
json_t *rc_json_get(const json_t *json, ...) __attribute__((sentinel));

/* The keys of an object in byte order, NULL behind the last; free() the array only. */
const char **rc_json_sort_keys(const json_t *object);

/* Apply a merge patch (RFC 7386) to target, in place. */
void rc_json_merge(json_t *target, const json_t *patch);

#define RC_JSON_HASH_MAX 65
/* SHA-256 of the canonical text (sorted keys, no blanks), in hexadecimal, into text; returns it. */
const char *rc_json_hash(const json_t *json, char text[RC_JSON_HASH_MAX]);

/* Read JSON text; the message names what, line and column. */
int rc_json_parse(struct rc_str text, const char *what, json_t **ret_json, struct rc_error **err);
