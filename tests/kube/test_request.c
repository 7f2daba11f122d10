/*
 * Calls to an API server that misbehaves: what is tried again and what is not, how a Status becomes
 * an error, the queue, tokens that rotate.
 */
#include "support/check.h"

#include <errno.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/memory.h"
#include "kube/cluster.h"
#include "kube/request.h"
#include "net/http-server.h"

#define STALLED_MAX 8

static struct {
	struct ev_loop *loop;
	struct rc_net_http_server *server;
	struct rc_kube_cluster *cluster;
	struct rc_net_http_exchange *stalled[STALLED_MAX];
	size_t n_stalled;
	int calls, bad_calls; /* how many of the first calls go wrong */
	char seen[256];
} world;

static const char conflict[] =
	"{\"kind\":\"Status\",\"reason\":\"Conflict\",\"message\":\"changed\"}";
static const char exists[] =
	"{\"kind\":\"Status\",\"reason\":\"AlreadyExists\",\"message\":\"there is one\"}";

/* Paths that give a fixed answer. */
static const struct {
	const char *path;
	int status;
	const char *body;
} fixed[] = {
	{"/ok", 200, "{\"kind\":\"Pod\"}"},
	{"/list", 200, "[]"},
	{"/garbage", 200, "<html>"},
	{"/missing", 404, "{\"kind\":\"Status\",\"reason\":\"NotFound\",\"message\":\"no pod\"}"},
	{"/forbidden", 403, "no"},
	{"/conflict", 409, conflict},
	{"/exists", 409, exists},
	{"/gone", 410, "{\"kind\":\"Status\",\"reason\":\"Expired\",\"message\":\"too old\"}"},
	{"/invalid", 422, "{\"kind\":\"Status\",\"reason\":\"Invalid\",\"message\":\"bad\"}"},
	{"/slow-down", 429, "{}"},
	{"/broken", 500, ""},
	{"/untyped", 500,
	 "{\"kind\":\"Status\",\"message\":\"failed to create typed patch object (/a; apps/v1, "
	 "Kind=Deployment): .spec.nonsense: field not declared in schema\"}"},
	{"/quoting", 422,
	 "{\"kind\":\"Status\",\"message\":\"\\\"\\\" is invalid: patch: Invalid value: "
	 "\\\"{\\\\\\\"data\\\\\\\":\\\\\\\"c2VjcmV0\\\\\\\"}\\\": strict decoding error\"}"},
	{"/odd", 302, ""},
};

static void handle_special(struct rc_net_http_exchange *exchange, const char *path)
{
	const char *token = rc_net_http_exchange_get_header(exchange, "Authorization");
	struct rc_str body = rc_net_http_exchange_get_body(exchange);

	if (strcmp(path, "/flaky") == 0) {
		if (world.calls <= world.bad_calls)
			rc_net_http_exchange_reset(exchange);
		else
			rc_net_http_exchange_reply(exchange, 200, "", RC_STR("{\"a\":1}"));
	} else if (strcmp(path, "/busy") == 0) {
		if (world.calls > world.bad_calls) {
			rc_net_http_exchange_reply(exchange, 200, "", RC_STR("{}"));
			return;
		}
		rc_net_http_exchange_set_header(exchange, "Retry-After", "1");
		rc_net_http_exchange_reply(exchange, 429, "", RC_STR("{}"));
	} else if (strcmp(path, "/echo") == 0) {
		const char *value = rc_net_http_exchange_get_query(exchange, "labelSelector");

		snprintf(world.seen, sizeof(world.seen), "%s %s %s %.*s",
			 rc_net_http_exchange_get_method(exchange), value ? value : "-",
			 rc_net_http_exchange_get_header(exchange, "Content-Type"), (int)body.n,
			 body.p);
		rc_net_http_exchange_reply(exchange, 201, "", RC_STR("{}"));
	} else if (strcmp(path, "/who") == 0) {
		if (token && strcmp(token, "Bearer new") == 0)
			rc_net_http_exchange_reply(exchange, 200, "", RC_STR("{}"));
		else
			rc_net_http_exchange_reply(exchange, 401, "", RC_STR("{}"));
	} else {
		ck_assert_uint_lt(world.n_stalled, STALLED_MAX);
		world.stalled[world.n_stalled++] = exchange;
	}
}

