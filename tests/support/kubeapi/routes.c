/* Paths to what they mean: discovery, collections, objects, subresources. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "data/yaml.h"
#include "kubeapi.h"

#define PARTS_MAX    10
#define OWN_AUDIENCE "https://kubernetes.default.svc"

static struct {
	struct ev_loop *loop;
	json_t *tokens; /* token -> "" (may all), or "namespace:account:expiry" */
	bool needs_token;
} state;

void kubeapi_routes_init(struct ev_loop *loop)
{
	state.loop = loop;
	state.tokens = json_object();
}

void kubeapi_routes_add_token(const char *token)
{
	json_object_set_new(state.tokens, token, json_string(""));
	state.needs_token = true;
}

static void reply_status(struct rc_net_http_exchange *exchange, int code, const char *reason,
			 const char *message)
{
	json_auto_t *status = kubeapi_status(code, reason, "%s", message);

	rc_net_http_exchange_reply_json(exchange, code, status);
}

/* ---- reading ---- */

static const char *query(struct rc_net_http_exchange *exchange, const char *name)
{
	const char *value = rc_net_http_exchange_get_query(exchange, name);

	return value && *value ? value : NULL;
}

static void watch(struct rc_net_http_exchange *exchange, struct kubeapi_kind *kind,
		  const char *name_space)
{
	const char *version = query(exchange, "resourceVersion");
	const char *timeout = query(exchange, "timeoutSeconds");
	const char *bookmarks = query(exchange, "allowWatchBookmarks");
	const char *initial = query(exchange, "sendInitialEvents");
	uint64_t from = version ? strtoull(version, NULL, 10) : 0;

	if (kubeapi_store_watch(kind, name_space, query(exchange, "labelSelector"),
				query(exchange, "fieldSelector"), from,
				timeout ? (unsigned int)strtoul(timeout, NULL, 10) : 0,
				bookmarks && strcmp(bookmarks, "true") == 0,
				initial && strcmp(initial, "true") == 0, exchange))
		return;
	{
		json_auto_t *status =
			kubeapi_status(410, "Expired", "too old resource version: %s", version);
		rc_autofree char *text = json_dumps(status, JSON_COMPACT);
		rc_autofree char *line = rc_asprintf("{\"type\":\"ERROR\",\"object\":%s}\n", text);

		rc_net_http_exchange_reply(exchange, 200, "application/json", rc_str(line));
	}
}

/* Items of built-in kinds do not say their kind; the list does. */
static json_t *list_item(const struct kubeapi_kind *kind, json_t *object)
{
	json_t *item = json_incref(object);

	if (!kind->definition) {
		json_decref(item);
		item = json_copy(object);
		json_object_del(item, "kind");
		json_object_del(item, "apiVersion");
	}
	return item;
}

static bool is_page(const char *page)
{
	return !page || (*page && strspn(page, "0123456789") == strlen(page));
}

static bool is_selector(const char *selector)
{
	return !selector || !strstr(selector, "===");
}

/* The token of the next page is the number of the first object on it. */
static void list(struct rc_net_http_exchange *exchange, struct kubeapi_kind *kind,
		 const char *name_space)
{
	rc_autofree struct kubeapi_object **all = kubeapi_store_list(kind, name_space);
	const char *limit_text = query(exchange, "limit"), *page = query(exchange, "continue");
	size_t limit = limit_text ? strtoul(limit_text, NULL, 10) : 0, i;
	json_auto_t *items = json_array(), *answer = NULL;
	char version[24], next[24] = "";

	if (!is_page(page) || !is_selector(query(exchange, "labelSelector"))) {
		reply_status(exchange, 400, "BadRequest", "it cannot be understood");
		return;
	}
	for (i = page ? strtoul(page, NULL, 10) : 0; all[i]; i++) {
		if (limit && json_array_size(items) == limit) {
			snprintf(next, sizeof(next), "%zu", i);
			break;
		}
		if (kubeapi_selects(query(exchange, "labelSelector"),
				    query(exchange, "fieldSelector"), all[i]->json))
			json_array_append_new(items, list_item(kind, all[i]->json));
	}
	snprintf(version, sizeof(version), "%llu", (unsigned long long)kubeapi_store_version());
	if (kubeapi_table_is_wanted(exchange))
		answer = kubeapi_table_make(kind, items, version);
	else
		answer = json_pack(
			"{s:o, s:o, s:{s:s, s:s*}, s:O}", "kind",
			json_sprintf("%sList", kind->kind), "apiVersion",
			json_sprintf("%s%s%s", kind->group, *kind->group ? "/" : "", kind->version),
			"metadata", "resourceVersion", version, "continue", *next ? next : NULL,
			"items", items);
	rc_net_http_exchange_reply_json(exchange, 200, answer);
}

