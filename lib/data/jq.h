/*
 * jq's language: which paths of a document a path expression names. libjq is used nowhere else.
 *
 * A program may run for ever or eat all memory: only a worker that can be spared runs one.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"

/*
 * All paths that expression names in document, [["spec", "list", 0], ...]: each once, the last
 * first, so that they can be removed one after the other. What fails for this document (a null that
 * is iterated) names none. -EINVAL: it is no expression, or stops by itself; -E2BIG: more than
 * 10,000 paths.
 */
int rc_jq_list_paths(const char *expression, const json_t *document, json_t **ret_paths,
		     struct rc_error **err);
