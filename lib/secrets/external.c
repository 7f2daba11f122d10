/* Reading ExternalSecrets. */
#include "secrets/external.h"

#include <errno.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/duration.h"
#include "data/json.h"
#include "kube/object.h"
#include "secrets/hash.h"

#define INTERVAL_DEFAULT_S 3600

struct reader {
	struct rc_secrets_external *external;
	struct rc_buf problems;
};

__attribute__((format(printf, 2, 3))) static void complain(struct reader *reader,
							   const char *format, ...)
{
	va_list args;

	if (reader->problems.n > 0)
		rc_buf_puts(&reader->problems, "; ");
	va_start(args, format);
	rc_buf_vprintf(&reader->problems, format, args);
	va_end(args);
}

/* Index of the word at key among words (which end with NULL); the first when it is absent. */
static unsigned int read_word(struct reader *reader, const json_t *object, const char *key,
			      const char *where, const char *const *words)
{
	const char *text = rc_json_text(object, key, NULL);

	if (!text || !*text)
		return 0;
	for (unsigned int i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	complain(reader, "%s.%s: '%s' is not known", where, key, text);
	return 0;
}

static void read_remote(struct reader *reader, const json_t *ref, const char *where,
			struct rc_secrets_remote *remote)
{
	static const char *const decodings[] = {"None", "Base64", "Base64URL", "Auto", NULL};
	static const char *const conversions[] = {"Default", "Unicode", NULL};

	remote->key = rc_json_text(ref, "key", NULL);
	remote->property = rc_json_text(ref, "property", NULL);
	remote->version = rc_json_text(ref, "version", NULL);
	remote->decoding = (enum rc_secrets_decoding)read_word(reader, ref, "decodingStrategy",
							       where, decodings);
	remote->is_unicode = read_word(reader, ref, "conversionStrategy", where, conversions) == 1;
	if (!remote->key || !*remote->key)
		complain(reader, "%s.key is missing", where);
	if (rc_text_equal(rc_json_text(ref, "metadataPolicy", NULL), "Fetch"))
		complain(reader, "%s.metadataPolicy Fetch is not supported", where);
	if (rc_text_equal(rc_json_text(ref, "nullBytePolicy", NULL), "Fail"))
		complain(reader, "%s.nullBytePolicy Fail is not supported", where);
}

static void read_extract(struct reader *reader, const json_t *item, size_t i)
{
	static const char *const not_yet[] = {"find", "rewrite", "sourceRef"};
	rc_autofree char *where = rc_asprintf("spec.dataFrom[%zu].extract", i);
	struct rc_secrets_external *external = reader->external;
	bool is_known = false;

	for (size_t j = 0; j < RC_ARRAY_SIZE(not_yet); j++)
		if (json_object_get(item, not_yet[j])) {
			complain(reader, "spec.dataFrom[%zu].%s is not supported", i, not_yet[j]);
			is_known = true;
		}
	if (json_object_get(item, "extract"))
		read_remote(reader, json_object_get(item, "extract"), where,
			    &external->remotes[external->n_remotes++]);
	else if (!is_known)
		complain(reader, "%s is missing", where);
}

static bool has_remote(const struct rc_secrets_external *external, const char *secret_key)
{
	for (size_t i = 0; i < external->n_remotes; i++)
		if (rc_text_equal(external->remotes[i].secret_key, secret_key))
			return true;
	return false;
}

static void read_data(struct reader *reader, const json_t *item, size_t i)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._";
	rc_autofree char *where = rc_asprintf("spec.data[%zu].remoteRef", i);
	struct rc_secrets_external *external = reader->external;
	const char *key = rc_json_text(item, "secretKey", NULL);
	bool is_double = key && has_remote(external, key);
	struct rc_secrets_remote *remote = &external->remotes[external->n_remotes++];

	if (json_object_get(item, "sourceRef"))
		complain(reader, "spec.data[%zu].sourceRef is not supported", i);
	read_remote(reader, json_object_get(item, "remoteRef"), where, remote);
	remote->secret_key = key;
	if (!key || !*key)
		complain(reader, "spec.data[%zu].secretKey is missing", i);
	else if (key[strspn(key, allowed)])
		complain(reader, "spec.data[%zu].secretKey: '%s' is no key of a Secret", i, key);
	else if (is_double && external->deletion == RC_SECRETS_DELETION_RETAIN)
		complain(reader, "spec.data[%zu].secretKey: '%s' is there twice", i, key);
}

