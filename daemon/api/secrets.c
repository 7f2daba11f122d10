/* /v1/secrets: ExternalSecrets, and refreshing them out of turn; /v1/secret-stores. */
#include <errno.h>

#include "api/api.h"
#include "secrets.h"

static void serve_secret(struct api_call *call)
{
	bool is_post = api_is_post(call);
	struct rc_error *err = NULL;
	json_t *json = NULL;
	int r;

	if (is_post && !api_may_change(call, &err))
		r = -EACCES;
	else if (is_post)
		r = daemon_secrets_refresh(call->daemon->secrets, call->parts[1], call->parts[2],
					   &err);
	else
		r = daemon_secrets_get(call->daemon->secrets, call->parts[1], call->parts[2], &json,
				       &err);
	if (r < 0)
		api_reply_error(call->exchange, err);
	else
		api_reply(call, json ? json : json_object());
}

void api_secrets_serve(struct api_call *call)
{
	struct rc_error *err = NULL;

	if (call->n == 1) {
		api_reply(call, daemon_secrets_list(call->daemon->secrets));
	} else if (call->n > 2) {
		serve_secret(call);
	} else {
		rc_fail(&err, -ENOENT, "a secret is named by its namespace and its name");
		api_reply_error(call->exchange, err);
	}
}

void api_secret_stores_serve(struct api_call *call)
{
	api_reply(call, daemon_secrets_list_stores(call->daemon->secrets));
}
