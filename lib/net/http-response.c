/* Headers of an answer. */
#include "net/http-response.h"

#include <strings.h>

struct rc_str rc_net_http_response_get_header(const struct rc_net_http_response *response,
					      const char *name)
{
	struct rc_str rest = response->headers;
	size_t n = strlen(name);

	while (rest.n > 0) {
		ptrdiff_t end = rc_str_index(rest, '\n');
		size_t length = end < 0 ? rest.n : (size_t)end + 1;

		if (length > n && rest.p[n] == ':' && strncasecmp(rest.p, name, n) == 0)
			return rc_str_trim((struct rc_str){rest.p + n + 1, length - n - 1},
					   " \t\r\n");
		rest.p += length;
		rest.n -= length;
	}
	return RC_STR("");
}
