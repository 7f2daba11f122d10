/*
 * istio: what the application's VirtualServices and Gateways name is there: gateways, services with
 * their ports, and the Secrets of certificates.
 *
 * Istio's own word, where it analyses, comes first. References are collected from the cache and
 * asked of the API server one after the other, because what is named may belong to somebody else.
 */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "data/percent.h"
#include "validate/kinds-private.h"
#include "validate/probe.h"

#define GROUP "networking.istio.io"

static void ask_next(struct rc_validate_probe *probe);

/* One thing that is named: {kind, namespace, name, by, port?}. */
static void add(struct rc_validate_probe *probe, const char *kind, const char *name_space,
		const char *name, const json_t *by, json_int_t port)
{
	rc_autofree char *who = rc_asprintf("%s %s", rc_json_text(by, "kind", NULL) ?: "",
					    rc_json_text(by, "metadata", "name", NULL) ?: "");

	json_array_append_new(probe->notes,
			      json_pack("{s:s, s:s, s:s, s:s, s:I}", "kind", kind, "namespace",
					name_space, "name", name, "by", who, "port", port));
}

static const char *namespace_of(const json_t *object)
{
	return rc_json_text(object, "metadata", "namespace", NULL) ?: "";
}

/* "name", "namespace/name"; "mesh" is none. */
static void add_gateway(struct rc_validate_probe *probe, const char *text, const json_t *by)
{
	const char *slash = strchr(text, '/');
	rc_autofree char *name_space =
		slash ? rc_strndup(text, (size_t)(slash - text)) : rc_strdup(namespace_of(by));

	if (strcmp(text, "mesh") != 0)
		add(probe, "Gateway", name_space, slash ? slash + 1 : text, by, 0);
}

/* "service", "service.namespace", "service.namespace.svc.cluster.local"; another is not ours. */
static void add_host(struct rc_validate_probe *probe, const json_t *destination, const json_t *by)
{
	const char *host = rc_json_text(destination, "host", NULL), *dot;
	json_int_t port = json_integer_value(rc_json_get(destination, "port", "number", NULL));
	rc_autofree char *name = NULL, *name_space = NULL;
	size_t n;

	if (!host || strchr(host, '*'))
		return;
	dot = strchr(host, '.');
	name = rc_strndup(host, strcspn(host, "."));
	n = dot ? strcspn(dot + 1, ".") : 0;
	name_space = dot ? rc_strndup(dot + 1, n) : rc_strdup(namespace_of(by));
	if (!dot || !dot[1 + n] || strncmp(dot + 1 + n, ".svc", 4) == 0)
		add(probe, "Service", name_space, name, by, port);
}

static void collect_routes(struct rc_validate_probe *probe, const json_t *service)
{
	static const char *const protocols[] = {"http", "tls", "tcp"};
	json_t *rule, *route;
	size_t i, j;

	for (size_t p = 0; p < RC_ARRAY_SIZE(protocols); p++)
		json_array_foreach (rc_json_get(service, "spec", protocols[p], NULL), i, rule)
			json_array_foreach (json_object_get(rule, "route"), j, route)
				add_host(probe, json_object_get(route, "destination"), service);
}

static void collect_certificates(struct rc_validate_probe *probe, const json_t *gateway)
{
	json_t *server;
	size_t i;

	json_array_foreach (rc_json_get(gateway, "spec", "servers", NULL), i, server) {
		const char *name = rc_json_text(server, "tls", "credentialName", NULL);

		if (name)
			add(probe, "Secret", namespace_of(gateway), name, gateway, 0);
	}
}

/* What Istio's own analysis says against it, or NULL. */
static const char *find_complaint(const json_t *object)
{
	json_t *message;
	size_t i;

	json_array_foreach (rc_json_get(object, "status", "validationMessages", NULL), i, message)
		if (rc_text_equal(rc_json_text(message, "level", NULL), "ERROR"))
			return rc_json_text(message, "type", "code", NULL) ?: "an error";
	return NULL;
}

static bool is_well(struct rc_validate_probe *probe, const json_t *object)
{
	const char *complaint = find_complaint(object);

	if (complaint)
		rc_validate_probe_end(
			probe, RC_VALIDATE_FAIL, complaint, "%s %s: Istio's analysis says %s",
			rc_json_text(object, "kind", NULL) ?: "",
			rc_json_text(object, "metadata", "name", NULL) ?: "", complaint);
	return !complaint;
}

