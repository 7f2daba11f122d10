/* dataFrom[].rewrite: other keys for what was fetched. */
#pragma once

#include <jansson.h>

#include "base/error.h"

/* list: [{regexp}|{transform}|{merge}], applied in order to {key: text}; *ret_map is the caller's.
 * -EINVAL names the operation, never a value. */
int rc_secrets_rewrite(const json_t *list, const json_t *map, json_t **ret_map,
		       struct rc_error **err);
