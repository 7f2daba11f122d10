/* The sources of an Application: where its manifests are, and how they are made. */
#pragma once

#include "gitops/application.h"
#include "gitops/fields.h"

/* Set application's sources to what spec says; what is wrong is complained of. */
void rc_application_source_read_all(struct rc_application *application, struct rc_fields *fields,
				    const json_t *spec);
/* The one of json, whose path in the manifest is where. */
void rc_application_source_read(struct rc_application_source *source, struct rc_fields *fields,
				const json_t *json, const char *where);
/* Source number i as the manifest has it; borrowed. */
const json_t *rc_application_source_get(const struct rc_application *application, size_t i);
