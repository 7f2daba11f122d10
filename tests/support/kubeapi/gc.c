/*
 * What goes with what: namespaces take what is in them along, owners what they own. Either waits
 * for finalizers; an owner deleted in the foreground waits for what blocks it.
 */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kubeapi.h"

#define FOREGROUND "foregroundDeletion"

/* Namespaces and owners that wait for what goes before them. */
struct waiting {
	struct waiting *prev, *next;
	struct kubeapi_kind *kind;
	char *name_space, *name;
};

static struct waiting *all_waiting;

static void wait_for(const struct kubeapi_object *object)
{
	struct waiting *waiting = rc_new0(struct waiting);

	waiting->kind = object->kind;
	waiting->name_space = rc_strdup(kubeapi_meta(object->json, "namespace"));
	waiting->name = rc_strdup(kubeapi_meta(object->json, "name"));
	DL_APPEND(all_waiting, waiting);
}

static void wait_no_more(struct waiting *waiting)
{
	DL_DELETE(all_waiting, waiting);
	free(waiting->name_space);
	free(waiting->name);
	free(waiting);
}

static bool is_owned_by(const json_t *object, const char *uid, bool blocking)
{
	json_t *owner;
	size_t i;

	json_array_foreach (rc_json_get(object, "metadata", "ownerReferences", NULL), i, owner)
		if (rc_text_equal(rc_json_text(owner, "uid", NULL), uid))
			return !blocking ||
			       json_is_true(json_object_get(owner, "blockOwnerDeletion"));
	return false;
}

static struct kubeapi_object *mark(struct kubeapi_object *object, const char *finalizer)
{
	json_t *after = json_deep_copy(object->json);
	json_t *metadata = json_object_get(after, "metadata");
	char time[RC_CLOCK_RFC3339_MAX];

	if (!*kubeapi_meta(after, "deletionTimestamp"))
		json_object_set_new(metadata, "deletionTimestamp",
				    json_string(rc_clock_format_rfc3339(rc_clock_unix_s(), time)));
	if (finalizer) {
		if (!json_object_get(metadata, "finalizers"))
			json_object_set_new(metadata, "finalizers", json_array());
		json_array_append_new(json_object_get(metadata, "finalizers"),
				      json_string(finalizer));
		json_object_set_new(metadata, "deletionGracePeriodSeconds", json_integer(0));
	} else {
		json_object_set_new(metadata, "deletionGracePeriodSeconds", json_integer(0));
	}
	if (strcmp(object->kind->kind, "Namespace") == 0) {
		json_object_del(metadata, "deletionGracePeriodSeconds");
		json_object_set_new(after, "status", json_pack("{s:s}", "phase", "Terminating"));
	}
	return kubeapi_store_put(object->kind, after);
}

bool kubeapi_gc_delete(struct kubeapi_object *object, const char *policy)
{
	bool is_held =
		json_array_size(rc_json_get(object->json, "metadata", "finalizers", NULL)) > 0;
	bool is_marked = *kubeapi_meta(object->json, "deletionTimestamp") != '\0';

	if (strcmp(object->kind->kind, "Namespace") == 0 || rc_text_equal(policy, "Foreground")) {
		if (!is_marked) {
			wait_for(object);
			mark(object,
			     strcmp(object->kind->kind, "Namespace") == 0 ? NULL : FOREGROUND);
		}
	} else if (is_held && !is_marked) {
		mark(object, NULL);
	} else if (!is_held) {
		kubeapi_store_remove(object);
		return true;
	}
	kubeapi_controllers_wake();
	return false;
}

/* Delete all of those; whether any is left. select tells which. */
static bool delete_all(const char *name_space, const char *owner_uid)
{
	bool blocks = false, again = true;

	while (again) {
		rc_autofree struct kubeapi_object **all = kubeapi_store_list(NULL, name_space);

		again = blocks = false;
		for (size_t i = 0; all[i] && !again; i++) {
			if (owner_uid && !is_owned_by(all[i]->json, owner_uid, false))
				continue;
			blocks = blocks || !owner_uid || is_owned_by(all[i]->json, owner_uid, true);
			if (!*kubeapi_meta(all[i]->json, "deletionTimestamp")) {
				kubeapi_gc_delete(all[i], NULL);
				again = true; /* the list is stale now */
			}
		}
	}
	return blocks;
}

static void drop_finalizer(struct kubeapi_object *object)
{
	json_t *after = json_deep_copy(object->json), *name;
	json_t *names = rc_json_get(after, "metadata", "finalizers", NULL);
	size_t i;

	json_array_foreach (names, i, name)
		if (rc_text_equal(json_string_value(name), FOREGROUND))
			break;
	json_array_remove(names, i);
	object = kubeapi_store_put(object->kind, after);
	if (json_array_size(names) == 0)
		kubeapi_store_remove(object);
}

/* Whether it waits no longer. */
static bool look(const struct waiting *waiting)
{
	struct kubeapi_object *object =
		kubeapi_store_find(waiting->kind, waiting->name_space, waiting->name);
	bool is_namespace = strcmp(waiting->kind->kind, "Namespace") == 0;
	rc_autofree char *uid = object ? rc_strdup(kubeapi_meta(object->json, "uid")) : NULL;

	if (!object || !*kubeapi_meta(object->json, "deletionTimestamp"))
		return true;
	if (is_namespace ? delete_all(waiting->name, NULL)
			 : delete_all(*waiting->name_space ? waiting->name_space : NULL, uid))
		return false;
	object = kubeapi_store_find(waiting->kind, waiting->name_space, waiting->name);
	if (object && is_namespace)
		kubeapi_store_remove(object);
	else if (object)
		drop_finalizer(object);
	return true;
}

void kubeapi_gc_turn(void)
{
	struct waiting *waiting, *next;

	DL_FOREACH_SAFE (all_waiting, waiting, next)
		if (look(waiting))
			wait_no_more(waiting);
}
