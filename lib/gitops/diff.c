/* Objects made ready for a line diff. */
#include "gitops/diff.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "data/yaml-emit.h"
#include "gitops/compare.h"
#include "kube/object.h"

#define CONTEXT	   3
#define MASK	   "++++++++"
#define MASK_OTHER "++++++++++++"

static json_t *make_ready(const json_t *object)
{
	static const char *const fields[] = {"managedFields", "resourceVersion",
					     "generation",    "creationTimestamp",
					     "uid",	      "selfLink"};
	json_t *copy = object ? json_deep_copy(object) : NULL;

	for (size_t i = 0; copy && i < RC_ARRAY_SIZE(fields); i++)
		json_object_del(json_object_get(copy, "metadata"), fields[i]);
	json_object_del(copy, "status");
	if (copy)
		rc_kube_object_set_annotation(
			copy, "kubectl.kubernetes.io/last-applied-configuration", NULL);
	return copy;
}

/* Equal values get the same mask; the other side's, where it differs, a longer one. */
static void mask_map(json_t *a, json_t *b)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe (a, next, key, value) {
		const json_t *other = json_object_get(b, key);
		bool differs = other && !json_equal(value, other);

		json_object_set_new(a, key, json_string(MASK));
		if (other)
			json_object_set_new(b, key, json_string(differs ? MASK_OTHER : MASK));
	}
	json_object_foreach_safe (b, next, key, value)
		if (!json_object_get(a, key))
			json_object_set_new(b, key, json_string(MASK));
}

static bool is_secret(const json_t *object)
{
	return object && rc_text_equal(rc_json_text(object, "kind", NULL), "Secret") &&
	       rc_text_equal(rc_json_text(object, "apiVersion", NULL), "v1");
}

/* What should be a map and is none may be a secret as a whole. */
static void mask_other(json_t *object, const char *field, const char *text)
{
	const json_t *value = json_object_get(object, field);

	if (value && !json_is_null(value) && !json_is_object(value))
		json_object_set_new(object, field, json_string(text));
}

static void mask(json_t *a, json_t *b)
{
	static const char *const maps[] = {"data", "stringData"};

	rc_compare_fold_secret(a);
	rc_compare_fold_secret(b);
	for (size_t i = 0; i < RC_ARRAY_SIZE(maps); i++) {
		json_t *x = json_object_get(a, maps[i]), *y = json_object_get(b, maps[i]);
		bool same = x && y && json_equal(x, y);

		mask_map(json_is_object(x) ? x : NULL, json_is_object(y) ? y : NULL);
		mask_other(a, maps[i], MASK);
		mask_other(b, maps[i], same ? MASK : MASK_OTHER);
	}
}

int rc_diff_write(struct rc_buf *out, const json_t *live, const json_t *wanted)
{
	json_auto_t *a = make_ready(live), *b = make_ready(wanted);
	rc_autobuf struct rc_buf before = RC_BUF_INIT(RC_BUF_UNLIMITED);
	rc_autobuf struct rc_buf after = RC_BUF_INIT(RC_BUF_UNLIMITED);
	rc_autofree struct rc_kube_key *key = NULL;
	rc_autofree char *name = NULL;

	if (rc_kube_object_get_key(a ? a : b, &key, NULL) < 0)
		return 0;
	if (is_secret(a) || is_secret(b))
		mask(a, b);
	if (a)
		rc_yaml_from_json(a, &before);
	if (b)
		rc_yaml_from_json(b, &after);
	if (rc_str_equal(rc_buf_str(&before), rc_buf_str(&after)))
		return 0;
	name = rc_kube_object_format_key(key);
	rc_buf_printf(out, "--- live %s%s\n+++ desired %s%s\n", name, a ? "" : " (absent)", name,
		      b ? "" : " (to be pruned)");
	return rc_diff_write_text(out, rc_buf_str(&before), rc_buf_str(&after), CONTEXT);
}
