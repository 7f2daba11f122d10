/* Go's net/url. */
#include "data/go-url.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "data/quote.h"

/* Which part of a URL a text is; each has its own set of characters that stay as they are. */
enum part {
	PART_PATH,
	PART_USER,
	PART_HOST,
	PART_ZONE, /* of an IPv6 address */
	PART_FRAGMENT,
};

struct parsing {
	struct rc_arena *arena;
	struct rc_error **err;
};

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool should_escape(char c, enum part part)
{
	if (isalnum((unsigned char)c) && (unsigned char)c < 0x80)
		return false;
	if ((part == PART_HOST || part == PART_ZONE) && is_one_of(c, "!$&'()*+,;=:[]<>\""))
		return false;
	if (is_one_of(c, "-_.~"))
		return false;
	if (is_one_of(c, "$&+,/:;=?@"))
		switch (part) {
		case PART_PATH:
			return c == '?';
		case PART_USER:
			return is_one_of(c, "@/?:");
		case PART_FRAGMENT:
			return false;
		case PART_HOST:
		case PART_ZONE:
			break;
		}
	return part != PART_FRAGMENT || !is_one_of(c, "!()*");
}

static int hex(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : (tolower((unsigned char)c) - 'a') + 10;
}

/* The byte that "%XX" at s stands for, or -1. */
static int escaped_byte(struct rc_str s)
{
	if (s.n < 3 || !isxdigit((unsigned char)s.p[1]) || !isxdigit((unsigned char)s.p[2]))
		return -1;
	return hex(s.p[1]) << 4 | hex(s.p[2]);
}

static int fail_quoted(struct parsing *parsing, const char *what, struct rc_str text,
		       const char *after)
{
	rc_autobuf struct rc_buf quoted = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_quote_string(&quoted, text, false);
	return rc_fail(parsing->err, -EINVAL, "%s %s%s", what, rc_buf_text(&quoted), after);
}

static int check_escape(struct parsing *parsing, struct rc_str rest, enum part part)
{
	int byte = escaped_byte(rest);
	struct rc_str shown = {rest.p, rest.n > 3 ? 3 : rest.n};
	bool is_bad = byte < 0;

	if (!is_bad && !rc_str_is(shown, "%25")) {
		/* A host may only hide what is not ASCII, a zone only what it could say openly. */
		if (part == PART_HOST)
			is_bad = byte < 0x80;
		else if (part == PART_ZONE)
			is_bad = byte != ' ' && should_escape((char)byte, PART_HOST);
	}
	return is_bad ? fail_quoted(parsing, "invalid URL escape", shown, "") : 0;
}

static int unescape(struct parsing *parsing, struct rc_str s, enum part part, struct rc_str *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	bool is_host = part == PART_HOST || part == PART_ZONE;

	for (size_t i = 0; i < s.n; i++) {
		struct rc_str rest = {s.p + i, s.n - i};

		if (s.p[i] == '%') {
			int r = check_escape(parsing, rest, part);

			if (r < 0)
				return r;
			rc_buf_putc(&out, (char)escaped_byte(rest));
			i += 2;
			continue;
		}
		if (is_host && (unsigned char)s.p[i] < 0x80 && should_escape(s.p[i], part))
			return fail_quoted(parsing, "invalid character",
					   (struct rc_str){s.p + i, 1}, " in host name");
		rc_buf_putc(&out, s.p[i]);
	}
	*ret = out.n == s.n ? s : rc_arena_str(parsing->arena, rc_buf_str(&out));
	return 0;
}

static void escape(struct rc_str s, enum part part, struct rc_buf *out)
{
	for (size_t i = 0; i < s.n; i++)
		if (should_escape(s.p[i], part))
			rc_buf_printf(out, "%%%02X", (unsigned int)(unsigned char)s.p[i]);
		else
			rc_buf_putc(out, s.p[i]);
}

/* What stands before the first mark; *s becomes what follows it, or empty without one. */
static struct rc_str cut(struct rc_str *s, char mark)
{
	ptrdiff_t at = rc_str_index(*s, mark);
	struct rc_str before = {s->p, at < 0 ? s->n : (size_t)at};
	size_t used = before.n + (at < 0 ? 0 : 1);

	*s = (struct rc_str){s->p + used, s->n - used};
	return before;
}

static bool is_port(struct rc_str s)
{
	if (s.n > 0 && s.p[0] != ':')
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!isdigit((unsigned char)s.p[i]))
			return false;
	return true;
}

static ptrdiff_t last_index(struct rc_str s, char c)
{
	const char *found = s.n ? memrchr(s.p, c, s.n) : NULL;

	return found ? found - s.p : -1;
}

/* "[fe80::1%25en0]:80": the zone has rules of its own. */
static int parse_zone(struct parsing *parsing, struct rc_str host, size_t zone, size_t end,
		      struct rc_str *ret)
{
	struct rc_str before, name, after;
	int r = unescape(parsing, (struct rc_str){host.p, zone}, PART_HOST, &before);

