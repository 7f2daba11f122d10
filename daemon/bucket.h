/*
 * The bucket that back-ups of states are copied to: one object a day and stack, as
 * <prefix>/<stack>/<day>.tfstate.enc. What goes there is encrypted already (terraform/backup.h).
 */
#pragma once

#include "daemon.h"

struct daemon_bucket;
struct daemon_bucket_call; /* one under way; opaque */

/* NULL: the configuration names none. config is borrowed. */
struct daemon_bucket *daemon_bucket_new(struct ev_loop *loop,
					const struct rc_config_terraform *config);
/* What is under way is dropped without done. */
void daemon_bucket_free(struct daemon_bucket *bucket);

/*
 * What was asked for is there, or r < 0 with err, which is taken over. Called once, from the loop.
 * body: of daemon_bucket_get(), borrowed; items: of daemon_bucket_list(), borrowed.
 */
typedef void daemon_bucket_done_fn(void *userdata, int r, struct rc_str body, const json_t *items,
				   struct rc_error *err);

/* Put a file as the one of this day, then take away those older than the newest that are kept. */
struct daemon_bucket_call *daemon_bucket_put(struct daemon_bucket *bucket, const char *stack,
					     const char *path, daemon_bucket_done_fn *done,
					     void *userdata);
/* [{"name", "at", "place"}], newest first. */
struct daemon_bucket_call *daemon_bucket_list(struct daemon_bucket *bucket, const char *stack,
					      daemon_bucket_done_fn *done, void *userdata);
struct daemon_bucket_call *daemon_bucket_get(struct daemon_bucket *bucket, const char *stack,
					     const char *name, daemon_bucket_done_fn *done,
					     void *userdata);
/* done is not called. NULL is fine; never from inside its own done. */
void daemon_bucket_cancel(struct daemon_bucket_call *call);
