/* Keys in JSON and XML, and the refusals of AWS's services. */
#include "net/aws-keyset.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"

#define MESSAGE_MAX 400

void rc_net_aws_keyset_done(struct rc_net_aws_keyset *keyset)
{
	free(keyset->access_key_id);
	rc_secret_free(keyset->secret_access_key);
	rc_secret_free(keyset->session_token);
	*keyset = (struct rc_net_aws_keyset){.access_key_id = NULL};
}

struct rc_net_aws_keys rc_net_aws_keyset_get(const struct rc_net_aws_keyset *keyset)
{
	return (struct rc_net_aws_keys){.access_key_id = keyset->access_key_id,
					.secret_access_key = keyset->secret_access_key,
					.session_token = keyset->session_token};
}

static struct rc_secret *copy(const struct rc_secret *secret)
{
	struct rc_str bytes = rc_secret_reveal(secret);

	return secret ? rc_secret_new(bytes.p, bytes.n) : NULL;
}

void rc_net_aws_keyset_copy(struct rc_net_aws_keyset *keyset, const struct rc_net_aws_keys *keys)
{
	*keyset = (struct rc_net_aws_keyset){.access_key_id = rc_strdup(keys->access_key_id),
					     .secret_access_key = copy(keys->secret_access_key),
					     .session_token = copy(keys->session_token),
					     .end_unix_s = INT64_MAX};
}

/* Texts that came from a service; they go into headers, so no blank and no control is in them. */
static bool is_key(const char *text)
{
	if (!text || !*text)
		return false;
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

static int make(const char *id, const char *secret, const char *token, const char *end,
		struct rc_net_aws_keyset *keyset, struct rc_error **err)
{
	int64_t end_unix_s = INT64_MAX;

	if (!is_key(id) || !is_key(secret))
		return rc_fail(err, -EPROTO, "the answer holds no keys");
	if (token && !is_key(token))
		return rc_fail(err, -EPROTO, "the answer's session token is none");
	if (end && rc_clock_parse_rfc3339(end, &end_unix_s) < 0)
		return rc_fail(err, -EPROTO, "the answer's expiration is no time");
	*keyset = (struct rc_net_aws_keyset){.access_key_id = rc_strdup(id),
					     .secret_access_key = rc_secret_new_text(secret),
					     .session_token = rc_secret_new_text(token),
					     .end_unix_s = end_unix_s};
	return 0;
}

int rc_net_aws_keyset_read_json(struct rc_str text, struct rc_net_aws_keyset *keyset,
				struct rc_error **err)
{
	json_auto_t *object = NULL;
	const char *code;

	/* The parser's message would repeat what it stumbled over. */
	if (rc_json_parse(text, "the answer", &object, NULL) < 0)
		return rc_fail(err, -EPROTO, "the answer is not JSON");
	code = rc_json_text(object, "Code", NULL);
	if (code && strcmp(code, "Success") != 0)
		return rc_fail(err, -EACCES, "%.60s: %.*s", code, MESSAGE_MAX,
			       rc_json_text(object, "Message", NULL) ?: "");
	return make(rc_json_text(object, "AccessKeyId", NULL),
		    rc_json_text(object, "SecretAccessKey", NULL),
		    rc_json_text(object, "Token", NULL), rc_json_text(object, "Expiration", NULL),
		    keyset, err);
}

/* ---- XML ---- */

static struct rc_str find(struct rc_str text, const char *what)
{
	const char *at = text.n ? memmem(text.p, text.n, what, strlen(what)) : NULL;

	return at ? (struct rc_str){at, text.n - (size_t)(at - text.p)} : (struct rc_str){NULL, 0};
}

static const struct {
	const char *entity, *text;
} entities[] = {
	{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"},
};

static size_t take_entity(struct rc_str text, struct rc_buf *buf)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(entities); i++)
		if (rc_str_has_prefix(text, rc_str(entities[i].entity))) {
			rc_buf_puts(buf, entities[i].text);
			return strlen(entities[i].entity);
		}
	rc_buf_putc(buf, *text.p);
	return 1;
}

char *rc_net_aws_keyset_take_element(struct rc_str xml, const char *name)
{
	rc_autofree char *begin = rc_asprintf("<%s>", name), *end = rc_asprintf("</%s>", name);
	struct rc_str inner = find(xml, begin), rest;
	struct rc_buf buf = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (!inner.p)
		return NULL;
	inner = (struct rc_str){inner.p + strlen(begin), inner.n - strlen(begin)};
	rest = find(inner, end);
	if (!rest.p)
		return NULL;
	inner.n -= rest.n;
	inner = rc_str_trim(inner, " \t\r\n");
	while (inner.n > 0) {
		size_t n = take_entity(inner, &buf);

		inner = (struct rc_str){inner.p + n, inner.n - n};
	}
	return rc_buf_take(&buf);
}

int rc_net_aws_keyset_read_xml(struct rc_str text, struct rc_net_aws_keyset *keyset,
			       struct rc_error **err)
{
	rc_autofree char *id = rc_net_aws_keyset_take_element(text, "AccessKeyId");
	rc_autofree char *end = rc_net_aws_keyset_take_element(text, "Expiration");
	char *secret = rc_net_aws_keyset_take_element(text, "SecretAccessKey");
	char *token = rc_net_aws_keyset_take_element(text, "SessionToken");
	int r = make(id, secret, token, end, keyset, err);

	rc_secret_wipe_text(secret);
	rc_secret_wipe_text(token);
	return r;
}

/* ---- refusals ---- */

static int code_of(int status, const char *code)
{
	if (status == 429 || status >= 500 || strstr(code, "Throttl"))
		return -EAGAIN;
	if (status == 401 || status == 403 || strstr(code, "ExpiredToken") ||
	    strstr(code, "InvalidIdentityToken") || strstr(code, "AccessDenied") ||
	    strstr(code, "UnrecognizedClient"))
		return -EACCES;
	return status == 404 ? -ENOENT : -EINVAL;
}

/* "com.amazonaws.eks#ResourceNotFoundException:http://..." */
static char *short_code(const char *type)
{
	const char *hash = type ? strrchr(type, '#') : NULL;

	type = hash ? hash + 1 : type;
	return type ? rc_strndup(type, strcspn(type, ":")) : NULL;
}

int rc_net_aws_keyset_read_failure(int status, struct rc_str body, struct rc_error **err)
{
	rc_autofree char *code = rc_net_aws_keyset_take_element(body, "Code");
	rc_autofree char *message = rc_net_aws_keyset_take_element(body, "Message");
	json_auto_t *object = NULL;

	if (!code && rc_json_parse(body, "the answer", &object, NULL) == 0) {
		code = short_code(rc_json_text(object, "__type", NULL)
					  ?: rc_json_text(object, "code", NULL));
		message = rc_strdup(rc_json_text(object, "message", NULL)
					    ?: rc_json_text(object, "Message", NULL));
	}
	if (!code)
		code = rc_strdup("");
	if (message && *code)
		return rc_fail(err, code_of(status, code), "AWS answered %d: %s: %.*s", status,
			       code, MESSAGE_MAX, message);
	return rc_fail(err, code_of(status, code), "AWS answered %d%s%.*s", status,
		       message || *code ? ": " : "", MESSAGE_MAX, message ?: code);
}
