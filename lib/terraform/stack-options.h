/* What a stack is told by the configuration: plain data. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A variable or an environment variable; one of the sources is set. */
struct rc_terraform_variable {
	const char *name;
	const char *value;	/* as it stands */
	const char *credential; /* of systemd */
	const char *file, *env;
	const char *stack, *output;	  /* an output of another stack */
	const char *vault, *path, *field; /* what a Vault holds; asked for when a run begins */
	/* Of keys that are asked for when a run begins: "id", "secret", "token". */
	const char *aws;
};

/* When an approval is asked for. */
enum rc_terraform_approval {
	RC_TERRAFORM_APPROVAL_REQUIRED, /* always, when something would change */
	RC_TERRAFORM_APPROVAL_CHANGES,	/* unless the plan only creates and updates */
	RC_TERRAFORM_APPROVAL_NONE,	/* never, but for what is protected */
};

struct rc_terraform_policy {
	enum rc_terraform_approval approval;
	unsigned int n_approvers;     /* how many; at least 1 */
	const char *const *approvers; /* user names who may; NULL: everyone who may change things */
	size_t n_named;
	bool not_author;	    /* the commit's author does not count */
	uint64_t expires_ms;	    /* of a plan that waits; 0: never */
	const char *const *protect; /* types whose deletion must be approved by address; globs */
	size_t n_protect;
	int64_t max_deletes;	 /* more must be approved by address, too; -1: no limit */
	const char *const *deny; /* addresses that may not be deleted or replaced at all; globs */
	size_t n_deny;
	const char *const *command; /* reads the masked summary on stdin; other than 0 denies */
	size_t n_command;
};

struct rc_terraform_stack_options {
	const char *name, *repository, *path, *revision;
	const char *workspace; /* "default" */
	const char *binary;    /* a path, or a name that is looked up; NULL: terraform, else tofu */
	const char *version;   /* a constraint, as ">= 1.9"; NULL: any */
	const char *const *backend_config, *const *var_files, *const *depends_on;
	size_t n_backend_config, n_var_files, n_depends_on;
	const struct rc_terraform_variable *variables, *environment;
	size_t n_variables, n_environment;
	bool has_aws;		    /* what our environment says of AWS is passed on */
	uint64_t drift_interval_ms; /* 0: drift is not looked for */
	uint64_t interval_ms;	    /* it is planned anew without a commit, too; 0: it is not */
	uint64_t plan_timeout_ms, apply_timeout_ms, lock_timeout_ms;
	struct rc_terraform_policy policy;
};

struct rc_arena;

/* A deep copy that lives as long as the arena. */
struct rc_terraform_stack_options *
rc_terraform_stack_options_copy(struct rc_arena *arena,
				const struct rc_terraform_stack_options *options);
