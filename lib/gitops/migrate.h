/*
 * Taking over what others applied: their fields of an object become ours, so that what is taken out
 * of Git later goes from the cluster, too.
 *
 * kubectl, Argo CD and Helm write under their own names into managedFields; a field that two own
 * stays when one lets go. Nothing of the object itself changes, so nothing is restarted. What Helm
 * needs to find its release again (annotations meta.helm.sh/...) stays Helm's.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

/* The names whose ownership becomes ours, ends with NULL. */
extern const char *const rc_migrate_managers[];

/* What of live is theirs and becomes ours, as one tree of FieldsV1; the caller's. NULL: nothing. */
json_t *rc_migrate_list_fields(const json_t *live, const char *also);
/* Whether live has fields of such a manager; also (may be NULL), another one, counts too. */
bool rc_migrate_is_needed(const json_t *live, const char *also);
/* A merge patch of live, which has all its managedFields; the caller's. NULL: there is nothing to
 * be done. */
json_t *rc_migrate_make_patch(const json_t *live, const char *also);
