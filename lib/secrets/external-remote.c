/* Where the values of an ExternalSecret come from: data and dataFrom. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "data/regex.h"
#include "secrets/external-private.h"

#define complain  rc_secrets_external_complain
#define read_word rc_secrets_external_read_word

void rc_secrets_external_complain(struct rc_secrets_external_reader *reader, const char *format,
				  ...)
{
	va_list args;

	if (reader->problems.n > 0)
		rc_buf_puts(&reader->problems, "; ");
	va_start(args, format);
	rc_buf_vprintf(&reader->problems, format, args);
	va_end(args);
}

unsigned int rc_secrets_external_read_word(struct rc_secrets_external_reader *reader,
					   const json_t *object, const char *key, const char *where,
					   const char *const *words)
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

/* ---- sources ---- */

static size_t find_source(struct rc_secrets_external *external, bool is_generator, const char *kind,
			  const char *name)
{
	for (size_t i = 0; i < external->n_sources; i++) {
		const struct rc_secrets_source *source = &external->sources[i];

		if (source->is_generator == is_generator && strcmp(source->kind, kind) == 0 &&
		    strcmp(source->name, name) == 0)
			return i;
	}
	external->sources[external->n_sources] =
		(struct rc_secrets_source){is_generator, kind, name};
	return external->n_sources++;
}

static void take_default(struct rc_secrets_external_reader *reader,
			 struct rc_secrets_remote *remote)
{
	struct rc_secrets_external *external = reader->external;

	if (!*external->store_name)
		complain(reader, "spec.secretStoreRef.name is missing");
	remote->source = find_source(external, false, external->store_kind, external->store_name);
}

static void take_store(struct rc_secrets_external_reader *reader, const json_t *ref,
		       const char *where, struct rc_secrets_remote *remote)
{
	static const char *const kinds[] = {"SecretStore", "ClusterSecretStore", NULL};
	const char *name = rc_json_text(ref, "name", NULL) ?: "";
	const char *kind = kinds[read_word(reader, ref, "kind", where, kinds)];

	if (!*name)
		complain(reader, "%s.name is missing", where);
	remote->source = find_source(reader->external, false, kind, name);
}

static void take_generator(struct rc_secrets_external_reader *reader, const json_t *ref,
			   const char *where, struct rc_secrets_remote *remote)
{
	const char *version = rc_json_text(ref, "apiVersion", NULL);
	const char *kind = rc_json_text(ref, "kind", NULL) ?: "";
	const char *name = rc_json_text(ref, "name", NULL) ?: "";

	if (version && !rc_text_has_prefix(version, "generators.external-secrets.io/"))
		complain(reader, "%s.apiVersion: '%s' has no generators", where, version);
	if (!*kind || !*name)
		complain(reader, "%s: kind and name are wanted", where);
	remote->source = find_source(reader->external, true, kind, name);
}

/* ---- what is read there ---- */

static void read_strategies(struct rc_secrets_external_reader *reader, const json_t *ref,
			    const char *where, struct rc_secrets_remote *remote)
{
	static const char *const decodings[] = {"None", "Base64", "Base64URL", "Auto", NULL};
	static const char *const conversions[] = {"Default", "Unicode", NULL};
	static const char *const nuls[] = {"Ignore", "Fail", NULL};

	remote->decoding = (enum rc_secrets_decoding)read_word(reader, ref, "decodingStrategy",
							       where, decodings);
	remote->is_unicode = read_word(reader, ref, "conversionStrategy", where, conversions) == 1;
	remote->refuses_nul = read_word(reader, ref, "nullBytePolicy", where, nuls) == 1;
}

static const char *text_or_null(const json_t *object, const char *key)
{
	const char *text = rc_json_text(object, key, NULL);

	return text && *text ? text : NULL;
}

