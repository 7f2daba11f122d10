/* References of pods. */
#include "secrets/workload.h"

#include <string.h>

#include "base/str.h"
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

static bool is_named(const json_t *ref, const char *key, const char *name)
{
	return rc_text_equal(rc_json_text(ref, key, NULL), name);
}

static bool container_uses(const json_t *container, const struct places *places, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(container, "envFrom"), i, item)
		if (is_named(json_object_get(item, places->environment), "name", name))
			return true;
	json_array_foreach (json_object_get(container, "env"), i, item)
		if (is_named(rc_json_get(item, "valueFrom", places->variable, NULL), "name", name))
			return true;
	return false;
}

static bool volume_uses(const json_t *volume, const struct places *places, const char *name)
{
	json_t *source;
	size_t i;

	if (is_named(json_object_get(volume, places->volume), places->volume_name, name))
		return true;
	json_array_foreach (rc_json_get(volume, "projected", "sources", NULL), i, source)
		if (is_named(json_object_get(source, places->projected), "name", name))
			return true;
	return false;
}

bool rc_secrets_workload_uses(const json_t *pod_spec, const char *kind, const char *name)
{
	static const char *const lists[] = {"containers", "initContainers", "ephemeralContainers"};
	const struct places *places = places_of(kind);
	json_t *item;
	size_t i;

	for (size_t j = 0; j < sizeof(lists) / sizeof(*lists); j++)
		json_array_foreach (json_object_get(pod_spec, lists[j]), i, item)
			if (container_uses(item, places, name))
				return true;
	json_array_foreach (json_object_get(pod_spec, "volumes"), i, item)
		if (volume_uses(item, places, name))
			return true;
	return false;
}
