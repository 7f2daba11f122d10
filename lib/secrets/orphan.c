/* Leases of ExternalSecrets that went while we were away: they are revoked, too. */
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "secrets/manager-private.h"

/* What a record of leases says of an ExternalSecret that was: enough to revoke them. */
static json_t *make_orphan(const char *name_space, const char *name, const json_t *document)
{
	json_t *object =
		json_pack("{s:s, s:s, s:{s:s, s:s}, s:O*}", "apiVersion", SECRETS_GROUP "/v1",
			  "kind", "ExternalSecret", "metadata", "namespace", name_space, "name",
			  name, "spec", json_object_get(document, "spec"));
	json_t *spec = json_object_get(object, "spec");

	if (spec)
		json_object_set_new(spec, "data",
				    json_pack("[{s:s, s:{s:s}}]", "secretKey", "none", "remoteRef",
					      "key", "none"));
	return object;
}

static void take_orphan(struct rc_secrets_manager *manager, const char *label,
			const json_t *document)
{
	rc_autofree char *name_space = rc_strndup(label, strcspn(label, "/"));
	const char *name = strchr(label, '/');
	struct secrets_entry *entry;

	if (!name || rc_secrets_manager_find(manager, name_space, name + 1))
		return;
	entry = rc_secrets_manager_add(manager, name_space, name + 1);
	entry->object = make_orphan(name_space, name + 1, document);
	rc_secrets_external_parse(entry->object, &entry->external, NULL);
	rc_secrets_manager_leave(entry);
}

void rc_secrets_orphan_find(struct rc_secrets_manager *manager)
{
	rc_autofree char *prefix = rc_asprintf("%s/", manager->options.name);
	json_auto_t *documents = NULL;
	const char *name;
	json_t *document;

	if (manager->has_orphans ||
	    !rc_kube_cache_is_current(manager->objects, SECRETS_GROUP, "ExternalSecret"))
		return;
	manager->has_orphans = true;
	rc_store_list(manager->options.store, "lease", &documents, NULL);
	json_object_foreach (documents, name, document)
		if (rc_text_has_prefix(name, prefix))
			take_orphan(manager, name + strlen(prefix), document);
}
