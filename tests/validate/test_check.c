/* Every check but the database's: passes, fails, cannot look. */
#include "support/check.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "net/http-server.h"
#include "scene.h"

/* ---- https ---- */

static const struct {
	const char *name, *san;
	int days;
	bool is_unknown_ca;
	const char *path, *contains;
	const char *wanted, *evidence;
} certificates[] = {
	{"good", "IP:127.0.0.1", 90, false, "/ok", "hello", "pass Answers", "good for 90 days"},
	{"ends soon", "IP:127.0.0.1", 3, false, "/ok", NULL, "fail CertificateExpires",
	 "3 days more"},
	{"expired", "IP:127.0.0.1", -2, false, "/ok", NULL, "fail CertificateRefused",
	 "it has expired"},
	{"wrong name", "DNS:other.example.com", 90, false, "/ok", NULL, "fail CertificateRefused",
	 "it is for another name"},
	{"unknown authority", "IP:127.0.0.1", 90, true, "/ok", NULL, "fail CertificateRefused",
	 "authority is not known"},
	{"wrong status", "IP:127.0.0.1", 90, false, "/nothing", NULL, "fail WrongStatus", "404"},
	{"wrong body", "IP:127.0.0.1", 90, false, "/ok", "good-bye", "fail WrongBody", "good-bye"},
	{"reset", "IP:127.0.0.1", 90, false, "/reset", NULL, "error Unreachable", "127.0.0.1"},
};

START_TEST(test_https)
{
	static const struct scene_route routes[] = {
		{"/ok", 200, "hello"}, {"/reset", 0, ""}, {NULL, 0, NULL}};
	struct certificate authority = certificate_make(NULL, "authority", 100);
	struct certificate other = certificate_make(NULL, "other", 100);
	struct certificate leaf =
		certificate_make(&authority, certificates[_i].san, certificates[_i].days);
	rc_autofree char *ca = rc_path_join(scene.folder, "ca.pem"), *url = NULL;
	const char *trusted = certificates[_i].is_unknown_ca ? other.pem : authority.pem;
	struct rc_validate_check check = {
		.type = "https", .ca = ca, .contains = certificates[_i].contains};

	scene.routes = routes;
	scene_start_server(&leaf);
	rc_check_ok(rc_file_write_atomic(ca, trusted, strlen(trusted), 0600, NULL), NULL);
	url = rc_asprintf("https://127.0.0.1:%u%s", rc_net_http_server_get_port(scene.server),
			  certificates[_i].path);
	check.url = url;
	rc_check_look(&check, certificates[_i].wanted);
	ck_assert_msg(strstr(scene.result.evidence, certificates[_i].evidence) != NULL, "%s: %s",
		      certificates[_i].name, scene.result.evidence);
	if (scene.result.outcome == RC_VALIDATE_PASS) {
		ck_assert(scene_measure("certificate_expiry_timestamp_seconds") >
			  (double)rc_clock_unix_s() + 89 * 86400);
	}
	certificate_done(&authority);
	certificate_done(&other);
	certificate_done(&leaf);
}
END_TEST

START_TEST(test_https_nobody)
{
	rc_autofree char *url = NULL;
	struct rc_validate_check check = {.type = "http"};

	scene_start_server(NULL);
	url = rc_asprintf("http://127.0.0.1:%u/", rc_net_http_server_get_port(scene.server));
	check.url = url;
	rc_net_http_server_free(rc_steal(&scene.server));
	rc_check_look(&check, "error Unreachable");
}
END_TEST

/* What does not pass is tried again while there is patience. */
START_TEST(test_again)
{
	static const struct scene_route bad[] = {{"/", 503, "no"}, {NULL, 0, NULL}};
	struct rc_validate_check check = {.type = "http", .name = "web", .timeout_ms = 15000};
	const struct rc_validate_check *checks[] = {&check};
	struct rc_validate_run_options options = {
		.services = scene.services,
		.subject = {.app = "a", .label = "a", .name_space = "a"},
		.checks = checks,
		.n = 1,
		.patience_ms = 1500};
	rc_autofree char *url = NULL;
	struct rc_validate_run *run;

	scene_start_server(NULL);
	scene.routes = bad;
	url = rc_asprintf("http://127.0.0.1:%u/", rc_net_http_server_get_port(scene.server));
	check.url = url;
	run = rc_validate_run_start(&options, scene_on_run, NULL);
	ev_run(scene.loop, 0);
	rc_validate_run_free(run);
	ck_assert_int_eq(scene.result.outcome, RC_VALIDATE_FAIL);
	ck_assert_uint_ge(scene.result.attempts, 2);
	/* One that is freed while a probe is under way tells nobody. */
	rc_validate_run_free(rc_validate_run_start(&options, scene_on_run, NULL));
}
END_TEST

