/* target.template, engine v2: Go templates with sprig over the data that was fetched. */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"

/*
 * Render the texts of templates (name -> template, may be NULL) over data ({key: base64}) into to
 * ({name: text}, or base64 of it with encode). -EINVAL names the entry; never a value.
 */
int rc_secrets_template_render(const json_t *templates, const json_t *data, bool encode, json_t *to,
			       struct rc_error **err);
