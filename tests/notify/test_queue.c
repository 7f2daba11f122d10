/*
 * Messages as receivers get them, and the way there: a local HTTP server and a mail server that
 * refuse, fail and vanish; a queue that is closed in the middle and opened again.
 */
#include "support/check.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/memory.h"
#include "data/base64.h"
#include "data/json.h"
#include "net/hmac.h"
#include "net/http-server.h"
#include "notify/queue.h"
#include "support/server.h"

#define KEY "t0ken-of-the-receiver"

static struct {
	struct ev_loop *loop;
	struct rc_net_http_server *server;
	struct rc_store *store;
	struct rc_notify_queue *queue;
	struct rc_notify_sink sink;
	struct rc_secret *secret;
	char folder[64], *url;
	int statuses[8]; /* the answers in order; 0: the connection is reset; then 200 */
	size_t n_requests, wanted;
	struct rc_buf bodies;
	char signature[80], timestamp[32], delivery[80], authorization[80], path[64];
	ev_timer patience;
} world;

static void keep(char *to, size_t size, struct rc_net_http_exchange *exchange, const char *name)
{
	snprintf(to, size, "%s", rc_net_http_exchange_get_header(exchange, name) ?: "");
}

static void handle(void *userdata, struct rc_net_http_exchange *exchange)
{
	int status = world.n_requests < RC_ARRAY_SIZE(world.statuses)
			     ? world.statuses[world.n_requests]
			     : 200;

	(void)userdata;
	world.n_requests++;
	keep(world.signature, sizeof(world.signature), exchange, "X-Signature");
	keep(world.timestamp, sizeof(world.timestamp), exchange, "X-Reconciled-Timestamp");
	keep(world.delivery, sizeof(world.delivery), exchange, "X-Reconciled-Delivery");
	keep(world.authorization, sizeof(world.authorization), exchange, "Authorization");
	snprintf(world.path, sizeof(world.path), "%s", rc_net_http_exchange_get_path(exchange));
	rc_buf_clear(&world.bodies);
	rc_buf_add_str(&world.bodies, rc_net_http_exchange_get_body(exchange));
	if (status == -1)
		rc_net_http_exchange_reset(exchange);
	else
		rc_net_http_exchange_reply(exchange, status ?: 200, "text/plain", RC_STR("ok"));
	if (world.n_requests == world.wanted)
		ev_break(world.loop, EVBREAK_ALL);
}

static void on_patience(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

/* Turn until so many requests came in all, and then until nothing waits, or for long. */
static void turn(size_t n_requests)
{
	world.wanted = n_requests;
	ev_timer_set(&world.patience, 10, 0);
	ev_timer_start(world.loop, &world.patience);
	if (world.n_requests < n_requests)
		ev_run(world.loop, 0);
	for (int i = 0; i < 200 && rc_notify_queue_get_counts(world.queue, 0).n_waiting > 0; i++)
		ev_run(world.loop, EVRUN_ONCE);
	ev_timer_stop(world.loop, &world.patience);
}

static void open_queue(void)
{
	struct rc_notify_queue_options options = {.loop = world.loop,
						  .store = world.store,
						  .sinks = &world.sink,
						  .n_sinks = 1,
						  .again_ms = 20};

	world.queue = rc_notify_queue_new(&options);
}

static void setup(void)
{
	struct rc_net_http_server_options options = {.listen = "127.0.0.1:0"};
	struct rc_error *err = NULL;
	rc_autofree char *path = NULL;

	memset(&world, 0, sizeof(world));
	world.bodies = RC_BUF_INIT(1 << 20);
	world.loop = rc_loop_new();
	ev_timer_init(&world.patience, on_patience, 10, 0);
	snprintf(world.folder, sizeof(world.folder), "/tmp/rc-notify-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(world.folder));
	path = rc_path_join(world.folder, "state.db");
	rc_check_ok(rc_store_open(path, "i", &world.store, NULL, &err), err);
	rc_check_ok(rc_net_http_server_new(world.loop, &options, handle, NULL, &world.server, &err),
		    err);
	world.url =
		rc_asprintf("http://127.0.0.1:%u/hook", rc_net_http_server_get_port(world.server));
	world.secret = rc_secret_new_text(KEY);
	world.sink = (struct rc_notify_sink){
		.name = "one", .type = "webhook", .url = world.url, .secret = world.secret};
}

static void teardown(void)
{
	rc_notify_queue_free(world.queue);
	rc_store_close(world.store);
	rc_net_http_server_free(world.server);
	rc_secret_free(world.secret);
	rc_buf_done(&world.bodies);
	free(world.url);
	rc_loop_free(world.loop);
	rc_file_remove_tree(world.folder, NULL);
}

static json_t *make_event(const char *type, bool is_resolved)
{
	char now[RC_CLOCK_RFC3339_MAX];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s}", "type", type,
			 "state", is_resolved ? "success" : "failure", "alert",
			 "ReconciledSyncFailed", "app", "shop", "revision", "0123456789abcdef0123",
			 "message", "a <b> & c", "severity", "critical", "resolved", is_resolved,
			 "family", "i/shop/sync", "at",
			 rc_clock_format_rfc3339(rc_clock_unix_s(), now));
}

