/*
 * Every check but the database's: passes, fails, cannot look. The peers are a server on the same
 * loop that answers what a case says; names are resolved by the real worker.
 */
#include "support/check.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/memory.h"
#include "certificates.h"
#include "net/http-server.h"
#include "validate/run.h"

#define ROUTES_MAX 8

/* What the server answers to a path, or to a word in the body of a POST. */
struct route {
	const char *match;
	int status;
	const char *body;
};

static struct {
	struct ev_loop *loop;
	struct rc_net_http_server *server;
	struct rc_kube_cluster *cluster;
	struct rc_kube_cache *cache;
	struct rc_worker_pool *pool;
	struct rc_validate_services *services;
	const struct route *routes;
	char folder[64];
	struct rc_validate_result result;
	bool is_listed, is_signed;
	const char *objects; /* the list of the kind that is watched */
} world;

/* ---- the server ---- */

static void on_closed(void *userdata)
{
	(void)userdata;
}

static const struct route *find_route(struct rc_net_http_exchange *exchange)
{
	const char *path = rc_net_http_exchange_get_path(exchange);
	struct rc_str body = rc_net_http_exchange_get_body(exchange);

	for (const struct route *route = world.routes; route && route->match; route++) {
		if (strcmp(route->match, path) == 0 ||
		    (strlen(route->match) > 1 && body.n &&
		     memmem(body.p, body.n, route->match, strlen(route->match))) ||
		    (strcmp(route->match, "?versioning") == 0 &&
		     rc_net_http_exchange_get_query(exchange, "versioning")))
			return route;
	}
	return NULL;
}

static void handle(void *userdata, struct rc_net_http_exchange *exchange)
{
	const struct route *route;

	(void)userdata;
	if (rc_net_http_exchange_get_header(exchange, "X-Amz-Date"))
		world.is_signed = rc_text_has_prefix(
			rc_net_http_exchange_get_header(exchange, "Authorization") ?: "",
			"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/");
	if (rc_net_http_exchange_get_query(exchange, "watch")) {
		rc_net_http_exchange_stream(exchange, 200, "application/json", on_closed, NULL);
		return;
	}
	if (world.objects) {
		rc_net_http_exchange_reply(exchange, 200, "application/json",
					   rc_str(world.objects));
		return;
	}
	route = find_route(exchange);
	if (route && route->status == 0)
		rc_net_http_exchange_reset(exchange);
	else if (route)
		rc_net_http_exchange_reply(exchange, route->status, "text/plain",
					   rc_str(route->body));
	else
		rc_net_http_exchange_reply(exchange, 404, "application/json",
					   RC_STR("{\"kind\": \"Status\", \"message\": \"none\"}"));
}

/* ---- a run ---- */

static void on_state(void *userdata, const char *group, const char *kind, int r,
		     const struct rc_error *err)
{
	(void)userdata;
	(void)group;
	(void)kind;
	(void)err;
	ck_assert_int_eq(r, 0);
	world.is_listed = true;
	ev_break(world.loop, EVBREAK_ALL);
}

static void on_changed(void *userdata, const struct rc_kube_live *live, bool is_gone)
{
	(void)userdata;
	(void)live;
	(void)is_gone;
}

/* Objects of one kind of a group, as the cache would know them from a watch. */
static void fill_cache(const char *group, const char *kind, const char *plural, const char *objects)
{
	struct rc_kube_resource resource = {.group = group,
					    .version = "v1",
					    .kind = kind,
					    .plural = plural,
					    .namespaced = true,
					    .can_list = true,
					    .can_watch = true};
	rc_autofree char *list = rc_asprintf(
		"{\"metadata\": {\"resourceVersion\": \"5\"}, \"items\": [%s]}", objects);

	world.objects = list;
	world.is_listed = false;
	rc_kube_cache_want(world.cache, &resource);
	while (!world.is_listed)
		ev_run(world.loop, 0);
	world.objects = NULL;
}

static struct rc_worker_pool *get_pool(void *userdata)
{
	rc_autofree char *program = rc_path_join(getenv("O") ?: "build/release", "reconciled");
	const char *const argv[] = {program, "--worker=validate", NULL};
	struct rc_worker_options options = {.argv = argv};

	(void)userdata;
	if (!world.pool)
		world.pool = rc_worker_pool_new(world.loop, &options);
	return world.pool;
}

static void start_server(const struct certificate *certificate)
{
	struct rc_net_http_server_options options = {.listen = "127.0.0.1:0"};
	struct rc_error *err = NULL;

	if (certificate) {
		options.certificate_pem = certificate->pem;
		options.key_pem = certificate->key_pem;
	}
	rc_check_ok(rc_net_http_server_new(world.loop, &options, handle, NULL, &world.server, &err),
		    err);
}

