/* Where back-ups of states lie: here, in a second folder, and in a bucket. */
#pragma once

#include "daemon.h"
#include "terraform/run.h"

struct daemon_backups;

struct daemon_backups *daemon_backups_new(struct rc_daemon *daemon);
void daemon_backups_free(struct daemon_backups *backups);
/* daemon->config is the one in force. */
void daemon_backups_configure(struct daemon_backups *backups);
/* The configuration is about to go: copies under way are told to have failed. */
void daemon_backups_unbind(struct daemon_backups *backups);

/* As copy and leave of rc_terraform_run_options. */
bool daemon_backups_copy(struct daemon_backups *backups, struct rc_terraform_run *run,
			 const char *name);
void daemon_backups_leave(struct daemon_backups *backups, const struct rc_terraform_run *run);

/* Called once, from the loop or at once; items and err are taken over. */
typedef void daemon_backups_done_fn(void *userdata, int r, json_t *items, struct rc_error *err);
/* Those of a stack in all places, newest first in each. A bucket that cannot be asked is told by
 * err beside r = 0 and the others. */
void daemon_backups_list(struct daemon_backups *backups, const char *stack,
			 daemon_backups_done_fn *done, void *userdata);
/* One that is in the bucket alone is brought here. items is NULL. A name that is nowhere is for the
 * run to tell. */
void daemon_backups_fetch(struct daemon_backups *backups, const char *stack, const char *name,
			  daemon_backups_done_fn *done, void *userdata);
