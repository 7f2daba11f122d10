/* The API over TLS, wired. */
#include "remote.h"

#include <errno.h>
#include <string.h>

#include "api/api.h"
#include "api/client.h"
#include "changes.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"
#include "net/webhook.h"
#include "web/session.h"
#include "web/web.h"

#define PEM_MAX		 ((size_t)1 << 20)
#define BODY_MAX	 ((size_t)32 << 20)
#define STRANGERS_MAX	 ((size_t)4096) /* the body of one who is not known */
#define IDLE_S		 30
#define REQUEST_S	 10
#define CONNECTIONS_MAX	 256
#define PER_ADDRESS_MAX	 64
#define LINES_PER_MINUTE 30 /* of the log, about those who are not known */
#define LINES_BURST	 10
#define BEARER		 "Bearer "

enum result { SERVED, UNKNOWN, RESULTS };
static const char *const results[] = {"served", "unknown"};

struct daemon_remote {
	struct rc_daemon *daemon;
	struct rc_net_http_server *server;
	struct api_client *clients;
	size_t n;
	struct rc_net_webhook_rate lines;
	uint64_t counts[RESULTS];
};

/* ---- who asks ---- */

/* Whom a browser's cookie stands for, where it is still known by the same token. */
static const struct api_client *find_session(const struct daemon_remote *remote,
					     struct rc_net_http_exchange *exchange)
{
	const struct web_session *session =
		web_sessions_find(remote->daemon->web->sessions, exchange);

	for (size_t i = 0; session && i < remote->n; i++)
		if (web_session_is_of(session, exchange, &remote->clients[i]))
			return &remote->clients[i];
	return NULL;
}

static const struct api_client *find(const struct daemon_remote *remote,
				     struct rc_net_http_exchange *exchange)
{
	const struct api_client *client;
	const char *header = rc_net_http_exchange_get_header(exchange, "Authorization");
	rc_autofree char *name = NULL;

	if (header)
		return rc_text_has_prefix(header, BEARER)
			       ? api_client_find_token(remote->clients, remote->n,
						       header + strlen(BEARER))
			       : NULL;
	client = find_session(remote, exchange);
	if (client)
		return client;
	name = rc_net_http_exchange_name_certificate(exchange);
	return name ? api_client_find_certificate(remote->clients, remote->n, name) : NULL;
}

const struct api_client *daemon_remote_find_client(const struct daemon_remote *remote,
						   const char *name)
{
	for (size_t i = 0; remote && i < remote->n; i++)
		if (strcmp(remote->clients[i].name, name) == 0)
			return &remote->clients[i];
	return NULL;
}

static size_t on_head(void *userdata, struct rc_net_http_exchange *exchange)
{
	return find(userdata, exchange) ? BODY_MAX : STRANGERS_MAX;
}

static void turn_away(struct daemon_remote *remote, struct rc_net_http_exchange *exchange)
{
	rc_autofree char *peer = rc_net_http_exchange_name_peer(exchange);
	struct rc_error *err = NULL;
	json_auto_t *body = NULL;

	remote->counts[UNKNOWN]++;
	/* Whoever tries ten thousand tokens shall not fill the journal. */
	if (rc_net_webhook_allow(&remote->lines, LINES_PER_MINUTE, LINES_BURST,
				 (int64_t)rc_clock_monotonic_ms()))
		rc_log_warning(NULL, "audit: somebody at %s is not known by token or certificate",
			       peer);
	rc_fail(&err, -EACCES, "who asks is not known by token or certificate");
	body = json_pack("{s:o}", "error", rc_error_to_json(err));
	rc_error_free(err);
	rc_net_http_exchange_set_header(exchange, "WWW-Authenticate", "Bearer");
	rc_net_http_exchange_reply_json(exchange, 401, body);
}

static const struct api_client *find_token(void *userdata, const char *token)
{
	const struct daemon_remote *remote = userdata;

	return api_client_find_token(remote->clients, remote->n, token);
}

static void on_request(void *userdata, struct rc_net_http_exchange *exchange)
{
	struct daemon_remote *remote = userdata;
	const struct api_client *client = find(remote, exchange);

	if (!client && daemon_web_serve_stranger(remote->daemon, exchange, find_token, remote))
		return;
	if (!client) {
		turn_away(remote, exchange);
		return;
	}
	remote->counts[SERVED]++;
	api_serve(remote->daemon, exchange, client);
}

