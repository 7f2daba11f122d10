/*
 * The client against the server: answers at once and later, streams, limits, time-outs, resets,
 * half bodies; both share one loop.
 */
#include "support/check.h"

#include <errno.h>

#include "base/loop.h"
#include "base/memory.h"
#include "net/http-client.h"
#include "net/http-server.h"

static struct {
	struct ev_loop *loop;
	struct rc_net_http_server *server;
	struct rc_net_http_client *client;
	struct rc_net_http_exchange *stream;
	ev_timer later;
	int writes, closed;
	const char *retry_after;
} world;

static void on_later(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)events;
	if (world.writes++ < 3) {
		rc_net_http_exchange_write(world.stream, RC_STR("line\n"));
		return;
	}
	ev_timer_stop(loop, timer);
	rc_net_http_exchange_end(world.stream);
}

static void on_closed(void *userdata)
{
	(void)userdata;
	world.closed++;
	ev_timer_stop(world.loop, &world.later);
}

static void answer_late(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)timer;
	(void)events;
	rc_net_http_exchange_reply(world.stream, 200, "text/plain", RC_STR("late"));
}

static void handle(void *userdata, struct rc_net_http_exchange *exchange)
{
	const char *path = rc_net_http_exchange_get_path(exchange);

	(void)userdata;
	if (strcmp(path, "/echo") == 0) {
		const char *query = rc_net_http_exchange_get_query(exchange, "a b");
		rc_autofree char *text =
			rc_asprintf("%s %s %s %.*s", rc_net_http_exchange_get_method(exchange),
				    query ? query : "-",
				    rc_net_http_exchange_get_header(exchange, "Authorization"),
				    (int)rc_net_http_exchange_get_body(exchange).n,
				    rc_net_http_exchange_get_body(exchange).p);

		rc_net_http_exchange_set_header(exchange, "Retry-After", world.retry_after);
		rc_net_http_exchange_reply(exchange, 418, "text/x-tea", rc_str(text));
	} else if (strcmp(path, "/late") == 0) {
		world.stream = exchange;
		ev_timer_init(&world.later, answer_late, 0.02, 0.);
		ev_timer_start(world.loop, &world.later);
	} else if (strcmp(path, "/stream") == 0) {
		world.stream = exchange;
		rc_net_http_exchange_stream(exchange, 200, "text/plain", on_closed, NULL);
		ev_timer_init(&world.later, on_later, 0.01, 0.01);
		ev_timer_start(world.loop, &world.later);
	} else if (strcmp(path, "/quick") == 0) {
		rc_net_http_exchange_stream(exchange, 200, "text/plain", on_closed, NULL);
		rc_net_http_exchange_write(exchange, RC_STR("all at once\n"));
		rc_net_http_exchange_end(exchange);
	} else if (strcmp(path, "/reset") == 0) {
		rc_net_http_exchange_reset(exchange);
	} else if (strcmp(path, "/half") == 0) {
		rc_net_http_exchange_reply_half(exchange, 200, "text/plain", RC_STR("0123456789"));
	} else if (strcmp(path, "/stall") == 0) {
		world.stream = exchange;
	} else {
		rc_net_http_exchange_reply(exchange, 404, "text/plain", RC_STR("no\n"));
	}
}

static void setup(void)
{
	struct rc_net_http_server_options options = {.listen = "127.0.0.1:0",
						     .max_body_bytes = 100000};
	struct rc_error *err = NULL;

	memset(&world, 0, sizeof(world));
	world.retry_after = "7";
	world.loop = rc_loop_new();
	rc_check_ok(rc_net_http_server_new(world.loop, &options, handle, NULL, &world.server, &err),
		    err);
	world.client = rc_net_http_client_new(world.loop, "test");
}

static void teardown(void)
{
	rc_net_http_client_free(world.client);
	rc_net_http_server_free(world.server);
	rc_loop_free(world.loop);
}

struct got {
	int r, status, calls;
	char *body, *error;
	uint64_t retry_after_s;
	int openings; /* chunks without bytes */
	char streamed[256], retry_header[64];
	bool has_second;
};

static void on_chunk(void *userdata, struct rc_str bytes)
{
	struct got *got = userdata;

	got->openings += bytes.n == 0;
	ck_assert_int_eq(got->openings, 1); /* the first of all */
	strncat(got->streamed, bytes.p, bytes.n);
}

static void on_done(void *userdata, int r, const struct rc_net_http_response *response,
		    struct rc_error *err)
{
	struct got *got = userdata;

	got->calls++;
	got->r = r;
	got->status = response->status;
	got->body = rc_str_dup(response->body);
	got->retry_after_s = response->retry_after_s;
	got->error = err ? rc_error_format(err) : NULL;
	snprintf(got->retry_header, sizeof(got->retry_header), "%s",
		 rc_net_http_response_get(response, "retry-AFTER", 0) ?: "none");
	got->has_second = rc_net_http_response_get(response, "Retry-After", 1) != NULL;
	rc_error_free(err);
	ev_break(world.loop, EVBREAK_ALL);
}

