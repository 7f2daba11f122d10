/* index.yaml: what is found in it, what is passed over, what is refused. */
#include "support/check.h"

#include <errno.h>

#include "registry/index.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char text[] =
	"apiVersion: v1\n"
	"generated: 2026-01-01T00:00:00Z\n"
	"entries:\n"
	"  web:\n"
	"  - {name: web, version: 1.0.0, urls: [web-1.0.0.tgz], digest: sha256:" DIGEST "}\n"
	"  - {name: web, version: 1.2.0, urls: ['https://other.example/web-1.2.0.tgz'],\n"
	"     digest: " DIGEST ", description: the web}\n"
	"  - {name: web, version: 1.3.0, urls: []}\n"
	"  - {name: web, version: 1.4.0}\n"
	"  - {name: web, version: one, urls: [x.tgz]}\n"
	"  - {name: a/b, version: 1.5.0, urls: [x.tgz]}\n"
	"  - {version: 1.6.0, urls: [x.tgz]}\n"
	"  - null\n"
	"  - text\n"
	"  - {name: web, version: 2.0.0-rc.1, urls: [web-2.0.0-rc.1.tgz], digest: wrong}\n"
	"  number: [{name: number, version: 1.5, urls: [n.tgz]}]\n"
	"  empty: []\n"
	"  bad: {a: b}\n"
	"unknown: {x: y}\n";

static const struct {
	const char *chart, *range;
	const char *version, *url, *digest; /* or what the error says, in version */
	int r;
} cases[] = {
	{"web", "1.0.0", "1.0.0", "web-1.0.0.tgz", DIGEST, 0},
	{"web", "1.x", "1.2.0", "https://other.example/web-1.2.0.tgz", DIGEST, 0},
	{"web", "", "1.2.0", "https://other.example/web-1.2.0.tgz", DIGEST, 0},
	{"web", ">=1.0.0-0", "2.0.0-rc.1", "web-2.0.0-rc.1.tgz", NULL, 0},
	{"number", "*", "1.5", "n.tgz", NULL, 0},
	{"web", "1.3.0", "no version of chart 'web' meets '1.3.0'", NULL, NULL, -ENODATA},
	{"web", ">5", "no version of chart 'web' meets '>5'", NULL, NULL, -ENODATA},
	{"web", "newest", "improper constraint: newest", NULL, NULL, -EINVAL},
	{"empty", "*", "no version of chart 'empty'", NULL, NULL, -ENODATA},
	{"bad", "*", "no version of chart 'bad'", NULL, NULL, -ENODATA},
	{"nothing", "*", "there is no chart 'nothing' in the index", NULL, NULL, -ENOENT},
};

START_TEST(test_find)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_registry_index_entry entry = {.name = NULL};
	struct rc_registry_index *index = NULL;
	struct rc_error *err = NULL;
	int r;

	rc_check_ok(rc_registry_index_parse(arena, rc_str(text), &index, &err), err);
	r = rc_registry_index_find(index, cases[_i].chart, cases[_i].range, true, &entry, &err);
	if (cases[_i].r < 0) {
		rc_check_fails(r, cases[_i].r, err, cases[_i].version);
		return;
	}
	rc_check_ok(r, err);
	ck_assert_str_eq(entry.name, cases[_i].chart);
	ck_assert_str_eq(entry.version, cases[_i].version);
	ck_assert_str_eq(entry.url, cases[_i].url);
	ck_assert_pstr_eq(entry.digest, cases[_i].digest);
}
END_TEST

static const struct {
	const char *text, *error;
} refused[] = {
	{"", "empty index.yaml file"},
	{"entries: {}\n", "no API version specified"},
	{"apiVersion: ''\n", "no API version specified"},
	{"- a\n", "a mapping is wanted, found a list"},
	{"apiVersion: v1\nentries: [a]\n", "index.yaml:2: entries: a mapping is wanted"},
	{"apiVersion: v1\nentries: {a: [}\n", "index.yaml:2"},
	{"<html>: hello", "no API version specified"},
};

START_TEST(test_refused)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_registry_index *index;
	struct rc_error *err = NULL;

	rc_check_fails(rc_registry_index_parse(arena, rc_str(refused[_i].text), &index, &err),
		       -EINVAL, err, refused[_i].error);
}
END_TEST

/* Both are fine: JSON, and an index without entries. */
START_TEST(test_forms)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_registry_index_entry entry;
	struct rc_registry_index *index = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_registry_index_parse(
			    arena,
			    RC_STR("{\"apiVersion\":\"v1\",\"entries\":{\"a\":[{\"name\":\"a\","
				   "\"version\":\"1.0.0\",\"urls\":[\"a.tgz\"]}]}}"),
			    &index, &err),
		    err);
	rc_check_ok(rc_registry_index_find(index, "a", "", true, &entry, &err), err);
	ck_assert_str_eq(entry.version, "1.0.0");
	rc_check_ok(
		rc_registry_index_parse(arena, RC_STR("apiVersion: v1\nentries:\n"), &index, &err),
		err);
	rc_check_fails(rc_registry_index_find(index, "a", "", true, &entry, &err), -ENOENT, err,
		       "no chart");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("index");
	TCase *tcase = tcase_create("index");

	tcase_add_loop_test(tcase, test_find, 0, RC_ARRAY_SIZE(cases));
	tcase_add_loop_test(tcase, test_refused, 0, RC_ARRAY_SIZE(refused));
	tcase_add_test(tcase, test_forms);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
