/* Chart.lock: what is read, and the digest that Helm 3.17.2 itself wrote for these very files. */
#include "support/check.h"

#include <errno.h>

#include "data/digest.h"
#include "registry/lock.h"

#define DEPENDENCIES                                    \
	"dependencies:\n"                               \
	"- name: base\n"                                \
	"  version: \">=0.3.0 <1 || >2\"\n"             \
	"  repository: file://../libs/base\n"           \
	"  condition: base.enabled,global.base & <b>\n" \
	"  tags: [a, b]\n"                              \
	"  enabled: true\n"                             \
	"  alias: first\n"                              \
	"  import-values:\n"                            \
	"  - data\n"                                    \
	"  - child: x.y\n"                              \
	"    parent: z\n"                               \
	"  - {parent: 1, child: 2.5, a: true}\n"        \
	"- name: extra\n"                               \
	"  version: \"*\"\n"                            \
	"  repository: file://../libs/extra\n"
#define LOCKED                                 \
	"dependencies:\n"                      \
	"- name: base\n"                       \
	"  repository: file://../libs/base\n"  \
	"  version: 0.3.1\n"                   \
	"- name: extra\n"                      \
	"  repository: file://../libs/extra\n" \
	"  version: 1.0.0+x.1\n"               \
	"digest: " DIGEST "\n"                 \
	"generated: \"2026-11-25T16:58:42Z\"\n"
#define DIGEST "sha256:1cf932167722dcae8a125d68b21d89b6f528a5c00a9f3d52cfb29c26763fbf8b"

/* Of Helm 2, as Go writes it. */
static const char v2_json[] =
	"{\"dependencies\":[{\"name\":\"base\",\"version\":\"\\u003e=0.3.0 \\u003c1 || \\u003e2\","
	"\"repository\":\"file://../libs/base\",\"condition\":\"base.enabled,global.base \\u0026 "
	"\\u003cb\\u003e\",\"tags\":[\"a\",\"b\"],\"enabled\":true,\"import-values\":[\"data\","
	"{\"child\":\"x.y\",\"parent\":\"z\"},{\"a\":true,\"child\":2.5,\"parent\":1}],"
	"\"alias\":\"first\"},{\"name\":\"extra\",\"version\":\"*\",\"repository\":"
	"\"file://../libs/extra\"}]}";

static struct rc_arena *arena;

static void setup(void)
{
	arena = rc_arena_new(0);
}

static void teardown(void)
{
	rc_arena_free(arena);
}

static int find(const char *name, const char *text, struct rc_registry_lock **ret_lock,
		struct rc_error **err)
{
	struct rc_helm_files files = {.arena = arena};

	rc_helm_file_add(&files, RC_STR("Chart.yaml"), RC_STR("name: x"), NULL);
	rc_helm_file_add(&files, rc_str(name), rc_str(text), NULL);
	return rc_registry_lock_find(&files, ret_lock, err);
}

START_TEST(test_hash)
{
	struct rc_helm_metadata metadata = {.deprecated = false};
	struct rc_registry_lock *lock = NULL;
	char text[RC_REGISTRY_LOCK_DIGEST_MAX], wanted[RC_DIGEST_MAX];
	struct rc_error *err = NULL;

	rc_check_ok(rc_helm_metadata_parse(arena, RC_STR(DEPENDENCIES), &metadata, &err), err);
	rc_check_ok(find("Chart.lock", LOCKED, &lock, &err), err);
	ck_assert_str_eq(lock->file, "Chart.lock");
	ck_assert(rc_str_is(lock->digest, DIGEST));
	ck_assert_uint_eq(lock->n_dependencies, 2);
	rc_check_ok(rc_registry_lock_hash(&metadata, lock, text, &err), err);
	ck_assert_str_eq(text, DIGEST);
	rc_check_ok(rc_registry_lock_hash_v2(&metadata, text, &err), err);
	ck_assert_str_eq(text + strlen("sha256:"), rc_digest_sha256(rc_str(v2_json), wanted));
	/* Any change of either list is another digest. */
	lock->dependencies[1]->version = RC_STR("1.0.0");
	rc_check_ok(rc_registry_lock_hash(&metadata, lock, text, &err), err);
	ck_assert_str_ne(text, DIGEST);
}
END_TEST

/* "[null,null]" and "[[],[]]" are two things to Go. */
START_TEST(test_hash_empty)
{
	static const struct {
		const char *requirements, *lock, *json;
	} cases[] = {
		{"name: a\n", "digest: x\n", "[null,null]"},
		{"dependencies: []\n", "dependencies: []\n", "[[],[]]"},
	};

	for (size_t i = 0; i < RC_ARRAY_SIZE(cases); i++) {
		struct rc_helm_metadata metadata = {.deprecated = false};
		struct rc_registry_lock *lock = NULL;
		char text[RC_REGISTRY_LOCK_DIGEST_MAX], wanted[RC_DIGEST_MAX];
		struct rc_error *err = NULL;

		rc_check_ok(rc_helm_metadata_parse(arena, rc_str(cases[i].requirements), &metadata,
						   &err),
			    err);
		rc_check_ok(find("requirements.lock", cases[i].lock, &lock, &err), err);
		ck_assert_str_eq(lock->file, "requirements.lock");
		rc_check_ok(rc_registry_lock_hash(&metadata, lock, text, &err), err);
		ck_assert_str_eq(text + strlen("sha256:"),
				 rc_digest_sha256(rc_str(cases[i].json), wanted));
	}
}
END_TEST

START_TEST(test_find)
{
	struct rc_registry_lock *lock = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(find("other", "x: [", &lock, &err), err);
	ck_assert_ptr_null(lock);
	rc_check_fails(find("Chart.lock", "x: [", &lock, &err), -EINVAL, err,
		       "cannot load Chart.lock");
	rc_check_fails(find("Chart.lock", "dependencies: [null]", &lock, &err), -EINVAL, err,
		       "Chart.lock: dependencies[0] is empty");
	rc_check_fails(find("Chart.lock", "dependencies: x", &lock, &err), -EINVAL, err,
		       "cannot unmarshal string into Go struct field Lock.dependencies");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("lock");
	TCase *tcase = tcase_create("lock");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_hash);
	tcase_add_test(tcase, test_hash_empty);
	tcase_add_test(tcase, test_find);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
