/* Calls to an API server: a queue per cluster, retries of reads, Status as errors. */
#include "kube/request.h"

#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "data/percent.h"
#include "kube/cluster-private.h"

#define TRIES_MAX     4
#define HELD_MAX      10 /* how often one request is put off because the server is busy */
#define BACKOFF_MS    200
#define BACKOFF_MAX_S 30

#define INVALID_OBJECT "Invalid value: \"{"
#define TYPED_FAILURE  "failed to create typed patch object"

enum state {
	STATE_WAITING, /* for a free place */
	STATE_TIMED,   /* the timer will send it */
	STATE_LOGIN,   /* an exec plugin is asked for credentials */
	STATE_SENT,
};

struct rc_kube_request {
	struct rc_kube_request *prev, *next;
	struct rc_kube_cluster *cluster;
	struct rc_net_http_request *http; /* while STATE_SENT */
	char *method, *target /* path and query */, *path, *content_type, *accept, *body;
	uint64_t timeout_ms;
	ev_timer timer;
	enum state state;
	struct rc_kube_exec_waiter login;
	unsigned int login_generation; /* of the last try */
	unsigned int tries, held;
	bool login_renewed;
	rc_kube_request_done_fn *done;
	void *userdata;
};

static const struct {
	int status, r;
} codes[] = {
	{400, -EINVAL}, {401, -EACCES}, {403, -EACCES}, {404, -ENOENT},
	{405, -EINVAL}, {409, -ESTALE}, {410, -ESTALE}, {413, -EINVAL},
	{415, -EINVAL}, {422, -EINVAL}, {429, -EAGAIN},
};

static int status_to_error(int status, const char *reason)
{
	if (status == 409 && strcmp(reason, "AlreadyExists") == 0)
		return -EEXIST;
	for (size_t i = 0; i < RC_ARRAY_SIZE(codes); i++)
		if (codes[i].status == status)
			return codes[i].r;
	return status >= 500 ? -EBUSY : -EPROTO;
}

static void set_timer(struct rc_kube_request *request, uint64_t delay_ms)
{
	request->state = STATE_TIMED;
	ev_timer_set(&request->timer, (double)delay_ms / 1000., 0.);
	ev_timer_start(request->cluster->loop, &request->timer);
}

/* A place is free: whoever waits longest takes it in the loop's next turn. */
static void wake_next(struct rc_kube_cluster *cluster)
{
	struct rc_kube_request *request;

	DL_FOREACH (cluster->requests, request)
		if (request->state == STATE_WAITING) {
			set_timer(request, 0);
			return;
		}
}

static void leave(struct rc_kube_request *request)
{
	if (request->state != STATE_SENT)
		return;
	request->state = STATE_WAITING;
	request->http = NULL;
	request->cluster->in_flight--;
}

static void detach(struct rc_kube_request *request)
{
	struct rc_kube_cluster *cluster = request->cluster;

	ev_timer_stop(cluster->loop, &request->timer);
	rc_kube_cluster_leave_login(cluster, &request->login);
	rc_net_http_request_cancel(rc_steal(&request->http));
	leave(request);
	DL_DELETE(cluster->requests, request);
	wake_next(cluster);
}

static void release(struct rc_kube_request *request)
{
	free(request->method);
	free(request->target);
	free(request->path);
	free(request->content_type);
	free(request->accept);
	rc_secret_wipe_text(request->body); /* it may be a Secret */
	free(request);
}

static void tell(struct rc_kube_request *request, int r, const struct rc_kube_answer *answer,
		 struct rc_error *err)
{
	/* Out of the cluster's hands first: done may free it. */
	detach(request);
	if (r < 0)
		rc_wrap(&err, r, "%s %s", request->method, request->path);
	request->done(request->userdata, r, answer, err);
	release(request);
}

/*
 * It did nothing and says when to come again (priority and fairness): so a write may be repeated,
 * too. Whoever else would ask waits as well, or each of them would be told the same.
 */
static bool hold(struct rc_kube_request *request, int status, uint64_t retry_after_s)
{
	struct rc_kube_cluster *cluster = request->cluster;
	uint64_t until_ms = rc_clock_monotonic_ms() + retry_after_s * 1000;

	if (status != 429 || retry_after_s == 0 || retry_after_s > BACKOFF_MAX_S ||
	    request->held == HELD_MAX)
		return false;
	request->held++;
	request->tries--;
	if (until_ms > cluster->held_until_ms)
		cluster->held_until_ms = until_ms;
	return true;
}

