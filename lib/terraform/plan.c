/* Reading plans. */
#include "terraform/plan.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/sort.h"
#include "data/json.h"
#include "terraform/diff.h"
#include "terraform/sensitive.h"

#define FORMAT_MAJOR "1."
#define CHANGES_MAX  2000

/* ---- actions ---- */

static const struct {
	const char *first, *second; /* of "actions"; second may be NULL */
	const char *action;
} actions[] = {
	{"no-op", NULL, "no-op"},	 {"create", NULL, "create"},
	{"read", NULL, "read"},		 {"update", NULL, "update"},
	{"delete", NULL, "delete"},	 {"delete", "create", "replace"},
	{"create", "delete", "replace"}, {"forget", NULL, "forget"},
	{"create", "forget", "replace"},
};

static bool is_text_at(const json_t *array, size_t index, const char *text)
{
	const json_t *item = json_array_get(array, index);

	return text ? rc_text_equal(json_string_value(item), text) : item == NULL;
}

static const char *name_action(const json_t *change)
{
	const json_t *list = json_object_get(change, "actions");

	for (size_t i = 0; i < RC_ARRAY_SIZE(actions); i++)
		if (is_text_at(list, 0, actions[i].first) &&
		    is_text_at(list, 1, actions[i].second) && json_array_size(list) <= 2)
			return actions[i].action;
	return "other";
}

static void count(json_t *counts, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(counts, name));

	json_object_set_new(counts, name, json_integer(n + 1));
}

/* ---- one change ---- */

static void copy_text(json_t *to, const char *to_key, const json_t *from, const char *key)
{
	const char *text = rc_json_text(from, key, NULL);

	if (text && *text)
		json_object_set_new(to, to_key, json_string(text));
}

static bool is_moved(const json_t *resource)
{
	const char *before = rc_json_text(resource, "previous_address", NULL);

	return before && !rc_text_equal(before, rc_json_text(resource, "address", NULL));
}

/* What the digest covers of a change: everything that is shown, and what is too much to show. */
static json_t *seal_change(const json_t *resource, const json_t *diff)
{
	const json_t *change = json_object_get(resource, "change");
	json_t *seal = json_object();

	json_object_set(seal, "address", json_object_get(resource, "address"));
	json_object_set(seal, "previous", json_object_get(resource, "previous_address"));
	json_object_set(seal, "actions", json_object_get(change, "actions"));
	json_object_set(seal, "replace", json_object_get(change, "replace_paths"));
	json_object_set(seal, "importing", json_object_get(change, "importing"));
	/* A copy: what is shown is changed afterwards. */
	json_object_set_new(seal, "diff", json_deep_copy(diff));
	return seal;
}

/* What is sensitive somewhere is hidden everywhere; what is sealed stays as it was. */
static void hide_sides(const json_t *texts, json_t *item)
{
	static const char *const sides[] = {"before", "after"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(sides); i++) {
		const json_t *value = json_object_get(item, sides[i]);
		json_auto_t *hidden = rc_terraform_sensitive_hide(texts, value);

		if (value && !json_equal(value, hidden)) {
			json_object_set(item, sides[i], hidden);
			json_object_set_new(item, "isSensitive", json_true());
		}
	}
}

static json_t *read_change(const json_t *resource, const char *action, const json_t *texts,
			   json_t *seals)
{
	const json_t *change = json_object_get(resource, "change");
	json_auto_t *diff = rc_terraform_diff_make(change);
	json_t *item = json_pack("{s:s}", "action", action), *entry;
	size_t i;

	copy_text(item, "address", resource, "address");
	copy_text(item, "type", resource, "type");
	copy_text(item, "reason", resource, "action_reason");
	if (is_moved(resource))
		copy_text(item, "previousAddress", resource, "previous_address");
	json_object_set(item, "actions", json_object_get(change, "actions"));
	if (json_array_size(json_object_get(change, "replace_paths")) > 0)
		json_object_set(item, "replacePaths", json_object_get(change, "replace_paths"));
	if (json_is_object(json_object_get(change, "importing")))
		json_object_set_new(item, "isImport", json_true());
	json_array_append_new(seals, seal_change(resource, diff));
	json_array_foreach (diff, i, entry)
		hide_sides(texts, entry);
	rc_terraform_diff_shorten(diff, item);
	return item;
}

static bool is_shown(const json_t *resource, const char *action)
{
	const json_t *importing = rc_json_get(resource, "change", "importing", NULL);

	return strcmp(action, "no-op") != 0 || is_moved(resource) || json_is_object(importing);
}

static void read_changes(const json_t *plan, const json_t *texts, json_t *summary, json_t *seals)
{
	json_t *changes = json_array(), *counts = json_object();
	json_int_t omitted = 0;
	const json_t *resource;
	size_t i;

	json_array_foreach (json_object_get(plan, "resource_changes"), i, resource) {
		const char *action = name_action(json_object_get(resource, "change"));
		json_auto_t *item = NULL;

		if (!is_shown(resource, action))
			continue;
		if (strcmp(action, "no-op") != 0)
			count(counts, action);
		if (is_moved(resource))
			count(counts, "move");
		item = read_change(resource, action, texts, seals);
		if (json_is_true(json_object_get(item, "isImport")))
			count(counts, "import");
		if (json_array_size(changes) < CHANGES_MAX)
			json_array_append(changes, item);
		else
			omitted++;
	}
	json_object_set_new(summary, "counts", counts);
	json_object_set_new(summary, "changes", changes);
	if (omitted > 0)
		json_object_set_new(summary, "omitted", json_integer(omitted));
}

