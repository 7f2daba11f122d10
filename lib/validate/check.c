/* All kinds of checks, and their results. */
#include "validate/check.h"

#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/memory.h"
#include "validate/kinds-private.h"

static const struct rc_validate_kind *const kinds[] = {
	&rc_validate_command_kind,  &rc_validate_dns_kind,   &rc_validate_http_kind,
	&rc_validate_https_kind,    &rc_validate_istio_kind, &rc_validate_pods_kind,
	&rc_validate_postgres_kind, &rc_validate_rds_kind,   &rc_validate_s3_kind,
	&rc_validate_secrets_kind,  &rc_validate_sns_kind,   &rc_validate_sqs_kind,
};

const struct rc_validate_kind *rc_validate_kind_find(const char *type)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i]->name, type) == 0)
			return kinds[i];
	return NULL;
}

const char *rc_validate_outcome_to_string(enum rc_validate_outcome outcome)
{
	switch (outcome) {
	case RC_VALIDATE_NONE:
		return "none";
	case RC_VALIDATE_PASS:
		return "pass";
	case RC_VALIDATE_FAIL:
		return "fail";
	case RC_VALIDATE_WAIT:
		return "wait";
	case RC_VALIDATE_ERROR:
		return "error";
	case RC_VALIDATE_SKIP:
		return "skip";
	}
	return "none";
}

void rc_validate_result_done(struct rc_validate_result *result)
{
	free(result->reason);
	free(result->evidence);
	result->reason = result->evidence = NULL;
}

void rc_validate_result_copy(struct rc_validate_result *to, const struct rc_validate_result *from)
{
	rc_validate_result_done(to);
	*to = *from;
	to->reason = rc_strdup(from->reason);
	to->evidence = rc_strdup(from->evidence);
}

bool rc_validate_result_get_measure(const struct rc_validate_result *result, const char *name,
				    double *ret_number)
{
	for (size_t i = 0; i < result->n_measures; i++) {
		if (strcmp(result->measures[i].name, name) != 0)
			continue;
		*ret_number = result->measures[i].number;
		return true;
	}
	return false;
}

json_t *rc_validate_result_describe(const struct rc_validate_result *result)
{
	const struct rc_validate_check *check = result->check;
	char started[RC_CLOCK_RFC3339_MAX];
	json_t *json =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:i, s:b}", "check", check->name, "type",
			  check->type, "outcome", rc_validate_outcome_to_string(result->outcome),
			  "reason", result->reason ?: "", "evidence", result->evidence ?: "",
			  "latencyMs", (json_int_t)result->latency_ms, "attempts",
			  (int)result->attempts, "gate", check->gate);

	if (result->started_unix_s)
		json_object_set_new(
			json, "startedAt",
			json_string(rc_clock_format_rfc3339(result->started_unix_s, started)));
	for (size_t i = 0; i < result->n_measures; i++)
		json_object_set_new(json, result->measures[i].name,
				    json_real(result->measures[i].number));
	return json;
}
