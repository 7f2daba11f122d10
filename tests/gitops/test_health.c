/*
 * Health of live objects: Argo CD's compiled rules and its scripts for CronJob,
 * CustomResourceDefinition, PodDisruptionBudget and External Secrets' kinds, one row a branch.
 */
#include "support/check.h"

#include <string.h>

#include "gitops/health.h"
#include "gitops/manifest.h"

struct example {
	const char *name;
	const char *object; /* kind, spec and status; a name is added */
	enum rc_health health;
	const char *message; /* a part of it, or NULL */
};

#define DEPLOYMENT   "apiVersion: apps/v1\nkind: Deployment\n"
#define REPLICA_SET  "apiVersion: apps/v1\nkind: ReplicaSet\n"
#define STATEFUL_SET "apiVersion: apps/v1\nkind: StatefulSet\n"
#define DAEMON_SET   "apiVersion: apps/v1\nkind: DaemonSet\n"
#define GENERATION_2 "metadata: {name: x, generation: 2}\n"

static const struct example workloads[] = {
	{"deployment: all there",
	 DEPLOYMENT GENERATION_2
	 "spec: {replicas: 3}\n"
	 "status: {observedGeneration: 2, replicas: 3, updatedReplicas: 3, availableReplicas: 3}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"deployment: scaled to nothing",
	 DEPLOYMENT GENERATION_2 "spec: {replicas: 0}\nstatus: {observedGeneration: 2}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"deployment: no status yet", DEPLOYMENT GENERATION_2 "spec: {replicas: 1}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"deployment: not observed",
	 DEPLOYMENT GENERATION_2
	 "spec: {replicas: 3}\n"
	 "status: {observedGeneration: 1, replicas: 3, updatedReplicas: 3, availableReplicas: 3}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"deployment: paused, whatever else",
	 DEPLOYMENT GENERATION_2 "spec: {replicas: 3, paused: true}\n"
				 "status: {observedGeneration: 1}\n",
	 RC_HEALTH_SUSPENDED, NULL},
	{"deployment: deadline exceeded",
	 DEPLOYMENT GENERATION_2 "spec: {replicas: 3}\n"
				 "status: {observedGeneration: 2, replicas: 3, conditions: [{type: "
				 "Progressing, status: 'False', reason: "
				 "ProgressDeadlineExceeded}]}\n",
	 RC_HEALTH_DEGRADED, "deadline"},
	{"deployment: deadline of the generation before",
	 DEPLOYMENT GENERATION_2 "spec: {replicas: 3}\n"
				 "status: {observedGeneration: 1, replicas: 3, conditions: [{type: "
				 "Progressing, status: 'False', reason: "
				 "ProgressDeadlineExceeded}]}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"deployment: not all updated",
	 DEPLOYMENT GENERATION_2
	 "spec: {replicas: 3}\n"
	 "status: {observedGeneration: 2, replicas: 4, updatedReplicas: 2, availableReplicas: 4}\n",
	 RC_HEALTH_PROGRESSING, "2 of 3"},
	{"deployment: old pods still there",
	 DEPLOYMENT GENERATION_2
	 "spec: {replicas: 3}\n"
	 "status: {observedGeneration: 2, replicas: 4, updatedReplicas: 3, availableReplicas: 4}\n",
	 RC_HEALTH_PROGRESSING, "1 old"},
	{"deployment: not all available",
	 DEPLOYMENT GENERATION_2
	 "spec: {replicas: 3}\n"
	 "status: {observedGeneration: 2, replicas: 3, updatedReplicas: 3, availableReplicas: 1}\n",
	 RC_HEALTH_PROGRESSING, "1 of 3"},
	{"deployment: its pods are refused",
	 DEPLOYMENT GENERATION_2
	 "spec: {replicas: 1}\n"
	 "status: {observedGeneration: 2, conditions: [{type: ReplicaFailure, status: 'True',\n"
	 "  reason: FailedCreate, message: exceeded quota}]}\n",
	 RC_HEALTH_PROGRESSING, "0 of 1 new replicas have been updated: FailedCreate: exceeded"},
	{"deployment: of another group has no rule",
	 "apiVersion: example.io/v1\nkind: Deployment\nmetadata: {name: x}\n", RC_HEALTH_NONE,
	 NULL},
	{"replica set: all there",
	 REPLICA_SET GENERATION_2 "spec: {replicas: 2}\n"
				  "status: {observedGeneration: 2, availableReplicas: 2}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"replica set: not observed",
	 REPLICA_SET GENERATION_2 "spec: {replicas: 2}\n"
				  "status: {observedGeneration: 1, availableReplicas: 2}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"replica set: failure",
	 REPLICA_SET GENERATION_2
	 "spec: {replicas: 2}\n"
	 "status: {observedGeneration: 2, availableReplicas: 2, conditions: "
	 "[{type: ReplicaFailure, status: 'True', message: exceeded quota}]}\n",
	 RC_HEALTH_DEGRADED, "exceeded quota"},
	{"replica set: failure that is over",
	 REPLICA_SET GENERATION_2 "spec: {replicas: 2}\n"
				  "status: {observedGeneration: 2, availableReplicas: 2, "
				  "conditions: [{type: ReplicaFailure, status: 'False'}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"replica set: one missing",
	 REPLICA_SET GENERATION_2 "spec: {replicas: 2}\n"
				  "status: {observedGeneration: 2, availableReplicas: 1}\n",
	 RC_HEALTH_PROGRESSING, "1 of 2"},
	{"stateful set: all there",
	 STATEFUL_SET GENERATION_2
	 "spec: {replicas: 2, updateStrategy: {type: RollingUpdate}}\n"
	 "status: {observedGeneration: 2, readyReplicas: 2, updatedReplicas: 2, "
	 "currentRevision: a, updateRevision: a}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"stateful set: never observed",
	 "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: x}\n"
	 "spec: {replicas: 0}\nstatus: {observedGeneration: 0}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"stateful set: not observed",
	 STATEFUL_SET GENERATION_2 "spec: {replicas: 2}\n"
				   "status: {observedGeneration: 1, readyReplicas: 2}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"stateful set: one not ready",
	 STATEFUL_SET GENERATION_2 "spec: {replicas: 2}\n"
				   "status: {observedGeneration: 2, readyReplicas: 1}\n",
	 RC_HEALTH_PROGRESSING, "1 of 2"},
	{"stateful set: partition under way",
	 STATEFUL_SET GENERATION_2
	 "spec: {replicas: 3, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: "
	 "1}}}\n"
	 "status: {observedGeneration: 2, readyReplicas: 3, updatedReplicas: 1, "
	 "currentRevision: a, updateRevision: b}\n",
	 RC_HEALTH_PROGRESSING, "1 of 2"},
	{"stateful set: partition done",
	 STATEFUL_SET GENERATION_2
	 "spec: {replicas: 3, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: "
	 "1}}}\n"
	 "status: {observedGeneration: 2, readyReplicas: 3, updatedReplicas: 2, "
	 "currentRevision: a, updateRevision: b}\n",
	 RC_HEALTH_HEALTHY, NULL},
	/* The API server writes partition 0 for everyone. */
	{"stateful set: no partition, under way",
	 STATEFUL_SET GENERATION_2
	 "spec: {replicas: 3, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: "
	 "0}}}\n"
	 "status: {observedGeneration: 2, readyReplicas: 3, updatedReplicas: 2, "
	 "currentRevision: a, updateRevision: b}\n",
	 RC_HEALTH_PROGRESSING, "2 of 3"},
	{"stateful set: no partition, all updated",
	 STATEFUL_SET GENERATION_2
	 "spec: {replicas: 3, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: "
	 "0}}}\n"
	 "status: {observedGeneration: 2, readyReplicas: 3, updatedReplicas: 3, "
	 "currentRevision: a, updateRevision: b}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"stateful set: OnDelete",
	 STATEFUL_SET GENERATION_2 "spec: {replicas: 2, updateStrategy: {type: OnDelete}}\n"
				   "status: {observedGeneration: 2, readyReplicas: 2, "
				   "currentRevision: a, updateRevision: b}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"stateful set: revisions differ",
	 STATEFUL_SET GENERATION_2 "spec: {replicas: 2, updateStrategy: {type: RollingUpdate}}\n"
				   "status: {observedGeneration: 2, readyReplicas: 2, "
				   "currentRevision: a, updateRevision: b}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"daemon set: all there",
	 DAEMON_SET GENERATION_2 "spec: {}\n"
				 "status: {observedGeneration: 2, desiredNumberScheduled: 2, "
				 "updatedNumberScheduled: 2, numberAvailable: 2}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"daemon set: no node wants it",
	 DAEMON_SET GENERATION_2 "status: {observedGeneration: 2, desiredNumberScheduled: 0}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"daemon set: not observed",
	 DAEMON_SET GENERATION_2 "status: {observedGeneration: 1, desiredNumberScheduled: 0}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"daemon set: OnDelete",
	 DAEMON_SET GENERATION_2 "spec: {updateStrategy: {type: OnDelete}}\n"
				 "status: {observedGeneration: 2, desiredNumberScheduled: 2, "
				 "updatedNumberScheduled: 1, numberAvailable: 2}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"daemon set: not all updated",
	 DAEMON_SET GENERATION_2 "spec: {updateStrategy: {type: RollingUpdate}}\n"
				 "status: {observedGeneration: 2, desiredNumberScheduled: 2, "
				 "updatedNumberScheduled: 1, numberAvailable: 2}\n",
	 RC_HEALTH_PROGRESSING, "1 of 2"},
	{"daemon set: not all available",
	 DAEMON_SET GENERATION_2 "status: {observedGeneration: 2, desiredNumberScheduled: 2, "
				 "updatedNumberScheduled: 2, numberAvailable: 0}\n",
	 RC_HEALTH_PROGRESSING, "0 of 2"},
};

