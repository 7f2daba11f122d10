/* Polls as the git worker does them: what is answered, what is spared, what is only half learnt. */
#include "support/check.h"

#include <errno.h>

#include "base/memory.h"
#include "data/json.h"
#include "registry/worker.h"
#include "scene.h"

static struct {
	char *digest_1, *digest_2, *other;
	char *commit_1, *commit_2;
} world;

static void write_index(const char *digest_2)
{
	scene_write(
		"charts/index.yaml",
		"apiVersion: v1\n"
		"entries:\n"
		"  web:\n"
		"  - {name: web, version: 1.0.0, urls: [web-1.0.0.tgz], digest: %s}\n"
		"  - {name: web, version: 1.2.0+b.1, urls: [web-1.2.0.tgz], description: it%s%s}\n"
		"  other: [{name: other, version: 3.0.0, urls: [other-3.0.0.tgz]}]\n",
		world.digest_1, digest_2 ? ", digest: " : "", digest_2 ? digest_2 : "");
}

static void setup(void)
{
	scene_setup();
	world.digest_1 = scene_pack("charts", "web-1.0.0", "web", "1.0.0");
	world.digest_2 = scene_pack("charts", "web-1.2.0", "web", "1.2.0+b.1");
	world.other = scene_pack("charts", "other-3.0.0", "other", "3.0.0");
	world.commit_1 = rc_asprintf("1.0.0@sha256:%s", world.digest_1);
	world.commit_2 = rc_asprintf("1.2.0_b.1@sha256:%s", world.digest_2);
	write_index(world.digest_2);
	scene_start("");
}

static void teardown(void)
{
	free(world.digest_1);
	free(world.digest_2);
	free(world.other);
	free(world.commit_1);
	free(world.commit_2);
	scene_teardown();
}

/* refs: "web@1.x|KNOWN", ended by NULL; KNOWN may be missing. */
static json_t *make_request(const char *token, const char *const *refs)
{
	rc_autofree char *url = scene_url("http", "charts");
	json_t *list = json_array();

	for (; *refs; refs++) {
		const char *known = strchr(*refs, '|');
		rc_autofree char *name =
			rc_strndup(*refs, known ? (size_t)(known - *refs) : strlen(*refs));

		json_array_append_new(list, json_pack("{s:s, s:s*}", "name", name, "known",
						      known ? known + 1 : NULL));
	}
	return json_pack("{s:s, s:s, s:i, s:s*, s:{s:s, s:s}, s:o}", "op", "charts", "cache",
			 scene_cache(), "timeoutMs", 20000, "token", token, "repository", "type",
			 "helm", "url", url, "refs", list);
}

static json_t *poll(const char *token, const char *const *refs)
{
	json_auto_t *request = make_request(token, refs);
	json_t *reply = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_registry_worker_handle(NULL, request, &reply, &err), err);
	return reply;
}

static const char *text_of(const json_t *reply, size_t i, const char *key)
{
	return rc_json_text(json_array_get(json_object_get(reply, "refs"), i), key, NULL);
}

START_TEST(test_poll)
{
	static const char *const refs[] = {"web@1.0.0", "web@*",   "web@>=2",
					   "gone@1",	"web@new", NULL};
	json_auto_t *reply = poll(NULL, refs);
	const json_t *list = json_object_get(reply, "refs");

	ck_assert_uint_eq(json_array_size(list), 5);
	ck_assert_str_eq(text_of(reply, 0, "name"), "web@1.0.0");
	ck_assert_str_eq(text_of(reply, 0, "commit"), world.commit_1);
	ck_assert_str_eq(text_of(reply, 1, "commit"), world.commit_2);
	ck_assert_str_eq(text_of(reply, 1, "subject"), "it");
	for (size_t i = 2; i < 5; i++) {
		ck_assert_ptr_null(text_of(reply, i, "commit"));
		ck_assert_ptr_nonnull(json_object_get(json_array_get(list, i), "error"));
	}
	ck_assert_ptr_null(json_object_get(reply, "error"));
	ck_assert_uint_eq(strlen(rc_json_text(reply, "token", NULL)), 64);
}
END_TEST

