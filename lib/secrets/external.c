/* Reading ExternalSecrets. */
#include "secrets/external.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/duration.h"
#include "data/json.h"
#include "kube/object.h"
#include "secrets/external-private.h"
#include "secrets/hash.h"
#include "secrets/window.h"

#define INTERVAL_DEFAULT_S 3600
#define WINDOW_S	   60 /* a window that is closed is looked at again */

static int64_t read_interval(struct rc_secrets_external_reader *reader, const json_t *spec)
{
	const char *text = rc_json_text(spec, "refreshInterval", NULL);
	int64_t ns;

	if (!text)
		return INTERVAL_DEFAULT_S;
	if (rc_duration_parse(rc_str(text), &ns, NULL) < 0 || ns < 0) {
		rc_secrets_external_complain(
			reader, "spec.refreshInterval: '%s' is no duration such as 1h", text);
		return INTERVAL_DEFAULT_S;
	}
	return ns > 0 && ns < 1000000000 ? 1 : ns / 1000000000;
}

/* Pairs that External Secrets' webhook does not let through. */
static void check_policies(struct rc_secrets_external_reader *reader)
{
	const struct rc_secrets_external *external = reader->external;
	bool is_owner = external->creation == RC_SECRETS_CREATION_OWNER ||
			external->creation == RC_SECRETS_CREATION_ORPHAN;

	if (external->deletion == RC_SECRETS_DELETION_DELETE && !is_owner)
		rc_secrets_external_complain(
			reader, "spec.target.deletionPolicy: Delete wants creationPolicy Owner");
	if (external->deletion == RC_SECRETS_DELETION_MERGE &&
	    external->creation == RC_SECRETS_CREATION_NONE)
		rc_secrets_external_complain(reader,
					     "spec.target.deletionPolicy: Merge does not go with "
					     "creationPolicy None");
}

static void read_items(struct rc_secrets_external_reader *reader, const json_t *source,
		       const char *where)
{
	static const char *const scopes[] = {"Values", "KeysAndValues", NULL};
	json_t *item;
	size_t i;

	if (!source)
		return;
	if (!rc_json_text(source, "name", NULL))
		rc_secrets_external_complain(reader, "%s.name is missing", where);
	if (json_array_size(json_object_get(source, "items")) == 0)
		rc_secrets_external_complain(reader, "%s.items is missing", where);
	json_array_foreach (json_object_get(source, "items"), i, item) {
		rc_autofree char *at = rc_asprintf("%s.items[%zu]", where, i);

		rc_secrets_external_read_word(reader, item, "templateAs", at, scopes);
		if (!rc_json_text(item, "key", NULL))
			rc_secrets_external_complain(reader, "%s.key is missing", at);
	}
}

static void read_template_from(struct rc_secrets_external_reader *reader, const json_t *from,
			       size_t i)
{
	static const char *const decodings[] = {"None", "Base64", "Base64URL", "Auto", NULL};
	rc_autofree char *where = rc_asprintf("spec.target.template.templateFrom[%zu]", i);
	rc_autofree char *map_at = rc_asprintf("%s.configMap", where);
	rc_autofree char *secret_at = rc_asprintf("%s.secret", where);
	const char *target = rc_json_text(from, "target", NULL);
	bool is_manifest = reader->external->manifest != NULL;

	read_items(reader, json_object_get(from, "configMap"), map_at);
	read_items(reader, json_object_get(from, "secret"), secret_at);
	rc_secrets_external_read_word(reader, from, "valuesDecodingStrategy", where, decodings);
	if (target && *target && !is_manifest && strcasecmp(target, "data") != 0 &&
	    strcasecmp(target, "labels") != 0 && strcasecmp(target, "annotations") != 0)
		rc_secrets_external_complain(reader,
					     "%s.target: '%s' is none of Data, Labels and "
					     "Annotations, which a Secret has",
					     where, target);
}

/* Types that would make the API server act with rights of its own. */
static void check_type(struct rc_secrets_external_reader *reader, const json_t *template)
{
	static const char note[] = "kubernetes.io/service-account.name";
	const char *type = rc_json_text(template, "type", NULL);
	json_t *from;
	size_t i;

	if (rc_text_equal(type, "bootstrap.kubernetes.io/token"))
		rc_secrets_external_complain(reader, "spec.target.template.type: '%s' is not made",
					     type);
	if (!rc_text_equal(type, "kubernetes.io/service-account-token"))
		return;
	if (rc_json_get(template, "metadata", "annotations", note, NULL))
		rc_secrets_external_complain(
			reader, "spec.target.template.type: '%s' is not made for an account", type);
	json_array_foreach (json_object_get(template, "templateFrom"), i, from)
		if (strcasecmp(rc_json_text(from, "target", NULL) ?: "", "annotations") == 0)
			rc_secrets_external_complain(
				reader,
				"spec.target.template.type: '%s' takes no annotations from "
				"templateFrom",
				type);
}

