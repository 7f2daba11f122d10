/*
 * Where AWS keys come from, against a stand-in of STS, of a container's service and of an
 * instance's. STS names in the keys it gives who asked for which role, and refuses what is not
 * signed with the keys that belong to the caller.
 */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/memory.h"
#include "net/aws-credentials.h"
#include "net/aws-fetch.h"
#include "net/http-server.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" /* of everybody here */

static struct {
	struct ev_loop *loop;
	struct rc_net_http_server *server;
	struct rc_net_http_client *client;
	struct rc_net_http_exchange *held;
	char folder[64], url[64];
	int64_t lifetime_s;
	int asked;	  /* requests that came */
	bool is_failing;  /* STS answers 503 */
	bool is_hanging;  /* nobody answers */
	bool is_no_cloud; /* the instance's service is not there */
} world;

static char *end_text(void)
{
	char text[RC_CLOCK_RFC3339_MAX];

	return rc_strdup(rc_clock_format_rfc3339(rc_clock_unix_s() + world.lifetime_s, text));
}

/* A field of the form, not decoded: what is asked for here needs no decoding but ':' and '/'. */
static char *field(struct rc_net_http_exchange *exchange, const char *name)
{
	struct rc_str body = rc_net_http_exchange_get_body(exchange);
	rc_autofree char *text = rc_str_dup(body);
	rc_autofree char *key = rc_asprintf("%s=", name);
	char *rest = NULL;

	for (char *part = strtok_r(text, "&", &rest); part; part = strtok_r(NULL, "&", &rest))
		if (rc_text_has_prefix(part, key))
			return rc_strdup(part + strlen(key));
	return NULL;
}

static void reply_error(struct rc_net_http_exchange *exchange, int status, const char *code,
			const char *message)
{
	rc_autofree char *body = rc_asprintf("<ErrorResponse><Error><Type>Sender</Type>"
					     "<Code>%s</Code><Message>%s</Message></Error>"
					     "</ErrorResponse>",
					     code, message);

	rc_net_http_exchange_reply(exchange, status, "text/xml", rc_str(body));
}

/* The caller's key id; NULL when the signature is not his. */
static char *check_signature(struct rc_net_http_exchange *exchange)
{
	const char *authorization = rc_net_http_exchange_get_header(exchange, "Authorization");
	const char *token = rc_net_http_exchange_get_header(exchange, "X-Amz-Security-Token");
	struct rc_net_http_header headers[] = {
		{"Content-Type", rc_net_http_exchange_get_header(exchange, "Content-Type")},
		{NULL, NULL}};
	rc_cleanup(rc_secret_freep) struct rc_secret *secret = rc_secret_new_text(SECRET);
	rc_cleanup(rc_secret_freep) struct rc_secret *session = rc_secret_new_text(token);
	const char *id = authorization ? strstr(authorization, "Credential=") : NULL;
	rc_autofree char *key_id = id ? rc_strndup(id + 11, strcspn(id + 11, "/")) : NULL;
	rc_autofree char *url = rc_asprintf("%s/", world.url);
	struct rc_net_aws_keys keys = {key_id, secret, session};
	struct rc_net_aws_request request = {.method = "POST",
					     .url = url,
					     .headers = headers,
					     .body = rc_net_http_exchange_get_body(exchange),
					     .region = "eu-central-1",
					     .service = "sts",
					     .unix_s = rc_clock_unix_s()};

	if (!key_id)
		return NULL;
	/* The second may have passed since it was signed. */
	for (int i = 0; i < 3; i++, request.unix_s--) {
		rc_cleanup(rc_net_aws_sigv4_freep) struct rc_net_http_header *list =
			rc_net_aws_sigv4_sign(&request, &keys);
		struct rc_net_http_header *last = list;

		while (last[1].name)
			last++;
		if (strcmp(last->value, authorization) == 0)
			return rc_steal(&key_id);
	}
	return NULL;
}

