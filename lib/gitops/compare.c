/*
 * Two questions answer the first comparison: does live hold everything that is desired, and is
 * everything that we own (our entry of managedFields) still desired?
 */
#include "gitops/compare.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/base64.h"
#include "data/json.h"
#include "data/quantity.h"
#include "gitops/migrate.h"
#include "gitops/three-way.h"
#include "kube/apply.h"
#include "kube/fields.h"
#include "kube/lists.h"
#include "kube/object.h"

/* ---- does live hold what is desired? ---- */

/* How texts of a place are to be read. */
enum scope {
	SCOPE_OTHER,	  /* as they stand: custom resources, and maps whose values are anything */
	SCOPE_FIELDS,	  /* by their field */
	SCOPE_QUANTITIES, /* all of them are quantities */
};

static bool is_one_of(const char *field, const char *const *fields, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(fields[i], field) == 0)
			return true;
	return false;
}

/* What is under the field called key of the object called parent. */
static enum scope enter(enum scope scope, const char *parent, const char *key)
{
	static const char *const quantities[] = {"limits",  "requests",	    "capacity",
						 "hard",    "averageValue", "sizeLimit",
						 "divisor", "overhead"};
	static const char *const anything[] = {"data",	       "stringData",  "binaryData",
					       "labels",       "annotations", "matchLabels",
					       "nodeSelector", "parameters",  "selector"};

	if (scope != SCOPE_FIELDS)
		return scope;
	if (is_one_of(key, anything, RC_ARRAY_SIZE(anything)))
		return SCOPE_OTHER;
	if (is_one_of(key, quantities, RC_ARRAY_SIZE(quantities)) ||
	    (strcmp(key, "value") == 0 && strcmp(parent, "target") == 0))
		return SCOPE_QUANTITIES;
	return SCOPE_FIELDS;
}

/* Fields of custom resources have no meaning that is known here, and some lists of others have no
 * keys though they are called ports. */
static enum scope scope_of(const json_t *object)
{
	static const char *const plain[] = {"NetworkPolicy", "Endpoints", "EndpointSlice"};
	const char *kind = rc_json_text(object, "kind", NULL) ?: "";
	rc_autofree char *group = NULL;

	if (is_one_of(kind, plain, RC_ARRAY_SIZE(plain)))
		return SCOPE_OTHER;

	rc_kube_object_split_version(rc_json_text(object, "apiVersion", NULL) ?: "", &group);
	return !strchr(group, '.') || rc_text_has_suffix(group, ".k8s.io") ? SCOPE_FIELDS
									   : SCOPE_OTHER;
}

/* What is being compared, and how. */
struct place {
	const char *field; /* the name it has; "" in a list */
	enum scope scope;
	bool is_exact; /* live may hold nothing that is not desired */
};

static bool covers(const json_t *live, const json_t *desired, struct place place);

/*
 * Whether the server does not store value under key at all. Of empty objects only maps go: emptyDir
 * and namespaceSelector say something by being there.
 */
static bool vanishes(const char *key, const json_t *value, enum scope scope)
{
	static const char *const maps[] = {
		"annotations", "labels", "nodeSelector", "matchLabels", "data",	     "stringData",
		"binaryData",  "limits", "requests",	 "overhead",	"parameters"};

	if (json_is_null(value))
		return true;
	if (scope == SCOPE_OTHER)
		return false;
	if (json_is_array(value))
		return json_array_size(value) == 0;
	return json_is_object(value) && json_object_size(value) == 0 &&
	       is_one_of(key, maps, RC_ARRAY_SIZE(maps));
}

static bool covers_object(const json_t *live, const json_t *desired, struct place place)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)desired, key, value) {
		const json_t *its = json_object_get(live, key);
		struct place inner = {key, enter(place.scope, place.field, key), place.is_exact};

		if (!its && vanishes(key, value, place.scope))
			continue;
		if (!its || !covers(its, value, inner))
			return false;
	}
	if (place.is_exact)
		json_object_foreach ((json_t *)(uintptr_t)live, key, value)
			if (!json_object_get(desired, key) && !vanishes(key, value, place.scope))
				return false;
	return true;
}

