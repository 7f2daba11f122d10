/* References of pods. */
#include "secrets/workload.h"

#include <stdint.h>
#include <string.h>

#include "data/json.h"

/* How a kind is named in the places where it can be. */
struct places {
	const char *environment, *variable, *volume, *volume_name, *projected;
};

static const struct places *places_of(const char *kind)
{
	static const struct places secret = {"secretRef", "secretKeyRef", "secret", "secretName",
					     "secret"};
	static const struct places config_map = {"configMapRef", "configMapKeyRef", "configMap",
						 "name", "configMap"};

	return strcmp(kind, "Secret") == 0 ? &secret : &config_map;
}

/* ---- every name that is used ---- */

/* Returns whether there is more to be told of. */
typedef bool name_fn(void *userdata, const char *name);

static bool tell(name_fn *fn, void *userdata, const json_t *ref, const char *key)
{
	const char *name = rc_json_text(ref, key, NULL);

	return !name || fn(userdata, name);
}

static bool tell_container(const json_t *container, const struct places *places, name_fn *fn,
			   void *userdata)
{
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(container, "envFrom"), i, item)
		if (!tell(fn, userdata, json_object_get(item, places->environment), "name"))
			return false;
	json_array_foreach (json_object_get(container, "env"), i, item)
		if (!tell(fn, userdata, rc_json_get(item, "valueFrom", places->variable, NULL),
			  "name"))
			return false;
	return true;
}

static bool tell_volume(const json_t *volume, const struct places *places, name_fn *fn,
			void *userdata)
{
	json_t *source;
	size_t i;

	if (!tell(fn, userdata, json_object_get(volume, places->volume), places->volume_name))
		return false;
	json_array_foreach (rc_json_get(volume, "projected", "sources", NULL), i, source)
		if (!tell(fn, userdata, json_object_get(source, places->projected), "name"))
			return false;
	return true;
}

static bool tell_names(const json_t *pod_spec, const char *kind, name_fn *fn, void *userdata)
{
	static const char *const lists[] = {"containers", "initContainers", "ephemeralContainers"};
	const struct places *places = places_of(kind);
	json_t *item;
	size_t i;

	for (size_t j = 0; j < sizeof(lists) / sizeof(*lists); j++)
		json_array_foreach (json_object_get(pod_spec, lists[j]), i, item)
			if (!tell_container(item, places, fn, userdata))
				return false;
	json_array_foreach (json_object_get(pod_spec, "volumes"), i, item)
		if (!tell_volume(item, places, fn, userdata))
			return false;
	return true;
}

/* ---- what is asked ---- */

static bool is_other(void *userdata, const char *name)
{
	return strcmp(userdata, name) != 0;
}

bool rc_secrets_workload_uses(const json_t *pod_spec, const char *kind, const char *name)
{
	return !tell_names(pod_spec, kind, is_other, (void *)(uintptr_t)name);
}

static bool add_name(void *userdata, const char *name)
{
	json_object_set_new(userdata, name, json_true());
	return true;
}

void rc_secrets_workload_add_names(const json_t *pod_spec, const char *kind, json_t *to)
{
	tell_names(pod_spec, kind, add_name, to);
}

const json_t *rc_secrets_workload_get_template(const json_t *workload)
{
	return rc_json_get(workload, "spec", "jobTemplate", "spec", "template", NULL)
		       ?: rc_json_get(workload, "spec", "template", NULL);
}
