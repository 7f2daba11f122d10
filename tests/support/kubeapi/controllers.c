/*
 * Controllers: Deployments make ReplicaSets make Pods, Pods become ready, Jobs end.
 *
 * A pod's template says how it fares: annotation kubeapi.test/behaviour is ready (the default),
 * slow:<ms>, never, crash, image-pull, fail; an image whose tag holds "broken" cannot be pulled.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kubeapi.h"

#define TURN_S	 0.02
#define AGAIN_S	 0.1
#define SHARE	 10 /* a turn looks at everything, so it may take a tenth of the time at most */
#define JOBS_POD "job-name"

static struct {
	struct ev_loop *loop;
	ev_timer timer;
	unsigned int ready_after_ms;
	bool busy;     /* something will change by time alone */
	double cost_s; /* of the last turn */
} state;

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events);

void kubeapi_controllers_init(struct ev_loop *loop, unsigned int ready_after_ms)
{
	state.loop = loop;
	state.ready_after_ms = ready_after_ms;
	ev_timer_init(&state.timer, on_turn, 0, 0);
}

static void wake_in(double seconds)
{
	if (ev_is_active(&state.timer))
		return;
	if (seconds < SHARE * state.cost_s)
		seconds = SHARE * state.cost_s;
	ev_timer_set(&state.timer, seconds, 0);
	ev_timer_start(state.loop, &state.timer);
}

void kubeapi_controllers_wake(void)
{
	wake_in(TURN_S);
}

static long long number(const json_t *json, const char *key, long long otherwise)
{
	json_t *value = json_object_get(json, key);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static bool is_owned_by(const json_t *json, const json_t *owner)
{
	return rc_text_equal(
		rc_json_text(
			json_array_get(rc_json_get(json, "metadata", "ownerReferences", NULL), 0),
			"uid", NULL),
		kubeapi_meta(owner, "uid"));
}

static json_t *make_owner(const struct kubeapi_object *owner)
{
	return json_pack("[{s:O, s:O, s:s, s:s, s:b, s:b}]", "apiVersion",
			 json_object_get(owner->json, "apiVersion"), "kind",
			 json_object_get(owner->json, "kind"), "name",
			 kubeapi_meta(owner->json, "name"), "uid", kubeapi_meta(owner->json, "uid"),
			 "controller", 1, "blockOwnerDeletion", 1);
}

/* Put status in place where it differs. */
static void set_status(struct kubeapi_object *object, json_t *status)
{
	json_auto_t *owned = status;
	json_t *after, *before = json_object_get(object->json, "status");

	if (before && json_equal(before, status))
		return;
	after = json_deep_copy(object->json);
	json_object_set(after, "status", status);
	kubeapi_store_put(object->kind, after);
}

static json_t *condition(const char *type, bool truth, const char *reason, const char *message)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "type", type, "status", truth ? "True" : "False",
			 "reason", reason, "message", message);
}

/* ---- pods ---- */

/* One that cannot be pulled, or "". */
static const char *broken_image(const json_t *pod)
{
	json_t *container;
	size_t i;

	json_array_foreach (rc_json_get(pod, "spec", "containers", NULL), i, container) {
		const char *image = rc_json_text(container, "image", NULL) ?: "";
		const char *tag = strrchr(image, ':');

		if (tag && strstr(tag, "broken"))
			return image;
	}
	return "";
}

static const char *behaviour_of(const json_t *pod)
{
	if (*broken_image(pod))
		return "image-pull";
	return rc_json_text(pod, "metadata", "annotations", "kubeapi.test/behaviour", NULL)
		       ?: "ready";
}

static json_t *container_statuses(const json_t *pod, const json_t *container_state, bool ready)
{
	json_t *list = json_array(), *container;
	size_t i;

	json_array_foreach (rc_json_get(pod, "spec", "containers", NULL), i, container)
		json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:b, s:i, s:O}", "name",
						      rc_json_text(container, "name", NULL) ?: "",
						      "image",
						      rc_json_text(container, "image", NULL) ?: "",
						      "ready", ready, "started", ready,
						      "restartCount", 0, "state", container_state));
	return list;
}

static json_t *waiting(const char *reason, const char *message)
{
	return json_pack("{s:{s:s, s:s}}", "waiting", "reason", reason, "message", message);
}

