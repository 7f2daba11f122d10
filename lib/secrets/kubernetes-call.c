/* What is asked of a Kubernetes for its Secrets. */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/base64.h"
#include "data/json-read.h"
#include "data/json.h"
#include "data/percent.h"
#include "secrets/kubernetes-store.h"

#define ANSWER_MAX    ((size_t)16 << 20)
#define TOKEN_SPARE_S 60 /* a token is asked for anew so long before its end */
#define CONTENT	      "Content-Type"
#define JSON_TYPE     "application/json"

void rc_secrets_kubernetes_call_cancel(struct rc_secrets_call *head)
{
	struct kubernetes_call *call = rc_container_of(head, struct kubernetes_call, head);

	rc_secrets_reference_cancel(call->loading);
	rc_kube_token_cancel(call->asking);
	rc_net_http_request_cancel(call->request);
	for (size_t i = 0; i < PARTS; i++)
		rc_secret_free(call->parts[i]);
	rc_regex_free(call->regex);
	rc_secrets_kubernetes_push_free(call->push);
	rc_error_free(call->err);
	json_decref(call->body);
	free(call->path);
	free(call);
}

static void end(struct kubernetes_call *call, int r, const json_t *document, struct rc_error *err)
{
	struct rc_secrets_answer answer = {.document = document, .lease_id = ""};
	rc_secrets_call_fn *done = call->done;
	void *userdata = call->userdata;

	rc_secrets_kubernetes_call_cancel(&call->head);
	done(userdata, r, &answer, err);
}

/* ---- asking ---- */

static int judge(const struct rc_net_http_response *response, const char *server,
		 struct rc_error **err)
{
	json_auto_t *body = NULL;
	int status = response->status;
	int r = status == 404			 ? -ENOENT
		: status == 401 || status == 403 ? -EACCES
		: status == 409			 ? -EEXIST
		: status == 429 || status >= 500 ? -EAGAIN
						 : -EINVAL;

	if (status >= 200 && status <= 299)
		return 0;
	rc_json_read_tree(response->body, &body, NULL);
	return rc_fail(err, r, "%s answered %d: %s", server, status,
		       rc_json_text(body, "message", NULL) ?: "no reason was given");
}

static void on_answer(void *userdata, int r, const struct rc_net_http_response *response,
		      struct rc_error *err)
{
	struct kubernetes_call *call = userdata;
	json_auto_t *body = NULL, *document = NULL;

	call->request = NULL;
	if (r == 0)
		r = judge(response, call->client->server, &err);
	if (r == 0 && rc_json_read_tree(response->body, &body, NULL) < 0)
		r = rc_fail(&err, -EPROTO, "%s: the answer is no JSON", call->client->server);
	if (call->go_on && call->go_on(call, &r, body, &err))
		return;
	if (r == 0 && call->take)
		r = call->take(call, body, &document, &err);
	end(call, r, document, err);
}

void rc_secrets_kubernetes_call_send(struct kubernetes_call *call)
{
	const struct kubernetes_client *client = call->client;
	struct rc_net_http_header headers[] = {{CONTENT, call->content_type ?: JSON_TYPE},
					       {NULL, NULL}};
	struct rc_net_tls tls = {.ca_pem = client->ca, .key_pem = call->parts[PART_KEY]};
	rc_autofree char *url = rc_asprintf("%s%s", client->server, call->path);
	char *body = call->body ? json_dumps(call->body, JSON_COMPACT) : NULL;
	struct rc_net_http_options options = {
		.method = call->method,
		.url = url,
		.headers = headers,
		.bearer = call->parts[PART_TOKEN] ?: client->token,
		.body = rc_str(body ?: ""),
		.tls = &tls,
		.max_body_bytes = ANSWER_MAX,
	};

	if (call->parts[PART_CA])
		tls.ca_pem = rc_secret_reveal(call->parts[PART_CA]).p;
	if (call->parts[PART_CERTIFICATE])
		tls.certificate_pem = rc_secret_reveal(call->parts[PART_CERTIFICATE]).p;
	call->request =
		rc_net_http_client_start(client->context->http, &options, NULL, on_answer, call);
	rc_secret_wipe_text(body);
}

static void on_token(void *userdata, int r, const struct rc_secret *secret, int64_t expires_unix_s,
		     struct rc_error *err)
{
	struct kubernetes_call *call = userdata;
	struct kubernetes_client *client = call->client;
	struct rc_str text = rc_secret_reveal(secret);

	call->asking = NULL;
	if (r < 0) {
		r = r == -ENOENT ? -EACCES : r; /* no account is no missing secret */
		rc_wrap(&err, r, "a token of account %s/%s", client->account_space,
			client->account);
		end(call, r, NULL, err);
		return;
	}
	rc_secret_free(client->token);
	client->token = rc_secret_new(text.p, text.n);
	client->token_end_unix_s = expires_unix_s;
	rc_secrets_kubernetes_call_send(call);
}

static void on_loaded(void *userdata, int r, struct rc_secret **values, struct rc_error *err)
{
	struct kubernetes_call *call = userdata;
	struct kubernetes_client *client = call->client;

	call->loading = NULL;
	if (call->r < 0) {
		rc_error_free(err);
		end(call, call->r, NULL, rc_steal(&call->err));
		return;
	}
	if (r < 0) {
		end(call, r == -ENOENT ? -EACCES : r, NULL, err);
		return;
	}
	for (size_t i = 0; i < PARTS; i++)
		if (client->at[i])
			call->parts[i] = rc_steal(&values[client->at[i] - 1]);
	if (client->account && client->token_end_unix_s < rc_clock_unix_s() + TOKEN_SPARE_S)
		call->asking = rc_kube_token_start(
			client->context->cluster, client->account_space, client->account,
			(const char *const *)client->audiences, 0, on_token, call);
	else
		rc_secrets_kubernetes_call_send(call);
}

