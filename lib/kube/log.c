/* A log is a stream like a watch, but nothing is begun again. */
#include "kube/log.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "data/percent.h"
#include "kube/cluster-private.h"
#include "kube/request.h"

#define PATH_MAX_BYTES ((size_t)4096)
#define IDLE_MS	       ((uint64_t)3600 * 1000) /* a container may be silent for long */

struct rc_kube_log {
	struct rc_kube_cluster *cluster;
	const struct rc_kube_log_events *events;
	void *userdata;
	char *path, *container, tail[16];
	bool follow;
	struct rc_net_http_request *http;
	struct rc_kube_exec_waiter login;
	ev_timer turn; /* what goes wrong at once is told from the loop */
};

static void free_log(struct rc_kube_log *log)
{
	rc_kube_cluster_leave_login(log->cluster, &log->login);
	ev_timer_stop(log->cluster->loop, &log->turn);
	free(log->path);
	free(log->container);
	free(log);
}

static void end(struct rc_kube_log *log, int r, struct rc_error *err)
{
	if (r < 0)
		rc_wrap(&err, r, "reading %s", log->path);
	log->events->ended(log->userdata, r, err);
	free_log(log);
}

static void on_bytes(void *userdata, struct rc_str bytes)
{
	struct rc_kube_log *log = userdata;

	log->events->bytes(log->userdata, bytes);
}

static void on_done(void *userdata, int r, const struct rc_net_http_response *response,
		    struct rc_error *err)
{
	struct rc_kube_log *log = userdata;

	log->http = NULL;
	if (r == 0 && response->status != 200)
		r = rc_kube_cluster_read_failure(response->status, response->body, &err);
	end(log, r, err);
}

static void begin(struct rc_kube_log *log)
{
	struct rc_kube_query query[4] = {{"tailLines", log->tail}};
	struct rc_kube_login login;
	struct rc_error *err = NULL;
	int r = rc_kube_cluster_get_login(log->cluster, &log->login, &login, &err);
	size_t n = 1;

	if (r < 0)
		end(log, r, err);
	if (r != 0)
		return;
	if (log->follow)
		query[n++] = (struct rc_kube_query){"follow", "true"};
	if (log->container)
		query[n++] = (struct rc_kube_query){"container", log->container};
	log->http = rc_kube_cluster_stream(log->cluster, &login, log->path, query, IDLE_MS,
					   on_bytes, on_done, log);
}

static void on_login(struct rc_kube_exec_waiter *waiter)
{
	begin(rc_container_of(waiter, struct rc_kube_log, login));
}

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	begin(rc_container_of(timer, struct rc_kube_log, turn));
}

static char *make_path(const struct rc_kube_log_options *options)
{
	rc_autobuf struct rc_buf path = RC_BUF_INIT(PATH_MAX_BYTES);

	rc_buf_puts(&path, "/api/v1/namespaces/");
	rc_percent_encode(&path, rc_str(options->name_space), NULL);
	rc_buf_puts(&path, "/pods/");
	rc_percent_encode(&path, rc_str(options->pod), NULL);
	rc_buf_puts(&path, "/log");
	return rc_buf_take(&path);
}

struct rc_kube_log *rc_kube_log_start(struct rc_kube_cluster *cluster,
				      const struct rc_kube_log_options *options,
				      const struct rc_kube_log_events *events, void *userdata)
{
	struct rc_kube_log *log = rc_new0(struct rc_kube_log);

	log->cluster = cluster;
	log->events = events;
	log->userdata = userdata;
	log->path = make_path(options);
	log->container = rc_strdup(options->container);
	log->follow = options->follow;
	log->login.wake = on_login;
	snprintf(log->tail, sizeof(log->tail), "%u", options->tail_lines);
	ev_timer_init(&log->turn, on_turn, 0., 0.);
	ev_timer_start(cluster->loop, &log->turn);
	return log;
}

void rc_kube_log_cancel(struct rc_kube_log *log)
{
	if (!log)
		return;
	rc_net_http_request_cancel(log->http);
	free_log(log);
}