static void read_remote(struct rc_secrets_external_reader *reader, const json_t *ref,
			const char *where, struct rc_secrets_remote *remote)
{
	static const char *const policies[] = {"None", "Fetch", NULL};

	remote->key = text_or_null(ref, "key");
	remote->property = text_or_null(ref, "property");
	remote->version = text_or_null(ref, "version");
	remote->is_metadata = read_word(reader, ref, "metadataPolicy", where, policies) == 1;
	read_strategies(reader, ref, where, remote);
	if (!remote->key)
		complain(reader, "%s.key is missing", where);
}

static void check_regex(struct rc_secrets_external_reader *reader, const char *pattern,
			const char *where)
{
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autofree char *why = NULL;

	if (!pattern || rc_regex_compile(rc_str(pattern), &regex, &err) == 0)
		return;
	why = rc_error_format(err);
	complain(reader, "%s: %s", where, why);
}

static void read_find(struct rc_secrets_external_reader *reader, const json_t *find,
		      const char *where, struct rc_secrets_remote *remote)
{
	rc_autofree char *name_at = rc_asprintf("%s.name.regexp", where);

	remote->find_path = text_or_null(find, "path");
	remote->find_name = rc_json_text(find, "name", "regexp", NULL);
	remote->find_tags = json_object_get(find, "tags");
	check_regex(reader, remote->find_name, name_at);
	read_strategies(reader, find, where, remote);
}

static void check_rewrite(struct rc_secrets_external_reader *reader, const json_t *rewrite,
			  const char *where)
{
	static const char *const strategies[] = {"Extract", "JSON", NULL};
	static const char *const conflicts[] = {"Error", "Ignore", NULL};
	static const char *const priorities[] = {"Strict", "IgnoreNotFound", NULL};
	const json_t *merge = json_object_get(rewrite, "merge");
	const json_t *regexp = json_object_get(rewrite, "regexp");
	rc_autofree char *source_at = rc_asprintf("%s.regexp.source", where);
	rc_autofree char *merge_at = rc_asprintf("%s.merge", where);

	if (json_object_size(rewrite) != 1 ||
	    !(merge || regexp || json_object_get(rewrite, "transform")))
		complain(reader, "%s: one of regexp, transform and merge is wanted", where);
	if (regexp)
		check_regex(reader, rc_json_text(regexp, "source", NULL) ?: "", source_at);
	if (merge) {
		if (read_word(reader, merge, "strategy", merge_at, strategies) == 1 &&
		    !text_or_null(merge, "into"))
			complain(reader, "%s.into is missing, which strategy JSON needs", merge_at);
		read_word(reader, merge, "conflictPolicy", merge_at, conflicts);
		read_word(reader, merge, "priorityPolicy", merge_at, priorities);
	}
}

static void read_rewrite(struct rc_secrets_external_reader *reader, const json_t *item, size_t i,
			 struct rc_secrets_remote *remote)
{
	const json_t *list = json_object_get(item, "rewrite");
	json_t *rewrite;
	size_t j;

	if (json_array_size(list) == 0)
		return;
	remote->rewrite = list;
	json_array_foreach (list, j, rewrite) {
		rc_autofree char *where = rc_asprintf("spec.dataFrom[%zu].rewrite[%zu]", i, j);

		check_rewrite(reader, rewrite, where);
	}
}

/* ---- entries ---- */

static void read_from_source(struct rc_secrets_external_reader *reader, const json_t *item,
			     size_t i, struct rc_secrets_remote *remote)
{
	const json_t *store = rc_json_get(item, "sourceRef", "storeRef", NULL);
	const json_t *generator = rc_json_get(item, "sourceRef", "generatorRef", NULL);
	rc_autofree char *where = rc_asprintf("spec.dataFrom[%zu].sourceRef.%s", i,
					      generator ? "generatorRef" : "storeRef");

	if (generator && (store || remote->type != RC_SECRETS_REMOTE_GENERATOR))
		complain(reader, "%s goes with nothing else", where);
	else if (generator)
		take_generator(reader, generator, where, remote);
	else if (store)
		take_store(reader, store, where, remote);
	else
		take_default(reader, remote);
}

