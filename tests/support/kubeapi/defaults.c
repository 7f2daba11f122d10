/* What the API server fills in, and what it refuses. */
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/base64.h"
#include "data/json.h"
#include "data/quantity.h"
#include "kubeapi.h"

static void set_text(json_t *object, const char *key, const char *value)
{
	if (object && !json_object_get(object, key))
		json_object_set_new(object, key, json_string(value));
}

static void set_number(json_t *object, const char *key, long long value)
{
	if (object && !json_object_get(object, key))
		json_object_set_new(object, key, json_integer(value));
}

static json_t *set_object(json_t *object, const char *key)
{
	if (object && !json_is_object(json_object_get(object, key)))
		json_object_set_new(object, key, json_object());
	return json_object_get(object, key);
}

/* ---- pods ---- */

static void default_probe(json_t *probe)
{
	if (!probe)
		return;
	set_number(probe, "timeoutSeconds", 1);
	set_number(probe, "periodSeconds", 10);
	set_number(probe, "successThreshold", 1);
	set_number(probe, "failureThreshold", 3);
	if (json_object_get(probe, "httpGet"))
		set_text(json_object_get(probe, "httpGet"), "scheme", "HTTP");
}

/* Quantities are stored in their canonical form. */
static void default_quantities(json_t *map)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe (map, next, key, value) {
		rc_autofree char *text = json_is_string(value) ? rc_strdup(json_string_value(value))
							       : json_dumps(value, JSON_ENCODE_ANY);
		struct rc_quantity quantity;
		char canonical[RC_QUANTITY_MAX];

		if (rc_quantity_parse(rc_str(text), &quantity, NULL) < 0)
			continue;
		rc_quantity_format(&quantity, canonical);
		json_object_set_new(map, key, json_string(canonical));
	}
}

static void default_container(json_t *container)
{
	static const char *const probes[] = {"livenessProbe", "readinessProbe", "startupProbe"};
	const char *image = rc_json_text(container, "image", NULL) ?: "";
	json_t *item;
	size_t i;

	set_text(container, "terminationMessagePath", "/dev/termination-log");
	set_text(container, "terminationMessagePolicy", "File");
	set_text(container, "imagePullPolicy",
		 !strrchr(image, ':') || rc_text_has_suffix(image, ":latest") ? "Always"
									      : "IfNotPresent");
	set_object(container, "resources");
	default_quantities(rc_json_get(container, "resources", "limits", NULL));
	default_quantities(rc_json_get(container, "resources", "requests", NULL));
	for (i = 0; i < RC_ARRAY_SIZE(probes); i++)
		default_probe(json_object_get(container, probes[i]));
	json_array_foreach (json_object_get(container, "ports"), i, item)
		set_text(item, "protocol", "TCP");
	json_array_foreach (json_object_get(container, "env"), i, item)
		if (rc_json_get(item, "valueFrom", "fieldRef", NULL))
			set_text(rc_json_get(item, "valueFrom", "fieldRef", NULL), "apiVersion",
				 "v1");
}

static void default_volume(json_t *volume)
{
	static const char *const kinds[] = {"secret", "configMap", "projected", "downwardAPI"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(kinds); i++)
		set_number(json_object_get(volume, kinds[i]), "defaultMode", 420);
}

static void default_pod(json_t *spec, const char *restart)
{
	json_t *item, *account;
	size_t i;

	if (!spec)
		return;
	json_array_foreach (json_object_get(spec, "containers"), i, item)
		default_container(item);
	json_array_foreach (json_object_get(spec, "initContainers"), i, item)
		default_container(item);
	json_array_foreach (json_object_get(spec, "volumes"), i, item)
		default_volume(item);
	set_text(spec, "restartPolicy", restart);
	set_text(spec, "dnsPolicy", "ClusterFirst");
	set_text(spec, "schedulerName", "default-scheduler");
	set_number(spec, "terminationGracePeriodSeconds", 30);
	set_object(spec, "securityContext");
	account = json_object_get(spec, "serviceAccountName");
	if (account && !json_object_get(spec, "serviceAccount"))
		json_object_set(spec, "serviceAccount", account);
}

static json_t *template_of(json_t *spec)
{
	json_t *template = json_object_get(spec, "template");
	json_t *metadata = set_object(template, "metadata");

	if (json_is_null(json_object_get(metadata, "creationTimestamp")))
		json_object_del(metadata, "creationTimestamp");
	return json_object_get(template, "spec");
}

/* ---- kinds ---- */