static void handle(void *userdata, struct rc_net_http_exchange *exchange)
{
	const char *path = rc_net_http_exchange_get_path(exchange);

	(void)userdata;
	world.calls++;
	for (size_t i = 0; i < RC_ARRAY_SIZE(fixed); i++)
		if (strcmp(path, fixed[i].path) == 0) {
			rc_net_http_exchange_reply(exchange, fixed[i].status, "application/json",
						   rc_str(fixed[i].body));
			return;
		}
	handle_special(exchange, path);
}

static void setup(void)
{
	struct rc_net_http_server_options options = {.listen = "127.0.0.1:0"};
	struct rc_kube_kubeconfig *config = rc_new0(struct rc_kube_kubeconfig);
	struct rc_error *err = NULL;

	memset(&world, 0, sizeof(world));
	world.loop = rc_loop_new();
	rc_check_ok(rc_net_http_server_new(world.loop, &options, handle, NULL, &world.server, &err),
		    err);
	config->server =
		rc_asprintf("http://127.0.0.1:%u", rc_net_http_server_get_port(world.server));
	config->name_space = rc_strdup("default");
	world.cluster = rc_kube_cluster_new(world.loop, config);
}

static void teardown(void)
{
	rc_kube_cluster_free(world.cluster);
	rc_net_http_server_free(world.server);
	rc_loop_free(world.loop);
}

struct got {
	int r, status, calls;
	bool expired, has_object;
	char reason[32];
	char *error;
};

static void on_done(void *userdata, int r, const struct rc_kube_answer *answer,
		    struct rc_error *err)
{
	struct got *got = userdata;

	got->calls++;
	got->r = r;
	got->status = answer->status;
	got->expired = answer->expired;
	got->has_object = answer->object != NULL;
	snprintf(got->reason, sizeof(got->reason), "%s", answer->reason);
	got->error = err ? rc_error_format(err) : rc_strdup("");
	rc_error_free(err);
	ev_break(world.loop, EVBREAK_ALL);
}

static void ask(struct got *got, const struct rc_kube_request_options *options)
{
	memset(got, 0, sizeof(*got));
	rc_kube_request_start(world.cluster, options, on_done, got);
	ck_assert_int_eq(got->calls, 0);
	ev_run(world.loop, 0);
	ck_assert_int_eq(got->calls, 1);
}

static const struct {
	const char *path;
	int r;
	const char *reason, *error;
} answers[] = {
	{"/ok", 0, "", ""},
	{"/list", -EPROTO, "", "POST /list: the answer is not an object"},
	{"/garbage", -EPROTO, "", "POST /garbage: "},
	{"/missing", -ENOENT, "NotFound", "POST /missing: no pod"},
	{"/forbidden", -EACCES, "", "POST /forbidden: the server answered 403"},
	{"/conflict", -ESTALE, "Conflict", "POST /conflict: changed"},
	{"/exists", -EEXIST, "AlreadyExists", "POST /exists: there is one"},
	{"/gone", -ESTALE, "Expired", "POST /gone: too old"},
	{"/invalid", -EINVAL, "Invalid", "POST /invalid: bad"},
	{"/slow-down", -EAGAIN, "", "the server answered 429"},
	{"/broken", -EBUSY, "", "the server answered 500"},
	{"/untyped", -EINVAL, "", ".spec.nonsense: field not declared in schema"},
	{"/quoting", -EINVAL, "", "Invalid value: \"{...}\": strict decoding error"},
	{"/odd", -EPROTO, "", "the server answered 302"},
};