/* ---- AWS ---- */

#define RDS(days, lag)                                                               \
	"<DescribeDBInstancesResult><DBInstanceIdentifier>db</DBInstanceIdentifier>" \
	"<DBInstanceStatus>available</DBInstanceStatus><BackupRetentionPeriod>" days \
	"</BackupRetentionPeriod><LatestRestorableTime>" lag "</LatestRestorableTime>"
#define DENIED "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"

static const struct {
	const char *type;
	struct scene_route routes[3];
	const char *wanted;
} clouds[] = {
	{"s3", {{"/bucket/", 200, ""}}, "fail NotVersioned"},
	{"s3",
	 {{"?versioning", 200, "<VersioningConfiguration><Status>Enabled</Status>"},
	  {"/bucket/", 200, ""}},
	 "pass Versioned"},
	{"s3", {{"/bucket/", 404, ""}}, "fail NotFound"},
	{"s3", {{"/bucket/", 403, ""}}, "fail AccessDenied"},
	{"s3", {{"/bucket/", 301, ""}}, "fail WrongRegion"},
	{"s3", {{"/bucket/", 503, ""}}, "error Unreachable"},
	{"s3", {{"/bucket/", 0, ""}}, "error Unreachable"},
	{"sqs",
	 {{"Action=GetQueueAttributes", 200,
	   "<Name>ApproximateNumberOfMessages</Name>\n <Value>7</Value>"}},
	 "pass Accessible"},
	{"sqs",
	 {{"Action=GetQueueAttributes", 200,
	   "<Name>ApproximateNumberOfMessages</Name><Value>11</Value>"}},
	 "fail TooManyMessages"},
	{"sqs",
	 {{"Action=GetQueueAttributes", 400,
	   "<Error><Code>AWS.SimpleQueueService.NonExistentQueue</Code></Error>"}},
	 "fail Refused"},
	{"sqs", {{"Action=GetQueueAttributes", 200, "<html>"}}, "error Nonsense"},
	{"sqs", {{"Action=GetQueueAttributes", 0, ""}}, "error Unreachable"},
	{"sns",
	 {{"Action=GetTopicAttributes", 200,
	   "<entry><key>SubscriptionsPending</key><value>0</value></entry>"
	   "<entry><key>SubscriptionsConfirmed</key><value>2</value></entry>"}},
	 "pass Accessible"},
	{"sns",
	 {{"Action=GetTopicAttributes", 200,
	   "<entry><key>SubscriptionsPending</key><value>1</value></entry>"}},
	 "fail SubscriptionsPending"},
	{"sns", {{"Action=GetTopicAttributes", 403, DENIED}}, "fail AccessDenied"},
	{"sns", {{"Action=GetTopicAttributes", 0, ""}}, "error Unreachable"},
	{"rds", {{"Action=DescribeDBInstances", 200, RDS("7", "NOW")}}, "pass BackedUp"},
	{"rds", {{"Action=DescribeDBInstances", 200, RDS("1", "NOW")}}, "fail BackupPosture"},
	{"rds",
	 {{"Action=DescribeDBInstances", 200, RDS("7", "2020-01-01T00:00:00Z")}},
	 "fail BackupPosture"},
	{"rds", {{"Action=DescribeDBInstances", 200, "<DBInstances/>"}}, "fail NotFound"},
	{"rds", {{"Action=DescribeDBInstances", 0, ""}}, "error Unreachable"},
};

