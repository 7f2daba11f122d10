/*
 * Whether a plan may be applied at all, and what of it an approval must name: rules over the
 * summary of terraform/plan.h. Pure: no clock, no I/O.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "terraform/stack-options.h"

struct rc_terraform_verdict {
	json_t *denied; /* array of text: why it may not be applied; empty: it may */
	json_t *named;	/* array of addresses that every approval must name */
	bool is_asking; /* an approval is needed */
};

void rc_terraform_policy_judge(const struct rc_terraform_policy *policy, const json_t *summary,
			       struct rc_terraform_verdict *ret_verdict);
void rc_terraform_policy_verdict_done(struct rc_terraform_verdict *verdict);
