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
#include "kube/apply.h"
#include "kube/object.h"

/* ---- what lists are keyed by ---- */

static const struct {
	const char *list;
	const char *keys[3]; /* all of them make the key; what is absent counts as its default */
} keyed_lists[] = {
	{"containers", {"name"}},
	{"initContainers", {"name"}},
	{"ephemeralContainers", {"name"}},
	{"env", {"name"}},
	{"volumes", {"name"}},
	{"volumeMounts", {"mountPath"}},
	{"volumeDevices", {"devicePath"}},
	{"imagePullSecrets", {"name"}},
	{"secrets", {"name"}},
	{"hostAliases", {"ip"}},
	{"topologySpreadConstraints", {"topologyKey", "whenUnsatisfiable"}},
	{"conditions", {"type"}},
	{"ownerReferences", {"uid"}},
	{"webhooks", {"name"}},
};

static const char *const no_keys[3];

/* Ports are keyed by their number: of a container, or of a Service. */
static const char *const *find_keys(const char *list, const json_t *element)
{
	static const char *const container_port[3] = {"containerPort", "protocol"};
	static const char *const service_port[3] = {"port", "protocol"};

	if (!json_is_object(element))
		return no_keys;
	if (strcmp(list, "ports") == 0) {
		if (json_object_get(element, "containerPort"))
			return container_port;
		return json_is_integer(json_object_get(element, "port")) ? service_port : no_keys;
	}
	for (size_t i = 0; i < RC_ARRAY_SIZE(keyed_lists); i++)
		if (strcmp(keyed_lists[i].list, list) == 0)
			return keyed_lists[i].keys;
	return no_keys;
}

static bool same_key_value(const char *key, const json_t *a, const json_t *b)
{
	if (strcmp(key, "protocol") == 0)
		return strcmp(json_string_value(a) ?: "TCP", json_string_value(b) ?: "TCP") == 0;
	return a && b && json_equal(a, b);
}

/* Where list has the element with the same key, from at on; its size when it has none there. */
static size_t find_element(const json_t *list, size_t at, const json_t *element,
			   const char *const *keys)
{
	for (; at < json_array_size(list); at++) {
		const json_t *item = json_array_get(list, at);
		bool same = true;

		for (size_t k = 0; k < 3 && keys[k]; k++)
			same = same && same_key_value(keys[k], json_object_get(item, keys[k]),
						      json_object_get(element, keys[k]));
		if (same)
			break;
	}
	return at;
}

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
	const char *const *keys = place.scope == SCOPE_OTHER
					  ? no_keys
					  : find_keys(place.field, json_array_get(desired, 0));
	bool is_set = strcmp(place.field, "finalizers") == 0;
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
		size_t found = keys[0] ? find_element(live, at, element, keys) : i;
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

static bool owns_more(const json_t *fields, const json_t *desired);

/* "k:{"name":"x"}" names an element of a keyed list, "v:"x"" one of a set. */
static bool owned_element_is_there(const char *name, const json_t *fields, const json_t *desired)
{
	json_auto_t *key = json_loads(name + 2, JSON_DECODE_ANY, NULL);
	const char *field;
	json_t *element, *value;
	size_t i;

	json_array_foreach (desired, i, element) {
		bool same = true;

		if (name[0] == 'v') {
			if (json_equal(element, key))
				return true;
			continue;
		}
		json_object_foreach (key, field, value)
			same = same &&
			       same_key_value(field, json_object_get(element, field), value);
		if (same)
			return !owns_more(fields, element);
	}
	return false;
}

static bool owns_more(const json_t *fields, const json_t *desired)
{
	const char *name;
	json_t *inner;

	json_object_foreach ((json_t *)(uintptr_t)fields, name, inner) {
		if (strcmp(name, ".") == 0)
			continue;
		if (rc_text_has_prefix(name, "f:")) {
			const json_t *value = json_object_get(desired, name + 2);

			if (!value || owns_more(inner, value))
				return true;
		} else if (!owned_element_is_there(name, inner, desired)) {
			return true;
		}
	}
	return false;
}

static bool owns_undesired(const json_t *live, const json_t *desired)
{
	json_t *entry;
	size_t i;

	json_array_foreach (rc_json_get(live, "metadata", "managedFields", NULL), i, entry)
		if (rc_text_equal(rc_json_text(entry, "manager", NULL), RC_KUBE_FIELD_MANAGER) &&
		    rc_text_equal(rc_json_text(entry, "operation", NULL), "Apply") &&
		    !json_object_get(entry, "subresource") &&
		    owns_more(json_object_get(entry, "fieldsV1"), desired))
			return true;
	return false;
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

enum rc_comparison rc_compare_local(const json_t *desired, const json_t *live,
				    const struct rc_ignore *ignore)
{
	struct place place = {"", scope_of(desired), false};
	bool concerns = rc_ignore_concerns(ignore, desired);
	bool folds = json_object_get(desired, "stringData") != NULL;
	json_auto_t *wanted = concerns || folds ? json_deep_copy(desired)
						: json_incref((json_t *)(uintptr_t)desired);
	json_auto_t *seen =
		concerns ? json_deep_copy(live) : json_incref((json_t *)(uintptr_t)live);

	if (owns_undesired(live, desired))
		return RC_COMPARISON_UNKNOWN;
	if (folds)
		rc_compare_fold_secret(wanted);
	if (concerns) {
		rc_ignore_remove(ignore, wanted);
		rc_ignore_remove(ignore, seen);
	}
	return covers(seen, wanted, place) ? RC_COMPARISON_IN_SYNC : RC_COMPARISON_UNKNOWN;
}

/* What no comparison looks at. */
static json_t *strip(const json_t *object, const struct rc_ignore *ignore)
{
	static const char *const fields[] = {"managedFields", "resourceVersion",
					     "generation",    "creationTimestamp",
					     "uid",	      "selfLink"};
	json_t *copy = json_deep_copy(object);
	json_t *metadata = json_object_get(copy, "metadata");

	for (size_t i = 0; i < RC_ARRAY_SIZE(fields); i++)
		json_object_del(metadata, fields[i]);
	rc_kube_object_set_annotation(copy, "kubectl.kubernetes.io/last-applied-configuration",
				      NULL);
	json_object_del(copy, "status");
	rc_ignore_remove(ignore, copy);
	return copy;
}

enum rc_comparison rc_compare_predicted(const json_t *live, const json_t *predicted,
					const struct rc_ignore *ignore)
{
	json_auto_t *a = strip(live, ignore), *b = strip(predicted, ignore);
	struct place place = {"", scope_of(live), true};

	return covers(a, b, place) ? RC_COMPARISON_IN_SYNC : RC_COMPARISON_MODIFIED;
}
