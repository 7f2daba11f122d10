/* List, then watch, then watch again. */
#include "kube/watch.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "kube/cluster-private.h"
#include "kube/request.h"

#define PAGE_DEFAULT   500
#define EVENT_MAX      ((size_t)32 << 20)
#define WATCH_MIN_S    300 /* a watch is asked to end after five to ten minutes */
#define IDLE_MARGIN_S  30
#define BACKOFF_MS     800
#define BACKOFF_MAX_MS 30000
#define HEALTHY_MS     60000 /* a watch that lasted so long clears the back-off */
#define QUERY_MAX      10

struct rc_kube_watch {
	struct rc_kube_cluster *cluster;
	const struct rc_kube_watch_events *events;
	void *userdata;
	char *path, *label_selector, *field_selector, *api_version, *kind;
	unsigned int page_size;

	struct rc_kube_request *listing;
	struct rc_net_http_request *watching;
	struct rc_kube_exec_waiter login; /* while an exec plugin is asked for credentials */
	unsigned int login_generation;
	char *resource_version; /* to watch from; NULL: list first */
	char *page;		/* token of the next page, or NULL */
	struct rc_buf line;
	ev_timer timer;
	unsigned int attempts;
	uint64_t began_ms;
	char *failure;	 /* what was told last, or NULL */
	bool is_expired; /* an ERROR event said so */
	bool was_away;	 /* the server: what it held before is not to be relied on */
};

static void act(struct rc_kube_watch *watch);

/* ---- telling ---- */

static void tell_state(struct rc_kube_watch *watch, int r, const struct rc_error *err)
{
	rc_autofree char *text = r < 0 ? rc_error_format(err) : NULL;

	if (rc_text_equal(text, watch->failure))
		return;
	free(watch->failure);
	watch->failure = rc_steal(&text);
	if (watch->events->state)
		watch->events->state(watch->userdata, r, err);
}

static void schedule(struct rc_kube_watch *watch, uint64_t ms)
{
	ev_timer_stop(watch->cluster->loop, &watch->timer);
	ev_timer_set(&watch->timer, (double)ms / 1000.0, 0);
	ev_timer_start(watch->cluster->loop, &watch->timer);
}

static void fail(struct rc_kube_watch *watch, int r, struct rc_error *err)
{
	uint64_t ms = rc_clock_backoff_ms(BACKOFF_MS, 2, BACKOFF_MAX_MS, watch->attempts++);

	tell_state(watch, r, err);
	rc_error_free(err);
	schedule(watch, ms / 2 + rc_clock_jitter_ms(ms / 2 + 1));
}

static void list_again(struct rc_kube_watch *watch)
{
	free(watch->resource_version);
	watch->resource_version = NULL;
	free(watch->page);
	watch->page = NULL;
}

/* Items of a list have neither; the list says it for them. */
static void complete(const struct rc_kube_watch *watch, json_t *object)
{
	if (!json_object_get(object, "kind"))
		json_object_set_new(object, "kind", json_string(watch->kind));
	if (!json_object_get(object, "apiVersion"))
		json_object_set_new(object, "apiVersion", json_string(watch->api_version));
}

/* ---- list ---- */

static void take_page(struct rc_kube_watch *watch, const json_t *list)
{
	const char *next = rc_json_text(list, "metadata", "continue", NULL);
	const char *version = rc_json_text(list, "metadata", "resourceVersion", NULL);
	json_t *item;
	size_t i;

	if (!watch->page)
		watch->events->begin(watch->userdata);
	json_array_foreach (json_object_get(list, "items"), i, item) {
		complete(watch, item);
		watch->events->changed(watch->userdata, item);
	}
	free(watch->page);
	watch->page = next && *next ? rc_strdup(next) : NULL;
	if (watch->page)
		return;
	watch->was_away = false;
	watch->resource_version = rc_strdup(version ? version : "0");
	watch->events->synced(watch->userdata);
	tell_state(watch, 0, NULL);
}

static void on_listed(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct rc_kube_watch *watch = userdata;

	watch->listing = NULL;
	if (r == 0) {
		take_page(watch, answer->object);
		act(watch);
	} else if (answer->expired && watch->page) {
		rc_error_free(err); /* the pages took too long: from the start */
		list_again(watch);
		schedule(watch, 0);
	} else {
		list_again(watch);
		fail(watch, r, err);
	}
}

