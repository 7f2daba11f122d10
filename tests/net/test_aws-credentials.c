/* Where AWS keys come from, against the stand-ins of aws-scene.h. */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/memory.h"
#include "net/aws-credentials.h"
#include "net/aws-fetch.h"
#include "net/aws-scene.h"

/* The variables of a case: '@' stands for the folder, '%' for the stand-in's URL. */
struct environment {
	char *list[16];
	size_t n;
};

static void put(struct environment *env, const char *text)
{
	rc_autobuf struct rc_buf buf = RC_BUF_INIT(4096);

	for (; *text; text++) {
		if (*text == '@')
			rc_buf_printf(&buf, "%s/", aws_scene.folder);
		else if (*text == '%')
			rc_buf_puts(&buf, aws_scene.url);
		else
			rc_buf_putc(&buf, *text);
	}
	env->list[env->n++] = rc_buf_take(&buf);
}

static void environment_init(struct environment *env, const char *const *texts)
{
	*env = (struct environment){.n = 0};
	put(env, "AWS_ENDPOINT_URL_STS=%/");
	put(env, "AWS_EC2_METADATA_SERVICE_ENDPOINT=%");
	put(env, "AWS_CONFIG_FILE=@config");
	put(env, "AWS_SHARED_CREDENTIALS_FILE=@credentials");
	for (; *texts; texts++)
		put(env, *texts);
}

static void environment_done(struct environment *env)
{
	while (env->n > 0)
		free(env->list[--env->n]);
}

static void on_wake(struct rc_net_aws_waiter *waiter)
{
	(void)waiter;
	ev_break(aws_scene.loop, EVBREAK_ALL);
}

/* Gets until it is not waiting; *ret_id is the caller's. */
static int get(struct rc_net_aws_credentials *credentials, char **ret_id, struct rc_error **err)
{
	struct rc_net_aws_waiter waiter = {.wake = on_wake};
	struct rc_net_aws_keys keys = {.access_key_id = NULL};
	int r;

	while ((r = rc_net_aws_credentials_get(credentials, &waiter, &keys, err)) == 1)
		ev_run(aws_scene.loop, 0);
	if (r == 0)
		*ret_id = rc_strdup(keys.access_key_id);
	return r;
}

#define KEYS "AWS_ACCESS_KEY_ID=ENV", "AWS_SECRET_ACCESS_KEY=" AWS_SCENE_SECRET

