/*
 * ignoreDifferences: which fields of which objects nobody minds.
 *
 * jsonPointers (RFC 6901) and of jq's language the paths: .a.b, ["a"], [0], [] and
 * [] | select(.name == "x"), joined by pipes. managedFieldsManagers needs what the live cache does
 * not keep and is refused by name.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/error.h"

struct rc_ignore;

/* list is Application.spec.ignoreDifferences, or NULL: nothing is ignored and *ret_ignore NULL.
 * -EINVAL names the rule. */
int rc_ignore_compile(const json_t *list, struct rc_ignore **ret_ignore, struct rc_error **err);
void rc_ignore_free(struct rc_ignore *ignore);
RC_DEFINE_FREEP(struct rc_ignore, rc_ignore_free)

/* Some rule is about this object. ignore may be NULL, here and below. */
bool rc_ignore_concerns(const struct rc_ignore *ignore, const json_t *object);
/* Take the fields in question out of object. */
void rc_ignore_remove(const struct rc_ignore *ignore, json_t *object);
/* Give the fields in question of object the values they have in live, so that applying it leaves
 * them alone; what live lacks is taken out. */
void rc_ignore_keep(const struct rc_ignore *ignore, json_t *object, const json_t *live);