static void send_event(const char *type, bool is_resolved, const char *key)
{
	json_auto_t *event = make_event(type, is_resolved);

	ck_assert_ptr_nonnull(event);
	rc_notify_queue_add(world.queue, event, key);
}

/* ---- what each kind of receiver gets ---- */

static const struct {
	const char *type;
	bool is_resolved, is_secret_url;
	const char *pointer, *wanted, *path;
} kinds[] = {
	{"webhook", false, false, "/text", "shop: sync-failed: a <b> & c (0123456789ab)", "/hook"},
	{"webhook", false, false, "/severity", "critical", "/hook"},
	{"slack", false, true, "/attachments/0/text",
	 "shop: sync-failed: a &lt;b&gt; &amp; c (0123456789ab)", "/hook"},
	{"slack", false, true, "/attachments/0/color", "danger", "/hook"},
	{"slack", true, true, "/attachments/0/color", "good", "/hook"},
	{"pagerduty", false, false, "/event_action", "trigger", "/hook"},
	{"pagerduty", true, false, "/event_action", "resolve", "/hook"},
	{"pagerduty", false, false, "/routing_key", KEY, "/hook"},
	{"pagerduty", false, false, "/payload/severity", "critical", "/hook"},
	{"alertmanager", false, false, "/0/labels/alertname", "ReconciledSyncFailed",
	 "/hook/api/v2/alerts"},
	{"alertmanager", false, false, "/0/annotations/revision", "0123456789abcdef0123",
	 "/hook/api/v2/alerts"},
	{"alertmanager", true, false, "/0/labels/app", "shop", "/hook/api/v2/alerts"},
	{"github", false, false, "/state", "failure", "/hook/statuses/0123456789abcdef0123"},
	{"github", true, false, "/state", "success", "/hook/statuses/0123456789abcdef0123"},
	{"github", true, false, "/context", "reconciled/shop",
	 "/hook/statuses/0123456789abcdef0123"},
	{"github", true, false, "/description", "a <b> & c", "/hook/statuses/0123456789abcdef0123"},
	{"gitea", false, false, "/state", "failure", "/hook/statuses/0123456789abcdef0123"},
	{"gitea", true, false, "/context", "reconciled/shop",
	 "/hook/statuses/0123456789abcdef0123"},
	{"gitlab", false, false, "/state", "failed", "/hook/statuses/0123456789abcdef0123"},
	{"gitlab", true, false, "/state", "success", "/hook/statuses/0123456789abcdef0123"},
	{"gitlab", true, false, "/name", "reconciled/shop", "/hook/statuses/0123456789abcdef0123"},
	{"bitbucket", false, false, "/state", "FAILED",
	 "/hook/commit/0123456789abcdef0123/statuses/build"},
	{"bitbucket", true, false, "/state", "SUCCESSFUL",
	 "/hook/commit/0123456789abcdef0123/statuses/build"},
	{"bitbucket", true, false, "/key", "reconciled/shop",
	 "/hook/commit/0123456789abcdef0123/statuses/build"},
	{"bitbucket-server", true, false, "/state", "SUCCESSFUL",
	 "/hook/commits/0123456789abcdef0123/builds"},
};

START_TEST(test_kinds)
{
	rc_cleanup(rc_secret_freep) struct rc_secret *url = rc_secret_new_text(world.url);
	json_auto_t *body = NULL;
	json_t *found;

	world.sink.type = kinds[_i].type;
	if (kinds[_i].is_secret_url) {
		world.sink.url = NULL;
		world.sink.secret = url;
	}
	open_queue();
	send_event("sync-failed", kinds[_i].is_resolved, "k");
	turn(1);
	ck_assert_uint_eq(world.n_requests, 1);
	ck_assert_str_eq(world.path, kinds[_i].path);
	body = json_loads(rc_buf_text(&world.bodies), 0, NULL);
	found = rc_json_at(body, kinds[_i].pointer);
	ck_assert_msg(rc_text_equal(json_string_value(found), kinds[_i].wanted), "%s of %s",
		      kinds[_i].pointer, rc_buf_text(&world.bodies));
	ck_assert_uint_eq(rc_notify_queue_get_counts(world.queue, 0).n_sent, 1);
	if (strcmp(kinds[_i].type, "alertmanager") == 0) {
		ck_assert_str_eq(world.authorization, "Bearer " KEY);
		ck_assert((rc_json_at(body, "/0/endsAt") != NULL) == kinds[_i].is_resolved);
	}
	rc_notify_queue_free(rc_steal(&world.queue));
}
END_TEST

