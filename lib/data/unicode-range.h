/* A row of the tables of Unicode. */
#pragma once

#include <stdint.h>

/* lo, lo + stride, ... hi */
struct range {
	uint32_t lo, hi, stride;
};
