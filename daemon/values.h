/*
 * Values of a run's variables and environment that are not written down: credentials and files of
 * this host, what a Vault holds, keys of AWS.
 *
 * What takes asking is asked for when a run begins, each path of a Vault once, and kept in memory
 * until the run is over. Leases (a database user, say) are then revoked.
 */
#pragma once

#include "daemon.h"
#include "terraform/run.h"

struct daemon_values;

struct daemon_values *daemon_values_new(struct rc_daemon *daemon);
/* No run is left. */
void daemon_values_free(struct daemon_values *values);

/* As gather, leave and resolve of rc_terraform_run_options. */
int daemon_values_gather(struct daemon_values *values, struct rc_terraform_run *run,
			 struct rc_error **err);
void daemon_values_leave(struct daemon_values *values, struct rc_terraform_run *run);
int daemon_values_get(struct daemon_values *values, struct rc_terraform_run *run,
		      const struct rc_terraform_variable *variable, struct rc_secret **ret_secret,
		      struct rc_error **err);

/* The stack asks for keys of AWS. */
bool daemon_values_has_aws(const struct rc_config_stack *stack);
