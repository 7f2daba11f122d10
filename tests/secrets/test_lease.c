/* Leases: what is remembered of them, and what is decided. */
#include "support/check.h"

#include "base/memory.h"
#include "base/str.h"
#include "secrets/lease.h"

#define T	1000000 /* now */
#define NEVER	INT64_MAX
#define CURRENT RC_SECRETS_LEASE_CURRENT
#define NEXT	RC_SECRETS_LEASE_NEXT
#define OLD	RC_SECRETS_LEASE_OLD

struct moment {
	const char *name;
	struct rc_secrets_lease current, old, next; /* asked_s 0: none */
	int64_t unknown_s, minted_ago_s;
	bool is_settled, is_wanted, keeps_next, is_fixed;
	enum rc_secrets_lease_action action;
	enum rc_secrets_lease_which which;
	int64_t in_s; /* of WAIT: at least so long, and at most 10 % of a life more; NEVER */
	int64_t rollout_s;
};

/* What is not said of them is filled in by build(). */
#define LEASE(ago, life, ...)                                                                   \
	{                                                                                       \
		.began_unix_s = T - (ago), .duration_s = (life), .asked_s = (life), __VA_ARGS__ \
	}

static const struct moment moments[] = {
	{.name = "nothing", .action = RC_SECRETS_LEASE_WAIT, .in_s = NEVER},
	{.name = "young", .current = LEASE(10, 1000), .action = RC_SECRETS_LEASE_WAIT, .in_s = 590},
	{.name = "after a restart within the window",
	 .current = LEASE(500, 1000, .token_end_unix_s = T + 100000),
	 .action = RC_SECRETS_LEASE_WAIT,
	 .in_s = 100},
	{.name = "due and renewable",
	 .current = LEASE(701, 1000),
	 .action = RC_SECRETS_LEASE_RENEW,
	 .which = CURRENT},
	{.name = "due and not renewable",
	 .is_fixed = true,
	 .current = LEASE(701, 1000),
	 .action = RC_SECRETS_LEASE_ROTATE},
	{.name = "a renewal came back short just now",
	 .current = LEASE(1, 300, .is_last = true),
	 .action = RC_SECRETS_LEASE_ROTATE},
	{.name = "a renewal came back short",
	 .current = LEASE(701, 1000, .is_last = true),
	 .action = RC_SECRETS_LEASE_ROTATE},
	{.name = "the last rollout took long",
	 .current = LEASE(401, 1000),
	 .rollout_s = 200,
	 .action = RC_SECRETS_LEASE_RENEW,
	 .which = CURRENT},
	{.name = "the last rollout took longer than a life",
	 .current = LEASE(100, 1000),
	 .rollout_s = 2000,
	 .action = RC_SECRETS_LEASE_WAIT,
	 .in_s = 233},
	{.name = "a renewal failed for now",
	 .current = LEASE(701, 1000, .not_before_unix_s = T + 20),
	 .action = RC_SECRETS_LEASE_WAIT,
	 .in_s = 20},

	/* Never a third. */
	{.name = "the old one is used",
	 .current = LEASE(701, 1000, .is_last = true),
	 .old = LEASE(800, 1000, .is_last = true),
	 .action = RC_SECRETS_LEASE_WAIT,
	 .in_s = 199},
	{.name = "the old one is used and can be renewed",
	 .current = LEASE(10, 1000),
	 .old = LEASE(701, 1000),
	 .action = RC_SECRETS_LEASE_RENEW,
	 .which = OLD},
	{.name = "the old one is used no longer",
	 .current = LEASE(10, 1000),
	 .old = LEASE(701, 1000),
	 .is_settled = true,
	 .action = RC_SECRETS_LEASE_REVOKE,
	 .which = OLD},
	{.name = "the old one may not be revoked",
	 .current = LEASE(10, 1000),
	 .old = LEASE(800, 1000, .is_left = true),
	 .is_settled = true,
	 .action = RC_SECRETS_LEASE_WAIT,
	 .in_s = 200},
	{.name = "about to end, before a third is refused",
	 .current = LEASE(901, 1000, .is_last = true),
	 .old = LEASE(950, 1000, .is_last = true),
	 .action = RC_SECRETS_LEASE_ROTATE},
	{.name = "one may live that is not known",
	 .current = LEASE(701, 1000, .is_last = true),
	 .unknown_s = 50,
	 .action = RC_SECRETS_LEASE_WAIT,
	 .in_s = 50},
	{.name = "the same, but it can be renewed",
	 .current = LEASE(701, 1000),
	 .unknown_s = 50,
	 .action = RC_SECRETS_LEASE_RENEW,
	 .which = CURRENT},
	{.name = "minted and never written",
	 .current = LEASE(650, 1000),
	 .next = LEASE(1, 1000),
	 .action = RC_SECRETS_LEASE_REVOKE,
	 .which = NEXT},
	{.name = "minted and about to be written again",
	 .current = LEASE(550, 1000),
	 .next = LEASE(1, 1000),
	 .keeps_next = true,
	 .action = RC_SECRETS_LEASE_WAIT,
	 .in_s = 50},

	/* On demand. */
	{.name = "asked for",
	 .current = LEASE(101, 1000),
	 .minted_ago_s = 101,
	 .is_wanted = true,
	 .action = RC_SECRETS_LEASE_ROTATE},
	{.name = "asked for too soon",
	 .current = LEASE(20, 1000),
	 .minted_ago_s = 20,
	 .is_wanted = true,
	 .action = RC_SECRETS_LEASE_WAIT,
	 .in_s = 80},
	{.name = "asked for again and again",
	 .current = LEASE(101, 1000),
	 .minted_ago_s = 101,
	 .old = LEASE(200, 1000),
	 .is_wanted = true,
	 .action = RC_SECRETS_LEASE_WAIT,
	 .in_s = 400},
	{.name = "asked for, nothing there", .is_wanted = true, .action = RC_SECRETS_LEASE_ROTATE},

	/* Tokens. */
	{.name = "its token is lost",
	 .current = LEASE(10, 1000, .token_end_unix_s = T, .token_seen_unix_s = T),
	 .action = RC_SECRETS_LEASE_ROTATE},
	{.name = "its token ends first",
	 .current = LEASE(10, 1000, .token_end_unix_s = T + 100, .token_seen_unix_s = T),
	 .action = RC_SECRETS_LEASE_WAIT,
	 .in_s = 20},
	{.name = "its token outlives it by far",
	 .current = LEASE(701, 1000, .token_end_unix_s = T + 100000),
	 .action = RC_SECRETS_LEASE_RENEW,
	 .which = CURRENT},

	/* Static roles: nothing is made, nothing left behind. */
	{.name = "static, waiting",
	 .current = LEASE(10, 100, .id = ""),
	 .action = RC_SECRETS_LEASE_WAIT,
	 .in_s = 91},
	{.name = "static, changed",
	 .current = LEASE(101, 100, .id = ""),
	 .action = RC_SECRETS_LEASE_ROTATE},
	{.name = "static, changed, beside an old lease",
	 .current = LEASE(101, 100, .id = ""),
	 .old = LEASE(10, 1000),
	 .action = RC_SECRETS_LEASE_ROTATE},
};