static void default_deployment(json_t *spec)
{
	json_t *strategy = set_object(spec, "strategy"), *rolling;

	set_number(spec, "replicas", 1);
	set_number(spec, "revisionHistoryLimit", 10);
	set_number(spec, "progressDeadlineSeconds", 600);
	set_text(strategy, "type", "RollingUpdate");
	if (rc_text_equal(rc_json_text(strategy, "type", NULL), "RollingUpdate")) {
		rolling = set_object(strategy, "rollingUpdate");
		set_text(rolling, "maxUnavailable", "25%");
		set_text(rolling, "maxSurge", "25%");
	}
	default_pod(template_of(spec), "Always");
}

/* "1024Mi" is stored as "1Gi". */
static void default_claim(json_t *object)
{
	json_t *spec = json_object_get(object, "spec");

	set_text(spec, "volumeMode", "Filesystem");
	default_quantities(rc_json_get(spec, "resources", "requests", NULL));
	set_text(set_object(object, "status"), "phase", "Pending");
}

static void default_stateful_set(json_t *spec)
{
	json_t *strategy = set_object(spec, "updateStrategy"), *retention, *claim;
	size_t i;

	set_number(spec, "replicas", 1);
	set_number(spec, "revisionHistoryLimit", 10);
	set_text(spec, "podManagementPolicy", "OrderedReady");
	set_text(strategy, "type", "RollingUpdate");
	set_number(set_object(strategy, "rollingUpdate"), "partition", 0);
	retention = set_object(spec, "persistentVolumeClaimRetentionPolicy");
	set_text(retention, "whenDeleted", "Retain");
	set_text(retention, "whenScaled", "Retain");
	json_array_foreach (json_object_get(spec, "volumeClaimTemplates"), i, claim) {
		set_text(claim, "apiVersion", "v1");
		set_text(claim, "kind", "PersistentVolumeClaim");
		default_claim(claim);
	}
	default_pod(template_of(spec), "Always");
}

static void default_daemon_set(json_t *spec)
{
	json_t *strategy = set_object(spec, "updateStrategy");
	json_t *rolling;

	set_number(spec, "revisionHistoryLimit", 10);
	set_text(strategy, "type", "RollingUpdate");
	rolling = set_object(strategy, "rollingUpdate");
	set_number(rolling, "maxUnavailable", 1);
	set_number(rolling, "maxSurge", 0);
	default_pod(template_of(spec), "Always");
}

static void default_job(json_t *spec, const json_t *object)
{
	json_t *template = json_object_get(spec, "template"), *labels;

	set_number(spec, "parallelism", 1);
	set_number(spec, "completions", 1);
	set_number(spec, "backoffLimit", 6);
	set_text(spec, "completionMode", "NonIndexed");
	if (!json_object_get(spec, "suspend"))
		json_object_set_new(spec, "suspend", json_false());
	default_pod(template_of(spec), "Never");
	if (!object || json_object_get(spec, "selector"))
		return;
	labels = set_object(set_object(template, "metadata"), "labels");
	json_object_set_new(labels, "batch.kubernetes.io/controller-uid",
			    json_string(kubeapi_meta(object, "uid")));
	json_object_set_new(labels, "job-name", json_string(kubeapi_meta(object, "name")));
	json_object_set_new(spec, "selector",
			    json_pack("{s:{s:s}}", "matchLabels",
				      "batch.kubernetes.io/controller-uid",
				      kubeapi_meta(object, "uid")));
}

static void default_cron_job(json_t *spec)
{
	json_t *template;

	set_text(spec, "concurrencyPolicy", "Allow");
	set_number(spec, "successfulJobsHistoryLimit", 3);
	set_number(spec, "failedJobsHistoryLimit", 1);
	if (!json_object_get(spec, "suspend"))
		json_object_set_new(spec, "suspend", json_false());
	template = json_object_get(spec, "jobTemplate");
	set_object(template, "metadata");
	default_pod(template_of(json_object_get(template, "spec")), "Never");
}

