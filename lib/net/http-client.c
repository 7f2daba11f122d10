/* libcurl's multi socket interface on libev. */
#include "net/http-private.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include <utlist.h>

#include "base/memory.h"

#define BODY_DEFAULT	  ((size_t)64 << 20)
#define IDLE_DEFAULT_MS	  300000
#define ERROR_BODY_MAX	  ((size_t)64 << 10)
#define RETRY_AFTER_MAX_S 86400

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

const char *rc_net_http_response_get(const struct rc_net_http_response *response, const char *name,
				     size_t nth)
{
	struct curl_header *header;

	if (curl_easy_header(response->request->easy, name, nth, CURLH_HEADER, -1, &header) !=
	    CURLHE_OK)
		return NULL;
	return header->value;
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
		r = rc_net_http_outcome_fail(request, &err);
	response.status = (int)status;
	response.body = rc_buf_str(&request->body);
	response.certificate_end_unix_s = rc_net_http_outcome_certificate_end(request->easy);
	response.certificate_problem = rc_net_http_outcome_certificate_problem(request);
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

/* Scheme and host are enough to know the peer by; a path may hold names, a query more. */
static char *host_of(const char *url)
{
	const char *start = strstr(url, "://");

	start = start ? start + 3 : url;
	return rc_strndup(url, (size_t)(start - url) + strcspn(start, "/?"));
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
	curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->message);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, client->user_agent);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
	rc_net_http_easy_set(request, options);
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