static void read_remotes(struct reader *reader, const json_t *spec)
{
	const json_t *data = json_object_get(spec, "data");
	const json_t *from = json_object_get(spec, "dataFrom");
	struct rc_secrets_external *external = reader->external;
	json_t *item;
	size_t i;

	external->remotes = rc_calloc(json_array_size(data) + json_array_size(from) + 1,
				      sizeof(*external->remotes));
	json_array_foreach (from, i, item)
		read_extract(reader, item, i);
	json_array_foreach (data, i, item)
		read_data(reader, item, i);
	if (json_array_size(data) + json_array_size(from) == 0)
		complain(reader, "spec: data or dataFrom is wanted");
}

static int64_t read_interval(struct reader *reader, const json_t *spec)
{
	const char *text = rc_json_text(spec, "refreshInterval", NULL);
	int64_t ns;

	if (!text)
		return INTERVAL_DEFAULT_S;
	if (rc_duration_parse(rc_str(text), &ns, NULL) < 0 || ns < 0) {
		complain(reader, "spec.refreshInterval: '%s' is no duration such as 1h", text);
		return INTERVAL_DEFAULT_S;
	}
	return ns > 0 && ns < 1000000000 ? 1 : ns / 1000000000;
}

/* Pairs that External Secrets' webhook does not let through. */
static void check_policies(struct reader *reader)
{
	const struct rc_secrets_external *external = reader->external;
	bool is_owner = external->creation == RC_SECRETS_CREATION_OWNER ||
			external->creation == RC_SECRETS_CREATION_ORPHAN;

	if (external->deletion == RC_SECRETS_DELETION_DELETE && !is_owner)
		complain(reader, "spec.target.deletionPolicy: Delete wants creationPolicy Owner");
	if (external->deletion == RC_SECRETS_DELETION_MERGE &&
	    external->creation == RC_SECRETS_CREATION_NONE)
		complain(reader, "spec.target.deletionPolicy: Merge does not go with "
				 "creationPolicy None");
}

static void read_template(struct reader *reader, const json_t *template)
{
	static const char *const engines[] = {"v2", NULL};
	static const char *const merges[] = {"Replace", "Merge", NULL};
	static const char where[] = "spec.target.template";

	reader->external->template = template;
	read_word(reader, template, "engineVersion", where, engines);
	read_word(reader, template, "mergePolicy", where, merges);
	if (json_object_get(template, "templateFrom"))
		complain(reader, "%s.templateFrom is not supported", where);
}

static void read_target(struct reader *reader, const json_t *spec)
{
	static const char *const creations[] = {"Owner",	 "Orphan", "Merge",
						"CreateOrMerge", "None",   NULL};
	static const char *const deletions[] = {"Retain", "Delete", "Merge", NULL};
	const json_t *target = json_object_get(spec, "target");
	struct rc_secrets_external *external = reader->external;

	external->target = rc_json_text(target, "name", NULL);
	if (!external->target || !*external->target)
		external->target = external->name;
	external->creation = (enum rc_secrets_creation)read_word(reader, target, "creationPolicy",
								 "spec.target", creations);
	external->deletion = (enum rc_secrets_deletion)read_word(reader, target, "deletionPolicy",
								 "spec.target", deletions);
	external->is_immutable = json_is_true(json_object_get(target, "immutable"));
	check_policies(reader);
	read_template(reader, json_object_get(target, "template"));
	if (json_object_get(target, "manifest"))
		complain(reader, "spec.target.manifest is not supported");
}

int rc_secrets_external_parse(const json_t *object, struct rc_secrets_external **ret_external,
			      struct rc_error **err)
{
	static const char *const policies[] = {"Periodic", "OnChange", "CreatedOnce", NULL};
	static const char *const kinds[] = {"SecretStore", "ClusterSecretStore", NULL};
	rc_cleanup(rc_secrets_external_freep) struct rc_secrets_external *external =
		rc_new0(struct rc_secrets_external);
	struct reader reader = {.external = external, .problems = RC_BUF_INIT(8192)};
	const json_t *spec, *store;
	int r = 0;

	external->object = json_deep_copy(object);
	spec = json_object_get(external->object, "spec");
	store = json_object_get(spec, "secretStoreRef");
	external->name_space = rc_kube_object_get_meta(external->object, "namespace");
	external->name = rc_kube_object_get_meta(external->object, "name");
	external->uid = rc_kube_object_get_meta(external->object, "uid");
	external->store_name = rc_json_text(store, "name", NULL) ?: "";
	external->store_kind =
		kinds[read_word(&reader, store, "kind", "spec.secretStoreRef", kinds)];
	external->policy =
		(enum rc_secrets_policy)read_word(&reader, spec, "refreshPolicy", "spec", policies);
	external->interval_s = read_interval(&reader, spec);
	if (!*external->store_name)
		complain(&reader, "spec.secretStoreRef.name is missing");
	if (json_object_get(spec, "syncWindows"))
		complain(&reader, "spec.syncWindows is not supported");
	read_target(&reader, spec);
	read_remotes(&reader, spec);
	if (reader.problems.n > 0)
		r = rc_fail(err, -EINVAL, "%s", rc_buf_text(&reader.problems));
	rc_buf_done(&reader.problems);
	if (r < 0)
		return r;
	*ret_external = rc_steal(&external);
	return 0;
}