static json_t *pod_status(const json_t *pod, const char *phase, json_t *container_state,
			  bool is_ready)
{
	json_auto_t *owned = container_state;

	return json_pack("{s:s, s:[o, o], s:o, s:s}", "phase", phase, "conditions",
			 condition("PodScheduled", true, "", ""),
			 condition("Ready", is_ready, is_ready ? "" : "ContainersNotReady", ""),
			 "containerStatuses", container_statuses(pod, container_state, is_ready),
			 "podIP", "10.0.0.1");
}

static void run_pod(struct kubeapi_object *pod)
{
	const char *behaviour = behaviour_of(pod->json);
	uint64_t age_ms = rc_clock_monotonic_ms() - pod->created_ms;
	uint64_t after_ms = state.ready_after_ms;
	bool is_job = rc_json_get(pod->json, "metadata", "labels", JOBS_POD, NULL) != NULL;
	const char *phase = rc_json_text(pod->json, "status", "phase", NULL) ?: "";

	if (strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0)
		return;
	if (strncmp(behaviour, "slow:", 5) == 0)
		after_ms = strtoull(behaviour + 5, NULL, 10);
	if (strcmp(behaviour, "image-pull") == 0) {
		rc_autofree char *why =
			rc_asprintf("Back-off pulling image \"%s\"", broken_image(pod->json));

		set_status(pod, pod_status(pod->json, "Pending", waiting("ImagePullBackOff", why),
					   false));
	} else if (age_ms < after_ms || strcmp(behaviour, "never") == 0) {
		state.busy = state.busy || strcmp(behaviour, "never") != 0;
		set_status(pod, pod_status(pod->json, "Pending", waiting("ContainerCreating", ""),
					   false));
	} else if (strcmp(behaviour, "fail") == 0) {
		set_status(pod, pod_status(pod->json, "Failed",
					   json_pack("{s:{s:i, s:s}}", "terminated", "exitCode", 1,
						     "reason", "Error"),
					   false));
	} else if (strcmp(behaviour, "crash") == 0) {
		set_status(pod, pod_status(pod->json, "Running",
					   waiting("CrashLoopBackOff",
						   "back-off restarting failed container"),
					   false));
	} else if (is_job) {
		set_status(pod, pod_status(pod->json, "Succeeded",
					   json_pack("{s:{s:i, s:s}}", "terminated", "exitCode", 0,
						     "reason", "Completed"),
					   false));
	} else {
		set_status(pod,
			   pod_status(pod->json, "Running", json_pack("{s:{}}", "running"), true));
	}
}

static bool is_pod_ready(const json_t *pod)
{
	json_t *item;
	size_t i;

	json_array_foreach (rc_json_get(pod, "status", "conditions", NULL), i, item)
		if (rc_text_equal(rc_json_text(item, "type", NULL), "Ready"))
			return rc_text_equal(rc_json_text(item, "status", NULL), "True");
	return false;
}

static void make_pod(const struct kubeapi_object *owner, const json_t *template, const char *name)
{
	struct kubeapi_kind *kind = kubeapi_kind_by_name("", "Pod");
	struct kubeapi_write write = {.kind = kind,
				      .name_space = kubeapi_meta(owner->json, "namespace"),
				      .subresource = "",
				      .manager = "kube-controller-manager"};
	json_auto_t *pod = json_deep_copy(template), *made = NULL;
	json_t *metadata = json_object_get(pod, "metadata");

	json_object_del(metadata, "creationTimestamp");
	json_object_set_new(metadata, "ownerReferences", make_owner(owner));
	if (name)
		json_object_set_new(metadata, "name", json_string(name));
	else
		json_object_set_new(metadata, "generateName",
				    json_sprintf("%s-", kubeapi_meta(owner->json, "name")));
	kubeapi_create(&write, pod, &made);
}

struct count {
	long long all, ready;
};

/* Bring the number of owner's pods to wanted. */
static struct count scale_pods(const struct kubeapi_object *owner, long long wanted)
{
	rc_autofree struct kubeapi_object **pods = kubeapi_store_list(
		kubeapi_kind_by_name("", "Pod"), kubeapi_meta(owner->json, "namespace"));
	const json_t *template = rc_json_get(owner->json, "spec", "template", NULL);
	struct count count = {0, 0};

