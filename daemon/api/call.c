/* What every answer needs: replies, errors by their codes, and who asks. */
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "base/log.h"
#include "base/memory.h"
#include "data/json.h"

static int to_status(int r)
{
	switch (r) {
	case -ENOENT:
		return 404;
	case -EACCES:
		return 403;
	case -EINVAL:
		return 400;
	case -EBUSY:
		return 409;
	case -EAGAIN:
		return 503;
	default:
		return 500;
	}
}

void api_reply_error(struct rc_net_http_exchange *exchange, struct rc_error *err)
{
	json_auto_t *body = json_pack("{s:o}", "error", rc_error_to_json(err));

	rc_net_http_exchange_reply_json(exchange, to_status(err->code), body);
	rc_error_free(err);
}

void api_reply(struct api_call *call, json_t *json)
{
	json_auto_t *owned = json;

	rc_net_http_exchange_reply_json(call->exchange, 200, owned);
}

void api_reply_done(struct api_call *call)
{
	api_reply(call, json_object());
}

bool api_is_post(const struct api_call *call)
{
	return strcmp(rc_net_http_exchange_get_method(call->exchange), "POST") == 0;
}

int api_read_body(struct api_call *call, json_t **ret_body, struct rc_error **err)
{
	struct rc_str text = rc_net_http_exchange_get_body(call->exchange);

	*ret_body = NULL;
	return text.n ? rc_json_parse(text, "the request", ret_body, err) : 0;
}

char *api_name_caller(struct api_call *call)
{
	uid_t uid = rc_net_http_exchange_get_peer_uid(call->exchange);
	const struct passwd *user;

	if (call->client)
		return rc_strdup(api_client_get_name(call->client));
	user = getpwuid(uid);
	return user ? rc_strdup(user->pw_name) : rc_asprintf("uid %u", (unsigned int)uid);
}

/* Who asked for which change, by the path alone: bodies may hold what no log shall. */
static void audit(struct api_call *call, bool is_allowed)
{
	rc_autofree char *caller = api_name_caller(call);
	const struct rc_log scope = {.key = "RC_USER", .value = caller};
	const char *method = rc_net_http_exchange_get_method(call->exchange);
	const char *path = rc_net_http_exchange_get_path(call->exchange);

	if (is_allowed)
		rc_log_notice(&scope, "audit: %s asks for %s %s", caller, method, path);
	else
		rc_log_warning(&scope, "audit: %s may not %s %s", caller, method, path);
}

static bool is_master(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

const char *api_name_role(struct api_call *call)
{
	if (call->client)
		return api_client_get_role(call->client);
	return is_master(rc_net_http_exchange_get_peer_uid(call->exchange)) ? "admin" : "read";
}

bool api_may_change(struct api_call *call, struct rc_error **err)
{
	uid_t uid = rc_net_http_exchange_get_peer_uid(call->exchange);

	/* A client's role was asked before the call came here. */
	if (call->client || is_master(uid)) {
		audit(call, true);
		return true;
	}
	audit(call, false);
	rc_fail(err, -EACCES, "user %u may look, but not change anything", (unsigned int)uid);
	rc_hint(err, "ask as root, or as the user reconciled runs as");
	return false;
}
