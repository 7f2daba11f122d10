/* Create, replace, patch, delete. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kubeapi.h"

json_t *kubeapi_status(int code, const char *reason, const char *format, ...)
{
	rc_autofree char *message = NULL;
	va_list args;

	va_start(args, format);
	message = rc_vasprintf(format, args);
	va_end(args);
	return json_pack("{s:s, s:s, s:{}, s:s, s:s, s:s, s:i}", "kind", "Status", "apiVersion",
			 "v1", "metadata", "status", code < 400 ? "Success" : "Failure", "message",
			 message, "reason", reason, "code", code);
}

static int refuse(json_t **ret, json_t *status)
{
	*ret = status;
	return (int)json_integer_value(json_object_get(status, "code"));
}

static char *full_name(const struct kubeapi_kind *kind)
{
	return rc_asprintf("%s%s%s", kind->plural, *kind->group ? "." : "", kind->group);
}

static int not_found(const struct kubeapi_write *write, json_t **ret)
{
	rc_autofree char *kind = full_name(write->kind);

	return refuse(ret,
		      kubeapi_status(404, "NotFound", "%s \"%s\" not found", kind, write->name));
}

static void make_uid(char uid[37])
{
	unsigned char b[16];

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		abort();
	snprintf(uid, 37, "%02x%02x%02x%02x-%02x%02x-4%x%02x-a%x%02x-%02x%02x%02x%02x%02x%02x",
		 b[0], b[1], b[2], b[3], b[4], b[5], b[6] & 15U, b[7], b[8] & 15U, b[9], b[10],
		 b[11], b[12], b[13], b[14], b[15]);
}

static bool counts_generations(const struct kubeapi_kind *kind, const json_t *object)
{
	static const char *const without[] = {"Service",	  "HorizontalPodAutoscaler",
					      "Namespace",	  "PersistentVolumeClaim",
					      "PersistentVolume", "Node"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(without); i++)
		if (!kind->definition && strcmp(kind->kind, without[i]) == 0)
			return false;
	return json_object_get(object, "spec") != NULL;
}

/* A new object's metadata, as the server fills it in. */
static void fill_in(const struct kubeapi_write *write, json_t *object)
{
	json_t *metadata = json_object_get(object, "metadata");
	char uid[37], time[RC_CLOCK_RFC3339_MAX];

	make_uid(uid);
	if (!json_object_get(metadata, "name"))
		json_object_set_new(
			metadata, "name",
			json_sprintf("%s%.5s", kubeapi_meta(object, "generateName"), uid));
	if (write->kind->namespaced)
		json_object_set_new(metadata, "namespace", json_string(write->name_space));
	json_object_set_new(metadata, "uid", json_string(uid));
	json_object_set_new(metadata, "creationTimestamp",
			    json_string(rc_clock_format_rfc3339(rc_clock_unix_s(), time)));
	json_object_del(metadata, "deletionTimestamp");
	if (counts_generations(write->kind, object))
		json_object_set_new(metadata, "generation", json_integer(1));
}

static int check_body(const struct kubeapi_write *write, const json_t *body, json_t **ret)
{
	const char *kind = rc_json_text(body, "kind", NULL);
	const char *ns = kubeapi_meta(body, "namespace");

	if (kind && strcmp(kind, write->kind->kind) != 0)
		return refuse(ret, kubeapi_status(400, "BadRequest",
						  "the object provided is a %s, not a %s", kind,
						  write->kind->kind));
	if (write->kind->namespaced && *ns && strcmp(ns, write->name_space) != 0)
		return refuse(ret,
			      kubeapi_status(400, "BadRequest",
					     "the namespace of the provided object does not match "
					     "the namespace sent on the request"));
	return 0;
}

