/* Combinators report themselves, then the branch that came nearest, which a score decides. */
#include "helm/schema-private.h"

/* Keep the better of two failed branches in best. */
static void keep_better(struct rc_helm_schema_result *best, bool *has_best,
			struct rc_helm_schema_result *candidate)
{
	if (*has_best && candidate->score <= best->score)
		return;
	rc_buf_done(&best->messages);
	*best = *candidate;
	candidate->messages = RC_BUF_INIT(RC_HELM_SCHEMA_MESSAGES_MAX);
	*has_best = true;
}

static void check_any_of(struct rc_helm_schema_run *run, const struct rc_value_list *list,
			 struct rc_value node, const struct rc_helm_schema_path *path,
			 struct rc_helm_schema_result *result)
{
	bool has_best = false;
	RC_HELM_SCHEMA_RESULT(best);

	for (size_t i = 0; i < list->n; i++) {
		RC_HELM_SCHEMA_RESULT(own);

		rc_helm_schema_validate(run, list->items[i], node, path, &own);
		if (own.n_errors == 0)
			return;
		keep_better(&best, &has_best, &own);
	}
	rc_helm_schema_add(result, path, "Must validate at least one schema (anyOf)");
	rc_helm_schema_merge(result, &best);
}

static void check_one_of(struct rc_helm_schema_run *run, const struct rc_value_list *list,
			 struct rc_value node, const struct rc_helm_schema_path *path,
			 struct rc_helm_schema_result *result)
{
	bool has_best = false;
	unsigned int passed = 0;
	RC_HELM_SCHEMA_RESULT(best);

	for (size_t i = 0; i < list->n; i++) {
		RC_HELM_SCHEMA_RESULT(own);

		rc_helm_schema_validate(run, list->items[i], node, path, &own);
		if (own.n_errors == 0)
			passed++;
		else
			keep_better(&best, &has_best, &own);
	}
	if (passed == 1)
		return;
	rc_helm_schema_add(result, path, "Must validate one and only one schema (oneOf)");
	if (passed == 0)
		rc_helm_schema_merge(result, &best);
}

static void check_all_of(struct rc_helm_schema_run *run, const struct rc_value_list *list,
			 struct rc_value node, const struct rc_helm_schema_path *path,
			 struct rc_helm_schema_result *result)
{
	bool all = true;

	for (size_t i = 0; i < list->n; i++) {
		RC_HELM_SCHEMA_RESULT(own);

		rc_helm_schema_validate(run, list->items[i], node, path, &own);
		all = all && own.n_errors == 0;
		rc_helm_schema_merge(result, &own);
	}
	if (!all)
		rc_helm_schema_add(result, path, "Must validate all the schemas (allOf)");
}

static void check_dependencies(struct rc_helm_schema_run *run, struct rc_value dependencies,
			       struct rc_value node, const struct rc_helm_schema_path *path,
			       struct rc_helm_schema_result *result)
{
	for (size_t i = 0; i < node.map->n; i++) {
		const struct rc_value *dependency =
			rc_value_map_get(dependencies.map, node.map->entries[i].key);

		if (!dependency)
			continue;
		if (dependency->kind == RC_VALUE_MAP)
			rc_helm_schema_validate(run, *dependency, node, path, result);
		for (size_t j = 0; dependency->kind == RC_VALUE_LIST && j < dependency->list->n;
		     j++) {
			struct rc_value wanted = dependency->list->items[j];

			if (wanted.kind == RC_VALUE_STRING &&
			    !rc_value_map_get(node.map, wanted.text))
				rc_helm_schema_add(result, path, "Has a dependency on %.*s",
						   (int)wanted.text.n, wanted.text.p);
		}
	}
}

static void check_condition(struct rc_helm_schema_run *run,
			    const struct rc_helm_schema_keywords *schema, struct rc_value node,
			    const struct rc_helm_schema_path *path,
			    struct rc_helm_schema_result *result)
{
	struct rc_value then = rc_helm_schema_get(schema, RC_HELM_SCHEMA_THEN);
	struct rc_value otherwise = rc_helm_schema_get(schema, RC_HELM_SCHEMA_ELSE);
	RC_HELM_SCHEMA_RESULT(test);
	RC_HELM_SCHEMA_RESULT(branch);

	rc_helm_schema_validate(run, rc_helm_schema_get(schema, RC_HELM_SCHEMA_IF), node, path,
				&test);
	if (test.n_errors == 0 && then.kind != RC_VALUE_INVALID) {
		rc_helm_schema_validate(run, then, node, path, &branch);
		if (branch.n_errors > 0)
			rc_helm_schema_add(result, path,
					   "Must validate \"then\" as \"if\" was valid");
	} else if (test.n_errors > 0 && otherwise.kind != RC_VALUE_INVALID) {
		rc_helm_schema_validate(run, otherwise, node, path, &branch);
		if (branch.n_errors > 0)
			rc_helm_schema_add(result, path,
					   "Must validate \"else\" as \"if\" was not valid");
	}
	if (branch.n_errors > 0)
		rc_helm_schema_merge(result, &branch);
}

typedef void check_list_fn(struct rc_helm_schema_run *run, const struct rc_value_list *list,
			   struct rc_value node, const struct rc_helm_schema_path *path,
			   struct rc_helm_schema_result *result);

void rc_helm_schema_combine(struct rc_helm_schema_run *run,
			    const struct rc_helm_schema_keywords *schema, struct rc_value node,
			    const struct rc_helm_schema_path *path,
			    struct rc_helm_schema_result *result)
{
	static const struct {
		enum rc_helm_schema_keyword key;
		check_list_fn *check;
	} lists[] = {{RC_HELM_SCHEMA_ANY_OF, check_any_of},
		     {RC_HELM_SCHEMA_ONE_OF, check_one_of},
		     {RC_HELM_SCHEMA_ALL_OF, check_all_of}};
	struct rc_value found;

	for (size_t i = 0; i < RC_ARRAY_SIZE(lists); i++) {
		found = rc_helm_schema_get(schema, lists[i].key);
		if (found.kind == RC_VALUE_LIST && found.list->n > 0)
			lists[i].check(run, found.list, node, path, result);
	}
	found = rc_helm_schema_get(schema, RC_HELM_SCHEMA_NOT);
	if (found.kind != RC_VALUE_INVALID) {
		RC_HELM_SCHEMA_RESULT(own);

		rc_helm_schema_validate(run, found, node, path, &own);
		if (own.n_errors == 0)
			rc_helm_schema_add(result, path, "Must not validate the schema (not)");
	}
	found = rc_helm_schema_get(schema, RC_HELM_SCHEMA_DEPENDENCIES);
	if (found.kind == RC_VALUE_MAP && node.kind == RC_VALUE_MAP)
		check_dependencies(run, found, node, path, result);
	if (rc_helm_schema_get(schema, RC_HELM_SCHEMA_IF).kind != RC_VALUE_INVALID)
		check_condition(run, schema, node, path, result);
	result->score++;
}
