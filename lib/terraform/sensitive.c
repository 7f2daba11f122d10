/* Walking values beside the trees that say what of them is sensitive. */
#include "terraform/sensitive.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "base/sort.h"
#include "base/str.h"
#include "data/json.h"
#include "terraform/plan.h"

#define SHORTEST_BYTES 8
#define LONGEST_BYTES  ((size_t)16 << 10)
#define ALL_BYTES      ((size_t)256 << 10)
#define TEXTS_MAX      500
#define DEPTH_MAX      64

struct found {
	json_t *texts; /* {text: null}: each once */
	size_t bytes;
};

static void add(struct found *found, struct rc_str text)
{
	if (text.n < SHORTEST_BYTES || text.n > LONGEST_BYTES ||
	    json_object_size(found->texts) >= TEXTS_MAX || found->bytes + text.n > ALL_BYTES)
		return;
	found->bytes += text.n;
	json_object_setn_new(found->texts, text.p, text.n, json_null());
}

/* A log is masked line by line. */
static void add_lines(struct found *found, struct rc_str text)
{
	add(found, text);
	while (memchr(text.p, '\n', text.n)) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = (size_t)(end - text.p);

		add(found, rc_str_trim((struct rc_str){text.p, n}, " \t\r"));
		text.p += n + 1;
		text.n -= n + 1;
	}
	add(found, rc_str_trim(text, " \t\r\n"));
}

/* What mark, which may be true for all below, says of a member. */
static const json_t *mark_below(const json_t *mark, const char *key, size_t index)
{
	if (json_is_true(mark))
		return mark;
	return key ? json_object_get(mark, key) : json_array_get(mark, index);
}

static void walk(struct found *found, const json_t *value, const json_t *mark, unsigned int depth)
{
	json_t *item;
	const char *key;
	size_t i;

	if (!mark || json_is_false(mark) || depth > DEPTH_MAX)
		return;
	if (json_is_string(value) && json_is_true(mark))
		add_lines(found,
			  (struct rc_str){json_string_value(value), json_string_length(value)});
	json_array_foreach (value, i, item)
		walk(found, item, mark_below(mark, NULL, i), depth + 1);
	json_object_foreach ((json_t *)(uintptr_t)value, key, item)
		walk(found, item, mark_below(mark, key, 0), depth + 1);
}

static void walk_change(struct found *found, const json_t *change)
{
	walk(found, json_object_get(change, "before"), json_object_get(change, "before_sensitive"),
	     0);
	walk(found, json_object_get(change, "after"), json_object_get(change, "after_sensitive"),
	     0);
}

static void walk_module(struct found *found, const json_t *module, unsigned int depth)
{
	const json_t *item;
	size_t i;

	if (depth > DEPTH_MAX)
		return;
	json_array_foreach (json_object_get(module, "resources"), i, item)
		walk(found, json_object_get(item, "values"),
		     json_object_get(item, "sensitive_values"), 0);
	json_array_foreach (json_object_get(module, "child_modules"), i, item)
		walk_module(found, item, depth + 1);
}

static void walk_variables(struct found *found, const json_t *plan)
{
	const json_t *declared =
		rc_json_get(plan, "configuration", "root_module", "variables", NULL);
	json_t *variable;
	const char *name;

	json_object_foreach (json_object_get(plan, "variables"), name, variable) {
		const json_t *mark = rc_json_get(declared, name, "sensitive", NULL);

		walk(found, json_object_get(variable, "value"), mark, 0);
	}
}

static int by_length(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;
	size_t m = strlen(*x), n = strlen(*y);

	return m < n ? 1 : m > n ? -1 : strcmp(*x, *y);
}

static json_t *sort(const json_t *texts)
{
	rc_autofree const char **sorted = rc_calloc(json_object_size(texts) + 1, sizeof(char *));
	json_t *list = json_array(), *value;
	const char *text;
	size_t n = 0;

	json_object_foreach ((json_t *)(uintptr_t)texts, text, value)
		sorted[n++] = text;
	rc_sort(sorted, n, sizeof(char *), by_length);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(sorted[i]));
	return list;
}

json_t *rc_terraform_sensitive_list(const json_t *plan)
{
	static const char *const changes[] = {"resource_changes", "resource_drift"};
	struct found found = {.texts = json_object()};
	json_t *item, *list;
	const char *key;
	size_t i;

	walk_variables(&found, plan);
	for (size_t n = 0; n < RC_ARRAY_SIZE(changes); n++)
		json_array_foreach (json_object_get(plan, changes[n]), i, item)
			walk_change(&found, json_object_get(item, "change"));
	json_object_foreach (json_object_get(plan, "output_changes"), key, item)
		walk_change(&found, item);
	walk_module(&found, rc_json_get(plan, "prior_state", "values", "root_module", NULL), 0);
	list = sort(found.texts);
	json_decref(found.texts);
	return list;
}

static json_t *hide_text(const json_t *texts, const json_t *value)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	const char *p = json_string_value(value);
	const json_t *text;
	size_t i;

	while (*p) {
		size_t n = 0;

		json_array_foreach (texts, i, text) {
			n = json_string_length(text);
			if (strncmp(p, json_string_value(text), n) == 0)
				break;
			n = 0;
		}
		if (n > 0)
			rc_buf_puts(&out, RC_TERRAFORM_PLAN_MASK);
		else
			rc_buf_putc(&out, *p);
		p += n ? n : 1;
	}
	return json_string(rc_buf_text(&out)) ?: json_string(RC_TERRAFORM_PLAN_MASK);
}

static bool holds_any(const json_t *texts, const json_t *value)
{
	const json_t *text;
	size_t i;

	json_array_foreach (texts, i, text)
		if (strstr(json_string_value(value), json_string_value(text)))
			return true;
	return false;
}

json_t *rc_terraform_sensitive_hide(const json_t *texts, const json_t *value)
{
	json_t *copy, *item;
	const char *key;
	size_t i;

	if (json_is_string(value) && holds_any(texts, value))
		return hide_text(texts, value);
	if (json_is_array(value)) {
		copy = json_array();
		json_array_foreach (value, i, item)
			json_array_append_new(copy, rc_terraform_sensitive_hide(texts, item));
		return copy;
	}
	if (json_is_object(value)) {
		copy = json_object();
		json_object_foreach ((json_t *)(uintptr_t)value, key, item)
			json_object_set_new(copy, key, rc_terraform_sensitive_hide(texts, item));
		return copy;
	}
	return json_incref((json_t *)(uintptr_t)value);
}
