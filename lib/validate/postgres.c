/*
 * postgres: the database answers a query through the application's own credentials, which are read
 * from its Secret. A worker speaks with it, by libpq; what it is given is in no log and no answer.
 */
#include <string.h>

#include "base/memory.h"
#include "data/base64.h"
#include "data/json.h"
#include "validate/kinds-private.h"
#include "validate/probe.h"
#include "validate/secret-private.h"

#define VALUE_MAX ((size_t)64 << 10)

static void on_answer(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	struct rc_validate_probe *probe = userdata;
	const char *reason = rc_json_text(reply, "reason", NULL) ?: "";
	const char *message = rc_json_text(reply, "message", NULL) ?: "";

	probe->job = NULL;
	if (r < 0) {
		rc_validate_probe_fail(probe, "Unreachable", err);
		return;
	}
	if (strcmp(reason, "Answers") == 0)
		rc_validate_probe_end(probe, RC_VALIDATE_PASS, reason, "%s", message);
	else
		rc_validate_probe_end(probe,
				      strcmp(reason, "Unreachable") == 0 ? RC_VALIDATE_ERROR
									 : RC_VALIDATE_FAIL,
				      reason, "%s", message);
}

/* The value of a key, decoded, into parameters; says whether it is there. */
static bool take(const json_t *data, const char *key, json_t *parameters, const char *name)
{
	const char *encoded = rc_json_text(data, key, NULL);
	rc_autobuf struct rc_buf value = RC_BUF_INIT(VALUE_MAX);

	if (!encoded || rc_base64_decode(rc_str(encoded), &value) < 0)
		return false;
	json_object_set_new(parameters, name, json_stringn(rc_buf_text(&value), value.n));
	if (value.p)
		explicit_bzero(value.p, value.size);
	return json_object_get(parameters, name) != NULL;
}

static void take_first(const json_t *data, const char *said, const char *const *guesses,
		       json_t *parameters, const char *name)
{
	if (said) {
		take(data, said, parameters, name);
		return;
	}
	for (; *guesses; guesses++)
		if (take(data, *guesses, parameters, name))
			return;
}

/* What the Secret holds under the usual names; what the check says comes before it. */
static json_t *make_parameters(const struct rc_validate_check *check, const json_t *data)
{
	static const char *const uris[] = {"uri",	   "dsn",	   "url",
					   "database-url", "DATABASE_URL", NULL};
	static const char *const hosts[] = {"host", "hostname", "endpoint", "PGHOST", NULL};
	static const char *const ports[] = {"port", "PGPORT", NULL};
	static const char *const users[] = {"username", "user", "PGUSER", NULL};
	static const char *const passwords[] = {"password", "PGPASSWORD", NULL};
	static const char *const databases[] = {"dbname", "database", "PGDATABASE", NULL};
	json_t *parameters = json_object();

	take_first(data, check->uri_key, uris, parameters, "uri");
	take_first(data, check->host_key, hosts, parameters, "host");
	take_first(data, check->port_key, ports, parameters, "port");
	take_first(data, check->username_key, users, parameters, "user");
	take_first(data, check->password_key, passwords, parameters, "password");
	take_first(data, check->database_key, databases, parameters, "dbname");
	if (check->host)
		json_object_set_new(parameters, "host", json_string(check->host));
	if (check->port) {
		rc_autofree char *port = rc_asprintf("%lld", (long long)check->port);

		json_object_set_new(parameters, "port", json_string(port));
	}
	if (check->username)
		json_object_set_new(parameters, "user", json_string(check->username));
	if (check->database)
		json_object_set_new(parameters, "dbname", json_string(check->database));
	if (check->ssl_mode)
		json_object_set_new(parameters, "sslmode", json_string(check->ssl_mode));
	if (check->ca)
		json_object_set_new(parameters, "sslrootcert", json_string(check->ca));
	return parameters;
}

static void submit(struct rc_validate_probe *probe, json_t *parameters)
{
	int64_t timeout_ms = probe->check->timeout_ms ?: 10000;
	json_auto_t *request = json_pack("{s:s, s:I, s:o}", "do", "postgres", "timeoutMs",
					 (json_int_t)timeout_ms, "parameters", parameters);

	if (!json_object_get(parameters, "host") && !json_object_get(parameters, "uri")) {
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "NoHost",
				      "neither the check nor its Secret says where the database "
				      "is: no key 'host' or 'uri'");
		return;
	}
	rc_worker_submit(rc_validate_services_get_pool(probe->services), request,
			 (uint64_t)timeout_ms, on_answer, probe, &probe->job);
}

static void on_secret(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct rc_validate_probe *probe = userdata;

	probe->kube = NULL;
	if (rc_validate_secret_arrived(probe, probe->check->secret, r, err))
		submit(probe,
		       make_parameters(probe->check, json_object_get(answer->object, "data")));
}

static void start(struct rc_validate_probe *probe)
{
	const struct rc_validate_check *check = probe->check;
	rc_autofree char *path = NULL;

	if (!check->secret) {
		submit(probe, make_parameters(check, NULL));
		return;
	}
	path = rc_validate_secret_path(check->name_space ?: probe->subject->name_space,
				       check->secret);
	rc_validate_probe_ask(probe, path, NULL, on_secret);
}

const struct rc_validate_kind rc_validate_postgres_kind = {.name = "postgres", .start = start};
