/*
 * A kind followed through a server that ends, cuts, forgets and stammers: what the watch asks, and
 * what the cache makes of it. The server is scripted; what happens is written down as one text.
 */
#include "support/check.h"

#include <errno.h>
#include <stdarg.h>

#include <ev.h>

#include "base/buf.h"
#include "base/loop.h"
#include "base/memory.h"
#include "data/json.h"
#include "kube/cache.h"
#include "kube/cluster.h"
#include "net/http-server.h"

#define LISTS_MAX  4
#define PATIENCE_S 5.

static const struct rc_kube_resource config_maps = {.group = "",
						    .version = "v1",
						    .kind = "ConfigMap",
						    .plural = "configmaps",
						    .namespaced = true,
						    .can_list = true,
						    .can_watch = true};

static struct {
	struct ev_loop *loop;
	struct rc_net_http_server *server;
	struct rc_kube_cluster *cluster;
	struct rc_kube_cache *cache;
	const char *lists[LISTS_MAX]; /* the answers to lists, in order; the last one stays */
	size_t n_lists, at;
	int list_status, watch_status; /* 0: 200 */
	struct rc_net_http_exchange *watch;
	unsigned int n_watches;
	const char *of_a, *of_b; /* the lists of two namespaces, instead of that of all */
	struct rc_net_http_exchange *watch_of_a;
	struct rc_buf asked, told;
	const char *wanted; /* the loop turns until told ends with it */
} world;

/* ---- the server ---- */

static void on_closed(void *userdata)
{
	(void)userdata;
	world.watch = NULL;
}

static const char *query(struct rc_net_http_exchange *exchange, const char *name)
{
	return rc_net_http_exchange_get_query(exchange, name) ?: "";
}

static void serve_watch(struct rc_net_http_exchange *exchange)
{
	rc_buf_printf(&world.asked, "watch %s;", query(exchange, "resourceVersion"));
	ck_assert_str_eq(query(exchange, "allowWatchBookmarks"), "true");
	if (world.watch_status) {
		int status = world.watch_status;

		world.watch_status = 0;
		rc_net_http_exchange_reply(exchange, status, "application/json",
					   RC_STR("{\"kind\": \"Status\"}"));
		return;
	}
	world.watch = exchange;
	world.n_watches++;
	rc_net_http_exchange_stream(exchange, 200, "application/json", on_closed, NULL);
}

static void on_closed_of_one(void *userdata)
{
	(void)userdata;
}

static void serve_namespace(struct rc_net_http_exchange *exchange)
{
	const char *path = rc_net_http_exchange_get_path(exchange);
	bool is_a = strcmp(path, "/api/v1/namespaces/a/configmaps") == 0;
	const char *list = is_a ? world.of_a : world.of_b;

	ck_assert(is_a || strcmp(path, "/api/v1/namespaces/b/configmaps") == 0);
	if (*query(exchange, "watch")) {
		if (is_a)
			world.watch_of_a = exchange;
		rc_net_http_exchange_stream(exchange, 200, "application/json", on_closed_of_one,
					    NULL);
	} else if (list) {
		rc_net_http_exchange_reply(exchange, 200, "application/json", rc_str(list));
	} else {
		rc_net_http_exchange_reply(exchange, 403, "application/json",
					   RC_STR("{\"kind\": \"Status\", \"message\": \"no\"}"));
	}
}

static void handle(void *userdata, struct rc_net_http_exchange *exchange)
{
	(void)userdata;
	if (world.of_a || world.of_b) {
		serve_namespace(exchange);
		return;
	}
	ck_assert_str_eq(rc_net_http_exchange_get_path(exchange), "/api/v1/configmaps");
	if (*query(exchange, "watch")) {
		serve_watch(exchange);
		return;
	}
	rc_buf_printf(&world.asked, "list %s;", query(exchange, "continue"));
	if (world.list_status) {
		int status = world.list_status;

		world.list_status = 0;
		rc_net_http_exchange_reply(exchange, status, "application/json",
					   RC_STR("{\"kind\": \"Status\", \"message\": \"no\"}"));
		return;
	}
	rc_net_http_exchange_reply(exchange, 200, "application/json",
				   rc_str(world.lists[world.at]));
	if (world.at + 1 < world.n_lists)
		world.at++;
}