static int check_namespace(const struct kubeapi_write *write, const char *name, json_t **ret)
{
	struct kubeapi_kind *kind = kubeapi_kind_by_name("", "Namespace");
	struct kubeapi_object *ns;

	if (!write->kind->namespaced)
		return 0;
	ns = kubeapi_store_find(kind, "", write->name_space);
	if (!ns)
		return refuse(ret, kubeapi_status(404, "NotFound", "namespaces \"%s\" not found",
						  write->name_space));
	if (*kubeapi_meta(ns->json, "deletionTimestamp"))
		return refuse(ret, kubeapi_status(403, "Forbidden",
						  "%s \"%s\" is forbidden: unable to create new "
						  "content in namespace %s because it is being "
						  "terminated",
						  write->kind->plural, name, write->name_space));
	return 0;
}

static int check_valid(const struct kubeapi_write *write, const json_t *object,
		       const json_t *before, json_t **ret)
{
	rc_autofree char *why = kubeapi_validate(write->kind, object, before);

	if (!why)
		return 0;
	return refuse(ret, kubeapi_status(422, "Invalid", "%s \"%s\" is invalid: %s",
					  write->kind->kind, kubeapi_meta(object, "name"), why));
}

static void set_type(const struct kubeapi_kind *kind, json_t *object)
{
	json_object_set_new(object, "kind", json_string(kind->kind));
	json_object_set_new(
		object, "apiVersion",
		json_sprintf("%s%s%s", kind->group, *kind->group ? "/" : "", kind->version));
}

/* ---- create ---- */

/* object is given away. */
static int insert(const struct kubeapi_write *write, json_t *object, json_t **ret)
{
	json_auto_t *owned = object;
	int r = check_namespace(write, kubeapi_meta(object, "name"), ret);

	if (r)
		return r;
	set_type(write->kind, object);
	fill_in(write, object);
	kubeapi_webhook_mutate(write, object);
	kubeapi_default(write->kind, object);
	r = check_valid(write, object, NULL, ret);
	if (r)
		return r;
	if (!write->dry_run)
		kubeapi_store_put(write->kind, json_incref(object));
	*ret = json_incref(object);
	return 201;
}

int kubeapi_create(const struct kubeapi_write *write, const json_t *body, json_t **ret)
{
	const char *name = kubeapi_meta(body, "name");
	json_t *object;
	int r = check_body(write, body, ret);

	if (r)
		return r;
	if (!*name && !*kubeapi_meta(body, "generateName"))
		return refuse(ret,
			      kubeapi_status(422, "Invalid", "name or generateName is required"));
	if (*name && kubeapi_store_find(write->kind, write->name_space, name)) {
		rc_autofree char *kind = full_name(write->kind);

		return refuse(ret, kubeapi_status(409, "AlreadyExists", "%s \"%s\" already exists",
						  kind, name));
	}
	object = json_deep_copy(body);
	kubeapi_track_update(NULL, object, write->manager, "");
	if (write->kind->has_status)
		json_object_del(object, "status");
	return insert(write, object, ret);
}

/* ---- change ---- */

static bool differs(const json_t *a, const json_t *b, const char *field)
{
	const json_t *x = json_object_get(a, field), *y = json_object_get(b, field);

	return (x || y) && !(x && y && json_equal(x, y));
}

/* Only managedFields' times differ: nothing happened. */
static bool is_same(const json_t *a, const json_t *b)
{
	json_auto_t *x = json_deep_copy(a), *y = json_deep_copy(b);
	json_t *entry;
	size_t i;

	json_array_foreach (rc_json_get(x, "metadata", "managedFields", NULL), i, entry)
		json_object_del(entry, "time");
	json_array_foreach (rc_json_get(y, "metadata", "managedFields", NULL), i, entry)
		json_object_del(entry, "time");
	return json_equal(x, y);
}

static void keep_identity(const json_t *before, json_t *after)
{
	static const char *const fields[] = {"name",
					     "namespace",
					     "uid",
					     "creationTimestamp",
					     "generation",
					     "resourceVersion",
					     "deletionTimestamp",
					     "deletionGracePeriodSeconds"};
	json_t *metadata = json_object_get(after, "metadata");

	for (size_t i = 0; i < RC_ARRAY_SIZE(fields); i++) {
		json_t *value = rc_json_get(before, "metadata", fields[i], NULL);

		if (value)
			json_object_set(metadata, fields[i], value);
		else
			json_object_del(metadata, fields[i]);
	}
}

