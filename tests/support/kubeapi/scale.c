/* The scale subresource of what has replicas. */
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kubeapi.h"

bool kubeapi_scale_has(const struct kubeapi_kind *kind)
{
	return strcmp(kind->group, "apps") == 0 && strcmp(kind->kind, "DaemonSet") != 0;
}

static char *write_selector(const json_t *object)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	const char *key, *comma = "";
	json_t *value;

	json_object_foreach (rc_json_get(object, "spec", "selector", "matchLabels", NULL), key,
			     value) {
		rc_buf_printf(&text, "%s%s=%s", comma, key, json_string_value(value));
		comma = ",";
	}
	return rc_buf_take(&text);
}

json_t *kubeapi_scale_make(const json_t *object)
{
	long long wanted = json_integer_value(rc_json_get(object, "spec", "replicas", NULL));
	long long now = json_integer_value(rc_json_get(object, "status", "replicas", NULL));

	rc_autofree char *selector = write_selector(object);

	return json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s}, s:{s:o*}, s:{s:I, s:s}}", "kind",
			 "Scale", "apiVersion", "autoscaling/v1", "metadata", "name",
			 kubeapi_meta(object, "name"), "namespace",
			 kubeapi_meta(object, "namespace"), "uid", kubeapi_meta(object, "uid"),
			 "resourceVersion", kubeapi_meta(object, "resourceVersion"),
			 "creationTimestamp", kubeapi_meta(object, "creationTimestamp"), "spec",
			 "replicas", wanted ? json_integer(wanted) : NULL, "status", "replicas",
			 (json_int_t)now, "selector", selector);
}

int kubeapi_scale_write(const struct kubeapi_write *write, const json_t *body, json_t **ret)
{
	json_t *replicas = rc_json_get(body, "spec", "replicas", NULL);
	json_auto_t *patch = NULL, *changed = NULL;
	int status;

	if (!json_is_integer(replicas)) {
		*ret = kubeapi_status(422, "Invalid", "spec.replicas: a number is wanted");
		return 422;
	}
	patch = json_pack("{s:{s:O}}", "spec", "replicas", replicas);
	status = kubeapi_patch(write, "application/merge-patch+json", patch, &changed);
	*ret = status == 200 ? kubeapi_scale_make(changed) : json_incref(changed);
	return status;
}
