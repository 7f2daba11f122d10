/* One server: what each status means, and the breaker. */
#include "scene.h"

#include <errno.h>
#include <string.h>

#include "support/check.h"
#include "vault/kv.h"

static const struct {
	const char *name;
	struct scene_rule rule;
	int r;
	const char *says;
	bool pauses; /* nothing more is sent for now */
} statuses[] = {
	{"200", {.status = 200, .body = "{\"data\":{\"a\":\"b\"}}"}, 0, NULL, false},
	{"204", {.status = 204}, 0, NULL, false},
	{"400",
	 {.status = 400, .body = "{\"errors\":[\"missing role\"]}"},
	 -EINVAL,
	 "400: missing role",
	 false},
	{"403",
	 {.status = 403, .body = "{\"errors\":[\"permission denied\"]}"},
	 -EACCES,
	 "permission denied",
	 false},
	{"404", {.status = 404, .body = "{\"errors\":[]}"}, -ENOENT, "404", false},
	{"404 of no engine",
	 {.status = 404, .body = "{\"errors\":[\"no handler for route\"]}"},
	 -EINVAL,
	 "no handler for route",
	 false},
	{"404 of the other version",
	 {.status = 404,
	  .body = "{\"warnings\":[\"Invalid path for a versioned K/V secrets engine.\"]}"},
	 -EINVAL,
	 "versioned K/V",
	 false},
	{"405", {.status = 405, .body = "{\"errors\":[\"unsupported\"]}"}, -EINVAL, "405", false},
	{"412 for ever",
	 {.status = 412, .body = "{\"errors\":[]}"},
	 -EAGAIN,
	 "412: this node is behind",
	 false},
	{"413",
	 {.status = 413, .body = "{\"errors\":[\"request body too large\"]}"},
	 -EINVAL,
	 "too large",
	 false},
	{"429",
	 {.status = 429, .body = "{\"errors\":[\"quota\"]}", .header = "Retry-After: 3"},
	 -EAGAIN,
	 "429: quota",
	 true},
	{"472", {.status = 472}, -EAGAIN, "disaster", true},
	{"473", {.status = 473}, -EAGAIN, "standby", true},
	{"500",
	 {.status = 500, .body = "{\"errors\":[\"connection refused by db\"]}"},
	 -EAGAIN,
	 "500: connection refused by db",
	 false},
	{"502", {.status = 502, .body = "<html>"}, -EAGAIN, "502", true},
	{"503 sealed",
	 {.status = 503, .body = "{\"errors\":[\"Vault is sealed\"]}"},
	 -EAGAIN,
	 "503: Vault is sealed",
	 true},
	{"302", {.status = 302}, -EPROTO, "302", false},
	{"truncated", {.status = -2}, -ECONNRESET, "127.0.0.1", true},
	{"reset", {.status = 0}, -ECONNRESET, "127.0.0.1", true},
	{"another content",
	 {.status = 200, .body = "<html>secret</html>"},
	 -EPROTO,
	 "not JSON (text/html)",
	 false},
	{"half JSON", {.status = 200, .body = "{\"data\":"}, -EPROTO, "not JSON", false},
	{"no object", {.status = 200, .body = "[1]"}, -EPROTO, "not an object", false},
};

static struct rc_vault_server *ask(struct scene *scene, const char *path)
{
	struct rc_vault_server *server = rc_vault_server_new(scene->loop, scene->url, NULL, NULL);
	struct rc_vault_call_options call = {.method = "GET", .path = path};

	rc_vault_server_ask(server, &call, scene_answered, scene);
	return server;
}

START_TEST(test_status)
{
	struct scene_rule rules[2] = {statuses[_i].rule};
	struct rc_vault_server *server;
	struct scene scene;

	rules[0].path = "/v1/secret/data/app";
	scene_init(&scene, rules);
	server = ask(&scene, "secret/data/app?version=1");
	scene_wait(&scene, 1, 10);
	ck_assert_int_eq(scene.r, statuses[_i].r);
	if (statuses[_i].says)
		ck_assert_msg(strstr(scene.error, statuses[_i].says), "%s", scene.error);
	else
		ck_assert_ptr_null(scene.error);
	if (scene.error) {
		ck_assert_msg(strstr(scene.error, "secret/data/app of http://"), "%s", scene.error);
		ck_assert_ptr_null(strstr(scene.error, "secret</html>"));
	}
	ck_assert_int_eq(rc_vault_server_get_pause_ms(server) > 0, statuses[_i].pauses);
	ck_assert_int_eq(rc_vault_server_get_error(server) != NULL, statuses[_i].pauses);
	if (strcmp(statuses[_i].name, "429") == 0)
		ck_assert_uint_gt(rc_vault_server_get_pause_ms(server), 2000);
	rc_vault_server_free(server);
	scene_done(&scene);
}
END_TEST