static void get(struct rc_net_http_exchange *exchange, const struct kubeapi_write *write)
{
	struct kubeapi_object *object =
		kubeapi_store_find(write->kind, write->name_space, write->name);

	if (object && strcmp(write->subresource, "scale") == 0) {
		json_auto_t *scale = kubeapi_scale_make(object->json);

		rc_net_http_exchange_reply_json(exchange, 200, scale);
	} else if (!object) {
		json_auto_t *status = kubeapi_status(
			404, "NotFound", "%s%s%s \"%s\" not found", write->kind->plural,
			*write->kind->group ? "." : "", write->kind->group, write->name);

		rc_net_http_exchange_reply_json(exchange, 404, status);
	} else if (kubeapi_table_is_wanted(exchange)) {
		json_auto_t *one = json_pack("[O]", object->json);
		json_auto_t *table = kubeapi_table_make(
			write->kind, one, kubeapi_meta(object->json, "resourceVersion"));

		rc_net_http_exchange_reply_json(exchange, 200, table);
	} else {
		rc_net_http_exchange_reply_json(exchange, 200, object->json);
	}
}

/* ---- tokens ---- */

/* Our token is "namespace:account:expiry:audience,..." in a table; audience "" is the server's own.
 */
static char *list_audiences(const json_t *audiences)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	json_t *one;
	size_t i;

	json_array_foreach (audiences, i, one)
		rc_buf_printf(&text, "%s,", json_string_value(one) ?: "");
	return rc_strdup(json_array_size(audiences) > 0 ? rc_buf_text(&text) : OWN_AUDIENCE ",");
}

static void make_token(struct rc_net_http_exchange *exchange, const struct kubeapi_write *write,
		       const json_t *body)
{
	json_t *spec = json_object_get(body, "spec");
	rc_autofree char *audiences = list_audiences(json_object_get(spec, "audiences"));
	long long seconds = json_integer_value(json_object_get(spec, "expirationSeconds"));
	int64_t end = rc_clock_unix_s() + (seconds ? seconds : 3600);
	char time[RC_CLOCK_RFC3339_MAX], token[48];
	unsigned char random[16];
	json_auto_t *answer = NULL;

	if (!kubeapi_store_find(write->kind, write->name_space, write->name)) {
		get(exchange, write);
		return;
	}
	if (seconds && seconds < 600) {
		reply_status(exchange, 422, "Invalid",
			     "spec.expirationSeconds: Invalid value: may not specify a duration "
			     "less than 10 minutes");
		return;
	}
	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		abort();
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(token + 2 * i, 3, "%02x", random[i]);
	json_object_set_new(state.tokens, token,
			    json_sprintf("%s:%s:%lld:%s", write->name_space, write->name,
					 (long long)end, audiences));
	answer = json_pack("{s:s, s:s, s:{s:s, s:s, s:s}, s:{s:o, s:n, s:I}, s:{s:s, s:s}}", "kind",
			   "TokenRequest", "apiVersion", "authentication.k8s.io/v1", "metadata",
			   "name", write->name, "namespace", write->name_space, "creationTimestamp",
			   rc_clock_format_rfc3339(rc_clock_unix_s(), time), "spec", "audiences",
			   json_array_size(json_object_get(spec, "audiences")) > 0
				   ? json_incref(json_object_get(spec, "audiences"))
				   : json_pack("[s]", OWN_AUDIENCE),
			   "boundObjectRef", "expirationSeconds",
			   (json_int_t)(seconds ? seconds : 3600), "status", "token", token,
			   "expirationTimestamp", rc_clock_format_rfc3339(end, time));
	rc_net_http_exchange_reply_json(exchange, 201, answer);
}