static void setup(void)
{
	static const char *const env[] = {"AWS_ACCESS_KEY_ID=AKIDEXAMPLE",
					  "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG",
					  "AWS_REGION=eu-central-1", "HOME=/nonexistent", NULL};
	struct rc_validate_services_options options = {.get_pool = get_pool, .env = env};

	memset(&world, 0, sizeof(world));
	world.loop = rc_loop_new();
	options.loop = world.loop;
	world.services = rc_validate_services_new(&options);
	snprintf(world.folder, sizeof(world.folder), "/tmp/rc-validate-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(world.folder));
}

static void setup_with_cluster(void)
{
	struct rc_kube_cache_options options = {
		.label = "l", .state = on_state, .changed = on_changed};
	struct rc_kube_kubeconfig *config = rc_new0(struct rc_kube_kubeconfig);

	setup();
	start_server(NULL);
	config->server =
		rc_asprintf("http://127.0.0.1:%u", rc_net_http_server_get_port(world.server));
	config->name_space = rc_strdup("default");
	world.cluster = rc_kube_cluster_new(world.loop, config);
	world.cache = rc_kube_cache_new(world.cluster, &options);
}

static void teardown(void)
{
	rc_validate_result_done(&world.result);
	rc_validate_services_free(world.services);
	rc_worker_pool_free(world.pool);
	rc_kube_cache_free(world.cache);
	rc_kube_cluster_free(world.cluster);
	rc_net_http_server_free(world.server);
	rc_loop_free(world.loop);
	rc_file_remove_tree(world.folder, NULL);
}

static void on_run(void *userdata, struct rc_validate_run *run,
		   const struct rc_validate_result *results, size_t n)
{
	(void)userdata;
	(void)run;
	ck_assert_uint_eq(n, 1);
	rc_validate_result_copy(&world.result, results);
	ev_break(world.loop, EVBREAK_ALL);
}

static const char *look(struct rc_validate_check *check)
{
	const struct rc_validate_check *checks[] = {check};
	struct rc_validate_run_options options = {
		.services = world.services,
		.subject = {.app = "shop",
			    .label = "a",
			    .name_space = "ns",
			    .cluster = world.cluster,
			    .cache = world.cache},
		.checks = checks,
		.n = 1,
	};
	struct rc_validate_run *run;
	static char text[128];

	check->name = check->name ?: "one";
	check->timeout_ms = check->timeout_ms ?: 15000;
	run = rc_validate_run_start(&options, on_run, NULL);
	ck_assert_int_eq(world.result.outcome, RC_VALIDATE_NONE);
	ev_run(world.loop, 0);
	rc_validate_run_free(run);
	snprintf(text, sizeof(text), "%s %s", rc_validate_outcome_to_string(world.result.outcome),
		 world.result.reason);
	return text;
}

#define rc_check_look(check, wanted)                                                      \
	do {                                                                              \
		const char *rc_got_ = look(check);                                        \
		ck_assert_msg(strcmp(rc_got_, (wanted)) == 0, "%s is wanted, got %s: %s", \
			      (wanted), rc_got_, world.result.evidence);                  \
	} while (0)

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
	static const struct route routes[] = {
		{"/ok", 200, "hello"}, {"/reset", 0, ""}, {NULL, 0, NULL}};
	struct certificate authority = certificate_make(NULL, "authority", 100);
	struct certificate other = certificate_make(NULL, "other", 100);
	struct certificate leaf =
		certificate_make(&authority, certificates[_i].san, certificates[_i].days);
	rc_autofree char *ca = rc_path_join(world.folder, "ca.pem"), *url = NULL;
	const char *trusted = certificates[_i].is_unknown_ca ? other.pem : authority.pem;
	struct rc_validate_check check = {
		.type = "https", .ca = ca, .contains = certificates[_i].contains};

	world.routes = routes;
	start_server(&leaf);
	rc_check_ok(rc_file_write_atomic(ca, trusted, strlen(trusted), 0600, NULL), NULL);
	url = rc_asprintf("https://127.0.0.1:%u%s", rc_net_http_server_get_port(world.server),
			  certificates[_i].path);
	check.url = url;
	rc_check_look(&check, certificates[_i].wanted);
	ck_assert_msg(strstr(world.result.evidence, certificates[_i].evidence) != NULL, "%s: %s",
		      certificates[_i].name, world.result.evidence);
	if (world.result.outcome == RC_VALIDATE_PASS) {
		ck_assert_str_eq(world.result.measure, "certificate_expiry_timestamp_seconds");
		ck_assert(world.result.number > (double)rc_clock_unix_s() + 89 * 86400);
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

	start_server(NULL);
	url = rc_asprintf("http://127.0.0.1:%u/", rc_net_http_server_get_port(world.server));
	check.url = url;
	rc_net_http_server_free(rc_steal(&world.server));
	rc_check_look(&check, "error Unreachable");
}
END_TEST

/* What does not pass is tried again while there is patience. */
START_TEST(test_again)
{
	static const struct route bad[] = {{"/", 503, "no"}, {NULL, 0, NULL}};
	struct rc_validate_check check = {.type = "http", .name = "web", .timeout_ms = 15000};
	const struct rc_validate_check *checks[] = {&check};
	struct rc_validate_run_options options = {
		.services = world.services,
		.subject = {.app = "a", .label = "a", .name_space = "a"},
		.checks = checks,
		.n = 1,
		.patience_ms = 1500};
	rc_autofree char *url = NULL;
	struct rc_validate_run *run;

	start_server(NULL);
	world.routes = bad;
	url = rc_asprintf("http://127.0.0.1:%u/", rc_net_http_server_get_port(world.server));
	check.url = url;
	run = rc_validate_run_start(&options, on_run, NULL);
	ev_run(world.loop, 0);
	rc_validate_run_free(run);
	ck_assert_int_eq(world.result.outcome, RC_VALIDATE_FAIL);
	ck_assert_uint_ge(world.result.attempts, 2);
	/* One that is freed while a probe is under way tells nobody. */
	rc_validate_run_free(rc_validate_run_start(&options, on_run, NULL));
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
	struct route routes[3];
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
	struct route routes[4] = {{NULL, 0, NULL}};
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
	start_server(NULL);
	world.routes = routes;
	endpoint = rc_asprintf("http://127.0.0.1:%u", rc_net_http_server_get_port(world.server));
	check.endpoint = endpoint;
	rc_check_look(&check, clouds[_i].wanted);
	ck_assert(world.is_signed);
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
	struct route routes[] = {{PODS, pods[_i].status, pods[_i].body}, {NULL, 0, NULL}};
	struct rc_validate_check check = {.type = "pods"};
	rc_autofree char *body = NULL;

	if (strstr(pods[_i].body, "NOW")) {
		const char *at = strstr(pods[_i].body, "NOW");
		char now[RC_CLOCK_RFC3339_MAX];

		body = rc_asprintf("%.*s%s%s", (int)(at - pods[_i].body), pods[_i].body,
				   rc_clock_format_rfc3339(rc_clock_unix_s(), now), at + 3);
		routes[0].body = body;
	}
	world.routes = routes;
	rc_check_look(&check, "skip NoWorkloads");
	world.result.outcome = RC_VALIDATE_NONE;
	fill_cache("apps", "Deployment", "deployments", DEPLOYMENT);
	rc_check_look(&check, pods[_i].wanted);
	if (world.result.outcome == RC_VALIDATE_PASS)
		ck_assert(world.result.number == 42);
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
	struct route routes[3];
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
	struct route routes[4] = {{NULL, 0, NULL}};
	struct rc_validate_check check = {.type = "istio"};

	memcpy(routes, meshes[_i].routes, sizeof(meshes[_i].routes));
	world.routes = routes;
	fill_cache("networking.istio.io", "VirtualService", "virtualservices", meshes[_i].object);
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
	struct route routes[] = {
		{"/api/v1/namespaces/ns/secrets/db", secrets[_i].status, secrets[_i].body},
		{NULL, 0, NULL}};
	struct rc_validate_check check = {
		.type = "secrets", .secret = "db", .keys = keys, .n_keys = 1};

	world.routes = routes;
	rc_check_look(&check, secrets[_i].wanted);
	ck_assert_ptr_null(strstr(world.result.evidence, "Yg=="));
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
		ck_assert_str_eq(world.result.evidence, "fine shop");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("validate-check");
	TCase *plain = tcase_create("peers"), *cluster = tcase_create("cluster");

	tcase_set_timeout(plain, 30);
	tcase_add_checked_fixture(plain, setup, teardown);
	tcase_add_loop_test(plain, test_https, 0, RC_ARRAY_SIZE(certificates));
	tcase_add_test(plain, test_https_nobody);
	tcase_add_test(plain, test_again);
	tcase_add_loop_test(plain, test_aws, 0, RC_ARRAY_SIZE(clouds));
	tcase_add_loop_test(plain, test_dns, 0, RC_ARRAY_SIZE(hosts));
	tcase_add_loop_test(plain, test_command, 0, RC_ARRAY_SIZE(commands));
	suite_add_tcase(suite, plain);
	tcase_set_timeout(cluster, 30);
	tcase_add_checked_fixture(cluster, setup_with_cluster, teardown);
	tcase_add_loop_test(cluster, test_pods, 0, RC_ARRAY_SIZE(pods));
	tcase_add_loop_test(cluster, test_istio, 0, RC_ARRAY_SIZE(meshes));
	tcase_add_loop_test(cluster, test_secrets, 0, RC_ARRAY_SIZE(secrets));
	suite_add_tcase(suite, cluster);
	return suite;
}

RC_TEST_MAIN(make_suite)