static bool holds_all(const json_t *live, const json_t *desired)
{
	json_t *wanted, *item;
	size_t i, j;

	json_array_foreach (desired, i, wanted) {
		bool found = false;

		json_array_foreach (live, j, item)
			found = found || json_equal(item, wanted);
		if (!found)
			return false;
	}
	return true;
}

/*
 * Of a keyed list live may hold more, but what is desired in the same order: it is the order in
 * which containers begin and variables are expanded. Without keys the list is one value, and
 * nobody else may have added to it.
 */
static bool covers_array(const json_t *live, const json_t *desired, struct place place)
{
	static const char *const no_keys[RC_KUBE_LIST_KEYS];
	const char *const *keys =
		place.scope == SCOPE_OTHER
			? no_keys
			: rc_kube_list_get_keys(place.field, json_array_get(desired, 0));
	bool is_set = rc_kube_list_is_set(place.field);
	struct place inner = {"", place.scope, place.is_exact || !keys[0]};
	size_t i, at = 0;
	json_t *element;

	/* Elements may lack their key, which then finds none. */
	if (json_equal(live, desired))
		return true;
	if ((place.is_exact || (!keys[0] && !is_set)) &&
	    json_array_size(live) != json_array_size(desired))
		return false;
	if (is_set)
		return holds_all(live, desired);
	json_array_foreach (desired, i, element) {
		size_t found = keys[0] ? rc_kube_list_find(live, at, element, keys) : i;
		const json_t *its = json_array_get(live, found);

		if (!its || !covers(its, element, inner))
			return false;
		at = found + 1;
	}
	return true;
}

static bool same_number(const json_t *a, const json_t *b)
{
	if (json_is_integer(a) && json_is_integer(b))
		return json_integer_value(a) == json_integer_value(b);
	return json_is_number(a) && json_is_number(b) &&
	       fabs(json_number_value(a) - json_number_value(b)) < 1e-12;
}

/* A quantity may be written as a number. */
static bool same_quantity(const json_t *a, const json_t *b)
{
	rc_autofree char *x = json_is_string(a) ? rc_strdup(json_string_value(a))
						: json_dumps(a, JSON_ENCODE_ANY);
	rc_autofree char *y = json_is_string(b) ? rc_strdup(json_string_value(b))
						: json_dumps(b, JSON_ENCODE_ANY);

	return x && y && rc_quantity_text_equal(rc_str(x), rc_str(y));
}

static bool covers(const json_t *live, const json_t *desired, struct place place)
{
	if (json_is_object(desired))
		return json_is_object(live) && covers_object(live, desired, place);
	if (json_is_array(desired))
		return json_is_array(live) && covers_array(live, desired, place);
	if (json_equal(live, desired) || same_number(live, desired))
		return true;
	return place.scope == SCOPE_QUANTITIES && !json_is_object(live) && !json_is_array(live) &&
	       same_quantity(live, desired);
}

/* ---- is what we own still desired? ---- */

static const json_t *enter_field(const json_t *json, const char *name)
{
	return rc_text_has_prefix(name, "f:")
		       ? json_object_get(json, name + 2)
		       : json_array_get(json, rc_kube_fields_find(json, name));
}

/* Whether live has something that fields names, and desired has not. */
static bool owns_more(const json_t *fields, const json_t *desired, const json_t *live)
{
	const char *name;
	json_t *inner;

	json_object_foreach ((json_t *)(uintptr_t)fields, name, inner) {
		const json_t *wanted, *its;

		if (strcmp(name, ".") == 0)
			continue;
		wanted = enter_field(desired, name);
		its = enter_field(live, name);
		if (its && (!wanted || owns_more(inner, wanted, its)))
			return true;
	}
	return false;
}

static bool takes_over_more(const json_t *live, const json_t *seen, const json_t *desired,
			    const struct rc_compare_options *options)
{
	json_auto_t *fields = options->is_migrated
				      ? rc_migrate_list_fields(live, options->migration_manager)
				      : NULL;

	return fields && owns_more(fields, desired, seen);
}

