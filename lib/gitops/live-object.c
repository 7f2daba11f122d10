/* Reading an Application object. */
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "gitops/live-private.h"
#include "kube/object.h"

#define ARGO	   "argocd.argoproj.io/"
#define CONTROLLER "argocd-application-controller"

static void replace(json_t **to, json_t *value)
{
	json_decref(*to);
	*to = value && !json_is_null(value) ? json_incref(value) : NULL;
}

void rc_live_object_read(struct live_item *item, const json_t *object)
{
	const char *deleted = rc_kube_object_get_meta(object, "deletionTimestamp");

	free(item->resource_version);
	item->resource_version = rc_strdup(rc_kube_object_get_meta(object, "resourceVersion"));
	free(item->uid);
	item->uid = rc_strdup(rc_kube_object_get_meta(object, "uid"));
	replace(&item->status, json_object_get(object, "status"));
	replace(&item->finalizers, rc_json_get(object, "metadata", "finalizers", NULL));
	item->is_deleting = *deleted != '\0';
	if (!item->is_deleting || rc_clock_parse_rfc3339(deleted, &item->deleted_unix_s) < 0)
		item->deleted_unix_s = 0;
}

/* Annotations that are no part of what is wanted: they come and go, or speak to somebody else. */
static void strip_annotations(json_t *annotations, bool is_selected)
{
	static const char *const names[] = {ARGO "refresh", ARGO "refresh-timestamp",
					    ARGO "hydrate",
					    "kubectl.kubernetes.io/last-applied-configuration"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(names); i++)
		json_object_del(annotations, names[i]);
	if (is_selected) /* it is there for Argo CD */
		json_object_del(annotations, ARGO "skip-reconcile");
}

json_t *rc_live_object_strip(const json_t *object, bool is_selected)
{
	static const char *const keys[] = {"name", "namespace", "labels", "annotations",
					   "finalizers"};
	const json_t *metadata = json_object_get(object, "metadata");
	json_t *kept = json_object(), *annotations;
	json_t *manifest = json_pack("{s:O*, s:O*, s:o, s:O*}", "apiVersion",
				     json_object_get(object, "apiVersion"), "kind",
				     json_object_get(object, "kind"), "metadata", kept, "spec",
				     json_object_get(object, "spec"));

	for (size_t i = 0; i < RC_ARRAY_SIZE(keys); i++) {
		const json_t *value = json_object_get(metadata, keys[i]);

		if (value)
			json_object_set_new(kept, keys[i], json_deep_copy(value));
	}
	annotations = json_object_get(kept, "annotations");
	strip_annotations(annotations, is_selected);
	if (annotations && json_object_size(annotations) == 0)
		json_object_del(kept, "annotations");
	return manifest;
}

int64_t rc_live_object_find_rival(const json_t *object, int64_t since_unix_s)
{
	const json_t *entries = rc_json_get(object, "metadata", "managedFields", NULL);
	int64_t newest = 0;
	json_t *entry;
	size_t i;

	json_array_foreach (entries, i, entry) {
		const char *manager = rc_json_text(entry, "manager", NULL) ?: "";
		const char *time = rc_json_text(entry, "time", NULL);
		int64_t at = 0;

		if (strcmp(manager, CONTROLLER) == 0 && time &&
		    rc_clock_parse_rfc3339(time, &at) == 0 && at >= since_unix_s && at > newest)
			newest = at;
	}
	return newest;
}

bool rc_live_object_is_finalizer(const char *text)
{
	static const char *const names[] = {"resources-finalizer." ARGO,
					    "pre-delete-finalizer." ARGO,
					    "post-delete-finalizer." ARGO};

	for (size_t i = 0; i < RC_ARRAY_SIZE(names); i++) {
		size_t n = strlen(names[i]) - 1; /* without the slash */

		if (strncmp(text, names[i], n) == 0 && (text[n] == '\0' || text[n] == '/'))
			return true;
	}
	return false;
}
