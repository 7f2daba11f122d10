/*
 * All stacks: who may run when, what they wait for, and what is asked of them.
 */
#pragma once

#include <stdbool.h>

#include <ev.h>
#include <jansson.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/secret.h"
#include "base/worker.h"
#include "store/store.h"
#include "terraform/stack.h"

struct rc_terraform_manager;

/* Borrowed, except the texts and the key, which are copied. */
struct rc_terraform_manager_options {
	struct ev_loop *loop;
	struct rc_store *store;
	struct rc_worker_pool *git_pool;  /* git/worker.h: checkouts */
	struct rc_worker_pool *plan_pool; /* terraform/worker.h */
	const char *folder;		  /* of runs and back-ups */
	const char *plugin_cache;
	/* As in rc_terraform_run_options; outputs of other stacks are resolved without it. */
	int (*gather)(void *userdata, struct rc_terraform_run *run, struct rc_error **err);
	void (*leave)(void *userdata, struct rc_terraform_run *run);
	bool (*copy)(void *userdata, struct rc_terraform_run *run, const char *name);
	int (*resolve)(void *userdata, struct rc_terraform_run *run,
		       const struct rc_terraform_variable *variable, struct rc_secret **ret_secret,
		       struct rc_error **err);
	/* A stack got on: its phase or its outputs may be others. May be NULL. */
	void (*changed)(void *userdata, const char *stack);
	/* A run read its outputs, as rc_terraform_run_options.outputs. May be NULL. */
	void (*outputs)(void *userdata, const char *stack, const json_t *outputs);
	void *userdata;
};

struct rc_terraform_manager *
rc_terraform_manager_new(const struct rc_terraform_manager_options *options);
void rc_terraform_manager_free(struct rc_terraform_manager *manager);
RC_DEFINE_FREEP(struct rc_terraform_manager, rc_terraform_manager_free)

/* What may change while it runs. */
struct rc_terraform_settings {
	unsigned int parallel;		    /* runs at a time; 0: 2 */
	bool is_frozen;			    /* by the configuration */
	const struct rc_secret *backup_key; /* copied; NULL: states are not backed up */
	unsigned int backups_kept;	    /* 0: 10 */
	const char *copies;		    /* copied; a second place for back-ups, or NULL */
	unsigned int copies_kept;	    /* one a day; 0: 30 */
};
/* Those that are gone are given up (their history stays); one that runs is given up at its end. */
void rc_terraform_manager_configure(struct rc_terraform_manager *manager,
				    const struct rc_terraform_settings *settings,
				    const struct rc_terraform_stack_options *stacks, size_t n);
struct rc_terraform_stack *rc_terraform_manager_find(const struct rc_terraform_manager *manager,
						     const char *name);
/* Why a stack is not ready for what builds on it, the caller's to free; NULL: it is. */
char *rc_terraform_manager_describe_wait(const struct rc_terraform_manager *manager,
					 const char *name);
/* An output as of the last apply; output NULL: an object of all that are not sensitive. The
 * caller's. -ENOENT: there is no such stack; -EAGAIN: not yet; -ENOTSUP: it is sensitive. */
int rc_terraform_manager_get_output(const struct rc_terraform_manager *manager, const char *name,
				    const char *output, json_t **ret_value, struct rc_error **err);
/* In the order of the configuration; NULL-terminated, the manager's. */
struct rc_terraform_stack *const *
rc_terraform_manager_list(const struct rc_terraform_manager *manager);

/* Nothing is applied from now on until it is lifted; by and reason are remembered over a restart.
 * A reason of NULL lifts it. */
void rc_terraform_manager_freeze(struct rc_terraform_manager *manager, const char *reason);
const char *rc_terraform_manager_get_freeze(const struct rc_terraform_manager *manager);

/* Ask every program that runs to stop; how many there are. Nothing new begins. */
unsigned int rc_terraform_manager_stop(struct rc_terraform_manager *manager);

/* Samples with HELP and TYPE. */
void rc_terraform_manager_write_metrics(const struct rc_terraform_manager *manager,
					struct rc_buf *out);