static size_t add_selectors(const struct rc_kube_watch *watch, struct rc_kube_query *query)
{
	size_t n = 0;

	if (watch->label_selector)
		query[n++] = (struct rc_kube_query){"labelSelector", watch->label_selector};
	if (watch->field_selector)
		query[n++] = (struct rc_kube_query){"fieldSelector", watch->field_selector};
	return n;
}

static void list(struct rc_kube_watch *watch)
{
	struct rc_kube_query query[QUERY_MAX] = {{NULL, NULL}};
	struct rc_kube_request_options options = {.path = watch->path, .query = query};
	size_t n = add_selectors(watch, query);
	char limit[16];

	snprintf(limit, sizeof(limit), "%u", watch->page_size);
	query[n++] = (struct rc_kube_query){"limit", limit};
	if (watch->page)
		query[n++] = (struct rc_kube_query){"continue", watch->page};
	watch->listing = rc_kube_request_start(watch->cluster, &options, on_listed, watch);
}

/* ---- watch ---- */

static void remember_version(struct rc_kube_watch *watch, const json_t *object)
{
	const char *version = rc_kube_object_get_meta(object, "resourceVersion");

	if (!*version)
		return;
	free(watch->resource_version);
	watch->resource_version = rc_strdup(version);
}

static void take_event(struct rc_kube_watch *watch, const json_t *event)
{
	const char *type = rc_json_text(event, "type", NULL);
	json_t *object = json_object_get(event, "object");

	if (!type || !json_is_object(object))
		return;
	if (strcmp(type, "ERROR") == 0) {
		if (json_integer_value(json_object_get(object, "code")) == 410)
			watch->is_expired = true;
		return;
	}
	remember_version(watch, object);
	if (strcmp(type, "BOOKMARK") == 0)
		return;
	complete(watch, object);
	if (strcmp(type, "DELETED") == 0)
		watch->events->deleted(watch->userdata, object);
	else
		watch->events->changed(watch->userdata, object);
}

static void take_line(struct rc_kube_watch *watch, struct rc_str line)
{
	json_auto_t *event = NULL;

	line = rc_str_trim(line, " \t\r\n");
	if (line.n == 0)
		return;
	/* What cannot be read cannot be skipped either: it may have been the one that counts. */
	if (rc_json_parse(line, "a watch event", &event, NULL) < 0)
		watch->is_expired = true;
	else
		take_event(watch, event);
}

static void on_chunk(void *userdata, struct rc_str bytes)
{
	struct rc_kube_watch *watch = userdata;

	/* A server that was away may come back with what a back-up held: a watch from where this
	 * one was would never tell. */
	if (bytes.n == 0 && watch->was_away)
		schedule(watch, 0);
	else if (bytes.n == 0)
		tell_state(watch, 0, NULL); /* it is followed again, however quiet the kind is */
	while (bytes.n > 0) {
		ptrdiff_t end = rc_str_index(bytes, '\n');
		size_t n = end < 0 ? bytes.n : (size_t)end;

		rc_buf_add(&watch->line, bytes.p, n);
		if (end < 0)
			break;
		if (watch->line.overflow)
			watch->is_expired = true;
		else
			take_line(watch, rc_buf_str(&watch->line));
		rc_buf_clear(&watch->line);
		bytes.p += n + 1;
		bytes.n -= n + 1;
	}
}

static int read_end(struct rc_kube_watch *watch, int r, const struct rc_net_http_response *response,
		    struct rc_error **err)
{
	if (r == 0 && response->status != 200)
		r = rc_kube_cluster_read_failure(response->status, response->body, err);
	if (r == 0 && watch->is_expired)
		return -ESTALE;
	if (response->status == 410)
		watch->is_expired = true;
	if (response->status == 401)
		rc_kube_cluster_forget_login(watch->cluster, watch->login_generation);
	return r;
}

static void on_watch_ended(void *userdata, int r, const struct rc_net_http_response *response,
			   struct rc_error *err)
{
	struct rc_kube_watch *watch = userdata;
	bool was_long = rc_clock_monotonic_ms() - watch->began_ms > HEALTHY_MS;