static void default_service(json_t *spec)
{
	static unsigned int next_ip = 1;
	json_t *port;
	size_t i;

	set_text(spec, "type", "ClusterIP");
	set_text(spec, "sessionAffinity", "None");
	set_text(spec, "internalTrafficPolicy", "Cluster");
	set_text(spec, "ipFamilyPolicy", "SingleStack");
	if (!json_object_get(spec, "ipFamilies"))
		json_object_set_new(spec, "ipFamilies", json_pack("[s]", "IPv4"));
	if (!json_object_get(spec, "clusterIP")) {
		json_object_set_new(spec, "clusterIP",
				    json_sprintf("10.96.%u.%u", next_ip / 250, next_ip % 250 + 1));
		next_ip++;
	}
	if (!json_object_get(spec, "clusterIPs"))
		json_object_set_new(spec, "clusterIPs",
				    json_pack("[O]", json_object_get(spec, "clusterIP")));
	json_array_foreach (json_object_get(spec, "ports"), i, port) {
		set_text(port, "protocol", "TCP");
		if (!json_object_get(port, "targetPort"))
			json_object_set(port, "targetPort", json_object_get(port, "port"));
	}
}

static void default_secret(json_t *object)
{
	json_t *texts = json_object_get(object, "stringData"), *value, *data;
	const char *key;

	set_text(object, "type", "Opaque");
	if (!json_is_object(texts))
		return;
	data = set_object(object, "data");
	json_object_foreach (texts, key, value) {
		rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

		rc_base64_encode(rc_str(json_string_value(value) ?: ""), &out);
		json_object_set_new(data, key, json_string(rc_buf_text(&out)));
	}
	json_object_del(object, "stringData");
}

static void default_autoscaler(json_t *object)
{
	json_t *spec = json_object_get(object, "spec"), *status;

	set_number(spec, "minReplicas", 1);
	if (!json_object_get(spec, "metrics"))
		json_object_set_new(spec, "metrics",
				    json_pack("[{s:s, s:{s:s, s:{s:s, s:i}}}]", "type", "Resource",
					      "resource", "name", "cpu", "target", "type",
					      "Utilization", "averageUtilization", 80));
	if (json_object_get(object, "status"))
		return;
	status = set_object(object, "status");
	set_number(status, "desiredReplicas", 0);
	json_object_set_new(status, "currentMetrics", json_null());
}

static void default_network_policy(json_t *spec)
{
	static const char *const sides[] = {"ingress", "egress"};
	json_t *types = json_array(), *rule, *port;
	size_t i, j;

	json_array_append_new(types, json_string("Ingress"));
	if (json_object_get(spec, "egress"))
		json_array_append_new(types, json_string("Egress"));
	if (json_object_get(spec, "policyTypes"))
		json_decref(types);
	else
		json_object_set_new(spec, "policyTypes", types);
	for (size_t side = 0; side < RC_ARRAY_SIZE(sides); side++)
		json_array_foreach (json_object_get(spec, sides[side]), i, rule)
			json_array_foreach (json_object_get(rule, "ports"), j, port)
				set_text(port, "protocol", "TCP");
}

static void default_binding(json_t *object)
{
	json_t *subject;
	size_t i;

	json_array_foreach (json_object_get(object, "subjects"), i, subject)
		if (!rc_text_equal(rc_json_text(subject, "kind", NULL), "ServiceAccount"))
			set_text(subject, "apiGroup", "rbac.authorization.k8s.io");
}

/* As a map is written that may be left out. */
static void drop_empty(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (json_is_null(value) || (json_is_object(value) && json_object_size(value) == 0))
		json_object_del(object, key);
}

void kubeapi_default(const struct kubeapi_kind *kind, json_t *object)
{
	json_t *spec = json_object_get(object, "spec");
	const char *name = kind->kind;

	if (kind->definition) {
		kubeapi_schema_apply(kind, object);
		return;
	}
	drop_empty(object, "data");
	drop_empty(json_object_get(object, "metadata"), "labels");
	drop_empty(json_object_get(object, "metadata"), "annotations");
	if (strcmp(name, "Deployment") == 0)
		default_deployment(spec);
	else if (strcmp(name, "StatefulSet") == 0)
		default_stateful_set(spec);
	else if (strcmp(name, "DaemonSet") == 0)
		default_daemon_set(spec);
	else if (strcmp(name, "ReplicaSet") == 0) {
		set_number(spec, "replicas", 1);
		default_pod(template_of(spec), "Always");
	} else if (strcmp(name, "Pod") == 0)
		default_pod(spec, "Always");
	else if (strcmp(name, "Job") == 0)
		default_job(spec, object);
	else if (strcmp(name, "CronJob") == 0)
		default_cron_job(spec);
	else if (strcmp(name, "Service") == 0) {
		default_service(spec);
		if (!json_object_get(object, "status"))
			json_object_set_new(object, "status", json_pack("{s:{}}", "loadBalancer"));
	} else if (strcmp(name, "Secret") == 0)
		default_secret(object);
	else if (strcmp(name, "HorizontalPodAutoscaler") == 0)
		default_autoscaler(object);
	else if (strcmp(name, "PersistentVolumeClaim") == 0)
		default_claim(object);
	else if (strcmp(name, "NetworkPolicy") == 0)
		default_network_policy(spec);
	else if (strcmp(name, "RoleBinding") == 0 || strcmp(name, "ClusterRoleBinding") == 0)
		default_binding(object);
	else if (strcmp(name, "Ingress") == 0)
		set_object(set_object(object, "status"), "loadBalancer");
	else if (strcmp(name, "Namespace") == 0) {
		json_object_set_new(set_object(json_object_get(object, "metadata"), "labels"),
				    "kubernetes.io/metadata.name",
				    json_string(kubeapi_meta(object, "name")));
		if (!*kubeapi_meta(object, "deletionTimestamp"))
			json_object_set_new(object, "status",
					    json_pack("{s:s}", "phase", "Active"));
		if (!spec)
			json_object_set_new(object, "spec",
					    json_pack("{s:[s]}", "finalizers", "kubernetes"));
	}
}

