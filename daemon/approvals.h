/*
 * Yeses to plans that come from elsewhere than the socket: signed commits of files in a repository,
 * and signed webhooks.
 */
#pragma once

#include "base/str.h"
#include "daemon.h"
#include "terraform/manager.h"

struct daemon_approvals;

struct daemon_approvals *daemon_approvals_new(struct rc_daemon *daemon,
					      struct rc_worker_pool *git_pool,
					      struct rc_terraform_manager *manager);
void daemon_approvals_free(struct daemon_approvals *approvals);

/* daemon->config is the one in force, and the repositories are there. */
void daemon_approvals_configure(struct daemon_approvals *approvals);
/* The repositories are about to go. */
void daemon_approvals_unbind(struct daemon_approvals *approvals);
void daemon_approvals_on_repository(struct daemon_approvals *approvals,
				    const struct rc_repository *repository);
/* Some stack got on: its plan may wait now. */
void daemon_approvals_wake(struct daemon_approvals *approvals);

/*
 * A message whose signature is right: {"stack", "plan", "by", "at" (RFC 3339), "destroy"?,
 * "comment"?}. -EINVAL, or as rc_terraform_run_approve() says.
 */
int daemon_approvals_take(struct daemon_approvals *approvals, struct rc_str body,
			  struct rc_error **err);
