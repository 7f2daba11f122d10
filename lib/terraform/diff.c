/* Walking both sides of a change beside the trees that say what is sensitive and what unknown. */
#include "terraform/diff.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/sort.h"
#include "terraform/plan.h"

#define PATH_MAX_BYTES 4096
#define DEPTH_MAX      64
#define SHOWN_MAX      200  /* attributes of one change */
#define TEXT_MAX       1024 /* bytes of one value */

/* One place in both trees. The marks may be true or false for all below, or mirror the value. */
struct place {
	const json_t *before, *after; /* NULL: there is nothing */
	const json_t *before_mark, *after_mark, *unknown;
};

/* What mark says of a member of the place it is about. */
static const json_t *mark_below(const json_t *mark, const char *key, size_t index)
{
	if (json_is_true(mark) || json_is_false(mark))
		return mark;
	return key ? json_object_get(mark, key) : json_array_get(mark, index);
}

static const json_t *value_below(const json_t *value, const char *key, size_t index)
{
	return key ? json_object_get(value, key) : json_array_get(value, index);
}

static struct place go_below(const struct place *place, const char *key, size_t index)
{
	return (struct place){
		.before = value_below(place->before, key, index),
		.after = value_below(place->after, key, index),
		.before_mark = mark_below(place->before_mark, key, index),
		.after_mark = mark_below(place->after_mark, key, index),
		.unknown = mark_below(place->unknown, key, index),
	};
}

/* Some mark in the tree is true. */
static bool has_mark(const json_t *mark)
{
	const json_t *item;
	const char *key;
	size_t i;

	json_array_foreach (mark, i, item)
		if (has_mark(item))
			return true;
	json_object_foreach ((json_t *)(uintptr_t)mark, key, item)
		if (has_mark(item))
			return true;
	return json_is_true(mark);
}

static json_t *mask(const json_t *value, const json_t *mark)
{
	const json_t *item;
	const char *key;
	json_t *masked;
	size_t i;

	if (json_is_true(mark))
		return json_string(RC_TERRAFORM_PLAN_MASK);
	if (!has_mark(mark))
		return json_deep_copy(value);
	masked = json_is_array(value) ? json_array() : json_object();
	json_array_foreach (value, i, item)
		json_array_append_new(masked, mask(item, mark_below(mark, NULL, i)));
	json_object_foreach ((json_t *)(uintptr_t)value, key, item)
		json_object_set_new(masked, key, mask(item, mark_below(mark, key, 0)));
	if (json_is_array(value) || json_is_object(value))
		return masked;
	json_decref(masked);
	return json_deep_copy(value);
}

static bool is_nothing(const json_t *value)
{
	return !value || json_is_null(value);
}

/* What is sensitive on either side is hidden on both. */
static void set_side(json_t *item, const char *side, const json_t *value, const json_t *mark,
		     const json_t *other_mark)
{
	json_auto_t *masked = NULL;

	if (is_nothing(value))
		return;
	masked = mask(value, mark);
	json_object_set_new(item, side, mask(masked, other_mark));
}

static void add_leaf(const struct place *place, const struct rc_buf *path, json_t *list)
{
	json_t *item = json_pack("{s:s}", "path", rc_buf_text(path));

	set_side(item, "before", place->before, place->before_mark, place->after_mark);
	set_side(item, "after", place->after, place->after_mark, place->before_mark);
	if (json_is_true(place->unknown))
		json_object_set_new(item, "isUnknown", json_true());
	if (has_mark(place->before_mark) || has_mark(place->after_mark))
		json_object_set_new(item, "isSensitive", json_true());
	json_array_append_new(list, item);
}

static bool is_leaf(const struct place *place)
{
	if (json_is_true(place->before_mark) || json_is_true(place->after_mark) ||
	    json_is_true(place->unknown))
		return true;
	if (is_nothing(place->before) || is_nothing(place->after))
		return !json_is_object(place->before) && !json_is_object(place->after);
	return json_typeof(place->before) != json_typeof(place->after) ||
	       (!json_is_object(place->before) && !json_is_array(place->before));
}

static bool is_same(const struct place *place)
{
	if (has_mark(place->unknown))
		return false;
	if (is_nothing(place->before) && is_nothing(place->after))
		return true;
	return place->before && place->after && json_equal(place->before, place->after);
}

