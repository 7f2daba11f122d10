/* What the rules of health share, one file for each family of kinds. */
#pragma once

#include <string.h>

#include <jansson.h>

#include "gitops/health.h"

/* What is judged; all borrowed. */
struct health_subject {
	const json_t *json, *spec, *status;
	char **message;
};

struct health_rule {
	const char *group, *kind; /* a table ends with NULL */
	enum rc_health (*assess)(const struct health_subject *object);
};

extern const struct health_rule rc_health_workload_rules[];
extern const struct health_rule rc_health_pod_rules[];
extern const struct health_rule rc_health_service_rules[];
extern const struct health_rule rc_health_extension_rules[];

enum rc_health rc_health_assess_generic(const struct health_subject *object);

/* ---- health.c ---- */

/* Set the message; returns health. */
enum rc_health rc_health_say(const struct health_subject *object, enum rc_health health,
			     const char *format, ...) __attribute__((format(printf, 3, 4)));
const json_t *rc_health_find_condition(const struct health_subject *object, const char *type);
/* Its controller has not seen its newest spec yet. */
bool rc_health_is_behind(const struct health_subject *object);
enum rc_health rc_health_behind(const struct health_subject *object);

static inline long long health_number(const json_t *json, const char *key, long long otherwise)
{
	json_t *value = json_object_get(json, key);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

/* Never NULL. */
static inline const char *health_text(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "";
}

static inline bool health_is_true(const json_t *condition)
{
	return condition && strcmp(health_text(condition, "status"), "True") == 0;
}
