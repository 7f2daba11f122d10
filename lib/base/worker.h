/*
 * Worker processes: reconciled executes itself in a role; one JSON request in, one reply out.
 *
 * A frame is a 4-byte big-endian length and that many bytes of JSON. A job that is over its
 * deadline has its worker killed; a worker that dies costs its job only and is replaced.
 */
#pragma once

#include <stdint.h>

#include <ev.h>
#include <jansson.h>

#include "base/buf.h"
#include "base/error.h"

struct rc_worker_pool;
struct rc_worker_job;

/* Copied by rc_worker_pool_new(). */
struct rc_worker_options {
	const char *const *argv;  /* NULL-terminated; the socket is the child's descriptor 3 */
	const char *const *env;	  /* its whole environment, NULL-terminated; NULL: ours */
	unsigned int max_workers; /* 0: 1 */
	unsigned int max_jobs;	  /* a worker is replaced after so many; 0: never */
	size_t max_reply_bytes;	  /* 0: 64 MiB */
	unsigned int memory_mib;  /* what the role limits itself to, for errors; 0: nothing */
	const char *limits;	  /* the settings that raise the limits, for errors; or NULL */
};

struct rc_worker_pool *rc_worker_pool_new(struct ev_loop *loop,
					  const struct rc_worker_options *options);
/* Kills the workers; jobs under way are dropped without done. */
void rc_worker_pool_free(struct rc_worker_pool *pool);
RC_DEFINE_FREEP(struct rc_worker_pool, rc_worker_pool_free)

/*
 * Called once, from the loop; reply is borrowed (NULL when r < 0), err is taken over.
 * r: 0, what the worker answered, -ETIMEDOUT (killed at its deadline), -E2BIG (it needed too much
 * memory), -EPIPE (it died of something else).
 */
typedef void rc_worker_done_fn(void *userdata, int r, json_t *reply, struct rc_error *err);

/* request is borrowed and encoded at once. *ret_job is valid until done or cancel; may be NULL. */
void rc_worker_submit(struct rc_worker_pool *pool, const json_t *request, uint64_t timeout_ms,
		      rc_worker_done_fn *done, void *userdata, struct rc_worker_job **ret_job);
/* done is not called; a job that already runs has its worker killed. */
void rc_worker_cancel(struct rc_worker_job *job);
/* How many workers live; for metrics and tests. */
unsigned int rc_worker_pool_count(const struct rc_worker_pool *pool);

/* The worker's side: make *ret_reply (given away) from request (borrowed), or fail. */
typedef int rc_worker_handler_fn(void *userdata, const json_t *request, json_t **ret_reply,
				 struct rc_error **err);
/* Serve until the peer closes; returns 0, or a negative errno value of the socket. */
int rc_worker_serve(int fd, rc_worker_handler_fn *handler, void *userdata);

/* The same for replies that are large: append the JSON text of the reply to out. */
typedef int rc_worker_text_handler_fn(void *userdata, const json_t *request, struct rc_buf *out,
				      struct rc_error **err);
int rc_worker_serve_text(int fd, rc_worker_text_handler_fn *handler, void *userdata);

#define RC_WORKER_FD 3
