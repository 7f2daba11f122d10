/* Sorting, also what is not there. */
#include "support/check.h"

#include <stdint.h>

#include "base/sort.h"

struct item {
	int key;
	size_t place; /* where it stood at first */
};

struct large {
	int key;
	char rest[300];
};

static int by_key(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

START_TEST(test_empty)
{
	int *none = NULL;

	rc_sort(none, 0, sizeof(*none), by_key);
	ck_assert_ptr_null(none);
}
END_TEST

/* Equal ones stay in their order, whatever the number. */
START_TEST(test_stable)
{
	struct item items[200];
	uint32_t random = 1;

	for (size_t n = 1; n <= RC_ARRAY_SIZE(items); n++) {
		for (size_t i = 0; i < n; i++) {
			random = random * 1664525 + 1013904223;
			items[i] = (struct item){.key = (int)(random >> 28), .place = i};
		}
		rc_sort(items, n, sizeof(*items), by_key);
		for (size_t i = 1; i < n; i++)
			ck_assert(items[i - 1].key < items[i].key ||
				  (items[i - 1].key == items[i].key &&
				   items[i - 1].place < items[i].place));
	}
}
END_TEST

START_TEST(test_large_elements)
{
	struct large items[20];

	for (int n = 2; n <= (int)RC_ARRAY_SIZE(items); n++) {
		for (int i = 0; i < n; i++) {
			items[i].key = n - i;
			items[i].rest[299] = (char)(n - i);
		}
		rc_sort(items, (size_t)n, sizeof(*items), by_key);
		for (int i = 0; i < n; i++) {
			ck_assert_int_eq(items[i].key, i + 1);
			ck_assert_int_eq(items[i].rest[299], i + 1);
		}
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("sort");
	TCase *tcase = tcase_create("sort");

	tcase_add_test(tcase, test_empty);
	tcase_add_test(tcase, test_stable);
	tcase_add_test(tcase, test_large_elements);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
