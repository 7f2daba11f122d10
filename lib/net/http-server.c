/* libmicrohttpd on libev. */
#include "net/http-server.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <microhttpd.h>
#include <utlist.h>

#include "base/buf.h"
#include "base/memory.h"
#include "net/http-guard.h"
#include "net/http-peer.h"
#include "net/listen.h"

#define BODY_DEFAULT ((size_t)64 << 20)
/* TLS 1.2 and 1.3, with forward secrecy. */
#define PRIORITIES     "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:%SERVER_PRECEDENCE"
#define STREAM_PENDING ((size_t)256 << 20) /* a reader that slow is cut off */

struct rc_net_http_server {
	struct ev_loop *loop;
	struct MHD_Daemon *daemon;
	rc_net_http_handler_fn *handler;
	void *userdata;
	ev_io readable;
	ev_timer timer;
	bool woken; /* a connection was resumed since the last run began */
	rc_net_http_admit_fn *admit;
	struct rc_net_http_guard guard;
	size_t max_body;
	bool is_unix;
	char *unix_path; /* of a socket that we made, and remove */
	unsigned int port;
	struct rc_net_http_exchange *exchanges;
};

enum state { RECEIVING, ASKED, ANSWERED, STREAMING, RESETTING };

struct rc_net_http_exchange {
	struct rc_net_http_exchange *prev, *next;
	struct rc_net_http_server *server;
	struct MHD_Connection *connection;
	char *method, *path;
	struct rc_buf body;
	struct MHD_Response *response;
	json_t *headers;
	int status;
	enum state state;
	bool suspended, queued;
	struct rc_buf out; /* a stream's bytes that are not yet sent */
	bool ended, half;
	rc_net_http_closed_fn *closed;
	void *closed_data;
};

static void run(struct rc_net_http_server *server)
{
	MHD_UNSIGNED_LONG_LONG timeout_ms;

	server->woken = false;
	MHD_run(server->daemon);
	ev_timer_stop(server->loop, &server->timer);
	/* Resumed from inside of a handler: MHD's time-out knows nothing of it. */
	if (server->woken) {
		ev_timer_set(&server->timer, 0., 0.);
		ev_timer_start(server->loop, &server->timer);
		return;
	}
	if (MHD_get_timeout(server->daemon, &timeout_ms) != MHD_YES)
		return;
	ev_timer_set(&server->timer, (double)timeout_ms / 1000., 0.);
	ev_timer_start(server->loop, &server->timer);
}

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	run(rc_container_of(io, struct rc_net_http_server, readable));
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	run(rc_container_of(timer, struct rc_net_http_server, timer));
}

static void wake(struct rc_net_http_exchange *exchange)
{
	struct rc_net_http_server *server = exchange->server;

	if (!exchange->suspended)
		return;
	exchange->suspended = false;
	server->woken = true;
	MHD_resume_connection(exchange->connection);
	/* Not from here: we may be inside of MHD's own callback. */
	ev_timer_stop(server->loop, &server->timer);
	ev_timer_set(&server->timer, 0., 0.);
	ev_timer_start(server->loop, &server->timer);
}

static void suspend(struct rc_net_http_exchange *exchange)
{
	exchange->suspended = true;
	MHD_suspend_connection(exchange->connection);
}

static void drop_linger(struct rc_net_http_exchange *exchange)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (info)
		setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static enum MHD_Result queue(struct rc_net_http_exchange *exchange)
{
	struct MHD_Response *response = rc_steal(&exchange->response);
	const char *name;
	json_t *value;
	enum MHD_Result r;

	json_object_foreach (exchange->headers, name, value)
		MHD_add_response_header(response, name, json_string_value(value));
	exchange->queued = true;
	r = MHD_queue_response(exchange->connection, (unsigned int)exchange->status, response);
	MHD_destroy_response(response);
	return r;
}

static enum MHD_Result go_on(struct rc_net_http_exchange *exchange)
{
	switch (exchange->state) {
	case RECEIVING:
	case ASKED:
		suspend(exchange);
		return MHD_YES;
	case ANSWERED:
	case STREAMING:
		return exchange->queued ? MHD_YES : queue(exchange);
	case RESETTING:
		drop_linger(exchange);
		return MHD_NO;
	}
	return MHD_NO;
}

