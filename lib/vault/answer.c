/* Statuses and bodies. */
#include "vault/answer.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "data/json.h"

static int to_code(int status)
{
	switch (status) {
	case 400:
	case 405:
	case 413:
		return -EINVAL;
	case 403:
		return -EACCES;
	case 404:
		return -ENOENT;
	case 412:
	case 429:
	case 472:
	case 473:
		return -EAGAIN;
	default:
		return status >= 500 ? -EAGAIN : -EPROTO;
	}
}

static const char *to_words(int status)
{
	switch (status) {
	case 412:
		return "this node is behind what was written";
	case 429:
		return "it is asked too often";
	case 472:
		return "it is a secondary for disaster recovery";
	case 473:
		return "it is a standby";
	case 503:
		return "it is sealed or in maintenance";
	default:
		return NULL;
	}
}

static void add_texts(struct rc_buf *text, const json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		rc_buf_printf(text, "%s%.300s", text->n ? "; " : "", json_string_value(item) ?: "");
}

/*
 * {"errors": ["..."]} are Vault's words; what else may be in a body is not repeated. A 404 with a
 * warning is no missing secret: it is the other version of the key-value engine that was asked. Nor
 * is one with an error: there is no such engine, or it knows no such path.
 */
static int read_failure(int status, const json_t *body, struct rc_error **err)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(2048);
	const json_t *warnings = json_object_get(body, "warnings");
	int r = to_code(status);

	add_texts(&text, json_object_get(body, "errors"));
	if (status == 404 && text.n > 0)
		r = -EINVAL;
	if (json_array_size(warnings) > 0) {
		add_texts(&text, warnings);
		r = status == 404 ? -EINVAL : r;
	}
	if (text.n == 0 && to_words(status))
		rc_buf_puts(&text, to_words(status));
	rc_fail(err, r, "Vault answered %d%s%s", status, text.n ? ": " : "", rc_buf_text(&text));
	if (status == 404 && r == -EINVAL)
		rc_hint(err, "do the store's 'path' and 'version' fit the engine?");
	return r;
}

static int read_body(const struct rc_net_http_response *response, json_t **ret_body,
		     struct rc_error **err)
{
	bool is_good = response->status >= 200 && response->status <= 299;

	if (response->status == 204)
		return 0;
	if (rc_json_parse(response->body, "the answer", ret_body, NULL) < 0 && is_good)
		return rc_fail(err, -EPROTO, "the answer is not JSON (%.40s): is it a Vault?",
			       *response->content_type ? response->content_type : "no type");
	return is_good ? 0 : read_failure(response->status, *ret_body, err);
}

int rc_vault_answer_read(int r, const struct rc_net_http_response *response, json_t **ret_body,
			 struct rc_vault_answer *answer, struct rc_error **err)
{
	json_t *body = NULL;

	*answer = (struct rc_vault_answer){.lease_id = ""};
	*ret_body = NULL;
	if (r < 0)
		return r;
	answer->status = response->status;
	r = read_body(response, &body, err);
	if (body && !json_is_object(body)) {
		json_decref(body);
		return r < 0 ? r : rc_fail(err, -EPROTO, "the answer is not an object of JSON");
	}
	*ret_body = body;
	answer->body = body;
	answer->data = json_object_get(body, "data");
	answer->auth = json_object_get(body, "auth");
	answer->lease_id = rc_json_text(body, "lease_id", NULL) ?: "";
	answer->lease_duration_s = json_integer_value(json_object_get(body, "lease_duration"));
	answer->renewable = json_is_true(json_object_get(body, "renewable"));
	return r;
}

enum rc_vault_verdict rc_vault_answer_judge(int r, int status)
{
	if (r < 0)
		return r == -E2BIG ? RC_VAULT_WELL : RC_VAULT_AWAY;
	switch (status) {
	case 429:
		return RC_VAULT_BUSY;
	case 472:
	case 473:
	case 502:
	case 503:
	case 504:
	case 530:
		return RC_VAULT_AWAY;
	default:
		return status >= 500 ? RC_VAULT_SICK : RC_VAULT_WELL;
	}
}
