/* Sync windows: whom they are about, when they are open, and when that changes. */
#include "support/check.h"

#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "data/json.h"
#include "gitops/manifest.h"
#include "gitops/window.h"

static struct {
	struct rc_arena *arena;
	json_t *warnings, *spec;
	struct rc_windows windows;
} world;

static int64_t at(const char *text)
{
	struct tm tm = {.tm_mday = 1};

	ck_assert_ptr_nonnull(strptime(text, "%Y-%m-%d %H:%M:%S", &tm));
	return timegm(&tm);
}

static void read_windows(const char *list)
{
	rc_autofree char *text = rc_asprintf("syncWindows:\n%s", list);
	struct rc_fields fields;

	world.arena = rc_arena_new(0);
	world.warnings = json_array();
	world.spec = manifest_read(text);
	rc_fields_init(&fields, world.arena, world.warnings);
	rc_windows_read(&world.windows, &fields, world.spec);
	ck_assert_msg(fields.problems.n == 0, "%s", rc_buf_text(&fields.problems));
	rc_fields_done(&fields);
}

static void done(void)
{
	rc_windows_done(&world.windows);
	json_decref(world.spec);
	json_decref(world.warnings);
	rc_arena_free(world.arena);
}

/* ---- whom it is about ---- */

#define ALWAYS "kind: deny, schedule: '* * * * *', duration: 1h, "

static const struct {
	const char *window;
	bool is_about; /* app shop, in namespace team-a of cluster prod */
} matches[] = {
	{"- {" ALWAYS "applications: [shop]}\n", true},
	{"- {" ALWAYS "applications: ['sh*']}\n", true},
	{"- {" ALWAYS "applications: [other]}\n", false},
	{"- {" ALWAYS "applications: ['*']}\n", true},
	{"- {" ALWAYS "namespaces: ['team-*']}\n", true},
	{"- {" ALWAYS "namespaces: [other]}\n", false},
	{"- {" ALWAYS "clusters: [prod]}\n", true},
	{"- {" ALWAYS "clusters: ['https://k']}\n", true},
	{"- {" ALWAYS "clusters: [test]}\n", false},
	{"- {" ALWAYS "description: none}\n", false},
	/* One is enough, unless all are wanted. */
	{"- {" ALWAYS "applications: [other], namespaces: [team-a]}\n", true},
	{"- {" ALWAYS "applications: [other], clusters: [prod]}\n", true},
	{"- {" ALWAYS "applications: [shop], namespaces: [other]}\n", true},
	{"- {" ALWAYS "applications: [shop], namespaces: [other], andOperator: true}\n", false},
	{"- {" ALWAYS "applications: [other], namespaces: [team-a], andOperator: true}\n", false},
	{"- {" ALWAYS "applications: [shop], namespaces: [team-a], andOperator: true}\n", true},
	{"- {" ALWAYS "clusters: [test], namespaces: [team-a], andOperator: true}\n", false},
	{"- {" ALWAYS "clusters: [prod], namespaces: [team-a], andOperator: true}\n", true},
	{"- {" ALWAYS "andOperator: true}\n", false},
};

static struct rc_window_facts facts_at(const char *when, bool is_manual, const char *started)
{
	return (struct rc_window_facts){.app = "shop",
					.name_space = "team-a",
					.cluster = "prod",
					.server = "https://k",
					.now_unix_s = at(when),
					.started_unix_s = started ? at(started) : 0,
					.is_manual = is_manual};
}

START_TEST(about)
{
	struct rc_window_facts facts = facts_at("2026-03-02 12:00:00", false, NULL);
	struct rc_window_verdict verdict;

	read_windows(matches[_i].window);
	verdict = rc_windows_decide(&world.windows, &facts);
	ck_assert_int_eq(verdict.has_windows, matches[_i].is_about);
	ck_assert_int_eq(verdict.is_allowed, !matches[_i].is_about);
	done();
}
END_TEST

/* ---- when ---- */

#define NIGHT(more) \
	"- {kind: allow, schedule: '0 22 * * *', duration: 1h, applications: ['*']" more "}\n"
#define NOON(more) \
	"- {kind: deny, schedule: '0 12 * * *', duration: 1h, applications: ['*']" more "}\n"
#define BERLIN                                                                            \
	"- {kind: allow, schedule: '0 22 * * *', duration: 1h, timeZone: Europe/Berlin, " \
	"applications: ['*']}\n"

