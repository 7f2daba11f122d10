/*
 * Slow clients: one that sends a byte now and then is never idle, and would hold its connection for
 * ever. So a connection has so long for its handshake and each whole request; answers take as long
 * as they take.
 */
#pragma once

#include <ev.h>
#include <microhttpd.h>

struct rc_net_http_guarded;

/* Zero-initialise; a member of the server. */
struct rc_net_http_guard {
	struct ev_loop *loop; /* NULL: not started */
	struct rc_net_http_guarded *connections;
	unsigned int timeout_s;
	ev_timer sweep;
};

/* timeout_s 0: nobody is cut off. */
void rc_net_http_guard_start(struct rc_net_http_guard *guard, struct ev_loop *loop,
			     unsigned int timeout_s);
/* After the server's last connection is gone. */
void rc_net_http_guard_stop(struct rc_net_http_guard *guard);

/* MHD_OPTION_NOTIFY_CONNECTION's callback; guard is a struct rc_net_http_guard. */
void rc_net_http_guard_on_connection(void *guard, struct MHD_Connection *connection, void **context,
				     enum MHD_ConnectionNotificationCode what);
/* The whole request is there. */
void rc_net_http_guard_on_asked(struct MHD_Connection *connection);
/* And answered: the next one's time begins. */
void rc_net_http_guard_on_answered(const struct rc_net_http_guard *guard,
				   struct MHD_Connection *connection);