void rc_secrets_external_free(struct rc_secrets_external *external)
{
	if (!external)
		return;
	json_decref(external->object);
	free(external->remotes);
	free(external);
}

/* ---- versions ---- */

/* Go's text of a map: "map[a:b c:d]", keys sorted. */
static void add_go_map(struct rc_buf *out, const json_t *map)
{
	json_auto_t *sorted = json_object();
	rc_autofree char *text = NULL;
	const char *key;
	json_t *value;
	bool is_first = true;

	if (json_is_object(map))
		json_object_update(sorted, (json_t *)(uintptr_t)map);
	text = json_dumps(sorted, JSON_SORT_KEYS);
	json_decref(sorted);
	sorted = json_loads(text, 0, NULL);
	rc_buf_puts(out, "map[");
	json_object_foreach (sorted, key, value) {
		rc_buf_printf(out, "%s%s:%s", is_first ? "" : " ", key,
			      json_string_value(value) ?: "");
		is_first = false;
	}
	rc_buf_putc(out, ']');
}

char *rc_secrets_external_version(const json_t *object)
{
	const json_t *metadata = json_object_get(object, "metadata");
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	char hash[RC_SECRETS_HASH_MAX];

	rc_buf_puts(&text, "{annotations:");
	add_go_map(&text, json_object_get(metadata, "annotations"));
	rc_buf_puts(&text, " labels:");
	add_go_map(&text, json_object_get(metadata, "labels"));
	rc_buf_putc(&text, '}');
	return rc_asprintf("%lld-%s",
			   (long long)json_integer_value(json_object_get(metadata, "generation")),
			   rc_secrets_hash_text(rc_buf_str(&text), hash));
}

/* ---- due ---- */

/* What the status says of the refresh before. */
struct record {
	bool is_synced, is_of_this_version;
	int64_t refreshed_unix_s; /* 0: never, unreadable, or to come: the clock was set back */
};

static struct record read_record(const struct rc_secrets_external *external)
{
	const json_t *status = json_object_get(external->object, "status");
	const char *time = rc_json_text(status, "refreshTime", NULL);
	const char *synced = rc_json_text(status, "syncedResourceVersion", NULL);
	rc_autofree char *version = rc_secrets_external_version(external->object);
	struct record record = {.is_synced = synced && *synced,
				.is_of_this_version = rc_text_equal(synced, version)};

	if (!time || rc_clock_parse_rfc3339(time, &record.refreshed_unix_s) < 0 ||
	    (external->policy == RC_SECRETS_POLICY_PERIODIC &&
	     record.refreshed_unix_s > rc_clock_unix_s()))
		record.refreshed_unix_s = 0;
	return record;
}

static struct rc_secrets_due due_now(enum rc_secrets_due_why why)
{
	return (struct rc_secrets_due){0, why};
}

struct rc_secrets_due rc_secrets_external_due(const struct rc_secrets_external *external,
					      bool is_valid)
{
	struct record record = read_record(external);
	bool is_periodic = external->policy == RC_SECRETS_POLICY_PERIODIC;
	struct rc_secrets_due never = {INT64_MAX, RC_SECRETS_DUE_NEVER};

	if (!is_valid && external->creation != RC_SECRETS_CREATION_ORPHAN)
		return due_now(RC_SECRETS_DUE_MISSING);
	if (external->policy == RC_SECRETS_POLICY_CREATED_ONCE)
		return record.is_synced && record.refreshed_unix_s
			       ? never
			       : due_now(RC_SECRETS_DUE_MISSING);
	if (is_periodic && external->interval_s == 0 && record.is_synced)
		return never;
	if (!record.is_synced || !record.refreshed_unix_s)
		return due_now(RC_SECRETS_DUE_MISSING);
	if (!record.is_of_this_version)
		return due_now(RC_SECRETS_DUE_EDITED);
	if (!is_periodic)
		return never;
	return (struct rc_secrets_due){record.refreshed_unix_s + external->interval_s,
				       RC_SECRETS_DUE_INTERVAL};
}

bool rc_secrets_external_is_touched(const struct rc_secrets_external *external)
{
	const char *synced =
		rc_json_text(external->object, "status", "syncedResourceVersion", NULL);
	rc_autofree char *version = rc_secrets_external_version(external->object);
	size_t n = strcspn(version, "-");

	return synced && strncmp(synced, version, n + 1) == 0 && strcmp(synced, version) != 0;
}