/* One of those asked for is one it was made for. */
static bool is_for(const char *made_for, const json_t *asked)
{
	rc_autofree char *all = list_audiences(asked);
	char *rest = all, *part;

	while ((part = strsep(&rest, ","))) {
		rc_autofree char *with_end = rc_asprintf("%s,", part);

		if (*part && strstr(made_for, with_end))
			return true;
	}
	return false;
}

static void review_token(struct rc_net_http_exchange *exchange, const json_t *body)
{
	json_t *spec = json_object_get(body, "spec");
	const char *token = rc_json_text(spec, "token", NULL) ?: "";
	const char *whose = json_string_value(json_object_get(state.tokens, token));
	rc_autofree char *copy = rc_strdup(whose ? whose : "");
	char *rest = copy, *ns = strsep(&rest, ":"), *name = strsep(&rest, ":"),
	     *end = strsep(&rest, ":");
	json_auto_t *answer = json_pack("{s:s, s:s, s:{}, s:O, s:{s:{}}}", "kind", "TokenReview",
					"apiVersion", "authentication.k8s.io/v1", "metadata",
					"spec", spec ?: json_null(), "status", "user");
	json_t *status = json_object_get(answer, "status");

	if (name && end && rest && strtoll(end, NULL, 10) > rc_clock_unix_s() &&
	    is_for(rest, json_object_get(spec, "audiences"))) {
		json_object_set_new(status, "authenticated", json_true());
		json_object_set_new(status, "audiences",
				    json_array_size(json_object_get(spec, "audiences")) > 0
					    ? json_incref(json_object_get(spec, "audiences"))
					    : json_pack("[s]", OWN_AUDIENCE));
		json_object_set_new(status, "user",
				    json_pack("{s:o, s:s, s:[s, o, s]}", "username",
					      json_sprintf("system:serviceaccount:%s:%s", ns, name),
					      "uid", token, "groups", "system:serviceaccounts",
					      json_sprintf("system:serviceaccounts:%s", ns),
					      "system:authenticated"));
	}
	rc_net_http_exchange_reply_json(exchange, 201, answer);
}

static bool is_allowed(struct rc_net_http_exchange *exchange)
{
	const char *header = rc_net_http_exchange_get_header(exchange, "Authorization");

	if (!state.needs_token)
		return true;
	return header && strncmp(header, "Bearer ", 7) == 0 &&
	       json_object_get(state.tokens, header + 7) != NULL;
}

/* ---- writing ---- */

/* The body is JSON, or YAML, which is more. */
static json_t *read_body(struct rc_net_http_exchange *exchange)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = NULL;
	struct rc_str text = rc_net_http_exchange_get_body(exchange);
	struct rc_yaml_node *node;
	json_t *json = NULL;

	if (text.n == 0)
		return json_object();
	if (rc_json_parse(text, "the body", &json, NULL) == 0)
		return json;
	arena = rc_arena_new(0);
	if (rc_yaml_parse(arena, text, NULL, &node, NULL) < 0 ||
	    rc_yaml_to_json(node, &json, NULL) < 0)
		return NULL;
	return json;
}

static const char *manager_of(struct rc_net_http_exchange *exchange, char buffer[64])
{
	const char *manager = query(exchange, "fieldManager");
	const char *agent = rc_net_http_exchange_get_header(exchange, "User-Agent");

	if (manager)
		return manager;
	snprintf(buffer, 64, "%.*s", (int)strcspn(agent ? agent : "unknown", "/"),
		 agent ? agent : "unknown");
	return buffer;
}

static int delete_all(struct rc_net_http_exchange *exchange, const struct kubeapi_write *write,
		      const json_t *options, json_t **ret)
{
	rc_autofree struct kubeapi_object **all =
		kubeapi_store_list(write->kind, *write->name_space ? write->name_space : NULL);
	rc_autofree char **names = NULL;
	size_t n = 0;

	while (all[n])
		n++;
	names = rc_calloc(n + 1, sizeof(*names));
	n = 0;
	for (size_t i = 0; all[i]; i++) /* one that goes may take others along */
		if (kubeapi_selects(query(exchange, "labelSelector"),
				    query(exchange, "fieldSelector"), all[i]->json))
			names[n++] = rc_asprintf("%s/%s", kubeapi_meta(all[i]->json, "namespace"),
						 kubeapi_meta(all[i]->json, "name"));
	for (size_t i = 0; i < n; i++) {
		rc_autofree char *name = names[i];
		char *slash = strchr(name, '/');
		struct kubeapi_write one = *write;
		json_auto_t *answer = NULL;

		*slash = '\0';
		one.name_space = name;
		one.name = slash + 1;
		kubeapi_delete(&one, options, &answer);
	}
	*ret = kubeapi_status(200, "", "%zu deleted", n);
	return 200;
}