	if (r == 0)
		r = unescape(parsing, (struct rc_str){host.p + zone, end - zone}, PART_ZONE, &name);
	if (r == 0)
		r = unescape(parsing, (struct rc_str){host.p + end, host.n - end}, PART_HOST,
			     &after);
	if (r == 0)
		*ret = rc_str(rc_arena_printf(parsing->arena, "%.*s%.*s%.*s", (int)before.n,
					      before.p, (int)name.n, name.p, (int)after.n,
					      after.p));
	return r;
}

static int parse_host(struct parsing *parsing, struct rc_str host, struct rc_str *ret)
{
	bool is_literal = rc_str_has_prefix(host, RC_STR("["));
	ptrdiff_t at = last_index(host, is_literal ? ']' : ':');
	struct rc_str port = {NULL, 0};
	const char *zone;

	if (is_literal && at < 0)
		return rc_fail(parsing->err, -EINVAL, "missing ']' in host");
	if (at >= 0) {
		size_t start = (size_t)at + (is_literal ? 1 : 0);

		port = (struct rc_str){host.p + start, host.n - start};
	}
	if (!is_port(port))
		return fail_quoted(parsing, "invalid port", port, " after host");
	zone = is_literal ? memmem(host.p, (size_t)at, "%25", 3) : NULL;
	if (zone)
		return parse_zone(parsing, host, (size_t)(zone - host.p), (size_t)at, ret);
	return unescape(parsing, host, PART_HOST, ret);
}

static bool is_userinfo(struct rc_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80 ||
		    (!isalnum((unsigned char)s.p[i]) && !is_one_of(s.p[i], "-._:~!$&'()*+,;=%@")))
			return false;
	return true;
}

static int parse_authority(struct parsing *parsing, struct rc_str authority, struct rc_go_url *url)
{
	ptrdiff_t at = last_index(authority, '@');
	size_t start = at < 0 ? 0 : (size_t)at + 1;
	struct rc_str user = {authority.p, at < 0 ? 0 : (size_t)at};
	int r = parse_host(parsing, (struct rc_str){authority.p + start, authority.n - start},
			   &url->host);

	if (r < 0 || at < 0)
		return r;
	if (!is_userinfo(user))
		return rc_fail(parsing->err, -EINVAL, "net/url: invalid userinfo");
	url->has_user = true;
	url->has_password = rc_str_index(user, ':') >= 0;
	url->username = cut(&user, ':');
	r = unescape(parsing, url->username, PART_USER, &url->username);
	return r < 0 ? r : unescape(parsing, user, PART_USER, &url->password);
}

/* "http:", with *rest behind it; without a scheme *rest stays. */
static int parse_scheme(struct parsing *parsing, struct rc_str *rest, struct rc_str *ret)
{
	for (size_t i = 0; i < rest->n; i++) {
		unsigned char c = (unsigned char)rest->p[i];

		if (c < 0x80 && isalpha(c))
			continue;
		if (isdigit(c) || is_one_of((char)c, "+-.")) {
			if (i == 0)
				return 0;
			continue;
		}
		if (c != ':')
			return 0;
		if (i == 0)
			return rc_fail(parsing->err, -EINVAL, "missing protocol scheme");
		*ret = rc_arena_str(parsing->arena, (struct rc_str){rest->p, i});
		for (size_t j = 0; j < i; j++)
			((char *)(uintptr_t)ret->p)[j] = (char)tolower((unsigned char)ret->p[j]);
		*rest = (struct rc_str){rest->p + i + 1, rest->n - i - 1};
		return 0;
	}
	return 0;
}

static bool has_control(struct rc_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return true;
	return false;
}

/* A path that does not begin with '/', and is no opaque part. */
static int check_relative(struct parsing *parsing, struct rc_str rest, bool is_request)
{
	struct rc_str segment = cut(&rest, '/');

	if (is_request)
		return rc_fail(parsing->err, -EINVAL, "invalid URI for request");
	if (rc_str_index(segment, ':') >= 0)
		return rc_fail(parsing->err, -EINVAL,
			       "first path segment in URL cannot contain colon");
	return 0;
}

static int parse_rest(struct parsing *parsing, struct rc_str rest, bool is_request,
		      struct rc_go_url *url)
{
	int r = 0;

	if (!rc_str_has_prefix(rest, RC_STR("/"))) {
		if (url->scheme.n > 0) {
			url->opaque = rest;
			return 0;
		}
		r = check_relative(parsing, rest, is_request);
	} else if (rc_str_has_prefix(rest, RC_STR("//")) &&
		   (url->scheme.n > 0 ||
		    (!is_request && !rc_str_has_prefix(rest, RC_STR("///"))))) {
		struct rc_str authority = {rest.p + 2, rest.n - 2};
		ptrdiff_t slash = rc_str_index(authority, '/');

		if (slash >= 0)
			authority.n = (size_t)slash;
		rest = (struct rc_str){authority.p + authority.n, rest.n - 2 - authority.n};
		r = parse_authority(parsing, authority, url);
	}
	return r < 0 ? r : unescape(parsing, rest, PART_PATH, &url->path);
}

