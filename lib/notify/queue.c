/* The queue. */
#include "notify/queue.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/sort.h"
#include "data/digest.h"
#include "data/json.h"
#include "net/http-client.h"

#define STORE_KIND   "notice"
#define AGAIN_MS     2000
#define AGAIN_MAX_MS (5 * 60 * 1000)
#define GIVE_UP_S    86400
#define WAITING_MAX  1000 /* of one sink; then the oldest goes */
#define TIMEOUT_MS   20000
#define ANSWER_MAX   ((size_t)64 << 10)

/* One receiver, and what waits for it, oldest first: {id: {sink, event}}. */
struct lane {
	struct rc_notify_queue *queue;
	const struct rc_notify_sink *sink;
	json_t *waiting; /* an array of {id, event} */
	struct rc_net_http_request *request;
	ev_timer again;
	unsigned int attempts;
	struct rc_notify_sink_counts counts;
	char *error;
};

struct rc_notify_queue {
	struct rc_notify_queue_options options;
	struct rc_net_http_client *http; /* NULL until something is sent */
	struct lane *lanes;
	uint64_t n_added;
};

static void schedule(struct lane *lane, uint64_t wait_ms)
{
	if (lane->request || ev_is_active(&lane->again) || json_array_size(lane->waiting) == 0)
		return;
	ev_timer_set(&lane->again, (double)wait_ms / 1000., 0);
	ev_timer_start(lane->queue->options.loop, &lane->again);
}

static void forget(struct lane *lane)
{
	const char *id = rc_json_text(json_array_get(lane->waiting, 0), "id", NULL);

	rc_store_put(lane->queue->options.store, STORE_KIND, id, NULL, NULL);
	json_array_remove(lane->waiting, 0);
	lane->attempts = 0;
}

static void set_error(struct lane *lane, const char *text)
{
	free(lane->error);
	lane->error = rc_strdup(text);
}

/* Whether another try may help. */
static bool is_worth(const struct lane *lane, int r, int status)
{
	const json_t *event = json_object_get(json_array_get(lane->waiting, 0), "event");
	int64_t at = 0;

	rc_clock_parse_rfc3339(rc_notify_event_get(event, "at"), &at);
	if (at && rc_clock_unix_s() - at > GIVE_UP_S)
		return false;
	if (lane->sink->to)
		return status < 550 || status > 559; /* of SMTP: refused for good */
	return r < 0 || status == 429 || status == 408 || status >= 500 || status < 300;
}

static void on_failed(struct lane *lane, int r, const struct rc_net_http_response *response,
		      const char *why)
{
	uint64_t base = lane->queue->options.again_ms ?: AGAIN_MS, wait_ms;

	set_error(lane, why);
	lane->counts.n_failed++;
	if (!is_worth(lane, r, response->status)) {
		lane->counts.n_dropped++;
		forget(lane);
		schedule(lane, 0);
		return;
	}
	wait_ms = rc_clock_backoff_ms(base, 2, AGAIN_MAX_MS, lane->attempts++);
	if (response->retry_after_s * 1000 > wait_ms)
		wait_ms = response->retry_after_s * 1000;
	schedule(lane, wait_ms);
}

static void on_answer(void *userdata, int r, const struct rc_net_http_response *response,
		      struct rc_error *err)
{
	struct lane *lane = userdata;
	const struct rc_notify_kind *kind = rc_notify_kind_find(lane->sink->type);
	bool is_mail = lane->sink->to != NULL;
	bool is_well = r == 0 && (is_mail || (response->status >= 200 && response->status < 300));

	lane->request = NULL;
	if (is_well && kind->is_accepted && !kind->is_accepted(response->body))
		is_well = false;
	if (is_well) {
		lane->counts.n_sent++;
		set_error(lane, NULL);
		forget(lane);
		schedule(lane, 0);
	} else if (r < 0) {
		rc_autofree char *text = rc_error_format(err);

		on_failed(lane, r, response, text);
	} else {
		/* An answer may repeat what it was sent. */
		rc_autofree char *text = rc_asprintf("the receiver answered %d", response->status);

		on_failed(lane, r, response, text);
	}
	rc_error_free(err);
}

static void start(struct lane *lane, const struct rc_notify_message *message)
{
	const struct rc_notify_sink *sink = lane->sink;
	struct rc_net_http_header headers[RC_NOTIFY_HEADERS_MAX + 2] = {
		{"Content-Type", message->content_type}};
	struct rc_net_mail mail = {.from = sink->from,
				   .to = sink->to,
				   .username = sink->username,
				   .password = sink->secret};
	struct rc_net_tls tls = {.ca_pem = sink->ca_pem};
	struct rc_net_http_options options = {
		.method = "POST",
		.url = message->url,
		.headers = headers,
		.body = rc_buf_str(&message->body),
		.bearer = message->bearer,
		.tls = sink->ca_pem ? &tls : NULL,
		.mail = sink->to ? &mail : NULL,
		.timeout_ms = TIMEOUT_MS,
		.max_body_bytes = ANSWER_MAX,
	};

	for (size_t i = 0; i < message->n_headers; i++)
		headers[i + 1] = (struct rc_net_http_header){message->headers[i].name,
							     message->headers[i].value};
	if (!lane->queue->http)
		lane->queue->http =
			rc_net_http_client_new(lane->queue->options.loop, "reconciled-notify");
	lane->request =
		rc_net_http_client_start(lane->queue->http, &options, NULL, on_answer, lane);
}