/* What we wrote whole, and did not mark for ourselves since. */
static bool wrote_more(const json_t *live, const json_t *seen, const json_t *desired)
{
	json_auto_t *fields =
		json_deep_copy(rc_kube_fields_get(live, RC_KUBE_FIELD_MANAGER, "Update"));
	json_t *marks = rc_json_get(fields, "f:spec", "f:template", "f:metadata", NULL);

	json_object_del(marks, "f:annotations");
	return fields && owns_more(fields, desired, seen);
}

/* Whether merging without the server changes anything. */
static bool is_merged(const json_t *seen, const json_t *desired, struct place place)
{
	json_auto_t *merged = rc_three_way_merge(desired, seen);
	json_auto_t *plain = json_deep_copy(seen);

	rc_kube_object_set_annotation(merged, RC_THREE_WAY_ANNOTATION, NULL);
	rc_kube_object_set_annotation(plain, RC_THREE_WAY_ANNOTATION, NULL);
	place.is_exact = true;
	return covers(plain, merged, place);
}

static const json_t *fields_of_ours(const json_t *object)
{
	return rc_kube_fields_get(object, RC_KUBE_FIELD_MANAGER, "Apply");
}

/* ---- what is ours of a prediction ---- */

/* The same place in live and prediction, and what we own there of each. */
struct pair {
	const json_t *live, *predicted, *owned, *owned_then;
};

static bool is_changed(const struct pair *pair, struct place place);

static bool is_leaf(const json_t *fields)
{
	return fields && json_object_size(fields) == 0;
}

/* One thing that we own, before or then: name is its in both trees. */
static bool is_part_changed(const struct pair *pair, const char *name, struct place place)
{
	struct pair part = {.owned = json_object_get(pair->owned, name),
			    .owned_then = json_object_get(pair->owned_then, name)};
	struct place inner = {"", place.scope, true};

	if (rc_text_has_prefix(name, "f:")) {
		part.live = json_object_get(pair->live, name + 2);
		part.predicted = json_object_get(pair->predicted, name + 2);
		inner = (struct place){name + 2, enter(place.scope, place.field, name + 2), true};
	} else {
		part.live = json_array_get(pair->live, rc_kube_fields_find(pair->live, name));
		part.predicted =
			json_array_get(pair->predicted, rc_kube_fields_find(pair->predicted, name));
	}
	return is_changed(&part, inner);
}

/* Of a keyed list: what is in both is in the same order. */
static bool is_order_changed(const struct pair *pair)
{
	size_t last = 0, i;
	const char *name;
	json_t *element, *inner;

	json_array_foreach (pair->live, i, element)
		json_object_foreach ((json_t *)(uintptr_t)pair->owned_then, name, inner) {
			size_t at;

			if (name[0] != 'k' || !rc_kube_fields_means(name, element))
				continue;
			at = rc_kube_fields_find(pair->predicted, name);
			if (at < last)
				return true;
			last = at;
		}
	return false;
}

static bool is_same_value(const json_t *a, const json_t *b, struct place place)
{
	if (!a || !b)
		return (!a || vanishes(place.field, a, place.scope)) &&
		       (!b || vanishes(place.field, b, place.scope));
	return covers(a, b, place);
}

static bool is_changed(const struct pair *pair, struct place place)
{
	const char *name;
	json_t *inner;

	if (!pair->live || !pair->predicted || is_leaf(pair->owned) || is_leaf(pair->owned_then))
		return !is_same_value(pair->live, pair->predicted, place);
	json_object_foreach ((json_t *)(uintptr_t)pair->owned_then, name, inner)
		if (strcmp(name, ".") != 0 && is_part_changed(pair, name, place))
			return true;
	json_object_foreach ((json_t *)(uintptr_t)pair->owned, name, inner)
		if (strcmp(name, ".") != 0 && !json_object_get(pair->owned_then, name) &&
		    is_part_changed(pair, name, place))
			return true;
	return json_is_array(pair->live) && is_order_changed(pair);
}