static void reply_sts(struct rc_net_http_exchange *exchange)
{
	rc_autofree char *action = field(exchange, "Action"), *arn = field(exchange, "RoleArn");
	rc_autofree char *session = field(exchange, "RoleSessionName");
	rc_autofree char *external = field(exchange, "ExternalId");
	rc_autofree char *tag = field(exchange, "TransitiveTagKeys.member.1");
	rc_autofree char *web = field(exchange, "WebIdentityToken");
	rc_autofree char *caller = NULL, *body = NULL, *end = end_text();

	if (world.is_failing) {
		reply_error(exchange, 503, "ServiceUnavailable", "come &lt;back&gt; later");
		return;
	}
	if (strcmp(action, "AssumeRole") == 0)
		caller = check_signature(exchange);
	else if (web)
		caller = rc_asprintf("web-%s", web);
	if (!caller || !arn || strstr(arn, "forbidden")) {
		reply_error(exchange, 403, "AccessDenied", "you may not");
		return;
	}
	body = rc_asprintf("<AssumeRoleResponse><AssumeRoleResult><Credentials>"
			   "<AccessKeyId>%s(%s%s%s%s%s,%s)</AccessKeyId>"
			   "<SecretAccessKey>%s</SecretAccessKey>"
			   "<SessionToken>tok+/=%s</SessionToken><Expiration>%s</Expiration>"
			   "</Credentials></AssumeRoleResult></AssumeRoleResponse>",
			   strrchr(arn, 'F') + 1, session, external ? "," : "",
			   external ? external : "", tag ? ",tag:" : "", tag ? tag : "", caller,
			   SECRET, arn, end);
	rc_net_http_exchange_reply(exchange, 200, "text/xml", rc_str(body));
}

static void reply_keys(struct rc_net_http_exchange *exchange, const char *id)
{
	rc_autofree char *end = end_text();
	json_auto_t *body =
		json_pack("{s:s, s:s, s:s, s:s, s:s}", "Code", "Success", "AccessKeyId", id,
			  "SecretAccessKey", SECRET, "Token", "metadata-token", "Expiration", end);

	rc_net_http_exchange_reply_json(exchange, 200, body);
}

static void reply_metadata(struct rc_net_http_exchange *exchange, const char *path)
{
	const char *token = rc_net_http_exchange_get_header(exchange, "X-aws-ec2-metadata-token");

	if (strcmp(path, "/latest/api/token") == 0 &&
	    strcmp(rc_net_http_exchange_get_method(exchange), "PUT") == 0)
		rc_net_http_exchange_reply(exchange, world.is_no_cloud ? 404 : 200, "text/plain",
					   RC_STR("session-7"));
	else if (!token || strcmp(token, "session-7") != 0)
		rc_net_http_exchange_reply(exchange, 401, "text/plain", RC_STR(""));
	else if (rc_text_has_suffix(path, "/security-credentials/"))
		rc_net_http_exchange_reply(exchange, 200, "text/plain", RC_STR("node-role\n"));
	else if (rc_text_has_suffix(path, "/security-credentials/node-role"))
		reply_keys(exchange, "instance");
	else
		rc_net_http_exchange_reply(exchange, 404, "text/plain", RC_STR(""));
}

static void handle(void *userdata, struct rc_net_http_exchange *exchange)
{
	const char *path = rc_net_http_exchange_get_path(exchange);
	const char *authorization = rc_net_http_exchange_get_header(exchange, "Authorization");

	(void)userdata;
	world.asked++;
	if (world.is_hanging)
		world.held = exchange;
	else if (strcmp(path, "/") == 0)
		reply_sts(exchange);
	else if (strcmp(path, "/pod") != 0)
		reply_metadata(exchange, path);
	else if (authorization && strcmp(authorization, "pod-identity") == 0)
		reply_keys(exchange, "pod");
	else
		rc_net_http_exchange_reply(exchange, 401, "text/plain", RC_STR(""));
}

static void write_file(const char *name, const char *text)
{
	rc_autofree char *path = rc_path_join(world.folder, name);
	struct rc_error *err = NULL;

	rc_check_ok(rc_file_write_atomic(path, text, strlen(text), 0600, &err), err);
}