static void read_template(struct rc_secrets_external_reader *reader, const json_t *template)
{
	static const char *const engines[] = {"v2", NULL};
	static const char *const merges[] = {"Replace", "Merge", NULL};
	static const char where[] = "spec.target.template";
	json_t *from;
	size_t i;

	reader->external->template = template;
	rc_secrets_external_read_word(reader, template, "engineVersion", where, engines);
	rc_secrets_external_read_word(reader, template, "mergePolicy", where, merges);
	json_array_foreach (json_object_get(template, "templateFrom"), i, from)
		read_template_from(reader, from, i);
	check_type(reader, template);
}

static void check_manifest(struct rc_secrets_external_reader *reader)
{
	const json_t *manifest = reader->external->manifest;
	const char *version = rc_json_text(manifest, "apiVersion", NULL) ?: "";
	const char *kind = rc_json_text(manifest, "kind", NULL) ?: "";

	if (!*version)
		rc_secrets_external_complain(reader, "spec.target.manifest.apiVersion is missing");
	if (!*kind)
		rc_secrets_external_complain(reader, "spec.target.manifest.kind is missing");
	if (strcmp(version, "v1") == 0 && strcmp(kind, "Secret") == 0)
		rc_secrets_external_complain(reader,
					     "spec.target.manifest: a Secret is made without it");
}

static void read_target(struct rc_secrets_external_reader *reader, const json_t *spec)
{
	static const char *const creations[] = {"Owner",	 "Orphan", "Merge",
						"CreateOrMerge", "None",   NULL};
	static const char *const deletions[] = {"Retain", "Delete", "Merge", NULL};
	const json_t *target = json_object_get(spec, "target");
	struct rc_secrets_external *external = reader->external;

	external->target = rc_json_text(target, "name", NULL);
	if (!external->target || !*external->target)
		external->target = external->name;
	external->creation = (enum rc_secrets_creation)rc_secrets_external_read_word(
		reader, target, "creationPolicy", "spec.target", creations);
	external->deletion = (enum rc_secrets_deletion)rc_secrets_external_read_word(
		reader, target, "deletionPolicy", "spec.target", deletions);
	external->is_immutable = json_is_true(json_object_get(target, "immutable"));
	external->manifest = json_object_get(target, "manifest");
	if (external->manifest)
		check_manifest(reader);
	check_policies(reader);
	read_template(reader, json_object_get(target, "template"));
}

int rc_secrets_external_parse(const json_t *object, struct rc_secrets_external **ret_external,
			      struct rc_error **err)
{
	static const char *const policies[] = {"Periodic", "OnChange", "CreatedOnce", NULL};
	static const char *const kinds[] = {"SecretStore", "ClusterSecretStore", NULL};
	static const char *const window_kinds[] = {"allow", "deny", NULL};
	rc_cleanup(rc_secrets_external_freep) struct rc_secrets_external *external =
		rc_new0(struct rc_secrets_external);
	struct rc_secrets_external_reader reader = {.external = external,
						    .problems = RC_BUF_INIT(8192)};
	const json_t *spec, *store;
	int r = 0;

	external->object = json_deep_copy(object);
	spec = json_object_get(external->object, "spec");
	store = json_object_get(spec, "secretStoreRef");
	external->name_space = rc_kube_object_get_meta(external->object, "namespace");
	external->name = rc_kube_object_get_meta(external->object, "name");
	external->uid = rc_kube_object_get_meta(external->object, "uid");
	external->store_name = rc_json_text(store, "name", NULL) ?: "";
	external->store_kind = kinds[rc_secrets_external_read_word(&reader, store, "kind",
								   "spec.secretStoreRef", kinds)];
	external->policy = (enum rc_secrets_policy)rc_secrets_external_read_word(
		&reader, spec, "refreshPolicy", "spec", policies);
	external->interval_s = read_interval(&reader, spec);
	external->windows = json_object_get(spec, "syncWindows");
	if (external->windows)
		rc_secrets_external_read_word(&reader, external->windows, "kind",
					      "spec.syncWindows", window_kinds);
	read_target(&reader, spec);
	rc_secrets_external_read_remotes(&reader, spec);
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
	free(external->sources);
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
	int64_t now = rc_clock_unix_s(), at;

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
	at = record.refreshed_unix_s + external->interval_s;
	if (at <= now && !rc_secrets_window_allows(external->windows, now))
		at = now + WINDOW_S;
	return (struct rc_secrets_due){at, RC_SECRETS_DUE_INTERVAL};
}

bool rc_secrets_external_is_touched(const struct rc_secrets_external *external)
{
	const char *synced =
		rc_json_text(external->object, "status", "syncedResourceVersion", NULL);
	rc_autofree char *version = rc_secrets_external_version(external->object);
	size_t n = strcspn(version, "-");

	return synced && strncmp(synced, version, n + 1) == 0 && strcmp(synced, version) != 0;
}
