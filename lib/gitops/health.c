/* Which rule judges an object, and what all rules need. */
#include "gitops/health.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "gitops/health-private.h"
#include "kube/object.h"

static const char *const names[] = {
	[RC_HEALTH_NONE] = "",
	[RC_HEALTH_HEALTHY] = "Healthy",
	[RC_HEALTH_SUSPENDED] = "Suspended",
	[RC_HEALTH_PROGRESSING] = "Progressing",
	[RC_HEALTH_MISSING] = "Missing",
	[RC_HEALTH_DEGRADED] = "Degraded",
	[RC_HEALTH_UNKNOWN] = "Unknown",
};

const char *rc_health_to_string(enum rc_health health)
{
	return names[health];
}

bool rc_health_from_string(const char *text, enum rc_health *ret_health)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(names); i++)
		if (strcmp(names[i], text) == 0) {
			*ret_health = (enum rc_health)i;
			return true;
		}
	return false;
}

enum rc_health rc_health_worse(enum rc_health a, enum rc_health b)
{
	return a > b ? a : b;
}

/* ---- for the rules ---- */

enum rc_health rc_health_say(const struct health_subject *object, enum rc_health health,
			     const char *format, ...)
{
	va_list args;

	va_start(args, format);
	free(*object->message);
	*object->message = rc_vasprintf(format, args);
	va_end(args);
	return health;
}

const json_t *rc_health_find_condition(const struct health_subject *object, const char *type)
{
	json_t *condition;
	size_t i;

	json_array_foreach (json_object_get(object->status, "conditions"), i, condition)
		if (strcmp(health_text(condition, "type"), type) == 0)
			return condition;
	return NULL;
}

bool rc_health_is_behind(const struct health_subject *object)
{
	return health_number(json_object_get(object->json, "metadata"), "generation", 0) >
	       health_number(object->status, "observedGeneration", 0);
}

enum rc_health rc_health_behind(const struct health_subject *object)
{
	return rc_health_say(object, RC_HEALTH_PROGRESSING,
			     "its controller has not looked at it yet");
}

/* ---- which rule ---- */

static const struct health_rule *find_rule(const char *group, const char *kind)
{
	static const struct health_rule *const tables[] = {
		rc_health_workload_rules, rc_health_pod_rules, rc_health_service_rules,
		rc_health_extension_rules};

	for (size_t i = 0; i < RC_ARRAY_SIZE(tables); i++)
		for (const struct health_rule *rule = tables[i]; rule->kind; rule++)
			if (strcmp(rule->kind, kind) == 0 && strcmp(rule->group, group) == 0)
				return rule;
	return NULL;
}

static bool is_read_without_rule(const json_t *condition)
{
	const char *type = health_text(condition, "type");

	return strcmp(type, "Ready") == 0 || strcmp(type, "Reconciling") == 0 ||
	       strcmp(type, "Stalled") == 0;
}

void rc_health_trim(json_t *object)
{
	const json_t *status = json_object_get(object, "status"), *observed;
	rc_autofree struct rc_kube_key *key = NULL;
	json_t *conditions, *condition, *kept;
	size_t i;

	if (!status || rc_kube_object_get_key(object, &key, NULL) < 0 ||
	    find_rule(key->group, key->kind))
		return;
	kept = json_object();
	conditions = json_array();
	observed = json_object_get(status, "observedGeneration");
	if (observed)
		json_object_set(kept, "observedGeneration", (json_t *)(uintptr_t)observed);
	json_array_foreach (json_object_get(status, "conditions"), i, condition)
		if (is_read_without_rule(condition))
			json_array_append(conditions, condition);
	if (json_array_size(conditions) > 0)
		json_object_set(kept, "conditions", conditions);
	json_decref(conditions);
	if (json_object_size(kept) > 0)
		json_object_set(object, "status", kept);
	else
		json_object_del(object, "status");
	json_decref(kept);
}

enum rc_health rc_health_assess(const json_t *json, char **ret_message)
{
	struct health_subject object = {
		.json = json,
		.spec = json_object_get(json, "spec"),
		.status = json_object_get(json, "status"),
		.message = ret_message,
	};
	rc_autofree struct rc_kube_key *key = NULL;
	const struct health_rule *rule;

	*ret_message = NULL;
	if (rc_kube_object_get_key(json, &key, NULL) < 0)
		return RC_HEALTH_UNKNOWN;
	if (*rc_kube_object_get_meta(json, "deletionTimestamp"))
		return rc_health_say(&object, RC_HEALTH_PROGRESSING, "it is being deleted");
	rule = find_rule(key->group, key->kind);
	return rule ? rule->assess(&object) : rc_health_assess_generic(&object);
}
