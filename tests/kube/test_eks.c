/*
 * EKS clusters by their name, against a stand-in that is EKS, STS and the API server at once, and
 * takes a token only when it is the right signature over the right URL.
 */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/memory.h"
#include "data/base64.h"
#include "data/json.h"
#include "kube/cluster.h"
#include "kube/request.h"
#include "net/aws-sigv4.h"
#include "net/http-server.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define AGE_S  60 /* seconds that a test may take between signing and looking */

static struct {
	struct ev_loop *loop;
	struct rc_net_http_server *server;
	struct rc_kube_cluster *cluster;
	char url[64];
	const char *key_id; /* whose signature is right */
	const char *cluster_name;
	int described, logins, assumed;
	bool is_creating, is_deaf; /* no login is good enough */
} world;

static struct rc_net_aws_keys keys_of(const char *id, struct rc_secret **ret_secret,
				      struct rc_secret **ret_token)
{
	*ret_secret = rc_secret_new_text(SECRET);
	*ret_token = rc_secret_new_text(strcmp(id, "ASSUMED") == 0 ? "session" : NULL);
	return (struct rc_net_aws_keys){id, *ret_secret, *ret_token};
}

/* The token that somebody with the right keys makes at that second. */
static char *make_token(int64_t unix_s)
{
	rc_cleanup(rc_secret_freep) struct rc_secret *secret = NULL, *session = NULL;
	struct rc_net_aws_keys keys = keys_of(world.key_id, &secret, &session);
	struct rc_net_http_header headers[] = {{"X-K8s-Aws-Id", world.cluster_name}, {NULL, NULL}};
	rc_autofree char *url =
		rc_asprintf("%s/?Action=GetCallerIdentity&Version=2011-06-15", world.url);
	struct rc_net_aws_request request = {.url = url,
					     .headers = headers,
					     .region = "eu-central-1",
					     .service = "sts",
					     .unix_s = unix_s};
	rc_autofree char *presigned = rc_net_aws_sigv4_presign(&request, &keys, 60);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(8192);
	size_t n;

	rc_base64_encode(rc_str(presigned), &text);
	for (size_t i = 0; i < text.n; i++)
		text.p[i] = (char)(text.p[i] == '+' ? '-' : text.p[i] == '/' ? '_' : text.p[i]);
	n = text.n;
	while (text.p[n - 1] == '=')
		n--;
	return rc_asprintf("Bearer k8s-aws-v1.%.*s", (int)n, text.p);
}

static bool is_login(const char *authorization)
{
	for (int64_t age_s = 0; authorization && age_s < AGE_S; age_s++) {
		rc_autofree char *token = make_token(rc_clock_unix_s() - age_s);

		if (strcmp(token, authorization) == 0)
			return true;
	}
	return false;
}

static void describe(struct rc_net_http_exchange *exchange)
{
	const char *authorization = rc_net_http_exchange_get_header(exchange, "Authorization");
	const char *path = rc_net_http_exchange_get_path(exchange);
	rc_autofree char *expected = rc_asprintf("/clusters/%s", world.cluster_name);
	rc_autofree char *credential = rc_asprintf("Credential=%s/", world.key_id);
	json_auto_t *body =
		json_pack("{s:{s:s, s:s, s:{s:s}}}", "cluster", "endpoint", world.url, "status",
			  "ACTIVE", "certificateAuthority", "data", "bm8gY2VydGlmaWNhdGU=");

	world.described++;
	if (world.is_creating)
		rc_net_http_exchange_reply(exchange, 200, "application/json",
					   RC_STR("{\"cluster\":{\"status\":\"CREATING\"}}"));
	else if (!strstr(authorization ? authorization : "", credential))
		rc_net_http_exchange_reply(
			exchange, 403, "application/json",
			RC_STR("{\"message\":\"not authorized to perform: eks:DescribeCluster\"}"));
	else if (strcmp(path, expected) != 0)
		rc_net_http_exchange_reply(exchange, 404, "application/json",
					   RC_STR("{\"message\":\"No cluster found for name\"}"));
	else
		rc_net_http_exchange_reply_json(exchange, 200, body);
}

