/* The sources of an Application: where its manifests are, and how they are made. */
#pragma once

#include "gitops/application.h"
#include "gitops/fields.h"

/* Set application's sources to what spec says; what is wrong is complained of. */
void rc_application_source_read_all(struct rc_application *application, struct rc_fields *fields,
				    const json_t *spec);
