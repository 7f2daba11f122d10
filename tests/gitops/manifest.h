/* Objects written as YAML, for tests. */
#pragma once

#include <jansson.h>

#include "base/error.h"

/* The first document of text; the test fails when it is not YAML. The caller's. */
json_t *manifest_read(const char *text);
/* The same of a format. */
json_t *manifest_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* All documents of a stream that are not empty, as an array; the caller's. */
json_t *manifest_read_all(const char *text);
/* A render worker's answer to request; cache as for rc_source_handle(). */
int manifest_ask(void *cache, const json_t *request, json_t **ret_reply, struct rc_error **err);
