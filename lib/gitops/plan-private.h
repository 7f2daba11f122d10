/* What plan.c and plan-delete.c share. */
#pragma once

#include "gitops/plan.h"

/* A task about key, zeroed; valid until the next one. */
struct rc_task *rc_plan_add(struct rc_plan *plan, const struct rc_kube_key *key);
/* In the order they are run. */
void rc_plan_sort(struct rc_plan *plan);
/* "<prefix><revision's first 7>-<phase>-<start>" for a hook with generateName, else NULL; the
 * caller's. */
char *rc_plan_make_hook_name(const struct rc_desired_item *item, enum rc_phase phase,
			     const char *revision, int64_t started_unix_s);
/* It is a CustomResourceDefinition, which would take all objects of its kind along. */
bool rc_plan_is_definition(const struct rc_kube_key *key);
