/* Building Secrets. */
#include "secrets/target.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/base64.h"
#include "data/json.h"
#include "data/number.h"
#include "data/utf8.h"
#include "kube/object.h"
#include "secrets/hash.h"
#include "secrets/template.h"

#define CREATED_BY "reconcile.external-secrets.io/created-by"
#define KEY_MAX	   253
#define VALUE_MAX  ((size_t)1 << 20)

/* ---- values ---- */

/* Text as it is; anything else as compact JSON, numbers without an exponent. */
static void add_value(struct rc_buf *out, const json_t *value)
{
	if (json_is_string(value))
		rc_buf_add(out, json_string_value(value), json_string_length(value));
	else if (!json_is_null(value))
		rc_json_write(out, value);
}

static void undo_url_alphabet(struct rc_buf *text)
{
	for (size_t i = 0; i < text->n; i++)
		text->p[i] = text->p[i] == '-' ? '+' : text->p[i] == '_' ? '/' : text->p[i];
}

static int decode(enum rc_secrets_decoding decoding, struct rc_buf *bytes, struct rc_error **err)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(VALUE_MAX);
	rc_autobuf struct rc_buf url = RC_BUF_INIT(VALUE_MAX);
	struct rc_buf taken;
	int r;

	if (decoding == RC_SECRETS_DECODING_NONE)
		return 0;
	rc_buf_add_str(&url, rc_buf_str(bytes));
	undo_url_alphabet(&url);
	r = decoding == RC_SECRETS_DECODING_BASE64URL ? rc_base64_decode(rc_buf_str(&url), &out)
						      : rc_base64_decode(rc_buf_str(bytes), &out);
	if (r < 0 && decoding == RC_SECRETS_DECODING_AUTO) {
		rc_buf_clear(&out);
		r = rc_base64_decode(rc_buf_str(&url), &out);
		if (r < 0)
			return 0; /* it is what it is */
	}
	if (r < 0)
		return rc_fail(err, -EINVAL, "the value is not the base64 it is said to be");
	taken = *bytes;
	*bytes = out;
	out = taken;
	return 0;
}

/* What a key of a Secret may not hold becomes '_', or with Unicode its number. */
static char *convert_key(const char *key, bool is_unicode)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._";
	rc_autobuf struct rc_buf out = RC_BUF_INIT(4096);
	size_t n;

	for (; *key; key += n) {
		uint32_t rune = rc_utf8_decode(rc_str(key), &n);

		if (n == 1 && strchr(allowed, *key))
			rc_buf_putc(&out, *key);
		else if (is_unicode)
			rc_buf_printf(&out, "_U%04x_", (unsigned int)rune);
		else
			rc_buf_putc(&out, '_');
	}
	return rc_buf_take(&out);
}

static int put(const struct rc_secrets_remote *remote, const char *key, const json_t *value,
	       json_t *data, struct rc_error **err)
{
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(VALUE_MAX);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(2 * VALUE_MAX);
	int r;

	if (strlen(key) > KEY_MAX)
		return rc_fail(err, -EINVAL, "key '%.40s...' is longer than %d", key, KEY_MAX);
	add_value(&bytes, value);
	if (bytes.overflow)
		return rc_fail(err, -E2BIG, "key '%s' holds more than a Secret can", key);
	r = decode(remote->decoding, &bytes, err);
	if (r < 0)
		return rc_wrap(err, r, "key '%s'", key);
	rc_base64_encode(rc_buf_str(&bytes), &text);
	json_object_set_new(data, key, json_string(rc_buf_text(&text)));
	if (bytes.p)
		explicit_bzero(bytes.p, bytes.size);
	return 0;
}

/* A key as it stands, else a path "a.b.0.c" into what it holds. */
static const json_t *find_property(const json_t *fetched, const char *property)
{
	const json_t *at = json_object_get(fetched, property);
	rc_autofree char *path = rc_strdup(property);
	char *rest = path, *part, *end;
	unsigned long i;

	if (at)
		return at;
	at = fetched;
	while (at && (part = strsep(&rest, "."))) {
		if (!json_is_array(at)) {
			at = json_object_get(at, part);
			continue;
		}
		i = strtoul(part, &end, 10);
		at = *part >= '0' && *part <= '9' && !*end ? json_array_get(at, i) : NULL;
	}
	return at;
}

static int add_all(const struct rc_secrets_remote *remote, const json_t *values, json_t *data,
		   struct rc_error **err)
{
	json_auto_t *taken = json_object();
	const char *key;
	json_t *value;
	size_t n = 0;

