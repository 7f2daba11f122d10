/* What terraform tells: the first error, who holds a lock, module sources, and what is masked. */
#include "support/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/memory.h"
#include "data/json.h"
#include "terraform/log.h"
#include "terraform/message.h"
#include "terraform/program.h"
#include "terraform/source.h"

/* ---- errors ---- */

static const struct {
	const char *text, *problem;
} errors[] = {
	{"", ""},
	{"Initializing...\nAll good", ""},
	{"Error: Invalid value\n\nThe value is wrong.\n", "Invalid value: The value is wrong."},
	{"Error: first\n\nError: second\nmore", "first"},
};

static void read_text(struct rc_terraform_message *message, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		rc_terraform_message_take_text(message, (struct rc_str){text, n});
		text += n + (text[n] == '\n');
	}
}

START_TEST(test_error)
{
	struct rc_terraform_message message;

	rc_terraform_message_init(&message);
	read_text(&message, errors[_i].text);
	ck_assert_str_eq(rc_terraform_message_get_problem(&message), errors[_i].problem);
	ck_assert_ptr_null(rc_terraform_message_get_lock(&message));
	rc_terraform_message_done(&message);
}
END_TEST

/* ---- locks ---- */

#define ONE "11111111-2222-3333-4444-555555555555"
#define TWO "99999999-2222-3333-4444-555555555555"

static const struct {
	const char *text, *id, *who;
} locks[] = {
	{"Error: Error acquiring the state lock\n\nError message: resource temporarily "
	 "unavailable\n"
	 "Lock Info:\n  ID:        " ONE
	 "\n  Path:      a.tfstate\n  Operation: OperationTypeApply\n"
	 "  Who:       anna@host\n  Version:   1.10.6\n",
	 ONE, "anna@host"},
	/* The HTTP back end: the holder's id comes first, then what the asker sent. */
	{"Error: Error acquiring the state lock\n\nHTTP remote state already locked: ID=" ONE
	 "\nLock Info:\n  ID:        " TWO "\n  Who:       me@host\n",
	 ONE, "me@host"},
	{"Error: Error acquiring the state lock\n\nno info at all\n", NULL, NULL},
};

START_TEST(test_lock)
{
	struct rc_terraform_message message;
	const json_t *lock;

	rc_terraform_message_init(&message);
	read_text(&message, locks[_i].text);
	lock = rc_terraform_message_get_lock(&message);
	ck_assert_ptr_nonnull(lock);
	ck_assert_pstr_eq(rc_json_text(lock, "id", NULL), locks[_i].id);
	ck_assert_pstr_eq(rc_json_text(lock, "who", NULL), locks[_i].who);
	rc_terraform_message_done(&message);
}
END_TEST

/* ---- versions ---- */

static const struct {
	const char *printed, *constraint, *version;
	int code;
} versions[] = {
	{"Terraform v1.11.4\non linux_amd64\n", ">= 1.9, < 2.0", "1.11.4", 0},
	{"OpenTofu v1.10.6\non linux_amd64\n", NULL, "1.10.6", 0},
	{"OpenTofu v1.10.6\n", "~> 1.9.0", NULL, -EINVAL},
	{"OpenTofu v1.10.6\n", "what?", NULL, -EINVAL},
	{"hello\n", NULL, NULL, -EPROTO},
	{"", NULL, NULL, -EPROTO},
};

START_TEST(test_version)
{
	rc_autofree char *version = NULL;

	ck_assert_int_eq(rc_terraform_program_check(rc_str(versions[_i].printed),
						    versions[_i].constraint, &version, NULL),
			 versions[_i].code);
	ck_assert_pstr_eq(version, versions[_i].version);
}
END_TEST

/* ---- module sources ---- */

static const struct {
	const char *text, *modules; /* separated by blanks */
} sources[] = {
	{"module \"a\" {\n  source = \"../vpc\"\n}\n", "../vpc"},
	{"module \"a\" { source=\"./x\" }\nmodule \"b\" {\n source = \"hashicorp/x/aws\"\n}",
	 "./x"},
	{"# source = \"./no\"\n// source = \"./no\"\n/* source = \"./no\" */", ""},
	{"x = \"source = \\\"./no\\\"\"\n", ""},
	{"resource \"a\" \"source\" {\n data_source = \"./no\"\n}", ""},
	{"module \"a\" {\n  source # why\n  = /* here */ \"./x\"\n}", "./x"},
	{"source", ""},
	{"", ""},
};

