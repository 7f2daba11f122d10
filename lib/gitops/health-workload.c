/* Health of Deployments and what else makes pods. */
#include <string.h>

#include "data/json.h"
#include "gitops/health-private.h"

/* Its ReplicaSet cannot make pods: that is behind whatever else is not well. */
static enum rc_health say_deployment(const struct health_subject *object, long long n,
				     long long wanted, const char *what)
{
	const json_t *failure = rc_health_find_condition(object, "ReplicaFailure");

	if (!health_is_true(failure))
		return rc_health_say(object, RC_HEALTH_PROGRESSING, "%lld of %lld %s", n, wanted,
				     what);
	return rc_health_say(object, RC_HEALTH_PROGRESSING, "%lld of %lld %s: %s: %.500s", n,
			     wanted, what, health_text(failure, "reason"),
			     health_text(failure, "message"));
}

static enum rc_health assess_deployment(const struct health_subject *object)
{
	long long wanted = health_number(object->spec, "replicas", 1);
	long long updated = health_number(object->status, "updatedReplicas", 0);
	long long replicas = health_number(object->status, "replicas", 0);
	long long available = health_number(object->status, "availableReplicas", 0);
	const json_t *progress = rc_health_find_condition(object, "Progressing");

	if (json_is_true(json_object_get(object->spec, "paused")))
		return rc_health_say(object, RC_HEALTH_SUSPENDED, "it is paused");
	if (rc_health_is_behind(object))
		return rc_health_behind(object);
	if (progress && strcmp(health_text(progress, "reason"), "ProgressDeadlineExceeded") == 0)
		return rc_health_say(object, RC_HEALTH_DEGRADED,
				     "it exceeded its progress deadline");
	if (updated < wanted)
		return say_deployment(object, updated, wanted, "new replicas have been updated");
	if (replicas > updated)
		return rc_health_say(object, RC_HEALTH_PROGRESSING,
				     "%lld old replicas are pending termination",
				     replicas - updated);
	if (available < updated)
		return say_deployment(object, available, updated, "updated replicas are available");
	return RC_HEALTH_HEALTHY;
}

static enum rc_health assess_replica_set(const struct health_subject *object)
{
	long long wanted = health_number(object->spec, "replicas", 1);
	long long available = health_number(object->status, "availableReplicas", 0);
	const json_t *failure = rc_health_find_condition(object, "ReplicaFailure");

	if (rc_health_is_behind(object))
		return rc_health_behind(object);
	if (health_is_true(failure))
		return rc_health_say(object, RC_HEALTH_DEGRADED, "%s",
				     health_text(failure, "message"));
	if (available < wanted)
		return rc_health_say(object, RC_HEALTH_PROGRESSING,
				     "%lld of %lld replicas are available", available, wanted);
	return RC_HEALTH_HEALTHY;
}

static enum rc_health assess_stateful_set(const struct health_subject *object)
{
	const json_t *strategy = json_object_get(object->spec, "updateStrategy");
	const json_t *rolling = json_object_get(strategy, "rollingUpdate");
	long long wanted = health_number(object->spec, "replicas", 1);
	long long ready = health_number(object->status, "readyReplicas", 0);
	long long updated = health_number(object->status, "updatedReplicas", 0);
	long long partition = health_number(rolling, "partition", -1);

	if (health_number(object->status, "observedGeneration", 0) == 0 ||
	    rc_health_is_behind(object))
		return rc_health_behind(object);
	if (ready < wanted)
		return rc_health_say(object, RC_HEALTH_PROGRESSING, "%lld of %lld pods are ready",
				     ready, wanted);
	if (strcmp(health_text(strategy, "type"), "OnDelete") == 0)
		return RC_HEALTH_HEALTHY;
	if (partition >= 0)
		return updated < wanted - partition ? rc_health_say(object, RC_HEALTH_PROGRESSING,
								    "%lld of %lld pods are updated",
								    updated, wanted - partition)
						    : RC_HEALTH_HEALTHY;
	if (strcmp(health_text(object->status, "updateRevision"),
		   health_text(object->status, "currentRevision")) != 0)
		return rc_health_say(object, RC_HEALTH_PROGRESSING, "%lld of %lld pods are updated",
				     updated, wanted);
	return RC_HEALTH_HEALTHY;
}

static enum rc_health assess_daemon_set(const struct health_subject *object)
{
	const json_t *strategy = json_object_get(object->spec, "updateStrategy");
	long long wanted = health_number(object->status, "desiredNumberScheduled", 0);
	long long updated = health_number(object->status, "updatedNumberScheduled", 0);
	long long available = health_number(object->status, "numberAvailable", 0);

	if (rc_health_is_behind(object))
		return rc_health_behind(object);
	if (strcmp(health_text(strategy, "type"), "OnDelete") == 0)
		return RC_HEALTH_HEALTHY;
	if (updated < wanted)
		return rc_health_say(object, RC_HEALTH_PROGRESSING, "%lld of %lld pods are updated",
				     updated, wanted);
	if (available < wanted)
		return rc_health_say(object, RC_HEALTH_PROGRESSING,
				     "%lld of %lld pods are available", available, wanted);
	return RC_HEALTH_HEALTHY;
}

static enum rc_health assess_job(const struct health_subject *object)
{
	const json_t *failed = rc_health_find_condition(object, "Failed");

	if (health_is_true(failed))
		return rc_health_say(object, RC_HEALTH_DEGRADED, "it failed: %s",
				     health_text(failed, "message"));
	if (health_is_true(rc_health_find_condition(object, "Suspended")))
		return rc_health_say(object, RC_HEALTH_SUSPENDED, "it is suspended");
	if (health_is_true(rc_health_find_condition(object, "Complete")))
		return RC_HEALTH_HEALTHY;
	return rc_health_say(object, RC_HEALTH_PROGRESSING, "it is running, %lld failed so far",
			     health_number(object->status, "failed", 0));
}

static enum rc_health assess_cron_job(const struct health_subject *object)
{
	const char *scheduled = health_text(object->status, "lastScheduleTime");
	const char *succeeded = health_text(object->status, "lastSuccessfulTime");

	/* It is as it shall be: Suspended would keep its wave waiting for ever. */
	if (json_is_true(json_object_get(object->spec, "suspend")))
		return rc_health_say(object, RC_HEALTH_HEALTHY, "it is suspended");
	if (!object->status)
		return rc_health_behind(object);
	/* Without any success yet the first run may still be under way. */
	if (!*scheduled || !*succeeded ||
	    json_array_size(json_object_get(object->status, "active")) > 0)
		return RC_HEALTH_HEALTHY;
	if (strcmp(succeeded, scheduled) < 0)
		return rc_health_say(object, RC_HEALTH_DEGRADED, "its last run did not succeed");
	return RC_HEALTH_HEALTHY;
}

const struct health_rule rc_health_workload_rules[] = {
	{"apps", "Deployment", assess_deployment},
	{"apps", "ReplicaSet", assess_replica_set},
	{"apps", "StatefulSet", assess_stateful_set},
	{"apps", "DaemonSet", assess_daemon_set},
	{"batch", "Job", assess_job},
	{"batch", "CronJob", assess_cron_job},
	{NULL, NULL, NULL},
};