	json_object_foreach ((json_t *)(uintptr_t)values, key, value) {
		rc_autofree char *converted = convert_key(key, remote->is_unicode);
		int r = 0;

		if (json_object_set_new(taken, converted, json_true()) < 0 ||
		    json_object_size(taken) != ++n)
			return rc_fail(err, -EINVAL, "two keys of '%s' become '%s'", remote->key,
				       converted);
		r = put(remote, converted, value, data, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int rc_secrets_target_add(const struct rc_secrets_remote *remote, const json_t *fetched,
			  json_t *data, struct rc_error **err)
{
	const json_t *value = fetched;
	json_auto_t *parsed = NULL;

	if (remote->property && *remote->property) {
		value = find_property(fetched, remote->property);
		if (!value)
			return rc_fail(err, -ENOENT, "'%s' has no property '%s'", remote->key,
				       remote->property);
	}
	if (remote->secret_key)
		return put(remote, remote->secret_key, value, data, err);
	if (json_is_string(value)) {
		parsed = json_loads(json_string_value(value), 0, NULL);
		value = parsed;
	}
	if (!json_is_object(value))
		return rc_fail(err, -EINVAL, "'%s' does not hold a map to extract", remote->key);
	return add_all(remote, value, data, err);
}

/* ---- the Secret ---- */

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

static int fill_metadata(const struct rc_secrets_external *external, const json_t *data,
			 json_t *labels, json_t *annotations, struct rc_error **err)
{
	const json_t *metadata = json_object_get(external->template, "metadata");
	json_auto_t *own_labels =
		copy_map(rc_json_get(external->object, "metadata", "labels", NULL));
	json_auto_t *own_annotations =
		copy_map(rc_json_get(external->object, "metadata", "annotations", NULL));
	int r;

	if (!external->template) {
		json_object_update(labels, own_labels);
		json_object_update(annotations, own_annotations);
		return 0;
	}
	r = rc_secrets_template_render(json_object_get(metadata, "labels"), data, false, labels,
				       err);
	return r < 0 ? r
		     : rc_secrets_template_render(json_object_get(metadata, "annotations"), data,
						  false, annotations, err);
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

/* With templates they are all there is, unless mergePolicy says Merge. */
static int make_data(const struct rc_secrets_external *external, const json_t *data, json_t *to,
		     struct rc_error **err)
{
	const json_t *templates = json_object_get(external->template, "data");
	bool merges = rc_text_equal(rc_json_text(external->template, "mergePolicy", NULL), "Merge");

	if (json_object_size(templates) == 0 || merges)
		json_object_update(to, (json_t *)(uintptr_t)data);
	return rc_secrets_template_render(templates, data, true, to, err);
}

int rc_secrets_target_make(const struct rc_secrets_external *external, const json_t *data,
			   json_t **ret_secret, struct rc_error **err)
{
	const char *type = rc_json_text(external->template, "type", NULL);
	json_auto_t *secret =
		json_pack("{s:s, s:s, s:{s:s, s:s, s:{}, s:{}}, s:{}}", "apiVersion", "v1", "kind",
			  "Secret", "metadata", "name", external->target, "namespace",
			  external->name_space, "labels", "annotations", "data");
	json_t *metadata = json_object_get(secret, "metadata");
	json_t *final = json_object_get(secret, "data");
	char hash[RC_SECRETS_HASH_MAX];
	int r = make_data(external, data, final, err);

	if (r == 0)
		r = fill_metadata(external, data, json_object_get(metadata, "labels"),
				  json_object_get(metadata, "annotations"), err);
	if (r < 0)
		return r;
	rc_kube_object_set_label(secret, RC_SECRETS_MANAGED_LABEL, "true");
	rc_kube_object_set_annotation(secret, RC_SECRETS_HASH_NOTE,
				      rc_secrets_hash_data(final, hash));
	set_owner(external, metadata);
	if (type)
		json_object_set_new(secret, "type", json_string(type));
	if (external->is_immutable)
		json_object_set_new(secret, "immutable", json_true());
	*ret_secret = rc_steal(&secret);
	return 0;
}

/* ---- live ones ---- */

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

	if (is_merged(external))
		return NULL;
	json_object_foreach (json_object_get(live, "data"), key, value)
		if (!json_object_get(wanted, key))
			json_object_set_new(nulls, key, json_null());
	return json_object_size(nulls) ? json_pack("{s:O}", "data", nulls) : NULL;
}

static bool covers(const json_t *live, const json_t *wanted)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)wanted, key, value) {
		const json_t *its = json_object_get(live, key);

		if (!its || !json_equal(its, value))
			return false;
	}
	return true;
}

bool rc_secrets_target_differs(const json_t *live, const json_t *secret)
{
	return !live || !covers(json_object_get(live, "data"), json_object_get(secret, "data")) ||
	       !rc_text_equal(rc_kube_object_get_annotation(live, RC_SECRETS_HASH_NOTE),
			      rc_kube_object_get_annotation(secret, RC_SECRETS_HASH_NOTE)) ||
	       !covers(rc_json_get(live, "metadata", "labels", NULL),
		       rc_json_get(secret, "metadata", "labels", NULL)) ||
	       !covers(rc_json_get(live, "metadata", "annotations", NULL),
		       rc_json_get(secret, "metadata", "annotations", NULL));
}

char *rc_secrets_target_manager(const struct rc_secrets_external *external)
{
	static const char prefix[] = "externalsecrets.external-secrets.io/";
	char hash[RC_SECRETS_HASH_MAX];

	if (sizeof(prefix) - 1 + strlen(external->name) <= 63)
		return rc_asprintf("%s%s", prefix, external->name);
	return rc_asprintf("%ssha3/%s", prefix, rc_secrets_hash_text(rc_str(external->name), hash));
}