/* What is asked while it is away does not reach it; it is told why. */
START_TEST(test_away)
{
	static const struct scene_rule rules[] = {
		{.path = "/v1/a",
		 .status = 503,
		 .body = "{\"errors\":[\"Vault is sealed\"]}",
		 .times = 1},
		{.path = "/v1/a", .status = 200, .body = "{\"data\":{}}"},
		{0},
	};
	struct rc_vault_call_options call = {.method = "GET", .path = "a"};
	struct rc_vault_server *server;
	struct scene scene;

	scene_init(&scene, rules);
	server = ask(&scene, "a");
	scene_wait(&scene, 1, 5);
	for (int i = 0; i < 20; i++)
		rc_vault_server_ask(server, &call, scene_answered, &scene);
	scene_wait(&scene, 21, 5);
	ck_assert_int_eq(scene.r, -EAGAIN);
	ck_assert_msg(strstr(scene.error, "not asked again yet"), "%s", scene.error);
	ck_assert_msg(strstr(scene.error, "Vault is sealed"), "%s", scene.error);
	ck_assert_uint_eq(json_array_size(scene.log), 1);
	scene_pass(&scene, 1.1);
	ck_assert_uint_eq(rc_vault_server_get_pause_ms(server), 0);
	for (int i = 0; i < 3; i++)
		rc_vault_server_ask(server, &call, scene_answered, &scene);
	scene_wait(&scene, 24, 5);
	ck_assert_int_eq(scene.r, 0);
	ck_assert_ptr_null(rc_vault_server_get_error(server));
	ck_assert_uint_eq(rc_vault_server_get_numbers(server)->refused_503, 1);
	rc_vault_server_free(server);
	scene_done(&scene);
}
END_TEST

/* Back-off: the seconds it is left alone grow. */
START_TEST(test_backoff)
{
	static const struct scene_rule rules[] = {{.path = "/v1/a", .status = 503}, {0}};
	struct rc_vault_call_options call = {.method = "GET", .path = "a"};
	struct rc_vault_server *server;
	struct scene scene;
	uint64_t pause;

	scene_init(&scene, rules);
	server = ask(&scene, "a");
	scene_wait(&scene, 1, 5);
	for (int i = 0; i < 2; i++) {
		pause = rc_vault_server_get_pause_ms(server);
		scene_pass(&scene, (double)pause / 1000 + 0.05);
		rc_vault_server_ask(server, &call, scene_answered, &scene);
		scene_wait(&scene, 2 + i, 5);
	}
	pause = rc_vault_server_get_pause_ms(server);
	ck_assert_uint_ge(pause, 1900);
	ck_assert_uint_le(pause, 4000);
	ck_assert_uint_eq(json_array_size(scene.log), 3);
	rc_vault_server_free(server);
	scene_done(&scene);
}
END_TEST

/* Five failures of 500 in a row are the server's; with an answer between them they are a path's. */
START_TEST(test_sick)
{
	static const struct scene_rule rules[] = {
		{.path = "/v1/bad", .status = 500},
		{.path = "/v1/good", .status = 200, .body = "{}"},
		{0},
	};
	struct rc_vault_call_options bad = {.method = "GET", .path = "bad"};
	struct rc_vault_call_options good = {.method = "GET", .path = "good"};
	struct rc_vault_server *server;
	struct scene scene;
	int n = 1;

	scene_init(&scene, rules);
	server = ask(&scene, "bad");
	scene_wait(&scene, n, 5);
	for (int i = 0; i < 8; i++) {
		rc_vault_server_ask(server, i % 2 ? &bad : &good, scene_answered, &scene);
		scene_wait(&scene, ++n, 5);
	}
	ck_assert_uint_eq(rc_vault_server_get_pause_ms(server), 0);
	for (int i = 0; i < 5; i++) {
		rc_vault_server_ask(server, &bad, scene_answered, &scene);
		scene_wait(&scene, ++n, 5);
	}
	ck_assert_uint_gt(rc_vault_server_get_pause_ms(server), 0);
	rc_vault_server_free(server);
	scene_done(&scene);
}
END_TEST

START_TEST(test_catches_up)
{
	static const struct scene_rule rules[] = {
		{.path = "/v1/a", .status = 412, .times = 2},
		{.path = "/v1/a", .status = 200, .body = "{\"data\":{\"a\":\"b\"}}"},
		{0},
	};
	struct rc_vault_server *server;
	struct scene scene;

	scene_init(&scene, rules);
	server = ask(&scene, "a");
	scene_wait(&scene, 1, 5);
	ck_assert_int_eq(scene.r, 0);
	ck_assert_uint_eq(json_array_size(scene.log), 3);
	rc_vault_server_free(server);
	scene_done(&scene);
}
END_TEST

