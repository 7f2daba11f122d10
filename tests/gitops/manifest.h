/* Objects written as YAML, for tests. */
#pragma once

#include <jansson.h>

/* The first document of text; the test fails when it is not YAML. The caller's. */
json_t *manifest_read(const char *text);
/* The same of a format. */
json_t *manifest_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* All documents of a stream that are not empty, as an array; the caller's. */
json_t *manifest_read_all(const char *text);
