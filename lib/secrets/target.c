/* Building Secrets, and what is made instead of one. */
#include "secrets/target.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/base64.h"
#include "data/json.h"
#include "kube/object.h"
#include "secrets/compose.h"
#include "secrets/hash.h"
#include "secrets/manifest.h"

#define CREATED_BY "reconcile.external-secrets.io/created-by"
#define DATA_MAX   ((size_t)1 << 20)

/* Marks of GitOps tools name the ExternalSecret, not the Secret; last-applied is no annotation of
 * anybody's. */
static bool is_copied(const char *key)
{
	return !rc_text_has_prefix(key, "reconciled.io/") &&
	       !rc_text_has_prefix(key, "argocd.argoproj.io/") &&
	       strcmp(key, "kubectl.kubernetes.io/last-applied-configuration") != 0 &&
	       strcmp(key, "force-sync") != 0;
}

static json_t *copy_map(const json_t *map)
{
	json_t *copy = json_object(), *value;
	const char *key;

	json_object_foreach ((json_t *)(uintptr_t)map, key, value)
		if (is_copied(key))
			json_object_set(copy, key, value);
	return copy;
}

static void set_owner(const struct rc_secrets_external *external, json_t *metadata)
{
	const char *version = rc_json_text(external->object, "apiVersion", NULL);
	rc_autofree char *name = rc_asprintf("%s/%s", external->name_space, external->name);
	char hash[RC_SECRETS_HASH_MAX];

	if (external->creation != RC_SECRETS_CREATION_OWNER)
		return;
	json_object_set_new(metadata, "ownerReferences",
			    json_pack("[{s:s, s:s, s:s, s:s, s:b, s:b}]", "apiVersion",
				      version ?: "external-secrets.io/v1", "kind", "ExternalSecret",
				      "name", external->name, "uid", external->uid, "controller", 1,
				      "blockOwnerDeletion", 1));
	json_object_set_new(json_object_get(metadata, "labels"), CREATED_BY,
			    json_string(rc_secrets_hash_text(rc_str(name), hash)));
}

/* As the API server has it. */
static json_t *encode(const json_t *values)
{
	json_t *data = json_object(), *value;
	const char *key;

	json_object_foreach ((json_t *)(uintptr_t)values, key, value) {
		rc_autobuf struct rc_buf text = RC_BUF_INIT(2 * DATA_MAX);
		struct rc_str bytes = {json_string_value(value), json_string_length(value)};

		rc_base64_encode(bytes, &text);
		json_object_set_new(data, key, json_string(rc_buf_text(&text)));
	}
	return data;
}

static int check_size(const json_t *values, struct rc_error **err)
{
	size_t n = 0;
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)values, key, value)
		n += strlen(key) + json_string_length(value);
	return n <= DATA_MAX ? 0
			     : rc_fail(err, -E2BIG, "%zu bytes are more than a Secret can hold", n);
}

/* Without a template what the ExternalSecret itself has is copied. */
static void copy_metadata(const struct rc_secrets_external *external, json_t *metadata)
{
	json_auto_t *labels = copy_map(rc_json_get(external->object, "metadata", "labels", NULL));
	json_auto_t *annotations =
		copy_map(rc_json_get(external->object, "metadata", "annotations", NULL));

	if (external->template)
		return;
	json_object_update(json_object_get(metadata, "labels"), labels);
	json_object_update(json_object_get(metadata, "annotations"), annotations);
}

static void add_finalizers(const struct rc_secrets_external *external, json_t *metadata)
{
	const json_t *list = rc_json_get(external->template, "metadata", "finalizers", NULL);

	if (json_array_size(list) > 0)
		json_object_set(metadata, "finalizers", (json_t *)(uintptr_t)list);
}

/* The Secret's own fields, from its texts. */
static int finish_secret(const struct rc_secrets_external *external, json_t *secret,
			 struct rc_error **err)
{
	const char *type = rc_json_text(external->template, "type", NULL);
	json_t *data = json_object_get(secret, "data");
	char hash[RC_SECRETS_HASH_MAX];
	int r = check_size(data, err);

	if (r < 0)
		return r;
	json_object_set_new(secret, "data", encode(data));
	rc_kube_object_set_annotation(secret, RC_SECRETS_HASH_NOTE,
				      rc_secrets_hash_data(json_object_get(secret, "data"), hash));
	if (type)
		json_object_set_new(secret, "type", json_string(type));
	return 0;
}

int rc_secrets_target_make(const struct rc_secrets_external *external, const json_t *values,
			   const json_t *texts, json_t **ret_object, struct rc_error **err)
{
	const json_t *manifest = external->manifest;
	json_auto_t *object = json_pack(
		"{s:s, s:s, s:{s:s, s:s, s:{}, s:{}}, s:{}}", "apiVersion",
		manifest ? rc_json_text(manifest, "apiVersion", NULL) : "v1", "kind",
		manifest ? rc_json_text(manifest, "kind", NULL) : "Secret", "metadata", "name",
		external->target, "namespace", external->name_space, "labels", "annotations",
		!manifest || rc_secrets_manifest_has_data(manifest) ? "data" : "spec");
	json_t *metadata = json_object_get(object, "metadata");
	int r;

	copy_metadata(external, metadata);
	r = rc_secrets_compose(external, values, texts, object, err);
	if (r == 0)
		r = manifest ? rc_secrets_manifest_finish(object, err)
			     : finish_secret(external, object, err);
	if (r < 0)
		return r;
	rc_kube_object_set_label(object, RC_SECRETS_MANAGED_LABEL, "true");
	set_owner(external, metadata);
	add_finalizers(external, metadata);
	if (external->is_immutable)
		json_object_set_new(object, "immutable", json_true());
	*ret_object = rc_steal(&object);
	return 0;
}

char *rc_secrets_target_manager(const struct rc_secrets_external *external)
{
	static const char prefix[] = "externalsecrets.external-secrets.io/";
	char hash[RC_SECRETS_HASH_MAX];

	if (sizeof(prefix) - 1 + strlen(external->name) <= 63)
		return rc_asprintf("%s%s", prefix, external->name);
	return rc_asprintf("%ssha3/%s", prefix, rc_secrets_hash_text(rc_str(external->name), hash));
}