static void on_again(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct lane *lane = rc_container_of(timer, struct lane, again);
	const json_t *first = json_array_get(lane->waiting, 0);
	const json_t *event = json_object_get(first, "event");
	struct rc_notify_message message = {.body = RC_BUF_INIT((size_t)1 << 20)};
	rc_autobuf struct rc_buf text = RC_BUF_INIT((size_t)16 << 10);

	(void)loop;
	(void)events;
	if (!first || lane->request)
		return;
	/* What a template cannot say is said without it. */
	if (rc_notify_text_make(lane->sink->template, event, &text, NULL) < 0) {
		rc_buf_clear(&text);
		rc_notify_text_make(NULL, event, &text, NULL);
	}
	rc_notify_kind_find(lane->sink->type)
		->make(lane->sink, event, rc_json_text(first, "id", NULL), rc_buf_text(&text),
		       &message);
	start(lane, &message);
	rc_notify_message_done(&message);
}

static bool is_waiting(const struct lane *lane, const char *id)
{
	json_t *item;
	size_t i;

	json_array_foreach (lane->waiting, i, item)
		if (rc_text_equal(rc_json_text(item, "id", NULL), id))
			return true;
	return false;
}

static void append(struct lane *lane, const char *id, const json_t *event)
{
	json_array_append_new(lane->waiting, json_pack("{s:s, s:O}", "id", id, "event", event));
	schedule(lane, 0);
}

static void add(struct lane *lane, const json_t *event, const char *key)
{
	json_auto_t *document = json_pack("{s:s, s:O}", "sink", lane->sink->name, "event", event);
	rc_autofree char *what = rc_asprintf("%s\n%s", lane->sink->name, key);
	char digest[RC_DIGEST_MAX];
	const char *id = rc_digest_sha256(rc_str(what), digest);
	struct rc_error *err = NULL;

	if (is_waiting(lane, id))
		return;
	if (json_array_size(lane->waiting) >= WAITING_MAX && !lane->request) {
		lane->counts.n_dropped++;
		forget(lane);
	}
	json_object_set_new(document, "order",
			    json_integer(rc_clock_unix_ms() * 1000 +
					 (json_int_t)(lane->queue->n_added++ % 1000)));
	/* What cannot be stored is sent all the same. */
	if (rc_store_put(lane->queue->options.store, STORE_KIND, id, document, &err) < 0)
		rc_error_free(err);
	append(lane, id, event);
}

void rc_notify_queue_add(struct rc_notify_queue *queue, const json_t *event, const char *key)
{
	for (size_t i = 0; i < queue->options.n_sinks; i++)
		if (rc_notify_sink_wants(&queue->options.sinks[i], event))
			add(&queue->lanes[i], event, key);
}

struct stored {
	const char *id;
	json_t *document;
	json_int_t order;
};

static int by_order(const void *a, const void *b)
{
	const struct stored *x = a, *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

static struct lane *find_lane(struct rc_notify_queue *queue, const char *name)
{
	for (size_t i = 0; i < queue->options.n_sinks; i++)
		if (rc_text_equal(queue->lanes[i].sink->name, name))
			return &queue->lanes[i];
	return NULL;
}

static void load(struct rc_notify_queue *queue)
{
	json_auto_t *documents = NULL;
	rc_autofree struct stored *items = NULL;
	json_t *document;
	const char *id;
	size_t n = 0;

	if (rc_store_list(queue->options.store, STORE_KIND, &documents, NULL) < 0)
		return;
	items = rc_calloc(json_object_size(documents) + 1, sizeof(*items));
	json_object_foreach (documents, id, document)
		items[n++] = (struct stored){
			id, document, json_integer_value(json_object_get(document, "order"))};
	rc_sort(items, n, sizeof(*items), by_order);
	for (size_t i = 0; i < n; i++) {
		struct lane *lane = find_lane(queue, rc_json_text(items[i].document, "sink", NULL));

		if (lane)
			append(lane, items[i].id, json_object_get(items[i].document, "event"));
		else
			rc_store_put(queue->options.store, STORE_KIND, items[i].id, NULL, NULL);
	}
}

struct rc_notify_queue *rc_notify_queue_new(const struct rc_notify_queue_options *options)
{
	struct rc_notify_queue *queue = rc_new0(struct rc_notify_queue);

	queue->options = *options;
	queue->lanes = rc_calloc(options->n_sinks + 1, sizeof(*queue->lanes));
	for (size_t i = 0; i < options->n_sinks; i++) {
		struct lane *lane = &queue->lanes[i];

		lane->queue = queue;
		lane->sink = &options->sinks[i];
		lane->waiting = json_array();
		ev_timer_init(&lane->again, on_again, 0, 0);
	}
	load(queue);
	return queue;
}

void rc_notify_queue_free(struct rc_notify_queue *queue)
{
	if (!queue)
		return;
	for (size_t i = 0; i < queue->options.n_sinks; i++) {
		struct lane *lane = &queue->lanes[i];

		ev_timer_stop(queue->options.loop, &lane->again);
		rc_net_http_request_cancel(lane->request);
		json_decref(lane->waiting);
		free(lane->error);
	}
	rc_net_http_client_free(queue->http);
	free(queue->lanes);
	free(queue);
}

struct rc_notify_sink_counts rc_notify_queue_get_counts(const struct rc_notify_queue *queue,
							size_t sink)
{
	struct rc_notify_sink_counts counts = queue->lanes[sink].counts;

	counts.n_waiting = json_array_size(queue->lanes[sink].waiting);
	counts.error = queue->lanes[sink].error;
	return counts;
}