START_TEST(test_aws)
{
	rc_autofree char *endpoint = NULL, *body = NULL;
	struct scene_route routes[4] = {{NULL, 0, NULL}};
	struct rc_validate_check check = {.type = clouds[_i].type,
					  .bucket = "bucket",
					  .queue = "http://queue/1/q",
					  .topic = "arn:aws:sns:eu-central-1:1:t",
					  .instance = "db",
					  .versioning = true,
					  .max_depth = 10};
	char now[RC_CLOCK_RFC3339_MAX];
	const char *at;

	memcpy(routes, clouds[_i].routes, sizeof(clouds[_i].routes));
	at = strstr(routes[0].body, "NOW");
	if (at) {
		body = rc_asprintf("%.*s%s%s", (int)(at - routes[0].body), routes[0].body,
				   rc_clock_format_rfc3339(rc_clock_unix_s() - 60, now), at + 3);
		routes[0].body = body;
	}
	scene_start_server(NULL);
	scene.routes = routes;
	endpoint = rc_asprintf("http://127.0.0.1:%u", rc_net_http_server_get_port(scene.server));
	check.endpoint = endpoint;
	rc_check_look(&check, clouds[_i].wanted);
	ck_assert(scene.is_signed);
}
END_TEST

/* ---- the cluster ---- */

#define LABELS "\"labels\": {\"l\": \"a\"}"
#define DEPLOYMENT                                                                                \
	"{\"apiVersion\": \"apps/v1\", \"kind\": \"Deployment\", \"metadata\": {\"name\": "       \
	"\"web\", \"namespace\": \"ns\", \"uid\": \"1\", \"resourceVersion\": \"1\", "            \
	"\"creationTimestamp\": \"2020-01-01T00:00:00Z\", " LABELS "}, \"spec\": {\"replicas\": " \
	"1, \"selector\": {\"matchLabels\": {\"app\": \"web\"}}}}"
#define POD(created, rest)                                                                    \
	"{\"items\": [{\"metadata\": {\"name\": \"web-1\", \"creationTimestamp\": \"" created \
	"\"}, \"status\": {" rest "}}]}"
#define READY                                                                         \
	"\"phase\": \"Running\", \"conditions\": [{\"type\": \"Ready\", \"status\": " \
	"\"True\", \"lastTransitionTime\": \"2020-01-01T00:00:42Z\"}]"
#define WAITING(reason)                                                                    \
	"\"phase\": \"Pending\", \"containerStatuses\": [{\"name\": \"main\", \"state\": " \
	"{\"waiting\": {\"reason\": \"" reason "\"}}}]"
#define PODS "/api/v1/namespaces/ns/pods"

static const struct {
	int status;
	const char *body, *wanted;
} pods[] = {
	{200, POD("2020-01-01T00:00:00Z", READY), "pass Ready"},
	{200, POD("2020-01-01T00:00:00Z", "\"phase\": \"Pending\""), "fail NotReady"},
	{200, POD("NOW", "\"phase\": \"Pending\""), "fail NotReady"},
	{200, POD("NOW", WAITING("CrashLoopBackOff")), "fail CrashLoopBackOff"},
	{200, POD("NOW", WAITING("ImagePullBackOff")), "fail ImagePullBackOff"},
	{200, "{\"items\": []}", "fail NotReady"},
	{403, "{\"kind\": \"Status\"}", "error Unreachable"},
};

START_TEST(test_pods)
{
	struct scene_route routes[] = {{PODS, pods[_i].status, pods[_i].body}, {NULL, 0, NULL}};
	struct rc_validate_check check = {.type = "pods"};
	rc_autofree char *body = NULL;

	if (strstr(pods[_i].body, "NOW")) {
		const char *at = strstr(pods[_i].body, "NOW");
		char now[RC_CLOCK_RFC3339_MAX];

		body = rc_asprintf("%.*s%s%s", (int)(at - pods[_i].body), pods[_i].body,
				   rc_clock_format_rfc3339(rc_clock_unix_s(), now), at + 3);
		routes[0].body = body;
	}
	scene.routes = routes;
	rc_check_look(&check, "skip NoWorkloads");
	scene.result.outcome = RC_VALIDATE_NONE;
	scene_fill_cache("apps", "Deployment", "deployments", DEPLOYMENT);
	rc_check_look(&check, pods[_i].wanted);
	if (scene.result.outcome == RC_VALIDATE_PASS)
		ck_assert(scene_measure("pod_startup_seconds") == 42);
}
END_TEST

