/* What cluster.c and request.c share. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kube/cluster.h"
#include "net/http-client.h"

struct rc_kube_request;
struct rc_kube_query;

struct rc_kube_cluster {
	struct ev_loop *loop;
	struct rc_kube_kubeconfig *config;
	struct rc_net_http_client *http;
	struct rc_kube_request *requests; /* oldest first, under way and waiting */
	struct rc_secret *token;	  /* what token_file held at token_read_ms */
	uint64_t token_read_ms;
	unsigned int in_flight, max_in_flight;
};

/* The token to send, borrowed until the next call; NULL when we log in without one. */
int rc_kube_cluster_read_token(struct rc_kube_cluster *cluster, const struct rc_secret **ret_token,
			       struct rc_error **err);
/* The server refused the token: read it again. Returns whether that may help. */
bool rc_kube_cluster_forget_token(struct rc_kube_cluster *cluster);

/*
 * A GET whose body comes as it is written (a watch); not counted as in flight, and not tried
 * again. query ends with a NULL name. NULL with *err set when there is no token to send.
 */
struct rc_net_http_request *
rc_kube_cluster_stream(struct rc_kube_cluster *cluster, const char *path,
		       const struct rc_kube_query *query, uint64_t idle_timeout_ms,
		       rc_net_http_chunk_fn *chunk, rc_net_http_done_fn *done, void *userdata,
		       struct rc_error **err);
/* What a status that is no success means, with the Status in body as the chain. */
int rc_kube_cluster_read_failure(int status, struct rc_str body, struct rc_error **err);
