/* Webhook: what an HTTP server answers, a map in JSON. */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/base64.h"
#include "data/duration.h"
#include "data/gjson.h"
#include "data/json-read.h"
#include "data/json.h"
#include "net/http-client.h"
#include "secrets/generator-instant.h"
#include "secrets/reference.h"
#include "secrets/template.h"

#define ANSWER_MAX  ((size_t)1 << 20)
#define HEADERS_MAX 32
#define LABEL	    "generators.external-secrets.io/type" /* of Secrets that may be sent */

struct webhook_client {
	struct rc_secrets_client head;
	const struct rc_secrets_context *context;
	json_t *spec;
	struct rc_secrets_reference *references; /* the secrets, then perhaps the CA */
	size_t n_secrets, n;
};

struct webhook_call {
	struct rc_secrets_call head;
	struct webhook_client *client;
	struct rc_secrets_loading *loading;
	struct rc_net_http_request *request;
	rc_secrets_call_fn *done;
	void *userdata;
};

static void webhook_cancel(struct rc_secrets_call *head)
{
	struct webhook_call *call = rc_container_of(head, struct webhook_call, head);

	rc_secrets_reference_cancel(call->loading);
	rc_net_http_request_cancel(call->request);
	free(call);
}

static void end(struct webhook_call *call, int r, const json_t *document, struct rc_error *err)
{
	struct rc_secrets_answer answer = {.document = document, .lease_id = ""};
	rc_secrets_call_fn *done = call->done;
	void *userdata = call->userdata;

	/* What is not there is a mistake here, never an absent secret. */
	if (r == -ENOENT)
		r = -EINVAL;
	call->loading = NULL;
	call->request = NULL;
	webhook_cancel(&call->head);
	done(userdata, r, &answer, err);
}

/* ---- the answer ---- */

/* One name, in which GJSON's own signs are no signs. */
static void put_name(struct rc_buf *out, const char *name, const char *end)
{
	if (out->n > 0)
		rc_buf_putc(out, '.');
	for (; name < end; name++) {
		if (strchr(".*?|#@!{}[]()", *name))
			rc_buf_putc(out, '\\');
		rc_buf_putc(out, *name);
	}
}

/* Where the name that begins at *at ends, and *at behind it; NULL: it has no end, or is empty. */
static const char *take_name(const char **at, const char **ret_name)
{
	char quote = (*at)[0] == '[' && ((*at)[1] == '\'' || (*at)[1] == '"') ? (*at)[1] : '\0';
	const char *name = *at + (**at == '.' || **at == '[') + (quote != '\0');
	const char *end = quote ? strchr(name, quote) : name + strcspn(name, ".[]");

	if (!end || end == name || (quote && end[1] != ']'))
		return NULL;
	*ret_name = name;
	*at = end + (quote ? 2 : *end == ']');
	return end;
}

/* "$.a['b'][0]" as GJSON has it; -EINVAL: more than names and numbers. */
static int to_gjson(const char *path, struct rc_buf *out)
{
	const char *at = path + (*path == '$'), *begin = at, *name, *end;

	while (*at) {
		if (*at != '.' && *at != '[' && at != begin)
			return -EINVAL;
		end = take_name(&at, &name);
		if (!end)
			return -EINVAL;
		put_name(out, name, end);
	}
	return 0;
}

static int find_result(const json_t *spec, const json_t *body, json_t **ret_result,
		       struct rc_error **err)
{
	const char *path = rc_json_text(spec, "result", "jsonPath", NULL) ?: "";
	rc_autobuf struct rc_buf gjson = RC_BUF_INIT(4096);

	if (!*path || strcmp(path, "$") == 0) {
		*ret_result = json_incref((json_t *)(uintptr_t)body);
	} else {
		if (to_gjson(path, &gjson) < 0)
			return rc_fail(err, -EINVAL,
				       "spec.result.jsonPath: '%s': only names and numbers are "
				       "supported",
				       path);
		*ret_result = rc_gjson_get(body, rc_buf_text(&gjson));
	}
	if (json_is_object(*ret_result))
		return 0;
	json_decref(*ret_result);
	return rc_fail(err, -EPROTO, "the answer holds no map at '%s'", *path ? path : "$");
}