static int by_text(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* The names of both sides and of what is not known yet, once each, sorted. */
static size_t list_keys(const struct place *place, const char ***ret_keys)
{
	const json_t *trees[] = {place->before, place->after, place->unknown};
	size_t max = json_object_size(trees[0]) + json_object_size(trees[1]) +
		     json_object_size(trees[2]);
	const char **keys = rc_calloc(max + 1, sizeof(*keys)), *key;
	size_t n = 0, kept = 0;
	json_t *value;

	for (size_t i = 0; i < RC_ARRAY_SIZE(trees); i++)
		json_object_foreach ((json_t *)(uintptr_t)trees[i], key, value)
			keys[n++] = key;
	rc_sort(keys, n, sizeof(*keys), by_text);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || strcmp(keys[kept - 1], keys[i]) != 0)
			keys[kept++] = keys[i];
	*ret_keys = keys;
	return kept;
}

static void walk(const struct place *place, struct rc_buf *path, unsigned int depth, json_t *list);

static void walk_below(const struct place *place, const char *key, size_t index,
		       struct rc_buf *path, unsigned int depth, json_t *list)
{
	struct place below = go_below(place, key, index);
	size_t n = path->n;

	if (key)
		rc_buf_printf(path, "%s%s", n ? "." : "", key);
	else
		rc_buf_printf(path, "[%zu]", index);
	walk(&below, path, depth + 1, list);
	rc_buf_truncate(path, n);
}

static void walk(const struct place *place, struct rc_buf *path, unsigned int depth, json_t *list)
{
	size_t n_before = json_array_size(place->before), n_after = json_array_size(place->after);
	rc_autofree const char **keys = NULL;
	size_t n;

	if (is_same(place))
		return;
	if (is_leaf(place) || depth >= DEPTH_MAX) {
		add_leaf(place, path, list);
		return;
	}
	for (size_t i = 0; i < n_before || i < n_after; i++)
		walk_below(place, NULL, i, path, depth, list);
	n = list_keys(place, &keys);
	for (size_t i = 0; i < n; i++)
		walk_below(place, keys[i], 0, path, depth, list);
}

json_t *rc_terraform_diff_make(const json_t *change)
{
	struct place place = {
		.before = json_object_get(change, "before"),
		.after = json_object_get(change, "after"),
		.before_mark = json_object_get(change, "before_sensitive"),
		.after_mark = json_object_get(change, "after_sensitive"),
		.unknown = json_object_get(change, "after_unknown"),
	};
	rc_autobuf struct rc_buf path = RC_BUF_INIT(PATH_MAX_BYTES);
	json_t *list = json_array();

	walk(&place, &path, 0, list);
	return list;
}

/* A value to look at: what is long is cut, and says so. */
static json_t *shorten(const json_t *value)
{
	rc_autofree char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	rc_autofree char *cut = NULL;
	size_t n = text ? strlen(text) : 0, keep = TEXT_MAX;

	if (n <= TEXT_MAX)
		return json_deep_copy(value);
	while (keep > 0 && ((unsigned char)text[keep] & 0xC0) == 0x80)
		keep--;
	cut = rc_asprintf("%.*s... (%zu bytes)", (int)keep, text, n);
	return json_string(cut) ?: json_string("(too long to show)");
}

void rc_terraform_diff_shorten(const json_t *diff, json_t *item)
{
	static const char *const sides[] = {"before", "after"};
	size_t n = json_array_size(diff);
	json_t *shown = json_array();

	for (size_t i = 0; i < n && i < SHOWN_MAX; i++) {
		json_t *entry = json_copy(json_array_get(diff, i));

		for (size_t side = 0; side < RC_ARRAY_SIZE(sides); side++) {
			const json_t *value = json_object_get(entry, sides[side]);

			if (value)
				json_object_set_new(entry, sides[side], shorten(value));
		}
		json_array_append_new(shown, entry);
	}
	json_object_set_new(item, "diff", shown);
	if (n > SHOWN_MAX)
		json_object_set_new(item, "omitted", json_integer((json_int_t)(n - SHOWN_MAX)));
}

void rc_terraform_diff_mask_sides(const json_t *change, json_t *item)
{
	const json_t *before_mark = json_object_get(change, "before_sensitive");
	const json_t *after_mark = json_object_get(change, "after_sensitive");

	set_side(item, "before", json_object_get(change, "before"), before_mark, after_mark);
	set_side(item, "after", json_object_get(change, "after"), after_mark, before_mark);
	if (has_mark(json_object_get(change, "after_unknown")))
		json_object_set_new(item, "isUnknown", json_true());
}
