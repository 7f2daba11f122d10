/*
 * A library loaded when it is first needed: starting with OpenSSL costs more than rendering a
 * chart, and few runs of a program need it.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

/* Load library, as linked programs name it ("libpq.so.5"), and fill table with the addresses of the
 * n functions, in their order: a struct of n function pointers. It stays loaded. -ENOENT when the
 * library or one of the functions is not there. */
int rc_late_load(const char *library, const char *const *names, size_t n, void *table,
		 struct rc_error **err);