static void read_from(struct rc_secrets_external_reader *reader, const json_t *item, size_t i)
{
	const json_t *extract = json_object_get(item, "extract");
	const json_t *find = json_object_get(item, "find");
	const json_t *generator = rc_json_get(item, "sourceRef", "generatorRef", NULL);
	struct rc_secrets_external *external = reader->external;
	struct rc_secrets_remote *remote = &external->remotes[external->n_remotes];
	rc_autofree char *where =
		rc_asprintf("spec.dataFrom[%zu].%s", i, find ? "find" : "extract");

	if ((extract && find) || (!extract && !find && !generator)) {
		complain(reader,
			 "spec.dataFrom[%zu]: one of extract, find and "
			 "sourceRef.generatorRef is wanted",
			 i);
		return;
	}
	external->n_remotes++;
	remote->index = i;
	remote->type = extract ? RC_SECRETS_REMOTE_EXTRACT
		       : find  ? RC_SECRETS_REMOTE_FIND
			       : RC_SECRETS_REMOTE_GENERATOR;
	if (extract)
		read_remote(reader, extract, where, remote);
	if (find)
		read_find(reader, find, where, remote);
	read_from_source(reader, item, i, remote);
	read_rewrite(reader, item, i, remote);
}

static bool has_remote(const struct rc_secrets_external *external, const char *secret_key)
{
	for (size_t i = 0; i < external->n_remotes; i++)
		if (rc_text_equal(external->remotes[i].secret_key, secret_key))
			return true;
	return false;
}

static void read_data(struct rc_secrets_external_reader *reader, const json_t *item, size_t i)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._";
	rc_autofree char *where = rc_asprintf("spec.data[%zu].remoteRef", i);
	rc_autofree char *store_at = rc_asprintf("spec.data[%zu].sourceRef.storeRef", i);
	const json_t *store = rc_json_get(item, "sourceRef", "storeRef", NULL);
	struct rc_secrets_external *external = reader->external;
	const char *key = rc_json_text(item, "secretKey", NULL);
	bool is_double = key && has_remote(external, key);
	struct rc_secrets_remote *remote = &external->remotes[external->n_remotes++];

	remote->type = RC_SECRETS_REMOTE_DATA;
	remote->index = i;
	read_remote(reader, json_object_get(item, "remoteRef"), where, remote);
	remote->secret_key = key;
	if (rc_json_get(item, "sourceRef", "generatorRef", NULL))
		complain(reader, "spec.data[%zu].sourceRef: a generator belongs into dataFrom", i);
	else if (store)
		take_store(reader, store, store_at, remote);
	else
		take_default(reader, remote);
	if (!key || !*key)
		complain(reader, "spec.data[%zu].secretKey is missing", i);
	else if (key[strspn(key, allowed)])
		complain(reader, "spec.data[%zu].secretKey: '%s' is no key of a Secret", i, key);
	else if (is_double && external->deletion == RC_SECRETS_DELETION_RETAIN)
		complain(reader, "spec.data[%zu].secretKey: '%s' is there twice", i, key);
}

void rc_secrets_external_read_remotes(struct rc_secrets_external_reader *reader, const json_t *spec)
{
	const json_t *data = json_object_get(spec, "data");
	const json_t *from = json_object_get(spec, "dataFrom");
	size_t n = json_array_size(data) + json_array_size(from) + 1;
	struct rc_secrets_external *external = reader->external;
	json_t *item;
	size_t i;

	external->remotes = rc_calloc(n, sizeof(*external->remotes));
	external->sources = rc_calloc(n, sizeof(*external->sources));
	json_array_foreach (from, i, item)
		read_from(reader, item, i);
	json_array_foreach (data, i, item)
		read_data(reader, item, i);
	if (n == 1)
		complain(reader, "spec: data or dataFrom is wanted");
}
