/* A request's options as those of libcurl. */
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/str.h"
#include "net/http-private.h"

#define TIMEOUT_DEFAULT_MS 30000
#define CONNECT_DEFAULT_MS 10000

static void set_blob(CURL *easy, CURLoption option, struct rc_str text)
{
	struct curl_blob blob = {
		.data = (void *)(uintptr_t)text.p, .len = text.n, .flags = CURL_BLOB_COPY};

	curl_easy_setopt(easy, option, &blob);
}

static void set_tls(CURL *easy, const struct rc_net_tls *tls)
{
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (!tls)
		return;
	if (tls->ca_pem) {
		set_blob(easy, CURLOPT_CAINFO_BLOB, rc_str(tls->ca_pem));
		/* The system's folder of certificates is curl's default beside the blob. */
		if (!tls->with_system_roots)
			curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	if (tls->certificate_pem) {
		curl_easy_setopt(easy, CURLOPT_SSLCERTTYPE, "PEM");
		curl_easy_setopt(easy, CURLOPT_SSLKEYTYPE, "PEM");
		set_blob(easy, CURLOPT_SSLCERT_BLOB, rc_str(tls->certificate_pem));
		set_blob(easy, CURLOPT_SSLKEY_BLOB, rc_secret_reveal(tls->key_pem));
	}
	if (tls->insecure) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static void add_header(struct rc_net_http_request *request, const char *name, const char *value)
{
	char *line = rc_asprintf("%s: %s", name, value);

	request->headers = curl_slist_append(request->headers, line);
	rc_secret_wipe_text(line);
}

static void set_headers(struct rc_net_http_request *request,
			const struct rc_net_http_options *options)
{
	const struct rc_net_http_header *header = options->headers;

	for (; header && header->name; header++)
		add_header(request, header->name, header->value);
	/* curl would ask before it sends a larger body. */
	request->headers = curl_slist_append(request->headers, "Expect:");
	if (options->bearer) {
		rc_autofree char *token =
			rc_asprintf("Bearer %s", rc_secret_reveal(options->bearer).p);

		add_header(request, "Authorization", token);
		explicit_bzero(token, strlen(token));
	}
	curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, request->headers);
}

static void set_body(CURL *easy, const struct rc_net_http_options *options)
{
	const char *method = options->method ? options->method : "GET";

	if (options->body.n > 0 || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)options->body.n);
		curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS,
				 options->body.n ? options->body.p : "");
	}
	/* Else curl would wait for the body that the head announces. */
	if (strcmp(method, "HEAD") == 0)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
}

static void set_times(CURL *easy, const struct rc_net_http_options *options, bool stream)
{
	uint64_t connect =
		options->connect_timeout_ms ? options->connect_timeout_ms : CONNECT_DEFAULT_MS;
	uint64_t whole = options->timeout_ms ? options->timeout_ms : TIMEOUT_DEFAULT_MS;

	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect);
	if (!stream || options->timeout_ms)
		curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)whole);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
}

static size_t on_mail(char *to, size_t size, size_t n, void *userdata)
{
	struct rc_net_http_request *request = userdata;
	size_t left = request->mail.n - request->n_sent;

	n = size * n < left ? size * n : left;
	if (n > 0)
		memcpy(to, request->mail.p + request->n_sent, n);
	request->n_sent += n;
	return n;
}

static bool is_loopback(const char *url)
{
	return strstr(url, "://127.0.0.1") || strstr(url, "://localhost") ||
	       strstr(url, "://[::1]");
}

static void set_mail(struct rc_net_http_request *request, const struct rc_net_http_options *options)
{
	const struct rc_net_mail *mail = options->mail;
	CURL *easy = request->easy;

	rc_buf_init(&request->mail, RC_BUF_UNLIMITED);
	rc_buf_add_str(&request->mail, options->body);
	for (const char *const *to = mail->to; *to; to++)
		request->recipients = curl_slist_append(request->recipients, *to);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(easy, CURLOPT_MAIL_FROM, mail->from);
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, request->recipients);
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_mail);
	curl_easy_setopt(easy, CURLOPT_READDATA, request);
	curl_easy_setopt(easy, CURLOPT_USE_SSL,
			 is_loopback(options->url) ? (long)CURLUSESSL_TRY : (long)CURLUSESSL_ALL);
	if (!mail->username)
		return;
	curl_easy_setopt(easy, CURLOPT_USERNAME, mail->username);
	curl_easy_setopt(easy, CURLOPT_PASSWORD,
			 mail->password ? rc_secret_reveal(mail->password).p : "");
}

void rc_net_http_easy_set(struct rc_net_http_request *request,
			  const struct rc_net_http_options *options)
{
	CURL *easy = request->easy;

	curl_easy_setopt(easy, CURLOPT_URL, options->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	/*
	 * Wait for a connection that may take another stream rather than open one more. Without TLS
	 * only the first answer says that it cannot, and a slow one would hold up all others.
	 */
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT,
			 rc_text_has_prefix(options->url, "https:") ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	if (options->compressed)
		curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	if (options->certificates)
		curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
	set_tls(easy, options->tls);
	set_times(easy, options, request->chunk != NULL);
	if (options->mail) {
		set_mail(request, options);
	} else {
		set_body(easy, options);
		set_headers(request, options);
	}
}