static void read_outputs(const json_t *plan, const json_t *texts, json_t *summary, json_t *seals)
{
	json_t *outputs = json_array(), *change;
	const char *name;

	json_object_foreach (json_object_get(plan, "output_changes"), name, change) {
		const char *action = name_action(change);
		json_t *item;

		if (strcmp(action, "no-op") == 0)
			continue;
		item = json_pack("{s:s, s:s}", "name", name, "action", action);
		rc_terraform_diff_mask_sides(change, item);
		json_array_append_new(seals, json_deep_copy(item));
		hide_sides(texts, item);
		json_array_append_new(outputs, item);
	}
	json_object_set_new(summary, "outputs", outputs);
}

static void read_drift(const json_t *plan, json_t *summary)
{
	json_t *drift = json_array();
	const json_t *resource;
	size_t i;

	json_array_foreach (json_object_get(plan, "resource_drift"), i, resource) {
		const char *action = name_action(json_object_get(resource, "change"));
		json_t *item;

		if (strcmp(action, "no-op") == 0 || i >= CHANGES_MAX)
			continue;
		item = json_pack("{s:s}", "action", action);
		copy_text(item, "address", resource, "address");
		copy_text(item, "type", resource, "type");
		json_array_append_new(drift, item);
	}
	json_object_set_new(summary, "drift", drift);
}

/* ---- the whole ---- */

/* Nothing is configured, something is there, and all of it would go. */
static bool is_emptied(const json_t *plan)
{
	const json_t *root = rc_json_get(plan, "configuration", "root_module", NULL), *resource;
	size_t i, n_deleted = 0;

	if (json_object_size(json_object_get(root, "module_calls")) > 0 ||
	    json_array_size(json_object_get(root, "resources")) > 0)
		return false;
	json_array_foreach (json_object_get(plan, "resource_changes"), i, resource) {
		const char *action = name_action(json_object_get(resource, "change"));

		if (strcmp(action, "delete") != 0)
			return false;
		n_deleted++;
	}
	return n_deleted > 0;
}

static int by_address(const void *a, const void *b)
{
	const json_t *const *x = a, *const *y = b;

	return strcmp(rc_json_text(*x, "address", NULL) ?: "",
		      rc_json_text(*y, "address", NULL) ?: "");
}

/* Terraform promises no order of the list. */
static json_t *sort_by_address(const json_t *plan, const char *key)
{
	const json_t *list = json_object_get(plan, key);
	size_t n = json_array_size(list);
	rc_autofree json_t **items = rc_calloc(n + 1, sizeof(json_t *));
	json_t *sorted = json_array();

	for (size_t i = 0; i < n; i++)
		items[i] = json_array_get(list, i);
	rc_sort(items, n, sizeof(json_t *), by_address);
	for (size_t i = 0; i < n; i++)
		json_array_append(sorted, items[i]);
	return sorted;
}

int rc_terraform_plan_summarise(const json_t *plan, const char *salt, json_t **ret_summary,
				struct rc_error **err)
{
	const char *format = rc_json_text(plan, "format_version", NULL);
	json_auto_t *seals = json_array(), *sorted = json_object();
	json_t *summary = json_object(), *texts;
	char digest[RC_JSON_HASH_MAX];

	if (!format || strncmp(format, FORMAT_MAJOR, strlen(FORMAT_MAJOR)) != 0) {
		json_decref(summary);
		return rc_fail(err, -EPROTO, "the plan's format is %s, we read 1.x",
			       format ? format : "not said");
	}
	texts = rc_terraform_sensitive_list(plan);
	json_object_set_new(summary, "sensitive", texts);
	json_object_set_new(sorted, "resource_changes", sort_by_address(plan, "resource_changes"));
	json_array_append_new(seals, json_string(salt));
	read_changes(sorted, texts, summary, seals);
	read_outputs(plan, texts, summary, seals);
	read_drift(plan, summary);
	copy_text(summary, "terraformVersion", plan, "terraform_version");
	if (is_emptied(plan))
		json_object_set_new(summary, "isEmptied", json_true());
	if (json_is_true(json_object_get(plan, "errored")))
		json_object_set_new(summary, "isErrored", json_true());
	json_object_set_new(summary, "digest", json_string(rc_json_hash(seals, digest)));
	*ret_summary = summary;
	return 0;
}

bool rc_terraform_plan_is_noop(const json_t *summary)
{
	return json_array_size(json_object_get(summary, "changes")) == 0 &&
	       json_array_size(json_object_get(summary, "outputs")) == 0 &&
	       !json_object_get(summary, "omitted");
}

static long long get_count(const json_t *summary, const char *action)
{
	return json_integer_value(rc_json_get(summary, "counts", action, NULL));
}

char *rc_terraform_plan_describe(const json_t *summary)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(4096);
	long long replaced = get_count(summary, "replace");
	static const struct {
		const char *action, *words;
	} rest[] = {
		{"import", "to import"},
		{"move", "to move"},
		{"forget", "to forget"},
		{"other", "unknown"},
	};

	rc_buf_printf(&text, "%lld to add, %lld to change, %lld to destroy",
		      get_count(summary, "create") + replaced, get_count(summary, "update"),
		      get_count(summary, "delete") + replaced);
	for (size_t i = 0; i < RC_ARRAY_SIZE(rest); i++)
		if (get_count(summary, rest[i].action) > 0)
			rc_buf_printf(&text, ", %lld %s", get_count(summary, rest[i].action),
				      rest[i].words);
	if (json_array_size(json_object_get(summary, "outputs")) > 0)
		rc_buf_printf(&text, ", %zu outputs",
			      json_array_size(json_object_get(summary, "outputs")));
	return rc_buf_take(&text);
}
