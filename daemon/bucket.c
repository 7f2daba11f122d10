/* Back-ups in a bucket. A put is three requests: the object, a list, and what is too old. */
#include "bucket.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <utlist.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "net/aws-credentials.h"
#include "net/http-client.h"
#include "net/url.h"

#define SUFFIX	   ".tfstate.enc"
#define FILE_BYTES ((size_t)256 << 20)
#define LIST_BYTES ((size_t)4 << 20)
#define TIMEOUT_MS (120 * UINT64_C(1000))
#define KEEP_DAYS  30

struct daemon_bucket {
	struct ev_loop *loop;
	const struct rc_config_bucket *config;
	size_t keep;
	struct rc_net_http_client *http;
	struct rc_net_aws_credentials *credentials;
	struct daemon_bucket_call *calls;
};

struct daemon_bucket_call {
	struct daemon_bucket_call *prev, *next;
	struct daemon_bucket *bucket;
	char *folder; /* "<prefix>/<stack>/", as it stands in URLs */
	const char *method;
	char *target; /* what follows the bucket in the URL */
	struct rc_buf body;
	json_t *items; /* of a list */
	bool is_put;   /* its list is for what is too old */
	struct rc_net_http_request *request;
	struct rc_net_aws_waiter waiter;
	ev_timer turn; /* tells of what could not be asked */
	int r;
	struct rc_error *err;
	/* With a success. */
	void (*answered)(struct daemon_bucket_call *call,
			 const struct rc_net_http_response *response);
	daemon_bucket_done_fn *done;
	void *userdata;
};

/* ---- the end of a call ---- */

static void free_call(struct daemon_bucket_call *call)
{
	DL_DELETE(call->bucket->calls, call);
	rc_net_http_request_cancel(call->request);
	rc_net_aws_credentials_leave(call->bucket->credentials, &call->waiter);
	ev_timer_stop(call->bucket->loop, &call->turn);
	rc_buf_done(&call->body);
	rc_error_free(call->err);
	json_decref(call->items);
	free(call->folder);
	free(call->target);
	free(call);
}

static void end(struct daemon_bucket_call *call, int r, struct rc_str body, struct rc_error *err)
{
	if (r < 0)
		rc_wrap(&err, r, "bucket %s", call->bucket->config->bucket);
	call->done(call->userdata, r, body, call->items, err);
	free_call(call);
}

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct daemon_bucket_call *call = rc_container_of(timer, struct daemon_bucket_call, turn);

	(void)loop;
	(void)events;
	end(call, call->r, RC_STR(""), rc_steal(&call->err));
}

/* err is taken over. */
static void end_later(struct daemon_bucket_call *call, int r, struct rc_error *err)
{
	call->r = r;
	call->err = err;
	ev_timer_start(call->bucket->loop, &call->turn);
}

/* ---- one request ---- */

static void on_response(void *userdata, int r, const struct rc_net_http_response *response,
			struct rc_error *err)
{
	struct daemon_bucket_call *call = userdata;

	call->request = NULL;
	if (r == 0 && response->status >= 300)
		r = rc_net_aws_keyset_read_failure(response->status, response->body, &err);
	if (r == -EACCES)
		rc_net_aws_credentials_forget(call->bucket->credentials);
	if (r < 0)
		end(call, r, RC_STR(""), err);
	else
		call->answered(call, response);
}

/* By the bucket's own name, but where other servers, or certificates, know no such hosts. */
static char *make_url(const struct daemon_bucket *bucket, const char *region, const char *target)
{
	const struct rc_config_bucket *config = bucket->config;
	rc_autofree char *endpoint =
		config->endpoint ? rc_strdup(config->endpoint)
				 : rc_net_aws_profile_endpoint((const char *const *)environ, "s3",
							       "S3", region);

	if (config->endpoint || strchr(config->bucket, '.') ||
	    !rc_text_has_prefix(endpoint, "https://s3."))
		return rc_asprintf("%s/%s%s", endpoint, config->bucket, target);
	return rc_asprintf("https://%s.%s%s", config->bucket, endpoint + strlen("https://"),
			   target);
}

