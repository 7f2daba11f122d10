/* What cluster.c and request.c share. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kube/cluster.h"
#include "net/http-client.h"

struct rc_kube_request;

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
