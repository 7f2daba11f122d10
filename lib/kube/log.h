/*
 * What a pod's container has written, and goes on to write (the subresource log).
 *
 * Bytes come as they are: lines of any length, in any encoding.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

struct rc_kube_cluster;
struct rc_kube_log; /* one that is being read; opaque */

/* All borrowed until the call returns. */
struct rc_kube_log_options {
	const char *name_space, *pod;
	const char *container; /* NULL: the only one */
	unsigned int tail_lines;
	bool follow;
};

struct rc_kube_log_events {
	/* Bytes of the log; first of all none, when there is a log. */
	void (*bytes)(void *userdata, struct rc_str bytes);
	/* It has ended (r = 0), or r is as rc_kube_request_done_fn says; err is taken over. The log
	 * is gone after it returns. */
	void (*ended)(void *userdata, int r, struct rc_error *err);
};

/* Never calls back before it returns. */
struct rc_kube_log *rc_kube_log_start(struct rc_kube_cluster *cluster,
				      const struct rc_kube_log_options *options,
				      const struct rc_kube_log_events *events, void *userdata);
/* Stop it; ended is not called. NULL is fine. */
void rc_kube_log_cancel(struct rc_kube_log *log);