static int parse(struct parsing *parsing, struct rc_str text, bool is_request,
		 struct rc_go_url *url)
{
	struct rc_str rest = text;
	int r;

	if (has_control(text))
		return rc_fail(parsing->err, -EINVAL, "net/url: invalid control character in URL");
	if (text.n == 0 && is_request)
		return rc_fail(parsing->err, -EINVAL, "empty url");
	if (rc_str_is(text, "*")) {
		url->path = text;
		return 0;
	}
	r = parse_scheme(parsing, &rest, &url->scheme);
	if (r < 0)
		return r;
	url->raw_query = rest;
	rest = cut(&url->raw_query, '?');
	return parse_rest(parsing, rest, is_request, url);
}

/* The cause becomes url.Error. */
static int fail_parse(struct rc_error **err, struct rc_str text, const struct rc_error *cause)
{
	rc_autobuf struct rc_buf quoted = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_quote_string(&quoted, text, false);
	return rc_fail(err, -EINVAL, "parse %s: %s", rc_buf_text(&quoted), cause->message);
}

int rc_go_url_parse(struct rc_arena *arena, struct rc_str text, struct rc_go_url *ret,
		    struct rc_error **err)
{
	rc_cleanup(rc_error_freep) struct rc_error *cause = NULL;
	struct parsing parsing = {.arena = arena, .err = &cause};
	struct rc_str fragment = text, main_part = cut(&fragment, '#');
	struct rc_go_url url = {0};

	if (parse(&parsing, main_part, false, &url) < 0)
		return fail_parse(err, main_part, cause);
	if (unescape(&parsing, fragment, PART_FRAGMENT, &url.fragment) < 0)
		return fail_parse(err, text, cause);
	*ret = url;
	return 0;
}

int rc_go_url_parse_request(struct rc_arena *arena, struct rc_str text, struct rc_go_url *ret,
			    struct rc_error **err)
{
	rc_cleanup(rc_error_freep) struct rc_error *cause = NULL;
	struct parsing parsing = {.arena = arena, .err = &cause};
	struct rc_go_url url = {0};

	if (parse(&parsing, text, true, &url) < 0)
		return fail_parse(err, text, cause);
	*ret = url;
	return 0;
}

struct rc_str rc_go_url_hostname(const struct rc_go_url *url)
{
	struct rc_str host = url->host;
	ptrdiff_t colon = last_index(host, ':');

	if (colon >= 0 && is_port((struct rc_str){host.p + colon, host.n - (size_t)colon}))
		host.n = (size_t)colon;
	if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = (struct rc_str){host.p + 1, host.n - 2};
	return host;
}

void rc_go_url_put_user(const struct rc_go_url *url, struct rc_buf *out)
{
	escape(url->username, PART_USER, out);
	if (url->has_password) {
		rc_buf_putc(out, ':');
		escape(url->password, PART_USER, out);
	}
}

static void put_path(const struct rc_go_url *url, bool is_first, struct rc_buf *out)
{
	struct rc_str rest = url->path, segment = cut(&rest, '/');

	if (url->path.n > 0 && url->path.p[0] != '/' && url->host.n > 0)
		rc_buf_putc(out, '/');
	else if (is_first && rc_str_index(segment, ':') >= 0)
		rc_buf_puts(out, "./");
	if (rc_str_is(url->path, "*"))
		rc_buf_putc(out, '*');
	else
		escape(url->path, PART_PATH, out);
}

void rc_go_url_put(const struct rc_go_url *url, struct rc_buf *out)
{
	size_t start = out->n;

	if (url->scheme.n > 0)
		rc_buf_printf(out, "%.*s:", (int)url->scheme.n, url->scheme.p);
	if (url->opaque.n > 0) {
		rc_buf_add_str(out, url->opaque);
	} else {
		if (url->host.n > 0 || url->has_user || (url->scheme.n > 0 && url->path.n > 0))
			rc_buf_puts(out, "//");
		if (url->has_user) {
			rc_go_url_put_user(url, out);
			rc_buf_putc(out, '@');
		}
		escape(url->host, PART_HOST, out);
		put_path(url, out->n == start, out);
	}
	if (url->raw_query.n > 0)
		rc_buf_printf(out, "?%.*s", (int)url->raw_query.n, url->raw_query.p);
	if (url->fragment.n > 0) {
		rc_buf_putc(out, '#');
		escape(url->fragment, PART_FRAGMENT, out);
	}
}
