/* When a refresh is due: External Secrets' shouldRefresh() and isSecretValid(). */
#include "support/check.h"

#include "base/clock.h"
#include "base/memory.h"
#include "sample.h"

#define HOUR  3600
#define NEVER INT64_MAX

/* How the status came to be: synced for this spec, for an earlier one, or never. */
enum synced { SAME, OTHER, NOT };

struct moment {
	const char *spec;
	int64_t ago_s; /* since the last refresh; negative: in the future */
	enum synced synced;
	bool is_invalid;  /* the Secret was edited or is gone */
	int64_t wanted_s; /* from now; 0: now, or NEVER */
	bool has_no_time;
};

#define PERIODIC "refreshInterval: 1h"
#define ONCE	 "refreshInterval: '0'"
#define CHANGE	 "refreshPolicy: OnChange, refreshInterval: 1h"
#define CREATED	 "refreshPolicy: CreatedOnce, refreshInterval: 1h"
#define ORPHAN	 "refreshInterval: 1h, target: {creationPolicy: Orphan}"

static const struct moment moments[] = {
	/* Periodic: the refresh's start and the interval, nothing added. */
	{PERIODIC, 60, SAME, .wanted_s = HOUR - 60},
	{"refreshPolicy: Periodic, refreshInterval: 1h", 60, SAME, .wanted_s = HOUR - 60},
	{"", 60, SAME, .wanted_s = HOUR - 60}, /* the CRD's default: 1h */
	{"refreshInterval: 1h30m", 60, SAME, .wanted_s = HOUR + 1800 - 60},
	{PERIODIC, 2 * HOUR, SAME, .wanted_s = 0},
	{PERIODIC, 60, NOT, .has_no_time = true, .wanted_s = 0},
	{PERIODIC, 60, SAME, .has_no_time = true, .wanted_s = 0},
	{PERIODIC, -HOUR, SAME, .wanted_s = 0}, /* the clock was set back */
	{PERIODIC, 60, OTHER, .wanted_s = 0},
	{PERIODIC, 60, NOT, .wanted_s = 0},
	{PERIODIC, 60, SAME, .is_invalid = true, .wanted_s = 0},

	/* An interval of 0: once; a change of the spec is none of its business. */
	{ONCE, 60, SAME, .wanted_s = NEVER},
	{ONCE, 1000 * HOUR, SAME, .wanted_s = NEVER},
	{ONCE, 60, OTHER, .wanted_s = NEVER},
	{"refreshInterval: 0s", 60, SAME, .wanted_s = NEVER},
	{"refreshInterval: 0h0m0s", 60, SAME, .wanted_s = NEVER},
	{ONCE, -HOUR, SAME, .wanted_s = NEVER},
	{ONCE, 60, NOT, .has_no_time = true, .wanted_s = 0},
	{ONCE, 60, NOT, .wanted_s = 0},
	{ONCE, 60, SAME, .is_invalid = true, .wanted_s = 0},

	{CHANGE, 60, SAME, .wanted_s = NEVER},
	{CHANGE, 5 * HOUR, SAME, .wanted_s = NEVER},
	{CHANGE, 60, OTHER, .wanted_s = 0},
	{CHANGE, 60, NOT, .has_no_time = true, .wanted_s = 0},
	{CHANGE, -HOUR, SAME, .wanted_s = NEVER},
	{CHANGE, 60, SAME, .is_invalid = true, .wanted_s = 0},

	{CREATED, 60, SAME, .wanted_s = NEVER},
	{CREATED, 5 * HOUR, OTHER, .wanted_s = NEVER},
	{CREATED, 60, NOT, .has_no_time = true, .wanted_s = 0},
	{CREATED, 60, NOT, .wanted_s = 0},
	{CREATED, -HOUR, SAME, .wanted_s = NEVER},
	{CREATED, 60, SAME, .is_invalid = true, .wanted_s = 0},

	/* An orphan is left as it is until a refresh is due. */
	{ORPHAN, 60, SAME, .is_invalid = true, .wanted_s = HOUR - 60},
	{ORPHAN, 2 * HOUR, SAME, .is_invalid = true, .wanted_s = 0},
	{ORPHAN, 60, OTHER, .is_invalid = true, .wanted_s = 0},
};

static void set_status(json_t *object, const struct moment *moment, int64_t now)
{
	rc_autofree char *version = moment->synced == SAME    ? rc_secrets_external_version(object)
				    : moment->synced == OTHER ? rc_strdup("0-0")
							      : NULL;
	json_t *status = json_object();
	char time[RC_CLOCK_RFC3339_MAX];

	rc_clock_format_rfc3339(now - moment->ago_s, time);
	if (!moment->has_no_time)
		json_object_set_new(status, "refreshTime", json_string(time));
	if (version)
		json_object_set_new(status, "syncedResourceVersion", json_string(version));
	json_object_set_new(object, "status", status);
}

START_TEST(test_moment)
{
	const struct moment *moment = &moments[_i];
	json_auto_t *object = sample_object("", moment->spec);
	int64_t now = rc_clock_unix_s(), due, wanted;
	autoexternal *external = NULL;
	struct rc_error *err = NULL;

	set_status(object, moment, now);
	rc_check_ok(rc_secrets_external_parse(object, &external, &err), err);
	due = rc_secrets_external_due(external, !moment->is_invalid).at_unix_s;
	wanted = moment->wanted_s == NEVER ? NEVER : now + moment->wanted_s;
	if (moment->wanted_s == 0) /* any time that is over is now */
		ck_assert_msg(due <= now, "%s, %lld s ago: %lld s from now", moment->spec,
			      (long long)moment->ago_s, (long long)(due - now));
	else
		ck_assert_msg(due == wanted, "%s, %lld s ago: %lld s from now", moment->spec,
			      (long long)moment->ago_s,
			      (long long)(due == NEVER ? NEVER : due - now));
}
END_TEST

/* What asks for a refresh in what people change: any label, annotation, or the spec. */
static const struct {
	const char *metadata;
	bool asks;
} edits[] = {
	{"", false},
	{"annotations: {force-sync: '1700000001'}", true},
	{"annotations: {external-secrets.io/force-sync: x}", true},
	{"labels: {a: b}", true},
	{"generation: 2", true},
	{"resourceVersion: '99'", false},
	{"finalizers: [x]", false},
};

START_TEST(test_edit)
{
	static const struct moment moment = {.ago_s = 60, .synced = SAME};
	json_auto_t *before = sample_object("", PERIODIC);
	json_auto_t *after = sample_object(edits[_i].metadata, PERIODIC);
	int64_t now = rc_clock_unix_s(), due;
	autoexternal *external = NULL;
	struct rc_error *err = NULL;

	set_status(before, &moment, now);
	json_object_set(after, "status", json_object_get(before, "status"));
	rc_check_ok(rc_secrets_external_parse(after, &external, &err), err);
	due = rc_secrets_external_due(external, true).at_unix_s;
	ck_assert_msg((due == 0) == edits[_i].asks, "%s: %lld", edits[_i].metadata, (long long)due);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("due");
	TCase *tcase = tcase_create("due");

	tcase_add_loop_test(tcase, test_moment, 0, RC_ARRAY_SIZE(moments));
	tcase_add_loop_test(tcase, test_edit, 0, RC_ARRAY_SIZE(edits));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
