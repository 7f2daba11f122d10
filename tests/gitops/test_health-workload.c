/*
 * Health of Deployments and what else makes pods, and of pods: Argo CD's compiled rules and its
 * script for CronJob, one row a branch.
 */
#include "support/check.h"

#include "gitops/health-example.h"

#define DEPLOYMENT   "apiVersion: apps/v1\nkind: Deployment\n"
#define REPLICA_SET  "apiVersion: apps/v1\nkind: ReplicaSet\n"
#define STATEFUL_SET "apiVersion: apps/v1\nkind: StatefulSet\n"
#define DAEMON_SET   "apiVersion: apps/v1\nkind: DaemonSet\n"
#define GENERATION_2 "metadata: {name: x, generation: 2}\n"

static const struct health_example workloads[] = {
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
#define CRON_JOB \
	"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: x}\nspec: {suspend: false}\n"

static const struct health_example jobs[] = {
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

static const struct health_example pods[] = {
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

START_TEST(test_workloads)
{
	health_example_check(&workloads[_i]);
}
END_TEST

START_TEST(test_jobs)
{
	health_example_check(&jobs[_i]);
}
END_TEST

START_TEST(test_pods)
{
	health_example_check(&pods[_i]);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("gitops/health-workload");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, test_workloads, 0, RC_ARRAY_SIZE(workloads));
	tcase_add_loop_test(tcase, test_jobs, 0, RC_ARRAY_SIZE(jobs));
	tcase_add_loop_test(tcase, test_pods, 0, RC_ARRAY_SIZE(pods));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