static void count_generation(const json_t *before, json_t *after)
{
	json_t *generation = rc_json_get(before, "metadata", "generation", NULL);

	if (generation && differs(before, after, "spec"))
		json_object_set_new(json_object_get(after, "metadata"), "generation",
				    json_integer(json_integer_value(generation) + 1));
}

static bool adds_finalizer(const json_t *before, const json_t *after)
{
	const json_t *old = rc_json_get(before, "metadata", "finalizers", NULL);
	json_t *name;
	size_t i, j;

	if (!*kubeapi_meta(before, "deletionTimestamp"))
		return false;
	json_array_foreach (rc_json_get(after, "metadata", "finalizers", NULL), i, name) {
		for (j = 0; j < json_array_size(old); j++)
			if (json_equal(json_array_get(old, j), name))
				break;
		if (j == json_array_size(old))
			return true;
	}
	return false;
}

static json_t *conflict_of_versions(const struct kubeapi_write *write)
{
	rc_autofree char *kind = full_name(write->kind);

	return kubeapi_status(
		409, "Conflict",
		"Operation cannot be fulfilled on %s \"%s\": the object has been "
		"modified; please apply your changes to the latest version and try again",
		kind, write->name);
}

/* after (given away) becomes the next state of object. */
static int change(const struct kubeapi_write *write, struct kubeapi_object *object, json_t *after,
		  json_t **ret)
{
	json_auto_t *owned = after;
	const char *wanted = kubeapi_meta(after, "resourceVersion");
	const json_t *before = object->json;
	int r;

	if (*wanted && strcmp(wanted, kubeapi_meta(before, "resourceVersion")) != 0)
		return refuse(ret, conflict_of_versions(write));
	if (*kubeapi_meta(after, "uid") &&
	    strcmp(kubeapi_meta(after, "uid"), kubeapi_meta(before, "uid")) != 0)
		return refuse(ret,
			      kubeapi_status(422, "Invalid",
					     "metadata.uid: Invalid value: field is immutable"));
	if (adds_finalizer(before, after))
		return refuse(ret,
			      kubeapi_status(422, "Invalid",
					     "metadata.finalizers: Forbidden: no new finalizers "
					     "can be added if the object is being deleted"));
	keep_identity(before, after);
	set_type(write->kind, after);
	if (write->kind->has_status && *write->subresource == '\0') {
		json_t *status = json_object_get(before, "status");

		json_object_del(after, "status");
		if (status)
			json_object_set(after, "status", status);
	}
	if (strcmp(write->subresource, "status") == 0 && json_object_get(before, "spec"))
		json_object_set(after, "spec", json_object_get(before, "spec"));
	kubeapi_webhook_mutate(write, after);
	kubeapi_default(write->kind, after);
	count_generation(before, after);
	r = check_valid(write, after, before, ret);
	if (r)
		return r;
	*ret = json_incref(after);
	if (write->dry_run)
		return 200;
	if (is_same(before, after))
		return 200;
	object = kubeapi_store_put(write->kind, json_incref(after));
	if (*kubeapi_meta(after, "deletionTimestamp") &&
	    strcmp(write->kind->kind, "Namespace") != 0 &&
	    json_array_size(rc_json_get(after, "metadata", "finalizers", NULL)) == 0)
		kubeapi_store_remove(object);
	return 200;
}

int kubeapi_replace(const struct kubeapi_write *write, const json_t *body, json_t **ret)
{
	struct kubeapi_object *object =
		kubeapi_store_find(write->kind, write->name_space, write->name);
	json_t *after;
	int r = check_body(write, body, ret);

	if (r)
		return r;
	if (*kubeapi_meta(body, "name") && strcmp(kubeapi_meta(body, "name"), write->name) != 0)
		return refuse(ret, kubeapi_status(400, "BadRequest",
						  "the name of the object (%s) does not match the "
						  "name on the URL (%s)",
						  kubeapi_meta(body, "name"), write->name));
	if (!object)
		return not_found(write, ret);
	if (strcmp(write->subresource, "status") == 0) {
		after = json_deep_copy(object->json);
		json_object_set(after, "status", json_object_get(body, "status"));
		json_object_set(json_object_get(after, "metadata"), "resourceVersion",
				rc_json_get(body, "metadata", "resourceVersion", NULL));
	} else {
		after = json_deep_copy(body);
	}
	kubeapi_track_update(object->json, after, write->manager, write->subresource);
	return change(write, object, after, ret);
}

