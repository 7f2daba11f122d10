/* URLs are looked at, not taken apart: libgit2 and ssh(1) read them in their own way. */
#include "git/url.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

int rc_git_url_check(const char *url, struct rc_error **err)
{
	static const char *const schemes[] = {"file://", "http://", "https://", "ssh://"};
	const char *host = strstr(url, "://"), *colon;

	if (!host) {
		/* git@host:path; a bare path is refused, as it may be one of anybody's, and so is
		 * "helper::address" of git */
		colon = strchr(url, ':');
		if (colon && colon != url && *url != '-' && *url != '/' && colon[1] &&
		    colon[1] != ':')
			return 0;
		rc_fail(err, -EINVAL, "'%s' is no URL", url);
		rc_hint(err, "use file://, http://, https://, ssh:// or git@host:path");
		return -EINVAL;
	}
	host += 3;
	/* user:password@ before the path; host:port/path@version is none */
	colon = host + strcspn(host, ":/?#");
	if (*colon == ':' && colon[strcspn(colon, "@/?#")] == '@') {
		rc_fail(err, -EINVAL, "the URL holds a password");
		rc_hint(err, "name it under 'auth' instead");
		return -EINVAL;
	}
	for (size_t i = 0; i < RC_ARRAY_SIZE(schemes); i++)
		if (rc_text_has_prefix(url, schemes[i]))
			return 0;
	return rc_fail(err, -EINVAL, "'%s': this kind of URL is not supported", url);
}

/* Host and port, without a default one. */
static struct rc_str server_of(const char *url, bool *ret_tls)
{
	const char *start = strstr(url, "://"), *at;
	struct rc_str server;
	bool tls = rc_text_has_prefix(url, "https:");

	start = start ? start + 3 : url;
	server = (struct rc_str){start, strcspn(start, "/?#")};
	at = memrchr(server.p, '@', server.n);
	if (at)
		server = (struct rc_str){at + 1, server.n - (size_t)(at + 1 - server.p)};
	if (rc_str_has_suffix(server, tls ? RC_STR(":443") : RC_STR(":80")))
		server.n -= tls ? 4 : 3;
	*ret_tls = tls;
	return server;
}

bool rc_git_url_is_same_server(const char *ours, const char *theirs)
{
	bool is_tls, was_tls;
	struct rc_str now = server_of(theirs, &is_tls), before = server_of(ours, &was_tls);

	return now.n == before.n && strncasecmp(now.p, before.p, now.n) == 0 &&
	       (is_tls || !was_tls);
}
