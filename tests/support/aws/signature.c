/*
 * Whether a request is signed as AWS asks for it (Signature Version 4), computed from the request
 * as it came and apart from the code that signs.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "aws.h"
#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/digest.h"

/* The text behind name in the header Authorization, up to a comma; the caller's. */
static char *take_part(const char *authorization, const char *name)
{
	const char *at = authorization ? strstr(authorization, name) : NULL;

	return at ? rc_strndup(at + strlen(name), strcspn(at + strlen(name), ", ")) : NULL;
}

static char *canonical(struct rc_net_http_exchange *exchange, const char *signed_headers)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(1 << 20);
	rc_autofree char *copy = rc_strdup(signed_headers);
	const char *path = rc_net_http_exchange_get_path(exchange);
	char digest[RC_DIGEST_MAX], *rest = copy, *name;

	/* Slashes that follow each other count as one; Vault asks STS with two. */
	while (path[0] == '/' && path[1] == '/')
		path++;
	rc_buf_printf(&out, "%s\n%s\n\n", rc_net_http_exchange_get_method(exchange), path);
	while ((name = strsep(&rest, ";"))) {
		const char *value = rc_net_http_exchange_get_header(exchange, name);

		rc_buf_printf(&out, "%s:%s\n", name, value ? value : "");
	}
	rc_buf_printf(&out, "\n%s\n%s", signed_headers,
		      rc_digest_sha256(rc_net_http_exchange_get_body(exchange), digest));
	return rc_strdup(rc_buf_text(&out));
}

static void hmac(unsigned char key[32], size_t key_size, const char *text)
{
	unsigned int n = 32;
	unsigned char out[32];

	HMAC(EVP_sha256(), key, (int)key_size, (const unsigned char *)text, strlen(text), out, &n);
	memcpy(key, out, sizeof(out));
}

/* scope: "20260101/eu-central-1/ssm/aws4_request". */
static void sign(const char *secret, const char *scope, const char *text, char hex[65])
{
	rc_autofree char *copy = rc_strdup(scope), *first = rc_asprintf("AWS4%s", secret);
	unsigned char key[256] = {0};
	size_t size = strlen(first);
	char *rest = copy, *part;

	memcpy(key, first, size);
	while ((part = strsep(&rest, "/"))) {
		hmac(key, size, part);
		size = 32;
	}
	hmac(key, 32, text);
	for (size_t i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", key[i]);
}

char *aws_signature_check(struct rc_net_http_exchange *exchange, const char *service)
{
	const char *authorization = rc_net_http_exchange_get_header(exchange, "Authorization");
	const char *date = rc_net_http_exchange_get_header(exchange, "X-Amz-Date");
	rc_autofree char *credential = take_part(authorization, "Credential=");
	rc_autofree char *signed_headers = take_part(authorization, "SignedHeaders=");
	rc_autofree char *signature = take_part(authorization, "Signature=");
	rc_autofree char *id = NULL, *scope = NULL, *request = NULL, *text = NULL, *secret = NULL;
	char digest[RC_DIGEST_MAX], wanted[65];

	if (!credential || !signed_headers || !signature || !date || !strchr(credential, '/'))
		return NULL;
	if (!strstr(signed_headers, "host") || !strstr(signed_headers, "x-amz-date"))
		return NULL;
	id = rc_strndup(credential, strcspn(credential, "/"));
	scope = rc_strdup(credential + strlen(id) + 1);
	request = canonical(exchange, signed_headers);
	text = rc_asprintf("AWS4-HMAC-SHA256\n%s\n%s\n%s", date, scope,
			   rc_digest_sha256(rc_str(request), digest));
	secret = aws_secret_of(id);
	sign(secret, scope, text, wanted);
	if (strcmp(wanted, signature) != 0 || !strstr(scope, service))
		return NULL;
	return rc_steal(&id);
}
