/*
 * All projects that are known, each with where it is from.
 *
 * "default" is always there: where nobody defines it, it allows everything.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "gitops/project.h"

struct rc_projects;

struct rc_projects *rc_projects_new(void);
void rc_projects_free(struct rc_projects *projects);
RC_DEFINE_FREEP(struct rc_projects, rc_projects_free)

/* Borrowed until the next change; NULL: there is none of that name. */
const struct rc_project *rc_projects_find(const struct rc_projects *projects, const char *name);

/*
 * One project of origin, taken over; in place of the one of its name. One that another origin has
 * is refused with a warning. Returns whether anything changed.
 */
bool rc_projects_put(struct rc_projects *projects, const char *origin, struct rc_project *project);
/* Returns whether there was one. */
bool rc_projects_drop(struct rc_projects *projects, const char *origin, const char *name);
/* All of origin, taken over; the array stays the caller's. is_partial: all that could be read, the
 * others stay. Returns whether anything changed. */
bool rc_projects_set(struct rc_projects *projects, const char *origin, struct rc_project **list,
		     size_t n, bool is_partial);

/* [{name, origin, description?, warnings?, refusal?}]; the caller's. */
json_t *rc_projects_describe(const struct rc_projects *projects);
