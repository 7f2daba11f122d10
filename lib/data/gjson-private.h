/* Modifiers of GJSON: gjson-modify.c. */
#pragma once

#include "data/gjson.h"

/* There is one of that name, of n bytes. */
bool rc_gjson_modify_is_known(const char *name, size_t n);
/* What it makes of a value; the caller's; NULL: nothing. argument may be "". */
json_t *rc_gjson_modify(const char *name, size_t n, const json_t *json, const char *argument);
/* The keys of an object in byte order; free() the array only. */
const char **rc_gjson_sort_keys(const json_t *object);
