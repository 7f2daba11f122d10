/* The environment of a program: what is in it, what is not, and what of it is hidden in the log. */
#include "support/check.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/str.h"
#include "terraform/environment.h"

static struct {
	char *folder;
	struct rc_terraform_log *log;
} world;

static void setup(void)
{
	char template[] = "/tmp/rc-environment-XXXXXX";
	rc_autofree char *path = NULL;
	struct rc_error *err = NULL;

	world.folder = rc_strdup(mkdtemp(template));
	path = rc_path_join(world.folder, "log");
	rc_check_ok(rc_terraform_log_open(path, &world.log, &err), err);
	setenv("HOME", world.folder, 1);
	setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI", 1);
	setenv("AWS_REGION", "eu-central-1", 1);
	setenv("SOME_OTHER_THING", "private", 1);
	unsetenv("AWS_CONFIG_FILE");
	unsetenv("AWS_SHARED_CREDENTIALS_FILE");
}

static void teardown(void)
{
	rc_terraform_log_free(world.log);
	rc_file_remove_tree(world.folder, NULL);
	free(world.folder);
}

static int resolve(void *userdata, const struct rc_terraform_variable *variable,
		   struct rc_secret **ret_secret, struct rc_error **err)
{
	(void)userdata;
	(void)err;
	*ret_secret = rc_secret_new_text(variable->file);
	return 0;
}

static int make(const struct rc_terraform_stack_options *stack,
		struct rc_terraform_environment **ret_environment, struct rc_error **err)
{
	struct rc_terraform_environment_options options = {
		.stack = stack, .home = "/home", .data = "/data", .resolve = resolve};

	return rc_terraform_environment_new(&options, world.log, ret_environment, err);
}

/* How often a name is there, and its first value, as Go's programs take it. */
static size_t count(const struct rc_terraform_environment *environment, const char *name,
		    const char **ret_value)
{
	size_t n = strlen(name), found = 0;

	*ret_value = "";
	for (const char *const *at = rc_terraform_environment_get(environment); *at; at++) {
		if (strncmp(*at, name, n) != 0 || (*at)[n] != '=')
			continue;
		if (found++ == 0)
			*ret_value = *at + n + 1;
	}
	return found;
}

static const struct {
	const char *name, *value; /* NULL: not there */
	bool has_aws;
} cases[] = {
	{"HOME", "/home", true},
	{"TF_DATA_DIR", "/data", true},
	{"TF_IN_AUTOMATION", "1", false},
	{"SOME_OTHER_THING", NULL, true},
	{"TF_VAR_size", "3", false},
	{"TF_VAR_password", "hush-hush", false},
	{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", true},
	{"AWS_ACCESS_KEY_ID", NULL, false},
	{"AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI", true},
	{"AWS_SECRET_ACCESS_KEY", NULL, false},
	{"AWS_REGION", "us-east-1", true}, /* the stack's own */
	{"AWS_REGION", "us-east-1", false},
	{"AWS_SESSION_TOKEN", NULL, true},
	{"AWS_CONFIG_FILE", NULL, true},
};

static const struct rc_terraform_variable variables[] = {
	{.name = "size", .value = "3"},
	{.name = "password", .file = "hush-hush"},
};
static const struct rc_terraform_variable region = {.name = "AWS_REGION", .value = "us-east-1"};

START_TEST(test_values)
{
	struct rc_terraform_stack_options stack = {.variables = variables,
						   .n_variables = 2,
						   .environment = &region,
						   .n_environment = 1,
						   .has_aws = cases[_i].has_aws};
	rc_cleanup(rc_terraform_environment_freep) struct rc_terraform_environment *environment =
		NULL;
	struct rc_error *err = NULL;
	const char *value;

	rc_check_ok(make(&stack, &environment, &err), err);
	ck_assert_uint_eq(count(environment, cases[_i].name, &value), cases[_i].value ? 1 : 0);
	ck_assert_str_eq(value, cases[_i].value ?: "");
}
END_TEST

/* The shared files of our home are found, though the program's home is another. */
START_TEST(test_shared_files)
{
	struct rc_terraform_stack_options stack = {.has_aws = true};
	rc_cleanup(rc_terraform_environment_freep) struct rc_terraform_environment *environment =
		NULL;
	rc_autofree char *folder = rc_path_join(world.folder, ".aws");
	rc_autofree char *path = rc_path_join(folder, "credentials");
	struct rc_error *err = NULL;
	const char *value;

	rc_check_ok(rc_file_make_directory(folder, 0700, &err), err);
	rc_check_ok(rc_file_write_atomic(path, "", 0, 0600, &err), err);
	rc_check_ok(make(&stack, &environment, &err), err);
	ck_assert_uint_eq(count(environment, "AWS_SHARED_CREDENTIALS_FILE", &value), 1);
	ck_assert_str_eq(value, path);
	ck_assert_uint_eq(count(environment, "AWS_CONFIG_FILE", &value), 0);
}
END_TEST

START_TEST(test_hidden)
{
	struct rc_terraform_stack_options stack = {
		.variables = variables, .n_variables = 2, .has_aws = true};
	rc_cleanup(rc_terraform_environment_freep) struct rc_terraform_environment *environment =
		NULL;
	rc_autofree char *text = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(make(&stack, &environment, &err), err);
	text = rc_terraform_log_mask(world.log, rc_str("hush-hush, wJalrXUtnFEMI and AKIDEXAMPLE"));
	ck_assert_str_eq(text, "(masked), (masked) and AKIDEXAMPLE");
}
END_TEST

static const char *const refused[] = {"TF_CLI_ARGS", "TF_CLI_ARGS_apply", "TF_LOG", "TF_LOG_PATH",
				      "TF_REATTACH_PROVIDERS"};

START_TEST(test_refused)
{
	struct rc_terraform_variable one = {.name = refused[_i], .value = "x"};
	struct rc_terraform_stack_options stack = {.environment = &one, .n_environment = 1};
	struct rc_terraform_environment *environment = NULL;
	struct rc_error *err = NULL;

	rc_check_fails(make(&stack, &environment, &err), -EINVAL, err, refused[_i]);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("environment");
	TCase *tcase = tcase_create("environment");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test_values, 0, RC_ARRAY_SIZE(cases));
	tcase_add_test(tcase, test_shared_files);
	tcase_add_test(tcase, test_hidden);
	tcase_add_loop_test(tcase, test_refused, 0, RC_ARRAY_SIZE(refused));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