	watch->watching = NULL;
	r = read_end(watch, r, response, &err);
	rc_buf_done(&watch->line);
	rc_buf_init(&watch->line, EVENT_MAX);
	if (was_long)
		watch->attempts = 0;
	if (watch->is_expired) {
		watch->is_expired = false;
		rc_error_free(err);
		list_again(watch);
		schedule(watch, rc_clock_jitter_ms(200));
		return;
	}
	if (r == 0 || (r == -ECONNRESET && was_long)) { /* its time was over */
		rc_error_free(err);
		schedule(watch, was_long ? 0 : BACKOFF_MS);
		return;
	}
	watch->was_away = watch->was_away || response->status == 0;
	rc_wrap(&err, r, "watching %s", watch->path);
	fail(watch, r, err);
}

static void start_watch(struct rc_kube_watch *watch)
{
	struct rc_kube_query query[QUERY_MAX] = {{NULL, NULL}};
	uint64_t seconds = WATCH_MIN_S + rc_clock_jitter_ms(WATCH_MIN_S * 1000) / 1000;
	size_t n = add_selectors(watch, query);
	struct rc_kube_login login;
	struct rc_error *err = NULL;
	int r = rc_kube_cluster_get_login(watch->cluster, &watch->login, &login, &err);
	char timeout[24];

	if (r < 0)
		fail(watch, r, err);
	if (r != 0)
		return;
	watch->login_generation = login.generation;
	snprintf(timeout, sizeof(timeout), "%llu", (unsigned long long)seconds);
	query[n++] = (struct rc_kube_query){"watch", "true"};
	query[n++] = (struct rc_kube_query){"allowWatchBookmarks", "true"};
	query[n++] = (struct rc_kube_query){"resourceVersion", watch->resource_version};
	query[n++] = (struct rc_kube_query){"timeoutSeconds", timeout};
	watch->began_ms = rc_clock_monotonic_ms();
	watch->watching = rc_kube_cluster_stream(watch->cluster, &login, watch->path, query,
						 (seconds + IDLE_MARGIN_S) * 1000, on_chunk,
						 on_watch_ended, watch);
}

static void act(struct rc_kube_watch *watch)
{
	if (watch->resource_version)
		start_watch(watch);
	else
		list(watch);
}

static void on_login(struct rc_kube_exec_waiter *waiter)
{
	schedule(rc_container_of(waiter, struct rc_kube_watch, login), 0);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_kube_watch *watch = rc_container_of(timer, struct rc_kube_watch, timer);

	(void)loop;
	(void)events;
	if (watch->was_away && watch->watching)
		rc_kube_watch_relist(watch);
	else
		act(watch);
}

struct rc_kube_watch *rc_kube_watch_new(struct rc_kube_cluster *cluster,
					const struct rc_kube_watch_options *options,
					const struct rc_kube_watch_events *events, void *userdata)
{
	const struct rc_kube_resource *resource = options->resource;
	struct rc_kube_watch *watch = rc_new0(struct rc_kube_watch);

	watch->cluster = cluster;
	watch->events = events;
	watch->userdata = userdata;
	watch->path = rc_kube_resource_path(resource, options->name_space, NULL, NULL);
	watch->label_selector = rc_strdup(options->label_selector);
	watch->field_selector = rc_strdup(options->field_selector);
	watch->kind = rc_strdup(resource->kind);
	watch->api_version = rc_asprintf("%s%s%s", resource->group, *resource->group ? "/" : "",
					 resource->version);
	watch->page_size = options->page_size ? options->page_size : PAGE_DEFAULT;
	rc_buf_init(&watch->line, EVENT_MAX);
	watch->login.wake = on_login;
	ev_timer_init(&watch->timer, on_timer, 0, 0);
	schedule(watch, 0);
	return watch;
}

void rc_kube_watch_relist(struct rc_kube_watch *watch)
{
	rc_kube_request_cancel(watch->listing);
	watch->listing = NULL;
	rc_net_http_request_cancel(watch->watching);
	watch->watching = NULL;
	watch->line.n = 0;
	watch->was_away = false;
	list_again(watch);
	schedule(watch, 0);
}

void rc_kube_watch_free(struct rc_kube_watch *watch)
{
	if (!watch)
		return;
	ev_timer_stop(watch->cluster->loop, &watch->timer);
	rc_kube_cluster_leave_login(watch->cluster, &watch->login);
	rc_kube_request_cancel(watch->listing);
	rc_net_http_request_cancel(watch->watching);
	free(watch->path);
	free(watch->label_selector);
	free(watch->field_selector);
	free(watch->api_version);
	free(watch->kind);
	free(watch->resource_version);
	free(watch->page);
	free(watch->failure);
	rc_buf_done(&watch->line);
	free(watch);
}