static void setup(void)
{
	struct rc_net_http_server_options options = {.listen = "127.0.0.1:0"};
	struct rc_error *err = NULL;

	memset(&world, 0, sizeof(world));
	world.lifetime_s = 3600;
	world.loop = rc_loop_new();
	rc_check_ok(rc_net_http_server_new(world.loop, &options, handle, NULL, &world.server, &err),
		    err);
	snprintf(world.url, sizeof(world.url), "http://127.0.0.1:%u",
		 rc_net_http_server_get_port(world.server));
	world.client = rc_net_http_client_new(world.loop, "test");
	snprintf(world.folder, sizeof(world.folder), "/tmp/rc-aws-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(world.folder));
	write_file("token", "web-token\n");
	write_file("pod-token", "pod-identity\n");
	write_file("config", "# shared\n"
			     "[default]\nregion = eu-west-1\n"
			     "[profile base]\naws_access_key_id=BASE\n"
			     "aws_secret_access_key = " SECRET "\n"
			     "s3 =\n  addressing_style = path\n"
			     "[profile one]\nrole_arn = arn:aws:iam::1:role/one\n"
			     "source_profile = base\nregion=eu-north-1\n"
			     "[profile two]\nrole_arn = arn:aws:iam::1:role/two\n"
			     "source_profile = one\nexternal_id = x7\nrole_session_name = me\n"
			     "[profile web]\nrole_arn = arn:aws:iam::1:role/web\n"
			     "web_identity_token_file = @token\n"
			     "[profile host]\nrole_arn = arn:aws:iam::1:role/host\n"
			     "credential_source = Ec2InstanceMetadata\n"
			     "[profile env]\nrole_arn = arn:aws:iam::1:role/env\n"
			     "credential_source = Environment\n"
			     "[profile odd]\nrole_arn = arn:aws:iam::1:role/odd\n"
			     "credential_source = Moon\n"
			     "[profile loop]\nrole_arn = a\nsource_profile = pool\n"
			     "[profile pool]\nrole_arn = a\nsource_profile = loop\n"
			     "[profile bare]\nrole_arn = a\n"
			     "[profile sso]\nsso_session = corp\n"
			     "[profile process]\ncredential_process = /bin/true\n"
			     "[profile self]\nrole_arn = arn:aws:iam::1:role/self\n"
			     "source_profile = self\naws_access_key_id = SELF\n"
			     "aws_secret_access_key = " SECRET "\n"
			     "[profile closed]\nrole_arn = arn:aws:iam::1:role/forbidden\n"
			     "source_profile = base\n"
			     "[profile short]\nrole_arn = a\nsource_profile = base\n"
			     "duration_seconds = 60\n"
			     "[profile other]\naws_access_key_id = OLD\n"
			     "aws_secret_access_key = old\n");
	write_file("credentials", "[other]\naws_access_key_id = OTHER\n"
				  "aws_secret_access_key = " SECRET "\n"
				  "aws_session_token = session\n");
}

static void teardown(void)
{
	rc_net_http_client_free(world.client);
	if (world.held)
		rc_net_http_exchange_reset(world.held);
	rc_net_http_server_free(world.server);
	rc_loop_free(world.loop);
	rc_file_remove_tree(world.folder, NULL);
}

/* The variables of a case: '@' stands for the folder, '%' for the stand-in's URL. */
struct environment {
	char *list[16];
	size_t n;
};

static void put(struct environment *env, const char *text)
{
	rc_autobuf struct rc_buf buf = RC_BUF_INIT(4096);

	for (; *text; text++) {
		if (*text == '@')
			rc_buf_printf(&buf, "%s/", world.folder);
		else if (*text == '%')
			rc_buf_puts(&buf, world.url);
		else
			rc_buf_putc(&buf, *text);
	}
	env->list[env->n++] = rc_buf_take(&buf);
}

static void environment_init(struct environment *env, const char *const *texts)
{
	*env = (struct environment){.n = 0};
	put(env, "AWS_ENDPOINT_URL_STS=%/");
	put(env, "AWS_EC2_METADATA_SERVICE_ENDPOINT=%");
	put(env, "AWS_CONFIG_FILE=@config");
	put(env, "AWS_SHARED_CREDENTIALS_FILE=@credentials");
	for (; *texts; texts++)
		put(env, *texts);
}

static void environment_done(struct environment *env)
{
	while (env->n > 0)
		free(env->list[--env->n]);
}

static void on_wake(struct rc_net_aws_waiter *waiter)
{
	(void)waiter;
	ev_break(world.loop, EVBREAK_ALL);
}

/* Gets until it is not waiting; *ret_id is the caller's. */
static int get(struct rc_net_aws_credentials *credentials, char **ret_id, struct rc_error **err)
{
	struct rc_net_aws_waiter waiter = {.wake = on_wake};
	struct rc_net_aws_keys keys = {.access_key_id = NULL};
	int r;

	while ((r = rc_net_aws_credentials_get(credentials, &waiter, &keys, err)) == 1)
		ev_run(world.loop, 0);
	if (r == 0)
		*ret_id = rc_strdup(keys.access_key_id);
	return r;
}

#define KEYS "AWS_ACCESS_KEY_ID=ENV", "AWS_SECRET_ACCESS_KEY=" SECRET

static const struct {
	const char *name;
	const char *env[8];
	const char *id;	   /* of the keys */
	const char *error; /* or what the error has in it */
	int code;
	int asked; /* requests it takes */
} cases[] = {
	{"environment", {KEYS}, "ENV", NULL, 0, 0},
	{"environment before profile", {KEYS, "AWS_PROFILE=base"}, "ENV", NULL, 0, 0},
	{"half an environment", {"AWS_ACCESS_KEY_ID=ENV", "AWS_PROFILE=base"}, "BASE", NULL, 0, 0},
	{"profile with keys", {"AWS_PROFILE=base"}, "BASE", NULL, 0, 0},
	{"credentials before config", {"AWS_PROFILE=other"}, "OTHER", NULL, 0, 0},
	{"role of a profile", {"AWS_PROFILE=one"}, "one(reconciled,BASE)", NULL, 0, 1},
	{"role of a role", {"AWS_PROFILE=two"}, "two(me,x7,one(reconciled,BASE))", NULL, 0, 2},
	{"its own source", {"AWS_PROFILE=self"}, "self(reconciled,SELF)", NULL, 0, 1},
	{"web identity of a profile",
	 {"AWS_PROFILE=web"},
	 "web(reconciled,web-web-token)",
	 NULL,
	 0,
	 1},
	{"web identity of the environment",
	 {"AWS_WEB_IDENTITY_TOKEN_FILE=@token", "AWS_ROLE_ARN=arn:aws:iam::1:role/pod",
	  "AWS_ROLE_SESSION_NAME=it"},
	 "pod(it,web-web-token)",
	 NULL,
	 0,
	 1},
	{"web identity before profile",
	 {"AWS_WEB_IDENTITY_TOKEN_FILE=@token", "AWS_ROLE_ARN=arn:aws:iam::1:role/pod",
	  "AWS_PROFILE=base"},
	 "pod(reconciled,web-web-token)",
	 NULL,
	 0,
	 1},
	{"web identity without role",
	 {"AWS_WEB_IDENTITY_TOKEN_FILE=@token"},
	 NULL,
	 "without the role",
	 -EINVAL,
	 0},
	{"web identity without file",
	 {"AWS_WEB_IDENTITY_TOKEN_FILE=@no-token", "AWS_ROLE_ARN=a"},
	 NULL,
	 "no-token",
	 -ENOENT,
	 0},
	{"container",
	 {"AWS_CONTAINER_CREDENTIALS_FULL_URI=%/pod",
	  "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=@pod-token"},
	 "pod",
	 NULL,
	 0,
	 1},
	{"container with a token",
	 {"AWS_CONTAINER_CREDENTIALS_FULL_URI=%/pod",
	  "AWS_CONTAINER_AUTHORIZATION_TOKEN=pod-identity"},
	 "pod",
	 NULL,
	 0,
	 1},
	{"container refuses",
	 {"AWS_CONTAINER_CREDENTIALS_FULL_URI=%/pod", "AWS_CONTAINER_AUTHORIZATION_TOKEN=x"},
	 NULL,
	 "the container's credentials: AWS answered 401",
	 -EACCES,
	 1},
	{"container elsewhere",
	 {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://evil.example/pod"},
	 NULL,
	 "neither https nor",
	 -EINVAL,
	 0},
	{"instance", {NULL}, "instance", NULL, 0, 3},
	{"instance's role", {"AWS_PROFILE=host"}, "host(reconciled,instance)", NULL, 0, 4},
	{"instance switched off",
	 {"AWS_EC2_METADATA_DISABLED=true"},
	 NULL,
	 "there are no AWS credentials",
	 -ENOENT,
	 0},
	{"role of the environment", {"AWS_PROFILE=env"}, NULL, "has no keys", -EINVAL, 0},
	{"unknown source", {"AWS_PROFILE=odd"}, NULL, "'Moon' is not known", -EINVAL, 0},
	{"circle", {"AWS_PROFILE=loop"}, NULL, "round in circles", -EINVAL, 0},
	{"role without source",
	 {"AWS_PROFILE=bare"},
	 NULL,
	 "nothing to assume it with",
	 -EINVAL,
	 0},
	{"sso",
	 {"AWS_PROFILE=sso"},
	 NULL,
	 "AWS profile 'sso': 'sso_session' is not supported",
	 -EINVAL,
	 0},
	{"process",
	 {"AWS_PROFILE=process"},
	 NULL,
	 "'credential_process' is not supported",
	 -EINVAL,
	 0},
	{"no such profile", {"AWS_PROFILE=nobody"}, NULL, "'nobody' is in neither", -ENOENT, 0},
	{"refused role",
	 {"AWS_PROFILE=closed"},
	 NULL,
	 "getting AWS credentials: assuming the role: AWS answered 403: AccessDenied: you may not",
	 -EACCES,
	 1},
	{"too short", {"AWS_PROFILE=short"}, NULL, "'60' is not 900 to 43200", -EINVAL, 0},
};

static struct rc_net_aws_credentials *make(const struct environment *env)
{
	struct rc_net_aws_credentials_options options = {.loop = world.loop,
							 .http = world.client,
							 .env = (const char *const *)env->list,
							 .region = "eu-central-1"};

	return rc_net_aws_credentials_new(&options);
}

START_TEST(sources)
{
	struct environment env;
	rc_cleanup(rc_net_aws_credentials_freep) struct rc_net_aws_credentials *credentials = NULL;
	rc_autofree char *id = NULL;
	rc_autofree char *config = NULL;
	struct rc_error *err = NULL;

	/* The profile with a token file names it by its whole path. */
	config = rc_asprintf("[profile web]\nrole_arn = arn:aws:iam::1:role/web\n"
			     "web_identity_token_file = %s/token\n",
			     world.folder);
	if (strcmp(cases[_i].name, "web identity of a profile") == 0)
		write_file("config", config);
	environment_init(&env, cases[_i].env);
	credentials = make(&env);
	if (cases[_i].id) {
		rc_check_ok(get(credentials, &id, &err), err);
		ck_assert_str_eq(id, cases[_i].id);
	} else {
		rc_check_fails(get(credentials, &id, &err), cases[_i].code, err, cases[_i].error);
	}
	ck_assert_int_eq(world.asked, cases[_i].asked);
	/* Again: they are kept, and what failed is not asked for at once. */
	free(rc_steal(&id));
	get(credentials, &id, NULL);
	ck_assert_pstr_eq(id, cases[_i].id);
	ck_assert_int_eq(world.asked, cases[_i].asked);
	environment_done(&env);
}
END_TEST

/* Keys, roles and tags that are given; nothing else is looked at. */
START_TEST(keys_and_roles_given)
{
	static const struct rc_net_aws_tag tags[] = {
		{"team", "judge", true}, {"a b", "c", false}, {NULL, NULL, false}};
	static const struct rc_net_aws_role roles[] = {
		{.arn = "arn:aws:iam::1:role/first", .tags = tags},
		{.arn = "arn:aws:iam::1:role/last", .session_name = "eso"},
	};
	static const char *const none[] = {"AWS_PROFILE=nobody", NULL};
	rc_cleanup(rc_secret_freep) struct rc_secret *secret = rc_secret_new_text(SECRET);
	struct rc_net_aws_keys keys = {"GIVEN", secret, NULL};
	struct environment env;
	struct rc_net_aws_credentials_options options = {.loop = world.loop,
							 .http = world.client,
							 .region = "eu-central-1",
							 .keys = &keys,
							 .roles = roles,
							 .n_roles = 2};
	rc_cleanup(rc_net_aws_credentials_freep) struct rc_net_aws_credentials *credentials = NULL;
	rc_autofree char *id = NULL;
	struct rc_error *err = NULL;

	environment_init(&env, none);
	options.env = (const char *const *)env.list;
	credentials = rc_net_aws_credentials_new(&options);
	rc_check_ok(get(credentials, &id, &err), err);
	ck_assert_str_eq(id, "last(eso,first(reconciled,tag:team,GIVEN))");
	environment_done(&env);
}
END_TEST

static struct {
	int wanted, cancelled;
	int answer; /* 0: a token at once; <0: a failure; 1: later */
} identity;

static void want(void *userdata, struct rc_net_aws_credentials *credentials)
{
	rc_cleanup(rc_secret_freep) struct rc_secret *token = rc_secret_new_text("jwt");
	struct rc_error *err = NULL;

	(void)userdata;
	identity.wanted++;
	if (identity.answer == 1)
		return;
	if (identity.answer < 0)
		rc_fail(&err, identity.answer, "no account");
	rc_net_aws_credentials_give(credentials, identity.answer, token, err);
}

static void cancel(void *userdata)
{
	(void)userdata;
	identity.cancelled++;
}

START_TEST(web_identity_by_call)
{
	static const struct rc_net_aws_role role = {.arn = "arn:aws:iam::1:role/pod"};
	static const char *const none[] = {NULL};
	struct environment env;
	struct rc_net_aws_credentials_options options = {.loop = world.loop,
							 .http = world.client,
							 .region = "eu-central-1",
							 .web_identity = &role,
							 .want = want,
							 .cancel = cancel};
	struct rc_net_aws_credentials *credentials;
	struct rc_net_aws_waiter waiter = {.wake = on_wake};
	struct rc_net_aws_keys keys;
	rc_autofree char *id = NULL;
	struct rc_error *err = NULL;

	environment_init(&env, none);
	options.env = (const char *const *)env.list;
	memset(&identity, 0, sizeof(identity));
	credentials = rc_net_aws_credentials_new(&options);
	rc_check_ok(get(credentials, &id, &err), err);
	ck_assert_str_eq(id, "pod(reconciled,web-jwt)");
	rc_net_aws_credentials_free(credentials);
	identity.answer = -EACCES;
	credentials = rc_net_aws_credentials_new(&options);
	rc_check_fails(get(credentials, &id, &err), -EACCES, err, "no account");
	rc_net_aws_credentials_free(credentials);
	identity.answer = 1;
	credentials = rc_net_aws_credentials_new(&options);
	ck_assert_int_eq(rc_net_aws_credentials_get(credentials, &waiter, &keys, &err), 1);
	rc_net_aws_credentials_free(credentials);
	ck_assert_int_eq(identity.wanted, 3);
	ck_assert_int_eq(identity.cancelled, 1);
	environment_done(&env);
}
END_TEST

/* Short-lived keys serve until their end while there are no new ones, and are replaced before. */
START_TEST(renewal)
{
	static const char *const one[] = {"AWS_PROFILE=one", NULL};
	struct environment env;
	rc_cleanup(rc_net_aws_credentials_freep) struct rc_net_aws_credentials *credentials = NULL;
	struct rc_net_aws_waiter waiter = {.wake = on_wake};
	struct rc_net_aws_keys keys;
	rc_autofree char *id = NULL, *again = NULL;
	struct rc_error *err = NULL;

	environment_init(&env, one);
	credentials = make(&env);
	world.lifetime_s = 2;
	rc_check_ok(get(credentials, &id, &err), err);
	ck_assert_int_eq(world.asked, 1);
	/* A fresh one that is refused is not fetched again. */
	rc_net_aws_credentials_forget(credentials);
	rc_check_ok(get(credentials, &again, &err), err);
	ck_assert_int_eq(world.asked, 1);
	world.is_failing = true;
	while (rc_net_aws_credentials_get(credentials, &waiter, &keys, NULL) == 0) {
		ev_run(world.loop, EVRUN_NOWAIT);
		usleep(20000);
	}
	ck_assert_int_ge(world.asked, 2);
	rc_check_fails(get(credentials, &again, &err), -EAGAIN, err,
		       "AWS answered 503: ServiceUnavailable: come <back> later");
	ck_assert_int_lt(world.asked, 6);
	environment_done(&env);
}
END_TEST

/* Two who wait are told once; one who left is not; freeing stops what is under way. */
START_TEST(waiters)
{
	static const char *const one[] = {"AWS_PROFILE=one", NULL};
	struct environment env;
	struct rc_net_aws_credentials *credentials;
	struct rc_net_aws_waiter first = {.wake = on_wake}, second = {.wake = on_wake};
	struct rc_net_aws_keys keys;

	environment_init(&env, one);
	credentials = make(&env);
	world.is_hanging = true;
	ck_assert_int_eq(rc_net_aws_credentials_get(credentials, &first, &keys, NULL), 1);
	ck_assert_int_eq(rc_net_aws_credentials_get(credentials, &second, &keys, NULL), 1);
	rc_net_aws_credentials_leave(credentials, &first);
	ck_assert(!first.is_waiting && second.is_waiting);
	while (!world.held)
		ev_run(world.loop, EVRUN_ONCE);
	ck_assert_int_eq(world.asked, 1);
	rc_net_aws_credentials_free(credentials);
	ck_assert(!second.is_waiting);
	environment_done(&env);
}
END_TEST

START_TEST(no_instance)
{
	static const char *const none[] = {NULL};
	struct environment env;
	rc_cleanup(rc_net_aws_credentials_freep) struct rc_net_aws_credentials *credentials = NULL;
	rc_autofree char *id = NULL;
	struct rc_error *err = NULL;

	environment_init(&env, none);
	credentials = make(&env);
	world.is_no_cloud = true;
	ck_assert_int_eq(get(credentials, &id, &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(rc_error_get_hint(err), "no instance of AWS"));
	rc_error_free(err);
	environment_done(&env);
}
END_TEST

START_TEST(regions_and_endpoints)
{
	static const char *const plain[] = {NULL};
	static const char *const given[] = {"AWS_ENDPOINT_URL=http://all.example/",
					    "AWS_ENDPOINT_URL_EKS=https://eks.example", NULL};
	static const struct {
		const char *const *env;
		const char *id, *region, *url;
	} endpoints[] = {
		{plain, "EKS", "eu-central-1", "https://eks.eu-central-1.amazonaws.com"},
		{plain, "EKS", "cn-north-1", "https://eks.cn-north-1.amazonaws.com.cn"},
		{given, "EKS", "eu-central-1", "https://eks.example"},
		{given, "STS", "eu-central-1", "http://all.example"},
	};
	static const struct {
		const char *env[4];
		const char *profile, *region;
	} regions[] = {
		{{KEYS, "AWS_REGION=a"}, NULL, "a"},
		{{KEYS, "AWS_DEFAULT_REGION=b"}, NULL, "b"},
		{{KEYS}, NULL, "eu-west-1"},
		{{NULL}, "one", "eu-north-1"},
		{{NULL}, "base", NULL},
	};

	for (size_t i = 0; i < RC_ARRAY_SIZE(endpoints); i++) {
		rc_autofree char *url = rc_net_aws_profile_endpoint(
			endpoints[i].env, "eks", endpoints[i].id, endpoints[i].region);

		ck_assert_str_eq(url, endpoints[i].url);
	}
	for (size_t i = 0; i < RC_ARRAY_SIZE(regions); i++) {
		struct rc_net_aws_profile profile;
		struct environment env;
		struct rc_error *err = NULL;

		environment_init(&env, regions[i].env);
		rc_check_ok(rc_net_aws_profile_read((const char *const *)env.list,
						    regions[i].profile, &profile, &err),
			    err);
		ck_assert_pstr_eq(profile.region, regions[i].region);
		rc_net_aws_profile_done(&profile);
		environment_done(&env);
	}
}
END_TEST

static const struct {
	int status;
	const char *body;
	int code;
	const char *error;
} failures[] = {
	{400, "{\"__type\":\"ResourceNotFoundException\",\"Message\":\"no such secret\"}", -EINVAL,
	 "AWS answered 400: ResourceNotFoundException: no such secret"},
	{404, "{\"message\":\"No cluster found for name: x.\"}", -ENOENT,
	 "AWS answered 404: No cluster found"},
	{400, "{\"__type\":\"com.amazon.coral.service#ExpiredTokenException:\",\"message\":\"m\"}",
	 -EACCES, "400: ExpiredTokenException: m"},
	{400, "<Error><Code>Throttling</Code><Message>slow &amp; calm</Message></Error>", -EAGAIN,
	 "Throttling: slow & calm"},
	{502, "<html>", -EAGAIN, "AWS answered 502"},
	{403, "", -EACCES, "AWS answered 403"},
};

START_TEST(refusals)
{
	struct rc_error *err = NULL;

	rc_check_fails(rc_net_aws_keyset_read_failure(failures[_i].status,
						      rc_str(failures[_i].body), &err),
		       failures[_i].code, err, failures[_i].error);
}
END_TEST

/* Answers that hold no usable keys; nothing of them is repeated. */
START_TEST(broken_keys)
{
	static const char *const texts[] = {
		"hunter2",
		"{}",
		"{\"AccessKeyId\": \"a\"}",
		"{\"AccessKeyId\": \"a\", \"SecretAccessKey\": \"hunter2 x\"}",
		"{\"AccessKeyId\": \"a\", \"SecretAccessKey\": \"b\", \"Token\": \"hunter2\\n\"}",
		"{\"AccessKeyId\": \"a\", \"SecretAccessKey\": \"hunter2\", \"Expiration\": \"x\"}",
	};

	for (size_t i = 0; i < RC_ARRAY_SIZE(texts); i++) {
		struct rc_net_aws_keyset keyset;
		struct rc_error *err = NULL;
		rc_autofree char *text = NULL;

		ck_assert_int_eq(rc_net_aws_keyset_read_json(rc_str(texts[i]), &keyset, &err),
				 -EPROTO);
		text = rc_error_format(err);
		ck_assert_ptr_null(strstr(text, "hunter2"));
		rc_error_free(err);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("net/aws-credentials");
	TCase *tcase = tcase_create("aws-credentials");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, sources, 0, RC_ARRAY_SIZE(cases));
	tcase_add_test(tcase, keys_and_roles_given);
	tcase_add_test(tcase, web_identity_by_call);
	tcase_add_test(tcase, renewal);
	tcase_add_test(tcase, waiters);
	tcase_add_test(tcase, no_instance);
	tcase_add_test(tcase, regions_and_endpoints);
	tcase_add_loop_test(tcase, refusals, 0, RC_ARRAY_SIZE(failures));
	tcase_add_test(tcase, broken_keys);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