static void send_request(struct daemon_bucket_call *call, const struct rc_net_aws_keys *keys)
{
	struct daemon_bucket *bucket = call->bucket;
	const char *region =
		bucket->config->region ?: rc_net_aws_credentials_get_region(bucket->credentials);
	rc_autofree char *url = NULL;
	rc_cleanup(rc_net_aws_sigv4_freep) struct rc_net_http_header *headers = NULL;
	struct rc_net_http_options options = {.method = call->method,
					      .body = rc_buf_str(&call->body),
					      .timeout_ms = TIMEOUT_MS,
					      .max_body_bytes = FILE_BYTES};
	struct rc_net_aws_request request = {.method = call->method,
					     .body = rc_buf_str(&call->body),
					     .region = region,
					     .service = "s3",
					     .unix_s = rc_clock_unix_s(),
					     .is_path_exact = true,
					     .with_digest = true};
	struct rc_error *err = NULL;

	if (!region) {
		rc_fail(&err, -EINVAL, "nothing says its region");
		rc_hint(&err, "set terraform.backups.s3.region");
		end_later(call, -EINVAL, err);
		return;
	}
	url = make_url(bucket, region, call->target);
	request.url = options.url = url;
	headers = rc_net_aws_sigv4_sign(&request, keys);
	options.headers = headers;
	call->request = rc_net_http_client_start(bucket->http, &options, NULL, on_response, call);
}

static void get_keys(struct daemon_bucket_call *call)
{
	struct rc_net_aws_keys keys;
	struct rc_error *err = NULL;
	int r = rc_net_aws_credentials_get(call->bucket->credentials, &call->waiter, &keys, &err);

	if (r < 0)
		end_later(call, r, err);
	else if (r == 0)
		send_request(call, &keys);
}

static void on_wake(struct rc_net_aws_waiter *waiter)
{
	get_keys(rc_container_of(waiter, struct daemon_bucket_call, waiter));
}

/* target is given away. */
static void ask(struct daemon_bucket_call *call, const char *method, char *target,
		void (*answered)(struct daemon_bucket_call *call,
				 const struct rc_net_http_response *response))
{
	free(call->target);
	call->method = method;
	call->target = target;
	call->answered = answered;
	get_keys(call);
}

static struct daemon_bucket_call *make_call(struct daemon_bucket *bucket, const char *stack,
					    daemon_bucket_done_fn *done, void *userdata)
{
	struct daemon_bucket_call *call = rc_new0(struct daemon_bucket_call);
	const char *prefix = bucket->config->prefix ?: "";
	bool has_slash = !*prefix || rc_text_has_suffix(prefix, "/");
	rc_autofree char *name = rc_net_url_escape(stack);

	call->bucket = bucket;
	call->folder = rc_asprintf("%s%s%s/", prefix, has_slash ? "" : "/", name);
	call->body = (struct rc_buf)RC_BUF_INIT(FILE_BYTES);
	call->waiter.wake = on_wake;
	call->done = done;
	call->userdata = userdata;
	ev_timer_init(&call->turn, on_turn, 0., 0.);
	DL_APPEND(bucket->calls, call);
	return call;
}

/* ---- list ---- */

/* The name of a back-up that a key is, or NULL; borrowed from key. */
static const char *get_name(const char *key)
{
	const char *slash = strrchr(key, '/');

	return slash && rc_text_has_suffix(slash, SUFFIX) ? slash + 1 : NULL;
}

/* Keys come in their order, so the newest day is the last. */
static json_t *read_list(struct rc_str xml)
{
	json_t *items = json_array();

	for (;;) {
		static const char open[] = "<Contents>";
		const char *at = memmem(xml.p, xml.n, open, sizeof(open) - 1);
		rc_autofree char *key = NULL, *time = NULL;
		const char *name;

		if (!at)
			return items;
		xml.n -= (size_t)(at + sizeof(open) - 1 - xml.p);
		xml.p = at + sizeof(open) - 1;
		key = rc_net_aws_keyset_take_element(xml, "Key");
		time = rc_net_aws_keyset_take_element(xml, "LastModified");
		name = key ? get_name(key) : NULL;
		if (name)
			json_array_insert_new(items, 0,
					      json_pack("{s:s, s:s, s:s}", "name", name, "at",
							time ?: "", "place", "s3"));
	}
}

static void remove_next(struct daemon_bucket_call *call);

static void on_removed(struct daemon_bucket_call *call, const struct rc_net_http_response *response)
{
	(void)response;
	remove_next(call);
}

