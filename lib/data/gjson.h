/*
 * Paths of GJSON (github.com/tidwall/gjson, 1.18), as External Secrets takes them for a property:
 * "a.b.0", wildcards, "#", "#.a", "#(a==\"b\")#", '|', modifiers ("@reverse"), "{a,b}", "[a,b]".
 *
 * GJSON looks through text; here it is a tree whose keys count as sorted. Not known: @pretty, ".."
 * for lines of JSON.
 */
#pragma once

#include <jansson.h>

#include "base/buf.h"

/* The caller's; NULL: there is nothing at path (null itself is something). */
json_t *rc_gjson_get(const json_t *json, const char *path);
/* Append a value as GJSON's String(): texts as they are, null as nothing, containers as JSON. */
void rc_gjson_write_text(struct rc_buf *out, const json_t *json);
/* tidwall/match: '*' and '?' of runes, '\' quotes. */
bool rc_gjson_match(const char *text, const char *pattern);