static struct rc_net_http_exchange *exchange_new(struct rc_net_http_server *server,
						 struct MHD_Connection *connection, const char *url,
						 const char *method)
{
	struct rc_net_http_exchange *exchange = rc_new0(struct rc_net_http_exchange);

	exchange->server = server;
	exchange->connection = connection;
	exchange->method = rc_strdup(method);
	exchange->path = rc_strdup(url);
	exchange->headers = json_object();
	rc_buf_init(&exchange->body, server->max_body);
	rc_buf_init(&exchange->out, STREAM_PENDING);
	DL_APPEND(server->exchanges, exchange);
	return exchange;
}

static enum MHD_Result on_request(void *userdata, struct MHD_Connection *connection,
				  const char *url, const char *method, const char *version,
				  const char *upload, size_t *upload_size, void **state)
{
	struct rc_net_http_server *server = userdata;
	struct rc_net_http_exchange *exchange = *state;

	(void)version;
	if (!exchange) {
		*state = exchange = exchange_new(server, connection, url, method);
		if (server->admit)
			exchange->body.max = server->admit(server->userdata, exchange);
		return MHD_YES;
	}
	if (*upload_size > 0) {
		rc_buf_add(&exchange->body, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	if (exchange->state == RECEIVING) {
		exchange->state = ASKED;
		rc_net_http_guard_on_asked(connection);
		if (exchange->body.overflow)
			rc_net_http_exchange_reply(exchange, 413, "text/plain",
						   RC_STR("the request is too large\n"));
		else
			server->handler(server->userdata, exchange);
	}
	return go_on(exchange);
}

static void on_completed(void *userdata, struct MHD_Connection *connection, void **state,
			 enum MHD_RequestTerminationCode why)
{
	struct rc_net_http_exchange *exchange = *state;

	(void)userdata;
	(void)why;
	if (!exchange)
		return;
	*state = NULL;
	rc_net_http_guard_on_answered(&exchange->server->guard, connection);
	if (exchange->closed && !exchange->ended)
		exchange->closed(exchange->closed_data);
	DL_DELETE(exchange->server->exchanges, exchange);
	if (exchange->response)
		MHD_destroy_response(exchange->response);
	json_decref(exchange->headers);
	rc_buf_done(&exchange->body);
	rc_buf_done(&exchange->out);
	free(exchange->method);
	free(exchange->path);
	free(exchange);
}

static ssize_t read_stream(void *userdata, uint64_t at, char *bytes, size_t max)
{
	struct rc_net_http_exchange *exchange = userdata;
	size_t n = exchange->out.n < max ? exchange->out.n : max;

	(void)at;
	if (exchange->out.overflow || exchange->state == RESETTING)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (n > 0) {
		memcpy(bytes, exchange->out.p, n);
		rc_buf_consume(&exchange->out, n);
		return (ssize_t)n;
	}
	if (exchange->half)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (exchange->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	suspend(exchange);
	return 0;
}

static struct MHD_OptionItem make_option(enum MHD_OPTION option, intptr_t n, const char *text)
{
	return (struct MHD_OptionItem){option, n, (void *)(uintptr_t)text};
}

/* items has room for all there are, and the end. */
static void fill_options(const struct rc_net_http_server_options *options,
			 struct MHD_OptionItem *items)
{
	if (options->certificate_pem) {
		*items++ = make_option(MHD_OPTION_HTTPS_MEM_CERT, 0, options->certificate_pem);
		*items++ = make_option(MHD_OPTION_HTTPS_MEM_KEY, 0, options->key_pem);
		*items++ = make_option(MHD_OPTION_HTTPS_PRIORITIES, 0, PRIORITIES);
		if (options->client_ca_pem)
			*items++ =
				make_option(MHD_OPTION_HTTPS_MEM_TRUST, 0, options->client_ca_pem);
	}
	if (options->idle_timeout_s)
		*items++ = make_option(MHD_OPTION_CONNECTION_TIMEOUT,
				       (intptr_t)options->idle_timeout_s, NULL);
	if (options->max_connections)
		*items++ = make_option(MHD_OPTION_CONNECTION_LIMIT,
				       (intptr_t)options->max_connections, NULL);
	if (options->max_per_address)
		*items++ = make_option(MHD_OPTION_PER_IP_CONNECTION_LIMIT,
				       (intptr_t)options->max_per_address, NULL);
	*items = make_option(MHD_OPTION_END, 0, NULL);
}

static int start(struct rc_net_http_server *server, int fd,
		 const struct rc_net_http_server_options *options, struct rc_error **err)
{
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
	struct MHD_OptionItem items[8];
	const union MHD_DaemonInfo *info;

	if (options->certificate_pem)
		flags |= MHD_USE_TLS;
	fill_options(options, items);
	rc_net_http_guard_start(&server->guard, server->loop, options->request_timeout_s);
	server->daemon =
		MHD_start_daemon(flags, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET,
				 fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
				 MHD_OPTION_NOTIFY_CONNECTION, rc_net_http_guard_on_connection,
				 &server->guard, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
	info = server->daemon ? MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)
			      : NULL;
	if (!info)
		return rc_fail(err, -EINVAL, "listening on %s: the server cannot be started%s",
			       options->listen,
			       options->certificate_pem ? "; are certificate and key a pair?" : "");
	ev_io_init(&server->readable, on_readable, info->epoll_fd, EV_READ);
	ev_io_start(server->loop, &server->readable);
	run(server);
	return 0;
}

static bool is_unix_socket(int fd)
{
	int domain = 0;
	socklen_t n = sizeof(domain);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) == 0 && domain == AF_UNIX;
}

static int listen_on(struct rc_net_http_server *server,
		     const struct rc_net_http_server_options *options, struct rc_error **err)
{
	int fd = options->fd;

	if (fd == 0 && strchr(options->listen, '/')) {
		fd = rc_net_listen_unix(options->listen, options->socket_mode, err);
		server->unix_path = fd < 0 ? NULL : rc_strdup(options->listen);
	} else if (fd == 0) {
		fd = rc_net_listen_tcp(options->listen, err);
	}
	server->is_unix = fd >= 0 && is_unix_socket(fd);
	if (fd >= 0 && !server->is_unix)
		server->port = rc_net_listen_get_port(fd);
	return fd;
}

int rc_net_http_server_new(struct ev_loop *loop, const struct rc_net_http_server_options *options,
			   rc_net_http_handler_fn *handler, void *userdata,
			   struct rc_net_http_server **ret_server, struct rc_error **err)
{
	rc_cleanup(rc_net_http_server_freep) struct rc_net_http_server *server =
		rc_new0(struct rc_net_http_server);
	int fd = listen_on(server, options, err), r;

	server->loop = loop;
	server->handler = handler;
	server->userdata = userdata;
	server->admit = options->admit;
	server->max_body = options->max_body_bytes ? options->max_body_bytes : BODY_DEFAULT;
	ev_timer_init(&server->timer, on_timer, 0., 0.);
	if (fd < 0)
		return fd;
	r = start(server, fd, options, err);
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_server = rc_steal(&server);
	return 0;
}

void rc_net_http_server_free(struct rc_net_http_server *server)
{
	struct rc_net_http_exchange *exchange;

	if (!server)
		return;
	ev_io_stop(server->loop, &server->readable);
	/* MHD wants nobody suspended when it stops. */
	DL_FOREACH (server->exchanges, exchange) {
		if (exchange->state == ASKED)
			exchange->state = RESETTING;
		wake(exchange);
	}
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	rc_net_http_guard_stop(&server->guard);
	ev_timer_stop(server->loop, &server->timer);
	if (server->unix_path)
		unlink(server->unix_path);
	free(server->unix_path);
	free(server);
}

unsigned int rc_net_http_server_get_port(const struct rc_net_http_server *server)
{
	return server->port;
}

const char *rc_net_http_exchange_get_method(const struct rc_net_http_exchange *exchange)
{
	return exchange->method;
}

const char *rc_net_http_exchange_get_path(const struct rc_net_http_exchange *exchange)
{
	return exchange->path;
}

struct lookup {
	const char *name, *value;
};

static enum MHD_Result find_argument(void *userdata, enum MHD_ValueKind kind, const char *name,
				     const char *value)
{
	struct lookup *lookup = userdata;

	(void)kind;
	if (strcmp(name, lookup->name) != 0)
		return MHD_YES;
	lookup->value = value ? value : "";
	return MHD_NO;
}

const char *rc_net_http_exchange_get_query(struct rc_net_http_exchange *exchange, const char *name)
{
	struct lookup lookup = {.name = name};

	MHD_get_connection_values(exchange->connection, MHD_GET_ARGUMENT_KIND, find_argument,
				  &lookup);
	return lookup.value;
}

const char *rc_net_http_exchange_get_header(struct rc_net_http_exchange *exchange, const char *name)
{
	return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

struct rc_str rc_net_http_exchange_get_body(const struct rc_net_http_exchange *exchange)
{
	return rc_buf_str(&exchange->body);
}

uid_t rc_net_http_exchange_get_peer_uid(struct rc_net_http_exchange *exchange)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct ucred peer;
	socklen_t n = sizeof(peer);

	if (!exchange->server->is_unix || !info ||
	    getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0)
		return (uid_t)-1;
	return peer.uid;
}

char *rc_net_http_exchange_name_peer(struct rc_net_http_exchange *exchange)
{
	return rc_net_http_peer_name(exchange->connection);
}

char *rc_net_http_exchange_name_certificate(struct rc_net_http_exchange *exchange)
{
	return rc_net_http_peer_name_certificate(exchange->connection);
}

void rc_net_http_exchange_set_header(struct rc_net_http_exchange *exchange, const char *name,
				     const char *value)
{
	json_object_set_new(exchange->headers, name, json_string(value));
}

static void answer(struct rc_net_http_exchange *exchange, int status, const char *content_type)
{
	exchange->status = status;
	if (content_type)
		rc_net_http_exchange_set_header(exchange, "Content-Type", content_type);
	exchange->state = ANSWERED;
	wake(exchange);
}

void rc_net_http_exchange_reply(struct rc_net_http_exchange *exchange, int status,
				const char *content_type, struct rc_str body)
{
	exchange->response = MHD_create_response_from_buffer(body.n, (void *)(uintptr_t)body.p,
							     MHD_RESPMEM_MUST_COPY);
	answer(exchange, status, content_type);
}

void rc_net_http_exchange_reply_json(struct rc_net_http_exchange *exchange, int status,
				     const json_t *json)
{
	rc_autofree char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);

	rc_net_http_exchange_reply(exchange, status, "application/json", rc_str(text));
}

void rc_net_http_exchange_reset(struct rc_net_http_exchange *exchange)
{
	exchange->state = RESETTING;
	wake(exchange);
}

void rc_net_http_exchange_reply_half(struct rc_net_http_exchange *exchange, int status,
				     const char *content_type, struct rc_str body)
{
	rc_buf_add(&exchange->out, body.p, body.n / 2);
	exchange->half = true;
	exchange->response =
		MHD_create_response_from_callback(body.n, 65536, read_stream, exchange, NULL);
	answer(exchange, status, content_type);
}

void rc_net_http_exchange_stream(struct rc_net_http_exchange *exchange, int status,
				 const char *content_type, rc_net_http_closed_fn *closed,
				 void *userdata)
{
	exchange->response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 65536, read_stream,
							       exchange, NULL);
	exchange->closed = closed;
	exchange->closed_data = userdata;
	answer(exchange, status, content_type);
	exchange->state = STREAMING;
}

void rc_net_http_exchange_write(struct rc_net_http_exchange *exchange, struct rc_str bytes)
{
	rc_buf_add_str(&exchange->out, bytes);
	wake(exchange);
}

size_t rc_net_http_exchange_get_waiting(const struct rc_net_http_exchange *exchange)
{
	return exchange->out.n;
}

void rc_net_http_exchange_end(struct rc_net_http_exchange *exchange)
{
	exchange->ended = true;
	wake(exchange);
}