START_TEST(test_signature)
{
	rc_autofree char *signed_text = NULL, *wanted = NULL;
	char digest[RC_NET_HMAC_MAX];

	open_queue();
	send_event("sync-failed", false, "k");
	turn(1);
	signed_text = rc_asprintf("%s.%s", world.timestamp, rc_buf_text(&world.bodies));
	wanted = rc_asprintf("sha256=%s",
			     rc_net_hmac_sha256(world.secret, rc_str(signed_text), digest));
	ck_assert_str_eq(world.signature, wanted);
	ck_assert_uint_eq(strlen(world.delivery), 64);
	ck_assert_ptr_null(strstr(rc_buf_text(&world.bodies), KEY));
}
END_TEST

/* ---- the way ---- */

static const struct {
	const char *name;
	int statuses[3];
	size_t n_requests;
	uint64_t n_sent, n_failed, n_dropped;
} ways[] = {
	{"at once", {200}, 1, 1, 0, 0},	  {"busy", {503, 429, 200}, 3, 1, 2, 0},
	{"reset", {-1, 200}, 2, 1, 1, 0}, {"refused for good", {400}, 1, 0, 1, 1},
	{"gone", {404}, 1, 0, 1, 1},
};

START_TEST(test_ways)
{
	struct rc_notify_sink_counts counts;
	json_auto_t *left = NULL;

	memcpy(world.statuses, ways[_i].statuses, sizeof(ways[_i].statuses));
	open_queue();
	send_event("sync-failed", false, "k");
	turn(ways[_i].n_requests);
	counts = rc_notify_queue_get_counts(world.queue, 0);
	ck_assert_uint_eq(world.n_requests, ways[_i].n_requests);
	ck_assert_uint_eq(counts.n_sent, ways[_i].n_sent);
	ck_assert_uint_eq(counts.n_failed, ways[_i].n_failed);
	ck_assert_uint_eq(counts.n_dropped, ways[_i].n_dropped);
	ck_assert_uint_eq(counts.n_waiting, 0);
	rc_check_ok(rc_store_list(world.store, "notice", &left, NULL), NULL);
	ck_assert_uint_eq(json_object_size(left), 0);
}
END_TEST

/* What a process before did not send is sent by the next, in its order, and once. */
START_TEST(test_crash)
{
	open_queue();
	send_event("sync-failed", false, "first");
	send_event("sync-failed", false, "first");
	send_event("sync-succeeded", true, "second");
	ck_assert_uint_eq(rc_notify_queue_get_counts(world.queue, 0).n_waiting, 2);
	rc_notify_queue_free(world.queue); /* as a crash: nothing was sent */
	open_queue();
	ck_assert_uint_eq(rc_notify_queue_get_counts(world.queue, 0).n_waiting, 2);
	turn(1);
	turn(2);
	ck_assert_uint_eq(world.n_requests, 2);
	ck_assert_ptr_nonnull(strstr(rc_buf_text(&world.bodies), "sync-succeeded"));
	rc_notify_queue_free(world.queue);
	open_queue();
	ck_assert_uint_eq(rc_notify_queue_get_counts(world.queue, 0).n_waiting, 0);
}
END_TEST

START_TEST(test_subscriptions)
{
	static const char *const events[] = {"sync-*", NULL}, *const apps[] = {"blog", NULL};

	world.sink.events = events;
	open_queue();
	send_event("health-degraded", false, "a");
	ck_assert_uint_eq(rc_notify_queue_get_counts(world.queue, 0).n_waiting, 0);
	send_event("sync-failed", false, "b");
	ck_assert_uint_eq(rc_notify_queue_get_counts(world.queue, 0).n_waiting, 1);
	world.sink.apps = apps;
	send_event("sync-failed", false, "c");
	ck_assert_uint_eq(rc_notify_queue_get_counts(world.queue, 0).n_waiting, 1);
}
END_TEST

static const struct {
	const char *template, *wanted;
} templates[] = {
	{"{{ .app | upper }} {{ .type }}{{ if .resolved }} over{{ end }}", "SHOP sync-failed"},
	{"{{ .message }}", "a <b> & c"},
	{"{{ .nonsense", NULL},
	{"{{ nonsense . }}", NULL},
};

