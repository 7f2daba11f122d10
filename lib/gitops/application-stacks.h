/*
 * What an Application takes from Terraform: the stacks it waits for, and outputs that become values
 * of its charts. Both stand in annotations, so that the manifest stays one that Argo CD reads.
 *
 *     reconciled.io/depends-on: terraform/aws, terraform/vault
 *     reconciled.io/values-from: |
 *       database.host: terraform/aws/db_address     # one output
 *       global.aws: terraform/aws                   # all of them, as a mapping
 */
#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "base/error.h"

struct rc_application_output {
	const char *path;   /* where in the values: names with '.' between, "\." is a dot */
	const char *stack;  /* whose output it is */
	const char *output; /* NULL: all that are not sensitive */
};

struct rc_application_stacks {
	const char *const *depends_on; /* names of stacks, ended by NULL; or NULL */
	struct rc_application_output *outputs;
	size_t n_outputs;
};

/* From the annotations (borrowed, may be NULL); texts are copied to arena. -EINVAL. */
int rc_application_stacks_read(struct rc_application_stacks *stacks, struct rc_arena *arena,
			       const json_t *annotations, struct rc_error **err);
/* Put value, which is taken over, at path in values. */
void rc_application_stacks_set(json_t *values, const char *path, json_t *value);
