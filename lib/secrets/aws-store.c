/*
 * AWS Secrets Manager and Parameter Store as stores. A key is a secret's or a parameter's name, its
 * value one text; a version is a stage ("AWSPREVIOUS") or "uuid/ID", of a parameter its number.
 *
 * Only what AWS names as not found, or marked for deletion, counts as missing. Names are found by
 * listing, a page at a time; what is found is read one after the other.
 */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/base64.h"
#include "data/json-read.h"
#include "data/json.h"
#include "data/regex.h"
#include "net/aws-keyset.h"
#include "net/aws-profile.h"
#include "secrets/aws-identity.h"
#include "secrets/provider.h"

#define ANSWER_MAX ((size_t)8 << 20)
#define FOUND_MAX  10000
#define STAGE	   "AWSCURRENT"

struct aws_client {
	struct rc_secrets_client head;
	const struct rc_secrets_context *context;
	struct rc_secrets_aws_identity *identity;
	bool is_parameters; /* the Parameter Store, else the Secrets Manager */
	char *prefix;
};

struct aws_call {
	struct rc_secrets_call head;
	struct aws_client *client;
	struct rc_secrets_aws_wait *wait;
	struct rc_net_http_request *request;
	const char *action;
	json_t *body;
	bool is_again; /* with new keys */
	/* Takes the answer: RC_NEXT asks on, RC_FINISH ends it; *ret_document when it ends. */
	int (*take)(struct aws_call *call, const json_t *answer, json_t **ret_document,
		    struct rc_error **err);
	/* Of a find. */
	struct rc_regex *regex;
	json_t *names; /* still to be read */
	json_t *found; /* {name: text} */
	char *reading;
	rc_secrets_call_fn *done;
	void *userdata;
};

enum { TAKE_END, TAKE_MORE };

static void aws_cancel(struct rc_secrets_call *head)
{
	struct aws_call *call = rc_container_of(head, struct aws_call, head);

	rc_secrets_aws_identity_cancel(call->wait);
	rc_net_http_request_cancel(call->request);
	rc_regex_free(call->regex);
	json_decref(call->body);
	json_decref(call->names);
	json_decref(call->found);
	free(call->reading);
	free(call);
}

static void end(struct aws_call *call, int r, const json_t *document, struct rc_error *err)
{
	struct rc_secrets_answer answer = {.document = document, .lease_id = ""};
	rc_secrets_call_fn *done = call->done;
	void *userdata = call->userdata;

	aws_cancel(&call->head);
	done(userdata, r, &answer, err);
}

/* ---- asking ---- */

static void ask(struct aws_call *call);

/* "...#ResourceNotFoundException" */
static bool is_missing(const json_t *body)
{
	static const char *const codes[] = {"ResourceNotFoundException", "ParameterNotFound"};
	const char *type = rc_json_text(body, "__type", NULL) ?: "";
	const char *message = rc_json_text(body, "message", NULL)
				      ?: rc_json_text(body, "Message", NULL) ?: "";

	for (size_t i = 0; i < RC_ARRAY_SIZE(codes); i++)
		if (rc_text_has_suffix(type, codes[i]))
			return true;
	return (rc_text_has_suffix(type, "InvalidRequestException") ||
		rc_text_has_suffix(type, "InvalidParameterException")) &&
	       strstr(message, "marked for deletion");
}

static int judge(const struct rc_net_http_response *response, const json_t *body,
		 struct rc_error **err)
{
	int r;

	if (response->status >= 200 && response->status <= 299)
		return body ? 0 : rc_fail(err, -EPROTO, "AWS's answer is no JSON");
	r = rc_net_aws_keyset_read_failure(response->status, response->body, err);
	if (is_missing(body))
		return -ENOENT;
	return r == -ENOENT ? -EINVAL : r;
}

static void on_answer(void *userdata, int r, const struct rc_net_http_response *response,
		      struct rc_error *err)
{
	struct aws_call *call = userdata;
	json_auto_t *body = NULL, *document = NULL;

	call->request = NULL;
	if (r == 0) {
		rc_json_read_tree(response->body, &body, NULL);
		r = judge(response, body, &err);
	}
	if (r == -EACCES && !call->is_again) { /* keys may have been taken back meanwhile */
		call->is_again = true;
		rc_secrets_aws_identity_forget(call->client->identity);
		rc_error_free(err);
		ask(call);
		return;
	}
	/* Gone since it was listed. */
	if (r == -ENOENT && call->reading) {
		rc_error_free(rc_steal(&err));
		json_decref(rc_steal(&body));
		r = 0;
	}
	if (r == 0)
		r = call->take(call, body, &document, &err);
	if (r == TAKE_MORE)
		ask(call);
	else
		end(call, r, document, err);
}

