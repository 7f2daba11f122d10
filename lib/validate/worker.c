/*
 * What blocks. libpq is loaded when it is first asked for, so that nobody else pays for it; this is
 * the only file that knows it.
 */
#include "validate/worker.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <libpq-fe.h>

#include "base/late.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"

#define LIBRARY	       "libpq.so.5"
#define PARAMETERS_MAX 12
#define QUERY	       "SELECT version(), pg_is_in_recovery(), current_user"

/* libpq's own types, so that the compiler checks each call. */
struct libpq {
	__typeof__(PQconnectdbParams) *connect;
	__typeof__(PQstatus) *status;
	__typeof__(PQerrorMessage) *error_message;
	__typeof__(PQexec) *exec;
	__typeof__(PQresultStatus) *result_status;
	__typeof__(PQgetvalue) *get_value;
	__typeof__(PQclear) *clear;
	__typeof__(PQfinish) *finish;
	__typeof__(PQpingParams) *ping;
};

static int load(struct libpq *libpq, struct rc_error **err)
{
	static const char *const names[] = {
		"PQconnectdbParams", "PQstatus", "PQerrorMessage", "PQexec",	  "PQresultStatus",
		"PQgetvalue",	     "PQclear",	 "PQfinish",	   "PQpingParams"};
	int r = rc_late_load(LIBRARY, names, RC_ARRAY_SIZE(names), libpq, err);

	if (r < 0)
		rc_hint(err, "install libpq5");
	return r;
}

/* The server's text without the password, should it be in it. */
static char *clean(const char *message, const char *password)
{
	struct rc_buf text = RC_BUF_INIT(4096);
	size_t n = password ? strlen(password) : 0;

	while (*message) {
		if (n > 0 && strncmp(message, password, n) == 0) {
			rc_buf_puts(&text, "***");
			message += n;
		} else {
			rc_buf_putc(&text, *message == '\n' ? ' ' : *message);
			message++;
		}
	}
	while (text.n > 0 && text.p[text.n - 1] == ' ')
		rc_buf_truncate(&text, text.n - 1);
	return rc_buf_take(&text);
}

struct parameters {
	const char *keys[PARAMETERS_MAX], *values[PARAMETERS_MAX];
	size_t n;
	char seconds[24];
};

static void add(struct parameters *parameters, const char *key, const char *value)
{
	parameters->keys[parameters->n] = key;
	parameters->values[parameters->n++] = value;
}

/* A connection string goes first: what is said beside it comes after, and counts. */
static void fill(struct parameters *parameters, const json_t *request)
{
	static const char *const names[] = {"host",   "port",	 "user",       "password",
					    "dbname", "sslmode", "sslrootcert"};
	const json_t *from = json_object_get(request, "parameters");
	long long ms = json_integer_value(json_object_get(request, "timeoutMs"));
	const char *uri = rc_json_text(from, "uri", NULL);

	snprintf(parameters->seconds, sizeof(parameters->seconds), "%lld",
		 ms > 3000 ? ms / 1000 - 1 : 2);
	if (uri)
		add(parameters, "dbname", uri);
	for (size_t i = 0; i < RC_ARRAY_SIZE(names); i++) {
		const char *value = rc_json_text(from, names[i], NULL);

		if (value && !(uri && strcmp(names[i], "dbname") == 0))
			add(parameters, names[i], value);
	}
	add(parameters, "connect_timeout", parameters->seconds);
	add(parameters, "application_name", "reconciled-validate");
	add(parameters, NULL, NULL);
}

static json_t *answer(const char *reason, const char *message)
{
	return json_pack("{s:s, s:s}", "reason", reason, "message", message);
}

static json_t *query(const struct libpq *libpq, PGconn *connection, const char *password)
{
	PGresult *result = libpq->exec(connection, QUERY);
	json_t *reply;

	if (libpq->result_status(result) == PGRES_TUPLES_OK) {
		const char *version = libpq->get_value(result, 0, 0);
		rc_autofree char *text = rc_asprintf(
			"%.*s answers%s", (int)strcspn(version, "(,"), version,
			*libpq->get_value(result, 0, 1) == 't' ? "; it is a replica" : "");

		reply = answer("Answers", text);
	} else {
		rc_autofree char *text = clean(libpq->error_message(connection), password);

		reply = answer("QueryFailed", text);
	}
	libpq->clear(result);
	return reply;
}

static int ask_postgres(const json_t *request, json_t **ret_reply, struct rc_error **err)
{
	const char *password = rc_json_text(request, "parameters", "password", NULL);
	struct parameters parameters = {.n = 0};
	struct libpq libpq;
	PGconn *connection;
	int r = load(&libpq, err);

	if (r < 0)
		return r;
	fill(&parameters, request);
	connection = libpq.connect(parameters.keys, parameters.values, 1);
	if (libpq.status(connection) == CONNECTION_OK) {
		*ret_reply = query(&libpq, connection, password);
	} else {
		rc_autofree char *text = clean(libpq.error_message(connection), password);
		/* A server that is there, and does not want us, refuses; else it is not reached. */
		PGPing ping = libpq.ping(parameters.keys, parameters.values, 1);

		*ret_reply = answer(ping == PQPING_OK ? "Refused" : "Unreachable", text);
	}
	libpq.finish(connection);
	return 0;
}

static int ask_dns(const json_t *request, json_t **ret_reply, struct rc_error **err)
{
	const char *host = rc_json_text(request, "host", NULL) ?: "";
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
	json_t *addresses = json_array();
	int code = getaddrinfo(host, NULL, &hints, &list);

	*ret_reply = json_pack("{s:o}", "addresses", addresses);
	if (code == EAI_NONAME || code == EAI_NODATA)
		return 0;
	if (code != 0) {
		json_decref(*ret_reply);
		return rc_fail(err, -EHOSTUNREACH, "resolving %s: %s", host, gai_strerror(code));
	}
	for (const struct addrinfo *one = list; one; one = one->ai_next) {
		char text[NI_MAXHOST];

		if (getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof(text), NULL, 0,
				NI_NUMERICHOST) == 0)
			json_array_append_new(addresses, json_string(text));
	}
	freeaddrinfo(list);
	return 0;
}

int rc_validate_worker_handle(void *userdata, const json_t *request, json_t **ret_reply,
			      struct rc_error **err)
{
	const char *what = rc_json_text(request, "do", NULL) ?: "";

	(void)userdata;
	if (strcmp(what, "postgres") == 0)
		return ask_postgres(request, ret_reply, err);
	if (strcmp(what, "dns") == 0)
		return ask_dns(request, ret_reply, err);
	return rc_fail(err, -EINVAL, "there is no task '%s'", what);
}
