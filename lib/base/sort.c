/* Runs of a few by insertion, then merged, twice as long each time. */
#include "base/sort.h"

#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"

#define RUN	     8
#define ELEMENT_SIZE 256 /* of a larger one the spare copy is allocated */

/* element: room for one. */
static void insert(char *at, char *element, size_t n, size_t size, rc_sort_compare_fn *compare)
{
	for (size_t i = 1; i < n; i++) {
		size_t j = i;

		if (compare(at + (i - 1) * size, at + i * size) <= 0)
			continue;
		memcpy(element, at + i * size, size);
		for (; j > 0 && compare(at + (j - 1) * size, element) > 0; j--)
			;
		memmove(at + (j + 1) * size, at + j * size, (i - j) * size);
		memcpy(at + j * size, element, size);
	}
}

/* Two sorted runs side by side; left is a copy of the first. */
static void merge(char *at, char *left, size_t n_left, size_t n, size_t size,
		  rc_sort_compare_fn *compare)
{
	size_t i = 0, j = n_left, to = 0;

	if (compare(at + (n_left - 1) * size, at + n_left * size) <= 0)
		return;
	memcpy(left, at, n_left * size);
	for (; i < n_left && j < n; to++) {
		bool first = compare(left + i * size, at + j * size) <= 0;

		memcpy(at + to * size, first ? left + i++ * size : at + j++ * size, size);
	}
	memcpy(at + to * size, left + i * size, (n_left - i) * size);
}

void rc_sort(void *array, size_t n, size_t size, rc_sort_compare_fn *compare)
{
	rc_uninitialized char element[ELEMENT_SIZE];
	rc_autofree char *allocated = NULL;
	char *at = array, *spare = element;

	if (n > RUN || size > sizeof(element))
		spare = allocated = rc_malloc((n > RUN ? n : 1) * size);
	for (size_t from = 0; from < n; from += RUN)
		insert(at + from * size, spare, n - from < RUN ? n - from : RUN, size, compare);
	for (size_t run = RUN; run < n; run *= 2)
		for (size_t from = 0; from + run < n; from += 2 * run)
			merge(at + from * size, spare, run, n - from < 2 * run ? n - from : 2 * run,
			      size, compare);
}