/* "ann" for who applied, "bob" using v1 for who updated. */
static char *name_manager(const json_t *conflict, const char *version)
{
	const char *manager = rc_json_text(conflict, "manager", NULL);

	if (json_is_true(json_object_get(conflict, "applied")))
		return rc_asprintf("\"%s\"", manager);
	return rc_asprintf("\"%s\" using %s", manager, version);
}

/* The Status of a refused apply, a cause for each field, as kubectl tells them: one in a line, more
 * by manager. */
static json_t *describe_conflicts(const json_t *applied, const json_t *conflicts)
{
	const char *version = rc_json_text(applied, "apiVersion", NULL);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	size_t n = json_array_size(conflicts), i;
	json_t *causes = json_array(), *conflict, *status;
	rc_autofree char *last = NULL;

	json_array_foreach (conflicts, i, conflict) {
		const char *field = rc_json_text(conflict, "field", NULL);
		rc_autofree char *manager = name_manager(conflict, version);

		if (n == 1) {
			rc_buf_printf(&text, "conflict with %s: %s", manager, field);
		} else {
			if (!rc_text_equal(last, manager))
				rc_buf_printf(&text, "%sconflicts with %s:", i ? "\n" : "",
					      manager);
			rc_buf_printf(&text, "\n- %s", field);
		}
		json_array_append_new(causes, json_pack("{s:s, s:o, s:s}", "reason",
							"FieldManagerConflict", "message",
							json_sprintf("conflict with %s", manager),
							"field", field));
		free(last);
		last = rc_strdup(manager);
	}
	status = kubeapi_status(409, "Conflict", "Apply failed with %zu conflict%s: %s", n,
				n == 1 ? "" : "s", rc_buf_text(&text));
	json_object_set_new(status, "details", json_pack("{s:o}", "causes", causes));
	return status;
}

/* NULL, or the Status that refuses it. */
static json_t *check_apply(const struct kubeapi_write *write, const json_t *body,
			   const struct kubeapi_object *object)
{
	const char *name = kubeapi_meta(body, "name"), *uid = kubeapi_meta(body, "uid");
	const char *version = kubeapi_meta(body, "resourceVersion");
	rc_autofree char *kind = full_name(write->kind);

	if (!write->has_manager)
		return kubeapi_status(422, "Invalid",
				      "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: "
				      "Required value: is required for apply patch");
	if (!rc_json_text(body, "apiVersion", NULL) || !rc_json_text(body, "kind", NULL))
		return kubeapi_status(400, "BadRequest",
				      "apiVersion and kind are required to apply");
	if (*name && strcmp(name, write->name) != 0)
		return kubeapi_status(400, "BadRequest",
				      "the name of the object (%s) does not match the name on the "
				      "URL (%s)",
				      name, write->name);
	if (rc_json_get(body, "metadata", "managedFields", NULL))
		return kubeapi_status(400, "BadRequest", "metadata.managedFields must be nil");
	if (object && *version &&
	    strcmp(version, kubeapi_meta(object->json, "resourceVersion")) != 0)
		return conflict_of_versions(write);
	if (!object && *uid)
		return kubeapi_status(
			409, "Conflict",
			"Operation cannot be fulfilled on %s \"%s\": uid mismatch: the "
			"provided object specified uid %s, and no existing object was found",
			kind, write->name, uid);
	return NULL;
}

static int apply(const struct kubeapi_write *write, const json_t *body, json_t **ret)
{
	struct kubeapi_object *object =
		kubeapi_store_find(write->kind, write->name_space, write->name);
	json_auto_t *conflicts = NULL;
	json_t *after = NULL, *status;

	status = check_apply(write, body, object);
	if (status)
		return refuse(ret, status);
	if (kubeapi_apply(object ? object->json : NULL, body, write->manager, write->force, &after,
			  &conflicts) < 0) {
		return refuse(ret, describe_conflicts(body, conflicts));
	}
	if (object)
		return change(write, object, after, ret);
	json_object_set_new(json_object_get(after, "metadata"), "name", json_string(write->name));
	return insert(write, after, ret);
}