/* Whether it goes on: it is put off, the login is made anew, or a read is tried again. */
static bool try_again(struct rc_kube_request *request, int r, int status, uint64_t retry_after_s)
{
	uint64_t delay_ms = rc_clock_backoff_ms(BACKOFF_MS, 2., BACKOFF_MAX_S * 1000,
						request->tries ? request->tries - 1 : 0);

	if (status == 401 && !request->login_renewed &&
	    rc_kube_cluster_forget_login(request->cluster, request->login_generation)) {
		request->login_renewed = true;
		delay_ms = 0;
	} else if (hold(request, status, retry_after_s)) {
		delay_ms = retry_after_s * 1000;
	} else if (strcmp(request->method, "GET") != 0 || request->tries >= TRIES_MAX ||
		   status == 410 || !rc_error_is_transient(r) || retry_after_s > BACKOFF_MAX_S) {
		return false;
	} else if (retry_after_s > 0) {
		delay_ms = retry_after_s * 1000;
	}
	leave(request);
	set_timer(request, delay_ms);
	wake_next(request->cluster);
	return true;
}

/*
 * The message of a Status without the values it quotes at length: whole objects are among them, and
 * these may be Secrets.
 */
static char *shorten(const char *message)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	const char *at = message, *value, *end;

	while ((value = strstr(at, INVALID_OBJECT))) {
		value += strlen(INVALID_OBJECT) - 1;
		for (end = value; *end && *end != '"'; end++)
			if (*end == '\\' && end[1])
				end++;
		rc_buf_add(&out, at, (size_t)(value - at));
		rc_buf_puts(&out, "{...}");
		at = end;
	}
	rc_buf_puts(&out, at);
	return rc_buf_take(&out);
}

static int read_answer(const struct rc_net_http_response *response, struct rc_kube_answer *answer,
		       struct rc_error **err)
{
	json_t *object = NULL;
	const char *message;
	int r = rc_json_parse(response->body, "the answer", &object, err);

	if (response->status >= 200 && response->status < 300) {
		if (r == 0 && !json_is_object(object)) {
			json_decref(rc_steal(&object));
			r = rc_fail(err, -EPROTO, "the answer is not an object");
		}
		answer->object = object;
		return r < 0 ? -EPROTO : 0;
	}
	/* Proxies answer in their own words; only a Status is worth repeating. */
	if (r < 0 && err) {
		rc_error_free(*err);
		*err = NULL;
	}
	answer->object = object;
	message = rc_json_text(object, "message", NULL);
	answer->reason = rc_json_text(object, "reason", NULL);
	if (!answer->reason)
		answer->reason = "";
	answer->expired = response->status == 410;
	r = status_to_error(response->status, answer->reason);
	/* A field that the schema does not know, or of another type, is answered as if the server
	 * had failed; it never helps to try again. */
	if (response->status == 500 && message &&
	    strncmp(message, TYPED_FAILURE, strlen(TYPED_FAILURE)) == 0)
		r = -EINVAL;
	if (message) {
		rc_autofree char *text = shorten(message);

		return rc_fail(err, r, "%s", text);
	}
	return rc_fail(err, r, "the server answered %d", response->status);
}

static void on_answer(void *userdata, int r, const struct rc_net_http_response *response,
		      struct rc_error *err)
{
	struct rc_kube_request *request = userdata;
	struct rc_kube_answer answer = {.reason = ""};
	json_t *object;

	request->http = NULL;
	if (r == 0) {
		answer.status = response->status;
		answer.retry_after_s = response->retry_after_s;
		r = read_answer(response, &answer, &err);
	}
	object = answer.object;
	if (r < 0 && try_again(request, r, answer.status, answer.retry_after_s)) {
		rc_error_free(err);
		json_decref(object);
		return;
	}
	if (r < 0)
		answer.object = NULL;
	tell(request, r, &answer, err);
	json_decref(object);
}

