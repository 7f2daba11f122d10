/* Logins: single flight, renewal, tokens that die, policies that refuse, revoking at the end. */
#include "scene.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "support/check.h"
#include "vault/pool.h"

#define AUTH(token, ttl, renewable)                                           \
	"{\"auth\":{\"client_token\":\"" token "\",\"accessor\":\"acc-" token \
	"\",\"lease_duration\":" ttl ",\"renewable\":" renewable ",\"token_type\":\"service\"}}"
#define LOGIN(answer)                                                              \
	{                                                                          \
		.path = "/v1/auth/kubernetes/login", .status = 200, .body = answer \
	}
#define LOGIN_ONCE(answer)                                                                     \
	{                                                                                      \
		.path = "/v1/auth/kubernetes/login", .status = 200, .body = answer, .times = 1 \
	}
#define OK     "{\"data\":{\"a\":\"b\"}}"
#define DENIED "{\"errors\":[\"permission denied\"]}"

static struct {
	struct scene scene;
	struct rc_vault_pool *pool;
	struct rc_vault_session *session;
	int n_wants, n_lost, n_changed;
	const char *token; /* given instead of a login */
	bool is_open, is_silent;
} world;

static void on_want(void *userdata, struct rc_vault_session *session)
{
	rc_cleanup(rc_secret_freep) struct rc_secret *token = rc_secret_new_text(world.token);
	json_auto_t *body = json_pack("{s:s, s:s}", "role", "app", "jwt", "ey.J");
	struct rc_vault_login login = {
		.token = token,
		.path = world.token || world.is_open ? NULL : "auth/kubernetes/login",
		.body = body,
	};

	(void)userdata;
	world.n_wants++;
	if (!world.is_silent)
		rc_vault_session_give(session, 0, &login, NULL);
}

static void on_lost(void *userdata, struct rc_vault_session *session)
{
	(void)userdata;
	(void)session;
	world.n_lost++;
}

static void on_changed(void *userdata, struct rc_vault_server *server)
{
	(void)userdata;
	(void)server;
	world.n_changed++;
}

static void begin(const struct scene_rule *rules)
{
	struct rc_vault_options options = {.want = on_want, .lost = on_lost};

	scene_init(&world.scene, rules);
	world.pool = rc_vault_pool_new(world.scene.loop, on_changed, NULL);
	world.session = rc_vault_pool_use(world.pool, world.scene.url, "key", &options);
}

static void finish(void)
{
	rc_vault_pool_free(world.pool);
	scene_done(&world.scene);
	memset(&world, 0, sizeof(world)); /* the next may be in the same process */
}

static void ask(const char *path)
{
	rc_vault_session_ask(world.session, "GET", path, NULL, scene_answered, &world.scene);
}

START_TEST(test_single_flight)
{
	static const struct scene_rule rules[] = {
		LOGIN(AUTH("t1", "3600", "true")),
		{.path = "/v1/a", .token = "t1", .status = 200, .body = OK},
		{0},
	};

	begin(rules);
	for (int i = 0; i < 50; i++)
		ask("a");
	scene_wait(&world.scene, 50, 5);
	ck_assert_int_eq(world.scene.r, 0);
	ck_assert_int_eq(world.n_wants, 1);
	ck_assert_uint_eq(scene_count(&world.scene, "login"), 1);
	ck_assert_uint_eq(scene_count(&world.scene, "GET /v1/a t1"), 50);
	ck_assert_str_eq(rc_vault_token_get_accessor(rc_vault_session_get_token(world.session)),
			 "acc-t1");
	ck_assert_uint_eq(rc_vault_pool_count_logins(world.pool), 1);
	finish();
}
END_TEST

/* The same key is the same session, whoever asks. */
START_TEST(test_identity)
{
	static const struct scene_rule rules[] = {{0}};
	struct rc_vault_options options = {.want = on_want};
	struct rc_vault_session *other;

	begin(rules);
	ck_assert_ptr_eq(rc_vault_pool_use(world.pool, world.scene.url, "key", &options),
			 world.session);
	other = rc_vault_pool_use(world.pool, world.scene.url, "other", &options);
	ck_assert_ptr_ne(other, world.session);
	ck_assert_ptr_eq(rc_vault_session_get_server(other),
			 rc_vault_session_get_server(world.session));
	finish();
}
END_TEST