#define JOB "apiVersion: batch/v1\nkind: Job\nmetadata: {name: x}\n"
#define CLUSTER_SECRET \
	"apiVersion: external-secrets.io/v1\nkind: ClusterExternalSecret\nmetadata: {name: x}\n"
#define CRON_JOB \
	"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: x}\nspec: {suspend: false}\n"

static const struct example jobs[] = {
	{"job: no status", JOB, RC_HEALTH_PROGRESSING, NULL},
	{"job: running", JOB "status: {active: 1, failed: 2}\n", RC_HEALTH_PROGRESSING, "2"},
	{"job: complete",
	 JOB "status: {succeeded: 1, conditions: [{type: Complete, status: 'True'}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"job: failed",
	 JOB "status: {conditions: [{type: Failed, status: 'True', message: backoff limit}]}\n",
	 RC_HEALTH_DEGRADED, "backoff limit"},
	{"job: suspended", JOB "status: {conditions: [{type: Suspended, status: 'True'}]}\n",
	 RC_HEALTH_SUSPENDED, NULL},
	{"job: about to fail",
	 JOB "status: {conditions: [{type: FailureTarget, status: 'True'}]}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"cron job: no status", CRON_JOB, RC_HEALTH_PROGRESSING, NULL},
	{"cron job: never scheduled", CRON_JOB "status: {}\n", RC_HEALTH_HEALTHY, NULL},
	{"cron job: suspended",
	 "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: x}\nspec: {suspend: true}\n",
	 RC_HEALTH_HEALTHY, "suspended"},
	{"cron job: last run went well",
	 CRON_JOB "status: {lastScheduleTime: '2025-01-02T00:00:00Z', "
		  "lastSuccessfulTime: '2025-01-02T00:00:07Z'}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"cron job: last run went wrong",
	 CRON_JOB "status: {lastScheduleTime: '2025-01-02T00:00:00Z', "
		  "lastSuccessfulTime: '2025-01-01T00:00:07Z'}\n",
	 RC_HEALTH_DEGRADED, NULL},
	{"cron job: one is running",
	 CRON_JOB "status: {active: [{name: a}], lastScheduleTime: '2025-01-02T00:00:00Z', "
		  "lastSuccessfulTime: '2025-01-01T00:00:07Z'}\n",
	 RC_HEALTH_HEALTHY, NULL},
	/* It may be its first. */
	{"cron job: never succeeded",
	 CRON_JOB "status: {lastScheduleTime: '2025-01-02T00:00:00Z'}\n", RC_HEALTH_HEALTHY, NULL},
};

#define POD	   "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {restartPolicy: Always}\n"
#define POD_NEVER  "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {restartPolicy: Never}\n"
#define WAITING(r) "containerStatuses: [{name: c, state: {waiting: {reason: " r "}}}]"

static const struct example pods[] = {
	{"pod: pending", POD "status: {phase: Pending}\n", RC_HEALTH_PROGRESSING, NULL},
	{"pod: creating", POD "status: {phase: Pending, " WAITING("ContainerCreating") "}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"pod: ImagePullBackOff", POD "status: {phase: Pending, " WAITING("ImagePullBackOff") "}\n",
	 RC_HEALTH_DEGRADED, "container c: ImagePullBackOff"},
	{"pod: ErrImagePull", POD "status: {phase: Pending, " WAITING("ErrImagePull") "}\n",
	 RC_HEALTH_DEGRADED, "ErrImagePull"},
	{"pod: CreateContainerConfigError",
	 POD "status: {phase: Pending, " WAITING("CreateContainerConfigError") "}\n",
	 RC_HEALTH_DEGRADED, NULL},
	{"pod: CrashLoopBackOff", POD "status: {phase: Running, " WAITING("CrashLoopBackOff") "}\n",
	 RC_HEALTH_DEGRADED, NULL},
	/* A hook's pod may yet get its image; judging it now would fail the sync too early. */
	{"pod: ImagePullBackOff of a finite one",
	 POD_NEVER "status: {phase: Pending, " WAITING("ImagePullBackOff") "}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"pod: running and ready",
	 POD "status: {phase: Running, conditions: [{type: Ready, status: 'True'}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"pod: running, not ready",
	 POD "status: {phase: Running, conditions: [{type: Ready, status: 'False'}]}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"pod: running, not ready, restarted",
	 POD "status: {phase: Running, conditions: [{type: Ready, status: 'False'}], "
	     "containerStatuses: [{name: c, state: {running: {}}, lastState: {terminated: "
	     "{exitCode: 1, reason: Error}}}]}\n",
	 RC_HEALTH_DEGRADED, "c"},
	{"pod: running, ready, restarted",
	 POD "status: {phase: Running, conditions: [{type: Ready, status: 'True'}], "
	     "containerStatuses: [{name: c, lastState: {terminated: {exitCode: 1}}}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"pod: a finite one that is ready is not done",
	 POD_NEVER "status: {phase: Running, conditions: [{type: Ready, status: 'True'}]}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"pod: succeeded", POD_NEVER "status: {phase: Succeeded}\n", RC_HEALTH_HEALTHY, NULL},
	{"pod: failed", POD_NEVER "status: {phase: Failed, message: evicted}\n", RC_HEALTH_DEGRADED,
	 "evicted"},
	{"pod: no phase", POD "status: {}\n", RC_HEALTH_UNKNOWN, NULL},
	{"pod: being deleted",
	 "apiVersion: v1\nkind: Pod\n"
	 "metadata: {name: x, deletionTimestamp: '2025-01-01T00:00:00Z'}\n"
	 "status: {phase: Failed}\n",
	 RC_HEALTH_PROGRESSING, "deleted"},
};

#define CLAIM	"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: x}\n"
#define SERVICE "apiVersion: v1\nkind: Service\nmetadata: {name: x}\n"
#define INGRESS "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: x}\n"

static const struct example places[] = {
	{"claim: bound", CLAIM "status: {phase: Bound}\n", RC_HEALTH_HEALTHY, NULL},
	{"claim: pending", CLAIM "status: {phase: Pending}\n", RC_HEALTH_PROGRESSING, NULL},
	{"claim: lost", CLAIM "status: {phase: Lost}\n", RC_HEALTH_DEGRADED, NULL},
	{"claim: odd", CLAIM "status: {phase: Odd}\n", RC_HEALTH_UNKNOWN, "Odd"},
	{"service: cluster IP", SERVICE "spec: {type: ClusterIP}\nstatus: {loadBalancer: {}}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"service: no type", SERVICE "spec: {}\n", RC_HEALTH_HEALTHY, NULL},
	{"service: load balancer without an address",
	 SERVICE "spec: {type: LoadBalancer}\nstatus: {loadBalancer: {}}\n", RC_HEALTH_PROGRESSING,
	 NULL},
	{"service: load balancer",
	 SERVICE "spec: {type: LoadBalancer}\nstatus: {loadBalancer: {ingress: [{ip: 1.2.3.4}]}}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"service: an empty entry will do",
	 SERVICE "spec: {type: LoadBalancer}\nstatus: {loadBalancer: {ingress: [{}]}}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"ingress: no address", INGRESS "status: {loadBalancer: {}}\n", RC_HEALTH_PROGRESSING,
	 NULL},
	{"ingress: empty list", INGRESS "status: {loadBalancer: {ingress: []}}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"ingress: address", INGRESS "status: {loadBalancer: {ingress: [{hostname: a.b}]}}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"ingress: extensions",
	 "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: x}\n"
	 "status: {loadBalancer: {}}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"no rule", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n", RC_HEALTH_NONE, NULL},
	{"no rule: another group's Service",
	 "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: x}\n"
	 "spec: {type: LoadBalancer}\n",
	 RC_HEALTH_NONE, NULL},
	{"no rule: a child application",
	 "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: x}\n"
	 "status: {health: {status: Degraded}}\n",
	 RC_HEALTH_NONE, NULL},
	{"being deleted comes before all",
	 "apiVersion: v1\nkind: ConfigMap\n"
	 "metadata: {name: x, deletionTimestamp: '2025-01-01T00:00:00Z'}\n",
	 RC_HEALTH_PROGRESSING, NULL},
};

#define HPA_V2 "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: x}\n"
#define HPA_V1(conditions)                                                               \
	"apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\n"                    \
	"metadata: {name: x, annotations: {autoscaling.alpha.kubernetes.io/conditions: " \
	"'" conditions "'}}\n"

static const struct example scalers[] = {
	{"hpa: nothing known", HPA_V2 "status: {}\n", RC_HEALTH_PROGRESSING, NULL},
	{"hpa: able",
	 HPA_V2 "status: {conditions: [{type: AbleToScale, status: 'True', reason: "
		"ReadyForNewScale}, {type: ScalingActive, status: 'True', reason: "
		"ValidMetricFound}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"hpa: limited",
	 HPA_V2 "status: {conditions: [{type: ScalingLimited, status: 'True', reason: "
		"TooFewReplicas}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"hpa: cannot read the scale",
	 HPA_V2 "status: {conditions: [{type: AbleToScale, status: 'False', reason: "
		"FailedGetScale, message: no matches}]}\n",
	 RC_HEALTH_DEGRADED, "no matches"},
	{"hpa: cannot write the scale",
	 HPA_V2 "status: {conditions: [{type: AbleToScale, status: 'False', reason: "
		"FailedUpdateScale}]}\n",
	 RC_HEALTH_DEGRADED, NULL},
	{"hpa: no metrics",
	 HPA_V2 "status: {conditions: [{type: ScalingActive, status: 'False', reason: "
		"FailedGetResourceMetric, message: unable to fetch}]}\n",
	 RC_HEALTH_DEGRADED, "unable to fetch"},
	/* A new workload has none for its first minute. */
	{"hpa: able, no metrics",
	 HPA_V2 "status: {conditions: [{type: AbleToScale, status: 'True', reason: "
		"SucceededGetScale}, {type: ScalingActive, status: 'False', reason: "
		"FailedGetResourceMetric}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"hpa: bad selector",
	 HPA_V2 "status: {conditions: [{type: ScalingActive, status: 'False', reason: "
		"InvalidSelector}]}\n",
	 RC_HEALTH_DEGRADED, NULL},
	{"hpa: not able for another reason",
	 HPA_V2 "status: {conditions: [{type: AbleToScale, status: 'False', reason: "
		"BackoffBoth}]}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	/* autoscaling/v1 has no conditions but this annotation. */
	{"hpa v1: no annotation",
	 "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: x}\n"
	 "status: {currentReplicas: 1}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"hpa v1: able",
	 HPA_V1("[{\"type\":\"AbleToScale\",\"status\":\"True\",\"reason\":\"ReadyForNewScale\"}]"),
	 RC_HEALTH_HEALTHY, NULL},
	{"hpa v1: cannot read the scale",
	 HPA_V1("[{\"type\":\"AbleToScale\",\"status\":\"False\",\"reason\":\"FailedGetScale\","
		"\"message\":\"no such\"}]"),
	 RC_HEALTH_DEGRADED, "no such"},
	{"hpa v1: no list", HPA_V1("[]"), RC_HEALTH_PROGRESSING, NULL},
	{"hpa v1: nonsense", HPA_V1("{{"), RC_HEALTH_UNKNOWN, NULL},
};

#define BUDGET \
	"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: x, generation: 1}\n"
#define DEFINITION                                                                        \
	"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: " \
	"{name: x}\n"
#define NAMES_OK    "{type: NamesAccepted, status: 'True', reason: NoConflicts}"
#define API_SERVICE "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: x}\n"
#define EXTERNAL_SECRET                                                                   \
	"apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: x}\n" \
	"spec: {}\n"

static const struct example others[] = {
	{"budget: no conditions", BUDGET "status: {observedGeneration: 1}\n", RC_HEALTH_PROGRESSING,
	 NULL},
	{"budget: sufficient pods",
	 BUDGET "status: {observedGeneration: 1, conditions: [{type: DisruptionAllowed, status: "
		"'True', reason: SufficientPods}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"budget: insufficient pods",
	 BUDGET "status: {observedGeneration: 1, conditions: [{type: DisruptionAllowed, status: "
		"'False', reason: InsufficientPods}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"budget: broken",
	 BUDGET "status: {observedGeneration: 1, conditions: [{type: DisruptionAllowed, status: "
		"'False', reason: SyncFailed}]}\n",
	 RC_HEALTH_DEGRADED, NULL},
	{"definition: no conditions", DEFINITION "status: {conditions: []}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"definition: no status", DEFINITION, RC_HEALTH_PROGRESSING, NULL},
	{"definition: established",
	 DEFINITION "status: {conditions: [" NAMES_OK ", {type: Established, status: 'True'}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"definition: names taken",
	 DEFINITION "status: {conditions: [{type: NamesAccepted, status: 'False', message: "
		    "taken}]}\n",
	 RC_HEALTH_DEGRADED, "taken"},
	{"definition: not established",
	 DEFINITION "status: {conditions: [" NAMES_OK
		    ", {type: Established, status: 'False', reason: NotAccepted}]}\n",
	 RC_HEALTH_DEGRADED, NULL},
	/* Every new one is like that for a moment. */
	{"definition: being installed",
	 DEFINITION "status: {conditions: [" NAMES_OK
		    ", {type: Established, status: 'False', reason: Installing}]}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"definition: schema violations",
	 DEFINITION "status: {conditions: [" NAMES_OK ", {type: Established, status: 'True'}, "
		    "{type: NonStructuralSchema, status: 'True', message: spec.a}]}\n",
	 RC_HEALTH_DEGRADED, "spec.a"},
	{"definition: terminating",
	 DEFINITION "status: {conditions: [" NAMES_OK ", {type: Established, status: 'True'}, "
		    "{type: Terminating, status: 'True', message: instances}]}\n",
	 RC_HEALTH_PROGRESSING, "instances"},
	{"API service: available",
	 API_SERVICE "status: {conditions: [{type: Available, status: 'True'}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"API service: not available",
	 API_SERVICE
	 "status: {conditions: [{type: Available, status: 'False', message: no endpoints}]}\n",
	 RC_HEALTH_PROGRESSING, "no endpoints"},
	{"API service: nothing known", API_SERVICE, RC_HEALTH_PROGRESSING, NULL},
	{"external secret: nothing known", EXTERNAL_SECRET, RC_HEALTH_PROGRESSING, NULL},
	{"external secret: ready",
	 EXTERNAL_SECRET "status: {conditions: [{type: Ready, status: 'True'}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"external secret: not ready",
	 EXTERNAL_SECRET
	 "status: {conditions: [{type: Ready, status: 'False', message: could not get}]}\n",
	 RC_HEALTH_DEGRADED, "could not get"},
	{"external secret: of the version before",
	 "apiVersion: external-secrets.io/v1beta1\nkind: ExternalSecret\nmetadata: {name: x}\n"
	 "spec: {}\nstatus: {conditions: [{type: Ready, status: 'True'}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"secret store: not ready",
	 "apiVersion: external-secrets.io/v1\nkind: SecretStore\nmetadata: {name: x}\n"
	 "status: {conditions: [{type: Ready, status: 'False', message: denied}]}\n",
	 RC_HEALTH_DEGRADED, "denied"},
	{"cluster secret store: not ready",
	 "apiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nmetadata: {name: x}\n"
	 "status: {conditions: [{type: Ready, status: 'False', message: denied}]}\n",
	 RC_HEALTH_DEGRADED, "denied"},
	{"push secret: not ready",
	 "apiVersion: external-secrets.io/v1alpha1\nkind: PushSecret\nmetadata: {name: x}\n"
	 "status: {conditions: [{type: Ready, status: 'False', message: no such store}]}\n",
	 RC_HEALTH_DEGRADED, "no such store"},
	{"cluster external secret: nothing known", CLUSTER_SECRET "status: {}\n",
	 RC_HEALTH_PROGRESSING, NULL},
	{"cluster external secret: the last one counts",
	 CLUSTER_SECRET "status: {conditions: [{type: NotReady, status: 'True', message: no}, "
			"{type: Ready, status: 'True'}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
	{"cluster external secret: in some namespaces",
	 CLUSTER_SECRET "status: {conditions: [{type: Ready, status: 'False'}, "
			"{type: PartiallyReady, status: 'True', message: one failed}]}\n",
	 RC_HEALTH_DEGRADED, "one failed"},
	{"cluster external secret: nowhere",
	 CLUSTER_SECRET "status: {conditions: [{type: NotReady, status: 'True', message: all}]}\n",
	 RC_HEALTH_DEGRADED, "all"},
	{"cluster secret store: ready",
	 "apiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nmetadata: {name: x}\n"
	 "status: {conditions: [{type: Ready, status: 'True'}]}\n",
	 RC_HEALTH_HEALTHY, NULL},
};

static void check(const struct example *example)
{
	json_auto_t *object = manifest_read(example->object);
	rc_autofree char *message = NULL;
	enum rc_health health = rc_health_assess(object, &message);

	ck_assert_msg(health == example->health, "%s: %s (%s), wanted %s", example->name,
		      rc_health_to_string(health), message ? message : "",
		      rc_health_to_string(example->health));
	if (example->message)
		ck_assert_msg(message && strstr(message, example->message), "%s: '%s'",
			      example->name, message ? message : "");
	if (health == RC_HEALTH_PROGRESSING || health == RC_HEALTH_DEGRADED)
		ck_assert_msg(message != NULL, "%s: no message", example->name);
}

START_TEST(test_workloads)
{
	check(&workloads[_i]);
}
END_TEST

START_TEST(test_jobs)
{
	check(&jobs[_i]);
}
END_TEST

START_TEST(test_pods)
{
	check(&pods[_i]);
}
END_TEST

START_TEST(test_places)
{
	check(&places[_i]);
}
END_TEST

START_TEST(test_scalers)
{
	check(&scalers[_i]);
}
END_TEST

START_TEST(test_others)
{
	check(&others[_i]);
}
END_TEST

/* ---- adding up ---- */

START_TEST(test_worse)
{
	static const enum rc_health order[] = {
		RC_HEALTH_NONE,	   RC_HEALTH_HEALTHY,  RC_HEALTH_SUSPENDED, RC_HEALTH_PROGRESSING,
		RC_HEALTH_MISSING, RC_HEALTH_DEGRADED, RC_HEALTH_UNKNOWN};

	for (size_t i = 0; i < RC_ARRAY_SIZE(order); i++)
		for (size_t j = 0; j < RC_ARRAY_SIZE(order); j++)
			ck_assert_int_eq(rc_health_worse(order[i], order[j]), order[i > j ? i : j]);
}
END_TEST

START_TEST(test_names)
{
	ck_assert_str_eq(rc_health_to_string(RC_HEALTH_NONE), "");
	ck_assert_str_eq(rc_health_to_string(RC_HEALTH_HEALTHY), "Healthy");
	ck_assert_str_eq(rc_health_to_string(RC_HEALTH_SUSPENDED), "Suspended");
	ck_assert_str_eq(rc_health_to_string(RC_HEALTH_PROGRESSING), "Progressing");
	ck_assert_str_eq(rc_health_to_string(RC_HEALTH_MISSING), "Missing");
	ck_assert_str_eq(rc_health_to_string(RC_HEALTH_DEGRADED), "Degraded");
	ck_assert_str_eq(rc_health_to_string(RC_HEALTH_UNKNOWN), "Unknown");
}
END_TEST

/* Of a kind without a rule what kstatus reads stays; of one with a rule all. */
START_TEST(test_trim)
{
	json_auto_t *other = manifest_read(
		"apiVersion: example.io/v1\nkind: Thing\nmetadata: {name: x}\n"
		"status: {observedGeneration: 3, big: {a: 1}, conditions: [{type: Ready, status: "
		"'True'}, {type: Other, status: 'True'}]}\n");
	json_auto_t *left = manifest_read(
		"apiVersion: example.io/v1\nkind: Thing\nmetadata: {name: x}\n"
		"status: {observedGeneration: 3, conditions: [{type: Ready, status: 'True'}]}\n");
	json_auto_t *pod = manifest_read("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n"
					 "status: {phase: Running, big: {a: 1}}\n");
	json_auto_t *same = json_deep_copy(pod);
	json_auto_t *silent = manifest_read("apiVersion: v1\nkind: ConfigMap\n"
					    "metadata: {name: x}\nstatus: {a: 1}\n");

	rc_health_trim(other);
	ck_assert(json_equal(other, left));
	rc_health_trim(pod);
	ck_assert(json_equal(pod, same));
	rc_health_trim(silent);
	ck_assert_ptr_null(json_object_get(silent, "status"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("health");
	TCase *tcase = tcase_create("health");

	tcase_add_loop_test(tcase, test_workloads, 0, RC_ARRAY_SIZE(workloads));
	tcase_add_loop_test(tcase, test_jobs, 0, RC_ARRAY_SIZE(jobs));
	tcase_add_loop_test(tcase, test_pods, 0, RC_ARRAY_SIZE(pods));
	tcase_add_loop_test(tcase, test_places, 0, RC_ARRAY_SIZE(places));
	tcase_add_loop_test(tcase, test_scalers, 0, RC_ARRAY_SIZE(scalers));
	tcase_add_loop_test(tcase, test_others, 0, RC_ARRAY_SIZE(others));
	tcase_add_test(tcase, test_worse);
	tcase_add_test(tcase, test_names);
	tcase_add_test(tcase, test_trim);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