/* ---- the comparison ---- */

void rc_compare_fold_secret(json_t *object)
{
	json_t *texts = json_object_get(object, "stringData"), *data, *value;
	const char *key;

	if (!json_is_object(texts) || !rc_text_equal(rc_json_text(object, "kind", NULL), "Secret"))
		return;
	data = json_object_get(object, "data");
	if (!json_is_object(data)) {
		data = json_object();
		json_object_set_new(object, "data", data);
	}
	json_object_foreach (texts, key, value) {
		rc_autobuf struct rc_buf encoded = RC_BUF_INIT(RC_BUF_UNLIMITED);

		rc_base64_encode(
			(struct rc_str){json_string_value(value) ?: "", json_string_length(value)},
			&encoded);
		json_object_set_new(data, key, json_string(rc_buf_text(&encoded)));
	}
	json_object_del(object, "stringData");
}

static const struct rc_compare_options no_options;

enum rc_comparison rc_compare_local(const json_t *desired, const json_t *live,
				    const struct rc_compare_options *options)
{
	const struct rc_compare_options *how = options ? options : &no_options;
	struct place place = {"", scope_of(desired), false};
	bool concerns = rc_ignore_view_concerns(&how->ignore, desired);
	bool folds = json_object_get(desired, "stringData") != NULL;
	json_auto_t *wanted = concerns || folds ? json_deep_copy(desired)
						: json_incref((json_t *)(uintptr_t)desired);
	json_auto_t *seen =
		concerns ? json_deep_copy(live) : json_incref((json_t *)(uintptr_t)live);

	if (folds)
		rc_compare_fold_secret(wanted);
	if (concerns)
		rc_ignore_remove(&how->ignore, wanted, seen);
	if (takes_over_more(live, seen, wanted, how) ||
	    (how->is_replaced && wrote_more(live, seen, wanted)))
		return RC_COMPARISON_MODIFIED;
	if (how->is_client_side)
		return is_merged(seen, wanted, place) ? RC_COMPARISON_IN_SYNC
						      : RC_COMPARISON_UNKNOWN;
	/* What a webhook would do nobody knows but the server. */
	if (how->with_webhooks || owns_more(fields_of_ours(live), wanted, seen))
		return RC_COMPARISON_UNKNOWN;
	return covers(seen, wanted, place) ? RC_COMPARISON_IN_SYNC : RC_COMPARISON_UNKNOWN;
}

/* What no comparison looks at; in place. */
static void strip(json_t *object)
{
	static const char *const fields[] = {"managedFields", "resourceVersion",
					     "generation",    "creationTimestamp",
					     "uid",	      "selfLink"};
	json_t *metadata = json_object_get(object, "metadata");

	for (size_t i = 0; i < RC_ARRAY_SIZE(fields); i++)
		json_object_del(metadata, fields[i]);
	rc_kube_object_set_annotation(object, "kubectl.kubernetes.io/last-applied-configuration",
				      NULL);
	json_object_del(object, "status");
}

enum rc_comparison rc_compare_predicted(const json_t *live, const json_t *predicted,
					const struct rc_compare_options *options)
{
	const struct rc_compare_options *how = options ? options : &no_options;
	json_auto_t *a = json_deep_copy(live), *b = json_deep_copy(predicted);
	struct place place = {"", scope_of(live), true};
	struct pair pair = {a, b, fields_of_ours(live), fields_of_ours(predicted)};

	rc_ignore_remove(&how->ignore, b, a);
	strip(a);
	strip(b);
	/* Without our entry nobody can say what is ours: then everything counts. */
	if (how->with_webhooks || how->is_client_side || !pair.owned_then)
		return covers(a, b, place) ? RC_COMPARISON_IN_SYNC : RC_COMPARISON_MODIFIED;
	return is_changed(&pair, place) ? RC_COMPARISON_MODIFIED : RC_COMPARISON_IN_SYNC;
}