/* The oldest, while there are more than are kept. */
static void remove_next(struct daemon_bucket_call *call)
{
	size_t n = json_array_size(call->items);
	rc_autofree char *name = NULL;

	if (n <= call->bucket->keep) {
		end(call, 0, RC_STR(""), NULL);
		return;
	}
	name = rc_strdup(
		json_string_value(json_object_get(json_array_get(call->items, n - 1), "name")));
	json_array_remove(call->items, n - 1);
	ask(call, "DELETE", rc_asprintf("/%s%s", call->folder, name), on_removed);
}

static void on_listed(struct daemon_bucket_call *call, const struct rc_net_http_response *response)
{
	if (response->body.n > LIST_BYTES) {
		struct rc_error *err = NULL;

		rc_fail(&err, -E2BIG, "its list is too long");
		end(call, -E2BIG, RC_STR(""), err);
		return;
	}
	call->items = read_list(response->body);
	if (call->is_put)
		remove_next(call);
	else
		end(call, 0, RC_STR(""), NULL);
}

static void ask_list(struct daemon_bucket_call *call)
{
	rc_autofree char *prefix = rc_net_url_escape(call->folder);

	/* Nothing goes with it. */
	rc_buf_clear(&call->body);
	ask(call, "GET", rc_asprintf("/?list-type=2&prefix=%s", prefix), on_listed);
}

struct daemon_bucket_call *daemon_bucket_list(struct daemon_bucket *bucket, const char *stack,
					      daemon_bucket_done_fn *done, void *userdata)
{
	struct daemon_bucket_call *call = make_call(bucket, stack, done, userdata);

	ask_list(call);
	return call;
}

/* ---- put and get ---- */

static void on_put(struct daemon_bucket_call *call, const struct rc_net_http_response *response)
{
	(void)response;
	ask_list(call);
}

struct daemon_bucket_call *daemon_bucket_put(struct daemon_bucket *bucket, const char *stack,
					     const char *path, daemon_bucket_done_fn *done,
					     void *userdata)
{
	struct daemon_bucket_call *call = make_call(bucket, stack, done, userdata);
	char day[RC_CLOCK_RFC3339_MAX];
	struct rc_error *err = NULL;
	int r = rc_file_read(path, &call->body, &err);

	call->is_put = true;
	if (r < 0) {
		end_later(call, r, err);
		return call;
	}
	rc_clock_format_rfc3339(rc_clock_unix_s(), day);
	ask(call, "PUT", rc_asprintf("/%s%.10s" SUFFIX, call->folder, day), on_put);
	return call;
}

static void on_got(struct daemon_bucket_call *call, const struct rc_net_http_response *response)
{
	end(call, 0, response->body, NULL);
}

struct daemon_bucket_call *daemon_bucket_get(struct daemon_bucket *bucket, const char *stack,
					     const char *name, daemon_bucket_done_fn *done,
					     void *userdata)
{
	struct daemon_bucket_call *call = make_call(bucket, stack, done, userdata);
	rc_autofree char *escaped = rc_net_url_escape(name);

	ask(call, "GET", rc_asprintf("/%s%s", call->folder, escaped), on_got);
	return call;
}

void daemon_bucket_cancel(struct daemon_bucket_call *call)
{
	if (call)
		free_call(call);
}

/* ---- life ---- */

struct daemon_bucket *daemon_bucket_new(struct ev_loop *loop,
					const struct rc_config_terraform *config)
{
	const struct rc_config_bucket *s3 = &config->backups.s3;
	struct rc_net_aws_role role = {.arn = s3->role, .external_id = s3->external_id};
	struct rc_net_aws_credentials_options options = {.loop = loop,
							 .region = s3->region,
							 .profile = s3->profile,
							 .roles = &role,
							 .n_roles = s3->role ? 1 : 0};
	struct daemon_bucket *bucket;

	if (!s3->bucket)
		return NULL;
	bucket = rc_new0(struct daemon_bucket);
	bucket->loop = loop;
	bucket->config = s3;
	bucket->keep = config->backups.keep_days ? (size_t)config->backups.keep_days : KEEP_DAYS;
	bucket->http = rc_net_http_client_new(loop, "reconciled");
	options.http = bucket->http;
	bucket->credentials = rc_net_aws_credentials_new(&options);
	return bucket;
}

void daemon_bucket_free(struct daemon_bucket *bucket)
{
	if (!bucket)
		return;
	while (bucket->calls)
		free_call(bucket->calls);
	rc_net_aws_credentials_free(bucket->credentials);
	rc_net_http_client_free(bucket->http);
	free(bucket);
}
