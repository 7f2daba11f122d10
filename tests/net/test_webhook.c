/* Messages of forges: proofs, repetitions, rates, and which repository they name. */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "net/hmac.h"
#include "net/webhook.h"

#define BODY "{\"repository\": {\"clone_url\": \"https://git.example.com/a/b.git\"}}"

/* RFC 4231, test case 2. */
START_TEST(test_hmac)
{
	rc_cleanup(rc_secret_freep) struct rc_secret *key = rc_secret_new_text("Jefe");
	char text[RC_NET_HMAC_MAX];

	ck_assert_str_eq(rc_net_hmac_sha256(key, RC_STR("what do ya want for nothing?"), text),
			 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
END_TEST

static const struct {
	const char *type, *prefix; /* of the digest */
	const char *proof;	   /* NULL: the right one by digest */
	bool is_right;
} proofs[] = {
	{"github", "sha256=", NULL, true},
	{"github", "", NULL, false},
	{"github", "sha1=", NULL, false},
	{"github", "", "sha256=", false},
	{"gitea", "", NULL, true},
	{"gitea", "sha256=", NULL, false},
	{"bitbucket", "sha256=", NULL, true},
	{"gitlab", "", "s3cr3t", true},
	{"gitlab", "", "s3cr3", false},
	{"gitlab", "", "", false},
	{"gitlab", "", "s3cr3t-and-more", false},
};

START_TEST(test_proofs)
{
	rc_cleanup(rc_secret_freep) struct rc_secret *secret = rc_secret_new_text("s3cr3t");
	int type = rc_net_webhook_type_parse(proofs[_i].type);
	char digest[RC_NET_HMAC_MAX];
	rc_autofree char *proof =
		proofs[_i].proof ? rc_strdup(proofs[_i].proof)
				 : rc_asprintf("%s%s", proofs[_i].prefix,
					       rc_net_hmac_sha256(secret, rc_str(BODY), digest));
	struct rc_error *err = NULL;
	int r = rc_net_webhook_check((enum rc_net_webhook_type)type, secret, proof, rc_str(BODY),
				     &err);

	ck_assert_int_eq(r, proofs[_i].is_right ? 0 : -EACCES);
	rc_error_free(err);
	err = NULL;
	/* Without a proof, and with another body under the same one. */
	rc_check_fails(rc_net_webhook_check((enum rc_net_webhook_type)type, secret, NULL,
					    rc_str(BODY), &err),
		       -EACCES, err, "there is no header X-");
	if (strcmp(proofs[_i].type, "gitlab") != 0)
		rc_check_fails(rc_net_webhook_check((enum rc_net_webhook_type)type, secret, proof,
						    RC_STR("{}"), &err),
			       -EACCES, err, "is wrong");
}
END_TEST

static const struct {
	const char *body, *wanted; /* NULL: it is not JSON */
} payloads[] = {
	{BODY, "https://git.example.com/a/b.git"},
	{"{\"project\": {\"git_ssh_url\": \"git@git.example.com:a/b.git\"}}",
	 "git@git.example.com:a/b.git"},
	{"{\"repository\": {\"links\": {\"html\": {\"href\": \"https://git.example.com/a/b\"}}}}",
	 "https://git.example.com/a/b"},
	{"{\"repository\": {\"links\": {\"clone\": [{\"href\": "
	 "\"ssh://git@git.example.com/b\"}]}}}",
	 "ssh://git@git.example.com/b"},
	{"{\"repository\": 3, \"project\": []}", ""},
	{"[]", ""},
	{"payload=%7B%7D", NULL},
};

START_TEST(test_payloads)
{
	json_auto_t *urls = NULL;
	struct rc_error *err = NULL;
	int r = rc_net_webhook_list_urls(rc_str(payloads[_i].body), &urls, &err);

	ck_assert_int_eq(r, payloads[_i].wanted ? 0 : -EINVAL);
	rc_error_free(err);
	if (!payloads[_i].wanted)
		return;
	ck_assert_uint_eq(json_array_size(urls), *payloads[_i].wanted ? 1 : 0);
	if (*payloads[_i].wanted)
		ck_assert_str_eq(json_string_value(json_array_get(urls, 0)), payloads[_i].wanted);
}
END_TEST

START_TEST(test_repetitions)
{
	struct rc_net_webhook_seen *seen = rc_new0(struct rc_net_webhook_seen);

	ck_assert(rc_net_webhook_note(seen, RC_STR("a")));
	ck_assert(!rc_net_webhook_note(seen, RC_STR("a")));
	for (int i = 0; i < RC_NET_WEBHOOK_SEEN_MAX; i++) {
		rc_autofree char *text = rc_asprintf("%d", i);

		ck_assert(rc_net_webhook_note(seen, rc_str(text)));
		ck_assert(!rc_net_webhook_note(seen, rc_str(text)));
	}
	ck_assert(rc_net_webhook_note(seen, RC_STR("a"))); /* long ago */
	free(seen);
}
END_TEST

START_TEST(test_rate)
{
	struct rc_net_webhook_rate rate = {.level = 0};

	for (int i = 0; i < 3; i++)
		ck_assert(rc_net_webhook_allow(&rate, 60, 3, 1000));
	ck_assert(!rc_net_webhook_allow(&rate, 60, 3, 1000));
	ck_assert(!rc_net_webhook_allow(&rate, 60, 3, 1900));
	ck_assert(rc_net_webhook_allow(&rate, 60, 3, 2100));
	ck_assert(!rc_net_webhook_allow(&rate, 60, 3, 2200));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("net/webhook");
	TCase *tc = tcase_create("webhook");

	tcase_add_test(tc, test_hmac);
	tcase_add_loop_test(tc, test_proofs, 0, RC_ARRAY_SIZE(proofs));
	tcase_add_loop_test(tc, test_payloads, 0, RC_ARRAY_SIZE(payloads));
	tcase_add_test(tc, test_repetitions);
	tcase_add_test(tc, test_rate);
	suite_add_tcase(suite, tc);
	return suite;
}

RC_TEST_MAIN(make_suite)