static void on_keys(void *userdata, int r, const struct rc_net_aws_keys *keys, const char *region,
		    struct rc_error *err)
{
	struct aws_call *call = userdata;
	bool is_parameters = call->client->is_parameters;
	rc_autofree char *target =
		rc_asprintf("%s.%s", is_parameters ? "AmazonSSM" : "secretsmanager", call->action);
	const struct rc_net_http_header headers[] = {{"Content-Type", "application/x-amz-json-1.1"},
						     {"X-Amz-Target", target},
						     {NULL, NULL}};
	rc_cleanup(rc_net_aws_sigv4_freep) struct rc_net_http_header *signed_headers = NULL;
	rc_autofree char *text = NULL, *place = NULL, *url = NULL;

	call->wait = NULL;
	if (r == 0 && !region)
		r = rc_fail(&err, -EINVAL, "region: neither the store nor AWS_REGION says one");
	if (r < 0 || !call->action) { /* or only the keys were wanted */
		end(call, r, NULL, err);
		return;
	}
	text = json_dumps(call->body, JSON_COMPACT);
	place = is_parameters
			? rc_net_aws_profile_endpoint((const char *const *)environ, "ssm", "SSM",
						      region)
			: rc_net_aws_profile_endpoint((const char *const *)environ,
						      "secretsmanager", "SECRETS_MANAGER", region);
	url = rc_asprintf("%s/", place);
	struct rc_net_aws_request request = {
		.method = "POST",
		.url = url,
		.headers = headers,
		.body = rc_str(text),
		.region = region,
		.service = is_parameters ? "ssm" : "secretsmanager",
		.unix_s = rc_clock_unix_s(),
	};
	struct rc_net_http_options options = {
		.method = "POST", .url = url, .body = request.body, .max_body_bytes = ANSWER_MAX};

	signed_headers = rc_net_aws_sigv4_sign(&request, keys);
	options.headers = signed_headers;
	call->request = rc_net_http_client_start(call->client->context->http, &options, NULL,
						 on_answer, call);
}

static void ask(struct aws_call *call)
{
	call->wait = rc_secrets_aws_identity_get(call->client->identity, on_keys, call);
}

static struct aws_call *make_call(struct rc_secrets_client *head, rc_secrets_call_fn *done,
				  void *userdata)
{
	struct aws_call *call = rc_new0(struct aws_call);

	call->head.ops = head->ops;
	call->client = rc_container_of(head, struct aws_client, head);
	call->done = done;
	call->userdata = userdata;
	return call;
}

/* ---- one value ---- */

/* A text, or bytes. */
static json_t *decode(const char *base64)
{
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(ANSWER_MAX);
	json_t *value;

	if (rc_base64_decode(rc_str(base64), &bytes) < 0)
		return NULL;
	value = json_stringn_nocheck(rc_buf_text(&bytes), bytes.n);
	if (bytes.p)
		explicit_bzero(bytes.p, bytes.size);
	return value;
}

static int take_value(struct aws_call *call, const json_t *answer, json_t **ret_document,
		      struct rc_error **err)
{
	json_t *text = call->client->is_parameters ? rc_json_get(answer, "Parameter", "Value", NULL)
						   : json_object_get(answer, "SecretString");
	const char *binary = rc_json_text(answer, "SecretBinary", NULL);

	*ret_document = json_is_string(text) ? json_incref(text) : binary ? decode(binary) : NULL;
	return *ret_document ? TAKE_END : rc_fail(err, -EPROTO, "AWS's answer holds no value");
}

/* [{Key, Value}] -> {key: value} */
static int take_tags(struct aws_call *call, const json_t *answer, json_t **ret_document,
		     struct rc_error **err)
{
	const json_t *list =
		json_object_get(answer, call->client->is_parameters ? "TagList" : "Tags");
	json_t *tags = json_object(), *item;
	size_t i;

	(void)err;
	json_array_foreach (list, i, item)
		json_object_set(tags, rc_json_text(item, "Key", NULL) ?: "",
				json_object_get(item, "Value"));
	*ret_document = tags;
	return TAKE_END;
}