static const struct {
	const char *name, *windows, *now;
	bool is_manual;
	const char *started;
	bool is_allowed;
	const char *changes; /* NULL: never */
} times[] = {
	{"before the window", NIGHT(""), "2026-03-02 21:59:59", false, NULL, false,
	 "2026-03-02 22:00:01"},
	{"at its beginning", NIGHT(""), "2026-03-02 22:00:01", false, NULL, true,
	 "2026-03-02 23:00:00"},
	{"in it", NIGHT(""), "2026-03-02 22:59:59", false, NULL, true, "2026-03-02 23:00:00"},
	{"after it", NIGHT(""), "2026-03-02 23:00:00", false, NULL, false, "2026-03-03 22:00:01"},
	{"by hand", NIGHT(""), "2026-03-02 21:00:00", true, NULL, false, "2026-03-02 22:00:01"},
	{"by hand, allowed", NIGHT(", manualSync: true"), "2026-03-02 21:00:00", true, NULL, true,
	 NULL},
	{"not by hand, though allowed", NIGHT(", manualSync: true"), "2026-03-02 21:00:00", false,
	 NULL, false, "2026-03-02 22:00:01"},
	{"denied", NOON(""), "2026-03-02 12:30:00", false, NULL, false, "2026-03-02 13:00:00"},
	{"not denied", NOON(""), "2026-03-02 13:00:00", false, NULL, true, "2026-03-03 12:00:01"},
	{"denied by hand", NOON(""), "2026-03-02 12:30:00", true, NULL, false,
	 "2026-03-02 13:00:00"},
	{"denied, not by hand", NOON(", manualSync: true"), "2026-03-02 12:30:00", true, NULL, true,
	 NULL},
	{"one of two denies by hand", NOON(", manualSync: true") NOON(""), "2026-03-02 12:30:00",
	 true, NULL, false, "2026-03-02 13:00:00"},
	{"deny beats allow",
	 NIGHT("") "- {kind: deny, schedule: '30 22 * * *', duration: 10m, "
		   "applications: ['*']}\n",
	 "2026-03-02 22:35:00", false, NULL, false, "2026-03-02 22:40:00"},
	{"deny ends with the allow",
	 NIGHT("") "- {kind: deny, schedule: '30 22 * * *', "
		   "duration: 1h, applications: ['*']}\n",
	 "2026-03-02 22:35:00", false, NULL, false, "2026-03-03 22:00:01"},
	{"one of two allows",
	 NIGHT("") "- {kind: allow, schedule: '0 12 * * *', duration: 1h, "
		   "applications: ['*']}\n",
	 "2026-03-02 12:30:00", false, NULL, true, "2026-03-02 13:00:00"},
	{"about nobody",
	 "- {kind: allow, schedule: '0 22 * * *', duration: 1h, "
	 "applications: [other]}\n",
	 "2026-03-02 12:30:00", false, NULL, true, NULL},
	/* A sync that began in time goes on, where it may. */
	{"overrun out of an allow", NIGHT(", syncOverrun: true"), "2026-03-02 23:30:00", false,
	 "2026-03-02 22:30:00", true, NULL},
	{"no overrun", NIGHT(""), "2026-03-02 23:30:00", false, "2026-03-02 22:30:00", false,
	 "2026-03-03 22:00:01"},
	{"began too early", NIGHT(", syncOverrun: true"), "2026-03-02 23:30:00", false,
	 "2026-03-02 21:30:00", false, "2026-03-03 22:00:01"},
	{"overrun into a deny", NOON(", syncOverrun: true"), "2026-03-02 12:30:00", false,
	 "2026-03-02 11:59:00", true, NULL},
	{"one deny without", NOON(", syncOverrun: true") NOON(""), "2026-03-02 12:30:00", false,
	 "2026-03-02 11:59:00", false, "2026-03-02 13:00:00"},
	/* 22:00 in Berlin is 21:00 UTC in winter, 20:00 in summer. */
	{"zone in winter", BERLIN, "2026-01-10 20:30:00", false, NULL, false,
	 "2026-01-10 21:00:01"},
	{"zone in summer", BERLIN, "2026-07-10 20:30:00", false, NULL, true, "2026-07-10 21:00:00"},
	{"unknown zone is UTC",
	 "- {kind: allow, schedule: '0 22 * * *', duration: 1h, timeZone: Mars/Olympus, "
	 "applications: ['*']}\n",
	 "2026-07-10 22:30:00", false, NULL, true, "2026-07-10 23:00:00"},
	{"longer than its period",
	 "- {kind: allow, schedule: '0 22 * * *', duration: 48h, applications: ['*']}\n",
	 "2026-07-10 12:00:00", false, NULL, true, NULL},
	{"another's deny is none of ours",
	 NIGHT("") "- {kind: deny, schedule: '0 22 * * *', duration: 1h, applications: [other]}\n",
	 "2026-03-02 22:30:00", false, NULL, true, "2026-03-02 23:00:00"},
	{"a date of another year",
	 "- {kind: allow, schedule: '0 0 29 2 *', duration: 1h, applications: ['*']}\n",
	 "2026-07-10 12:00:00", false, NULL, false, NULL},
	{"a date that never comes",
	 "- {kind: allow, schedule: '0 0 30 2 *', duration: 1h, applications: ['*']}\n",
	 "2026-07-10 12:00:00", false, NULL, false, NULL},
};

