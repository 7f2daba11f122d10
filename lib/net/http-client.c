/* libcurl's multi socket interface on libev. */
#include "net/http-client.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <curl/curl.h>
#include <openssl/x509_vfy.h>
#include <utlist.h>

#include "base/memory.h"

#define BODY_DEFAULT	   ((size_t)64 << 20)
#define TIMEOUT_DEFAULT_MS 30000
#define CONNECT_DEFAULT_MS 10000
#define IDLE_DEFAULT_MS	   300000
#define ERROR_BODY_MAX	   ((size_t)64 << 10)
#define RETRY_AFTER_MAX_S  86400

struct rc_net_http_client {
	struct ev_loop *loop;
	CURLM *multi;
	char *user_agent;
	ev_timer timer; /* curl's own time-outs */
	ev_timer reap;	/* tells owners of what came and ended, outside of curl's calls */
	struct rc_net_http_request *requests;
	struct socket_watch *sockets;
};

struct rc_net_http_request {
	struct rc_net_http_request *prev, *next;
	struct rc_net_http_client *client;
	CURL *easy;
	struct curl_slist *headers, *recipients;
	size_t n_sent; /* of a mail, which is in body */
	struct rc_buf body, mail;
	struct rc_buf arrived; /* of a stream, to be told */
	char *host;
	char content_type[128];
	char message[CURL_ERROR_SIZE];
	uint64_t retry_after_s;
	uint64_t idle_timeout_ms;
	ev_timer idle; /* streams */
	rc_net_http_chunk_fn *chunk;
	rc_net_http_done_fn *done;
	void *userdata;
	bool opened, ended, idled; /* opened: the headers of a stream came, which is to be told */
	CURLcode code;
};

/* One socket that curl wants to hear of. */
struct socket_watch {
	struct socket_watch *prev, *next;
	struct rc_net_http_client *client;
	ev_io io;
};

static void check_ended(struct rc_net_http_client *client)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(client->multi, &left))) {
		struct rc_net_http_request *request;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &request);
		request->ended = true;
		request->code = message->data.result;
		ev_feed_event(client->loop, &client->reap, EV_TIMER);
	}
}

static void on_socket(struct ev_loop *loop, ev_io *io, int events)
{
	struct socket_watch *watch = rc_container_of(io, struct socket_watch, io);
	struct rc_net_http_client *client = watch->client;
	int running, mask = 0;

	(void)loop;
	if (events & EV_READ)
		mask |= CURL_CSELECT_IN;
	if (events & EV_WRITE)
		mask |= CURL_CSELECT_OUT;
	curl_multi_socket_action(client->multi, io->fd, mask, &running);
	check_ended(client);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_net_http_client *client =
		rc_container_of(timer, struct rc_net_http_client, timer);
	int running;

	(void)events;
	ev_timer_stop(loop, timer);
	curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	check_ended(client);
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *userdata, void *socket_data)
{
	struct rc_net_http_client *client = userdata;
	struct socket_watch *watch = socket_data;
	int events = (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0);

	(void)easy;
	if (watch)
		ev_io_stop(client->loop, &watch->io);
	if (what == CURL_POLL_REMOVE) {
		if (watch)
			DL_DELETE(client->sockets, watch);
		free(watch);
		curl_multi_assign(client->multi, fd, NULL);
		return 0;
	}
	if (!watch) {
		watch = rc_new0(struct socket_watch);
		watch->client = client;
		DL_APPEND(client->sockets, watch);
		curl_multi_assign(client->multi, fd, watch);
	}
	ev_io_init(&watch->io, on_socket, fd, events);
	ev_io_start(client->loop, &watch->io);
	return 0;
}

static int want_timer(CURLM *multi, long timeout_ms, void *userdata)
{
	struct rc_net_http_client *client = userdata;

	(void)multi;
	ev_timer_stop(client->loop, &client->timer);
	if (timeout_ms < 0)
		return 0;
	ev_now_update(client->loop);
	ev_timer_set(&client->timer, (double)timeout_ms / 1000., 0.);
	ev_timer_start(client->loop, &client->timer);
	return 0;
}

static void detach(struct rc_net_http_request *request)
{
	struct rc_net_http_client *client = request->client;

	ev_timer_stop(client->loop, &request->idle);
	curl_multi_remove_handle(client->multi, request->easy);
	DL_DELETE(client->requests, request);
}

static void release(struct rc_net_http_request *request)
{
	curl_easy_cleanup(request->easy);
	curl_slist_free_all(request->headers);
	curl_slist_free_all(request->recipients);
	rc_buf_done(&request->body);
	rc_buf_done(&request->mail);
	rc_buf_done(&request->arrived);
	free(request->host);
	free(request);
}