static struct rc_secrets_lease complete(const struct rc_secrets_lease *given, bool renewable)
{
	struct rc_secrets_lease lease = *given;

	lease.source = lease.source ?: "a";
	lease.id = lease.id ?: "database/creds/app/1";
	lease.renewable = renewable;
	return lease;
}

static void add(struct rc_secrets_lease_record *record, enum rc_secrets_lease_which which,
		const struct rc_secrets_lease *given, bool renewable)
{
	struct rc_secrets_lease lease = complete(given, renewable);

	if (given->asked_s)
		rc_secrets_lease_add(record, which, &lease);
}

static void build(struct rc_secrets_lease_record *record, const struct moment *moment)
{
	*record = (struct rc_secrets_lease_record){
		.unknown_until_unix_s = moment->unknown_s ? T + moment->unknown_s : 0};
	add(record, CURRENT, &moment->current, !moment->is_fixed);
	add(record, OLD, &moment->old, true);
	add(record, NEXT, &moment->next, true);
	record->generations[CURRENT].minted_unix_s = T - moment->minted_ago_s;
	record->rollout_s = moment->rollout_s;
}

START_TEST(test_moment)
{
	const struct moment *moment = &moments[_i];
	struct rc_secrets_lease_facts facts = {.now_unix_s = T,
					       .is_settled = moment->is_settled,
					       .is_wanted = moment->is_wanted,
					       .keeps_next = moment->keeps_next};
	struct rc_secrets_lease_record record;
	struct rc_secrets_lease_decision decision;
	int64_t in_s;

	build(&record, moment);
	rc_secrets_lease_expire(&record, T);
	decision = rc_secrets_lease_decide(&record, &facts);
	in_s = decision.at_unix_s == NEVER ? NEVER : decision.at_unix_s - T;
	ck_assert_msg(decision.action == moment->action, "%s: action %d", moment->name,
		      (int)decision.action);
	if (moment->action == RC_SECRETS_LEASE_RENEW || moment->action == RC_SECRETS_LEASE_REVOKE)
		ck_assert_msg(decision.which == moment->which, "%s", moment->name);
	if (moment->action == RC_SECRETS_LEASE_WAIT && moment->in_s == NEVER)
		ck_assert_msg(in_s == NEVER, "%s: %lld", moment->name, (long long)in_s);
	else if (moment->action == RC_SECRETS_LEASE_WAIT)
		ck_assert_msg(in_s >= moment->in_s && in_s <= moment->in_s + 101, "%s: %lld",
			      moment->name, (long long)in_s);
	rc_secrets_lease_record_done(&record);
}
END_TEST

static const struct moment two = {
	.name = "two", .current = LEASE(10, 1000), .old = LEASE(500, 1000, .accessor = "x")};

