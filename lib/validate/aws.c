/* Signing and asking. Keys may have to be fetched first, so the call is kept as JSON until then. */
#include "validate/aws-private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"

#define BODY_MAX ((size_t)1 << 20)

static void send_call(struct rc_validate_probe *probe, const struct rc_net_aws_keys *keys);

static void on_response(void *userdata, int r, const struct rc_net_http_response *response,
			struct rc_error *err)
{
	struct rc_validate_probe *probe = userdata;

	probe->http = NULL;
	if (r < 0)
		rc_validate_probe_fail(probe, "Unreachable", err);
	else
		probe->answered(probe, response);
}

static void get_keys(struct rc_validate_probe *probe)
{
	struct rc_net_aws_keys keys;
	struct rc_error *err = NULL;
	int r = rc_net_aws_credentials_get(rc_validate_services_get_aws(probe->services),
					   &probe->waiter, &keys, &err);

	if (r < 0)
		rc_validate_probe_fail(probe, "NoCredentials", err);
	else if (r == 0)
		send_call(probe, &keys);
}

static void on_wake(struct rc_net_aws_waiter *waiter)
{
	get_keys(rc_container_of(waiter, struct rc_validate_probe, waiter));
}

static const char *get_region(struct rc_validate_probe *probe)
{
	return probe->check->region
		       ?: rc_net_aws_credentials_get_region(
				  rc_validate_services_get_aws(probe->services));
}

/* Where the call goes; the caller's. */
static char *make_url(struct rc_validate_probe *probe, const char *region)
{
	const json_t *call = probe->notes;
	const char *const *env = rc_validate_services_get_env(probe->services);
	const char *prefix = rc_json_text(call, "prefix", NULL);
	const char *path = rc_json_text(call, "path", NULL);
	rc_autofree char *endpoint =
		probe->check->endpoint
			? rc_strdup(probe->check->endpoint)
			: rc_net_aws_profile_endpoint(env ?: (const char *const *)environ,
						      rc_json_text(call, "service", NULL),
						      rc_json_text(call, "id", NULL), region);

	if (!prefix)
		return rc_asprintf("%s%s", endpoint, path);
	/* A name with dots is in no certificate, and other servers know no such hosts. */
	if (probe->check->endpoint || strchr(prefix, '.') ||
	    !rc_text_has_prefix(endpoint, "https://s3."))
		return rc_asprintf("%s/%s%s", endpoint, prefix, path);
	return rc_asprintf("https://%s.%s%s", prefix, endpoint + strlen("https://"), path);
}

static void send_call(struct rc_validate_probe *probe, const struct rc_net_aws_keys *keys)
{
	const json_t *call = probe->notes;
	const char *region = get_region(probe);
	bool is_s3 = json_is_true(json_object_get(call, "isS3"));
	static const struct rc_net_http_header headers[] = {
		{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}, {NULL, NULL}};
	rc_autofree char *url = NULL;
	rc_cleanup(rc_net_aws_sigv4_freep) struct rc_net_http_header *signed_headers = NULL;
	struct rc_net_http_options options = {.timeout_ms = (uint64_t)probe->check->timeout_ms,
					      .max_body_bytes = BODY_MAX};
	struct rc_net_aws_request request;

	if (!region) {
		rc_validate_probe_end(probe, RC_VALIDATE_ERROR, "NoRegion",
				      "neither the check nor AWS_REGION nor the profile says a "
				      "region");
		return;
	}
	url = make_url(probe, region);
	request = (struct rc_net_aws_request){
		.method = rc_json_text(call, "method", NULL),
		.url = url,
		.headers = is_s3 ? NULL : headers,
		.body = rc_str(rc_json_text(call, "body", NULL) ?: ""),
		.region = region,
		.service = rc_json_text(call, "service", NULL),
		.unix_s = rc_clock_unix_s(),
		.is_path_exact = is_s3,
		.with_digest = is_s3,
	};
	signed_headers = rc_net_aws_sigv4_sign(&request, keys);
	options.method = request.method;
	options.url = url;
	options.headers = signed_headers;
	options.body = request.body;
	probe->http = rc_net_http_client_start(rc_validate_services_get_http(probe->services),
					       &options, NULL, on_response, probe);
}

void rc_validate_aws_start(struct rc_validate_probe *probe, const struct rc_validate_aws_call *call,
			   void (*answered)(struct rc_validate_probe *probe,
					    const struct rc_net_http_response *response))
{
	json_decref(probe->notes);
	probe->notes =
		json_pack("{s:s, s:s, s:s, s:s, s:s*, s:s*, s:b}", "service", call->service, "id",
			  call->id, "method", call->method, "path", call->path, "prefix",
			  call->host_prefix, "body", call->body, "isS3", call->is_s3);
	probe->answered = answered;
	probe->waiter.wake = on_wake;
	get_keys(probe);
}

bool rc_validate_aws_check(struct rc_validate_probe *probe,
			   const struct rc_net_http_response *response)
{
	struct rc_error *err = NULL;
	rc_autofree char *text = NULL;
	int r;

	if (response->status < 300)
		return true;
	r = rc_net_aws_keyset_read_failure(response->status, response->body, &err);
	if (r == -EACCES)
		rc_net_aws_credentials_forget(rc_validate_services_get_aws(probe->services));
	text = rc_error_format(err);
	rc_error_free(err);
	rc_validate_probe_end(probe, r == -EAGAIN ? RC_VALIDATE_ERROR : RC_VALIDATE_FAIL,
			      r == -EACCES   ? "AccessDenied"
			      : r == -ENOENT ? "NotFound"
			      : r == -EAGAIN ? "Unreachable"
					     : "Refused",
			      "%s", text);
	return false;
}