static void on_answer(void *userdata, int r, const struct rc_net_http_response *response,
		      struct rc_error *err)
{
	struct webhook_call *call = userdata;
	json_auto_t *body = NULL, *result = NULL;

	call->request = NULL;
	if (r == 0 && (response->status < 200 || response->status > 299))
		r = rc_fail(&err,
			    response->status >= 500 || response->status == 429 ? -EAGAIN : -EPROTO,
			    "the webhook answered %d", response->status);
	if (r == 0 && rc_json_read_tree(response->body, &body, NULL) < 0)
		r = rc_fail(&err, -EPROTO, "the webhook's answer is not JSON");
	if (r == 0)
		r = find_result(call->client->spec, body, &result, &err);
	end(call, r, result, err);
}

/* ---- the request ---- */

static json_t *make_dot(const struct webhook_client *client, struct rc_secret **values)
{
	json_t *dot = json_object(), *item;
	size_t i;

	json_array_foreach (json_object_get(client->spec, "secrets"), i, item) {
		const char *name = rc_json_text(item, "name", NULL) ?: "";
		struct rc_str value = rc_secret_reveal(values[i]);

		if (!json_object_get(dot, name))
			json_object_set_new(dot, name, json_object());
		json_object_set_new(json_object_get(dot, name), client->references[i].key,
				    json_stringn_nocheck(value.p, value.n));
	}
	return dot;
}

static int render(const json_t *spec, const char *key, const json_t *dot, struct rc_buf *out,
		  struct rc_error **err)
{
	const char *text = rc_json_text(spec, key, NULL) ?: "";
	int r = rc_secrets_template_execute(key, text, dot, out, err);

	return r < 0 ? rc_wrap(err, r, "spec.%s", key) : 0;
}

static int render_headers(const json_t *spec, const json_t *dot, json_t *to, struct rc_error **err)
{
	int r = rc_secrets_template_render(json_object_get(spec, "headers"), dot, to, err);

	return r < 0 ? rc_wrap(err, r, "spec.headers") : 0;
}

static uint64_t timeout_of(const json_t *spec)
{
	int64_t ns = 0;

	rc_duration_parse(rc_str(rc_json_text(spec, "timeout", NULL) ?: ""), &ns, NULL);
	return ns > 0 ? (uint64_t)ns / 1000000 : 0;
}

static int send(struct webhook_call *call, struct rc_secret **values, struct rc_error **err)
{
	const struct webhook_client *client = call->client;
	const json_t *spec = client->spec;
	json_auto_t *dot = make_dot(client, values), *rendered = json_object();
	rc_autobuf struct rc_buf url = RC_BUF_INIT(1 << 16), body = RC_BUF_INIT(1 << 20);
	struct rc_net_http_header headers[HEADERS_MAX + 1] = {{NULL, NULL}};
	struct rc_net_tls tls = {.ca_pem = rc_json_text(spec, "caBundle", NULL)};
	rc_autobuf struct rc_buf pem = RC_BUF_INIT(1 << 20);
	struct rc_net_http_options options = {.method = rc_json_text(spec, "method", NULL) ?: "GET",
					      .headers = headers,
					      .timeout_ms = timeout_of(spec),
					      .max_body_bytes = ANSWER_MAX};
	const char *name;
	json_t *value;
	size_t n = 0;
	int r = render(spec, "url", dot, &url, err);

	if (r == 0)
		r = render(spec, "body", dot, &body, err);
	if (r == 0)
		r = render_headers(spec, dot, rendered, err);
	if (r < 0)
		return r;
	json_object_foreach (rendered, name, value)
		if (n < HEADERS_MAX)
			headers[n++] = (struct rc_net_http_header){name, json_string_value(value)};
	if (tls.ca_pem && !strstr(tls.ca_pem, "-----BEGIN") &&
	    rc_base64_decode(rc_str(tls.ca_pem), &pem) == 0)
		tls.ca_pem = rc_buf_text(&pem);
	if (client->n > client->n_secrets)
		tls.ca_pem = rc_secret_reveal(values[client->n_secrets]).p;
	options.url = rc_buf_text(&url);
	options.body = rc_buf_str(&body);
	options.tls = &tls;
	call->request =
		rc_net_http_client_start(client->context->http, &options, NULL, on_answer, call);
	return 0;
}

