/* The "format" keyword: which texts have which form. */
#pragma once

#include <stdbool.h>

/* True for formats that nobody knows. */
bool rc_helm_schema_format_matches(const char *format, const char *text);
