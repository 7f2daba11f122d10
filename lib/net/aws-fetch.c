/* Keys from AWS's services. */
#include "net/aws-fetch.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/percent.h"

#define STS_VERSION	  "2011-06-15"
#define SESSION_NAME	  "reconciled"
#define TIMEOUT_MS	  15000
#define HOST_TIMEOUT_MS	  2000 /* the instance's own service answers at once, or there is none */
#define HOST_CONNECT_MS	  1000
#define BODY_MAX	  ((size_t)256 << 10)
#define METADATA_PATH	  "/latest/meta-data/iam/security-credentials/"
#define METADATA_LIFETIME "21600"

struct rc_net_aws_fetch {
	struct rc_net_aws_fetch_options options;
	struct rc_net_http_request *request;
	char *url;		 /* metadata: of the service */
	struct rc_secret *token; /* metadata: of our session */
	const char *what;	 /* for errors */
};

static struct rc_net_aws_fetch *make(const struct rc_net_aws_fetch_options *options,
				     const char *what)
{
	struct rc_net_aws_fetch *fetch = rc_new0(struct rc_net_aws_fetch);

	fetch->options = *options;
	fetch->what = what;
	return fetch;
}

static void release(struct rc_net_aws_fetch *fetch)
{
	rc_secret_free(fetch->token);
	free(fetch->url);
	free(fetch);
}

void rc_net_aws_fetch_cancel(struct rc_net_aws_fetch *fetch)
{
	if (!fetch)
		return;
	rc_net_http_request_cancel(fetch->request);
	release(fetch);
}

static void end(struct rc_net_aws_fetch *fetch, int r, struct rc_net_aws_keyset *keyset,
		struct rc_error *err)
{
	struct rc_net_aws_fetch_options options = fetch->options;

	if (r < 0)
		rc_wrap(&err, r, "%s", fetch->what);
	release(fetch);
	options.done(options.userdata, r, r < 0 ? NULL : keyset, err);
	rc_net_aws_keyset_done(keyset);
}

/* 0 when the service gave what it was asked for. */
static int check(int r, const struct rc_net_http_response *response, struct rc_error **err)
{
	if (r < 0)
		return r;
	return response->status == 200
		       ? 0
		       : rc_net_aws_keyset_read_failure(response->status, response->body, err);
}

/* ---- STS ---- */

static void put_field(struct rc_buf *form, const char *name, struct rc_str value)
{
	rc_buf_printf(form, "%s%s=", form->n ? "&" : "", name);
	rc_percent_encode(form, value, NULL);
}

static void put_tags(struct rc_buf *form, const struct rc_net_aws_tag *tags)
{
	int n = 0, n_transitive = 0;

	for (; tags && tags->key; tags++) {
		rc_autofree char *key = rc_asprintf("Tags.member.%d.Key", ++n);
		rc_autofree char *value = rc_asprintf("Tags.member.%d.Value", n);
		rc_autofree char *transitive = NULL;

		put_field(form, key, rc_str(tags->key));
		put_field(form, value, rc_str(tags->value));
		if (!tags->is_transitive)
			continue;
		transitive = rc_asprintf("TransitiveTagKeys.member.%d", ++n_transitive);
		put_field(form, transitive, rc_str(tags->key));
	}
}

static void put_role(struct rc_buf *form, const char *action, const struct rc_net_aws_role *role)
{
	put_field(form, "Action", rc_str(action));
	put_field(form, "Version", rc_str(STS_VERSION));
	put_field(form, "RoleArn", rc_str(role->arn));
	put_field(form, "RoleSessionName", rc_str(role->session_name ?: SESSION_NAME));
	if (role->external_id)
		put_field(form, "ExternalId", rc_str(role->external_id));
	if (role->duration_s)
		rc_buf_printf(form, "&DurationSeconds=%u", role->duration_s);
	put_tags(form, role->tags);
}

static void on_sts(void *userdata, int r, const struct rc_net_http_response *response,
		   struct rc_error *err)
{
	struct rc_net_aws_fetch *fetch = userdata;
	struct rc_net_aws_keyset keyset = {.access_key_id = NULL};

	fetch->request = NULL;
	r = check(r, response, &err);
	if (r == 0)
		r = rc_net_aws_keyset_read_xml(response->body, &keyset, &err);
	end(fetch, r, &keyset, err);
}

static void post(struct rc_net_aws_fetch *fetch, const char *url,
		 const struct rc_net_http_header *headers, const struct rc_buf *form)
{
	struct rc_net_http_options options = {.method = "POST",
					      .url = url,
					      .headers = headers,
					      .body = rc_buf_str(form),
					      .timeout_ms = TIMEOUT_MS,
					      .max_body_bytes = BODY_MAX};

	fetch->request =
		rc_net_http_client_start(fetch->options.http, &options, NULL, on_sts, fetch);
}

static const struct rc_net_http_header form_headers[] = {
	{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}, {NULL, NULL}};

struct rc_net_aws_fetch *rc_net_aws_fetch_role(const struct rc_net_aws_fetch_options *options,
					       const char *url, const char *region,
					       const struct rc_net_aws_keys *keys,
					       const struct rc_net_aws_role *role)
{
	struct rc_net_aws_fetch *fetch = make(options, "assuming the role");
	rc_autobuf struct rc_buf form = RC_BUF_INIT(RC_BUF_UNLIMITED);
	rc_cleanup(rc_net_aws_sigv4_freep) struct rc_net_http_header *headers = NULL;
	rc_autofree char *root = rc_asprintf("%s/", url);
	struct rc_net_aws_request request = {.method = "POST",
					     .url = root,
					     .headers = form_headers,
					     .region = region,
					     .service = "sts",
					     .unix_s = rc_clock_unix_s()};

	put_role(&form, "AssumeRole", role);
	request.body = rc_buf_str(&form);
	headers = rc_net_aws_sigv4_sign(&request, keys);
	post(fetch, root, headers, &form);
	return fetch;
}

