/* A Secret that is made beside the one that is there. */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kube/object.h"
#include "secrets/hash.h"
#include "secrets/target.h"

bool rc_secrets_target_is_valid(const json_t *live)
{
	const char *label = rc_kube_object_get_label(live, RC_SECRETS_MANAGED_LABEL);
	const char *note = rc_kube_object_get_annotation(live, RC_SECRETS_HASH_NOTE);
	char hash[RC_SECRETS_HASH_MAX];

	return live && rc_text_equal(label, "true") &&
	       rc_text_equal(note, rc_secrets_hash_data(json_object_get(live, "data"), hash));
}

/*
 * By kind and name, not by uid: an ExternalSecret that was restored has another one. Another
 * ExternalSecret would fight for the Secret; any other controller only for its ownership.
 */
static bool is_rival(const struct rc_secrets_external *external, const json_t *owner)
{
	const char *version = rc_json_text(owner, "apiVersion", NULL);
	bool is_ours = rc_text_has_prefix(version, "external-secrets.io/") &&
		       rc_text_equal(rc_json_text(owner, "kind", NULL), "ExternalSecret");

	if (!json_is_true(json_object_get(owner, "controller")))
		return false;
	if (is_ours)
		return !rc_text_equal(rc_json_text(owner, "name", NULL), external->name);
	return external->creation == RC_SECRETS_CREATION_OWNER;
}

int rc_secrets_target_check(const struct rc_secrets_external *external, const json_t *live,
			    const json_t *secret, struct rc_error **err)
{
	json_t *owner;
	size_t i;

	json_array_foreach (rc_json_get(live, "metadata", "ownerReferences", NULL), i, owner)
		if (is_rival(external, owner))
			return rc_fail(err, -EACCES, "target is owned by another %s '%s'",
				       rc_json_text(owner, "kind", NULL) ?: "object",
				       rc_json_text(owner, "name", NULL) ?: "");
	if (json_is_true(json_object_get(live, "immutable")) &&
	    !json_equal(json_object_get(live, "data"), json_object_get(secret, "data")))
		return rc_fail(err, -EINVAL, "target is immutable");
	return 0;
}

static bool is_merged(const struct rc_secrets_external *external)
{
	return external->creation == RC_SECRETS_CREATION_MERGE ||
	       external->creation == RC_SECRETS_CREATION_CREATE_OR_MERGE;
}

/* Whether manager wrote live's key, by its managedFields. */
static bool is_owned(const json_t *live, const char *manager, const char *key)
{
	rc_autofree char *field = rc_asprintf("f:%s", key);
	json_t *entry;
	size_t i;

	json_array_foreach (rc_json_get(live, "metadata", "managedFields", NULL), i, entry)
		if (rc_text_equal(rc_json_text(entry, "manager", NULL), manager) &&
		    rc_json_get(entry, "fieldsV1", "f:data", field, NULL))
			return true;
	return false;
}

void rc_secrets_target_adapt(const struct rc_secrets_external *external, const json_t *live,
			     json_t *secret)
{
	rc_autofree char *manager = rc_secrets_target_manager(external);
	json_auto_t *data = json_copy(json_object_get(secret, "data"));
	char hash[RC_SECRETS_HASH_MAX];
	const char *key;
	json_t *value;

	if (!is_merged(external))
		return;
	/* Of other kinds the hash is of what was written, as what they hold may be defaulted. */
	if (external->manifest)
		return;
	json_object_foreach (json_object_get(live, "data"), key, value)
		if (!json_object_get(data, key) && !is_owned(live, manager, key))
			json_object_set(data, key, value);
	rc_kube_object_set_annotation(secret, RC_SECRETS_HASH_NOTE,
				      rc_secrets_hash_data(data, hash));
}

json_t *rc_secrets_target_prune(const struct rc_secrets_external *external, const json_t *live,
				const json_t *secret)
{
	const json_t *wanted = json_object_get(secret, "data");
	json_auto_t *nulls = json_object();
	const char *key;
	json_t *value;

	if (is_merged(external) || external->manifest)
		return NULL;
	json_object_foreach (json_object_get(live, "data"), key, value)
		if (!json_object_get(wanted, key))
			json_object_set_new(nulls, key, json_null());
	return json_object_size(nulls) ? json_pack("{s:O}", "data", nulls) : NULL;
}

/* live has all of wanted; of maps that it holds, too. */
static bool covers(const json_t *live, const json_t *wanted)
{
	const char *key;
	json_t *value;

	if (!json_is_object(wanted) || !json_is_object(live))
		return json_equal(live, wanted);
	json_object_foreach ((json_t *)(uintptr_t)wanted, key, value)
		if (!covers(json_object_get(live, key), value))
			return false;
	return true;
}

/* A part that is not wanted says nothing. */
static bool covers_part(const json_t *live, const json_t *wanted)
{
	return !wanted || covers(live, wanted);
}

bool rc_secrets_target_differs(const json_t *live, const json_t *object)
{
	const char *key;
	json_t *value;

	if (!live || !rc_text_equal(rc_kube_object_get_annotation(live, RC_SECRETS_HASH_NOTE),
				    rc_kube_object_get_annotation(object, RC_SECRETS_HASH_NOTE)))
		return true;
	json_object_foreach ((json_t *)(uintptr_t)object, key, value)
		if (strcmp(key, "metadata") != 0 && strcmp(key, "type") != 0 &&
		    strcmp(key, "immutable") != 0 && !covers(json_object_get(live, key), value))
			return true;
	return !covers_part(rc_json_get(live, "metadata", "labels", NULL),
			    rc_json_get(object, "metadata", "labels", NULL)) ||
	       !covers_part(rc_json_get(live, "metadata", "annotations", NULL),
			    rc_json_get(object, "metadata", "annotations", NULL));
}
