/*
 * The function lookup of a chart that is rendered in the worker: what main answered already is
 * given, what it did not is noted and answered by nothing, so that one turn finds as many questions
 * as it can.
 */
#include <errno.h>

#include "data/json.h"
#include "gitops/source-private.h"
#include "helm/value.h"

#define LOOKUPS_MAX 200

static json_t *text(struct rc_str s)
{
	return json_stringn(s.n ? s.p : "", s.n);
}

static char *make_key(const struct rc_helm_lookup *lookup)
{
	json_auto_t *parts =
		json_pack("[o, o, o, o]", text(lookup->api_version), text(lookup->kind),
			  text(lookup->name_space), text(lookup->name));

	return json_dumps(parts, JSON_COMPACT);
}

static int note(struct source_job *job, const struct rc_helm_lookup *lookup, const char *key,
		struct rc_error **err)
{
	const json_t *one;
	size_t i;

	json_array_foreach (job->lookups, i, one)
		if (strcmp((rc_json_text(one, "key", NULL) ?: ""), key) == 0)
			return 0;
	if (i >= LOOKUPS_MAX)
		return rc_fail(err, -E2BIG, "a chart may look up no more than %d objects",
			       LOOKUPS_MAX);
	json_array_append_new(job->lookups,
			      json_pack("{s:s, s:o, s:o, s:o, s:o}", "key", key, "apiVersion",
					text(lookup->api_version), "kind", text(lookup->kind),
					"namespace", text(lookup->name_space), "name",
					text(lookup->name)));
	return 0;
}

int rc_source_lookup(void *userdata, struct rc_arena *arena, const struct rc_helm_lookup *lookup,
		     struct rc_value *ret, struct rc_error **err)
{
	struct source_job *job = userdata;
	rc_autofree char *key = make_key(lookup);
	const json_t *answer =
		key ? json_object_get(json_object_get(job->request, "lookups"), key) : NULL;
	const char *error = rc_json_text(answer, "error", NULL);

	*ret = rc_value_map_new(arena, RC_VALUE_ANY, 0);
	if (!key)
		return rc_fail(err, -EINVAL, "what is looked up is named by no UTF-8");
	if (error)
		return rc_fail(err, -EINVAL, "%s", error);
	if (!answer)
		return note(job, lookup, key, err);
	*ret = rc_helm_value_from_json(arena, json_object_get(answer, "object"));
	return 0;
}