/* ---- what the cache tells ---- */

static void tell(const char *text)
{
	rc_buf_puts(&world.told, text);
	if (world.wanted && rc_str_has_suffix(rc_buf_str(&world.told), rc_str(world.wanted)))
		ev_break(world.loop, EVBREAK_ALL);
}

static void on_changed(void *userdata, const struct rc_kube_live *live, bool is_gone)
{
	rc_autofree char *text = rc_asprintf("%c%s@%s ", is_gone ? '-' : '+', live->key.name,
					     live->resource_version);

	(void)userdata;
	tell(text);
}

static void on_state(void *userdata, const char *group, const char *kind, int r,
		     const struct rc_error *err)
{
	(void)userdata;
	ck_assert_str_eq(group, "");
	ck_assert_str_eq(kind, "ConfigMap");
	ck_assert(r == 0 || err);
	tell(r < 0 ? "behind " : "current ");
}

static void on_patience(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

/* Turn the loop until what was told ends with text; what was told is then forgotten. */
static void await(const char *text)
{
	ev_timer patience;

	world.wanted = text;
	if (!rc_str_has_suffix(rc_buf_str(&world.told), rc_str(text))) {
		ev_now_update(world.loop);
		ev_timer_init(&patience, on_patience, PATIENCE_S, 0);
		ev_timer_start(world.loop, &patience);
		ev_run(world.loop, 0);
		ev_timer_stop(world.loop, &patience);
	}
	ck_assert_str_eq(rc_buf_text(&world.told), text);
	rc_buf_clear(&world.told);
	world.wanted = NULL;
}

static void turn(double s)
{
	ev_timer timer;

	ev_now_update(world.loop);
	ev_timer_init(&timer, on_patience, s, 0);
	ev_timer_start(world.loop, &timer);
	ev_run(world.loop, 0);
}

/* Turn the loop until the n-th watch is there. */
static void await_watch(unsigned int n)
{
	for (unsigned int i = 0; i < 1000 && !(world.watch && world.n_watches >= n); i++)
		turn(.005);
	ck_assert_uint_eq(world.n_watches, n);
	ck_assert_ptr_nonnull(world.watch);
}

static void check_asked(const char *text)
{
	ck_assert_str_eq(rc_buf_text(&world.asked), text);
	rc_buf_clear(&world.asked);
}

static void send_text(const char *text)
{
	rc_net_http_exchange_write(world.watch, rc_str(text));
}

#define OBJECT(name, version)                                                                \
	"{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"" name \
	"\", \"namespace\": \"a\", \"uid\": \"u-" name "\", \"resourceVersion\": \"" version \
	"\"}}"
#define LABELLED(name_space, name, label, version)                                           \
	"{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"" name \
	"\", \"namespace\": \"" name_space "\", \"uid\": \"u-" name                          \
	"\", \"resourceVersion\": \"" version "\", \"labels\": {\"owner\": \"" label "\"}}}"
#define LIST(version, next, items)                                                     \
	"{\"kind\": \"ConfigMapList\", \"metadata\": {\"resourceVersion\": \"" version \
	"\", \"continue\": \"" next "\"}, \"items\": [" items "]}"
#define EVENT(type, object) "{\"type\": \"" type "\", \"object\": " object "}\n"

static void setup(void)
{
	struct rc_net_http_server_options options = {.listen = "127.0.0.1:0"};
	struct rc_kube_cache_options cache = {
		.label = "owner", .changed = on_changed, .state = on_state};
	struct rc_kube_kubeconfig *config = rc_new0(struct rc_kube_kubeconfig);
	struct rc_error *err = NULL;

	memset(&world, 0, sizeof(world));
	rc_buf_init(&world.asked, 1 << 16);
	rc_buf_init(&world.told, 1 << 16);
	world.loop = rc_loop_new();
	rc_check_ok(rc_net_http_server_new(world.loop, &options, handle, NULL, &world.server, &err),
		    err);
	config->server =
		rc_asprintf("http://127.0.0.1:%u", rc_net_http_server_get_port(world.server));
	config->name_space = rc_strdup("default");
	world.cluster = rc_kube_cluster_new(world.loop, config);
	world.cache = rc_kube_cache_new(world.cluster, &cache);
}

static void teardown(void)
{
	rc_kube_cache_free(world.cache);
	rc_kube_cluster_free(world.cluster);
	rc_net_http_server_free(world.server);
	rc_loop_free(world.loop);
	rc_buf_done(&world.asked);
	rc_buf_done(&world.told);
}

/* Followed from a list of one object, at version 5. */
static void follow(void)
{
	world.lists[0] = LIST("5", "", OBJECT("one", "3"));
	world.n_lists = 1;
	rc_kube_cache_want(world.cache, &config_maps);
	await("+one@3 current ");
	await_watch(1);
	check_asked("list ;watch 5;");
}

/* ---- the watch ---- */

START_TEST(test_list_in_pages)
{
	world.lists[0] = LIST("5", "more", OBJECT("one", "3"));
	world.lists[1] = LIST("5", "", OBJECT("two", "4"));
	world.n_lists = 2;
	rc_kube_cache_want(world.cache, &config_maps);
	ck_assert(!rc_kube_cache_is_current(world.cache, "", "ConfigMap"));
	await("+one@3 +two@4 current ");
	await_watch(1);
	check_asked("list ;list more;watch 5;");
	ck_assert(rc_kube_cache_is_current(world.cache, "", "ConfigMap"));
	ck_assert_uint_eq(rc_kube_cache_count(world.cache), 2);
}
END_TEST

START_TEST(test_events)
{
	follow();
	send_text(EVENT("ADDED", OBJECT("two", "6")) EVENT("MODIFIED", OBJECT("one", "7")));
	await("+two@6 +one@7 ");
	send_text(EVENT("DELETED", OBJECT("two", "8")));
	await("-two@6 ");
	ck_assert_uint_eq(rc_kube_cache_count(world.cache), 1);
}
END_TEST

START_TEST(test_a_line_in_pieces)
{
	follow();
	send_text("{\"type\": \"ADDED\", \"obj");
	send_text("ect\": " OBJECT("two", "6") "}");
	send_text("\n");
	await("+two@6 ");
}
END_TEST

/* A quiet kind tells nothing for a minute; that it is followed again must not wait for that. */
START_TEST(test_a_cut_is_told_and_mended)
{
	follow();
	send_text(EVENT("BOOKMARK", OBJECT("", "9")));
	turn(.05); /* a reset would overtake it */
	send_text("{\"type\": \"ADDED\", \"object\": {\"apiVersion\": \"v1\", \"kind\": ");
	rc_net_http_exchange_reset(world.watch);
	await("behind ");
	ck_assert(!rc_kube_cache_is_current(world.cache, "", "ConfigMap"));
	ck_assert_ptr_nonnull(rc_kube_cache_get_failure(world.cache, NULL));
	await("current ");
	ck_assert(rc_kube_cache_is_current(world.cache, "", "ConfigMap"));
	ck_assert_ptr_null(rc_kube_cache_get_failure(world.cache, NULL));
	check_asked("watch 9;"); /* the bookmark's, and no list */
	ck_assert_uint_eq(rc_kube_cache_count(world.cache), 1);
}
END_TEST

START_TEST(test_a_failure_is_retried_and_named)
{
	follow();
	world.watch_status = 500;
	rc_net_http_exchange_reset(world.watch);
	await("behind behind current "); /* the cut, then 500: two reasons */
	check_asked("watch 5;watch 5;");
}
END_TEST

START_TEST(test_expired_while_watching)
{
	follow();
	world.lists[0] = LIST("20", "", OBJECT("two", "12"));
	send_text("{\"type\": \"ERROR\", \"object\": {\"kind\": \"Status\", \"code\": 410}}\n");
	rc_net_http_exchange_end(world.watch);
	await("+two@12 -one@3 current ");
	await_watch(2);
	check_asked("list ;watch 20;");
}
END_TEST

START_TEST(test_expired_when_resumed)
{
	follow();
	world.lists[0] = LIST("20", "", OBJECT("one", "3"));
	world.watch_status = 410;
	rc_net_http_exchange_reset(world.watch);
	await("behind current ");
	await_watch(2);
	check_asked("watch 5;list ;watch 20;");
}
END_TEST

/* What cannot be read may have been the event that counts. */
START_TEST(test_garbage_means_list_again)
{
	follow();
	world.lists[0] = LIST("20", "", OBJECT("one", "15"));
	send_text("<html>\n");
	rc_net_http_exchange_end(world.watch);
	await("+one@15 current ");
	await_watch(2);
	check_asked("list ;watch 20;");
}
END_TEST

START_TEST(test_forbidden)
{
	const struct rc_error *err;

	world.list_status = 403;
	world.lists[0] = LIST("5", "", "");
	world.n_lists = 1;
	rc_kube_cache_want(world.cache, &config_maps);
	await("behind ");
	err = rc_kube_cache_get_error(world.cache, "", "ConfigMap");
	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(err->code, -EACCES);
	await("current ");
	ck_assert_ptr_null(rc_kube_cache_get_error(world.cache, "", "ConfigMap"));
}
END_TEST

/* ---- the cache ---- */

static const struct rc_kube_key one = {"", "ConfigMap", "a", "one"};

START_TEST(test_own_writes_are_seen_at_once)
{
	json_auto_t *newer = json_loads(LABELLED("a", "one", "me", "8"), 0, NULL);
	json_auto_t *older = json_loads(LABELLED("a", "one", "me", "2"), 0, NULL);

	follow();
	rc_kube_cache_note(world.cache, newer);
	await("+one@8 ");
	rc_kube_cache_note(world.cache, older);
	/* The watch comes after us with what we know, and with something older. */
	send_text(EVENT("MODIFIED", OBJECT("one", "7")) EVENT("MODIFIED", OBJECT("one", "8"))
			  EVENT("MODIFIED", OBJECT("one", "10")));
	await("+one@10 ");
}
END_TEST

/* Versions are longer numbers one day. */
START_TEST(test_versions_are_numbers)
{
	follow();
	send_text(EVENT("MODIFIED", OBJECT("one", "10")) EVENT("MODIFIED", OBJECT("one", "9")));
	await("+one@10 ");
	ck_assert_str_eq(rc_kube_cache_find(world.cache, &one)->resource_version, "10");
}
END_TEST

START_TEST(test_made_anew)
{
	follow();
	send_text(EVENT("ADDED", "{\"metadata\": {\"name\": \"one\", \"namespace\": \"a\", "
				 "\"uid\": \"other\", \"resourceVersion\": \"9\"}}"));
	await("+one@9 ");
	send_text(EVENT("DELETED", OBJECT("one", "8"))); /* of the one before */
	send_text(EVENT("ADDED", OBJECT("two", "10")));
	await("+two@10 ");
	ck_assert_str_eq(rc_kube_cache_find(world.cache, &one)->uid, "other");
}
END_TEST

START_TEST(test_what_is_kept)
{
	json_auto_t *object = NULL;

	world.lists[0] = LIST("5", "",
			      "{\"metadata\": {\"name\": \"one\", \"namespace\": \"a\", "
			      "\"uid\": \"u\", \"resourceVersion\": \"3\", "
			      "\"labels\": {\"owner\": \"me\"}, \"managedFields\": ["
			      "{\"manager\": \"kubectl\"}, {\"manager\": \"reconciled\"}]}}");
	world.n_lists = 1;
	rc_kube_cache_want(world.cache, &config_maps);
	await("+one@3 current ");
	object = rc_kube_cache_load(world.cache, &one);
	ck_assert_str_eq(rc_json_text(object, "kind", NULL), "ConfigMap");
	ck_assert_str_eq(rc_json_text(object, "apiVersion", NULL), "v1");
	ck_assert_uint_eq(json_array_size(rc_json_get(object, "metadata", "managedFields", NULL)),
			  1);
	ck_assert_str_eq(rc_kube_cache_find(world.cache, &one)->label, "me");
}
END_TEST

static void collect(void *userdata, const struct rc_kube_live *live)
{
	rc_buf_printf(userdata, "%s/%s ", live->key.name_space, live->key.name);
}

START_TEST(test_each)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(1024);

	world.lists[0] =
		LIST("5", "",
		     LABELLED("b", "x", "me", "3") "," LABELLED("a", "z", "me", "3") "," LABELLED(
			     "a", "y", "me", "3") "," LABELLED("a", "x", "you", "3"));
	world.n_lists = 1;
	rc_kube_cache_want(world.cache, &config_maps);
	await("+x@3 +z@3 +y@3 +x@3 current ");
	rc_kube_cache_each(world.cache, "me", collect, &text);
	ck_assert_str_eq(rc_buf_text(&text), "a/y a/z b/x ");
	rc_buf_clear(&text);
	rc_kube_cache_each(world.cache, NULL, collect, &text);
	ck_assert_str_eq(rc_buf_text(&text), "a/x a/y a/z b/x ");
}
END_TEST

