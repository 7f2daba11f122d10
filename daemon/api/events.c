/* /v1/events: what just happened; with follow=1 also what happens from now on. */
#include <limits.h>
#include <stdlib.h>

#include "api/api.h"
#include "events.h"

void api_events_serve(struct api_call *call)
{
	const char *since = rc_net_http_exchange_get_query(call->exchange, "since");
	const char *app = rc_net_http_exchange_get_query(call->exchange, "app");
	json_int_t after = since ? strtoll(since, NULL, 10) : 0;

	if (after < 0 || after == LLONG_MAX)
		after = 0;
	if (app && !*app)
		app = NULL;
	if (rc_net_http_exchange_get_query(call->exchange, "follow"))
		daemon_events_follow(call->daemon->events, call->exchange, after, app,
				     call->client);
	else
		api_reply(call, daemon_events_list(call->daemon->events, after, app, call->client));
}
