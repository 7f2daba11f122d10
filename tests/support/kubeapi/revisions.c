/*
 * The ReplicaSets of a Deployment by age: the annotation deployment.kubernetes.io/revision of the
 * newest is the Deployment's own, and an old one that is taken again becomes the newest.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "data/json.h"
#include "kube/object.h"
#include "kubeapi.h"

#define REVISION "deployment.kubernetes.io/revision"

static long long revision_of(const struct kubeapi_object *object)
{
	return atoll(rc_kube_object_get_annotation(object->json, REVISION) ?: "0");
}

static void annotate(struct kubeapi_object *object, long long revision)
{
	rc_autofree char *text = rc_asprintf("%lld", revision);
	json_t *after;

	if (revision_of(object) == revision)
		return;
	after = json_deep_copy(object->json);
	rc_kube_object_set_annotation(after, REVISION, text);
	kubeapi_store_put(object->kind, after);
}

void kubeapi_revisions_note(struct kubeapi_object *deployment, struct kubeapi_object *current,
			    struct kubeapi_object **old, size_t n)
{
	long long newest = 0;

	for (size_t i = 0; i < n; i++)
		if (revision_of(old[i]) > newest)
			newest = revision_of(old[i]);
	if (revision_of(current) <= newest)
		annotate(current, newest + 1);
	annotate(deployment, revision_of(current));
}

void kubeapi_revisions_trim(struct kubeapi_object **old, size_t n, long long limit)
{
	while ((long long)n > limit) {
		size_t oldest = 0;

		for (size_t i = 1; i < n; i++)
			if (revision_of(old[i]) < revision_of(old[oldest]))
				oldest = i;
		kubeapi_store_remove(old[oldest]);
		old[oldest] = old[--n];
	}
}
