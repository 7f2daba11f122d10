/*
 * One call to an API server: JSON there, an object or a Status back.
 *
 * A GET that ends in something transient (rc_error_is_transient()) is tried again up to three
 * times with back-off, or when the server says Retry-After; a write is repeated only after a 429
 * with Retry-After, which says that nothing was done, and until then nothing is asked of the server
 * at all. A 401 is answered by reading the token, or asking the exec plugin, again, once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"

struct rc_kube_cluster;
struct rc_kube_request; /* one under way; opaque */

#define RC_KUBE_MERGE_PATCH "application/merge-patch+json"
#define RC_KUBE_APPLY_PATCH "application/apply-patch+yaml" /* JSON is YAML */

struct rc_kube_query {
	const char *name;
	const char *value;
};

/* All borrowed until the call returns. */
struct rc_kube_request_options {
	const char *method; /* NULL: "GET" */
	const char *path;   /* "/api/v1/namespaces", percent-encoded where it must be */
	const struct rc_kube_query *query; /* ends with a NULL name; may be NULL */
	const json_t *body;		   /* may be NULL */
	const char *content_type;	   /* of body; NULL: "application/json" */
	const char *accept;		   /* NULL: "application/json" */
	uint64_t timeout_ms;		   /* of each try; 0: 30 s */
};

/* What came back; borrowed until done returns. */
struct rc_kube_answer {
	int status;	    /* of HTTP; 0: there was no answer */
	json_t *object;	    /* NULL when r < 0 */
	const char *reason; /* of a Status ("NotFound"), or "" */
	bool expired;	    /* 410: the resourceVersion is too old, list again */
	uint64_t retry_after_s;
};

/*
 * r is 0, or by the Status that came: -ENOENT (404), -EACCES (401, 403), -EINVAL (400, 405, 413,
 * 415, 422, and 500 where it speaks of a field), -EEXIST (AlreadyExists), -ESTALE (409 conflict,
 * 410), -EAGAIN (429), -EBUSY (5xx); or as rc_net_http_done_fn says. Called once, from the loop,
 * never after cancel; err is taken over. The request is gone after it returns.
 */
typedef void rc_kube_request_done_fn(void *userdata, int r, const struct rc_kube_answer *answer,
				     struct rc_error *err);

struct rc_kube_request *rc_kube_request_start(struct rc_kube_cluster *cluster,
					      const struct rc_kube_request_options *options,
					      rc_kube_request_done_fn *done, void *userdata);
/* Stop it; done is not called. NULL is fine; never from inside its own done. */
void rc_kube_request_cancel(struct rc_kube_request *request);
