/*
 * What a terraform program is given: its whole environment, and nothing of ours but PATH.
 *
 * Variables go as TF_VAR_<name> in the environment, never as arguments, which every user of the
 * host can read.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "base/secret.h"
#include "terraform/log.h"
#include "terraform/stack-options.h"

struct rc_terraform_environment;

struct rc_terraform_environment_options {
	const struct rc_terraform_stack_options *stack;
	const char *home;	  /* a private folder: HOME and TMPDIR */
	const char *data;	  /* TF_DATA_DIR */
	const char *plugin_cache; /* TF_PLUGIN_CACHE_DIR */
	/* The value of a variable that is not written down. -EAGAIN: not there yet (an output of a
	 * stack that was never applied). */
	int (*resolve)(void *userdata, const struct rc_terraform_variable *variable,
		       struct rc_secret **ret_secret, struct rc_error **err);
	void *userdata;
};

/* The values that came from elsewhere are hidden in log from now on. */
int rc_terraform_environment_new(const struct rc_terraform_environment_options *options,
				 struct rc_terraform_log *log,
				 struct rc_terraform_environment **ret_environment,
				 struct rc_error **err);
void rc_terraform_environment_free(struct rc_terraform_environment *environment);
RC_DEFINE_FREEP(struct rc_terraform_environment, rc_terraform_environment_free)
/* "NAME=value" each, NULL-terminated; borrowed. */
const char *const *rc_terraform_environment_get(const struct rc_terraform_environment *environment);
