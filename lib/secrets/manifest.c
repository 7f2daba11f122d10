/* What a target that is no Secret consists of, and its hash as External Secrets notes it. */
#include "secrets/manifest.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kube/object.h"
#include "secrets/hash.h"
#include "secrets/target.h"

bool rc_secrets_manifest_has_data(const json_t *manifest)
{
	return rc_text_equal(rc_json_text(manifest, "kind", NULL), "ConfigMap");
}

json_t *rc_secrets_manifest_find_part(json_t *object, const char *name)
{
	json_t *part = json_object_get(object, name);

	if (!json_is_object(part)) {
		part = json_object();
		json_object_set_new(object, name, part);
	}
	return part;
}

void rc_secrets_manifest_put(const json_t *manifest, const json_t *values, json_t *object)
{
	json_t *to = rc_secrets_manifest_has_data(manifest)
			     ? object
			     : rc_secrets_manifest_find_part(object, "spec");

	json_object_update(rc_secrets_manifest_find_part(to, "data"), (json_t *)(uintptr_t)values);
}

/* Values may be any bytes, JSON holds none but UTF-8. */
static int check_texts(const json_t *value, const char *name, struct rc_error **err)
{
	json_auto_t *text = NULL;
	const char *key;
	json_t *item;
	size_t i;
	int r = 0;

	json_object_foreach ((json_t *)(uintptr_t)value, key, item)
		if (r == 0)
			r = check_texts(item, key, err);
	json_array_foreach (value, i, item)
		if (r == 0)
			r = check_texts(item, name, err);
	if (!json_is_string(value))
		return r;
	text = json_stringn(json_string_value(value), json_string_length(value));
	return text ? 0
		    : rc_fail(err, -EINVAL,
			      "spec.target.manifest: the value of '%.60s' is no text; a Secret "
			      "can hold it, or a template encodes it",
			      name);
}

int rc_secrets_manifest_finish(json_t *object, struct rc_error **err)
{
	json_t *content = json_object_get(object, "spec") ?: json_object_get(object, "data");
	char hash[RC_SECRETS_HASH_MAX];
	int r = check_texts(object, "", err);

	if (r < 0)
		return r;
	if (!content)
		return rc_fail(err, -EINVAL,
			       "spec.target.template: what is made has neither spec nor data");
	rc_kube_object_set_annotation(object, RC_SECRETS_HASH_NOTE,
				      rc_secrets_hash_object(content, hash));
	return 0;
}

const struct rc_kube_resource *
rc_secrets_manifest_find_resource(const json_t *manifest, const struct rc_kube_discovery *discovery)
{
	const char *version = rc_json_text(manifest, "apiVersion", NULL) ?: "";
	const char *slash = strchr(version, '/');
	rc_autofree char *group = slash ? rc_strndup(version, (size_t)(slash - version)) : NULL;
	const struct rc_kube_resource *resource =
		rc_kube_discovery_find(discovery, group ?: "", rc_json_text(manifest, "kind", NULL),
				       slash ? slash + 1 : version);

	return resource && resource->namespaced ? resource : NULL;
}

int rc_secrets_manifest_refuse(const json_t *manifest, struct rc_error **err)
{
	return rc_fail(err, -EINVAL,
		       "spec.target.manifest: the cluster has no kind %s of %s in a namespace",
		       rc_json_text(manifest, "kind", NULL) ?: "",
		       rc_json_text(manifest, "apiVersion", NULL) ?: "");
}
