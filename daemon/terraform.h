/*
 * The stacks of the configuration, wired to the daemon: their repositories, their credentials, and
 * the end of the service while something is applied.
 */
#pragma once

#include <stdbool.h>

#include "daemon.h"
#include "terraform/manager.h"

struct daemon_terraform;

/* Lives as long as the daemon, over every reload: an apply is not cut by one. */
struct daemon_terraform *daemon_terraform_new(struct rc_daemon *daemon);
void daemon_terraform_free(struct daemon_terraform *terraform);
struct rc_terraform_manager *daemon_terraform_get_manager(const struct daemon_terraform *terraform);
struct daemon_backups *daemon_terraform_get_backups(const struct daemon_terraform *terraform);

/* As rc_terraform_stack_describe(), with "written": the objects that hold its outputs. */
json_t *daemon_terraform_describe(const struct daemon_terraform *terraform,
				  const struct rc_terraform_stack *stack);

/* daemon->config is the one in force, and the repositories are there. */
void daemon_terraform_configure(struct daemon_terraform *terraform);
/* For the engine: rc_engine_options.await_stack and .get_output; userdata is the daemon. */
char *daemon_terraform_await_stack(void *userdata, const char *stack);
int daemon_terraform_get_output(void *userdata, const char *stack, const char *output,
				json_t **ret_value, struct rc_error **err);
/* The repositories are about to go. */
void daemon_terraform_unbind(struct daemon_terraform *terraform);
void daemon_terraform_on_repository(struct daemon_terraform *terraform,
				    const struct rc_repository *repository);
/* A signed webhook approves a plan, see approvals.h. */
int daemon_terraform_take_approval(struct daemon_terraform *terraform, struct rc_str message,
				   struct rc_error **err);
/*
 * The service shall end. False: nothing runs; true: what runs was asked to, and done is called from
 * the loop when it has.
 */
bool daemon_terraform_stop(struct daemon_terraform *terraform, void (*done)(void *userdata),
			   void *userdata);
