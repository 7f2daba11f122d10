/* The tables that kubectl get asks for: some columns for the kinds people look at, NAME and AGE. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kubeapi.h"

#define COLUMNS_MAX 4

/* A path of keys, or two joined by '/' for "this of that many"; "?" counts ready containers. */
struct column {
	const char *name, *path;
};

static const struct {
	const char *kind;
	struct column columns[COLUMNS_MAX];
} tables[] = {
	{"Namespace", {{"Status", "status.phase"}}},
	{"Pod", {{"Ready", "?"}, {"Status", "status.phase"}}},
	{"Deployment",
	 {{"Ready", "status.readyReplicas/spec.replicas"},
	  {"Up-to-date", "status.updatedReplicas"},
	  {"Available", "status.availableReplicas"}}},
	{"ReplicaSet",
	 {{"Desired", "spec.replicas"},
	  {"Current", "status.replicas"},
	  {"Ready", "status.readyReplicas"}}},
	{"StatefulSet", {{"Ready", "status.readyReplicas/spec.replicas"}}},
	{"DaemonSet",
	 {{"Desired", "status.desiredNumberScheduled"}, {"Ready", "status.numberReady"}}},
	{"Job", {{"Completions", "status.succeeded/spec.completions"}}},
	{"Service", {{"Type", "spec.type"}, {"Cluster-IP", "spec.clusterIP"}}},
	{"PersistentVolumeClaim", {{"Status", "status.phase"}}},
	{"Event",
	 {{"Type", "type"},
	  {"Reason", "reason"},
	  {"Object", "involvedObject.name"},
	  {"Message", "message"}}},
};

bool kubeapi_table_is_wanted(struct rc_net_http_exchange *exchange)
{
	const char *accept = rc_net_http_exchange_get_header(exchange, "Accept");

	return accept && strstr(accept, "as=Table") != NULL;
}

static const struct column *find_columns(const struct kubeapi_kind *kind)
{
	static const struct column none[COLUMNS_MAX];

	for (size_t i = 0; i < RC_ARRAY_SIZE(tables); i++)
		if (!kind->definition && strcmp(tables[i].kind, kind->kind) == 0)
			return tables[i].columns;
	return none;
}

/* Into text, as a person reads it; what is absent is 0 of a number. */
static void format_value(const json_t *object, const char *path, char text[64])
{
	rc_autofree char *copy = rc_strdup(path);
	char *rest = copy, *part;
	const json_t *at = object;

	while ((part = strsep(&rest, ".")))
		at = json_object_get(at, part);
	if (json_is_string(at))
		snprintf(text, 64, "%s", json_string_value(at));
	else
		snprintf(text, 64, "%lld", (long long)json_integer_value(at ? at : json_null()));
}

static void format_ready(const json_t *pod, char text[64])
{
	size_t ready = 0, i;
	json_t *status;

	json_array_foreach (rc_json_get(pod, "status", "containerStatuses", NULL), i, status)
		ready += json_is_true(json_object_get(status, "ready"));
	snprintf(text, 64, "%zu/%zu", ready,
		 json_array_size(rc_json_get(pod, "spec", "containers", NULL)));
}

static json_t *make_cell(const json_t *object, const char *path)
{
	const char *slash = strchr(path, '/');
	char first[64], second[64];

	if (strcmp(path, "?") == 0) {
		format_ready(object, first);
		return json_string(first);
	}
	if (!slash) {
		format_value(object, path, first);
		return json_string(first);
	}
	{
		rc_autofree char *left = rc_strndup(path, (size_t)(slash - path));

		format_value(object, left, first);
		format_value(object, slash + 1, second);
	}
	return json_sprintf("%s/%s", first, second);
}

static json_t *make_age(const json_t *object)
{
	int64_t made = 0, age;

	if (rc_clock_parse_rfc3339(kubeapi_meta(object, "creationTimestamp"), &made) < 0)
		return json_string("<unknown>");
	age = rc_clock_unix_s() - made;
	if (age < 120)
		return json_sprintf("%" PRId64 "s", age);
	return age < 7200 ? json_sprintf("%" PRId64 "m", age / 60)
			  : json_sprintf("%" PRId64 "h", age / 3600);
}

static json_t *make_heading(const char *name)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:i}", "name", name, "type", "string", "format",
			 strcmp(name, "Name") == 0 ? "name" : "", "description", "", "priority", 0);
}

json_t *kubeapi_table_make(const struct kubeapi_kind *kind, const json_t *objects,
			   const char *version)
{
	const struct column *columns = find_columns(kind);
	json_t *rows = json_array(), *headings = json_array(), *object;
	size_t i;

	json_array_append_new(headings, make_heading("Name"));
	for (size_t c = 0; c < COLUMNS_MAX && columns[c].name; c++)
		json_array_append_new(headings, make_heading(columns[c].name));
	json_array_append_new(headings, make_heading("Age"));
	json_array_foreach (objects, i, object) {
		json_t *cells = json_pack("[s]", kubeapi_meta(object, "name"));

		for (size_t c = 0; c < COLUMNS_MAX && columns[c].name; c++)
			json_array_append_new(cells, make_cell(object, columns[c].path));
		json_array_append_new(cells, make_age(object));
		json_array_append_new(rows, json_pack("{s:o, s:{s:s, s:s, s:O}}", "cells", cells,
						      "object", "kind", "PartialObjectMetadata",
						      "apiVersion", "meta.k8s.io/v1", "metadata",
						      json_object_get(object, "metadata")));
	}
	return json_pack("{s:s, s:s, s:{s:s}, s:o, s:o}", "kind", "Table", "apiVersion",
			 "meta.k8s.io/v1", "metadata", "resourceVersion", version,
			 "columnDefinitions", headings, "rows", rows);
}