/* The same list again: one request, answered with 304, and nothing is read. */
START_TEST(test_settled)
{
	static const char *const refs[] = {"web@*", NULL};
	json_auto_t *first = poll(NULL, refs), *second = NULL, *third = NULL, *log = NULL;
	rc_autofree char *known = rc_asprintf("web@*|%s", world.commit_2);
	rc_autofree char *stale = rc_asprintf("web@*|%s", world.commit_1);
	const char *const again[] = {known, NULL}, *const wrong[] = {stale, NULL};
	const char *token = rc_json_text(first, "token", NULL);

	scene_misbehave("ok", "/", 0);
	second = poll(token, again);
	ck_assert_str_eq(text_of(second, 0, "commit"), world.commit_2);
	log = scene_log();
	ck_assert_uint_eq(json_array_size(log), 1);
	/* With another list what is known is looked at again. */
	scene_do("cp www/charts/web-1.0.0.tgz cache/%s.tgz", world.digest_1);
	third = poll("another", wrong);
	ck_assert_str_eq(text_of(third, 0, "commit"), world.commit_2);
}
END_TEST

/* Where the index says no digest, the same version is the same archive. */
START_TEST(test_without_digest)
{
	static const char *const refs[] = {"web@*", NULL};
	json_auto_t *first = NULL, *second = NULL, *log = NULL;
	rc_autofree char *known = rc_asprintf("web@*|%s", world.commit_2);
	const char *const again[] = {known, NULL};

	write_index(NULL);
	first = poll(NULL, refs);
	ck_assert_str_eq(text_of(first, 0, "commit"), world.commit_2);
	scene_misbehave("ok", "/", 0);
	second = poll("another", again);
	ck_assert_str_eq(text_of(second, 0, "commit"), world.commit_2);
	log = scene_log();
	ck_assert_uint_eq(scene_count(log, ".tgz"), 0);
}
END_TEST

/* One archive does not come: of the other all is said, of the one nothing, and why. */
START_TEST(test_half_learnt)
{
	static const char *const refs[] = {"web@1.0.0", "other@*", NULL};
	json_auto_t *reply = NULL;
	const json_t *other;

	scene_misbehave("503", "other-3.0.0.tgz", -1);
	reply = poll(NULL, refs);
	ck_assert_str_eq(text_of(reply, 0, "commit"), world.commit_1);
	other = json_array_get(json_object_get(reply, "refs"), 1);
	ck_assert_uint_eq(json_object_size(other), 1);
	ck_assert_int_eq(json_integer_value(rc_json_get(reply, "error", "code", NULL)), -EAGAIN);
}
END_TEST

START_TEST(test_nonsense)
{
	static const char *const requests[] = {
		"{}",
		"{\"op\": \"charts\"}",
		"{\"op\": \"charts\", \"cache\": \"/x\", \"repository\": {\"type\": \"git\", "
		"\"url\": \"u\"}}",
		"{\"op\": \"charts\", \"cache\": \"/x\", \"repository\": {\"type\": \"helm\"}}",
		"{\"op\": \"charts\", \"repository\": {\"type\": \"helm\", \"url\": \"u\"}}",
		"{\"op\": \"other\", \"cache\": \"/x\", \"repository\": {\"type\": \"helm\", "
		"\"url\": \"u\"}}",
	};

	for (size_t i = 0; i < RC_ARRAY_SIZE(requests); i++) {
		json_auto_t *request = NULL;
		json_t *reply = NULL;

		ck_assert_int_eq(rc_json_parse(rc_str(requests[i]), "it", &request, NULL), 0);
		ck_assert_msg(rc_registry_worker_handle(NULL, request, &reply, NULL) == -EINVAL,
			      "%s", requests[i]);
		ck_assert_ptr_null(reply);
	}
}
END_TEST

START_TEST(test_commits)
{
	rc_autofree char *version = rc_registry_worker_get_version(world.commit_2);

	ck_assert_str_eq(version, "1.2.0+b.1");
	ck_assert_str_eq(rc_registry_worker_get_digest(world.commit_2), world.digest_2);
	ck_assert_ptr_null(rc_registry_worker_get_digest("1.2.0"));
	ck_assert_ptr_null(rc_registry_worker_get_digest("1.2.0@sha256:../../x"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("registry worker");
	TCase *tcase = tcase_create("worker");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_poll);
	tcase_add_test(tcase, test_settled);
	tcase_add_test(tcase, test_without_digest);
	tcase_add_test(tcase, test_half_learnt);
	tcase_add_test(tcase, test_nonsense);
	tcase_add_test(tcase, test_commits);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
