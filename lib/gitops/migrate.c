/* Rewriting managedFields. */
#include "gitops/migrate.h"

#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kube/apply.h"
#include "kube/fields.h"
#include "kube/object.h"

const char *const rc_migrate_managers[] = {"kubectl-client-side-apply",
					   "kubectl-last-applied",
					   "before-first-apply",
					   "argocd-controller",
					   "argocd-application-controller",
					   "helm",
					   NULL};

static bool is_migrated(const char *manager, const char *also)
{
	if (rc_text_equal(manager, also))
		return true;
	for (const char *const *name = rc_migrate_managers; *name; name++)
		if (rc_text_equal(*name, manager))
			return true;
	return false;
}

/* Of the object, not of its status or scale. */
static bool is_whole(const json_t *entry)
{
	const char *subresource = rc_json_text(entry, "subresource", NULL);

	return !subresource || !*subresource;
}

static void unite(json_t *to, const json_t *fields)
{
	const char *name;
	json_t *inner;

	json_object_foreach ((json_t *)(uintptr_t)fields, name, inner) {
		json_t *own = json_object_get(to, name);

		if (own)
			unite(own, inner);
		else
			json_object_set_new(to, name, json_deep_copy(inner));
	}
}

/* Fields that stay whose they are: of annotations those of Helm's release. *ret_rest (the
 * caller's) is what is left of fields when they are taken out. */
static json_t *split_kept(const json_t *fields, json_t **ret_rest)
{
	json_t *rest = json_deep_copy(fields);
	json_t *annotations = rc_json_get(rest, "f:metadata", "f:annotations", NULL);
	json_t *kept = json_object(), *inner;
	const char *name;
	void *next;

	json_object_foreach_safe (annotations, next, name, inner) {
		if (!rc_text_has_prefix(name, "f:meta.helm.sh/"))
			continue;
		json_object_set(kept, name, inner);
		json_object_del(annotations, name);
	}
	/* A map whose keys all stay Helm's stays Helm's, too. */
	if (json_object_size(kept) > 0 &&
	    json_object_size(annotations) == (json_object_get(annotations, ".") != NULL))
		json_object_del(json_object_get(rest, "f:metadata"), "f:annotations");
	if (json_object_size(kept) > 0 &&
	    json_object_size(json_object_get(rest, "f:metadata")) == 0)
		json_object_del(rest, "f:metadata");
	*ret_rest = rest;
	if (json_object_size(kept) > 0)
		return json_pack("{s:{s:o}}", "f:metadata", "f:annotations", kept);
	json_decref(kept);
	return NULL;
}

/* Whether entry is of such a manager and holds more than what stays with it. */
static bool is_to_go(const json_t *entry, const char *also)
{
	const json_t *fields = json_object_get(entry, "fieldsV1");
	json_auto_t *rest = NULL, *kept = NULL;

	if (!is_whole(entry) || !is_migrated(rc_json_text(entry, "manager", NULL), also))
		return false;
	kept = split_kept(fields, &rest);
	return !kept || !json_equal(kept, fields);
}

bool rc_migrate_is_needed(const json_t *live, const char *also)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (rc_json_get(live, "metadata", "managedFields", NULL), i, entry)
		if (is_to_go(entry, also))
			return true;
	return false;
}

static bool is_ours(const json_t *entry)
{
	return rc_text_equal(rc_json_text(entry, "manager", NULL), RC_KUBE_FIELD_MANAGER) &&
	       rc_text_equal(rc_json_text(entry, "operation", NULL), "Apply") && is_whole(entry);
}

/* Take what is to go of entry into united; what stays with it goes to all. */
static void take_over(const json_t *entry, json_t *united, json_t *all)
{
	json_auto_t *rest = NULL, *kept = split_kept(json_object_get(entry, "fieldsV1"), &rest);
	json_t *copy;

	unite(united, rest);
	if (!kept)
		return;
	copy = json_copy((json_t *)(uintptr_t)entry);
	json_object_set(copy, "fieldsV1", kept);
	json_array_append_new(all, copy);
}

json_t *rc_migrate_list_fields(const json_t *live, const char *also)
{
	json_t *united = NULL, *entry;
	json_auto_t *unused = json_array();
	size_t i;

	json_array_foreach (rc_json_get(live, "metadata", "managedFields", NULL), i, entry) {
		if (!is_to_go(entry, also))
			continue;
		united = united ? united : json_object();
		take_over(entry, united, unused);
	}
	json_object_del(rc_json_get(united, "f:metadata", "f:annotations", NULL),
			"f:kubectl.kubernetes.io/last-applied-configuration");
	return united;
}

/* Entries of others are kept, ours and theirs become one. */
static json_t *rewrite(const json_t *entries, const char *also)
{
	json_t *all = json_array(), *united = json_object(), *entry;
	const char *version = NULL;
	size_t i;

	json_array_foreach (entries, i, entry) {
		bool ours = is_ours(entry);

		if (ours)
			unite(united, json_object_get(entry, "fieldsV1"));
		else if (is_to_go(entry, also))
			take_over(entry, united, all);
		else
			json_array_append(all, entry);
		if (ours || !version)
			version = rc_json_text(entry, "apiVersion", NULL);
	}
	json_array_insert_new(all, 0,
			      json_pack("{s:s, s:s, s:s, s:s, s:o}", "manager",
					RC_KUBE_FIELD_MANAGER, "operation", "Apply", "apiVersion",
					version ?: "v1", "fieldsType", "FieldsV1", "fieldsV1",
					united));
	return all;
}

json_t *rc_migrate_make_patch(const json_t *live, const char *also)
{
	const json_t *entries = rc_json_get(live, "metadata", "managedFields", NULL);
	const char *version = rc_kube_object_get_meta(live, "resourceVersion");
	json_auto_t *all = NULL;

	if (!rc_migrate_is_needed(live, also))
		return NULL;
	all = rewrite(entries, also);
	/* What kubectl remembers of its last apply would bring back what goes now. */
	return json_pack("{s:{s:s, s:O, s:{s:n}}}", "metadata", "resourceVersion", version,
			 "managedFields", all, "annotations",
			 "kubectl.kubernetes.io/last-applied-configuration");
}
