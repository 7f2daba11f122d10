/*
 * Outputs of stacks written into ConfigMaps and Secrets of the clusters, and kept there.
 *
 * What an output is comes from the last apply; what is sensitive is held in memory only, and is
 * asked of the state anew by a run of kind "outputs" after a restart. Level-triggered: each object
 * is looked at on an interval, and written when it is not as it should be.
 */
#pragma once

#include "daemon.h"
#include "terraform/manager.h"

struct daemon_outputs;

struct daemon_outputs *daemon_outputs_new(struct rc_daemon *daemon,
					  struct rc_terraform_manager *manager);
void daemon_outputs_free(struct daemon_outputs *outputs);

/* daemon->config is the one in force, and the clusters are there. */
void daemon_outputs_configure(struct daemon_outputs *outputs);
/* The clusters are about to go. */
void daemon_outputs_unbind(struct daemon_outputs *outputs);
/* A run read them: {name: {"value", "sensitive", ...}} as the program prints them. */
void daemon_outputs_take(struct daemon_outputs *outputs, const char *stack, const json_t *raw);
/* [{cluster, kind, namespace, name, state: "written"|"waits"|"failed", reason?, at?}] of a stack;
 * the caller's, NULL when it writes none. */
json_t *daemon_outputs_describe(const struct daemon_outputs *outputs, const char *stack);
