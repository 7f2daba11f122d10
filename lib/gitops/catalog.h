/*
 * What manifests declare: Applications and AppProjects, read from files of this host or from what
 * the render worker read of a commit. Other kinds may lie beside them.
 *
 * A manifest that cannot be read does not keep the others back: it is told in refused, and
 * is_partial says that what is missing may only be hidden, so that nothing is given up for it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/error.h"
#include "gitops/application.h"
#include "gitops/project.h"

/* Owned; begins zeroed. */
struct rc_catalog {
	struct rc_application **applications;
	size_t n_applications, size_applications;
	struct rc_project **projects;
	size_t n_projects, size_projects;
	json_t *refused; /* array of text, "file:line: why"; NULL: nothing */
	bool is_partial;
};

void rc_catalog_done(struct rc_catalog *catalog);

/* By the ending of its name: YAML or JSON. */
bool rc_catalog_is_manifest(const char *path);

/* A file, or every manifest of a folder (not of those in it). -errno: it is not there. */
int rc_catalog_read(struct rc_catalog *catalog, const char *path, struct rc_error **err);
/* What the render worker answered to rc_source_make_read_request(). */
void rc_catalog_take_reply(struct rc_catalog *catalog, const json_t *reply);