static void want_value(struct aws_call *call, const char *name, const char *version)
{
	json_decref(call->body);
	if (call->client->is_parameters) {
		call->action = "GetParameter";
		call->body = json_pack("{s:o, s:b}", "Name",
				       version ? json_sprintf("%s:%s", name, version)
					       : json_string(name),
				       "WithDecryption", 1);
	} else if (version && rc_text_has_prefix(version, "uuid/")) {
		call->action = "GetSecretValue";
		call->body = json_pack("{s:s, s:s}", "SecretId", name, "VersionId", version + 5);
	} else {
		call->action = "GetSecretValue";
		call->body =
			json_pack("{s:s, s:s}", "SecretId", name, "VersionStage", version ?: STAGE);
	}
}

static void want_tags(struct aws_call *call, const char *name)
{
	if (call->client->is_parameters) {
		call->action = "ListTagsForResource";
		call->body =
			json_pack("{s:s, s:s}", "ResourceType", "Parameter", "ResourceId", name);
	} else {
		call->action = "DescribeSecret";
		call->body = json_pack("{s:s}", "SecretId", name);
	}
}

static struct rc_secrets_call *aws_read(struct rc_secrets_client *head,
					const struct rc_secrets_query *query,
					rc_secrets_call_fn *done, void *userdata)
{
	struct aws_call *call = make_call(head, done, userdata);
	rc_autofree char *name = rc_asprintf("%s%s", call->client->prefix, query->key);

	call->take = query->is_metadata ? take_tags : take_value;
	if (query->is_metadata)
		want_tags(call, name);
	else
		want_value(call, name, query->version);
	ask(call);
	return &call->head;
}

/* ---- finding ---- */

static int take_found(struct aws_call *call, const json_t *answer, json_t **ret_document,
		      struct rc_error **err);

/* The next that was listed, or the end. */
static int read_next(struct aws_call *call, json_t **ret_document)
{
	size_t n = json_array_size(call->names);

	free(rc_steal(&call->reading));
	if (n == 0) {
		*ret_document = json_incref(call->found);
		return TAKE_END;
	}
	call->reading = rc_strdup(json_string_value(json_array_get(call->names, n - 1)));
	json_array_remove(call->names, n - 1);
	want_value(call, call->reading, NULL);
	call->take = take_found;
	return TAKE_MORE;
}

/* answer NULL: it is gone. */
static int take_found(struct aws_call *call, const json_t *answer, json_t **ret_document,
		      struct rc_error **err)
{
	json_t *value = NULL;
	int r = answer ? take_value(call, answer, &value, err) : 0;

	if (r < 0)
		return r;
	if (value)
		json_object_set_new(call->found, call->reading, value);
	return read_next(call, ret_document);
}

static int add_name(struct aws_call *call, const json_t *item, struct rc_error **err)
{
	const char *name = rc_json_text(item, "Name", NULL) ?: "";
	const struct rc_regex_span *spans;
	int r = call->regex ? rc_regex_find(call->regex, rc_str(name), 0, &spans, err) : 1;

	if (r <= 0)
		return r;
	if (json_array_size(call->names) + json_object_size(call->found) >= FOUND_MAX)
		return rc_fail(err, -E2BIG, "more than %d secrets are found", FOUND_MAX);
	if (json_object_get(item, "Value")) /* of GetParametersByPath */
		json_object_set(call->found, name, json_object_get(item, "Value"));
	else
		json_array_append_new(call->names, json_string(name));
	return 0;
}

static int take_list(struct aws_call *call, const json_t *answer, json_t **ret_document,
		     struct rc_error **err)
{
	const json_t *list =
		json_object_get(answer, call->client->is_parameters ? "Parameters" : "SecretList");
	const char *next = rc_json_text(answer, "NextToken", NULL);
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		int r = add_name(call, item, err);

		if (r < 0)
			return r;
	}
	if (!next || !*next)
		return read_next(call, ret_document);
	json_object_set_new(call->body, "NextToken", json_string(next));
	return TAKE_MORE;
}

