/* Classes and conditions of stores. */
#include "secrets/store.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "data/json.h"
#include "data/regex.h"
#include "kube/selector.h"

#define CLASS "reconciled"

bool rc_secrets_store_is_ours(const json_t *store, bool has_rival)
{
	const char *class = rc_json_text(store, "spec", "controller", NULL) ?: "";

	return strcmp(class, CLASS) == 0 ||
	       (!has_rival && (!*class || strcmp(class, "default") == 0));
}

static bool is_listed(const json_t *list, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (rc_text_equal(json_string_value(item), name))
			return true;
	return false;
}

/* 1: a pattern is found in the name. */
static int matches_any(const json_t *patterns, const char *name, struct rc_error **err)
{
	json_t *item;
	size_t i;

	json_array_foreach (patterns, i, item) {
		rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;
		const struct rc_regex_span *spans;
		const char *pattern = json_string_value(item) ?: "";
		int r = rc_regex_compile(rc_str(pattern), &regex, err);

		if (r == 0)
			r = rc_regex_find(regex, rc_str(name), 0, &spans, err);
		if (r < 0)
			return rc_wrap(err, r, "spec.conditions: namespaceRegexes '%s'", pattern);
		if (r > 0)
			return 1;
	}
	return 0;
}

int rc_secrets_store_check_use(const json_t *store, const char *name_space, const json_t *labels,
			       struct rc_error **err)
{
	const json_t *conditions = rc_json_get(store, "spec", "conditions", NULL);
	json_t *condition;
	size_t i;
	int r;

	if (!rc_text_equal(rc_json_text(store, "kind", NULL), "ClusterSecretStore") ||
	    json_array_size(conditions) == 0)
		return 0;
	json_array_foreach (conditions, i, condition) {
		const json_t *selector = json_object_get(condition, "namespaceSelector");

		if (is_listed(json_object_get(condition, "namespaces"), name_space))
			return 0;
		if (selector && labels && rc_kube_selector_matches(selector, labels))
			return 0;
		r = matches_any(json_object_get(condition, "namespaceRegexes"), name_space, err);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	return rc_fail(err, -EACCES, "its conditions do not let namespace '%s' use it", name_space);
}
