/* sprig's paths (slash rules, which are also those of Linux) and URLs. */
#include <errno.h>
#include <ctype.h>

#include "data/number.h"
#include "template/func.h"

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)

static struct rc_value copy(struct rc_value_call *call, const struct rc_buf *buf)
{
	return rc_value_str(rc_arena_str(call->arena, rc_buf_str(buf)));
}

static struct rc_str part(struct rc_str *s)
{
	ptrdiff_t slash = rc_str_index(*s, '/');
	struct rc_str found = {s->p, slash < 0 ? s->n : (size_t)slash};

	s->p += slash < 0 ? s->n : (size_t)slash + 1;
	s->n -= slash < 0 ? s->n : (size_t)slash + 1;
	return found;
}

/* path.Clean */
static void clean(struct rc_str s, struct rc_buf *out)
{
	bool rooted = s.n > 0 && s.p[0] == '/';
	size_t floor;

	if (rooted)
		rc_buf_putc(out, '/');
	floor = out->n;
	while (s.n > 0) {
		struct rc_str name = part(&s);

		if (name.n == 0 || rc_str_is(name, "."))
			continue;
		if (!rc_str_is(name, "..")) {
			if (out->n > (rooted ? 1U : 0U))
				rc_buf_putc(out, '/');
			rc_buf_add_str(out, name);
		} else if (out->n > floor) {
			const char *slash = memrchr(out->p + floor, '/', out->n - floor);

			rc_buf_truncate(out, slash ? (size_t)(slash - out->p) : floor);
		} else if (!rooted) {
			if (out->n > 0)
				rc_buf_putc(out, '/');
			rc_buf_puts(out, "..");
			floor = out->n;
		}
	}
	if (out->n == 0)
		rc_buf_putc(out, '.');
}

static int run_clean(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	clean(call->args[0].text, &out);
	*ret = copy(call, &out);
	return 0;
}

static int run_dir(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	struct rc_str s = call->args[0].text;
	const char *slash = s.n ? memrchr(s.p, '/', s.n) : NULL;

	clean((struct rc_str){s.p, slash ? (size_t)(slash + 1 - s.p) : 0}, &out);
	*ret = copy(call, &out);
	return 0;
}

static int run_base(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str s = call->args[0].text;
	const char *slash;

	if (s.n == 0) {
		*ret = rc_value_text(".");
		return 0;
	}
	while (s.n > 0 && s.p[s.n - 1] == '/')
		s.n--;
	slash = s.n ? memrchr(s.p, '/', s.n) : NULL;
	if (slash)
		s = (struct rc_str){slash + 1, s.n - (size_t)(slash + 1 - s.p)};
	*ret = s.n ? rc_value_str(s) : rc_value_text("/");
	return 0;
}

static int run_ext(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str s = call->args[0].text;

	*ret = rc_value_str(RC_STR(""));
	for (size_t i = s.n; i-- > 0 && s.p[i] != '/';)
		if (s.p[i] == '.') {
			*ret = rc_value_str((struct rc_str){s.p + i, s.n - i});
			return 0;
		}
	return 0;
}

static int run_is_abs(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_bool(call->args[0].text.n > 0 && call->args[0].text.p[0] == '/');
	return 0;
}

static bool is_scheme(struct rc_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isalpha((unsigned char)s.p[i]) &&
		    (i == 0 || (!isdigit((unsigned char)s.p[i]) && !strchr("+-.", s.p[i]))))
			return false;
	return s.n > 0;
}

static struct rc_str before(struct rc_str *s, char mark, bool *ret_found)
{
	ptrdiff_t at = rc_str_index(*s, mark);
	struct rc_str found = {s->p, at < 0 ? s->n : (size_t)at};

	*ret_found = at >= 0;
	s->p += at < 0 ? s->n : (size_t)at + 1;
	s->n -= at < 0 ? s->n : (size_t)at + 1;
	return found;
}

static struct rc_str unescape(struct rc_value_call *call, struct rc_str s)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (s.n == 0 || !memchr(s.p, '%', s.n))
		return s;
	for (size_t i = 0; i < s.n; i++) {
		uint64_t byte;

		if (s.p[i] == '%' && i + 2 < s.n &&
		    rc_number_parse_uint((struct rc_str){s.p + i + 1, 2}, 16, &byte) == 0) {
			rc_buf_putc(&out, (char)byte);
			i += 2;
		} else {
			rc_buf_putc(&out, s.p[i]);
		}
	}
	return rc_arena_str(call->arena, rc_buf_str(&out));
}

static struct rc_str host_name(struct rc_str host)
{
	const char *colon = host.n ? memrchr(host.p, ':', host.n) : NULL;