static void request_free(struct rc_net_http_request *request)
{
	detach(request);
	release(request);
}

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

static int fail(struct rc_net_http_request *request, struct rc_error **err)
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

const char *rc_net_http_response_get(const struct rc_net_http_response *response, const char *name,
				     size_t nth)
{
	struct curl_header *header;

	if (curl_easy_header(response->request->easy, name, nth, CURLH_HEADER, -1, &header) !=
	    CURLHE_OK)
		return NULL;
	return header->value;
}

/* "Expire date:Nov 25 20:00:00 2026 GMT" of each certificate of the chain. */
static int64_t find_certificate_end(CURL *easy)
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

static const char *find_certificate_problem(const struct rc_net_http_request *request)
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

static void tell(struct rc_net_http_request *request)
{
	struct rc_net_http_response response = {.content_type = request->content_type,
						.retry_after_s = request->retry_after_s,
						.request = request};
	struct rc_error *err = NULL;
	long status = 0;
	int r = 0;

	curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
	if (request->code != CURLE_OK)
		r = fail(request, &err);
	response.status = (int)status;
	response.body = rc_buf_str(&request->body);
	response.certificate_end_unix_s = find_certificate_end(request->easy);
	response.certificate_problem = find_certificate_problem(request);
	/* Out of the client's hands first: done may cancel everything else. */
	detach(request);
	request->done(request->userdata, r, &response, err);
	release(request);
}

/* What came is told before the end. */
static bool has_news(const struct rc_net_http_request *request)
{
	return request->opened || request->arrived.n > 0 || request->ended;
}

static struct rc_net_http_request *find_news(struct rc_net_http_client *client)
{
	struct rc_net_http_request *request;

	DL_FOREACH (client->requests, request)
		if (has_news(request))
			return request;
	return NULL;
}

/* The owner may cancel the request, so that it is not looked at afterwards. */
static void tell_chunk(struct rc_net_http_request *request)
{
	rc_autobuf struct rc_buf bytes = request->arrived;

	rc_buf_init(&request->arrived, RC_BUF_UNLIMITED);
	request->chunk(request->userdata, rc_buf_str(&bytes));
}

/* That the answer has begun is told by itself, also when bytes came with it. */
static void tell_opened(struct rc_net_http_request *request)
{
	request->opened = false;
	request->chunk(request->userdata, RC_STR(""));
}

/*
 * curl must not be called back from its own calls: a handle that is removed then is freed under
 * its feet, and one that is added is never sent. So nobody is told of anything but here.
 */
static void on_reap(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_net_http_client *client = rc_container_of(timer, struct rc_net_http_client, reap);
	struct rc_net_http_request *request = find_news(client);

	(void)events;
	ev_timer_stop(loop, timer);
	if (!request)
		return;
	/* One a turn: who is told may start and cancel others, and free the client. */
	ev_timer_set(timer, 0., 0.);
	ev_timer_start(loop, timer);
	if (request->opened)
		tell_opened(request);
	else if (request->arrived.n > 0)
		tell_chunk(request);
	else
		tell(request);
}

static void restart_idle(struct rc_net_http_request *request)
{
	if (!request->chunk)
		return;
	request->idle.repeat = (double)request->idle_timeout_ms / 1000.;
	ev_timer_again(request->client->loop, &request->idle);
}

static void on_idle(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_net_http_request *request =
		rc_container_of(timer, struct rc_net_http_request, idle);

	(void)events;
	ev_timer_stop(loop, timer);
	request->idled = true;
	request->ended = true;
	request->code = CURLE_OPERATION_TIMEDOUT;
	curl_multi_remove_handle(request->client->multi, request->easy);
	ev_feed_event(loop, &request->client->reap, EV_TIMER);
}

static size_t on_body(char *bytes, size_t size, size_t n, void *userdata)
{
	struct rc_net_http_request *request = userdata;
	long status = 0;

	n *= size;
	restart_idle(request);
	curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
	if (request->chunk && status == 200) {
		rc_buf_add(&request->arrived, bytes, n);
		ev_feed_event(request->client->loop, &request->client->reap, EV_TIMER);
		return n;
	}
	return rc_buf_add(&request->body, bytes, n) < 0 ? 0 : n;
}

