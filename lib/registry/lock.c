/* Chart.lock. Its digest is of Go's JSON for Helm's structs: their fields' order, its escapes. */
#include "registry/lock.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#include "base/clock.h"
#include "data/digest.h"
#include "data/json.h"
#include "data/yaml-emit.h"
#include "helm/encode.h"

static const struct rc_helm_decode_field lock_fields[] = {
	{"digest", RC_HELM_DECODE_TEXT, offsetof(struct rc_registry_lock, digest), 0, NULL},
	{"dependencies", RC_HELM_DECODE_STRUCTS, offsetof(struct rc_registry_lock, dependencies),
	 offsetof(struct rc_registry_lock, n_dependencies), &rc_helm_metadata_dependency},
	{NULL, RC_HELM_DECODE_TEXT, 0, 0, NULL},
};

static const struct rc_helm_decode_struct lock_struct = {
	"Lock", "chart.Lock", sizeof(struct rc_registry_lock), lock_fields};

int rc_registry_lock_find(const struct rc_helm_files *files, struct rc_registry_lock **ret_lock,
			  struct rc_error **err)
{
	static const char *const names[] = {"Chart.lock", "requirements.lock"};
	struct rc_registry_lock *lock = NULL;

	/* Of two, Helm takes the one it comes to last. */
	for (size_t i = 0; i < files->n; i++) {
		for (size_t j = 0; j < RC_ARRAY_SIZE(names); j++) {
			int r;

			if (!rc_str_is(files->at[i].name, names[j]))
				continue;
			lock = rc_arena_new0(files->arena, struct rc_registry_lock);
			lock->file = names[j];
			r = rc_helm_decode_text(files->arena, files->at[i].bytes, &lock_struct,
						lock, err);
			if (r < 0)
				return rc_wrap(err, r, "cannot load %s", names[j]);
		}
	}
	for (size_t i = 0; lock && i < lock->n_dependencies; i++)
		if (!lock->dependencies[i])
			return rc_fail(err, -EINVAL, "%s: dependencies[%zu] is empty", lock->file,
				       i);
	*ret_lock = lock;
	return 0;
}

static void add_text(struct rc_buf *out, const char *key, struct rc_str text, bool omit_empty)
{
	if (omit_empty && text.n == 0)
		return;
	rc_buf_printf(out, "%s\"%s\":", out->p[out->n - 1] == '{' ? "" : ",", key);
	rc_json_write_string(out, text, true);
}

static int add_list(struct rc_buf *out, const char *key, struct rc_value list,
		    struct rc_error **err)
{
	if (list.kind != RC_VALUE_LIST || list.list->n == 0)
		return 0;
	rc_buf_printf(out, ",\"%s\":", key);
	return rc_helm_encode_json(out, list, true, err);
}

static int add_dependency(struct rc_buf *out, const struct rc_helm_dependency *dependency,
			  struct rc_error **err)
{
	int r;

	rc_buf_putc(out, '{');
	add_text(out, "name", dependency->name, false);
	add_text(out, "version", dependency->version, true);
	add_text(out, "repository", dependency->repository, false);
	add_text(out, "condition", dependency->condition, true);
	r = add_list(out, "tags", dependency->tags, err);
	if (dependency->enabled)
		rc_buf_puts(out, ",\"enabled\":true");
	if (r == 0)
		r = add_list(out, "import-values", dependency->import_values, err);
	add_text(out, "alias", dependency->alias, true);
	rc_buf_putc(out, '}');
	return r;
}

static int add_dependencies(struct rc_buf *out, struct rc_helm_dependency *const *dependencies,
			    size_t n, struct rc_error **err)
{
	int r = 0;

	if (!dependencies) {
		rc_buf_puts(out, "null");
		return 0;
	}
	rc_buf_putc(out, '[');
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (i > 0)
			rc_buf_putc(out, ',');
		r = add_dependency(out, dependencies[i], err);
	}
	rc_buf_putc(out, ']');
	return r;
}

static void finish(const struct rc_buf *json, char text[RC_REGISTRY_LOCK_DIGEST_MAX])
{
	char digest[RC_DIGEST_MAX];

	snprintf(text, RC_REGISTRY_LOCK_DIGEST_MAX, "sha256:%s",
		 rc_digest_sha256(rc_buf_str(json), digest));
}

int rc_registry_lock_hash(const struct rc_helm_metadata *metadata,
			  const struct rc_registry_lock *lock,
			  char text[RC_REGISTRY_LOCK_DIGEST_MAX], struct rc_error **err)
{
	rc_autobuf struct rc_buf json = RC_BUF_INIT(RC_BUF_UNLIMITED);
	int r;

	rc_buf_putc(&json, '[');
	r = add_dependencies(&json, metadata->dependencies, metadata->n_dependencies, err);
	rc_buf_putc(&json, ',');
	if (r == 0)
		r = add_dependencies(&json, lock->dependencies, lock->n_dependencies, err);
	rc_buf_putc(&json, ']');
	if (r == 0)
		finish(&json, text);
	return r;
}

static json_t *text_of(struct rc_str text)
{
	return json_stringn(text.p ? text.p : "", text.n);
}

void rc_registry_lock_write(const struct rc_registry_lock *lock, const char *digest,
			    int64_t made_unix_s, struct rc_buf *out)
{
	char time[RC_CLOCK_RFC3339_MAX];
	json_t *dependencies = json_array();
	json_auto_t *json =
		json_pack("{s:o, s:s, s:s}", "dependencies", dependencies, "digest", digest,
			  "generated", rc_clock_format_rfc3339(made_unix_s, time));

	for (size_t i = 0; i < lock->n_dependencies; i++) {
		const struct rc_helm_dependency *dependency = lock->dependencies[i];

		json_array_append_new(dependencies,
				      json_pack("{s:o, s:o, s:o}", "name",
						text_of(dependency->name), "repository",
						text_of(dependency->repository), "version",
						text_of(dependency->version)));
	}
	rc_yaml_from_json(json, out);
}

int rc_registry_lock_hash_v2(const struct rc_helm_metadata *metadata,
			     char text[RC_REGISTRY_LOCK_DIGEST_MAX], struct rc_error **err)
{
	rc_autobuf struct rc_buf json = RC_BUF_INIT(RC_BUF_UNLIMITED);
	int r;

	rc_buf_puts(&json, "{\"dependencies\":");
	r = add_dependencies(&json, metadata->dependencies, metadata->n_dependencies, err);
	rc_buf_putc(&json, '}');
	if (r == 0)
		finish(&json, text);
	return r;
}