START_TEST(test_request_answers)
{
	struct rc_kube_request_options options = {.method = "POST", .path = answers[_i].path};
	struct got got;

	ask(&got, &options);
	ck_assert_int_eq(got.r, answers[_i].r);
	ck_assert_str_eq(got.reason, answers[_i].reason);
	ck_assert_msg(strstr(got.error, answers[_i].error), "%s", got.error);
	ck_assert_int_eq(got.has_object, got.r == 0);
	ck_assert_int_eq(got.expired, got.status == 410);
	ck_assert_int_eq(world.calls, 1);
	free(got.error);
}
END_TEST

START_TEST(test_request_what_is_sent)
{
	json_auto_t *body = json_pack("{s:s}", "a", "b");
	struct rc_kube_query query[] = {{"limit", "500"}, {"labelSelector", "a=b,c in (d&e)"}, {0}};
	struct rc_kube_request_options options = {.method = "PATCH",
						  .path = "/echo",
						  .query = query,
						  .body = body,
						  .content_type = RC_KUBE_APPLY_PATCH};
	struct got got;

	ask(&got, &options);
	ck_assert_int_eq(got.r, 0);
	ck_assert_int_eq(got.status, 201);
	ck_assert_str_eq(world.seen,
			 "PATCH a=b,c in (d&e) application/apply-patch+yaml {\"a\":\"b\"}");
	free(got.error);
}
END_TEST

START_TEST(test_request_reads_are_tried_again)
{
	struct rc_kube_request_options options = {.path = "/flaky"};
	struct got got;

	world.bad_calls = 2;
	ask(&got, &options);
	ck_assert_int_eq(got.r, 0);
	ck_assert_int_ge(world.calls, 3);
	free(got.error);
}
END_TEST

START_TEST(test_request_writes_are_not)
{
	struct rc_kube_request_options options = {.method = "POST", .path = "/flaky"};
	struct got got;

	world.bad_calls = 1;
	ask(&got, &options);
	ck_assert_int_eq(got.r, -ECONNRESET);
	ck_assert_int_eq(world.calls, 1);
	free(got.error);
}
END_TEST

/* The server was too busy and did nothing: a write is repeated when it says, others wait, too. */
START_TEST(test_request_busy)
{
	struct rc_kube_request_options options = {.method = "POST", .path = "/busy"};
	uint64_t from_ms = rc_clock_monotonic_ms();
	struct got first, second;

	world.bad_calls = 1;
	memset(&second, 0, sizeof(second));
	ask(&first, &options);
	ck_assert_int_eq(first.r, 0);
	ck_assert_int_eq(world.calls, 2);
	ck_assert_uint_ge(rc_clock_monotonic_ms() - from_ms, 990);
	free(first.error);
	first.error = NULL;
	world.calls = 0;
	rc_kube_request_start(world.cluster, &options, on_done, &first);
	while (world.calls == 0)
		ev_run(world.loop, EVRUN_ONCE);
	from_ms = rc_clock_monotonic_ms();
	while (rc_clock_monotonic_ms() - from_ms < 300)
		ev_run(world.loop, EVRUN_NOWAIT);
	rc_kube_request_start(world.cluster, &options, on_done, &second);
	while (rc_clock_monotonic_ms() - from_ms < 600)
		ev_run(world.loop, EVRUN_NOWAIT);
	ck_assert_int_eq(world.calls, 1);
	while (second.calls == 0)
		ev_run(world.loop, EVRUN_ONCE);
	ck_assert_int_eq(second.r, 0);
	ck_assert_uint_ge(rc_clock_monotonic_ms() - from_ms, 950);
	free(first.error);
	free(second.error);
}
END_TEST