START_TEST(when)
{
	struct rc_window_facts facts =
		facts_at(times[_i].now, times[_i].is_manual, times[_i].started);
	struct rc_window_verdict verdict;

	read_windows(times[_i].windows);
	verdict = rc_windows_decide(&world.windows, &facts);
	ck_assert_int_eq(verdict.is_allowed, times[_i].is_allowed);
	ck_assert_int_eq(verdict.changes_unix_s, times[_i].changes ? at(times[_i].changes) : 0);
	done();
}
END_TEST

/* What is read all the same, with a word about it; NULL: none. */
static const struct {
	const char *window, *warning;
} odd[] = {
	{"- {" ALWAYS "applications: ['*'], timeZone: Mars/Olympus}\n",
	 "'Mars/Olympus' is not known; it is read as UTC"},
	{"- {" ALWAYS "applications: ['*'], timeZone: Europe/Berlin}\n", NULL},
	{"- {" ALWAYS "applications: ['*'], timeZone: ''}\n", NULL},
	{"- {" ALWAYS "description: none}\n", "concerns nothing"},
	{"- {" ALWAYS "clusters: [prod]}\n", NULL},
};

START_TEST(warnings)
{
	const char *said;

	read_windows(odd[_i].window);
	said = json_string_value(json_array_get(world.warnings, 0));
	ck_assert_uint_eq(json_array_size(world.warnings), odd[_i].warning ? 1 : 0);
	if (odd[_i].warning)
		ck_assert_msg(strstr(said, odd[_i].warning) != NULL, "%s", said);
	done();
}
END_TEST

START_TEST(kind_is_wanted)
{
	struct rc_fields fields;

	world.arena = rc_arena_new(0);
	world.warnings = json_array();
	world.spec = manifest_read("syncWindows:\n- {kind: maybe, schedule: '* * * * *', "
				   "duration: 1h, applications: ['*']}\n");
	rc_fields_init(&fields, world.arena, world.warnings);
	rc_windows_read(&world.windows, &fields, world.spec);
	ck_assert_ptr_nonnull(strstr(rc_buf_text(&fields.problems), "'allow' or 'deny' is wanted"));
	rc_fields_done(&fields);
	done();
}
END_TEST

START_TEST(described)
{
	struct rc_window_facts facts = facts_at("2026-03-02 12:30:00", false, NULL);
	json_auto_t *list = NULL;
	const json_t *noon;

	read_windows(NIGHT("") NOON(", description: lunch") "- {" ALWAYS "applications: [x]}\n");
	list = rc_windows_describe(&world.windows, &facts);
	ck_assert_uint_eq(json_array_size(list), 2);
	noon = json_array_get(list, 1);
	ck_assert_str_eq(rc_json_text(noon, "kind", NULL), "deny");
	ck_assert_str_eq(rc_json_text(noon, "description", NULL), "lunch");
	ck_assert_str_eq(rc_json_text(noon, "end", NULL), "2026-03-02T13:00:00Z");
	ck_assert_str_eq(rc_json_text(noon, "nextStart", NULL), "2026-03-03T12:00:00Z");
	ck_assert(json_is_true(json_object_get(noon, "active")));
	ck_assert(json_is_false(json_object_get(json_array_get(list, 0), "active")));
	ck_assert_ptr_null(json_object_get(json_array_get(list, 0), "end"));
	done();
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("gitops/window");
	TCase *tcase = tcase_create("window");

	tcase_add_loop_test(tcase, about, 0, RC_ARRAY_SIZE(matches));
	tcase_add_loop_test(tcase, when, 0, RC_ARRAY_SIZE(times));
	tcase_add_test(tcase, described);
	tcase_add_loop_test(tcase, warnings, 0, RC_ARRAY_SIZE(odd));
	tcase_add_test(tcase, kind_is_wanted);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
