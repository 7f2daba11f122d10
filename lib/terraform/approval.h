/*
 * Approvals of one plan: who said yes to which digest.
 *
 * An approval is bound to the digest of what was shown, which holds the commit and the workspace
 * too, so a plan that changed is another plan and asks again. The list only grows, and each entry
 * holds the hash of the one before it.
 */
#pragma once

#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "terraform/policy.h"

/* Who approves what; all borrowed. */
struct rc_terraform_yes {
	const char *by;	     /* the user's name, or his mail */
	const char *method;  /* "socket", "commit", "webhook" */
	const char *digest;  /* of the plan he saw, or its first 8 digits and more */
	const char *comment; /* or NULL */
	const json_t *named; /* addresses he names, or NULL */
	int64_t at_unix_s;
};

/*
 * Append to approvals (an array) what yes says about the plan with this digest, by this author.
 * -EINVAL: not this plan; -EACCES: he may not, or he is its author; -EEXIST: he did already;
 * -ENOTSUP: addresses that must be named are not. The chain says what to do.
 */
int rc_terraform_approval_add(json_t *approvals, const struct rc_terraform_policy *policy,
			      const struct rc_terraform_verdict *verdict, const char *digest,
			      const char *author, const struct rc_terraform_yes *yes,
			      struct rc_error **err);
/* How many of the approvals are for this digest and have their place in the chain. */
unsigned int rc_terraform_approval_count(const json_t *approvals, const char *digest);
