/* What the files of GJSON share. */
#pragma once

#include "data/gjson.h"

/* ---- gjson-modify.c ---- */

/* There is one of that name, of n bytes. */
bool rc_gjson_modify_is_known(const char *name, size_t n);
/* What it makes of a value; the caller's; NULL: nothing. argument may be "". */
json_t *rc_gjson_modify(const char *name, size_t n, const json_t *json, const char *argument);

/* ---- gjson-query.c ---- */

/* The end of a bracket or quoted text that begins at text; brackets and quotes balance. */
const char *rc_gjson_skip_balanced(const char *text);

struct rc_gjson_query {
	char *path, *value;
	char op[3]; /* "": value alone decides */
};

/* open is at the bracket; returns what follows the closing one, or NULL. query is to be done with
 * either way. */
const char *rc_gjson_query_read(const char *open, struct rc_gjson_query *query);
void rc_gjson_query_done(struct rc_gjson_query *query);
/* Whether value, which was found at the query's path (NULL: nothing was), is as it asks. */
bool rc_gjson_query_matches(const struct rc_gjson_query *query, const json_t *value);