	for (size_t i = 0; pods[i]; i++) {
		if (!is_owned_by(pods[i]->json, owner->json))
			continue;
		if (count.all >= wanted) {
			kubeapi_store_remove(pods[i]);
			continue;
		}
		count.all++;
		count.ready += is_pod_ready(pods[i]->json);
	}
	while (count.all < wanted) {
		make_pod(owner, template, NULL);
		count.all++;
	}
	return count;
}

/* ---- workloads ---- */

/* Of the whole template, so that any change makes new pods. */
static void hash_template(const json_t *owner, char hash[11])
{
	char hex[RC_JSON_HASH_MAX];

	rc_json_hash(rc_json_get(owner, "spec", "template", NULL), hex);
	snprintf(hash, 11, "%.10s", hex);
}

static struct kubeapi_object *make_replica_set(const struct kubeapi_object *deployment,
					       const char *name, const char *hash)
{
	struct kubeapi_kind *kind = kubeapi_kind_by_name("apps", "ReplicaSet");
	const char *ns = kubeapi_meta(deployment->json, "namespace");
	struct kubeapi_write write = {.kind = kind,
				      .name_space = ns,
				      .subresource = "",
				      .manager = "kube-controller-manager"};
	json_auto_t *made = NULL;
	json_auto_t *set = json_pack(
		"{s:{s:s, s:o}, s:{s:i, s:O, s:o}}", "metadata", "name", name, "ownerReferences",
		make_owner(deployment), "spec", "replicas", 0, "selector",
		rc_json_get(deployment->json, "spec", "selector", NULL), "template",
		json_deep_copy(rc_json_get(deployment->json, "spec", "template", NULL)));
	json_t *metadata = rc_json_get(set, "spec", "template", "metadata", NULL);
	json_t *labels = json_object_get(metadata, "labels");

	if (labels) {
		json_object_set_new(labels, "pod-template-hash", json_string(hash));
		json_object_set(json_object_get(set, "metadata"), "labels", labels);
	}
	kubeapi_create(&write, set, &made);
	return kubeapi_store_find(kind, ns, name);
}

static void show_replica_set(struct kubeapi_object *set, long long wanted, struct count now)
{
	json_t *after = json_deep_copy(set->json);

	json_object_set_new(json_object_get(after, "spec"), "replicas", json_integer(wanted));
	json_object_set_new(after, "status",
			    json_pack("{s:I, s:I, s:I, s:I}", "observedGeneration",
				      number(json_object_get(after, "metadata"), "generation", 1),
				      "replicas", now.all, "readyReplicas", now.ready,
				      "availableReplicas", now.ready));
	if (json_equal(after, set->json))
		json_decref(after);
	else
		kubeapi_store_put(set->kind, after);
}

/* A Deployment's ReplicaSets but current, moved to the front of the list; returns how many. */
static size_t keep_old(struct kubeapi_object **sets, const struct kubeapi_object *current,
		       const struct kubeapi_object *deployment)
{
	size_t n = 0;

	for (size_t i = 0; sets[i]; i++)
		if (sets[i] != current && is_owned_by(sets[i]->json, deployment->json))
			sets[n++] = sets[i];
	return n;
}

/* The old ones keep their pods until the new ones are ready; then they are kept for an undo. */
static long long run_old(struct kubeapi_object *deployment, struct kubeapi_object *current,
			 bool is_ready, long long wanted)
{
	rc_autofree struct kubeapi_object **sets =
		kubeapi_store_list(current->kind, kubeapi_meta(deployment->json, "namespace"));
	size_t n = keep_old(sets, current, deployment);
	long long all = 0;

	kubeapi_revisions_note(deployment, current, sets, n);
	for (size_t i = 0; i < n; i++) {
		bool is_empty = number(json_object_get(sets[i]->json, "spec"), "replicas", 0) == 0;
		struct count now;

		if (is_empty)
			continue;
		now = scale_pods(sets[i], is_ready ? 0 : wanted);
		if (is_ready)
			show_replica_set(sets[i], 0, (struct count){0, 0});
		else
			all += now.all;
	}
	if (is_ready)
		kubeapi_revisions_trim(sets, n,
				       number(json_object_get(deployment->json, "spec"),
					      "revisionHistoryLimit", 10));
	return all;
}

