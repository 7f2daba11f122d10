/* Connections and credentials of one API server. */
#include "kube/cluster.h"

#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "kube/cluster-private.h"
#include "kube/request.h"

#define IN_FLIGHT_DEFAULT 32
#define TOKEN_MAX	  ((size_t)64 << 10)
#define TOKEN_KEPT_MS	  60000

struct rc_kube_cluster *rc_kube_cluster_new(struct ev_loop *loop, struct rc_kube_kubeconfig *config)
{
	struct rc_kube_cluster *cluster = rc_new0(struct rc_kube_cluster);

	cluster->loop = loop;
	cluster->config = config;
	cluster->http = rc_net_http_client_new(loop, "reconciled");
	cluster->max_in_flight = IN_FLIGHT_DEFAULT;
	return cluster;
}

void rc_kube_cluster_free(struct rc_kube_cluster *cluster)
{
	if (!cluster)
		return;
	while (cluster->requests)
		rc_kube_request_cancel(cluster->requests);
	rc_net_http_client_free(cluster->http);
	rc_kube_kubeconfig_free(cluster->config);
	rc_secret_free(cluster->token);
	free(cluster);
}

void rc_kube_cluster_set_max_in_flight(struct rc_kube_cluster *cluster, unsigned int max)
{
	cluster->max_in_flight = max > 0 ? max : 1;
}

const char *rc_kube_cluster_get_server(const struct rc_kube_cluster *cluster)
{
	return cluster->config->server;
}

const char *rc_kube_cluster_get_namespace(const struct rc_kube_cluster *cluster)
{
	return cluster->config->name_space;
}

int rc_kube_cluster_read_token(struct rc_kube_cluster *cluster, const struct rc_secret **ret_token,
			       struct rc_error **err)
{
	const char *file = cluster->config->token_file;
	uint64_t now_ms = rc_clock_monotonic_ms();
	rc_autobuf struct rc_buf text = RC_BUF_INIT(TOKEN_MAX);
	struct rc_str token;
	int r;

	if (!file) {
		*ret_token = cluster->config->token;
		return 0;
	}
	if (!cluster->token || now_ms - cluster->token_read_ms >= TOKEN_KEPT_MS) {
		r = rc_file_read(file, &text, err);
		if (r < 0)
			return rc_wrap(err, r, "reading the token for %s", cluster->config->server);
		token = rc_str_trim(rc_buf_str(&text), " \t\r\n");
		rc_secret_free(cluster->token);
		cluster->token = rc_secret_new(token.p, token.n);
		cluster->token_read_ms = now_ms;
		if (text.p)
			explicit_bzero(text.p, text.size);
	}
	*ret_token = cluster->token;
	return 0;
}

bool rc_kube_cluster_forget_token(struct rc_kube_cluster *cluster)
{
	if (!cluster->config->token_file)
		return false;
	rc_secret_free(cluster->token);
	cluster->token = NULL;
	return true;
}
