/* The workers' roles: this same program, started by itself with --worker. */
#pragma once

#include "base/worker.h"
#include "config.h"

/* Serve the role that argv[1] ("--worker=git") names until main closes; the exit code. */
int daemon_worker_main(int argc, char **argv);

/* dependency.c: `reconcilectl dependency`, which has no HTTP client of its own; argv[0] is the
 * command's name ("build", "update"); the exit code. */
int daemon_dependency_main(int argc, char **argv);

/* Pools for main; config is borrowed until they return. */
struct rc_worker_pool *daemon_worker_new_git_pool(struct ev_loop *loop);
struct rc_worker_pool *daemon_worker_new_render_pool(struct ev_loop *loop,
						     const struct rc_config *config);
/* For `terraform`: it reads mirrors and plans, and nothing else. */
struct rc_worker_pool *daemon_worker_new_plan_pool(struct ev_loop *loop,
						   const struct rc_config *config);
/* For checks that block: names, databases. */
struct rc_worker_pool *daemon_worker_new_validate_pool(struct ev_loop *loop);
/* For what users wrote as programs: health scripts, jq expressions. */
struct rc_worker_pool *daemon_worker_new_script_pool(struct ev_loop *loop);