static void write_object(struct rc_net_http_exchange *exchange, struct kubeapi_write *write)
{
	const char *method = rc_net_http_exchange_get_method(exchange);
	const char *type = rc_net_http_exchange_get_header(exchange, "Content-Type");
	const char *force = query(exchange, "force");
	json_auto_t *body = read_body(exchange), *answer = NULL;
	char buffer[64];
	int status = 405;

	if (type && strstr(type, "protobuf")) {
		reply_status(exchange, 415, "UnsupportedMediaType",
			     "this stand-in reads JSON and YAML only; give kubectl a file");
		return;
	}
	if (!body) {
		reply_status(exchange, 400, "BadRequest", "the body cannot be read");
		return;
	}
	write->manager = manager_of(exchange, buffer);
	write->has_manager = query(exchange, "fieldManager") != NULL;
	write->dry_run = query(exchange, "dryRun") != NULL;
	write->force = force && strcmp(force, "true") == 0;
	if (strcmp(write->subresource, "token") == 0) {
		make_token(exchange, write, body);
		return;
	}
	if (strcmp(write->subresource, "scale") == 0 && strcmp(method, "DELETE") != 0)
		status = kubeapi_scale_write(write, body, &answer);
	else if (strcmp(method, "POST") == 0 && !*write->name)
		status = kubeapi_create(write, body, &answer);
	else if (strcmp(method, "PUT") == 0)
		status = kubeapi_replace(write, body, &answer);
	else if (strcmp(method, "PATCH") == 0)
		status = kubeapi_patch(write, type ? type : "", body, &answer);
	else if (strcmp(method, "DELETE") == 0 && *write->name)
		status = kubeapi_delete(write, body, &answer);
	else if (strcmp(method, "DELETE") == 0)
		status = delete_all(exchange, write, body, &answer);
	if (!answer)
		reply_status(exchange, 405, "MethodNotAllowed", "this is not supported");
	else
		rc_net_http_exchange_reply_json(exchange, status, answer);
}

/* ---- paths ---- */

struct route {
	char *text; /* cut into parts */
	const char *parts[PARTS_MAX];
	size_t n;
};

static void cut(struct route *route, const char *path)
{
	char *rest, *part;

	route->text = rc_strdup(path);
	rest = route->text;
	while ((part = strsep(&rest, "/")) && route->n < PARTS_MAX)
		if (*part)
			route->parts[route->n++] = part;
}

static bool has_group(const char *group)
{
	const struct kubeapi_kind *kind = kubeapi_kinds_first();

	while (kind && strcmp(kind->group, group) != 0)
		kind = kind->next;
	return kind != NULL;
}

/* What a pod "wrote": its annotation kubeapi.test/log, or its name. */
static void reply_log(struct rc_net_http_exchange *exchange, const struct kubeapi_write *write)
{
	const struct kubeapi_object *pod =
		kubeapi_store_find(write->kind, write->name_space, write->name);
	const char *text =
		pod ? rc_json_text(pod->json, "metadata", "annotations", "kubeapi.test/log", NULL)
		    : NULL;
	rc_autofree char *line = rc_asprintf("%s says hello\n", write->name);

	if (!pod)
		reply_status(exchange, 404, "NotFound", "there is no such pod");
	else
		rc_net_http_exchange_reply(exchange, 200, "text/plain", rc_str(text ? text : line));
}