int kubeapi_patch(const struct kubeapi_write *write, const char *type, const json_t *body,
		  json_t **ret)
{
	struct kubeapi_object *object;
	json_t *after;
	int r;

	if (strstr(type, "apply-patch")) {
		r = check_body(write, body, ret);
		return r ? r : apply(write, body, ret);
	}
	object = kubeapi_store_find(write->kind, write->name_space, write->name);
	if (!object)
		return not_found(write, ret);
	after = json_deep_copy(object->json);
	if (strstr(type, "strategic-merge-patch") && !write->kind->definition)
		kubeapi_merge_strategic(after, body);
	else if (strstr(type, "/merge-patch"))
		rc_json_merge(after, body);
	else if (strstr(type, "json-patch")) {
		rc_autofree char *why = kubeapi_patch_json(after, body);

		if (why) {
			json_decref(after);
			return refuse(ret, kubeapi_status(422, "Invalid", "%s", why));
		}
	} else {
		json_decref(after);
		return refuse(ret, kubeapi_status(415, "UnsupportedMediaType",
						  "this type of patch is not supported: %s", type));
	}
	kubeapi_track_update(object->json, after, write->manager, write->subresource);
	return change(write, object, after, ret);
}

/* ---- delete ---- */

static bool is_orphaning(const json_t *options)
{
	return rc_text_equal(rc_json_text(options, "propagationPolicy", NULL), "Orphan");
}

/* Their own update: the owner is taken out of their references. */
void kubeapi_orphan(const json_t *owner)
{
	rc_autofree struct kubeapi_object **all =
		kubeapi_store_list(NULL, kubeapi_meta(owner, "namespace"));

	for (size_t i = 0; all[i]; i++) {
		json_t *after = json_deep_copy(all[i]->json), *reference;
		json_t *list = rc_json_get(after, "metadata", "ownerReferences", NULL);
		size_t before = json_array_size(list);

		for (size_t j = before; j > 0; j--) {
			reference = json_array_get(list, j - 1);
			if (rc_text_equal(rc_json_text(reference, "uid", NULL),
					  kubeapi_meta(owner, "uid")))
				json_array_remove(list, j - 1);
		}
		if (before > 0 && json_array_size(list) == 0)
			json_object_del(json_object_get(after, "metadata"), "ownerReferences");
		if (json_array_size(list) < before)
			kubeapi_store_put(all[i]->kind, after);
		else
			json_decref(after);
	}
}

int kubeapi_delete(const struct kubeapi_write *write, const json_t *options, json_t **ret)
{
	struct kubeapi_object *object =
		kubeapi_store_find(write->kind, write->name_space, write->name);
	const char *uid = rc_json_text(options, "preconditions", "uid", NULL);

	if (!object)
		return not_found(write, ret);
	if (uid && strcmp(uid, kubeapi_meta(object->json, "uid")) != 0)
		return refuse(ret,
			      kubeapi_status(409, "Conflict",
					     "Operation cannot be fulfilled on %s \"%s\": the "
					     "UID in the precondition (%s) does not match the UID "
					     "in record (%s). The object might have been deleted "
					     "and then recreated",
					     write->kind->kind, write->name, uid,
					     kubeapi_meta(object->json, "uid")));
	if (write->dry_run || json_array_size(json_object_get(options, "dryRun")) > 0) {
		*ret = kubeapi_status(200, "", "%s", "");
		return 200;
	}
	if (is_orphaning(options))
		kubeapi_orphan(object->json);
	if (!kubeapi_gc_delete(object, rc_json_text(options, "propagationPolicy", NULL)))
		object = kubeapi_store_find(write->kind, write->name_space, write->name);
	else
		object = NULL;
	*ret = object ? json_incref(object->json) : kubeapi_status(200, "", "%s", "");
	return 200;
}
