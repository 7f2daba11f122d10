/*
 * Signatures by the cases of AWS's published suite for Signature Version 4: what is asked, what the
 * signature is made over, and the signature, once by headers and once by the URL.
 */
#include "support/check.h"

#include <string.h>

#include "base/memory.h"
#include "aws-sigv4-cases.h"
#include "net/aws-sigv4-private.h"

#define SERVER	"http://example.amazonaws.com"
#define TIME	1440938160 /* 2015-08-30T12:36:00Z */
#define EXPIRES 3600

/* The Host of a case is not the URL's to give: the suite has none without. */
static struct rc_net_aws_request request_of(int i, const char *url)
{
	return (struct rc_net_aws_request){.method = cases[i].method,
					   .url = url,
					   .headers = cases[i].headers,
					   .body = rc_str(cases[i].body),
					   .region = "us-east-1",
					   .service = "service",
					   .unix_s = TIME,
					   .is_path_exact = cases[i].is_path_exact,
					   .with_digest = cases[i].with_digest};
}

static struct rc_net_aws_keys keys_of(int i)
{
	return (struct rc_net_aws_keys){
		.access_key_id = "AKIDEXAMPLE",
		.secret_access_key = rc_secret_new_text("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
		.session_token = rc_secret_new_text(cases[i].session_token)};
}

static void free_keys(struct rc_net_aws_keys *keys)
{
	rc_secret_free((struct rc_secret *)(uintptr_t)keys->secret_access_key);
	rc_secret_free((struct rc_secret *)(uintptr_t)keys->session_token);
}

static const char *find(const struct rc_net_http_header *list, const char *name)
{
	for (; list->name; list++)
		if (strcmp(list->name, name) == 0)
			return list->value;
	return NULL;
}

START_TEST(by_headers)
{
	rc_autofree char *url = rc_asprintf("%s%s", SERVER, cases[_i].path);
	struct rc_net_aws_request request = request_of(_i, url);
	struct rc_net_aws_keys keys = keys_of(_i);
	rc_autofree char *canonical = rc_net_aws_sigv4_canonical(&request, &keys, 0);
	rc_cleanup(rc_net_aws_sigv4_freep) struct rc_net_http_header *list =
		rc_net_aws_sigv4_sign(&request, &keys);
	const char *authorization = find(list, "Authorization");
	rc_autofree char *expected = NULL;

	expected = rc_asprintf("%s\n%s\n%s\n%s%s\n%s", cases[_i].method, cases[_i].canonical_path,
			       cases[_i].canonical_query, cases[_i].canonical_headers,
			       cases[_i].signed_headers, cases[_i].digest);
	ck_assert_str_eq(canonical, expected);
	ck_assert_ptr_nonnull(authorization);
	ck_assert_str_eq(strstr(authorization, "Signature=") + 10, cases[_i].by_headers);
	ck_assert_ptr_nonnull(strstr(
		authorization, "AWS4-HMAC-SHA256 "
			       "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "));
	ck_assert_str_eq(find(list, "X-Amz-Date"), "20150830T123600Z");
	ck_assert_pstr_eq(find(list, "X-Amz-Security-Token"), cases[_i].session_token);
	ck_assert_str_eq(find(list, cases[_i].headers[0].name), cases[_i].headers[0].value);
	free_keys(&keys);
}
END_TEST

START_TEST(by_url)
{
	rc_autofree char *url = rc_asprintf("%s%s", SERVER, cases[_i].path);
	struct rc_net_aws_request request = request_of(_i, url);
	struct rc_net_aws_keys keys = keys_of(_i);
	rc_autofree char *signed_url = NULL;
	const char *signature;

	request.with_digest = false;
	signed_url = rc_net_aws_sigv4_presign(&request, &keys, EXPIRES);
	signature = strstr(signed_url, "&X-Amz-Signature=");
	ck_assert_ptr_nonnull(signature);
	ck_assert_str_eq(signature + 17, cases[_i].by_url);
	ck_assert_ptr_nonnull(strstr(signed_url, "X-Amz-Expires=3600&"));
	free_keys(&keys);
}
END_TEST

/* The Host is the URL's, with its port, when no header says it. */
START_TEST(host_of_url)
{
	static const struct {
		const char *url, *line;
	} hosts[] = {
		{"http://127.0.0.1:8080", "\nhost:127.0.0.1:8080\n"},
		{"https://sts.eu-central-1.amazonaws.com/?Action=GetCallerIdentity",
		 "\nhost:sts.eu-central-1.amazonaws.com\n"},
		{"https://a.example?x=1#y", "\nhost:a.example\n"},
	};
	struct rc_net_aws_keys keys = keys_of(0);

	for (size_t i = 0; i < RC_ARRAY_SIZE(hosts); i++) {
		struct rc_net_aws_request request = {.url = hosts[i].url,
						     .region = "eu-central-1",
						     .service = "sts",
						     .unix_s = TIME};
		rc_autofree char *canonical = rc_net_aws_sigv4_canonical(&request, &keys, 0);

		ck_assert_msg(strstr(canonical, hosts[i].line), "%s", canonical);
	}
	free_keys(&keys);
}
END_TEST

/* What a client or a proxy changes on the way is not signed; S3 takes the path as it stands. */
START_TEST(what_is_signed)
{
	static const struct rc_net_http_header headers[] = {
		{"User-Agent", "curl"}, {"Expect", ""}, {"X-Api", " a  b "}, {NULL, NULL}};
	struct rc_net_aws_request request = {.url = "https://s3.example/a%20b//c?list-type=2&a",
					     .headers = headers,
					     .region = "eu-central-1",
					     .service = "s3",
					     .unix_s = TIME,
					     .is_path_exact = true,
					     .with_digest = true};
	struct rc_net_aws_keys keys = keys_of(0);
	rc_autofree char *exact = rc_net_aws_sigv4_canonical(&request, &keys, 0);
	rc_autofree char *normal = NULL, *unsigned_body = NULL;

	ck_assert_ptr_nonnull(strstr(exact, "GET\n/a%20b//c\na=&list-type=2\nhost:"));
	ck_assert_ptr_nonnull(strstr(exact, "\nx-api:a b\n"));
	ck_assert_ptr_null(strstr(exact, "user-agent"));
	ck_assert_ptr_null(strstr(exact, "expect"));
	request.is_path_exact = false;
	normal = rc_net_aws_sigv4_canonical(&request, &keys, 0);
	ck_assert_ptr_nonnull(strstr(normal, "GET\n/a%2520b/c\n"));
	request.is_unsigned_body = true;
	unsigned_body = rc_net_aws_sigv4_canonical(&request, &keys, 0);
	ck_assert_ptr_nonnull(strstr(unsigned_body, "\nx-amz-content-sha256:UNSIGNED-PAYLOAD\n"));
	ck_assert_ptr_nonnull(strstr(unsigned_body, "x-amz-date;x-api\nUNSIGNED-PAYLOAD"));
	free_keys(&keys);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("net/aws-sigv4");
	TCase *tcase = tcase_create("aws-sigv4");

	tcase_add_loop_test(tcase, by_headers, 0, RC_ARRAY_SIZE(cases));
	tcase_add_loop_test(tcase, by_url, 0, RC_ARRAY_SIZE(cases));
	tcase_add_test(tcase, host_of_url);
	tcase_add_test(tcase, what_is_signed);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