START_TEST(test_templates)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(4096);
	json_auto_t *event = make_event("sync-failed", false);
	struct rc_error *err = NULL;
	int r = rc_notify_text_make(templates[_i].template, event, &out, &err);

	ck_assert_int_eq(r == 0, templates[_i].wanted != NULL);
	if (r == 0)
		ck_assert_str_eq(rc_buf_text(&out), templates[_i].wanted);
	rc_error_free(err);
}
END_TEST

/* ---- a mail server ---- */

/* Serves two connections, of which the first is told to come again; the mail is written to path. */
static void serve_mail(int listener, const char *path)
{
	for (int i = 0; i < 2; i++) {
		int fd = accept(listener, NULL, NULL);
		FILE *in = fdopen(fd, "r"), *mail = fopen(path, "w");
		char line[1024];
		bool is_data = false;

		dprintf(fd, "220 here\r\n");
		while (fgets(line, sizeof(line), in)) {
			if (is_data && strcmp(line, ".\r\n") != 0) {
				fputs(line, mail);
			} else if (is_data) {
				is_data = false;
				dprintf(fd, "250 taken\r\n");
			} else if (strncmp(line, "DATA", 4) == 0) {
				is_data = true;
				dprintf(fd, "354 go on\r\n");
			} else if (strncmp(line, "QUIT", 4) == 0) {
				dprintf(fd, "221 bye\r\n");
				break;
			} else if (i == 0 && strncmp(line, "RCPT", 4) == 0) {
				dprintf(fd, "451 later\r\n");
			} else {
				dprintf(fd, "250 yes\r\n");
			}
		}
		fclose(mail);
		fclose(in);
	}
	_exit(0);
}

static char *decode_subject(const char *mail)
{
	const char *at = strstr(mail, "Subject: =?UTF-8?B?");
	struct rc_buf text = RC_BUF_INIT(4096);

	for (; at && strncmp(strchr(at, '='), "=?UTF-8?B?", 10) == 0;) {
		const char *begin = strchr(at, '=') + 10, *end = strstr(begin, "?=");

		rc_base64_decode((struct rc_str){begin, (size_t)(end - begin)}, &text);
		at = strncmp(end, "?=\r\n =?", 7) == 0 ? end + 4 : NULL;
	}
	return rc_buf_take(&text);
}

START_TEST(test_mail)
{
	static const char *const to[] = {"a@example.com", "b@example.com", NULL};
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), status;
	rc_autofree char *path = rc_path_join(world.folder, "mail"), *url = NULL, *subject = NULL;
	rc_autobuf struct rc_buf mail = RC_BUF_INIT(1 << 20);
	pid_t pid;

	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(listen(listener, 4), 0);
	getsockname(listener, (struct sockaddr *)&address, &size);
	pid = fork();
	if (pid == 0)
		serve_mail(listener, path);
	url = rc_asprintf("smtp://127.0.0.1:%u", ntohs(address.sin_port));
	world.sink = (struct rc_notify_sink){.name = "mail",
					     .type = "email",
					     .url = url,
					     .from = "reconciled@example.com",
					     .to = to};
	open_queue();
	send_event("sync-failed", false, "k");
	turn(1);
	ck_assert_uint_eq(rc_notify_queue_get_counts(world.queue, 0).n_sent, 1);
	ck_assert_uint_eq(rc_notify_queue_get_counts(world.queue, 0).n_failed, 1);
	rc_notify_queue_free(rc_steal(&world.queue));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	rc_check_ok(rc_file_read(path, &mail, NULL), NULL);
	ck_assert_ptr_nonnull(strstr(rc_buf_text(&mail), "\r\nFrom: reconciled@example.com\r\n"));
	ck_assert_ptr_nonnull(
		strstr(rc_buf_text(&mail), "To: a@example.com,\r\n b@example.com\r\n"));
	ck_assert_ptr_nonnull(strstr(rc_buf_text(&mail), "Auto-Submitted: auto-generated\r\n"));
	subject = decode_subject(rc_buf_text(&mail));
	ck_assert_str_eq(subject, "shop: sync-failed: a <b> & c (0123456789ab)");
	close(listener);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("notify-queue");
	TCase *tc = tcase_create("queue");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_kinds, 0, RC_ARRAY_SIZE(kinds));
	tcase_add_test(tc, test_signature);
	tcase_add_loop_test(tc, test_ways, 0, RC_ARRAY_SIZE(ways));
	tcase_add_test(tc, test_crash);
	tcase_add_test(tc, test_subscriptions);
	tcase_add_loop_test(tc, test_templates, 0, RC_ARRAY_SIZE(templates));
	tcase_add_test(tc, test_mail);
	suite_add_tcase(suite, tc);
	return suite;
}

RC_TEST_MAIN(make_suite)
