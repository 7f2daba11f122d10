/*
 * As much OpenAPI v3 as clients need before they write: that every kind can be patched, and that
 * dry runs and the server's own validation of fields are known. There are no schemas.
 */
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "kubeapi.h"

static char *name_of(const struct kubeapi_kind *kind)
{
	return *kind->group ? rc_asprintf("apis/%s/%s", kind->group, kind->version)
			    : rc_asprintf("api/%s", kind->version);
}

static void reply_index(struct rc_net_http_exchange *exchange)
{
	json_auto_t *index = json_pack("{s:{}}", "paths");

	for (struct kubeapi_kind *kind = kubeapi_kinds_first(); kind; kind = kind->next) {
		rc_autofree char *name = name_of(kind);

		json_object_set_new(json_object_get(index, "paths"), name,
				    json_pack("{s:o}", "serverRelativeURL",
					      json_sprintf("/openapi/v3/%s", name)));
	}
	rc_net_http_exchange_reply_json(exchange, 200, index);
}

static json_t *describe_patch(const struct kubeapi_kind *kind)
{
	static const char *const names[] = {"dryRun", "fieldManager", "fieldValidation", "force"};
	json_t *parameters = json_array();

	for (size_t i = 0; i < RC_ARRAY_SIZE(names); i++)
		json_array_append_new(parameters,
				      json_pack("{s:s, s:s, s:{s:s}}", "name", names[i], "in",
						"query", "schema", "type", "string"));
	return json_pack("{s:{s:s, s:s, s:s}, s:o, s:{}}", "x-kubernetes-group-version-kind",
			 "group", kind->group, "version", kind->version, "kind", kind->kind,
			 "parameters", parameters, "responses");
}

static bool reply_version(struct rc_net_http_exchange *exchange, const char *wanted)
{
	json_auto_t *paths = json_object(), *document = NULL;

	for (struct kubeapi_kind *kind = kubeapi_kinds_first(); kind; kind = kind->next) {
		rc_autofree char *name = name_of(kind);
		rc_autofree char *path = rc_asprintf(
			"/%s/%s%s/{name}", name, kind->namespaced ? "namespaces/{namespace}/" : "",
			kind->plural);

		if (strcmp(name, wanted) == 0)
			json_object_set_new(paths, path,
					    json_pack("{s:o}", "patch", describe_patch(kind)));
	}
	if (json_object_size(paths) == 0)
		return false;
	document = json_pack("{s:s, s:{s:s, s:s}, s:O}", "openapi", "3.0.0", "info", "title",
			     "kubeapi", "version", "v1.32.2", "paths", paths);
	rc_net_http_exchange_reply_json(exchange, 200, document);
	return true;
}

bool kubeapi_openapi_serve(struct rc_net_http_exchange *exchange, const char *path)
{
	if (*path == '\0') {
		reply_index(exchange);
		return true;
	}
	return *path == '/' && reply_version(exchange, path + 1);
}