/* After /api/v1 or /apis/group/version: [namespaces/NS/]plural[/name[/subresource]]. */
static void serve_resource(struct rc_net_http_exchange *exchange, const char *group,
			   const char *version, const char *const *parts, size_t n)
{
	const char *method = rc_net_http_exchange_get_method(exchange);
	struct kubeapi_write write = {.name_space = "", .name = "", .subresource = ""};
	const char *watching = query(exchange, "watch");

	if (n >= 3 && strcmp(parts[0], "namespaces") == 0 && strcmp(parts[2], "status") != 0 &&
	    strcmp(parts[2], "finalize") != 0) {
		write.name_space = parts[1];
		parts += 2;
		n -= 2;
	}
	write.kind = kubeapi_kind_find(group, version, parts[0]);
	if (!write.kind && !has_group(group)) {
		rc_net_http_exchange_reply(exchange, 404, "text/plain",
					   RC_STR("404 page not found\n"));
		return;
	}
	if (!write.kind) {
		reply_status(exchange, 404, "NotFound",
			     "the server could not find the requested resource");
		return;
	}
	write.name = n > 1 ? parts[1] : "";
	write.subresource = n > 2 ? parts[2] : "";
	if (strcmp(write.subresource, "log") == 0)
		reply_log(exchange, &write);
	else if (strcmp(method, "GET") != 0)
		write_object(exchange, &write);
	else if (*write.name)
		get(exchange, &write);
	else if (watching && strcmp(watching, "0") != 0 && strcmp(watching, "false") != 0)
		watch(exchange, write.kind, *write.name_space ? write.name_space : NULL);
	else
		list(exchange, write.kind, *write.name_space ? write.name_space : NULL);
}

static bool serve_plain(struct rc_net_http_exchange *exchange, const char *path)
{
	json_auto_t *body = NULL;

	if (strcmp(path, "/version") == 0) {
		body = json_pack("{s:s, s:s, s:s, s:s}", "major", "1", "minor", "32", "gitVersion",
				 "v1.32.2", "platform", "linux/amd64");
		rc_net_http_exchange_reply_json(exchange, 200, body);
	} else if (strcmp(path, "/healthz") == 0 || strcmp(path, "/readyz") == 0 ||
		   strcmp(path, "/livez") == 0) {
		rc_net_http_exchange_reply(exchange, 200, "text/plain", RC_STR("ok"));
	} else if (strncmp(path, "/openapi/v3", 11) == 0) {
		return kubeapi_openapi_serve(exchange, path + 11);
	} else if (strcmp(path, "/api") == 0 || strcmp(path, "/apis") == 0) {
		kubeapi_discovery_serve(exchange, path);
	} else if (strcmp(path, "/apis/authentication.k8s.io/v1/tokenreviews") == 0) {
		body = read_body(exchange);
		review_token(exchange, body);
	} else if (strcmp(path, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews") == 0) {
		body = read_body(exchange); /* whoever comes here may all */
		json_object_set_new(body, "status", json_pack("{s:b}", "allowed", 1));
		rc_net_http_exchange_reply_json(exchange, 201, body);
	} else {
		return false;
	}
	return true;
}

void kubeapi_route(struct rc_net_http_exchange *exchange)
{
	const char *path = rc_net_http_exchange_get_path(exchange);
	struct route route = {.n = 0};

	if (serve_plain(exchange, path))
		return;
	cut(&route, path);
	if (route.n == 2 && strcmp(route.parts[0], "api") == 0)
		kubeapi_discovery_list(exchange, "", route.parts[1]);
	else if (route.n == 3 && strcmp(route.parts[0], "apis") == 0)
		kubeapi_discovery_list(exchange, route.parts[1], route.parts[2]);
	else if (route.n > 2 && strcmp(route.parts[0], "api") == 0)
		serve_resource(exchange, "", route.parts[1], route.parts + 2, route.n - 2);
	else if (route.n > 3 && strcmp(route.parts[0], "apis") == 0)
		serve_resource(exchange, route.parts[1], route.parts[2], route.parts + 3,
			       route.n - 3);
	else
		rc_net_http_exchange_reply(exchange, 404, "text/plain",
					   RC_STR("404 page not found\n"));
	free(route.text);
}

void kubeapi_handle(void *userdata, struct rc_net_http_exchange *exchange)
{
	(void)userdata;
	if (kubeapi_control_handle(exchange))
		return;
	kubeapi_control_log(exchange);
	if (kubeapi_control_misbehave(state.loop, exchange))
		return;
	if (!is_allowed(exchange))
		reply_status(exchange, 401, "Unauthorized", "Unauthorized");
	else
		kubeapi_route(exchange);
}