static void list_parameters(struct aws_call *call, const struct rc_secrets_find *find)
{
	json_t *filters, *value;
	const char *key;

	if (find->name) {
		call->action = "GetParametersByPath";
		call->body = json_pack("{s:s, s:b, s:b}", "Path", find->path ?: "/", "Recursive", 1,
				       "WithDecryption", 1);
		return;
	}
	call->action = "DescribeParameters";
	filters = json_array();
	call->body = json_pack("{s:o}", "ParameterFilters", filters);
	json_object_foreach ((json_t *)(uintptr_t)find->tags, key, value)
		json_array_append_new(filters, json_pack("{s:o, s:[O], s:s}", "Key",
							 json_sprintf("tag:%s", key), "Values",
							 value, "Option", "Equals"));
	if (find->path)
		json_array_append_new(filters,
				      json_pack("{s:s, s:[s], s:s}", "Key", "Path", "Values",
						find->path, "Option", "Recursive"));
}

static void list_secrets(struct aws_call *call, const struct rc_secrets_find *find)
{
	json_t *filters = json_array(), *value;
	const char *key;

	call->action = "ListSecrets";
	call->body = json_pack("{s:o}", "Filters", filters);
	json_object_foreach ((json_t *)(uintptr_t)find->tags, key, value) {
		json_array_append_new(filters,
				      json_pack("{s:s, s:[s]}", "Key", "tag-key", "Values", key));
		json_array_append_new(
			filters, json_pack("{s:s, s:[O]}", "Key", "tag-value", "Values", value));
	}
	if (find->path)
		json_array_append_new(
			filters, json_pack("{s:s, s:[s]}", "Key", "name", "Values", find->path));
}

static struct rc_secrets_call *aws_find(struct rc_secrets_client *head,
					const struct rc_secrets_find *find,
					rc_secrets_call_fn *done, void *userdata)
{
	struct aws_call *call = make_call(head, done, userdata);

	/* A pattern that is none was refused with the ExternalSecret. */
	if (find->name)
		rc_regex_compile(rc_str(find->name), &call->regex, NULL);
	call->names = json_array();
	call->found = json_object();
	call->take = take_list;
	if (call->client->is_parameters)
		list_parameters(call, find);
	else
		list_secrets(call, find);
	ask(call);
	return &call->head;
}

/* ---- the store ---- */

/* Keys are gotten; nothing of the service is asked. */
static struct rc_secrets_call *aws_validate(struct rc_secrets_client *head,
					    rc_secrets_call_fn *done, void *userdata)
{
	struct aws_call *call = make_call(head, done, userdata);

	ask(call);
	return &call->head;
}

static void aws_close(struct rc_secrets_client *head)
{
	struct aws_client *client = rc_container_of(head, struct aws_client, head);

	rc_secrets_aws_identity_unuse(client->identity);
	free(client->prefix);
	free(client);
}

static int aws_open(const struct rc_secrets_context *context, const json_t *block,
		    const struct rc_secrets_scope *scope, struct rc_secrets_client **ret_client,
		    struct rc_error **err)
{
	const char *service = rc_json_text(block, "service", NULL) ?: "";
	bool is_parameters = strcmp(service, "ParameterStore") == 0;
	struct rc_secrets_aws_identity *identity = NULL;
	struct aws_client *client;
	int r;

	if (!is_parameters && strcmp(service, "SecretsManager") != 0)
		return rc_fail(err, -EINVAL,
			       "service: '%s' is not supported; SecretsManager and ParameterStore "
			       "are",
			       service);
	r = rc_secrets_aws_identity_use(context, block, "auth", scope, &identity, err);
	if (r < 0)
		return r;
	client = rc_new0(struct aws_client);
	client->head.ops = &rc_secrets_aws_store_ops;
	client->context = context;
	client->identity = identity;
	client->is_parameters = is_parameters;
	client->prefix = rc_strdup(rc_json_text(block, "prefix", NULL) ?: "");
	*ret_client = &client->head;
	return 0;
}

static const char *aws_get_identity(struct rc_secrets_client *head)
{
	return rc_secrets_aws_identity_get_key(
		rc_container_of(head, struct aws_client, head)->identity);
}

static bool aws_is_referent(struct rc_secrets_client *head)
{
	return rc_secrets_aws_identity_is_referent(
		rc_container_of(head, struct aws_client, head)->identity);
}

const struct rc_secrets_provider_ops rc_secrets_aws_store_ops = {
	.name = "aws",
	.open = aws_open,
	.close = aws_close,
	.read = aws_read,
	.cancel = aws_cancel,
	.validate = aws_validate,
	.find = aws_find,
	.get_identity = aws_get_identity,
	.is_referent = aws_is_referent,
	.capabilities = "ReadOnly",
};