START_TEST(test_renews)
{
	static const struct scene_rule rules[] = {
		LOGIN(AUTH("t1", "2", "true")),
		{.path = "/v1/auth/token/renew-self",
		 .token = "t1",
		 .status = 200,
		 .body = AUTH("t1", "2", "true")},
		{.path = "/v1/a", .token = "t1", .status = 200, .body = OK},
		{0},
	};

	begin(rules);
	ask("a");
	scene_wait(&world.scene, 1, 5);
	scene_pass(&world.scene, 3.5);
	ask("a");
	scene_wait(&world.scene, 2, 5);
	ck_assert_int_eq(world.scene.r, 0);
	ck_assert_uint_eq(scene_count(&world.scene, "login"), 1);
	ck_assert_uint_ge(scene_count(&world.scene, "PUT /v1/auth/token/renew-self t1"), 2);
	finish();
}
END_TEST

/* A renewal that fails for the moment loses nothing; a refused one ends the token. */
START_TEST(test_renewal_fails)
{
	static const struct scene_rule rules[] = {
		LOGIN_ONCE(AUTH("t1", "6", "true")),
		LOGIN(AUTH("t2", "300", "true")),
		{.path = "/v1/auth/token/renew-self", .status = 500, .times = 1},
		{.path = "/v1/auth/token/renew-self", .status = 403, .body = DENIED},
		{.path = "/v1/a", .status = 200, .body = OK},
		{0},
	};

	begin(rules);
	ask("a");
	scene_wait(&world.scene, 1, 5);
	scene_pass(&world.scene, 5.5);
	ck_assert_uint_eq(scene_count(&world.scene, "renew-self"), 2);
	ask("a");
	scene_wait(&world.scene, 2, 5);
	ck_assert_uint_eq(scene_count(&world.scene, "login"), 2);
	ck_assert_uint_eq(scene_count(&world.scene, "/v1/a t2"), 1);
	finish();
}
END_TEST

/* Dead (403, and looking at itself is refused too): once more with a new one, once for all. */
START_TEST(test_dead_token)
{
	static const struct scene_rule rules[] = {
		LOGIN_ONCE(AUTH("t1", "3600", "true")),
		LOGIN(AUTH("t2", "3600", "true")),
		{.path = "/v1/auth/token/lookup-self",
		 .token = "t1",
		 .status = 403,
		 .body = DENIED},
		{.path = "/v1/a", .token = "t1", .status = 403, .body = DENIED},
		{.path = "/v1/a", .token = "t2", .status = 200, .body = OK},
		{0},
	};

	begin(rules);
	for (int i = 0; i < 10; i++)
		ask("a");
	scene_wait(&world.scene, 10, 5);
	ck_assert_int_eq(world.scene.r, 0);
	ck_assert_uint_eq(scene_count(&world.scene, "login"), 2);
	ck_assert_uint_eq(scene_count(&world.scene, "lookup-self"), 1);
	ck_assert_uint_eq(scene_count(&world.scene, "/v1/a t2"), 10);
	ck_assert_int_eq(world.n_lost, 0);
	finish();
}
END_TEST

/* A dead token that holds leases is told of. */
START_TEST(test_lost)
{
	static const struct scene_rule rules[] = {
		LOGIN_ONCE(AUTH("t1", "3600", "true")),
		LOGIN(AUTH("t2", "3600", "true")),
		{.path = "/v1/auth/token/lookup-self", .status = 403, .body = DENIED},
		{.path = "/v1/a", .token = "t1", .status = 200, .body = OK, .times = 1},
		{.path = "/v1/a", .token = "t1", .status = 403, .body = DENIED},
		{.path = "/v1/a", .token = "t2", .status = 200, .body = OK},
		{0},
	};
	struct rc_vault_token *token;

	begin(rules);
	ask("a");
	scene_wait(&world.scene, 1, 5);
	token = world.scene.token;
	rc_vault_token_hold(token);
	ck_assert(rc_vault_session_is_held(world.session));
	ask("a");
	scene_wait(&world.scene, 2, 5);
	ck_assert_int_eq(world.scene.r, 0);
	ck_assert_int_eq(world.n_lost, 1);
	ck_assert(rc_vault_token_is_lost(token));
	ck_assert_ptr_ne(rc_vault_session_get_token(world.session), token);
	rc_vault_token_drop(token);
	ck_assert(!rc_vault_session_is_held(world.session));
	finish();
}
END_TEST

