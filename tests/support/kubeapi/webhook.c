/*
 * An admission webhook that mutates: the annotation kubeapi.test/mutate of a Namespace is a merge
 * patch for everything that is written in it, dry runs among them.
 */
#include "data/json.h"
#include "kubeapi.h"

void kubeapi_webhook_mutate(const struct kubeapi_write *write, json_t *object)
{
	struct kubeapi_object *name_space = kubeapi_store_find(
		kubeapi_kind_by_name("", "Namespace"), "", kubeapi_meta(object, "namespace"));
	const char *text = name_space ? rc_json_text(name_space->json, "metadata", "annotations",
						     "kubeapi.test/mutate", NULL)
				      : NULL;
	json_auto_t *patch = text ? json_loads(text, 0, NULL) : NULL;

	if (patch && *write->subresource == '\0')
		rc_json_merge(object, patch);
}