static void assume(struct rc_net_http_exchange *exchange)
{
	char end[RC_CLOCK_RFC3339_MAX];
	rc_autofree char *body = rc_asprintf(
		"<Credentials><AccessKeyId>ASSUMED</AccessKeyId><SecretAccessKey>" SECRET
		"</SecretAccessKey><SessionToken>session</SessionToken>"
		"<Expiration>%s</Expiration></Credentials>",
		rc_clock_format_rfc3339(rc_clock_unix_s() + 3600, end));

	world.assumed++;
	rc_net_http_exchange_reply(exchange, 200, "text/xml", rc_str(body));
}

static void handle(void *userdata, struct rc_net_http_exchange *exchange)
{
	const char *path = rc_net_http_exchange_get_path(exchange);

	(void)userdata;
	if (strcmp(path, "/") == 0) {
		assume(exchange);
	} else if (rc_text_has_prefix(path, "/clusters/")) {
		describe(exchange);
	} else {
		world.logins++;
		if (!world.is_deaf &&
		    is_login(rc_net_http_exchange_get_header(exchange, "Authorization")))
			rc_net_http_exchange_reply(exchange, 200, "", RC_STR("{\"kind\":\"Pod\"}"));
		else
			rc_net_http_exchange_reply(exchange, 401, "", RC_STR("{}"));
	}
}

static char *variables[8];

static void setup(void)
{
	struct rc_net_http_server_options options = {.listen = "127.0.0.1:0"};
	struct rc_error *err = NULL;

	memset(&world, 0, sizeof(world));
	world.key_id = "AKIDEXAMPLE";
	world.cluster_name = "judge";
	world.loop = rc_loop_new();
	rc_check_ok(rc_net_http_server_new(world.loop, &options, handle, NULL, &world.server, &err),
		    err);
	snprintf(world.url, sizeof(world.url), "http://127.0.0.1:%u",
		 rc_net_http_server_get_port(world.server));
	variables[0] = rc_asprintf("AWS_ENDPOINT_URL=%s", world.url);
	variables[1] = rc_strdup("AWS_EC2_METADATA_DISABLED=true");
	variables[2] = rc_strdup("AWS_ACCESS_KEY_ID=AKIDEXAMPLE");
	variables[3] = rc_strdup("AWS_SECRET_ACCESS_KEY=" SECRET);
}

static void teardown(void)
{
	rc_kube_cluster_free(world.cluster);
	rc_net_http_server_free(world.server);
	rc_loop_free(world.loop);
	for (size_t i = 0; i < RC_ARRAY_SIZE(variables); i++)
		free(rc_steal(&variables[i]));
}

static void open_cluster(const char *name, const char *region, const char *role_arn)
{
	struct rc_kube_kubeconfig_eks eks = {.cluster = (char *)(uintptr_t)name,
					     .region = (char *)(uintptr_t)region,
					     .role_arn = (char *)(uintptr_t)role_arn,
					     .env = (const char *const *)variables};

	world.cluster = rc_kube_cluster_new(world.loop, rc_kube_kubeconfig_new_eks(&eks));
}

struct got {
	int r, n;
	struct rc_error *err;
};

static void on_done(void *userdata, int r, const struct rc_kube_answer *answer,
		    struct rc_error *err)
{
	struct got *got = userdata;

	(void)answer;
	rc_error_free(got->err);
	*got = (struct got){r, got->n + 1, err};
	ev_break(world.loop, EVBREAK_ALL);
}

static void ask(struct got *got)
{
	struct rc_kube_request_options options = {.method = "POST", .path = "/api"};
	int n = got->n;

	rc_kube_request_start(world.cluster, &options, on_done, got);
	while (got->n == n)
		ev_run(world.loop, EVRUN_ONCE);
}