/* Restarts and failed probes of the pods that are there; of others, and where Events may not be
 * listed, nothing. */
#define TROUBLED                                                                                  \
	"{\"items\": [{\"metadata\": {\"name\": \"web-1\", \"uid\": \"u1\"}, \"status\": {" READY \
	", \"containerStatuses\": [{\"restartCount\": 3}, {\"restartCount\": 1}]}}]}"
#define EVENTS                                                                     \
	"{\"items\": [{\"involvedObject\": {\"uid\": \"u1\"}, \"count\": 5}, "     \
	"{\"involvedObject\": {\"uid\": \"u1\"}, \"series\": {\"count\": 4}}, "    \
	"{\"involvedObject\": {\"uid\": \"u1\"}}, {\"involvedObject\": {\"uid\": " \
	"\"gone\"}, \"count\": 9}]}"

START_TEST(test_troubles)
{
	struct scene_route routes[] = {{PODS, 200, TROUBLED},
				       {"/api/v1/namespaces/ns/events", 200, EVENTS},
				       {NULL, 0, NULL}};
	struct rc_validate_check check = {.type = "pods"};

	scene.routes = routes;
	scene_fill_cache("apps", "Deployment", "deployments", DEPLOYMENT);
	rc_check_look(&check, "pass Ready");
	ck_assert(scene_measure("pod_restarts") == 4);
	ck_assert(scene_measure("pod_probe_failures") == 10);
	routes[1].status = 403;
	scene.result.outcome = RC_VALIDATE_NONE;
	rc_check_look(&check, "pass Ready");
	ck_assert(scene_measure("pod_restarts") == 4);
	ck_assert(isnan(scene_measure("pod_probe_failures")));
}
END_TEST

/* What a VirtualService names: a gateway of another namespace, a service with a port. */
#define VIRTUAL_SERVICE(status)                                                         \
	"{\"apiVersion\": \"networking.istio.io/v1\", \"kind\": \"VirtualService\", "   \
	"\"metadata\": {\"name\": \"web\", \"namespace\": \"ns\", \"uid\": \"1\", "     \
	"\"resourceVersion\": \"1\", " LABELS "}, \"spec\": {\"gateways\": [\"mesh\", " \
	"\"edge/public\"], \"http\": [{\"route\": [{\"destination\": {\"host\": "       \
	"\"web.ns.svc.cluster.local\", \"port\": {\"number\": 80}}}]}]}" status "}"
#define SERVICE(port) "{\"spec\": {\"ports\": [{\"port\": " port "}]}}"
#define GATEWAY	      "/apis/networking.istio.io/v1/namespaces/edge/gateways/public"
#define WEB	      "/api/v1/namespaces/ns/services/web"

static const struct {
	const char *object;
	struct scene_route routes[3];
	const char *wanted;
} meshes[] = {
	{VIRTUAL_SERVICE(""), {{GATEWAY, 200, "{}"}, {WEB, 200, SERVICE("80")}}, "pass Consistent"},
	{VIRTUAL_SERVICE(""), {{GATEWAY, 200, "{}"}, {WEB, 200, SERVICE("81")}}, "fail NoSuchPort"},
	{VIRTUAL_SERVICE(""), {{GATEWAY, 200, "{}"}}, "fail Dangling"},
	{VIRTUAL_SERVICE(""), {{WEB, 200, SERVICE("80")}}, "fail Dangling"},
	{VIRTUAL_SERVICE(""), {{GATEWAY, 403, "{}"}}, "error Unreachable"},
	{VIRTUAL_SERVICE(", \"status\": {\"validationMessages\": [{\"level\": \"ERROR\", "
			 "\"type\": {\"code\": \"IST0101\"}}]}"),
	 {{NULL, 0, NULL}},
	 "fail IST0101"},
};

START_TEST(test_istio)
{
	struct scene_route routes[4] = {{NULL, 0, NULL}};
	struct rc_validate_check check = {.type = "istio"};

	memcpy(routes, meshes[_i].routes, sizeof(meshes[_i].routes));
	scene.routes = routes;
	scene_fill_cache("networking.istio.io", "VirtualService", "virtualservices",
			 meshes[_i].object);
	rc_check_look(&check, meshes[_i].wanted);
}
END_TEST

