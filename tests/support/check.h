/* What every test file needs around the Check library: one main, one way to say "no error". */
#pragma once

#include <check.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/error.h"

/* Fail the test with the whole chain of *err unless r is 0 or more. */
#define rc_check_ok(r, err)                                                     \
	do {                                                                    \
		int rc_check_r_ = (r);                                          \
		rc_autofree char *rc_check_text_ =                              \
			rc_check_r_ < 0 && (err) ? rc_error_format(err) : NULL; \
		ck_assert_msg(rc_check_r_ >= 0, "%s = %d: %s", #r, rc_check_r_, \
			      rc_check_text_ ? rc_check_text_ : "no chain");    \
	} while (0)

/* r must be code, and the chain's text must contain part. Frees and clears err. */
#define rc_check_fails(r, code, err, part)                                              \
	do {                                                                            \
		int rc_check_r_ = (r);                                                  \
		rc_autofree char *rc_check_text_ = (err) ? rc_error_format(err) : NULL; \
		ck_assert_int_eq(rc_check_r_, (code));                                  \
		ck_assert_msg(rc_check_text_ &&strstr(rc_check_text_, (part)),          \
			      "error text is \"%s\", wanted \"%s\" in it",              \
			      rc_check_text_ ? rc_check_text_ : "(none)", (part));      \
		rc_error_free(err);                                                     \
		(err) = NULL;                                                           \
	} while (0)

/* Defines main(): runs the suite that make_suite() builds. */
#define RC_TEST_MAIN(make_suite)                                  \
	int main(void)                                            \
	{                                                         \
		SRunner *runner = srunner_create(make_suite());   \
		int failed;                                       \
                                                                  \
		srunner_run_all(runner, CK_ENV);                  \
		failed = srunner_ntests_failed(runner);           \
		srunner_free(runner);                             \
		return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE; \
	}
