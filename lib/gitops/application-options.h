/* The sync options and annotations of an application (argocd.argoproj.io/...). */
#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "gitops/application.h"

/* Set what text ("Prune=false") says. 0; -ENOENT: there is no such option; -EINVAL: its value is
 * none of those allowed. */
int rc_application_options_read(struct rc_application_options *options, const char *text,
				struct rc_error **err);
/* What the annotations of the Application say; texts are copied to arena. -EINVAL names the first
 * that is wrong. */
int rc_application_options_read_annotations(struct rc_application_options *options,
					    struct rc_arena *arena, const json_t *annotations,
					    struct rc_error **err);
