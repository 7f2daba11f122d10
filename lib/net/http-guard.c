/* Deadlines of connections. */
#include "net/http-guard.h"

#include <stdlib.h>
#include <sys/socket.h>

#include <utlist.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/memory.h"

#define SWEEP_S 0.5

struct rc_net_http_guarded {
	struct rc_net_http_guarded *prev, *next;
	uint64_t deadline_ms; /* 0: it is being answered */
	int fd;
};

static struct rc_net_http_guarded *get(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* MHD reads the end of the connection and closes it in its own way. */
static void on_sweep(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_net_http_guard *guard = rc_container_of(timer, struct rc_net_http_guard, sweep);
	uint64_t now_ms = rc_clock_monotonic_ms();
	struct rc_net_http_guarded *one;

	(void)loop;
	(void)events;
	DL_FOREACH (guard->connections, one)
		if (one->deadline_ms && now_ms > one->deadline_ms)
			shutdown(one->fd, SHUT_RDWR);
}

void rc_net_http_guard_start(struct rc_net_http_guard *guard, struct ev_loop *loop,
			     unsigned int timeout_s)
{
	guard->loop = loop;
	guard->timeout_s = timeout_s;
	ev_timer_init(&guard->sweep, on_sweep, SWEEP_S, SWEEP_S);
}

void rc_net_http_guard_stop(struct rc_net_http_guard *guard)
{
	struct rc_net_http_guarded *one, *next;

	if (!guard->loop)
		return;
	ev_timer_stop(guard->loop, &guard->sweep);
	DL_FOREACH_SAFE (guard->connections, one, next) {
		DL_DELETE(guard->connections, one);
		free(one);
	}
}

static uint64_t get_deadline(const struct rc_net_http_guard *guard)
{
	return rc_clock_monotonic_ms() + (uint64_t)guard->timeout_s * 1000;
}

void rc_net_http_guard_on_connection(void *userdata, struct MHD_Connection *connection,
				     void **context, enum MHD_ConnectionNotificationCode what)
{
	struct rc_net_http_guard *guard = userdata;
	struct rc_net_http_guarded *one = *context;
	const union MHD_ConnectionInfo *info;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		*context = NULL;
		if (!one)
			return;
		DL_DELETE(guard->connections, one);
		free(one);
		if (!guard->connections)
			ev_timer_stop(guard->loop, &guard->sweep);
		return;
	}
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (guard->timeout_s == 0 || !info)
		return;
	one = rc_new0(struct rc_net_http_guarded);
	one->fd = info->connect_fd;
	one->deadline_ms = get_deadline(guard);
	DL_APPEND(guard->connections, one);
	*context = one;
	ev_timer_start(guard->loop, &guard->sweep);
}

void rc_net_http_guard_on_asked(struct MHD_Connection *connection)
{
	struct rc_net_http_guarded *one = get(connection);

	if (one)
		one->deadline_ms = 0;
}

void rc_net_http_guard_on_answered(const struct rc_net_http_guard *guard,
				   struct MHD_Connection *connection)
{
	struct rc_net_http_guarded *one = get(connection);

	if (one)
		one->deadline_ms = get_deadline(guard);
}
