/* What an HTTP server answered. */
#pragma once

#include <stdint.h>

#include "base/str.h"

struct rc_net_http_response {
	int status;
	struct rc_str body;	  /* empty for a stream */
	const char *content_type; /* "" when there is none */
	uint64_t retry_after_s;	  /* at most a day; 0: the peer did not say */
	struct rc_str headers;	  /* of the last answer, "name: value" lines; 64 KiB of them */
};

/* The value of a header, whatever the case of its name; empty when it is absent. Borrowed. */
struct rc_str rc_net_http_response_get_header(const struct rc_net_http_response *response,
					      const char *name);
