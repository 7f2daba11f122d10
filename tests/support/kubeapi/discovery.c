/* Which kinds there are, in the two forms that clients ask for. */
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kubeapi.h"

static json_t *verbs(void)
{
	return json_pack("[s, s, s, s, s, s, s, s]", "create", "delete", "deletecollection", "get",
			 "list", "patch", "update", "watch");
}

static json_t *describe_subresource(const char *name, const char *group, const char *version,
				    const char *kind)
{
	return json_pack("{s:s, s:{s:s, s:s, s:s}, s:[s, s, s]}", "subresource", name,
			 "responseKind", "group", group, "version", version, "kind", kind, "verbs",
			 "get", "patch", "update");
}

static json_t *describe_kind(const struct kubeapi_kind *kind)
{
	json_t *subresources = json_array();
	json_t *json =
		json_pack("{s:s, s:{s:s, s:s, s:s}, s:s, s:s, s:o, s:o}", "resource", kind->plural,
			  "responseKind", "group", kind->group, "version", kind->version, "kind",
			  kind->kind, "scope", kind->namespaced ? "Namespaced" : "Cluster",
			  "singularResource", kind->singular, "verbs", verbs(), "shortNames",
			  *kind->short_name ? json_pack("[s]", kind->short_name) : json_array());

	if (kind->is_common)
		json_object_set_new(json, "categories", json_pack("[s]", "all"));
	if (kind->has_status)
		json_array_append_new(
			subresources,
			describe_subresource("status", kind->group, kind->version, kind->kind));
	if (kubeapi_scale_has(kind))
		json_array_append_new(subresources,
				      describe_subresource("scale", "autoscaling", "v1", "Scale"));
	json_object_set_new(json, "subresources", subresources);
	return json;
}

/* A group's entry in items, made when it is not there. */
static json_t *find_group(json_t *items, const struct kubeapi_kind *kind)
{
	json_t *group, *version;
	size_t i;

	json_array_foreach (items, i, group) {
		if (strcmp(kubeapi_meta(group, "name"), kind->group) != 0)
			continue;
		json_array_foreach (json_object_get(group, "versions"), i, version)
			if (rc_text_equal(rc_json_text(version, "version", NULL), kind->version))
				return version;
		version = json_pack("{s:s, s:s, s:[]}", "version", kind->version, "freshness",
				    "Current", "resources");
		json_array_append_new(json_object_get(group, "versions"), version);
		return version;
	}
	version = json_pack("{s:s, s:s, s:[]}", "version", kind->version, "freshness", "Current",
			    "resources");
	json_array_append_new(items, json_pack("{s:{s:s}, s:[o]}", "metadata", "name", kind->group,
					       "versions", version));
	return version;
}

static void reply_aggregated(struct rc_net_http_exchange *exchange, bool core)
{
	json_auto_t *list = json_pack("{s:s, s:s, s:{}, s:[]}", "kind", "APIGroupDiscoveryList",
				      "apiVersion", "apidiscovery.k8s.io/v2", "metadata", "items");

	for (struct kubeapi_kind *kind = kubeapi_kinds_first(); kind; kind = kind->next) {
		json_t *version;

		if ((*kind->group == '\0') != core)
			continue;
		version = find_group(json_object_get(list, "items"), kind);
		json_array_append_new(json_object_get(version, "resources"), describe_kind(kind));
	}
	rc_autofree char *text = json_dumps(list, JSON_COMPACT);

	rc_net_http_exchange_reply(
		exchange, 200,
		"application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
		rc_str(text));
}

void kubeapi_discovery_list(struct rc_net_http_exchange *exchange, const char *group,
			    const char *version)
{
	json_auto_t *list =
		json_pack("{s:s, s:s, s:o, s:[]}", "kind", "APIResourceList", "apiVersion", "v1",
			  "groupVersion", json_sprintf("%s%s%s", group, *group ? "/" : "", version),
			  "resources");

	for (struct kubeapi_kind *kind = kubeapi_kinds_first(); kind; kind = kind->next) {
		if (strcmp(kind->group, group) != 0 || strcmp(kind->version, version) != 0)
			continue;
		json_array_append_new(json_object_get(list, "resources"),
				      json_pack("{s:s, s:s, s:b, s:s, s:o}", "name", kind->plural,
						"singularName", kind->singular, "namespaced",
						kind->namespaced, "kind", kind->kind, "verbs",
						verbs()));
	}
	rc_net_http_exchange_reply_json(exchange, 200, list);
}

static void reply_groups(struct rc_net_http_exchange *exchange)
{
	json_auto_t *list = json_pack("{s:s, s:s, s:[]}", "kind", "APIGroupList", "apiVersion",
				      "v1", "groups"),
		    *seen = json_object();

	for (struct kubeapi_kind *kind = kubeapi_kinds_first(); kind; kind = kind->next) {
		json_t *version;

		if (!*kind->group || json_object_get(seen, kind->group))
			continue;
		json_object_set_new(seen, kind->group, json_true());
		version = json_pack("{s:o, s:s}", "groupVersion",
				    json_sprintf("%s/%s", kind->group, kind->version), "version",
				    kind->version);
		json_array_append_new(json_object_get(list, "groups"),
				      json_pack("{s:s, s:[O], s:o}", "name", kind->group,
						"versions", version, "preferredVersion", version));
	}
	rc_net_http_exchange_reply_json(exchange, 200, list);
}

void kubeapi_discovery_serve(struct rc_net_http_exchange *exchange, const char *path)
{
	const char *accept = rc_net_http_exchange_get_header(exchange, "Accept");
	bool aggregated = accept && strstr(accept, "APIGroupDiscoveryList") &&
			  strstr(accept, "v=v2;") != NULL;
	bool core = strcmp(path, "/api") == 0;
	json_auto_t *versions = NULL;

	if (aggregated) {
		reply_aggregated(exchange, core);
	} else if (core) {
		versions = json_pack("{s:s, s:[s]}", "kind", "APIVersions", "versions", "v1");
		rc_net_http_exchange_reply_json(exchange, 200, versions);
	} else {
		reply_groups(exchange);
	}
}