static bool has_port(const json_t *service, json_int_t wanted)
{
	json_t *port;
	size_t i;

	json_array_foreach (rc_json_get(service, "spec", "ports", NULL), i, port)
		if (json_integer_value(json_object_get(port, "port")) == wanted)
			return true;
	return wanted == 0;
}

static void on_object(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct rc_validate_probe *probe = userdata;
	const json_t *entry = json_array_get(probe->notes, probe->step);
	const char *kind = rc_json_text(entry, "kind", NULL);
	json_int_t port = json_integer_value(json_object_get(entry, "port"));

	probe->kube = NULL;
	if (r < 0 && r != -ENOENT) {
		rc_validate_probe_fail(probe, "Unreachable", err);
		return;
	}
	rc_error_free(err);
	if (r == -ENOENT)
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "Dangling",
				      "%s names %s %s/%s, which is not there",
				      rc_json_text(entry, "by", NULL), kind,
				      rc_json_text(entry, "namespace", NULL),
				      rc_json_text(entry, "name", NULL));
	else if (strcmp(kind, "Service") == 0 && !has_port(answer->object, port))
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "NoSuchPort",
				      "%s names port %lld of Service %s, which has none",
				      rc_json_text(entry, "by", NULL), (long long)port,
				      rc_json_text(entry, "name", NULL));
	if (rc_validate_probe_has_ended(probe))
		return;
	probe->step++;
	ask_next(probe);
}

static char *make_path(struct rc_validate_probe *probe, const json_t *entry)
{
	const char *kind = rc_json_text(entry, "kind", NULL);
	bool is_core = strcmp(kind, "Gateway") != 0;
	const struct rc_kube_resource *resource =
		probe->subject->discovery ? rc_kube_discovery_find(probe->subject->discovery,
								   is_core ? "" : GROUP, kind, NULL)
					  : NULL;

	if (resource)
		return rc_kube_resource_path(resource, rc_json_text(entry, "namespace", NULL),
					     rc_json_text(entry, "name", NULL), NULL);
	return rc_asprintf("/%s/namespaces/%s/%s/%s", is_core ? "api/v1" : "apis/" GROUP "/v1",
			   rc_json_text(entry, "namespace", NULL),
			   !is_core			  ? "gateways"
			   : strcmp(kind, "Service") == 0 ? "services"
							  : "secrets",
			   rc_json_text(entry, "name", NULL));
}

static void ask_next(struct rc_validate_probe *probe)
{
	const json_t *entry = json_array_get(probe->notes, probe->step);
	rc_autofree char *path = NULL;

	if (!entry) {
		rc_validate_probe_end(probe, RC_VALIDATE_PASS, "Consistent",
				      "all %zu gateways, services and certificates that are named "
				      "are there",
				      json_array_size(probe->notes));
		return;
	}
	path = make_path(probe, entry);
	rc_validate_probe_ask(probe, path, NULL, on_object);
}

static void start(struct rc_validate_probe *probe)
{
	json_auto_t *services = rc_validate_probe_list(probe, GROUP, "VirtualService");
	json_auto_t *gateways = rc_validate_probe_list(probe, GROUP, "Gateway");
	json_t *object, *name;
	size_t i, j;

	probe->notes = json_array();
	json_array_foreach (services, i, object) {
		if (!is_well(probe, object))
			return;
		json_array_foreach (rc_json_get(object, "spec", "gateways", NULL), j, name)
			add_gateway(probe, json_string_value(name) ?: "", object);
		collect_routes(probe, object);
	}
	json_array_foreach (gateways, i, object) {
		if (!is_well(probe, object))
			return;
		collect_certificates(probe, object);
	}
	if (json_array_size(services) + json_array_size(gateways) == 0)
		rc_validate_probe_end(probe, RC_VALIDATE_SKIP, "NoIstio",
				      "the application has neither VirtualServices nor Gateways");
	else
		ask_next(probe);
}

const struct rc_validate_kind rc_validate_istio_kind = {.name = "istio", .start = start};