static int send_now(struct rc_kube_request *request, struct rc_error **err)
{
	struct rc_kube_cluster *cluster = request->cluster;
	struct rc_kube_login login;
	struct rc_net_http_header headers[] = {
		{"Accept", request->accept}, {"Content-Type", request->content_type}, {NULL, NULL}};
	struct rc_net_http_options options = {.method = request->method,
					      .headers = headers,
					      .body = rc_str(request->body),
					      .timeout_ms = request->timeout_ms};
	rc_autofree char *url = NULL;
	int r = rc_kube_cluster_get_login(cluster, &request->login, &login, err);

	if (r < 0)
		return r;
	if (r > 0) {
		request->state = STATE_LOGIN;
		return 0;
	}
	options.url = url = rc_asprintf("%s%s", login.server, request->target);
	options.bearer = login.bearer;
	options.tls = &login.tls;
	request->login_generation = login.generation;
	request->tries++;
	request->state = STATE_SENT;
	cluster->in_flight++;
	request->http = rc_net_http_client_start(cluster->http, &options, NULL, on_answer, request);
	return 0;
}

static void on_login(struct rc_kube_exec_waiter *waiter)
{
	set_timer(rc_container_of(waiter, struct rc_kube_request, login), 0);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_kube_request *request = rc_container_of(timer, struct rc_kube_request, timer);
	struct rc_kube_answer answer = {.reason = ""};
	uint64_t now_ms = rc_clock_monotonic_ms();
	struct rc_error *err = NULL;
	int r;

	(void)events;
	ev_timer_stop(loop, timer);
	if (request->cluster->held_until_ms > now_ms) {
		set_timer(request, request->cluster->held_until_ms - now_ms);
		return;
	}
	request->state = STATE_WAITING;
	if (request->cluster->in_flight >= request->cluster->max_in_flight)
		return; /* who ends wakes us */
	r = send_now(request, &err);
	if (r < 0)
		tell(request, r, &answer, err);
}

static char *make_url(const char *server, const char *path, const struct rc_kube_query *query)
{
	rc_autobuf struct rc_buf url = RC_BUF_INIT(RC_BUF_UNLIMITED);
	char separator = '?';

	rc_buf_puts(&url, server);
	rc_buf_puts(&url, path);
	for (; query && query->name; query++) {
		rc_buf_putc(&url, separator);
		rc_percent_encode(&url, rc_str(query->name), NULL);
		rc_buf_putc(&url, '=');
		rc_percent_encode(&url, rc_str(query->value), NULL);
		separator = '&';
	}
	return rc_buf_take(&url);
}

struct rc_kube_request *rc_kube_request_start(struct rc_kube_cluster *cluster,
					      const struct rc_kube_request_options *options,
					      rc_kube_request_done_fn *done, void *userdata)
{
	struct rc_kube_request *request = rc_new0(struct rc_kube_request);

	request->cluster = cluster;
	request->method = rc_strdup(options->method ? options->method : "GET");
	request->path = rc_strdup(options->path);
	request->target = make_url("", options->path, options->query);
	request->content_type =
		rc_strdup(options->content_type ? options->content_type : "application/json");
	request->accept = rc_strdup(options->accept ? options->accept : "application/json");
	if (options->body)
		request->body = json_dumps(options->body, JSON_COMPACT | JSON_ENCODE_ANY);
	request->timeout_ms = options->timeout_ms;
	request->done = done;
	request->userdata = userdata;
	request->login.wake = on_login;
	ev_timer_init(&request->timer, on_timer, 0., 0.);
	DL_APPEND(cluster->requests, request);
	set_timer(request, 0);
	return request;
}

void rc_kube_request_cancel(struct rc_kube_request *request)
{
	if (!request)
		return;
	detach(request);
	release(request);
}

struct rc_net_http_request *
rc_kube_cluster_stream(struct rc_kube_cluster *cluster, const struct rc_kube_login *login,
		       const char *path, const struct rc_kube_query *query,
		       uint64_t idle_timeout_ms, rc_net_http_chunk_fn *chunk,
		       rc_net_http_done_fn *done, void *userdata)
{
	rc_autofree char *url = make_url(login->server, path, query);
	struct rc_net_http_header headers[] = {{"Accept", "application/json"}, {NULL, NULL}};
	struct rc_net_http_options options = {.url = url,
					      .headers = headers,
					      .bearer = login->bearer,
					      .tls = &login->tls,
					      .idle_timeout_ms = idle_timeout_ms};

	return rc_net_http_client_start(cluster->http, &options, chunk, done, userdata);
}

int rc_kube_cluster_read_failure(int status, struct rc_str body, struct rc_error **err)
{
	struct rc_net_http_response response = {.status = status, .body = body};
	struct rc_kube_answer answer = {.reason = ""};
	int r = read_answer(&response, &answer, err);

	json_decref(answer.object);
	return r;
}