static const struct {
	const char *name;
	const char *env[8];
	const char *id;	   /* of the keys */
	const char *error; /* or what the error has in it */
	int code;
	int asked; /* requests it takes */
} cases[] = {
	{"environment", {KEYS}, "ENV", NULL, 0, 0},
	{"environment before profile", {KEYS, "AWS_PROFILE=base"}, "ENV", NULL, 0, 0},
	{"half an environment", {"AWS_ACCESS_KEY_ID=ENV", "AWS_PROFILE=base"}, "BASE", NULL, 0, 0},
	{"profile with keys", {"AWS_PROFILE=base"}, "BASE", NULL, 0, 0},
	{"credentials before config", {"AWS_PROFILE=other"}, "OTHER", NULL, 0, 0},
	{"role of a profile", {"AWS_PROFILE=one"}, "one(reconciled,BASE)", NULL, 0, 1},
	{"role of a role", {"AWS_PROFILE=two"}, "two(me,x7,one(reconciled,BASE))", NULL, 0, 2},
	{"its own source", {"AWS_PROFILE=self"}, "self(reconciled,SELF)", NULL, 0, 1},
	{"web identity of a profile",
	 {"AWS_PROFILE=web"},
	 "web(reconciled,web-web-token)",
	 NULL,
	 0,
	 1},
	{"web identity of the environment",
	 {"AWS_WEB_IDENTITY_TOKEN_FILE=@token", "AWS_ROLE_ARN=arn:aws:iam::1:role/pod",
	  "AWS_ROLE_SESSION_NAME=it"},
	 "pod(it,web-web-token)",
	 NULL,
	 0,
	 1},
	{"web identity before profile",
	 {"AWS_WEB_IDENTITY_TOKEN_FILE=@token", "AWS_ROLE_ARN=arn:aws:iam::1:role/pod",
	  "AWS_PROFILE=base"},
	 "pod(reconciled,web-web-token)",
	 NULL,
	 0,
	 1},
	{"web identity without role",
	 {"AWS_WEB_IDENTITY_TOKEN_FILE=@token"},
	 NULL,
	 "without the role",
	 -EINVAL,
	 0},
	{"web identity without file",
	 {"AWS_WEB_IDENTITY_TOKEN_FILE=@no-token", "AWS_ROLE_ARN=a"},
	 NULL,
	 "no-token",
	 -ENOENT,
	 0},
	{"container",
	 {"AWS_CONTAINER_CREDENTIALS_FULL_URI=%/pod",
	  "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=@pod-token"},
	 "pod",
	 NULL,
	 0,
	 1},
	{"container with a token",
	 {"AWS_CONTAINER_CREDENTIALS_FULL_URI=%/pod",
	  "AWS_CONTAINER_AUTHORIZATION_TOKEN=pod-identity"},
	 "pod",
	 NULL,
	 0,
	 1},
	{"container refuses",
	 {"AWS_CONTAINER_CREDENTIALS_FULL_URI=%/pod", "AWS_CONTAINER_AUTHORIZATION_TOKEN=x"},
	 NULL,
	 "the container's credentials: AWS answered 401",
	 -EACCES,
	 1},
	{"container elsewhere",
	 {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://evil.example/pod"},
	 NULL,
	 "neither https nor",
	 -EINVAL,
	 0},
	{"instance", {NULL}, "instance", NULL, 0, 3},
	{"instance's role", {"AWS_PROFILE=host"}, "host(reconciled,instance)", NULL, 0, 4},
	{"instance switched off",
	 {"AWS_EC2_METADATA_DISABLED=true"},
	 NULL,
	 "there are no AWS credentials",
	 -ENOENT,
	 0},
	{"role of the environment", {"AWS_PROFILE=env"}, NULL, "has no keys", -EINVAL, 0},
	{"unknown source", {"AWS_PROFILE=odd"}, NULL, "'Moon' is not known", -EINVAL, 0},
	{"circle", {"AWS_PROFILE=loop"}, NULL, "round in circles", -EINVAL, 0},
	{"role without source",
	 {"AWS_PROFILE=bare"},
	 NULL,
	 "nothing to assume it with",
	 -EINVAL,
	 0},
	{"sso",
	 {"AWS_PROFILE=sso"},
	 NULL,
	 "AWS profile 'sso': 'sso_session' is not supported",
	 -EINVAL,
	 0},
	{"process",
	 {"AWS_PROFILE=process"},
	 NULL,
	 "'credential_process' is not supported",
	 -EINVAL,
	 0},
	{"no such profile", {"AWS_PROFILE=nobody"}, NULL, "'nobody' is in neither", -ENOENT, 0},
	{"refused role",
	 {"AWS_PROFILE=closed"},
	 NULL,
	 "getting AWS credentials: assuming the role: AWS answered 403: AccessDenied: you may not",
	 -EACCES,
	 1},
	{"too short", {"AWS_PROFILE=short"}, NULL, "'60' is not 900 to 43200", -EINVAL, 0},
};

static struct rc_net_aws_credentials *make(const struct environment *env)
{
	struct rc_net_aws_credentials_options options = {.loop = aws_scene.loop,
							 .http = aws_scene.client,
							 .env = (const char *const *)env->list,
							 .region = "eu-central-1"};

	return rc_net_aws_credentials_new(&options);
}

START_TEST(sources)
{
	struct environment env;
	rc_cleanup(rc_net_aws_credentials_freep) struct rc_net_aws_credentials *credentials = NULL;
	rc_autofree char *id = NULL;
	rc_autofree char *config = NULL;
	struct rc_error *err = NULL;

	/* The profile with a token file names it by its whole path. */
	config = rc_asprintf("[profile web]\nrole_arn = arn:aws:iam::1:role/web\n"
			     "web_identity_token_file = %s/token\n",
			     aws_scene.folder);
	if (strcmp(cases[_i].name, "web identity of a profile") == 0)
		aws_scene_write("config", config);
	environment_init(&env, cases[_i].env);
	credentials = make(&env);
	if (cases[_i].id) {
		rc_check_ok(get(credentials, &id, &err), err);
		ck_assert_str_eq(id, cases[_i].id);
	} else {
		rc_check_fails(get(credentials, &id, &err), cases[_i].code, err, cases[_i].error);
	}
	ck_assert_int_eq(aws_scene.asked, cases[_i].asked);
	/* Again: they are kept, and what failed is not asked for at once. */
	free(rc_steal(&id));
	get(credentials, &id, NULL);
	ck_assert_pstr_eq(id, cases[_i].id);
	ck_assert_int_eq(aws_scene.asked, cases[_i].asked);
	environment_done(&env);
}
END_TEST

/* Keys, roles and tags that are given; nothing else is looked at. */
START_TEST(keys_and_roles_given)
{
	static const struct rc_net_aws_tag tags[] = {
		{"team", "judge", true}, {"a b", "c", false}, {NULL, NULL, false}};
	static const struct rc_net_aws_role roles[] = {
		{.arn = "arn:aws:iam::1:role/first", .tags = tags},
		{.arn = "arn:aws:iam::1:role/last", .session_name = "eso"},
	};
	static const char *const none[] = {"AWS_PROFILE=nobody", NULL};
	rc_cleanup(rc_secret_freep) struct rc_secret *secret = rc_secret_new_text(AWS_SCENE_SECRET);
	struct rc_net_aws_keys keys = {"GIVEN", secret, NULL};
	struct environment env;
	struct rc_net_aws_credentials_options options = {.loop = aws_scene.loop,
							 .http = aws_scene.client,
							 .region = "eu-central-1",
							 .keys = &keys,
							 .roles = roles,
							 .n_roles = 2};
	rc_cleanup(rc_net_aws_credentials_freep) struct rc_net_aws_credentials *credentials = NULL;
	rc_autofree char *id = NULL;
	struct rc_error *err = NULL;

	environment_init(&env, none);
	options.env = (const char *const *)env.list;
	credentials = rc_net_aws_credentials_new(&options);
	rc_check_ok(get(credentials, &id, &err), err);
	ck_assert_str_eq(id, "last(eso,first(reconciled,tag:team,GIVEN))");
	environment_done(&env);
}
END_TEST

static struct {
	int wanted, cancelled;
	int answer; /* 0: a token at once; <0: a failure; 1: later */
} identity;

static void want(void *userdata, struct rc_net_aws_credentials *credentials)
{
	rc_cleanup(rc_secret_freep) struct rc_secret *token = rc_secret_new_text("jwt");
	struct rc_error *err = NULL;

	(void)userdata;
	identity.wanted++;
	if (identity.answer == 1)
		return;
	if (identity.answer < 0)
		rc_fail(&err, identity.answer, "no account");
	rc_net_aws_credentials_give(credentials, identity.answer, token, err);
}

static void cancel(void *userdata)
{
	(void)userdata;
	identity.cancelled++;
}

START_TEST(web_identity_by_call)
{
	static const struct rc_net_aws_role role = {.arn = "arn:aws:iam::1:role/pod"};
	static const char *const none[] = {NULL};
	struct environment env;
	struct rc_net_aws_credentials_options options = {.loop = aws_scene.loop,
							 .http = aws_scene.client,
							 .region = "eu-central-1",
							 .web_identity = &role,
							 .want = want,
							 .cancel = cancel};
	struct rc_net_aws_credentials *credentials;
	struct rc_net_aws_waiter waiter = {.wake = on_wake};
	struct rc_net_aws_keys keys;
	rc_autofree char *id = NULL;
	struct rc_error *err = NULL;

	environment_init(&env, none);
	options.env = (const char *const *)env.list;
	memset(&identity, 0, sizeof(identity));
	credentials = rc_net_aws_credentials_new(&options);
	rc_check_ok(get(credentials, &id, &err), err);
	ck_assert_str_eq(id, "pod(reconciled,web-jwt)");
	rc_net_aws_credentials_free(credentials);
	identity.answer = -EACCES;
	credentials = rc_net_aws_credentials_new(&options);
	rc_check_fails(get(credentials, &id, &err), -EACCES, err, "no account");
	rc_net_aws_credentials_free(credentials);
	identity.answer = 1;
	credentials = rc_net_aws_credentials_new(&options);
	ck_assert_int_eq(rc_net_aws_credentials_get(credentials, &waiter, &keys, &err), 1);
	rc_net_aws_credentials_free(credentials);
	ck_assert_int_eq(identity.wanted, 3);
	ck_assert_int_eq(identity.cancelled, 1);
	environment_done(&env);
}
END_TEST

/* Short-lived keys serve until their end while there are no new ones, and are replaced before. */
START_TEST(renewal)
{
	static const char *const one[] = {"AWS_PROFILE=one", NULL};
	struct environment env;
	rc_cleanup(rc_net_aws_credentials_freep) struct rc_net_aws_credentials *credentials = NULL;
	struct rc_net_aws_waiter waiter = {.wake = on_wake};
	struct rc_net_aws_keys keys;
	rc_autofree char *id = NULL, *again = NULL;
	struct rc_error *err = NULL;

	environment_init(&env, one);
	credentials = make(&env);
	aws_scene.lifetime_s = 2;
	rc_check_ok(get(credentials, &id, &err), err);
	ck_assert_int_eq(aws_scene.asked, 1);
	/* A fresh one that is refused is not fetched again. */
	rc_net_aws_credentials_forget(credentials);
	rc_check_ok(get(credentials, &again, &err), err);
	ck_assert_int_eq(aws_scene.asked, 1);
	aws_scene.is_failing = true;
	while (rc_net_aws_credentials_get(credentials, &waiter, &keys, NULL) == 0) {
		ev_run(aws_scene.loop, EVRUN_NOWAIT);
		usleep(20000);
	}
	ck_assert_int_ge(aws_scene.asked, 2);
	rc_check_fails(get(credentials, &again, &err), -EAGAIN, err,
		       "AWS answered 503: ServiceUnavailable: come <back> later");
	ck_assert_int_lt(aws_scene.asked, 6);
	environment_done(&env);
}
END_TEST

/* Two who wait are told once; one who left is not; freeing stops what is under way. */
START_TEST(waiters)
{
	static const char *const one[] = {"AWS_PROFILE=one", NULL};
	struct environment env;
	struct rc_net_aws_credentials *credentials;
	struct rc_net_aws_waiter first = {.wake = on_wake}, second = {.wake = on_wake};
	struct rc_net_aws_keys keys;

	environment_init(&env, one);
	credentials = make(&env);
	aws_scene.is_hanging = true;
	ck_assert_int_eq(rc_net_aws_credentials_get(credentials, &first, &keys, NULL), 1);
	ck_assert_int_eq(rc_net_aws_credentials_get(credentials, &second, &keys, NULL), 1);
	rc_net_aws_credentials_leave(credentials, &first);
	ck_assert(!first.is_waiting && second.is_waiting);
	while (!aws_scene.held)
		ev_run(aws_scene.loop, EVRUN_ONCE);
	ck_assert_int_eq(aws_scene.asked, 1);
	rc_net_aws_credentials_free(credentials);
	ck_assert(!second.is_waiting);
	environment_done(&env);
}
END_TEST

START_TEST(no_instance)
{
	static const char *const none[] = {NULL};
	struct environment env;
	rc_cleanup(rc_net_aws_credentials_freep) struct rc_net_aws_credentials *credentials = NULL;
	rc_autofree char *id = NULL;
	struct rc_error *err = NULL;

	environment_init(&env, none);
	credentials = make(&env);
	aws_scene.is_no_cloud = true;
	ck_assert_int_eq(get(credentials, &id, &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(rc_error_get_hint(err), "no instance of AWS"));
	rc_error_free(err);
	environment_done(&env);
}
END_TEST

START_TEST(regions_and_endpoints)
{
	static const char *const plain[] = {NULL};
	static const char *const given[] = {"AWS_ENDPOINT_URL=http://all.example/",
					    "AWS_ENDPOINT_URL_EKS=https://eks.example", NULL};
	static const struct {
		const char *const *env;
		const char *id, *region, *url;
	} endpoints[] = {
		{plain, "EKS", "eu-central-1", "https://eks.eu-central-1.amazonaws.com"},
		{plain, "EKS", "cn-north-1", "https://eks.cn-north-1.amazonaws.com.cn"},
		{given, "EKS", "eu-central-1", "https://eks.example"},
		{given, "STS", "eu-central-1", "http://all.example"},
	};
	static const struct {
		const char *env[4];
		const char *profile, *region;
	} regions[] = {
		{{KEYS, "AWS_REGION=a"}, NULL, "a"},
		{{KEYS, "AWS_DEFAULT_REGION=b"}, NULL, "b"},
		{{KEYS}, NULL, "eu-west-1"},
		{{NULL}, "one", "eu-north-1"},
		{{NULL}, "base", NULL},
	};

	for (size_t i = 0; i < RC_ARRAY_SIZE(endpoints); i++) {
		rc_autofree char *url = rc_net_aws_profile_endpoint(
			endpoints[i].env, "eks", endpoints[i].id, endpoints[i].region);

		ck_assert_str_eq(url, endpoints[i].url);
	}
	for (size_t i = 0; i < RC_ARRAY_SIZE(regions); i++) {
		struct rc_net_aws_profile profile;
		struct environment env;
		struct rc_error *err = NULL;

		environment_init(&env, regions[i].env);
		rc_check_ok(rc_net_aws_profile_read((const char *const *)env.list,
						    regions[i].profile, &profile, &err),
			    err);
		ck_assert_pstr_eq(profile.region, regions[i].region);
		rc_net_aws_profile_done(&profile);
		environment_done(&env);
	}
}
END_TEST

static const struct {
	int status;
	const char *body;
	int code;
	const char *error;
} failures[] = {
	{400, "{\"__type\":\"ResourceNotFoundException\",\"Message\":\"no such secret\"}", -EINVAL,
	 "AWS answered 400: ResourceNotFoundException: no such secret"},
	{404, "{\"message\":\"No cluster found for name: x.\"}", -ENOENT,
	 "AWS answered 404: No cluster found"},
	{400, "{\"__type\":\"com.amazon.coral.service#ExpiredTokenException:\",\"message\":\"m\"}",
	 -EACCES, "400: ExpiredTokenException: m"},
	{400, "<Error><Code>Throttling</Code><Message>slow &amp; calm</Message></Error>", -EAGAIN,
	 "Throttling: slow & calm"},
	{502, "<html>", -EAGAIN, "AWS answered 502"},
	{403, "", -EACCES, "AWS answered 403"},
};

START_TEST(refusals)
{
	struct rc_error *err = NULL;

	rc_check_fails(rc_net_aws_keyset_read_failure(failures[_i].status,
						      rc_str(failures[_i].body), &err),
		       failures[_i].code, err, failures[_i].error);
}
END_TEST

/* Answers that hold no usable keys; nothing of them is repeated. */
START_TEST(broken_keys)
{
	static const char *const texts[] = {
		"hunter2",
		"{}",
		"{\"AccessKeyId\": \"a\"}",
		"{\"AccessKeyId\": \"a\", \"SecretAccessKey\": \"hunter2 x\"}",
		"{\"AccessKeyId\": \"a\", \"SecretAccessKey\": \"b\", \"Token\": \"hunter2\\n\"}",
		"{\"AccessKeyId\": \"a\", \"SecretAccessKey\": \"hunter2\", \"Expiration\": \"x\"}",
	};

	for (size_t i = 0; i < RC_ARRAY_SIZE(texts); i++) {
		struct rc_net_aws_keyset keyset;
		struct rc_error *err = NULL;
		rc_autofree char *text = NULL;

		ck_assert_int_eq(rc_net_aws_keyset_read_json(rc_str(texts[i]), &keyset, &err),
				 -EPROTO);
		text = rc_error_format(err);
		ck_assert_ptr_null(strstr(text, "hunter2"));
		rc_error_free(err);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("net/aws-credentials");
	TCase *tcase = tcase_create("aws-credentials");

	tcase_add_checked_fixture(tcase, aws_scene_init, aws_scene_done);
	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, sources, 0, RC_ARRAY_SIZE(cases));
	tcase_add_test(tcase, keys_and_roles_given);
	tcase_add_test(tcase, web_identity_by_call);
	tcase_add_test(tcase, renewal);
	tcase_add_test(tcase, waiters);
	tcase_add_test(tcase, no_instance);
	tcase_add_test(tcase, regions_and_endpoints);
	tcase_add_loop_test(tcase, refusals, 0, RC_ARRAY_SIZE(failures));
	tcase_add_test(tcase, broken_keys);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