START_TEST(logs_in)
{
	struct got got = {.n = 0};

	open_cluster("judge", "eu-central-1", NULL);
	ck_assert_str_eq(rc_kube_cluster_get_server(world.cluster), "eks://judge");
	for (int i = 1; i <= 3; i++) {
		ask(&got);
		rc_check_ok(got.r, got.err);
	}
	ck_assert_str_eq(rc_kube_cluster_get_server(world.cluster), world.url);
	ck_assert_int_eq(world.described, 1);
	ck_assert_int_eq(world.logins, 3);
}
END_TEST

/* Many who come at once wait for the one description. */
START_TEST(waits_once)
{
	struct got got = {.n = 0};
	struct rc_kube_request_options options = {.path = "/api"};

	open_cluster("judge", "eu-central-1", NULL);
	for (int i = 0; i < 5; i++)
		rc_kube_request_start(world.cluster, &options, on_done, &got);
	while (got.n < 5)
		ev_run(world.loop, EVRUN_ONCE);
	rc_check_ok(got.r, got.err);
	ck_assert_int_eq(world.described, 1);
}
END_TEST

START_TEST(by_a_role)
{
	struct got got = {.n = 0};

	world.key_id = "ASSUMED";
	open_cluster("judge", "eu-central-1", "arn:aws:iam::1:role/deployer");
	ask(&got);
	rc_check_ok(got.r, got.err);
	ck_assert_int_eq(world.assumed, 1);
	ck_assert_int_eq(world.logins, 1);
}
END_TEST

static const struct {
	const char *name, *cluster, *region, *key_id;
	bool is_creating, is_deaf;
	int code;
	const char *error;
	int logins;
} failures[] = {
	{"no cluster", "nobody", "eu-central-1", "AKIDEXAMPLE", false, false, -ENOENT,
	 "logging in: EKS cluster 'nobody': AWS answered 404: No cluster found", 0},
	{"not allowed", "judge", "eu-central-1", "OTHER", false, false, -EACCES,
	 "eks:DescribeCluster", 0},
	{"no region", "judge", NULL, "AKIDEXAMPLE", false, false, -EINVAL, "no AWS region is known",
	 0},
	{"not there yet", "judge", "eu-central-1", "AKIDEXAMPLE", true, false, -EAGAIN,
	 "its status is CREATING", 0},
	{"refused", "judge", "eu-central-1", "AKIDEXAMPLE", false, true, -EACCES, "answered 401",
	 1},
};

START_TEST(fails)
{
	struct got got = {.n = 0};

	world.key_id = failures[_i].key_id;
	world.is_creating = failures[_i].is_creating;
	world.is_deaf = failures[_i].is_deaf;
	open_cluster(failures[_i].cluster, failures[_i].region, NULL);
	ask(&got);
	rc_check_fails(got.r, failures[_i].code, got.err, failures[_i].error);
	ck_assert_int_eq(world.logins, failures[_i].logins);
	/* At once again: AWS is left alone meanwhile. */
	if (!failures[_i].is_deaf) {
		ask(&got);
		rc_check_fails(got.r, failures[_i].code, got.err, failures[_i].error);
		ck_assert_int_le(world.described, 1);
	}
}
END_TEST

START_TEST(cancelled)
{
	struct got got = {.n = 0};
	struct rc_kube_request_options options = {.path = "/api"};
	struct rc_kube_request *request;

	open_cluster("judge", "eu-central-1", NULL);
	request = rc_kube_request_start(world.cluster, &options, on_done, &got);
	ev_run(world.loop, EVRUN_NOWAIT);
	ev_run(world.loop, EVRUN_NOWAIT);
	rc_kube_request_cancel(request);
	while (world.described == 0)
		ev_run(world.loop, EVRUN_ONCE);
	ck_assert_int_eq(got.n, 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("kube/eks");
	TCase *tcase = tcase_create("eks");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, logs_in);
	tcase_add_test(tcase, waits_once);
	tcase_add_test(tcase, by_a_role);
	tcase_add_loop_test(tcase, fails, 0, RC_ARRAY_SIZE(failures));
	tcase_add_test(tcase, cancelled);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