START_TEST(test_request_busy_for_ever)
{
	struct rc_kube_request_options options = {.method = "POST", .path = "/slow-down"};
	struct got got;

	ask(&got, &options);
	ck_assert_int_eq(got.r, -EAGAIN); /* it does not say when to come again */
	ck_assert_int_eq(world.calls, 1);
	free(got.error);
}
END_TEST

START_TEST(test_request_token_is_read_again)
{
	struct rc_kube_kubeconfig *config = rc_new0(struct rc_kube_kubeconfig);
	struct rc_kube_request_options options = {.method = "POST", .path = "/who"};
	char file[] = "/tmp/rc-token-XXXXXX";
	struct rc_error *err = NULL;
	struct got got;

	close(mkstemp(file));
	config->server = rc_strdup(rc_kube_cluster_get_server(world.cluster));
	config->token_file = rc_strdup(file);
	rc_kube_cluster_free(world.cluster);
	world.cluster = rc_kube_cluster_new(world.loop, config);
	rc_check_ok(rc_file_write_atomic(file, "old\n", 4, 0600, &err), err);
	ask(&got, &options);
	ck_assert_int_eq(got.r, -EACCES);
	ck_assert_int_eq(world.calls, 2); /* with the token, and with what the file holds then */
	free(got.error);
	rc_check_ok(rc_file_write_atomic(file, "new\n", 4, 0600, &err), err);
	ask(&got, &options);
	ck_assert_int_eq(got.r, 0);
	ck_assert_int_eq(world.calls, 4);
	free(got.error);
	unlink(file);
}
END_TEST

START_TEST(test_request_token_file_is_missing)
{
	struct rc_kube_kubeconfig *config = rc_new0(struct rc_kube_kubeconfig);
	struct rc_kube_request_options options = {.path = "/ok"};
	struct got got;

	config->server = rc_strdup(rc_kube_cluster_get_server(world.cluster));
	config->token_file = rc_strdup("/does/not/exist");
	rc_kube_cluster_free(world.cluster);
	world.cluster = rc_kube_cluster_new(world.loop, config);
	ask(&got, &options);
	ck_assert_int_eq(got.r, -ENOENT);
	ck_assert_msg(strstr(got.error, "reading the token"), "%s", got.error);
	ck_assert_int_eq(world.calls, 0);
	free(got.error);
}
END_TEST

START_TEST(test_request_queue)
{
	struct rc_kube_request_options options = {.method = "POST", .path = "/stall"};

	struct got got[5] = {0};

	rc_kube_cluster_set_max_in_flight(world.cluster, 2);
	for (int i = 0; i < 5; i++)
		rc_kube_request_start(world.cluster, &options, on_done, &got[i]);
	while (world.n_stalled < 2)
		ev_run(world.loop, EVRUN_ONCE);
	for (int i = 0; i < 20; i++)
		ev_run(world.loop, EVRUN_NOWAIT);
	ck_assert_uint_eq(world.n_stalled, 2);
	rc_net_http_exchange_reply(world.stalled[0], 200, "", RC_STR("{}"));
	while (world.n_stalled < 3)
		ev_run(world.loop, EVRUN_ONCE);
	ck_assert_int_eq(got[0].calls + got[1].calls + got[2].calls + got[3].calls + got[4].calls,
			 1);
	for (int i = 0; i < 5; i++)
		free(got[i].error);
	/* The others are under way or wait: teardown cancels them. */
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("request");
	TCase *tcase = tcase_create("request");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test_request_answers, 0, RC_ARRAY_SIZE(answers));
	tcase_add_test(tcase, test_request_what_is_sent);
	tcase_add_test(tcase, test_request_reads_are_tried_again);
	tcase_add_test(tcase, test_request_writes_are_not);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, test_request_busy);
	tcase_add_test(tcase, test_request_busy_for_ever);
	tcase_add_test(tcase, test_request_token_is_read_again);
	tcase_add_test(tcase, test_request_token_file_is_missing);
	tcase_add_test(tcase, test_request_queue);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
