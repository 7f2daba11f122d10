/* Errors of libcurl as ours, and what it knows of the peer's certificate. */
#include <errno.h>
#include <time.h>

#include <openssl/x509_vfy.h>

#include "base/memory.h"
#include "base/str.h"
#include "net/http-private.h"

static const struct {
	CURLcode code;
	int r;
} codes[] = {
	{CURLE_COULDNT_RESOLVE_HOST, -EHOSTUNREACH},
	{CURLE_COULDNT_RESOLVE_PROXY, -EHOSTUNREACH},
	{CURLE_COULDNT_CONNECT, -ECONNREFUSED},
	{CURLE_OPERATION_TIMEDOUT, -ETIMEDOUT},
	{CURLE_GOT_NOTHING, -ECONNRESET},
	{CURLE_SEND_ERROR, -ECONNRESET},
	{CURLE_RECV_ERROR, -ECONNRESET},
	{CURLE_PARTIAL_FILE, -ECONNRESET},
	{CURLE_HTTP2, -ECONNRESET},
	{CURLE_HTTP2_STREAM, -ECONNRESET},
	{CURLE_FILESIZE_EXCEEDED, -E2BIG},
	{CURLE_URL_MALFORMAT, -EINVAL},
	{CURLE_UNSUPPORTED_PROTOCOL, -EINVAL},
};

static int code_to_error(CURLcode code)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(codes); i++)
		if (codes[i].code == code)
			return codes[i].r;
	return -EPROTO;
}

int rc_net_http_outcome_fail(struct rc_net_http_request *request, struct rc_error **err)
{
	const char *message =
		request->message[0] ? request->message : curl_easy_strerror(request->code);
	int r = code_to_error(request->code);

	if (request->idled)
		return rc_fail(err, -ETIMEDOUT, "%s: nothing came for %llu ms", request->host,
			       (unsigned long long)request->idle_timeout_ms);
	if (request->body.overflow)
		return rc_fail(err, -E2BIG, "%s: the answer is larger than %zu bytes",
			       request->host, request->body.max);
	rc_fail(err, r, "%s: %s", request->host, message);
	if (request->code == CURLE_PEER_FAILED_VERIFICATION)
		rc_hint(err, "is it the right certificate authority, and the right host name?");
	return r;
}

/* "Expire date:Nov 25 20:00:00 2026 GMT" of each certificate of the chain. */
int64_t rc_net_http_outcome_certificate_end(CURL *easy)
{
	struct curl_certinfo *chain = NULL;
	int64_t first = 0;

	if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || !chain)
		return 0;
	for (int i = 0; i < chain->num_of_certs; i++)
		for (const struct curl_slist *line = chain->certinfo[i]; line; line = line->next) {
			struct tm tm = {.tm_sec = 0};
			int64_t end;

			if (!rc_text_has_prefix(line->data, "Expire date:") ||
			    !strptime(line->data + 12, "%b %d %H:%M:%S %Y", &tm))
				continue;
			end = timegm(&tm);
			if (!first || end < first)
				first = end;
		}
	return first;
}

const char *rc_net_http_outcome_certificate_problem(const struct rc_net_http_request *request)
{
	long verdict = 0;

	if (request->code != CURLE_PEER_FAILED_VERIFICATION)
		return NULL;
	curl_easy_getinfo(request->easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
	switch (verdict) {
	case X509_V_OK:
	case X509_V_ERR_UNSPECIFIED: /* the name was looked at first */
		return "it is for another name";
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return "it has expired";
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return "it is not valid yet";
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return "its certificate authority is not known here";
	default:
		return "it is not accepted";
	}
}
