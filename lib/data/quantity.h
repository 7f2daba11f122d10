/* Amounts as Kubernetes writes them (resource.Quantity): 100m, 1.5Gi, 12e6. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

enum rc_quantity_format {
	RC_QUANTITY_DECIMAL_SI,	      /* 100m, 5k */
	RC_QUANTITY_BINARY_SI,	      /* 5Ki */
	RC_QUANTITY_DECIMAL_EXPONENT, /* 5e3 */
};

/* Exact to a nano; finer parts are rounded away from zero, as Kubernetes does. */
struct rc_quantity {
	__extension__ __int128 nano;
	enum rc_quantity_format format;
};

#define RC_QUANTITY_MAX 48 /* bytes of any text rc_quantity_format() makes, with the NUL */

/* 0 or -EINVAL with the API server's words. */
int rc_quantity_parse(struct rc_str text, struct rc_quantity *ret, struct rc_error **err);
/* The canonical text, which is what the API server stores; returns its length. */
size_t rc_quantity_format(const struct rc_quantity *quantity, char text[RC_QUANTITY_MAX]);
/* <0, 0, >0; the format plays no part. */
int rc_quantity_compare(const struct rc_quantity *a, const struct rc_quantity *b);
/* Both are quantities and of the same amount: "1" and "1000m" are. */
bool rc_quantity_text_equal(struct rc_str a, struct rc_str b);
