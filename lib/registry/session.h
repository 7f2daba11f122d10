/*
 * The git worker's requests to one repository, one after the other, each waited for.
 *
 * Redirects are followed here, not by the HTTP client: the repository's credentials go to its own
 * origin and to no other, and never from https to http. What is read has a limit.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/* Where a repository is and how it lets us in. Texts are borrowed for as long as the session. */
struct rc_registry_access {
	const char *name; /* of the repository, for aliases and messages; NULL: not configured */
	const char *url;  /* as configured: https://..., http://..., oci://host/path */
	const char *username, *password;    /* a password without user is a token; NULL: none */
	const char *ca, *certificate, *key; /* paths of PEM files, or NULL */
	bool insecure;			    /* certificates are not checked */
	bool plain_http;		    /* OCI: http instead of https */
	bool pass_credentials;		    /* also to the hosts that the index names */
};

struct rc_registry_request {
	const char *url;
	const char *accept;		  /* NULL: anything */
	const char *authorization;	  /* value of the header; NULL: the repository's own */
	const char *etag, *last_modified; /* answer 304 when it is still this one; or NULL */
	struct rc_str form;		  /* posted when it is not empty */
	size_t max_bytes;
	bool compressed;
	bool anonymous; /* no credentials at all */
};

struct rc_registry_response {
	int status;
	struct rc_buf body;
	char *url; /* that answered, after redirects */
	char *content_type, *etag, *last_modified, *link, *digest; /* NULL: not there */
	char *challenges[4];					   /* WWW-Authenticate */
};
void rc_registry_response_done(struct rc_registry_response *response);

struct rc_registry_session;

/*
 * access is borrowed; deadline_ms is the monotonic clock's when it must be over, 0: never. Reads
 * the PEM files: their errno, or 0.
 */
int rc_registry_session_new(const struct rc_registry_access *access, uint64_t deadline_ms,
			    struct rc_registry_session **ret_session, struct rc_error **err);
void rc_registry_session_free(struct rc_registry_session *session);
RC_DEFINE_FREEP(struct rc_registry_session, rc_registry_session_free)
const struct rc_registry_access *
rc_registry_session_get_access(const struct rc_registry_session *session);
uint64_t rc_registry_session_get_deadline(const struct rc_registry_session *session);

/*
 * Ask. Whatever the status, 0 with *ret_response to be freed by rc_registry_response_done(); else
 * as rc_net_http_done_fn, -EPROTO (redirects without an end or to where we do not go).
 */
int rc_registry_session_ask(struct rc_registry_session *session,
			    const struct rc_registry_request *request,
			    struct rc_registry_response *ret_response, struct rc_error **err);
/*
 * A status that is no success as an error: -EACCES (401, 403), -ENOENT (404, 410), -EAGAIN (429,
 * 5xx), -EPROTO; what a registry says of it is in the message. 304 and below 300: 0.
 */
int rc_registry_session_check(const struct rc_registry_response *response, struct rc_error **err);