struct rc_net_aws_fetch *
rc_net_aws_fetch_web_identity(const struct rc_net_aws_fetch_options *options, const char *url,
			      const struct rc_secret *token, const struct rc_net_aws_role *role)
{
	struct rc_net_aws_fetch *fetch = make(options, "assuming the role by a web identity");
	rc_autobuf struct rc_buf form = RC_BUF_INIT(RC_BUF_UNLIMITED);
	rc_autofree char *root = rc_asprintf("%s/", url);

	put_role(&form, "AssumeRoleWithWebIdentity", role);
	put_field(&form, "WebIdentityToken", rc_str_trim(rc_secret_reveal(token), " \t\r\n"));
	post(fetch, root, form_headers, &form);
	explicit_bzero(form.p, form.size);
	return fetch;
}

/* ---- the container ---- */

static void on_json(void *userdata, int r, const struct rc_net_http_response *response,
		    struct rc_error *err)
{
	struct rc_net_aws_fetch *fetch = userdata;
	struct rc_net_aws_keyset keyset = {.access_key_id = NULL};

	fetch->request = NULL;
	r = check(r, response, &err);
	if (r == 0)
		r = rc_net_aws_keyset_read_json(response->body, &keyset, &err);
	end(fetch, r, &keyset, err);
}

static void ask(struct rc_net_aws_fetch *fetch, const char *method, const char *url,
		const struct rc_net_http_header *headers, rc_net_http_done_fn *done)
{
	struct rc_net_http_options options = {.method = method,
					      .url = url,
					      .headers = headers,
					      .timeout_ms = HOST_TIMEOUT_MS,
					      .connect_timeout_ms = HOST_CONNECT_MS,
					      .max_body_bytes = BODY_MAX};

	fetch->request = rc_net_http_client_start(fetch->options.http, &options, NULL, done, fetch);
}

struct rc_net_aws_fetch *rc_net_aws_fetch_container(const struct rc_net_aws_fetch_options *options,
						    const char *url, const struct rc_secret *token)
{
	struct rc_net_aws_fetch *fetch = make(options, "asking for the container's credentials");
	char *value = rc_str_dup(rc_str_trim(rc_secret_reveal(token), " \t\r\n"));
	struct rc_net_http_header headers[] = {{token ? "Authorization" : NULL, value},
					       {NULL, NULL}};

	ask(fetch, "GET", url, headers, on_json);
	rc_secret_wipe_text(value);
	return fetch;
}

/* ---- the instance ---- */

static void ask_metadata(struct rc_net_aws_fetch *fetch, struct rc_str name,
			 rc_net_http_done_fn *done)
{
	struct rc_net_http_header headers[] = {
		{"X-aws-ec2-metadata-token", rc_secret_reveal(fetch->token).p}, {NULL, NULL}};
	rc_autobuf struct rc_buf url = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_buf_printf(&url, "%s" METADATA_PATH, fetch->url);
	rc_percent_encode(&url, name, NULL);
	ask(fetch, "GET", rc_buf_text(&url), headers, done);
}

static void on_role_name(void *userdata, int r, const struct rc_net_http_response *response,
			 struct rc_error *err)
{
	struct rc_net_aws_fetch *fetch = userdata;
	struct rc_net_aws_keyset keyset = {.access_key_id = NULL};
	struct rc_str name = rc_str_trim(response->body, " \t\r\n");
	ptrdiff_t line = rc_str_index(name, '\n');

	fetch->request = NULL;
	r = check(r, response, &err);
	if (r == -ENOENT || (r == 0 && name.n == 0)) {
		rc_error_free(rc_steal(&err));
		r = rc_fail(&err, -ENOENT, "the instance has no role");
	}
	if (r < 0) {
		end(fetch, r, &keyset, err);
		return;
	}
	if (line > 0)
		name.n = (size_t)line;
	ask_metadata(fetch, name, on_json);
}

static void on_session(void *userdata, int r, const struct rc_net_http_response *response,
		       struct rc_error *err)
{
	struct rc_net_aws_fetch *fetch = userdata;
	struct rc_net_aws_keyset keyset = {.access_key_id = NULL};
	struct rc_str token = rc_str_trim(response->body, " \t\r\n");

	fetch->request = NULL;
	r = check(r, response, &err);
	if (r < 0) {
		rc_hint(&err, "no keys are configured, and this seems to be no instance of AWS "
			      "(or one whose hop limit keeps us out)");
		end(fetch, r, &keyset, err);
		return;
	}
	fetch->token = rc_secret_new(token.p, token.n);
	ask_metadata(fetch, RC_STR(""), on_role_name);
}

struct rc_net_aws_fetch *rc_net_aws_fetch_metadata(const struct rc_net_aws_fetch_options *options,
						   const char *url)
{
	static const struct rc_net_http_header headers[] = {
		{"X-aws-ec2-metadata-token-ttl-seconds", METADATA_LIFETIME}, {NULL, NULL}};
	struct rc_net_aws_fetch *fetch = make(options, "asking the instance for its role's keys");
	rc_autofree char *session = rc_asprintf("%s/latest/api/token", url);

	fetch->url = rc_strdup(url);
	ask(fetch, "PUT", session, headers, on_session);
	return fetch;
}
