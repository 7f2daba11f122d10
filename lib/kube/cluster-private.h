/* What cluster.c and request.c share. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kube/cluster.h"
#include "kube/eks.h"
#include "kube/exec-plugin.h"
#include "net/http-client.h"

struct rc_kube_request;
struct rc_kube_query;

struct rc_kube_cluster {
	struct ev_loop *loop;
	struct rc_kube_kubeconfig *config;
	struct rc_net_http_client *http;
	struct rc_kube_request *requests; /* oldest first, under way and waiting */
	struct rc_kube_exec_plugin *exec; /* NULL: we log in without one */
	struct rc_kube_eks *eks;	  /* NULL: it is none of EKS's */
	struct rc_secret *token;	  /* what token_file held at token_read_ms */
	uint64_t token_read_ms;
	unsigned int in_flight, max_in_flight;
	uint64_t held_until_ms; /* monotonic: it asked for so much patience; 0: none */
	char **namespaces;	/* NULL-terminated; NULL: all */
};

/* What one exchange logs in with; borrowed until the next call or turn of the loop. */
struct rc_kube_login {
	const char *server;		/* where, without a slash at the end */
	const struct rc_secret *bearer; /* NULL: none */
	struct rc_net_tls tls;
	unsigned int generation; /* of an exec plugin's credential, or of EKS's token */
};

/*
 * 0 with *ret_login; 1: an exec plugin or AWS is asked, waiter is woken when to ask again. Whoever
 * waits leaves before the cluster or itself goes.
 */
int rc_kube_cluster_get_login(struct rc_kube_cluster *cluster, struct rc_kube_exec_waiter *waiter,
			      struct rc_kube_login *ret_login, struct rc_error **err);
void rc_kube_cluster_leave_login(struct rc_kube_cluster *cluster,
				 struct rc_kube_exec_waiter *waiter);
/* The server refused that login: get it anew. Returns whether that may help. */
bool rc_kube_cluster_forget_login(struct rc_kube_cluster *cluster, unsigned int generation);

/*
 * A GET whose body comes as it is written (a watch); not counted as in flight, and not tried
 * again. query ends with a NULL name.
 */
struct rc_net_http_request *
rc_kube_cluster_stream(struct rc_kube_cluster *cluster, const struct rc_kube_login *login,
		       const char *path, const struct rc_kube_query *query,
		       uint64_t idle_timeout_ms, rc_net_http_chunk_fn *chunk,
		       rc_net_http_done_fn *done, void *userdata);
/* What a status that is no success means, with the Status in body as the chain. */
int rc_kube_cluster_read_failure(int status, struct rc_str body, struct rc_error **err);
