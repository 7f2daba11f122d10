/*
 * The last sync of an application as it is remembered, and the decision whether to begin another.
 *
 * The decision is a pure function of what was remembered and what is seen, so a restart decides as
 * if there had been none. It is Argo CD's, but for two things: what failed for a reason that may
 * pass (the API server was away) is tried again for as long as it takes, and a retry takes the
 * newest commit.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "gitops/application.h"

enum rc_operation_phase {
	RC_OPERATION_NONE, /* there never was one */
	RC_OPERATION_RUNNING,
	RC_OPERATION_SUCCEEDED,
	RC_OPERATION_FAILED,
};
/* "Running"; "" for NONE. */
const char *rc_operation_phase_to_string(enum rc_operation_phase phase);

struct rc_operation {
	enum rc_operation_phase phase;
	char *message;
	char *revision;	      /* that it brought, or tried to */
	uint64_t source_hash; /* of what the application said about its source */
	char *initiated_by;
	int64_t started_unix_s, finished_unix_s;
	unsigned int retry_count;   /* of this operation */
	unsigned int heal_attempts; /* self-heals since the last operation of a new revision */
	bool is_partial;	    /* a self-heal */
	bool is_transient;	    /* it failed for a reason that may pass */
	bool is_final;		    /* it failed, and trying the same again is no use */
};

void rc_operation_done(struct rc_operation *operation);
/* For the store; the caller's. */
json_t *rc_operation_to_json(const struct rc_operation *operation);
/* Fills *operation, which is empty. What is missing stays zero. */
void rc_operation_from_json(struct rc_operation *operation, const json_t *json);

/* What was seen. Texts are borrowed. */
struct rc_operation_facts {
	const struct rc_application *application;
	const char *revision;
	uint64_t source_hash;
	bool is_out_of_sync;
	size_t n_out_of_sync, n_extras, n_desired;
	size_t n_waiting; /* extras that wait for somebody to approve their deletion */
	bool is_suspended;
	int64_t now_unix_s;
};

enum rc_decision {
	RC_DECISION_NOTHING,
	RC_DECISION_SYNC,    /* a whole one */
	RC_DECISION_HEAL,    /* only what differs, without hooks */
	RC_DECISION_WAIT,    /* look again after wait_s */
	RC_DECISION_REFUSED, /* somebody has to say so; reason tells */
};

struct rc_operation_verdict {
	enum rc_decision decision;
	int64_t wait_s;
	bool is_retry;	    /* of the operation that failed */
	const char *reason; /* static text, or NULL */
};

struct rc_operation_verdict rc_operation_decide(const struct rc_operation *operation,
						const struct rc_operation_facts *facts);