static void on_loaded(void *userdata, int r, struct rc_secret **values, struct rc_error *err)
{
	struct webhook_call *call = userdata;

	call->loading = NULL;
	if (r == 0)
		r = send(call, values, &err);
	if (r < 0)
		end(call, r, NULL, err);
}

static struct rc_secrets_call *webhook_read(struct rc_secrets_client *head,
					    const struct rc_secrets_query *query,
					    rc_secrets_call_fn *done, void *userdata)
{
	struct webhook_call *call = rc_new0(struct webhook_call);
	struct webhook_client *client = rc_container_of(head, struct webhook_client, head);

	(void)query;
	call->head.ops = head->ops;
	call->client = client;
	call->done = done;
	call->userdata = userdata;
	call->loading = rc_secrets_reference_load(client->context, client->references, client->n,
						  on_loaded, call);
	return &call->head;
}

/* ---- the generator ---- */

static void webhook_close(struct rc_secrets_client *head)
{
	struct webhook_client *client = rc_container_of(head, struct webhook_client, head);

	for (size_t i = 0; i < client->n; i++)
		rc_secrets_reference_done(&client->references[i]);
	free(client->references);
	json_decref(client->spec);
	free(client);
}

static int read_references(struct webhook_client *client, const struct rc_secrets_scope *scope,
			   struct rc_error **err)
{
	const json_t *list = json_object_get(client->spec, "secrets");
	const json_t *ca = json_object_get(client->spec, "caProvider");
	json_t *item;
	size_t i;
	int r = 0;

	client->references = rc_calloc(json_array_size(list) + 1, sizeof(*client->references));
	json_array_foreach (list, i, item) {
		rc_autofree char *where = rc_asprintf("spec.secrets[%zu].secretRef", i);

		r = rc_secrets_reference_parse(json_object_get(item, "secretRef"), where, NULL,
					       scope, &client->references[client->n], err);
		if (r < 0)
			return r;
		client->references[client->n++].label = LABEL "=webhook";
	}
	client->n_secrets = client->n;
	if (ca) {
		r = rc_secrets_reference_parse_ca(ca, "spec.caProvider", scope,
						  &client->references[client->n], err);
		client->n += r == 0;
	}
	return r;
}

static int webhook_open(const struct rc_secrets_context *context, const json_t *spec,
			const struct rc_secrets_scope *scope, struct rc_secrets_client **ret_client,
			struct rc_error **err)
{
	struct webhook_client *client;
	int r;

	if (!rc_json_text(spec, "url", NULL))
		return rc_fail(err, -EINVAL, "spec.url is missing");
	if (json_object_get(spec, "auth"))
		return rc_fail(err, -EINVAL, "spec.auth (NTLM) is not supported");
	client = rc_new0(struct webhook_client);
	client->head.ops = &rc_secrets_generator_webhook_ops;
	client->context = context;
	client->spec = json_deep_copy(spec);
	r = read_references(client, scope, err);
	if (r < 0)
		webhook_close(&client->head);
	else
		*ret_client = &client->head;
	return r;
}

const struct rc_secrets_provider_ops rc_secrets_generator_webhook_ops = {
	.name = "Webhook",
	.open = webhook_open,
	.close = webhook_close,
	.read = webhook_read,
	.cancel = webhook_cancel,
};