struct kubernetes_call *rc_secrets_kubernetes_call_make(struct rc_secrets_client *head,
							const char *method,
							rc_secrets_call_fn *done, void *userdata)
{
	struct kubernetes_call *call = rc_new0(struct kubernetes_call);

	call->head.ops = head->ops;
	call->client = rc_container_of(head, struct kubernetes_client, head);
	call->method = method;
	call->done = done;
	call->userdata = userdata;
	call->loading = rc_secrets_reference_load(call->client->context, call->client->references,
						  call->client->n, on_loaded, call);
	return call;
}

char *rc_secrets_kubernetes_call_path(const char *name_space, const char *name, const char *query)
{
	rc_autobuf struct rc_buf path = RC_BUF_INIT(8192);

	rc_buf_printf(&path, "/api/v1/namespaces/%s/secrets", name_space);
	if (name)
		rc_buf_putc(&path, '/');
	rc_percent_encode(&path, rc_str(name ?: ""), NULL);
	rc_buf_puts(&path, query ?: "");
	return rc_strdup(rc_buf_text(&path));
}

/* ---- reading ---- */

json_t *rc_secrets_kubernetes_call_decode(const json_t *secret)
{
	json_t *values = json_object(), *value;
	const char *key;

	json_object_foreach (json_object_get(secret, "data"), key, value) {
		rc_autobuf struct rc_buf bytes = RC_BUF_INIT(4 << 20);

		if (rc_base64_decode(rc_str(json_string_value(value) ?: ""), &bytes) == 0)
			json_object_set_new(values, key,
					    json_stringn_nocheck(rc_buf_text(&bytes), bytes.n));
	}
	return values;
}

static int take_read(struct kubernetes_call *call, const json_t *answer, json_t **ret_document,
		     struct rc_error **err)
{
	const json_t *metadata = json_object_get(answer, "metadata");

	(void)err;
	*ret_document = call->is_metadata ? json_pack("{s:O?, s:O?}", "annotations",
						      json_object_get(metadata, "annotations"),
						      "labels", json_object_get(metadata, "labels"))
					  : rc_secrets_kubernetes_call_decode(answer);
	return 0;
}

struct rc_secrets_call *rc_secrets_kubernetes_call_read(struct rc_secrets_client *head,
							const struct rc_secrets_query *query,
							rc_secrets_call_fn *done, void *userdata)
{
	struct kubernetes_call *call = rc_secrets_kubernetes_call_make(head, "GET", done, userdata);

	call->is_metadata = query->is_metadata;
	call->path = rc_secrets_kubernetes_call_path(call->client->name_space, query->key, NULL);
	call->take = take_read;
	return &call->head;
}

static int take_found(struct kubernetes_call *call, const json_t *answer, json_t **ret_document,
		      struct rc_error **err)
{
	json_auto_t *found = json_object();
	const struct rc_regex_span *spans;
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(answer, "items"), i, item) {
		const char *name = rc_json_text(item, "metadata", "name", NULL) ?: "";
		int r = call->regex ? rc_regex_find(call->regex, rc_str(name), 0, &spans, err) : 1;

		if (r < 0)
			return r;
		if (r > 0)
			json_object_set_new(found, name, rc_secrets_kubernetes_call_decode(item));
	}
	*ret_document = rc_steal(&found);
	return 0;
}

/* Tags are labels. */
static char *make_selector(const json_t *tags)
{
	rc_autobuf struct rc_buf query = RC_BUF_INIT(8192);
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)tags, key, value) {
		rc_buf_puts(&query, query.n ? "%2C" : "?labelSelector=");
		rc_percent_encode(&query, rc_str(key), NULL);
		rc_buf_puts(&query, "%3D");
		rc_percent_encode(&query, rc_str(json_string_value(value) ?: ""), NULL);
	}
	return rc_strdup(rc_buf_text(&query));
}

struct rc_secrets_call *rc_secrets_kubernetes_call_find(struct rc_secrets_client *head,
							const struct rc_secrets_find *find,
							rc_secrets_call_fn *done, void *userdata)
{
	struct kubernetes_call *call = rc_secrets_kubernetes_call_make(head, "GET", done, userdata);
	rc_autofree char *selector = find->name ? NULL : make_selector(find->tags);

	/* A pattern that is none was refused with the ExternalSecret. */
	if (find->name)
		rc_regex_compile(rc_str(find->name), &call->regex, NULL);
	call->path = rc_secrets_kubernetes_call_path(call->client->name_space, NULL, selector);
	call->take = take_found;
	return &call->head;
}

/* ---- whether it can be used ---- */

static int take_review(struct kubernetes_call *call, const json_t *answer, json_t **ret_document,
		       struct rc_error **err)
{
	(void)ret_document;
	if (json_is_true(rc_json_get(answer, "status", "allowed", NULL)))
		return 0;
	return rc_fail(err, -EACCES, "it may not read secrets of namespace '%s'",
		       call->client->name_space);
}

struct rc_secrets_call *rc_secrets_kubernetes_call_validate(struct rc_secrets_client *head,
							    rc_secrets_call_fn *done,
							    void *userdata)
{
	struct kubernetes_call *call =
		rc_secrets_kubernetes_call_make(head, "POST", done, userdata);

	call->path = rc_strdup("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews");
	call->body = json_pack("{s:s, s:s, s:{s:{s:s, s:s, s:s}}}", "apiVersion",
			       "authorization.k8s.io/v1", "kind", "SelfSubjectAccessReview", "spec",
			       "resourceAttributes", "namespace", call->client->name_space, "verb",
			       "get", "resource", "secrets");
	call->take = take_review;
	return &call->head;
}