static void run_deployment(struct kubeapi_object *deployment)
{
	struct kubeapi_kind *kind = kubeapi_kind_by_name("apps", "ReplicaSet");
	const char *ns = kubeapi_meta(deployment->json, "namespace");
	const json_t *spec = json_object_get(deployment->json, "spec");
	long long wanted = number(spec, "replicas", 1), all;
	rc_autofree char *name = NULL;
	struct kubeapi_object *current;
	struct count now;
	char hash[11];

	hash_template(deployment->json, hash);
	name = rc_asprintf("%s-%s", kubeapi_meta(deployment->json, "name"), hash);
	current = kubeapi_store_find(kind, ns, name);
	if (!current)
		current = make_replica_set(deployment, name, hash);
	if (!current)
		return;
	now = scale_pods(current, wanted);
	show_replica_set(current, wanted, now);
	all = now.all + run_old(deployment, current, now.ready >= wanted, wanted);
	set_status(deployment,
		   json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:[o, o]}", "observedGeneration",
			     number(json_object_get(deployment->json, "metadata"), "generation", 1),
			     "replicas", all, "updatedReplicas", now.all, "readyReplicas",
			     now.ready + (all - now.all), "availableReplicas",
			     all == now.all ? now.ready : all - now.all, "unavailableReplicas",
			     now.all - now.ready, "conditions",
			     condition("Available", now.ready >= wanted, "", ""),
			     condition("Progressing", true,
				       now.ready >= wanted ? "NewReplicaSetAvailable"
							   : "ReplicaSetUpdated",
				       "")));
}

static void run_stateful_set(struct kubeapi_object *set)
{
	const json_t *spec = json_object_get(set->json, "spec");
	long long wanted = number(spec, "replicas", 1);
	struct count now = scale_pods(set, wanted);
	char hash[11];

	hash_template(set->json, hash);
	set_status(set, json_pack("{s:I, s:I, s:I, s:I, s:I, s:s, s:s}", "observedGeneration",
				  number(json_object_get(set->json, "metadata"), "generation", 1),
				  "replicas", now.all, "readyReplicas", now.ready,
				  "currentReplicas", now.all, "updatedReplicas", now.all,
				  "currentRevision", hash, "updateRevision", hash));
}

static void run_daemon_set(struct kubeapi_object *set)
{
	struct count now = scale_pods(set, 1);

	set_status(set, json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "observedGeneration",
				  number(json_object_get(set->json, "metadata"), "generation", 1),
				  "desiredNumberScheduled", 1LL, "currentNumberScheduled", now.all,
				  "updatedNumberScheduled", now.all, "numberReady", now.ready,
				  "numberAvailable", now.ready));
}

static void run_job(struct kubeapi_object *job)
{
	rc_autofree struct kubeapi_object **pods = kubeapi_store_list(
		kubeapi_kind_by_name("", "Pod"), kubeapi_meta(job->json, "namespace"));
	struct kubeapi_object *pod = NULL;
	const char *phase;

	if (json_array_size(rc_json_get(job->json, "status", "conditions", NULL)) > 0)
		return;
	for (size_t i = 0; pods[i]; i++)
		if (is_owned_by(pods[i]->json, job->json))
			pod = pods[i];
	if (!pod) {
		make_pod(job, rc_json_get(job->json, "spec", "template", NULL), NULL);
		set_status(job, json_pack("{s:i}", "active", 1));
		return;
	}
	phase = rc_json_text(pod->json, "status", "phase", NULL) ?: "";
	if (strcmp(phase, "Succeeded") == 0)
		set_status(job, json_pack("{s:i, s:[o]}", "succeeded", 1, "conditions",
					  condition("Complete", true, "CompletionsReached", "")));
	else if (strcmp(phase, "Failed") == 0)
		set_status(job, json_pack("{s:i, s:[o]}", "failed", 1, "conditions",
					  condition("Failed", true, "BackoffLimitExceeded",
						    "Job has reached the specified backoff "
						    "limit")));
}

static void run_autoscaler(struct kubeapi_object *scaler)
{
	set_status(scaler,
		   json_pack("{s:i, s:i, s:[o, o]}", "currentReplicas", 2, "desiredReplicas", 2,
			     "conditions", condition("AbleToScale", true, "ReadyForNewScale", ""),
			     condition("ScalingActive", true, "ValidMetricFound", "")));
}

