/* What a plan calls sensitive: values that its module knows and nobody else. */
#pragma once

#include <jansson.h>

/*
 * The texts that are marked, on either side of a change, in the state before, in outputs and in
 * variables; each line of those of several. What is shorter than 8 bytes is left out: it would mask
 * half of a log. At most 500, the longest first: one may be part of another; an array, the
 * caller's.
 */
json_t *rc_terraform_sensitive_list(const json_t *plan);
/* A copy of value with these texts masked wherever they stand in it: what a provider computes from
 * a value that is sensitive is not marked. The caller's. */
json_t *rc_terraform_sensitive_hide(const json_t *texts, const json_t *value);