static void done(struct got *got)
{
	free(got->body);
	free(got->error);
}

static void ask(struct got *got, const char *path, struct rc_net_http_options *options,
		rc_net_http_chunk_fn *chunk)
{
	rc_autofree char *url = rc_asprintf("http://127.0.0.1:%u%s",
					    rc_net_http_server_get_port(world.server), path);

	memset(got, 0, sizeof(*got));
	options->url = url;
	rc_net_http_client_start(world.client, options, chunk, on_done, got);
	ck_assert_int_eq(got->calls, 0);
	ev_run(world.loop, 0);
	ck_assert_int_eq(got->calls, 1);
}

START_TEST(test_http_echo)
{
	rc_cleanup(rc_secret_freep) struct rc_secret *token = rc_secret_new_text("t0k3n");
	struct rc_net_http_options options = {
		.method = "POST", .body = RC_STR("the body"), .bearer = token};
	struct got got;

	ask(&got, "/echo?x=1&a%20b=c%2Fd", &options, NULL);
	ck_assert_int_eq(got.r, 0);
	ck_assert_int_eq(got.status, 418);
	ck_assert_str_eq(got.body, "POST c/d Bearer t0k3n the body");
	ck_assert_uint_eq(got.retry_after_s, 7);
	ck_assert_str_eq(got.retry_header, "7");
	ck_assert(!got.has_second);
	done(&got);
}
END_TEST

static const struct {
	const char *value;
	uint64_t seconds;
} retries[] = {
	{"0", 0},
	{"120", 120},
	{"86400", 86400},
	{"86401", 86400},
	{"99999999999999999999999999", 86400},
	{"-1", 0},
	{"1.5", 0},
	{"7 ", 7},
	{"Wed, 21 Oct 2026 07:28:00 GMT", 0},
};

START_TEST(test_http_retry_after)
{
	struct rc_net_http_options options = {.method = "GET"};
	struct got got;

	world.retry_after = retries[_i].value;
	ask(&got, "/echo", &options, NULL);
	ck_assert_int_eq(got.status, 418);
	ck_assert_uint_eq(got.retry_after_s, retries[_i].seconds);
	done(&got);
}
END_TEST

START_TEST(test_http_late)
{
	struct rc_net_http_options options = {.method = "GET"};
	struct got got;

	ask(&got, "/late", &options, NULL);
	ck_assert_int_eq(got.r, 0);
	ck_assert_str_eq(got.body, "late");
	done(&got);
}
END_TEST

START_TEST(test_http_stream)
{
	struct rc_net_http_options options = {.method = "GET"};
	struct got got;

	ask(&got, "/stream", &options, on_chunk);
	ck_assert_int_eq(got.r, 0);
	ck_assert_str_eq(got.streamed, "line\nline\nline\n");
	ck_assert_int_eq(world.closed, 0);
	done(&got);
}
END_TEST

START_TEST(test_http_stream_at_once)
{
	struct rc_net_http_options options = {.method = "GET"};
	struct got got;

	ask(&got, "/quick", &options, on_chunk);
	ck_assert_int_eq(got.r, 0);
	ck_assert_int_eq(got.openings, 1);
	ck_assert_str_eq(got.streamed, "all at once\n");
	done(&got);
}
END_TEST

START_TEST(test_http_stream_refused_is_not_streamed)
{
	struct rc_net_http_options options = {.method = "GET"};
	struct got got;

	ask(&got, "/nothing", &options, on_chunk);
	ck_assert_int_eq(got.status, 404);
	ck_assert_str_eq(got.streamed, "");
	ck_assert_str_eq(got.body, "no\n");
	done(&got);
}
END_TEST

static const struct {
	const char *path;
	struct rc_net_http_options options;
	bool stream;
	int r;
	const char *error;
} failures[] = {
	{"/reset", {.method = "GET"}, false, -ECONNRESET, ""},
	{"/half", {.method = "GET"}, false, -ECONNRESET, ""},
	{"/stall", {.method = "GET", .timeout_ms = 50}, false, -ETIMEDOUT, "127.0.0.1"},
	{"/stall", {.method = "GET", .idle_timeout_ms = 50}, true, -ETIMEDOUT, "nothing came"},
	{"/echo", {.method = "GET", .max_body_bytes = 5}, false, -E2BIG, "larger than 5 bytes"},
};