/* The token lives: a policy refuses. That is told, and logging in is not tried for it. */
START_TEST(test_policy)
{
	static const struct scene_rule rules[] = {
		LOGIN(AUTH("t1", "3600", "true")),
		{.path = "/v1/auth/token/lookup-self",
		 .status = 200,
		 .body = "{\"data\":{\"ttl\":3600}}"},
		{.path = "/v1/a", .status = 403, .body = DENIED},
		{.path = "/v1/b", .status = 200, .body = OK},
		{0},
	};

	begin(rules);
	for (int i = 0; i < 5; i++) {
		ask("a");
		scene_wait(&world.scene, i + 1, 5);
		ck_assert_int_eq(world.scene.r, -EACCES);
		ck_assert_msg(strstr(world.scene.error, "permission denied"), "%s",
			      world.scene.error);
	}
	ask("b");
	scene_wait(&world.scene, 6, 5);
	ck_assert_int_eq(world.scene.r, 0);
	ck_assert_uint_eq(scene_count(&world.scene, "login"), 1);
	finish();
}
END_TEST

/* A login that fails is not hammered, and what waited is told why. */
START_TEST(test_login_fails)
{
	static const struct scene_rule rules[] = {
		{.path = "/v1/auth/kubernetes/login",
		 .status = 400,
		 .body = "{\"errors\":[\"invalid role name \\\"app\\\"\"]}",
		 .times = 1},
		LOGIN(AUTH("t1", "3600", "true")),
		{.path = "/v1/a", .status = 200, .body = OK},
		{0},
	};

	begin(rules);
	for (int i = 0; i < 10; i++)
		ask("a");
	scene_wait(&world.scene, 10, 5);
	ck_assert_int_eq(world.scene.r, -EINVAL);
	ck_assert_msg(strstr(world.scene.error, "logging in to http://"), "%s", world.scene.error);
	ck_assert_msg(strstr(world.scene.error, "invalid role name"), "%s", world.scene.error);
	ask("a");
	scene_wait(&world.scene, 11, 5);
	ck_assert_int_eq(world.scene.r, -EINVAL);
	ck_assert_uint_eq(scene_count(&world.scene, "login"), 1);
	scene_pass(&world.scene, 1.1);
	ask("a");
	scene_wait(&world.scene, 12, 5);
	ck_assert_int_eq(world.scene.r, 0);
	ck_assert_ptr_null(rc_vault_session_get_error(world.session));
	finish();
}
END_TEST

/* A login that is not there must not look like a secret that is not there. */
START_TEST(test_login_missing)
{
	static const struct scene_rule rules[] = {
		{.path = "/v1/auth/kubernetes/login", .status = 404, .body = "{\"errors\":[]}"},
		{0}};

	begin(rules);
	ask("a");
	scene_wait(&world.scene, 1, 5);
	ck_assert_int_eq(world.scene.r, -EAGAIN);
	finish();
}
END_TEST

START_TEST(test_login_without_token)
{
	static const struct scene_rule rules[] = {
		{.path = "/v1/auth/kubernetes/login",
		 .status = 200,
		 .body = "{\"auth\":{\"client_token\":\"\",\"mfa_requirement\":{\"mfa_request_id\":"
			 "\"x\"}}}",
		 .times = 1},
		{.path = "/v1/auth/kubernetes/login", .status = 200, .body = "{\"auth\":null}"},
		{0},
	};

	begin(rules);
	ask("a");
	scene_wait(&world.scene, 1, 5);
	ck_assert_int_eq(world.scene.r, -EACCES);
	ck_assert_msg(strstr(world.scene.error, "second factor"), "%s", world.scene.error);
	scene_pass(&world.scene, 1.1);
	ask("a");
	scene_wait(&world.scene, 2, 5);
	ck_assert_int_eq(world.scene.r, -EPROTO);
	finish();
}
END_TEST

/* A token that was given to us is looked at once, and never revoked. */
START_TEST(test_given)
{
	static const struct scene_rule rules[] = {
		{.path = "/v1/auth/token/lookup-self",
		 .token = "hvs.given",
		 .status = 200,
		 .body = "{\"data\":{\"accessor\":\"x\",\"ttl\":0,\"renewable\":false,\"type\":"
			 "\"service\"}}"},
		{.path = "/v1/a", .token = "hvs.given", .status = 200, .body = OK},
		{0},
	};

	world.token = "hvs.given";
	begin(rules);
	ask("a");
	scene_wait(&world.scene, 1, 5);
	ck_assert_int_eq(world.scene.r, 0);
	ck_assert_int_eq(rc_vault_token_get_expiry(rc_vault_session_get_token(world.session)) ==
				 INT64_MAX,
			 1);
	ck_assert(!rc_vault_token_can_be_revoked(rc_vault_session_get_token(world.session)));
	finish();
}
END_TEST

