/*
 * What can be checked of a deployment, and what came of it.
 *
 * Each kind of check is a file of its own with a struct rc_validate_kind; all of them are listed in
 * check.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum rc_validate_outcome {
	RC_VALIDATE_NONE,  /* it was not looked yet */
	RC_VALIDATE_PASS,  /* looked, and it is well */
	RC_VALIDATE_FAIL,  /* looked, and it is not */
	RC_VALIDATE_WAIT,  /* not well yet, but still within its time */
	RC_VALIDATE_ERROR, /* could not look */
	RC_VALIDATE_SKIP,  /* there is nothing to look at */
};

/* "pass", "fail"... */
const char *rc_validate_outcome_to_string(enum rc_validate_outcome outcome);

/* What an operator wrote. Plain data; texts are borrowed, and NULL where nothing was said. */
struct rc_validate_check {
	const char *name, *type;
	const char *app; /* NULL: each application */
	bool gate;	 /* while it fails its application is Degraded */
	bool rollback;	 /* when it fails after a sync, go back to what passed last */
	int64_t timeout_ms;
	int64_t startup_ms; /* pods */
	const char *url, *ca, *contains, *resolve;
	int64_t status;	  /* https, http: wanted; 0: any of 200..399 */
	int64_t min_days; /* https: the certificate is good for */
	const char *host, *database, *username, *ssl_mode; /* postgres; host: dns, too */
	int64_t port;
	const char **expect; /* dns: addresses */
	size_t n_expect;
	const char *secret, *name_space; /* postgres, secrets */
	const char *uri_key, *host_key, *port_key, *username_key, *password_key, *database_key;
	const char **keys; /* secrets: that are there and not empty */
	size_t n_keys;
	const char *region, *endpoint; /* of AWS */
	const char *bucket, *queue, *topic, *instance;
	bool versioning; /* s3 */
	int64_t retention_days, max_lag_ms;
	int64_t max_depth;    /* sqs: messages that wait; 0: any number */
	const char **command; /* its arguments */
	size_t n_command;
};

/* What a check counted on the way; its name is a metric's after "reconciled_". */
struct rc_validate_measure {
	const char *name;
	double number;
};
#define RC_VALIDATE_MEASURES_MAX 3

struct rc_validate_result {
	const struct rc_validate_check *check; /* borrowed */
	enum rc_validate_outcome outcome;
	char *reason;	/* a word for programs: "CertificateExpired" */
	char *evidence; /* a sentence for people, without secrets */
	int64_t started_unix_s;
	uint64_t latency_ms;
	unsigned int attempts;
	struct rc_validate_measure measures[RC_VALIDATE_MEASURES_MAX];
	size_t n_measures;
};

void rc_validate_result_done(struct rc_validate_result *result);
void rc_validate_result_copy(struct rc_validate_result *to, const struct rc_validate_result *from);
/* Whether it has a measure of this name. */
bool rc_validate_result_get_measure(const struct rc_validate_result *result, const char *name,
				    double *ret_number);
/* {check, type, outcome, reason, evidence, startedAt, latencyMs, attempts, ...}; the caller's. */
struct json_t *rc_validate_result_describe(const struct rc_validate_result *result);

struct rc_validate_probe;

struct rc_validate_kind {
	const char *name;
	/* Begin to look; ends in rc_validate_probe_end(), at once or later. Mandatory. */
	void (*start)(struct rc_validate_probe *probe);
};

/* NULL: there is none of that name. */
const struct rc_validate_kind *rc_validate_kind_find(const char *type);
