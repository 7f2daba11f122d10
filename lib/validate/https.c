/*
 * https and http: a URL answers as it should, and over TLS its certificates are good for some days
 * more.
 */
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "validate/kinds-private.h"
#include "validate/probe.h"

#define CA_MAX	 ((size_t)1 << 20)
#define BODY_MAX ((size_t)1 << 20)
#define DAY_S	 86400
#define MIN_DAYS 7

/* Whether the certificate lasts; says so when it does not. */
static bool judge_certificate(struct rc_validate_probe *probe,
			      const struct rc_net_http_response *response, int64_t *ret_days)
{
	int64_t end = response->certificate_end_unix_s;
	int64_t min_days = probe->check->min_days ?: MIN_DAYS;

	*ret_days = (end - rc_clock_unix_s()) / DAY_S;
	if (!end)
		return true;
	rc_validate_probe_measure(probe, "certificate_expiry_timestamp_seconds", (double)end);
	if (*ret_days >= min_days)
		return true;
	rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "CertificateExpires",
			      "the certificate is good for %lld days more; %lld are wanted",
			      (long long)*ret_days, (long long)min_days);
	return false;
}

static bool is_wanted(int64_t wanted, int status)
{
	return wanted ? status == wanted : status >= 200 && status < 400;
}

static void judge(struct rc_validate_probe *probe, const struct rc_net_http_response *response)
{
	const struct rc_validate_check *check = probe->check;
	int64_t days;

	if (!is_wanted(check->status, response->status)) {
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "WrongStatus",
				      "it answers %d; %lld is wanted", response->status,
				      (long long)(check->status ?: 200));
		return;
	}
	if (check->contains &&
	    !memmem(response->body.p, response->body.n, check->contains, strlen(check->contains))) {
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "WrongBody",
				      "its answer does not contain '%s'", check->contains);
		return;
	}
	if (!judge_certificate(probe, response, &days))
		return;
	if (response->certificate_end_unix_s)
		rc_validate_probe_end(probe, RC_VALIDATE_PASS, "Answers",
				      "it answers %d; its certificate is good for %lld days",
				      response->status, (long long)days);
	else
		rc_validate_probe_end(probe, RC_VALIDATE_PASS, "Answers", "it answers %d",
				      response->status);
}

static void on_answer(void *userdata, int r, const struct rc_net_http_response *response,
		      struct rc_error *err)
{
	struct rc_validate_probe *probe = userdata;

	probe->http = NULL;
	if (r < 0 && response->certificate_problem) {
		rc_autofree char *text = rc_error_format(err);

		rc_error_free(err);
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "CertificateRefused",
				      "its certificate is refused, %s: %s",
				      response->certificate_problem, text);
	} else if (r < 0) {
		rc_validate_probe_fail(probe, "Unreachable", err);
	} else {
		judge(probe, response);
	}
}

static void start(struct rc_validate_probe *probe)
{
	const struct rc_validate_check *check = probe->check;
	rc_autobuf struct rc_buf ca = RC_BUF_INIT(CA_MAX);
	struct rc_net_tls tls = {.ca_pem = NULL};
	struct rc_net_http_options options = {
		.url = check->url,
		.timeout_ms = (uint64_t)check->timeout_ms,
		.max_body_bytes = BODY_MAX,
		.certificates = true,
	};
	struct rc_error *err = NULL;

	if (check->ca && rc_file_read(check->ca, &ca, &err) < 0) {
		rc_validate_probe_fail(probe, "NoAuthority", err);
		return;
	}
	if (check->ca) {
		tls.ca_pem = rc_buf_text(&ca);
		options.tls = &tls;
	}
	probe->http = rc_net_http_client_start(rc_validate_services_get_http(probe->services),
					       &options, NULL, on_answer, probe);
}

const struct rc_validate_kind rc_validate_https_kind = {.name = "https", .start = start};
const struct rc_validate_kind rc_validate_http_kind = {.name = "http", .start = start};
