/* Sorting that keeps equal elements in their order. */
#pragma once

#include <stddef.h>

/* <0, 0, >0. */
typedef int rc_sort_compare_fn(const void *a, const void *b);

/* Short and sorted arrays, which most are, cost little; n log n at worst. NULL is an empty array.
 */
void rc_sort(void *at, size_t n, size_t size, rc_sort_compare_fn *compare);