/* ---- life ---- */

static void clear_clients(struct daemon_remote *remote)
{
	for (size_t i = 0; i < remote->n; i++)
		api_client_done(&remote->clients[i]);
	free(rc_steal(&remote->clients));
	remote->n = 0;
}

/* A client whose token cannot be read is not let in; the others are. */
void daemon_remote_configure(struct daemon_remote *remote)
{
	const struct rc_config *config;

	if (!remote)
		return;
	config = remote->daemon->config;
	daemon_changes_end_remote(remote->daemon->changes);
	clear_clients(remote);
	remote->clients = rc_calloc(config->api.tls.n_clients + 1, sizeof(*remote->clients));
	for (size_t i = 0; i < config->api.tls.n_clients; i++) {
		struct rc_error *err = NULL;

		if (api_client_init(&remote->clients[remote->n], &config->api.tls.clients[i],
				    &err) == 0)
			remote->n++;
		else
			rc_log_error(NULL, LOG_ERR, err, "it is not let in");
		rc_error_free(err);
	}
}

static int read_pem(const char *path, struct rc_buf *text, const char **ret_pem,
		    struct rc_error **err)
{
	int r = path ? rc_file_read(path, text, err) : 0;

	*ret_pem = path ? rc_buf_text(text) : NULL;
	return r;
}

static int start(struct daemon_remote *remote, int fd, struct rc_error **err)
{
	const struct rc_config *config = remote->daemon->config;
	rc_autobuf struct rc_buf certificate = RC_BUF_INIT(PEM_MAX), key = RC_BUF_INIT(PEM_MAX),
				 ca = RC_BUF_INIT(PEM_MAX);
	struct rc_net_http_server_options options = {
		.listen = config->api.tls.listen ?: "the socket 'tls'",
		.fd = fd,
		.admit = on_head,
		.idle_timeout_s = IDLE_S,
		.request_timeout_s = REQUEST_S,
		.max_connections = CONNECTIONS_MAX,
		.max_per_address = PER_ADDRESS_MAX,
	};
	int r;

	if (!config->api.tls.certificate || !config->api.tls.key)
		return rc_fail(err, -EINVAL, "'certificate' and 'key' are missing");
	r = read_pem(config->api.tls.certificate, &certificate, &options.certificate_pem, err);
	if (r == 0)
		r = read_pem(config->api.tls.key, &key, &options.key_pem, err);
	if (r == 0)
		r = read_pem(config->api.tls.client_ca, &ca, &options.client_ca_pem, err);
	if (r == 0)
		r = rc_net_http_server_new(remote->daemon->loop, &options, on_request, remote,
					   &remote->server, err);
	if (key.p)
		explicit_bzero(key.p, key.size);
	return r;
}

int daemon_remote_new(struct rc_daemon *daemon, int fd, struct daemon_remote **ret_remote,
		      struct rc_error **err)
{
	struct daemon_remote *remote;
	int r;

	*ret_remote = NULL;
	if (!daemon->config->api.tls.listen && fd == 0)
		return 0;
	remote = rc_new0(struct daemon_remote);
	remote->daemon = daemon;
	daemon_remote_configure(remote);
	r = start(remote, fd, err);
	if (r == 0) {
		*ret_remote = remote;
		return 0;
	}
	daemon_remote_free(remote);
	return rc_wrap(err, r, "api.tls");
}

void daemon_remote_free(struct daemon_remote *remote)
{
	if (!remote)
		return;
	rc_net_http_server_free(remote->server);
	clear_clients(remote);
	free(remote);
}

void daemon_remote_write_metrics(const struct daemon_remote *remote, struct rc_buf *out)
{
	rc_buf_puts(out, "# HELP reconciled_api_requests_total Requests over TLS by whether who "
			 "asked was known.\n# TYPE reconciled_api_requests_total counter\n");
	for (size_t i = 0; remote && i < RESULTS; i++)
		rc_buf_printf(out, "reconciled_api_requests_total{result=\"%s\"} %llu\n",
			      results[i], (unsigned long long)remote->counts[i]);
}
