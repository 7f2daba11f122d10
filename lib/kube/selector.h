/* Label selectors as objects have them: {matchLabels, matchExpressions}. */
#pragma once

#include <stdbool.h>

#include <jansson.h>

/* Whether labels ({name: value}, may be NULL) are selected; an empty selector selects all. */
bool rc_kube_selector_matches(const json_t *selector, const json_t *labels);
