/* sprig's paths (slash rules, which are also those of Linux) and URLs. */
#include <errno.h>

#include "data/go-url.h"
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

static void set(struct rc_value_call *call, struct rc_value map, const char *key,
		struct rc_str text)
{
	rc_value_map_set(call->arena, map.map, rc_str(key), rc_value_str(text));
}

static int run_url_parse(struct rc_value_call *call, struct rc_value *ret)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autobuf struct rc_buf user = RC_BUF_INIT(RC_BUF_UNLIMITED);
	struct rc_go_url url;

	if (rc_go_url_parse(call->arena, call->args[0].text, &url, &err) < 0)
		return fail(call, "unable to parse url: %s", err->message);
	if (url.has_user)
		rc_go_url_put_user(&url, &user);
	*ret = rc_value_map_new(call->arena, RC_VALUE_ANY, 8);
	set(call, *ret, "scheme", url.scheme);
	set(call, *ret, "host", url.host);
	set(call, *ret, "hostname", rc_go_url_hostname(&url));
	set(call, *ret, "path", url.path);
	set(call, *ret, "query", url.raw_query);
	set(call, *ret, "opaque", url.opaque);
	set(call, *ret, "fragment", url.fragment);
	set(call, *ret, "userinfo", rc_arena_str(call->arena, rc_buf_str(&user)));
	return 0;
}

static int get(struct rc_value_call *call, const char *key, struct rc_str *ret)
{
	const struct rc_value *value = call->args[0].kind == RC_VALUE_MAP
					       ? rc_value_map_get(call->args[0].map, rc_str(key))
					       : NULL;

	*ret = RC_STR("");
	if (!value)
		return 0;
	if (rc_value_is_nil(*value))
		return fail(call,
			    "runtime error: invalid memory address or nil pointer dereference");
	if (value->kind != RC_VALUE_STRING)
		return fail(call, "unable to parse %s key, must be of type string, but %s found",
			    key, rc_value_kind_name(*value));
	*ret = value->text;
	return 0;
}

static int get_user(struct rc_value_call *call, struct rc_go_url *url)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	struct rc_go_url around;
	struct rc_str user;
	int r = get(call, "userinfo", &user);

	if (r < 0 || user.n == 0)
		return r;
	if (rc_go_url_parse(
		    call->arena,
		    rc_str(rc_arena_printf(call->arena, "proto://%.*s@host", (int)user.n, user.p)),
		    &around, &err) < 0)
		return fail(call, "unable to parse userinfo in dict: %s", err->message);
	url->has_user = around.has_user;
	url->has_password = around.has_password;
	url->username = around.username;
	url->password = around.password;
	return 0;
}

static int run_url_join(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	struct rc_go_url url = {0};
	int r = get(call, "scheme", &url.scheme);

	if (r == 0)
		r = get(call, "host", &url.host);
	if (r == 0)
		r = get(call, "path", &url.path);
	if (r == 0)
		r = get(call, "query", &url.raw_query);
	if (r == 0)
		r = get(call, "opaque", &url.opaque);
	if (r == 0)
		r = get(call, "fragment", &url.fragment);
	if (r == 0)
		r = get_user(call, &url);
	if (r < 0)
		return r;
	rc_go_url_put(&url, &out);
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
