/* Whether a live object is well, as Argo CD judges it, and how applications add up. */
#pragma once

#include <stdbool.h>

#include <jansson.h>

enum rc_health {
	RC_HEALTH_NONE, /* no rule: it never blocks and never counts */
	RC_HEALTH_HEALTHY,
	RC_HEALTH_SUSPENDED,
	RC_HEALTH_PROGRESSING,
	RC_HEALTH_MISSING,
	RC_HEALTH_DEGRADED,
	RC_HEALTH_UNKNOWN,
};
/* "Healthy"; "" for NONE. Static text. */
const char *rc_health_to_string(enum rc_health health);

/* By its name; false: there is none of that name. */
bool rc_health_from_string(const char *text, enum rc_health *ret_health);

/*
 * Judge object; *ret_message says why in a clause ("1 of 3 updated replicas are available"), or is
 * NULL; the caller's to free. The kinds of argocd.md section 4.2, CronJob,
 * CustomResourceDefinition, PodDisruptionBudget and External Secrets' kinds have a rule; all others
 * are judged as kstatus does it (observedGeneration, conditions Reconciling, Stalled and Ready),
 * and have no health when they write none of that.
 */
enum rc_health rc_health_assess(const json_t *object, char **ret_message);
/* Take out of status what no rule reads. */
void rc_health_trim(json_t *object);
/* The worse of two; NONE is better than all. */
enum rc_health rc_health_worse(enum rc_health a, enum rc_health b);
/*
 * Why the pods behind a workload are not ready, from a List of pods: "pod judge-api-7d9-x:
 * container judge-api: ImagePullBackOff: ...". NULL when nothing stands out; the caller's to free.
 */
char *rc_health_explain_pods(const json_t *list);
/*
 * What the cluster last said is wrong with an object, from a List of the Events about it:
 * "FailedCreate: ...". NULL when they tell of nothing wrong; the caller's to free.
 */
char *rc_health_explain_events(const json_t *list);
