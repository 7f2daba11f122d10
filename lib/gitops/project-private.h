/* What project.c and project-rules.c share. */
#pragma once

#include "gitops/project.h"

/* As both sides of sourceRepos are compared; the caller's. */
char *rc_project_normalise_url(const char *url);
