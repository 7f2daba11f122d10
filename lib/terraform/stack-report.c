/* What is told of a stack. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"
#include "data/json.h"
#include "terraform/plan.h"
#include "terraform/stack-private.h"

/* A record to list: its plan is a line. */
static json_t *shorten(const json_t *record)
{
	json_t *copy = json_copy((json_t *)(uintptr_t)record);
	const json_t *plan = json_object_get(copy, "plan");
	const char *digest = rc_json_text(copy, "digest", NULL);
	rc_autofree char *summary = plan ? rc_terraform_plan_describe(plan) : NULL;

	json_object_del(copy, "plan");
	json_object_del(copy, "outputs");
	if (digest) {
		char brief[13];

		snprintf(brief, sizeof(brief), "%s", digest);
		json_object_set_new(copy, "digestBrief", json_string(brief));
	}
	if (summary)
		json_object_set_new(copy, "summary", json_string(summary));
	return copy;
}

static void copy_key(json_t *to, const char *to_key, const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);

	if (value)
		json_object_set(to, to_key, value);
}

json_t *rc_terraform_stack_describe(const struct rc_terraform_stack *stack)
{
	const struct rc_terraform_stack_options *options = stack->options;
	const json_t *record = stack->run ? rc_terraform_run_get_record(stack->run) : stack->last;
	const json_t *now = stack->run ? record : stack->memory;
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", options->name, "repository",
				 options->repository, "path", options->path ?: ".", "workspace",
				 options->workspace ?: "default", "phase",
				 rc_json_text(now, "phase", NULL) ?: "never-run");
	const char *waits = stack->waits_for ?: rc_json_text(record, "waitsFor", NULL);

	if (!waits && !stack->commit)
		waits = stack->commit_error;

	if (stack->commit)
		json_object_set_new(json, "commit", json_string(stack->commit));
	if (stack->commit_error)
		json_object_set_new(json, "sourceError", json_string(stack->commit_error));
	if (stack->error) {
		rc_autofree char *chain = rc_error_format(stack->error);

		json_object_set_new(json, "sourceError", json_string(chain));
	}
	if (waits)
		json_object_set_new(json, "waitsFor", json_string(waits));
	if (record)
		json_object_set_new(json, "run", shorten(record));
	copy_key(json, "reason", now, "reason");
	copy_key(json, "drift", stack->memory, "drift");
	copy_key(json, "driftAt", stack->memory, "driftAt");
	copy_key(json, "pinned", stack->memory, "pinned");
	copy_key(json, "outputs", stack->memory, "outputs");
	return json;
}

static int by_id(const void *a, const void *b)
{
	const json_t *const *x = a, *const *y = b;
	json_int_t m = json_integer_value(json_object_get(*x, "id"));
	json_int_t n = json_integer_value(json_object_get(*y, "id"));

	return m < n ? 1 : m > n ? -1 : 0;
}

int rc_terraform_stack_list_runs(const struct rc_terraform_stack *stack, json_t **ret_runs,
				 struct rc_error **err)
{
	json_auto_t *all = NULL;
	rc_autofree json_t **sorted = NULL;
	json_t *record, *runs;
	const char *name;
	size_t n = 0;
	int r = rc_store_list(stack->site->store, "terraform-run", &all, err);

	if (r < 0)
		return r;
	sorted = rc_calloc(json_object_size(all) + 1, sizeof(*sorted));
	json_object_foreach (all, name, record)
		if (rc_text_equal(rc_json_text(record, "stack", NULL), stack->options->name))
			sorted[n++] = record;
	rc_sort(sorted, n, sizeof(*sorted), by_id);
	runs = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(runs, shorten(sorted[i]));
	*ret_runs = runs;
	return 0;
}

int rc_terraform_stack_get_record(const struct rc_terraform_stack *stack, json_int_t id,
				  json_t **ret_record, struct rc_error **err)
{
	json_int_t wanted = id ? id : json_integer_value(json_object_get(stack->memory, "next"));
	rc_autofree char *name = rc_asprintf("%s/%08lld", stack->options->name, (long long)wanted);
	json_t *record = NULL;
	int r = rc_store_get(stack->site->store, "terraform-run", name, &record, err);

	if (r == 0 && !record)
		return rc_fail(err, -ENOENT, "stack '%s' has no run %lld", stack->options->name,
			       (long long)wanted);
	if (r == 0)
		*ret_record = record;
	return r;
}

static bool is_settled(const json_t *record)
{
	const char *phase = rc_json_text(record, "phase", NULL);

	return rc_text_equal(phase, "applied") || rc_text_equal(phase, "no-change") ||
	       rc_text_equal(phase, "restored");
}

/* What such an apply did, nobody saw; the next plan says what is left, from the state. */
void rc_terraform_stack_note_cut(const struct rc_terraform_stack *stack, json_t *record)
{
	const json_t *last = stack->last;
	rc_autofree char *text = NULL;

	if (!last || is_settled(last))
		return;
	if (!rc_text_equal(rc_json_text(last, "step", NULL), "apply")) {
		copy_key(record, "after", last, "after");
		return;
	}
	text = rc_asprintf("run %lld did not end its apply: %s",
			   (long long)json_integer_value(json_object_get(last, "id")),
			   rc_json_text(last, "reason", NULL) ?: "nobody knows why");
	json_object_set_new(record, "after", json_string(text) ?: json_string("?"));
}
