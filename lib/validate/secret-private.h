/* Secrets of the cluster, for the checks that read one. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "data/percent.h"
#include "validate/probe.h"

/* The caller's to free. */
char *rc_validate_secret_path(const char *name_space, const char *name);
/* False: it is not there, and the probe was ended. err is taken over. */
bool rc_validate_secret_arrived(struct rc_validate_probe *probe, const char *name, int r,
				struct rc_error *err);