START_TEST(test_given_dead)
{
	static const struct scene_rule rules[] = {
		{.path = "/v1/auth/token/lookup-self", .status = 403, .body = DENIED},
		{0},
	};

	world.token = "hvs.dead";
	begin(rules);
	ask("a");
	scene_wait(&world.scene, 1, 5);
	ck_assert_int_eq(world.scene.r, -EACCES);
	ck_assert_uint_eq(scene_count(&world.scene, "GET /v1/a "), 0);
	finish();
}
END_TEST

START_TEST(test_open)
{
	static const struct scene_rule rules[] = {
		{.path = "/v1/a", .token = "-", .status = 200, .body = OK}, {0}};

	world.is_open = true;
	begin(rules);
	ask("a");
	scene_wait(&world.scene, 1, 5);
	ck_assert_int_eq(world.scene.r, 0);
	finish();
}
END_TEST

static void on_closed(void *userdata)
{
	(void)userdata;
	world.scene.is_over = true;
}

static void on_session(void *userdata, struct rc_vault_session *session)
{
	int *n = userdata;

	(void)session;
	(*n)++;
}

static int count_sessions(void)
{
	int n = 0;

	rc_vault_pool_each_session(world.pool, on_session, &n);
	return n;
}

/* At the end a token that holds no lease is revoked, one that does is not; the session itself is
 * there until who uses it lets go. */
START_TEST(test_close)
{
	static const struct scene_rule rules[] = {
		LOGIN(AUTH("t1", "3600", "true")),
		{.path = "/v1/auth/token/revoke-self", .status = 204},
		{.path = "/v1/a", .status = 200, .body = OK},
		{0},
	};
	bool holds = _i == 1;

	begin(rules);
	ask("a");
	scene_wait(&world.scene, 1, 5);
	if (holds)
		rc_vault_token_hold(world.scene.token);
	rc_vault_pool_close(world.pool, on_closed, NULL);
	scene_wait(&world.scene, 99, 5);
	ck_assert_uint_eq(scene_count(&world.scene, "PUT /v1/auth/token/revoke-self t1"), !holds);
	ck_assert_int_eq(count_sessions(), 1);
	rc_vault_session_attach(world.session, NULL);
	rc_vault_pool_unuse(world.pool, world.session);
	ck_assert_int_eq(count_sessions(), holds);
	if (holds)
		rc_vault_token_drop(world.scene.token);
	finish();
}
END_TEST

/* Whoever made the sessions is gone, others come: what is logged in stays so. */
START_TEST(test_attach)
{
	static const struct scene_rule rules[] = {
		LOGIN(AUTH("t1", "3600", "true")),
		{.path = "/v1/a", .token = "t1", .status = 200, .body = OK},
		{0},
	};
	struct rc_vault_options options = {.want = on_want};

	begin(rules);
	ask("a");
	scene_wait(&world.scene, 1, 5);
	rc_vault_pool_attach(world.pool, NULL, NULL);
	rc_vault_pool_attach(world.pool, on_changed, NULL);
	ck_assert_ptr_eq(rc_vault_pool_use(world.pool, world.scene.url, "key", &options),
			 world.session);
	ask("a");
	scene_wait(&world.scene, 2, 5);
	ck_assert_int_eq(world.scene.r, 0);
	ck_assert_int_eq(world.n_wants, 1);
	finish();
}
END_TEST

/* A login that nobody answers yet, and nobody is there to answer. */
START_TEST(test_nobody_logs_in)
{
	static const struct scene_rule rules[] = {{0}};

	world.is_silent = true;
	begin(rules);
	ask("a");
	scene_pass(&world.scene, 0.05);
	ck_assert_int_eq(world.n_wants, 1);
	rc_vault_pool_attach(world.pool, NULL, NULL);
	ask("b");
	scene_wait(&world.scene, 2, 5);
	ck_assert_int_eq(world.scene.r, -EAGAIN);
	finish();
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("vault session");
	TCase *tcase = tcase_create("session");

	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, test_single_flight);
	tcase_add_test(tcase, test_identity);
	tcase_add_test(tcase, test_renews);
	tcase_add_test(tcase, test_renewal_fails);
	tcase_add_test(tcase, test_dead_token);
	tcase_add_test(tcase, test_lost);
	tcase_add_test(tcase, test_policy);
	tcase_add_test(tcase, test_login_fails);
	tcase_add_test(tcase, test_login_missing);
	tcase_add_test(tcase, test_login_without_token);
	tcase_add_test(tcase, test_given);
	tcase_add_test(tcase, test_given_dead);
	tcase_add_test(tcase, test_open);
	tcase_add_loop_test(tcase, test_close, 0, 2);
	tcase_add_test(tcase, test_attach);
	tcase_add_test(tcase, test_nobody_logs_in);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