static void run_budget(struct kubeapi_object *budget)
{
	set_status(budget,
		   json_pack("{s:I, s:i, s:[o]}", "observedGeneration",
			     number(json_object_get(budget->json, "metadata"), "generation", 1),
			     "disruptionsAllowed", 1, "conditions",
			     condition("DisruptionAllowed", true, "SufficientPods", "")));
}

/* It has a status from the first moment; nothing is ever due here. */
static void run_cron_job(struct kubeapi_object *job)
{
	if (!json_object_get(job->json, "status"))
		set_status(job, json_object());
}

/* What gets an address from outside has one at once. */
static void give_address(struct kubeapi_object *object)
{
	set_status(object,
		   json_pack("{s:{s:[{s:s}]}}", "loadBalancer", "ingress", "ip", "192.0.2.10"));
}

static void run_service(struct kubeapi_object *service)
{
	if (rc_text_equal(rc_json_text(service->json, "spec", "type", NULL), "LoadBalancer"))
		give_address(service);
	else
		set_status(service, json_pack("{s:{}}", "loadBalancer"));
}

static void run_replica_set(struct kubeapi_object *set)
{
	long long wanted = number(json_object_get(set->json, "spec"), "replicas", 1);

	/* A Deployment's own are scaled with it. */
	if (json_array_size(rc_json_get(set->json, "metadata", "ownerReferences", NULL)) > 0)
		return;
	show_replica_set(set, wanted, scale_pods(set, wanted));
}

static void run_claim(struct kubeapi_object *claim)
{
	set_status(claim, json_pack("{s:s}", "phase", "Bound"));
}

static void run_definition(struct kubeapi_object *definition)
{
	set_status(definition,
		   json_pack("{s:[o, o]}", "conditions",
			     condition("NamesAccepted", true, "NoConflicts", ""),
			     condition("Established", true, "InitialNamesAccepted", "")));
}

/* Every namespace has a default account. */
static void run_namespace(struct kubeapi_object *ns)
{
	struct kubeapi_kind *kind = kubeapi_kind_by_name("", "ServiceAccount");
	const char *name = kubeapi_meta(ns->json, "name");
	struct kubeapi_write write = {.kind = kind,
				      .name_space = name,
				      .subresource = "",
				      .manager = "kube-controller-manager"};
	json_auto_t *account = NULL, *made = NULL;

	if (*kubeapi_meta(ns->json, "deletionTimestamp") ||
	    kubeapi_store_find(kind, name, "default"))
		return;
	account = json_pack("{s:{s:s}}", "metadata", "name", "default");
	kubeapi_create(&write, account, &made);
}

static const struct {
	const char *group, *kind;
	void (*run)(struct kubeapi_object *object);
} controllers[] = {
	{"", "Namespace", run_namespace},
	{"apiextensions.k8s.io", "CustomResourceDefinition", run_definition},
	{"", "Pod", run_pod},
	{"apps", "Deployment", run_deployment},
	{"apps", "StatefulSet", run_stateful_set},
	{"apps", "DaemonSet", run_daemon_set},
	{"batch", "Job", run_job},
	{"batch", "CronJob", run_cron_job},
	{"autoscaling", "HorizontalPodAutoscaler", run_autoscaler},
	{"policy", "PodDisruptionBudget", run_budget},
	{"", "PersistentVolumeClaim", run_claim},
	{"", "Service", run_service},
	{"networking.k8s.io", "Ingress", give_address},
	{"apps", "ReplicaSet", run_replica_set},
};

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	ev_tstamp began_s = ev_time();

	(void)loop;
	(void)timer;
	(void)events;
	state.busy = false;
	for (size_t i = 0; i < RC_ARRAY_SIZE(controllers); i++) {
		const struct kubeapi_kind *kind =
			kubeapi_kind_by_name(controllers[i].group, controllers[i].kind);
		rc_autofree struct kubeapi_object **list = kubeapi_store_list(kind, NULL);

		/* A run removes objects of other kinds only. */
		for (size_t j = 0; list[j]; j++)
			if (!*kubeapi_meta(list[j]->json, "deletionTimestamp"))
				controllers[i].run(list[j]);
	}
	kubeapi_gc_turn();
	state.cost_s = ev_time() - began_s;
	if (state.busy)
		wake_in(AGAIN_S);
}