START_TEST(test_drop)
{
	follow();
	rc_kube_cache_drop(world.cache, "", "ConfigMap");
	ck_assert_uint_eq(rc_kube_cache_count(world.cache), 0);
	ck_assert_uint_eq(rc_kube_cache_count_kinds(world.cache), 0);
	ck_assert_uint_eq(rc_kube_cache_get_bytes(world.cache), 0);
	ck_assert_str_eq(rc_buf_text(&world.told), "");
}
END_TEST

/* Limited to two namespaces: each has its list and its watch; the kind is what both are. */
START_TEST(test_namespaces)
{
	static const char *const names[] = {"a", "b"};

	world.of_a = LIST("5", "", LABELLED("a", "x", "o", "3"));
	rc_kube_cluster_set_namespaces(world.cluster, names, 2);
	rc_kube_cache_want(world.cache, &config_maps);
	for (int i = 0; i < 1000 && !(world.watch_of_a &&
				      rc_kube_cache_get_error(world.cache, "", "ConfigMap"));
	     i++)
		turn(.005);
	ck_assert_ptr_nonnull(rc_kube_cache_get_error(world.cache, "", "ConfigMap"));
	ck_assert(!rc_kube_cache_is_current(world.cache, "", "ConfigMap"));
	rc_buf_clear(&world.told);
	world.of_b = LIST("6", "", LABELLED("b", "y", "o", "4"));
	await("+y@4 current ");
	ck_assert(rc_kube_cache_is_current(world.cache, "", "ConfigMap"));
	ck_assert_uint_eq(rc_kube_cache_count(world.cache), 2);
	/* A new list of one says nothing about the other. */
	world.of_a = LIST("9", "", "");
	rc_net_http_exchange_write(world.watch_of_a,
				   rc_str(EVENT("ERROR", "{\"kind\": \"Status\", \"code\": 410}")));
	rc_net_http_exchange_end(world.watch_of_a);
	await("-x@3 current ");
	ck_assert_uint_eq(rc_kube_cache_count(world.cache), 1);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("kube/cache");
	TCase *watch = tcase_create("watch"), *cache = tcase_create("cache");

	tcase_add_checked_fixture(watch, setup, teardown);
	tcase_add_test(watch, test_list_in_pages);
	tcase_add_test(watch, test_events);
	tcase_add_test(watch, test_a_line_in_pieces);
	tcase_add_test(watch, test_a_cut_is_told_and_mended);
	tcase_add_test(watch, test_a_failure_is_retried_and_named);
	tcase_add_test(watch, test_expired_while_watching);
	tcase_add_test(watch, test_expired_when_resumed);
	tcase_add_test(watch, test_garbage_means_list_again);
	tcase_add_test(watch, test_forbidden);
	suite_add_tcase(suite, watch);
	tcase_add_checked_fixture(cache, setup, teardown);
	tcase_add_test(cache, test_own_writes_are_seen_at_once);
	tcase_add_test(cache, test_versions_are_numbers);
	tcase_add_test(cache, test_made_anew);
	tcase_add_test(cache, test_what_is_kept);
	tcase_add_test(cache, test_each);
	tcase_add_test(cache, test_drop);
	tcase_add_test(cache, test_namespaces);
	suite_add_tcase(suite, cache);
	return suite;
}

RC_TEST_MAIN(make_suite)
