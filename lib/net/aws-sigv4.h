/*
 * AWS Signature Version 4: what proves to an AWS service who asks.
 *
 * A request is signed by headers that go with it, or by its URL (presigned), which then is a
 * secret itself.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/secret.h"
#include "base/str.h"
#include "net/http-client.h"

/* Whose signature; all borrowed. */
struct rc_net_aws_keys {
	const char *access_key_id;
	const struct rc_secret *secret_access_key;
	const struct rc_secret *session_token; /* NULL: they are lasting keys */
};

/* What is signed; all borrowed. */
struct rc_net_aws_request {
	const char *method; /* NULL: "GET" */
	const char *url;    /* whole, encoded as it will be sent */
	/* What goes with it, each of them signed; ends with a NULL name; may be NULL. Host is the
	 * URL's when it is not among them. */
	const struct rc_net_http_header *headers;
	struct rc_str body;
	const char *region, *service; /* "eu-central-1", "sts" */
	int64_t unix_s;		      /* now */
	bool is_path_exact;    /* S3: the path is signed as it stands, not made canonical first */
	bool with_digest;      /* S3: the body's digest is a header, too */
	bool is_unsigned_body; /* S3, presigned: the body may be anything */
};

/* The request's headers and those of the signature, for rc_net_http_options.headers. */
struct rc_net_http_header *rc_net_aws_sigv4_sign(const struct rc_net_aws_request *request,
						 const struct rc_net_aws_keys *keys);
/* Wipes and frees what rc_net_aws_sigv4_sign() gave; NULL is fine. */
void rc_net_aws_sigv4_free(struct rc_net_http_header *headers);
RC_DEFINE_FREEP(struct rc_net_http_header, rc_net_aws_sigv4_free)

/* The URL that is good for expires_s seconds; the caller's to wipe (rc_secret_wipe_text()). */
char *rc_net_aws_sigv4_presign(const struct rc_net_aws_request *request,
			       const struct rc_net_aws_keys *keys, unsigned int expires_s);
