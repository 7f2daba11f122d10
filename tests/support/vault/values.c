/* The key-value engines, versions 1 and 2. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "vault.h"

static json_t *versions_of(const char *path, bool make)
{
	json_t *versions = json_object_get(vault_state.values, path);

	if (!versions && make) {
		versions = json_array();
		json_object_set_new(vault_state.values, path, versions);
	}
	return versions;
}

static void read_v2(struct rc_net_http_exchange *exchange, const char *path)
{
	const json_t *versions = versions_of(path, false);
	const char *wanted = rc_net_http_exchange_get_query(exchange, "version");
	size_t n = json_array_size(versions);
	size_t at = wanted && *wanted ? strtoul(wanted, NULL, 10) : n;
	json_t *data = at > 0 ? json_array_get(versions, at - 1) : NULL;

	if (!data)
		vault_refuse(exchange, 404, "");
	else
		vault_reply(exchange, json_is_null(data) ? 404 : 200,
			    json_pack("{s:s, s:s, s:b, s:i, s:{s:O, s:{s:i, s:b, s:s}}}",
				      "request_id", "1", "lease_id", "", "renewable", 0,
				      "lease_duration", 0, "data", "data", data, "metadata",
				      "version", (int)at, "destroyed", 0, "deletion_time",
				      json_is_null(data) ? "2026-01-01T00:00:00Z" : ""));
}

static void read_v1(struct rc_net_http_exchange *exchange, const char *path)
{
	const json_t *versions = versions_of(path, false);
	json_t *data = json_array_get(versions, 0);

	if (!data)
		vault_refuse(exchange, 404, "");
	else
		vault_reply(exchange, 200,
			    json_pack("{s:s, s:i, s:O}", "lease_id", "", "lease_duration", 2764800,
				      "data", data));
}

static void write_v2(struct rc_net_http_exchange *exchange, const char *path, const json_t *body)
{
	json_t *versions = versions_of(path, true);
	const json_t *cas = rc_json_get(body, "options", "cas", NULL);

	if (cas && (size_t)json_integer_value(cas) != json_array_size(versions)) {
		vault_refuse(exchange, 400,
			     "check-and-set parameter did not match the current version");
		return;
	}
	json_array_append_new(versions, json_deep_copy(json_object_get(body, "data")));
	vault_reply(exchange, 200,
		    json_pack("{s:{s:i}}", "data", "version", (int)json_array_size(versions)));
}

/* The next part of each path below prefix; a folder ends with a slash. */
static void list(struct rc_net_http_exchange *exchange, const char *prefix)
{
	json_auto_t *found = json_object();
	json_t *keys, *value;
	const char *path, *key;
	size_t n = strlen(prefix);

	json_object_foreach (vault_state.values, path, value) {
		const char *rest = path + n, *slash;

		if (strncmp(path, prefix, n) != 0 || !*rest)
			continue;
		slash = strchr(rest, '/');
		key = slash ? rc_strndup(rest, (size_t)(slash - rest) + 1) : rc_strdup(rest);
		json_object_set_new(found, key, json_true());
		free((void *)(uintptr_t)key);
	}
	if (json_object_size(found) == 0) {
		vault_refuse(exchange, 404, "");
		return;
	}
	keys = json_array();
	json_object_foreach (found, key, value)
		json_array_append_new(keys, json_string(key));
	vault_reply(exchange, 200, json_pack("{s:{s:o}}", "data", "keys", keys));
}

static void serve_metadata(struct rc_net_http_exchange *exchange, const char *mount,
			   const char *key, const json_t *body)
{
	const char *method = rc_net_http_exchange_get_method(exchange);
	rc_autofree char *name = rc_asprintf("%s/%s", mount, key);
	rc_autofree char *path = rc_asprintf("%s/data/%s", mount, key);
	json_t *versions = versions_of(path, false);
	json_t *custom = json_object_get(vault_state.metadata, name);

	if (strcmp(method, "DELETE") == 0) {
		json_object_del(vault_state.values, path);
		json_object_del(vault_state.metadata, name);
		vault_reply(exchange, 204, NULL);
	} else if (strcmp(method, "GET") != 0) {
		json_object_set_new(vault_state.metadata, name,
				    json_deep_copy(json_object_get(body, "custom_metadata")));
		vault_reply(exchange, 204, NULL);
	} else if (!versions && !custom) {
		vault_refuse(exchange, 404, "");
	} else {
		vault_reply(exchange, 200,
			    json_pack("{s:{s:s, s:i, s:O?}}", "data", "created_time",
				      "2026-01-01T00:00:00Z", "current_version",
				      (int)json_array_size(versions), "custom_metadata", custom));
	}
}

static bool is_list(struct rc_net_http_exchange *exchange)
{
	const char *asked = rc_net_http_exchange_get_query(exchange, "list");

	return strcmp(rc_net_http_exchange_get_method(exchange), "LIST") == 0 ||
	       rc_text_equal(asked, "true");
}

static void serve_v2(struct rc_net_http_exchange *exchange, const char *mount, const char *rest,
		     const json_t *body)
{
	const char *method = rc_net_http_exchange_get_method(exchange);
	rc_autofree char *path = NULL;

	if (strncmp(rest, "metadata", 8) == 0 && is_list(exchange)) {
		path = rc_asprintf("%s/data/%s", mount, rest[8] ? rest + 9 : "");
		list(exchange, path);
	} else if (strncmp(rest, "metadata/", 9) == 0) {
		serve_metadata(exchange, mount, rest + 9, body);
	} else if (strncmp(rest, "data/", 5) != 0) {
		vault_reply(exchange, 404,
			    json_pack("{s:[s]}", "warnings",
				      "Invalid path for a versioned K/V secrets engine."));
	} else if (strcmp(method, "GET") == 0) {
		path = rc_asprintf("%s/%s", mount, rest);
		read_v2(exchange, path);
	} else if (strcmp(method, "DELETE") == 0) {
		path = rc_asprintf("%s/%s", mount, rest);
		if (versions_of(path, false))
			json_array_set_new(versions_of(path, false),
					   json_array_size(versions_of(path, false)) - 1,
					   json_null());
		vault_reply(exchange, 204, NULL);
	} else {
		path = rc_asprintf("%s/%s", mount, rest);
		write_v2(exchange, path, body);
	}
}

static void serve_v1(struct rc_net_http_exchange *exchange, const char *path, const json_t *body)
{
	const char *method = rc_net_http_exchange_get_method(exchange);
	json_t *versions;

	if (is_list(exchange)) {
		list(exchange, path);
	} else if (strcmp(method, "GET") == 0) {
		read_v1(exchange, path);
	} else if (strcmp(method, "DELETE") == 0) {
		json_object_del(vault_state.values, path);
		vault_reply(exchange, 204, NULL);
	} else {
		versions = versions_of(path, true);
		json_array_clear(versions);
		json_array_append_new(versions, json_deep_copy(body));
		vault_reply(exchange, 204, NULL);
	}
}

void vault_values_serve(struct rc_net_http_exchange *exchange, const char *mount, const char *rest,
			bool is_v2, const json_t *body)
{
	rc_autofree char *path = rc_asprintf("%s/%s", mount, rest);

	if (is_v2)
		serve_v2(exchange, mount, rest, body);
	else
		serve_v1(exchange, path, body);
}
