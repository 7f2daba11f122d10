/* Sorting, also what is not there. */
#include "support/check.h"

#include "base/memory.h"

static int by_number(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The sanitizer build ends here when NULL gets as far as qsort(). */
START_TEST(test_empty)
{
	int *none = NULL;

	rc_sort(none, 0, sizeof(*none), by_number);
	ck_assert_ptr_null(none);
}
END_TEST

START_TEST(test_sorted)
{
	int items[] = {3, 1, 2};

	rc_sort(items, 1, sizeof(*items), by_number);
	ck_assert_int_eq(items[0], 3);
	rc_sort(items, RC_ARRAY_SIZE(items), sizeof(*items), by_number);
	ck_assert_int_eq(items[0], 1);
	ck_assert_int_eq(items[1], 2);
	ck_assert_int_eq(items[2], 3);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("memory");
	TCase *tcase = tcase_create("memory");

	tcase_add_test(tcase, test_empty);
	tcase_add_test(tcase, test_sorted);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