/* A standby that does not forward names the active node, here itself by another path. */
START_TEST(test_redirect)
{
	struct scene_rule rules[] = {
		{.path = "/v1/a", .status = 307},
		{.path = "/v1/active", .status = 200, .body = "{\"data\":{\"a\":\"b\"}}"},
		{0},
	};
	rc_cleanup(rc_secret_freep) struct rc_secret *token = rc_secret_new_text("hvs.1");
	struct rc_vault_call_options call = {.method = "GET", .path = "a", .token = token};
	struct rc_vault_server *server;
	struct scene scene;
	char header[128];

	scene_init(&scene, rules);
	snprintf(header, sizeof(header), "Location: %sv1/active", scene.url);
	rules[0].path = "/v1/a", rules[0].header = header;
	rules[0].times = 1;
	server = rc_vault_server_new(scene.loop, scene.url, NULL, NULL);
	rc_vault_server_ask(server, &call, scene_answered, &scene);
	scene_wait(&scene, 1, 5);
	ck_assert_int_eq(scene.r, 0);
	ck_assert_uint_eq(scene_count(&scene, "GET /v1/active hvs.1"), 1);
	rc_vault_server_free(server);
	scene_done(&scene);
}
END_TEST

static const struct {
	const char *mount;
	bool is_v2;
	const char *key, *version, *path;
} paths[] = {
	{"secret", true, "app", NULL, "secret/data/app"},
	{"secret", true, "app", "3", "secret/data/app?version=3"},
	{"secret", false, "app", "3", "secret/app"},
	{"secret/path", true, "secret/path/foo", NULL, "secret/path/data/foo"},
	{"secret/path", true, "secret/path/data/foo", NULL, "secret/path/data/foo"},
	{"secret/path", true, "data/foo", NULL, "secret/path/data/data/foo"},
	{"secret/path", false, "secret/path/foo", NULL, "secret/path/foo"},
	{NULL, true, "secret/path/foo", NULL, "secret/data/path/foo"},
	{NULL, true, "secret/path/data/foo", NULL, "secret/path/data/foo"},
	{NULL, true, "secret", NULL, "secret/data"},
	{NULL, false, "secret/path/foo", NULL, "secret/path/foo"},
	{"", false, "database/creds/app", NULL, "database/creds/app"},
	{"secret", true, "a b/\xc3\xa9?#%", NULL, "secret/data/a%20b/%C3%A9%3F%23%25"},
};

START_TEST(test_path)
{
	rc_autofree char *path = rc_vault_kv_read_path(paths[_i].mount, paths[_i].is_v2,
						       paths[_i].key, paths[_i].version);

	ck_assert_str_eq(path, paths[_i].path);
}
END_TEST

static const struct {
	const char *body;
	int status;
	bool is_v2;
	int r;
} takes[] = {
	{"{\"data\":{\"data\":{\"a\":1},\"metadata\":{}}}", 200, true, 0},
	{"{\"data\":{\"data\":null,\"metadata\":{\"destroyed\":true}}}", 404, true, -ENOENT},
	{"{\"data\":{\"data\":null,\"metadata\":{}}}", 200, true, -ENOENT},
	{"{\"data\":{\"a\":1}}", 200, true, -EPROTO},
	{"{\"data\":{\"data\":[1]}}", 200, true, -EPROTO},
	{"{\"data\":null}", 200, true, -EPROTO},
	{"{\"data\":{\"a\":1}}", 200, false, 0},
	{"{\"data\":null}", 200, false, -EPROTO},
	{"{\"errors\":[]}", 404, false, -ENOENT},
	{"{\"errors\":[\"x\"]}", 403, true, -EACCES},
};

START_TEST(test_take)
{
	struct rc_net_http_response response = {.status = takes[_i].status,
						.body = rc_str(takes[_i].body),
						.content_type = "application/json"};
	struct rc_vault_answer answer;
	const json_t *values = NULL;
	json_auto_t *body = NULL;
	struct rc_error *err = NULL;
	int r = rc_vault_answer_read(0, &response, &body, &answer, &err);

	r = rc_vault_kv_take(r, &answer, takes[_i].is_v2, &values, &err);
	ck_assert_int_eq(r, takes[_i].r);
	ck_assert_int_eq(r == 0, values != NULL);
	ck_assert_int_eq(r < 0, err != NULL);
	rc_error_free(err);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("vault server");
	TCase *tcase = tcase_create("server");

	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, test_status, 0, RC_ARRAY_SIZE(statuses));
	tcase_add_test(tcase, test_away);
	tcase_add_test(tcase, test_backoff);
	tcase_add_test(tcase, test_sick);
	tcase_add_test(tcase, test_catches_up);
	tcase_add_test(tcase, test_redirect);
	tcase_add_loop_test(tcase, test_path, 0, RC_ARRAY_SIZE(paths));
	tcase_add_loop_test(tcase, test_take, 0, RC_ARRAY_SIZE(takes));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
