/* Rewriting keys, in byte order: of two that become the same the later one stays. */
#include "secrets/rewrite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "data/regex.h"
#include "secrets/shape.h"
#include "secrets/template.h"

/* ---- regexp, transform ---- */

static int rewrite_regexp(const json_t *operation, const json_t *map, json_t *to,
			  struct rc_error **err)
{
	rc_autofree const char **keys = rc_json_sort_keys(map);
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;
	struct rc_str target = rc_str(rc_json_text(operation, "target", NULL) ?: "");
	int r = rc_regex_compile(rc_str(rc_json_text(operation, "source", NULL) ?: ""), &regex,
				 err);

	for (size_t i = 0; r == 0 && keys[i]; i++) {
		rc_autobuf struct rc_buf key = RC_BUF_INIT(1 << 16);

		r = rc_regex_replace_all(regex, rc_str(keys[i]), target, false, &key, err);
		if (r == 0)
			json_object_set(to, rc_buf_text(&key), json_object_get(map, keys[i]));
	}
	return r;
}

static int rewrite_transform(const json_t *operation, const json_t *map, json_t *to,
			     struct rc_error **err)
{
	rc_autofree const char **keys = rc_json_sort_keys(map);
	const char *text = rc_json_text(operation, "template", NULL) ?: "";
	int r = 0;

	for (size_t i = 0; r == 0 && keys[i]; i++) {
		json_auto_t *dot = json_pack("{s:s}", "value", keys[i]);
		rc_autobuf struct rc_buf key = RC_BUF_INIT(1 << 16);

		r = rc_secrets_template_execute("transform", text, dot, &key, err);
		if (r == 0)
			json_object_set(to, rc_buf_text(&key), json_object_get(map, keys[i]));
	}
	return r;
}

/* ---- merge ---- */

static bool is_priority(const json_t *priority, const char *key)
{
	json_t *item;
	size_t i;

	json_array_foreach (priority, i, item)
		if (rc_text_equal(json_string_value(item), key))
			return true;
	return false;
}

/* What one key holds, a map in JSON, into all. */
static int merge_one(const char *key, const json_t *text, json_t *all, struct rc_buf *conflicts,
		     struct rc_error **err)
{
	json_auto_t *map = json_loadb(json_string_value(text), json_string_length(text), 0, NULL);
	rc_autofree const char **keys = NULL;

	if (!json_is_object(map))
		return rc_fail(err, -EINVAL, "key '%s' does not hold a map in JSON", key);
	keys = rc_json_sort_keys(map);
	for (size_t i = 0; keys[i]; i++) {
		if (json_object_get(all, keys[i]))
			rc_buf_printf(conflicts, "%s%s", conflicts->n ? ", " : "", keys[i]);
		json_object_set(all, keys[i], json_object_get(map, keys[i]));
	}
	return 0;
}

static int merge_all(const json_t *operation, const json_t *map, json_t *all,
		     struct rc_buf *conflicts, struct rc_error **err)
{
	rc_autofree const char **keys = rc_json_sort_keys(map);
	const json_t *priority = json_object_get(operation, "priority");
	bool is_strict =
		!rc_text_equal(rc_json_text(operation, "priorityPolicy", NULL), "IgnoreNotFound");
	json_t *item;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && keys[i]; i++)
		if (!is_priority(priority, keys[i]))
			r = merge_one(keys[i], json_object_get(map, keys[i]), all, conflicts, err);
	if (r < 0)
		return r;
	json_array_foreach (priority, i, item) {
		const char *key = json_string_value(item) ?: "";
		const json_t *text = json_object_get(map, key);

		if (!text && is_strict)
			return rc_fail(err, -EINVAL, "there is no key '%s', which has priority",
				       key);
		r = text ? merge_one(key, text, all, conflicts, err) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* JSON as Go's encoder without HTML escapes. */
static json_t *to_json_text(const json_t *all)
{
	rc_autobuf struct rc_buf html = RC_BUF_INIT(RC_BUF_UNLIMITED);
	rc_autobuf struct rc_buf plain = RC_BUF_INIT(RC_BUF_UNLIMITED);
	static const struct {
		const char *escape;
		char c;
	} escapes[] = {{"\\u003c", '<'}, {"\\u003e", '>'}, {"\\u0026", '&'}};

	rc_json_write(&html, all);
	for (size_t i = 0; i < html.n; i++) {
		size_t j = 0;

		while (j < RC_ARRAY_SIZE(escapes) && strncmp(html.p + i, escapes[j].escape, 6) != 0)
			j++;
		if (j < RC_ARRAY_SIZE(escapes)) {
			rc_buf_putc(&plain, escapes[j].c);
			i += 5;
		} else if (html.p[i] == '\\') {
			rc_buf_add(&plain, html.p + i++, 2);
		} else {
			rc_buf_putc(&plain, html.p[i]);
		}
	}
	return rc_secrets_shape_bytes(rc_buf_str(&plain));
}

static int rewrite_merge(const json_t *operation, const json_t *map, json_t *to,
			 struct rc_error **err)
{
	bool is_json = rc_text_equal(rc_json_text(operation, "strategy", NULL), "JSON");
	bool ignores = rc_text_equal(rc_json_text(operation, "conflictPolicy", NULL), "Ignore");
	rc_autobuf struct rc_buf conflicts = RC_BUF_INIT(1 << 16);
	json_auto_t *all = json_object();
	const char *key;
	json_t *value;
	int r = merge_all(operation, map, all, &conflicts, err);

	if (r < 0)
		return r;
	if (conflicts.n > 0 && !ignores)
		return rc_fail(err, -EINVAL, "more than one secret holds %s",
			       rc_buf_text(&conflicts));
	if (is_json) {
		json_object_update(to, (json_t *)(uintptr_t)map);
		json_object_set_new(to, rc_json_text(operation, "into", NULL) ?: "",
				    to_json_text(all));
		return 0;
	}
	json_object_foreach (all, key, value) {
		rc_autobuf struct rc_buf bytes = RC_BUF_INIT(1 << 20);

		rc_secrets_shape_write(&bytes, value);
		json_object_set_new(to, key, rc_secrets_shape_bytes(rc_buf_str(&bytes)));
	}
	return 0;
}

/* ---- the list ---- */

static const struct {
	const char *name;
	int (*run)(const json_t *operation, const json_t *map, json_t *to, struct rc_error **err);
} operations[] = {
	{"merge", rewrite_merge}, {"regexp", rewrite_regexp}, {"transform", rewrite_transform}};

static int rewrite_once(const json_t *item, json_t **map, struct rc_error **err)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(operations); i++) {
		const json_t *operation = json_object_get(item, operations[i].name);
		json_auto_t *to = NULL;
		int r;

		if (!operation)
			continue;
		to = json_object();
		r = operations[i].run(operation, *map, to, err);
		if (r < 0)
			return rc_wrap(err, r, "%s", operations[i].name);
		json_decref(*map);
		*map = json_incref(to);
		return 0;
	}
	return 0;
}

int rc_secrets_rewrite(const json_t *list, const json_t *map, json_t **ret_map,
		       struct rc_error **err)
{
	json_auto_t *at = json_incref((json_t *)(uintptr_t)map);
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		int r = rewrite_once(item, &at, err);

		if (r < 0)
			return rc_wrap(err, r, "rewrite[%zu]", i);
	}
	*ret_map = json_incref(at);
	return 0;
}
