/* Health of what extends the API, and of kinds that are known by their conditions only. */
#include <string.h>

#include "data/json.h"
#include "gitops/health-private.h"

static enum rc_health assess_definition(const struct health_subject *object)
{
	const json_t *accepted = rc_health_find_condition(object, "NamesAccepted");
	const json_t *established = rc_health_find_condition(object, "Established");
	const json_t *violations = rc_health_find_condition(object, "NonStructuralSchema");
	const json_t *terminating = rc_health_find_condition(object, "Terminating");

	if (health_is_true(terminating))
		return rc_health_say(object, RC_HEALTH_PROGRESSING, "it is terminating: %s",
				     health_text(terminating, "message"));
	if (accepted && !health_is_true(accepted))
		return rc_health_say(object, RC_HEALTH_DEGRADED, "its names are not accepted: %s",
				     health_text(accepted, "message"));
	/* Argo CD calls a new one Degraded while it is installed, which would fail its wave. */
	if (!established || strcmp(health_text(established, "reason"), "Installing") == 0)
		return rc_health_say(object, RC_HEALTH_PROGRESSING, "it is not established yet");
	if (!health_is_true(established))
		return rc_health_say(object, RC_HEALTH_DEGRADED, "it is not established");
	if (health_is_true(violations))
		return rc_health_say(object, RC_HEALTH_DEGRADED, "its schema is not structural: %s",
				     health_text(violations, "message"));
	return RC_HEALTH_HEALTHY;
}

static enum rc_health assess_api_service(const struct health_subject *object)
{
	const json_t *available = rc_health_find_condition(object, "Available");

	if (health_is_true(available))
		return RC_HEALTH_HEALTHY;
	return rc_health_say(object, RC_HEALTH_PROGRESSING, "it is not available: %s",
			     available ? health_text(available, "message") : "");
}

static enum rc_health assess_ready(const struct health_subject *object)
{
	const json_t *ready = rc_health_find_condition(object, "Ready");

	if (!ready)
		return rc_health_say(object, RC_HEALTH_PROGRESSING, "it is not looked after yet");
	if (health_is_true(ready))
		return RC_HEALTH_HEALTHY;
	return rc_health_say(object, RC_HEALTH_DEGRADED, "%s", health_text(ready, "message"));
}

/* Its conditions come one after the other, and the last one counts. */
static enum rc_health assess_cluster_secret(const struct health_subject *object)
{
	const json_t *conditions = json_object_get(object->status, "conditions");
	const json_t *last = json_array_get(conditions, json_array_size(conditions) - 1);
	const char *type = health_text(last, "type");

	if (health_is_true(last) && strcmp(type, "Ready") == 0)
		return RC_HEALTH_HEALTHY;
	if (health_is_true(last) &&
	    (strcmp(type, "NotReady") == 0 || strcmp(type, "PartiallyReady") == 0))
		return rc_health_say(object, RC_HEALTH_DEGRADED, "%s",
				     health_text(last, "message"));
	return rc_health_say(object, RC_HEALTH_PROGRESSING, "it is not looked after yet");
}

const struct health_rule rc_health_extension_rules[] = {
	{"apiextensions.k8s.io", "CustomResourceDefinition", assess_definition},
	{"apiregistration.k8s.io", "APIService", assess_api_service},
	{"external-secrets.io", "ExternalSecret", assess_ready},
	{"external-secrets.io", "SecretStore", assess_ready},
	{"external-secrets.io", "ClusterSecretStore", assess_ready},
	{"external-secrets.io", "PushSecret", assess_ready},
	{"external-secrets.io", "ClusterExternalSecret", assess_cluster_secret},
	{NULL, NULL, NULL},
};

/*
 * A kind without a rule, as kstatus judges it: by what controllers agree to write into status. One
 * that writes none of it has no health.
 */
enum rc_health rc_health_assess_generic(const struct health_subject *object)
{
	const json_t *metadata = json_object_get(object->json, "metadata");
	const json_t *observed = json_object_get(object->status, "observedGeneration");
	const json_t *ready = rc_health_find_condition(object, "Ready");
	const json_t *reconciling = rc_health_find_condition(object, "Reconciling");
	const json_t *stalled = rc_health_find_condition(object, "Stalled");

	if (json_is_integer(observed) &&
	    health_number(metadata, "generation", 0) != json_integer_value(observed))
		return rc_health_behind(object);
	if (health_is_true(reconciling))
		return rc_health_say(object, RC_HEALTH_PROGRESSING, "it is being reconciled: %s",
				     health_text(reconciling, "message"));
	if (health_is_true(stalled))
		return rc_health_say(object, RC_HEALTH_DEGRADED, "it is stalled: %s",
				     health_text(stalled, "message"));
	if (!ready)
		return RC_HEALTH_NONE;
	if (health_is_true(ready))
		return RC_HEALTH_HEALTHY;
	return rc_health_say(object, RC_HEALTH_PROGRESSING, "it is not ready: %s",
			     health_text(ready, "message"));
}