START_TEST(test_remembers)
{
	struct rc_secrets_lease_record record, again;
	json_auto_t *document = NULL, *second = NULL;

	build(&record, &two);
	record.written_unix_s = T - 5;
	document = rc_secrets_lease_record_save(&record);
	rc_secrets_lease_record_load(&again, document);
	second = rc_secrets_lease_record_save(&again);
	ck_assert(json_equal(document, second));
	ck_assert_uint_eq(rc_secrets_lease_count(&again), 2);
	ck_assert_str_eq(again.generations[OLD].leases[0].accessor, "x");
	ck_assert_int_eq(rc_secrets_lease_get_soonest_end(&again), T + 990);
	rc_secrets_lease_record_done(&record);
	rc_secrets_lease_record_done(&again);
	ck_assert_ptr_null(rc_secrets_lease_record_save(&record));
	rc_secrets_lease_record_load(&again, NULL);
	ck_assert_uint_eq(rc_secrets_lease_count(&again), 0);
}
END_TEST

/* A crash while one was minted: it may live, for as long as those before. */
START_TEST(test_intent)
{
	struct rc_secrets_lease_record record, again;
	json_auto_t *document = NULL;

	build(&record, &two);
	record.intent_unix_s = T;
	document = rc_secrets_lease_record_save(&record);
	rc_secrets_lease_record_load(&again, document);
	ck_assert_int_eq(again.unknown_until_unix_s, T + 1005);
	ck_assert_int_eq(again.intent_unix_s, 0);
	ck_assert_uint_eq(rc_secrets_lease_count(&again), 3);
	ck_assert(rc_secrets_lease_expire(&again, T + 1005));
	ck_assert_int_eq(again.unknown_until_unix_s, 0);
	rc_secrets_lease_record_done(&record);
	rc_secrets_lease_record_done(&again);
}
END_TEST

START_TEST(test_promote)
{
	static const struct rc_secrets_lease a1 = LEASE(100, 1000, .source = "a", .id = "a/1"),
					     b1 = LEASE(100, 1000, .source = "b", .id = "b/1"),
					     s1 = LEASE(100, 1000, .source = "s", .id = ""),
					     a2 = LEASE(0, 1000, .source = "a", .id = "a/2");
	struct rc_secrets_lease_record record = {.intent_unix_s = T};
	json_auto_t *used = json_pack("{s:b}", "b", 1);

	add(&record, CURRENT, &a1, true);
	add(&record, CURRENT, &b1, true);
	add(&record, CURRENT, &s1, true);
	add(&record, NEXT, &a2, true);
	rc_secrets_lease_promote(&record, used, "hash", T);
	/* b is still in use, a is another, what was static leaves nothing. */
	ck_assert_uint_eq(record.generations[CURRENT].n, 2);
	ck_assert_str_eq(rc_secrets_lease_find(&record, "a")->id, "a/2");
	ck_assert_str_eq(rc_secrets_lease_find(&record, "b")->id, "b/1");
	ck_assert_ptr_null(rc_secrets_lease_find(&record, "s"));
	ck_assert_uint_eq(record.generations[OLD].n, 1);
	ck_assert_str_eq(record.generations[OLD].leases[0].id, "a/1");
	ck_assert_uint_eq(record.generations[NEXT].n, 0);
	ck_assert_str_eq(record.generations[CURRENT].hash, "hash");
	ck_assert_int_eq(record.written_unix_s, T);
	ck_assert_int_eq(record.intent_unix_s, 0);
	/* Nothing is used any more: all of it is old. */
	rc_secrets_lease_promote(&record, NULL, NULL, T + 1);
	ck_assert_uint_eq(record.generations[CURRENT].n, 0);
	ck_assert_uint_eq(record.generations[OLD].n, 3);
	while (record.generations[OLD].n > 0)
		rc_secrets_lease_drop(&record, OLD, 0);
	ck_assert_ptr_null(record.generations[OLD].leases);
	rc_secrets_lease_record_done(&record);
}
END_TEST

/* A thousand leases of the same moment are not due at the same moment. */
START_TEST(test_spread)
{
	int64_t first = NEVER, last = 0;

	for (int i = 0; i < 1000; i++) {
		rc_autofree char *id = rc_asprintf("database/creds/app/%d", i * 7919);
		struct rc_secrets_lease lease = LEASE(0, 86400, .id = id);
		int64_t due = rc_secrets_lease_get_due(&lease) - T;

		first = due < first ? due : first;
		last = due > last ? due : last;
	}
	ck_assert_int_ge(first, 86400 * 60 / 100);
	ck_assert_int_le(last, 86400 * 70 / 100);
	ck_assert_int_gt(last - first, 86400 * 8 / 100);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("lease");
	TCase *tcase = tcase_create("lease");

	tcase_add_loop_test(tcase, test_moment, 0, RC_ARRAY_SIZE(moments));
	tcase_add_test(tcase, test_remembers);
	tcase_add_test(tcase, test_intent);
	tcase_add_test(tcase, test_promote);
	tcase_add_test(tcase, test_spread);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