START_TEST(test_http_failure)
{
	struct rc_net_http_options options = failures[_i].options;
	struct got got;

	ask(&got, failures[_i].path, &options, failures[_i].stream ? on_chunk : NULL);
	ck_assert_msg(got.r == failures[_i].r, "%s: %d (%s)", failures[_i].path, got.r, got.error);
	ck_assert_ptr_nonnull(strstr(got.error, failures[_i].error));
	done(&got);
	/* The client is still good. */
	options = (struct rc_net_http_options){.method = "GET"};
	ask(&got, "/echo", &options, NULL);
	ck_assert_int_eq(got.status, 418);
	done(&got);
}
END_TEST

START_TEST(test_http_too_large_request)
{
	rc_autofree char *body = rc_malloc(200000);
	struct rc_net_http_options options = {.method = "PUT", .body = {body, 200000}};
	struct got got;

	memset(body, 'x', 200000);
	ask(&got, "/echo", &options, NULL);
	ck_assert_int_eq(got.status, 413);
	done(&got);
}
END_TEST

START_TEST(test_http_refused)
{
	struct rc_net_http_options options = {.url = "http://127.0.0.1:1/"};
	struct got got = {0};

	rc_net_http_client_start(world.client, &options, NULL, on_done, &got);
	ev_run(world.loop, 0);
	ck_assert_int_eq(got.r, -ECONNREFUSED);
	done(&got);
}
END_TEST

START_TEST(test_http_cancel)
{
	rc_autofree char *url = rc_asprintf("http://127.0.0.1:%u/stream",
					    rc_net_http_server_get_port(world.server));
	struct rc_net_http_options options = {.url = url};
	struct got got = {0}, other;
	struct rc_net_http_request *request =
		rc_net_http_client_start(world.client, &options, on_chunk, on_done, &got);

	world.writes = -100; /* it shall not end before it is broken off */
	while (!*got.streamed)
		ev_run(world.loop, EVRUN_ONCE);
	rc_net_http_request_cancel(request);
	while (!world.closed)
		ev_run(world.loop, EVRUN_ONCE);
	ck_assert_int_eq(got.calls, 0);
	options = (struct rc_net_http_options){.method = "GET"};
	ask(&other, "/late", &options, NULL);
	ck_assert_int_eq(other.r, 0);
	done(&other);
}
END_TEST

static struct meddling {
	struct rc_net_http_request *stalled, *stream;
	struct got stalled_got, stream_got, third;
	bool is_done;
} meddling;

/* From inside what a stream brings: one request is cancelled, one started, itself is cancelled. */
static void on_chunk_meddle(void *userdata, struct rc_str bytes)
{
	rc_autofree char *url =
		rc_asprintf("http://127.0.0.1:%u/echo", rc_net_http_server_get_port(world.server));
	struct rc_net_http_options options = {.method = "GET", .url = url};

	(void)userdata;
	if (bytes.n == 0 || meddling.is_done)
		return;
	meddling.is_done = true;
	rc_net_http_request_cancel(meddling.stalled);
	rc_net_http_client_start(world.client, &options, NULL, on_done, &meddling.third);
	rc_net_http_request_cancel(meddling.stream);
}

START_TEST(test_http_meddling_in_a_stream)
{
	rc_autofree char *stall =
		rc_asprintf("http://127.0.0.1:%u/stall", rc_net_http_server_get_port(world.server));
	rc_autofree char *stream = rc_asprintf("http://127.0.0.1:%u/stream",
					       rc_net_http_server_get_port(world.server));
	struct rc_net_http_options options = {.method = "GET", .url = stall};

	memset(&meddling, 0, sizeof(meddling));
	meddling.stalled = rc_net_http_client_start(world.client, &options, NULL, on_done,
						    &meddling.stalled_got);
	while (!world.stream)
		ev_run(world.loop, EVRUN_ONCE);
	options.url = stream;
	meddling.stream = rc_net_http_client_start(world.client, &options, on_chunk_meddle, on_done,
						   &meddling.stream_got);
	ev_run(world.loop, 0);
	ck_assert_int_eq(meddling.third.calls, 1);
	ck_assert_int_eq(meddling.third.status, 418);
	ck_assert_int_eq(meddling.stalled_got.calls, 0);
	ck_assert_int_eq(meddling.stream_got.calls, 0);
	done(&meddling.third);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("http");
	TCase *tcase = tcase_create("http");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_http_echo);
	tcase_add_loop_test(tcase, test_http_retry_after, 0, RC_ARRAY_SIZE(retries));
	tcase_add_test(tcase, test_http_late);
	tcase_add_test(tcase, test_http_stream);
	tcase_add_test(tcase, test_http_stream_at_once);
	tcase_add_test(tcase, test_http_stream_refused_is_not_streamed);
	tcase_add_loop_test(tcase, test_http_failure, 0, RC_ARRAY_SIZE(failures));
	tcase_add_test(tcase, test_http_too_large_request);
	tcase_add_test(tcase, test_http_refused);
	tcase_add_test(tcase, test_http_cancel);
	tcase_add_test(tcase, test_http_meddling_in_a_stream);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
