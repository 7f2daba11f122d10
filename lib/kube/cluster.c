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
	if (config->exec)
		cluster->exec = rc_kube_exec_plugin_new(loop, config);
	if (config->eks)
		cluster->eks = rc_kube_eks_new(loop, cluster->http, config->eks);
	cluster->max_in_flight = IN_FLIGHT_DEFAULT;
	return cluster;
}

static void free_texts(char **texts)
{
	for (size_t i = 0; texts && texts[i]; i++)
		free(texts[i]);
	free(texts);
}

void rc_kube_cluster_free(struct rc_kube_cluster *cluster)
{
	if (!cluster)
		return;
	while (cluster->requests)
		rc_kube_request_cancel(cluster->requests);
	rc_kube_eks_free(cluster->eks);
	rc_net_http_client_free(cluster->http);
	rc_kube_exec_plugin_free(cluster->exec);
	rc_kube_kubeconfig_free(cluster->config);
	free_texts(cluster->namespaces);
	rc_secret_free(cluster->token);
	free(cluster);
}

void rc_kube_cluster_set_max_in_flight(struct rc_kube_cluster *cluster, unsigned int max)
{
	cluster->max_in_flight = max > 0 ? max : 1;
}

void rc_kube_cluster_set_namespaces(struct rc_kube_cluster *cluster, const char *const *names,
				    size_t n)
{
	free_texts(rc_steal(&cluster->namespaces));
	if (n == 0)
		return;
	cluster->namespaces = rc_calloc(n + 1, sizeof(*cluster->namespaces));
	for (size_t i = 0; i < n; i++)
		cluster->namespaces[i] = rc_strdup(names[i]);
}

const char *const *rc_kube_cluster_get_namespaces(const struct rc_kube_cluster *cluster)
{
	return (const char *const *)cluster->namespaces;
}

const char *rc_kube_cluster_get_server(const struct rc_kube_cluster *cluster)
{
	return cluster->config->server;
}

const char *rc_kube_cluster_get_namespace(const struct rc_kube_cluster *cluster)
{
	return cluster->config->name_space;
}

static int read_token(struct rc_kube_cluster *cluster, const struct rc_secret **ret_token,
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
			return rc_wrap(err, r, "reading the token");
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

/* The server that EKS named last is the one we speak of. */
static int login_to_eks(struct rc_kube_cluster *cluster, struct rc_kube_exec_waiter *waiter,
			struct rc_kube_login *ret_login, struct rc_error **err)
{
	struct rc_kube_eks_login given;
	int r = rc_kube_eks_get(cluster->eks, waiter, &given, err);

	if (r != 0)
		return r < 0 ? rc_wrap(err, r, "logging in") : r;
	if (strcmp(cluster->config->server, given.server) != 0) {
		free(cluster->config->server);
		cluster->config->server = rc_strdup(given.server);
	}
	*ret_login = (struct rc_kube_login){.server = cluster->config->server,
					    .bearer = given.token,
					    .tls = {.ca_pem = given.ca_pem},
					    .generation = given.generation};
	return 0;
}

int rc_kube_cluster_get_login(struct rc_kube_cluster *cluster, struct rc_kube_exec_waiter *waiter,
			      struct rc_kube_login *ret_login, struct rc_error **err)
{
	const struct rc_kube_kubeconfig *config = cluster->config;
	struct rc_kube_exec_credential given = {.token = NULL};
	struct rc_kube_login login = {.server = config->server,
				      .tls = {.ca_pem = config->ca_pem,
					      .certificate_pem = config->certificate_pem,
					      .key_pem = config->key_pem,
					      .insecure = config->insecure}};
	int r;

	if (cluster->eks)
		return login_to_eks(cluster, waiter, ret_login, err);
	r = cluster->exec ? rc_kube_exec_plugin_get(cluster->exec, waiter, &given, err)
			  : read_token(cluster, &login.bearer, err);
	if (r < 0)
		return rc_wrap(err, r, "logging in to %s", config->server);
	if (r > 0)
		return r;
	if (cluster->exec) {
		login.bearer = given.token;
		login.generation = given.generation;
	}
	/* As client-go: the kubeconfig's own certificate wins. */
	if (given.certificate_pem && !config->certificate_pem) {
		login.tls.certificate_pem = given.certificate_pem;
		login.tls.key_pem = given.key_pem;
	}
	*ret_login = login;
	return 0;
}

void rc_kube_cluster_leave_login(struct rc_kube_cluster *cluster,
				 struct rc_kube_exec_waiter *waiter)
{
	if (cluster->exec)
		rc_kube_exec_plugin_leave(cluster->exec, waiter);
	if (cluster->eks)
		rc_kube_eks_leave(cluster->eks, waiter);
}

bool rc_kube_cluster_forget_login(struct rc_kube_cluster *cluster, unsigned int generation)
{
	if (cluster->exec)
		return rc_kube_exec_plugin_forget(cluster->exec, generation);
	if (cluster->eks)
		return rc_kube_eks_forget(cluster->eks, generation);
	if (!cluster->config->token_file)
		return false;
	rc_secret_free(cluster->token);
	cluster->token = NULL;
	return true;
}