/* Seconds; a date, which servers hardly ever send, is as if nothing was said. */
static uint64_t parse_retry_after(struct rc_str value)
{
	uint64_t seconds = 0;

	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return 0;
		seconds = 10 * seconds + (uint64_t)(value.p[i] - '0');
		if (seconds > RETRY_AFTER_MAX_S)
			return RETRY_AFTER_MAX_S;
	}
	return seconds;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *userdata)
{
	static const char content_type[] = "content-type:", retry_after[] = "retry-after:";
	struct rc_net_http_request *request = userdata;
	struct rc_str line = {bytes, size * n};
	long status = 0;

	if (line.n > sizeof(content_type) &&
	    strncasecmp(line.p, content_type, sizeof(content_type) - 1) == 0) {
		line.p += sizeof(content_type) - 1;
		line.n -= sizeof(content_type) - 1;
		line = rc_str_trim(line, " \t\r\n");
		snprintf(request->content_type, sizeof(request->content_type), "%.*s", (int)line.n,
			 line.p);
	} else if (line.n > sizeof(retry_after) &&
		   strncasecmp(line.p, retry_after, sizeof(retry_after) - 1) == 0) {
		line.p += sizeof(retry_after) - 1;
		line.n -= sizeof(retry_after) - 1;
		request->retry_after_s = parse_retry_after(rc_str_trim(line, " \t\r\n"));
	} else if (request->chunk && rc_str_trim(line, "\r\n").n == 0) {
		curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
		if (status == 200) {
			request->opened = true;
			ev_feed_event(request->client->loop, &request->client->reap, EV_TIMER);
		}
	}
	return size * n;
}

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

/* Scheme and host are enough to know the peer by; a path may hold names, a query more. */
static char *host_of(const char *url)
{
	const char *start = strstr(url, "://");

	start = start ? start + 3 : url;
	return rc_strndup(url, (size_t)(start - url) + strcspn(start, "/?"));
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

struct rc_net_http_request *rc_net_http_client_start(struct rc_net_http_client *client,
						     const struct rc_net_http_options *options,
						     rc_net_http_chunk_fn *chunk,
						     rc_net_http_done_fn *done, void *userdata)
{
	struct rc_net_http_request *request = rc_new0(struct rc_net_http_request);
	size_t max = options->max_body_bytes ? options->max_body_bytes : BODY_DEFAULT;
	CURL *easy = curl_easy_init();

	if (!easy)
		abort();
	*request = (struct rc_net_http_request){
		.client = client, .easy = easy, .chunk = chunk, .done = done, .userdata = userdata};
	request->host = host_of(options->url);
	request->idle_timeout_ms =
		options->idle_timeout_ms ? options->idle_timeout_ms : IDLE_DEFAULT_MS;
	rc_buf_init(&request->body, chunk ? ERROR_BODY_MAX : max);
	rc_buf_init(&request->arrived, RC_BUF_UNLIMITED);
	ev_timer_init(&request->idle, on_idle, 0., 0.);
	DL_APPEND(client->requests, request);
	curl_easy_setopt(easy, CURLOPT_URL, options->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->message);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, client->user_agent);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
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
	set_times(easy, options, chunk != NULL);
	if (options->mail) {
		set_mail(request, options);
	} else {
		set_body(easy, options);
		set_headers(request, options);
	}
	restart_idle(request);
	curl_multi_add_handle(client->multi, easy);
	return request;
}

void rc_net_http_request_cancel(struct rc_net_http_request *request)
{
	if (request)
		request_free(request);
}

struct rc_net_http_client *rc_net_http_client_new(struct ev_loop *loop, const char *user_agent)
{
	struct rc_net_http_client *client = rc_new0(struct rc_net_http_client);

	curl_global_init(CURL_GLOBAL_DEFAULT);
	client->loop = loop;
	client->user_agent = rc_strdup(user_agent);
	client->multi = curl_multi_init();
	if (!client->multi)
		abort();
	ev_timer_init(&client->timer, on_timer, 0., 0.);
	ev_timer_init(&client->reap, on_reap, 0., 0.);
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	return client;
}

void rc_net_http_client_free(struct rc_net_http_client *client)
{
	struct rc_net_http_request *request, *next_request;
	struct socket_watch *watch, *next_watch;

	if (!client)
		return;
	DL_FOREACH_SAFE (client->requests, request, next_request)
		request_free(request);
	curl_multi_cleanup(client->multi);
	DL_FOREACH_SAFE (client->sockets, watch, next_watch) {
		ev_io_stop(client->loop, &watch->io);
		free(watch);
	}
	ev_timer_stop(client->loop, &client->timer);
	ev_timer_stop(client->loop, &client->reap);
	ev_clear_pending(client->loop, &client->reap);
	free(client->user_agent);
	free(client);
	curl_global_cleanup();
}