START_TEST(test_source)
{
	json_auto_t *list = json_array();
	rc_autobuf struct rc_buf out = RC_BUF_INIT(4096);
	const json_t *item;
	size_t i;

	rc_terraform_source_list_modules(rc_str(sources[_i].text), list);
	json_array_foreach (list, i, item)
		rc_buf_printf(&out, "%s%s", i ? " " : "", json_string_value(item));
	ck_assert_str_eq(rc_buf_text(&out), sources[_i].modules);
}
END_TEST

/* ---- the log ---- */

START_TEST(test_mask)
{
	char path[] = "/tmp/rc-log-XXXXXX";
	int fd = mkstemp(path);
	struct rc_terraform_log *log = NULL;
	rc_cleanup(rc_secret_freep) struct rc_secret *whole = rc_secret_new_text("hush-hush");
	rc_cleanup(rc_secret_freep) struct rc_secret *part = rc_secret_new_text("hush");
	rc_cleanup(rc_secret_freep) struct rc_secret *brief = rc_secret_new_text("a");
	rc_cleanup(rc_secret_freep) struct rc_secret *of_module = rc_secret_new_text("of-module");
	rc_autofree char *text_of = NULL;
	rc_autobuf struct rc_buf text = RC_BUF_INIT(1 << 20);
	struct rc_error *err = NULL;

	rc_check_ok(rc_terraform_log_open(path, &log, &err), err);
	rc_terraform_log_hide(log, part);
	rc_terraform_log_hide(log, whole);
	rc_terraform_log_hide(log, brief); /* would mask half of everything */
	rc_terraform_log_hide_in_lines(log, of_module);
	text_of = rc_terraform_log_mask(log, RC_STR("hush of-module"));
	ck_assert_str_eq(text_of, "(masked) of-module");
	rc_terraform_log_put(log, RC_STR("an of-module"));
	rc_terraform_log_put(log, RC_STR("a hush-hush and a hush."));
	rc_terraform_log_say(log, "plan", "with %s", "hush");
	rc_terraform_log_free(log);
	rc_check_ok(rc_file_read(path, &text, &err), err);
	ck_assert_ptr_nonnull(strstr(rc_buf_text(&text), "an (masked)\n"));
	ck_assert_ptr_nonnull(strstr(rc_buf_text(&text), "a (masked) and a (masked).\n"));
	ck_assert_ptr_nonnull(strstr(rc_buf_text(&text), " plan: with (masked)\n"));
	close(fd);
	unlink(path);
}
END_TEST

START_TEST(test_full)
{
	char path[] = "/tmp/rc-log-XXXXXX";
	int fd = mkstemp(path);
	struct rc_terraform_log *log = NULL;
	rc_autofree char *line = rc_malloc(60000);
	struct rc_error *err = NULL;

	memset(line, 'x', 60000);
	rc_check_ok(rc_terraform_log_open(path, &log, &err), err);
	for (int i = 0; i < 300; i++)
		rc_terraform_log_put(log, (struct rc_str){line, 60000});
	rc_terraform_log_free(log);
	ck_assert_int_le(lseek(fd, 0, SEEK_END), (off_t)RC_TERRAFORM_LOG_MAX_BYTES);
	ck_assert_int_gt(lseek(fd, 0, SEEK_END), (off_t)RC_TERRAFORM_LOG_MAX_BYTES - 120000);
	close(fd);
	unlink(path);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("message");
	TCase *tcase = tcase_create("message");

	tcase_add_loop_test(tcase, test_error, 0, RC_ARRAY_SIZE(errors));
	tcase_add_loop_test(tcase, test_lock, 0, RC_ARRAY_SIZE(locks));
	tcase_add_loop_test(tcase, test_version, 0, RC_ARRAY_SIZE(versions));
	tcase_add_loop_test(tcase, test_source, 0, RC_ARRAY_SIZE(sources));
	tcase_add_test(tcase, test_mask);
	tcase_add_test(tcase, test_full);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