static const struct {
	int status;
	const char *body, *wanted;
} secrets[] = {
	{200, "{\"data\": {\"user\": \"YQ==\", \"password\": \"Yg==\"}}", "pass Present"},
	{200, "{\"data\": {\"user\": \"YQ==\"}}", "fail KeyMissing"},
	{200, "{\"data\": {\"user\": \"YQ==\", \"password\": \"\"}}", "fail KeyMissing"},
	{404, "{\"kind\": \"Status\", \"reason\": \"NotFound\"}", "fail SecretMissing"},
	{403, "{\"kind\": \"Status\"}", "error Unreachable"},
};

START_TEST(test_secrets)
{
	const char *keys[] = {"password"};
	struct scene_route routes[] = {
		{"/api/v1/namespaces/ns/secrets/db", secrets[_i].status, secrets[_i].body},
		{NULL, 0, NULL}};
	struct rc_validate_check check = {
		.type = "secrets", .secret = "db", .keys = keys, .n_keys = 1};

	scene.routes = routes;
	rc_check_look(&check, secrets[_i].wanted);
	ck_assert_ptr_null(strstr(scene.result.evidence, "Yg=="));
}
END_TEST

/* ---- names and commands ---- */

static const struct {
	const char *host, *expect, *wanted;
} hosts[] = {
	{"127.0.0.1", NULL, "pass Resolves"},
	{"127.0.0.1", "127.0.0.1", "pass Resolves"},
	{"127.0.0.1", "192.0.2.1", "fail WrongAddress"},
	{"localhost", NULL, "pass Resolves"},
};

START_TEST(test_dns)
{
	const char *expect[] = {hosts[_i].expect};
	struct rc_validate_check check = {.type = "dns",
					  .host = hosts[_i].host,
					  .expect = expect,
					  .n_expect = hosts[_i].expect != NULL};

	rc_check_look(&check, hosts[_i].wanted);
}
END_TEST

static const struct {
	const char *script, *wanted;
} commands[] = {
	{"echo fine $RECONCILED_APP", "pass CommandPassed"},
	{"echo broken; exit 1", "fail CommandFailed"},
	{"exit 3", "error CommandBroke"},
	{"kill -9 $$", "error CommandBroke"},
	{"sleep 60", "error Timeout"},
};

START_TEST(test_command)
{
	const char *argv[] = {"sh", "-c", commands[_i].script};
	struct rc_validate_check check = {
		.type = "command", .command = argv, .n_command = 3, .timeout_ms = 3000};

	rc_check_look(&check, commands[_i].wanted);
	if (_i == 0)
		ck_assert_str_eq(scene.result.evidence, "fine shop");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("validate-check");
	TCase *plain = tcase_create("peers"), *cluster = tcase_create("cluster");

	tcase_set_timeout(plain, 30);
	tcase_add_checked_fixture(plain, scene_setup, scene_teardown);
	tcase_add_loop_test(plain, test_https, 0, RC_ARRAY_SIZE(certificates));
	tcase_add_test(plain, test_https_nobody);
	tcase_add_test(plain, test_again);
	tcase_add_loop_test(plain, test_aws, 0, RC_ARRAY_SIZE(clouds));
	tcase_add_loop_test(plain, test_dns, 0, RC_ARRAY_SIZE(hosts));
	tcase_add_loop_test(plain, test_command, 0, RC_ARRAY_SIZE(commands));
	suite_add_tcase(suite, plain);
	tcase_set_timeout(cluster, 30);
	tcase_add_checked_fixture(cluster, scene_setup_with_cluster, scene_teardown);
	tcase_add_loop_test(cluster, test_pods, 0, RC_ARRAY_SIZE(pods));
	tcase_add_test(cluster, test_troubles);
	tcase_add_loop_test(cluster, test_istio, 0, RC_ARRAY_SIZE(meshes));
	tcase_add_loop_test(cluster, test_secrets, 0, RC_ARRAY_SIZE(secrets));
	suite_add_tcase(suite, cluster);
	return suite;
}

RC_TEST_MAIN(make_suite)
