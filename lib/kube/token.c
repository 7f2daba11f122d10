/* TokenRequest. */
#include "kube/token.h"

#include <errno.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "kube/request.h"

#define SECONDS_DEFAULT 600

struct rc_kube_token {
	struct rc_kube_request *request;
	rc_kube_token_done_fn *done;
	void *userdata;
};

static void on_answer(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct rc_kube_token *token = userdata;
	rc_cleanup(rc_secret_freep) struct rc_secret *secret = NULL;
	int64_t expires = 0;

	if (r == 0) {
		const char *text = rc_json_text(answer->object, "status", "token", NULL);
		const char *end =
			rc_json_text(answer->object, "status", "expirationTimestamp", NULL);

		if (!text)
			r = rc_fail(&err, -EPROTO, "the answer to a TokenRequest holds no token");
		secret = rc_secret_new_text(text);
		if (!end || rc_clock_parse_rfc3339(end, &expires) < 0)
			expires = rc_clock_unix_s() + SECONDS_DEFAULT;
	}
	token->done(token->userdata, r, r < 0 ? NULL : secret, expires, err);
	free(token);
}

struct rc_kube_token *rc_kube_token_start(struct rc_kube_cluster *cluster, const char *name_space,
					  const char *service_account, const char *const *audiences,
					  unsigned int seconds, rc_kube_token_done_fn *done,
					  void *userdata)
{
	struct rc_kube_token *token = rc_new0(struct rc_kube_token);
	rc_autofree char *path = rc_asprintf("/api/v1/namespaces/%s/serviceaccounts/%s/token",
					     name_space, service_account);
	json_auto_t *body =
		json_pack("{s:s, s:s, s:{s:i}}", "apiVersion", "authentication.k8s.io/v1", "kind",
			  "TokenRequest", "spec", "expirationSeconds",
			  (int)(seconds ? seconds : SECONDS_DEFAULT));
	struct rc_kube_request_options options = {.method = "POST", .path = path, .body = body};

	if (audiences && *audiences) {
		json_t *list = json_array();

		for (; *audiences; audiences++)
			json_array_append_new(list, json_string(*audiences));
		json_object_set_new(json_object_get(body, "spec"), "audiences", list);
	}
	token->done = done;
	token->userdata = userdata;
	token->request = rc_kube_request_start(cluster, &options, on_answer, token);
	return token;
}

void rc_kube_token_cancel(struct rc_kube_token *token)
{
	if (!token)
		return;
	rc_kube_request_cancel(token->request);
	free(token);
}