/* ---- refusals ---- */

static char *check_immutable(const json_t *object, const json_t *before, const char *field)
{
	const json_t *a = rc_json_get(object, "spec", field, NULL);
	const json_t *b = rc_json_get(before, "spec", field, NULL);

	if (!before || (a && b && json_equal(a, b)) || (!a && !b))
		return NULL;
	return rc_asprintf("spec.%s: Invalid value: field is immutable", field);
}

static char *check_pod(const json_t *spec, const char *path)
{
	json_t *container;
	size_t i;

	if (json_array_size(json_object_get(spec, "containers")) == 0)
		return rc_asprintf("%s.containers: Required value", path);
	json_array_foreach (json_object_get(spec, "containers"), i, container) {
		if (!rc_json_text(container, "name", NULL))
			return rc_asprintf("%s.containers[%zu].name: Required value", path, i);
		if (!rc_json_text(container, "image", NULL))
			return rc_asprintf("%s.containers[%zu].image: Required value", path, i);
	}
	return NULL;
}

/* The selector is there and selects the template. */
static char *check_selector(const json_t *object)
{
	const json_t *wanted = rc_json_get(object, "spec", "selector", "matchLabels", NULL);
	const json_t *labels = rc_json_get(object, "spec", "template", "metadata", "labels", NULL);
	const char *key;
	json_t *value;

	if (!rc_json_get(object, "spec", "selector", NULL))
		return rc_strdup("spec.selector: Required value");
	json_object_foreach ((json_t *)(uintptr_t)wanted, key, value) {
		json_t *own = json_object_get(labels, key);

		if (!own || !json_equal(own, value))
			return rc_strdup("spec.template.metadata.labels: Invalid value: "
					 "`selector` does not match template `labels`");
	}
	return NULL;
}

static char *check_workload(const json_t *object, const json_t *before)
{
	char *why = check_immutable(object, before, "selector") ?: check_selector(object);

	return why ? why
		   : check_pod(rc_json_get(object, "spec", "template", "spec", NULL),
			       "spec.template.spec");
}

char *kubeapi_validate(const struct kubeapi_kind *kind, const json_t *object, const json_t *before)
{
	const char *name = kubeapi_meta(object, "name");

	if (strlen(name) > 253 ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.:_ABCDEFGHIJKLMNOPQRSTUVWXYZ") !=
		    strlen(name))
		return rc_asprintf("metadata.name: Invalid value: \"%s\"", name);
	if (kind->definition)
		return kubeapi_schema_check(kind, object);
	if (strcmp(kind->kind, "Deployment") == 0 || strcmp(kind->kind, "StatefulSet") == 0 ||
	    strcmp(kind->kind, "DaemonSet") == 0)
		return check_workload(object, before);
	if (strcmp(kind->kind, "Job") == 0) {
		char *why = check_immutable(object, before, "template");

		return why ? why
			   : check_pod(rc_json_get(object, "spec", "template", "spec", NULL),
				       "spec.template.spec");
	}
	if (strcmp(kind->kind, "Secret") == 0 && before &&
	    !rc_text_equal(rc_json_text(object, "type", NULL), rc_json_text(before, "type", NULL)))
		return rc_strdup("type: Invalid value: field is immutable");
	if (strcmp(kind->kind, "Pod") == 0)
		return check_pod(json_object_get(object, "spec"), "spec");
	if (strcmp(kind->kind, "Service") == 0)
		return check_immutable(object, before, "clusterIP");
	return NULL;
}
