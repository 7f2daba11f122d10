/*
 * What a change of a plan does to the attributes of its object, with sensitive values masked.
 *
 * before_sensitive, after_sensitive and after_unknown mirror the values; a true in them is about
 * everything below it.
 */
#pragma once

#include <jansson.h>

/*
 * [{"path": "tags.Name", "before"?, "after"?, "isUnknown"?, "isSensitive"?}] in the order of their
 * paths, for the attributes that differ. Of a sensitive one both sides read RC_TERRAFORM_PLAN_MASK.
 * change is the "change" of a resource, borrowed; the list is the caller's.
 */
json_t *rc_terraform_diff_make(const json_t *change);
/* Put it into item as "diff", long texts and lists shortened, with "omitted" when some are left
 * out. */
void rc_terraform_diff_shorten(const json_t *diff, json_t *item);
/* Put both sides of a change as a whole into item as "before" and "after", masked. */
void rc_terraform_diff_mask_sides(const json_t *change, json_t *item);