	if (host.n > 0 && host.p[0] == '[') {
		ptrdiff_t end = rc_str_index(host, ']');

		return end < 0 ? host : (struct rc_str){host.p + 1, (size_t)end - 1};
	}
	return colon ? (struct rc_str){host.p, (size_t)(colon - host.p)} : host;
}

static void set(struct rc_value_call *call, struct rc_value map, const char *key,
		struct rc_str text)
{
	rc_value_map_set(call->arena, map.map, rc_str(key), rc_value_str(text));
}

static int run_url_parse(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str rest = call->args[0].text, scheme = RC_STR(""), user = RC_STR("");
	struct rc_str host = RC_STR(""), opaque = RC_STR(""), fragment, query;
	bool found;
	struct rc_str main_part = before(&rest, '#', &found);

	fragment = rest;
	rest = main_part;
	main_part = before(&rest, ':', &found);
	if (found && is_scheme(main_part))
		scheme = main_part;
	else
		rest = (struct rc_str){main_part.p, main_part.n + (found ? rest.n + 1 : 0)};
	main_part = before(&rest, '?', &found);
	query = rest;
	if (rc_str_has_prefix(main_part, RC_STR("//"))) {
		ptrdiff_t at;

		main_part.p += 2;
		main_part.n -= 2;
		host = before(&main_part, '/', &found);
		if (found) {
			main_part.p--;
			main_part.n++;
		}
		at = rc_str_index(host, '@');
		if (at >= 0)
			user = before(&host, '@', &found);
	} else if (scheme.n > 0 && main_part.n > 0 && main_part.p[0] != '/') {
		opaque = main_part;
		main_part = RC_STR("");
	}
	*ret = rc_value_map_new(call->arena, RC_VALUE_ANY, 8);
	set(call, *ret, "scheme", scheme);
	set(call, *ret, "host", host);
	set(call, *ret, "hostname", host_name(host));
	set(call, *ret, "path", unescape(call, main_part));
	set(call, *ret, "query", query);
	set(call, *ret, "opaque", opaque);
	set(call, *ret, "fragment", unescape(call, fragment));
	set(call, *ret, "userinfo", user);
	return 0;
}

static struct rc_str get(const struct rc_value_call *call, const char *key)
{
	const struct rc_value *value = call->args[0].kind == RC_VALUE_MAP
					       ? rc_value_map_get(call->args[0].map, rc_str(key))
					       : NULL;

	return value && value->kind == RC_VALUE_STRING ? value->text : RC_STR("");
}

/* As net/url escapes a path or a fragment. */
static void escape(struct rc_buf *out, struct rc_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (isalnum(c) || (c && strchr("-_.~$&+,/:;=@!'()*", c)))
			rc_buf_putc(out, (char)c);
		else
			rc_buf_printf(out, "%%%02X", c);
	}
}

static int run_url_join(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	struct rc_str scheme = get(call, "scheme"), host = get(call, "host");
	struct rc_str path = get(call, "path"), user = get(call, "userinfo");
	struct rc_str opaque = get(call, "opaque");

	if (scheme.n > 0)
		rc_buf_printf(&out, "%.*s:", (int)scheme.n, scheme.p);
	if (opaque.n > 0) {
		rc_buf_add_str(&out, opaque);
	} else {
		if (scheme.n > 0 || host.n > 0 || user.n > 0) {
			if (host.n > 0 || path.n > 0 || user.n > 0)
				rc_buf_puts(&out, "//");
			if (user.n > 0)
				rc_buf_printf(&out, "%.*s@", (int)user.n, user.p);
			rc_buf_add_str(&out, host);
		}
		if (path.n > 0 && path.p[0] != '/' && host.n > 0)
			rc_buf_putc(&out, '/');
		escape(&out, path);
	}
	if (get(call, "query").n > 0)
		rc_buf_printf(&out, "?%.*s", (int)get(call, "query").n, get(call, "query").p);
	if (get(call, "fragment").n > 0) {
		rc_buf_putc(&out, '#');
		escape(&out, get(call, "fragment"));
	}
	*ret = copy(call, &out);
	return 0;
}

const struct rc_template_func rc_template_func_path[] = {
	{"base", "s", run_base},
	{"osBase", "s", run_base},
	{"dir", "s", run_dir},
	{"osDir", "s", run_dir},
	{"clean", "s", run_clean},
	{"osClean", "s", run_clean},
	{"ext", "s", run_ext},
	{"osExt", "s", run_ext},
	{"isAbs", "s", run_is_abs},
	{"osIsAbs", "s", run_is_abs},
	{"urlParse", "s", run_url_parse},
	{"urlJoin", "M", run_url_join},
	{NULL, NULL, NULL},
};
