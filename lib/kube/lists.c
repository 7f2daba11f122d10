/* Which lists have keys; those of custom resources are known to the server only. */
#include "kube/lists.h"

#include <string.h>

#include "base/cleanup.h"

static const struct {
	const char *list;
	const char *keys[RC_KUBE_LIST_KEYS]; /* all of them make the key; what is absent counts as
						its default */
} keyed_lists[] = {
	{"containers", {"name"}},
	{"initContainers", {"name"}},
	{"ephemeralContainers", {"name"}},
	{"env", {"name"}},
	{"volumes", {"name"}},
	{"volumeMounts", {"mountPath"}},
	{"volumeDevices", {"devicePath"}},
	{"imagePullSecrets", {"name"}},
	{"secrets", {"name"}},
	{"hostAliases", {"ip"}},
	{"topologySpreadConstraints", {"topologyKey", "whenUnsatisfiable"}},
	{"conditions", {"type"}},
	{"ownerReferences", {"uid"}},
	{"webhooks", {"name"}},
};

static const char *const no_keys[RC_KUBE_LIST_KEYS];

/* Ports are keyed by their number: of a container, or of a Service. */
const char *const *rc_kube_list_get_keys(const char *list, const json_t *element)
{
	static const char *const container_port[RC_KUBE_LIST_KEYS] = {"containerPort", "protocol"};
	static const char *const service_port[RC_KUBE_LIST_KEYS] = {"port", "protocol"};

	if (!json_is_object(element))
		return no_keys;
	if (strcmp(list, "ports") == 0) {
		if (json_object_get(element, "containerPort"))
			return container_port;
		return json_is_integer(json_object_get(element, "port")) ? service_port : no_keys;
	}
	for (size_t i = 0; i < RC_ARRAY_SIZE(keyed_lists); i++)
		if (strcmp(keyed_lists[i].list, list) == 0)
			return keyed_lists[i].keys;
	return no_keys;
}

bool rc_kube_list_is_set(const char *list)
{
	return strcmp(list, "finalizers") == 0;
}

static bool same_value(const char *key, const json_t *a, const json_t *b)
{
	if (strcmp(key, "protocol") == 0)
		return strcmp(json_string_value(a) ?: "TCP", json_string_value(b) ?: "TCP") == 0;
	return a && b && json_equal(a, b);
}

bool rc_kube_list_same_key(const char *const *keys, const json_t *a, const json_t *b)
{
	for (size_t i = 0; i < RC_KUBE_LIST_KEYS && keys[i]; i++)
		if (!same_value(keys[i], json_object_get(a, keys[i]), json_object_get(b, keys[i])))
			return false;
	return keys[0] != NULL;
}

size_t rc_kube_list_find(const json_t *list, size_t at, const json_t *element,
			 const char *const *keys)
{
	while (at < json_array_size(list) &&
	       !rc_kube_list_same_key(keys, json_array_get(list, at), element))
		at++;
	return at;
}
