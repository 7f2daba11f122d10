/* Which kinds there are: a table, and what CustomResourceDefinitions add. */
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "kubeapi.h"

static struct kubeapi_kind *kinds;

static const struct {
	const char *group, *version, *kind, *plural, *short_name;
	bool namespaced, has_status;
} built_in[] = {
	{"", "v1", "Namespace", "namespaces", "ns", false, true},
	{"", "v1", "Node", "nodes", "no", false, true},
	{"", "v1", "PersistentVolume", "persistentvolumes", "pv", false, true},
	{"", "v1", "ConfigMap", "configmaps", "cm", true, false},
	{"", "v1", "Secret", "secrets", "", true, false},
	{"", "v1", "Service", "services", "svc", true, true},
	{"", "v1", "ServiceAccount", "serviceaccounts", "sa", true, false},
	{"", "v1", "Pod", "pods", "po", true, true},
	{"", "v1", "Event", "events", "ev", true, false},
	{"", "v1", "Endpoints", "endpoints", "ep", true, false},
	{"", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", "pvc", true, true},
	{"", "v1", "LimitRange", "limitranges", "limits", true, false},
	{"", "v1", "ResourceQuota", "resourcequotas", "quota", true, true},
	{"apps", "v1", "Deployment", "deployments", "deploy", true, true},
	{"apps", "v1", "ReplicaSet", "replicasets", "rs", true, true},
	{"apps", "v1", "StatefulSet", "statefulsets", "sts", true, true},
	{"apps", "v1", "DaemonSet", "daemonsets", "ds", true, true},
	{"batch", "v1", "Job", "jobs", "", true, true},
	{"batch", "v1", "CronJob", "cronjobs", "cj", true, true},
	{"autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", true,
	 true},
	{"networking.k8s.io", "v1", "Ingress", "ingresses", "ing", true, true},
	{"networking.k8s.io", "v1", "IngressClass", "ingressclasses", "", false, false},
	{"networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", "netpol", true, false},
	{"policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", "pdb", true, true},
	{"rbac.authorization.k8s.io", "v1", "Role", "roles", "", true, false},
	{"rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", "", true, false},
	{"rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", "", false, false},
	{"rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", "", false,
	 false},
	{"coordination.k8s.io", "v1", "Lease", "leases", "", true, false},
	{"storage.k8s.io", "v1", "StorageClass", "storageclasses", "sc", false, false},
	{"scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", "pc", false, false},
	{"admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration",
	 "validatingwebhookconfigurations", "", false, false},
	{"admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration",
	 "mutatingwebhookconfigurations", "", false, false},
	{"apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions",
	 "crd", false, true},
};

static void append(struct kubeapi_kind *kind)
{
	struct kubeapi_kind **end = &kinds;

	while (*end)
		end = &(*end)->next;
	*end = kind;
}

static char *lower(const char *text)
{
	char *copy = rc_strdup(text);

	for (char *c = copy; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return copy;
}

static bool is_common(const char *kind)
{
	static const char *const common[] = {
		"Pod",	      "Service",     "Deployment",
		"ReplicaSet", "StatefulSet", "DaemonSet",
		"Job",	      "CronJob",     "HorizontalPodAutoscaler"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(common); i++)
		if (strcmp(common[i], kind) == 0)
			return true;
	return false;
}

void kubeapi_kinds_init(void)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(built_in); i++) {
		struct kubeapi_kind *kind = rc_new0(struct kubeapi_kind);

		kind->group = built_in[i].group;
		kind->version = built_in[i].version;
		kind->kind = built_in[i].kind;
		kind->plural = built_in[i].plural;
		kind->singular = lower(kind->kind);
		kind->short_name = built_in[i].short_name;
		kind->namespaced = built_in[i].namespaced;
		kind->is_common = is_common(kind->kind);
		kind->has_status = built_in[i].has_status;
		append(kind);
	}
}

struct kubeapi_kind *kubeapi_kinds_first(void)
{
	return kinds;
}

struct kubeapi_kind *kubeapi_kind_find(const char *group, const char *version, const char *plural)
{
	struct kubeapi_kind *kind = kinds;

	while (kind && (strcmp(kind->plural, plural) != 0 || strcmp(kind->group, group) != 0 ||
			strcmp(kind->version, version) != 0))
		kind = kind->next;
	return kind;
}

struct kubeapi_kind *kubeapi_kind_by_name(const char *group, const char *name)
{
	struct kubeapi_kind *kind = kinds;

	while (kind && (strcmp(kind->kind, name) != 0 || strcmp(kind->group, group) != 0))
		kind = kind->next;
	return kind;
}

/* Versions share no storage here: the first served one is the kind. */
void kubeapi_kinds_define(const json_t *definition)
{
	const json_t *spec = json_object_get(definition, "spec");
	const char *group = rc_json_text(spec, "group", NULL) ?: "";
	json_t *version;
	size_t i;

	json_array_foreach (json_object_get(spec, "versions"), i, version) {
		const char *name = rc_json_text(version, "name", NULL) ?: "";
		const char *plural = rc_json_text(spec, "names", "plural", NULL) ?: "";
		struct kubeapi_kind *kind;

		if (!json_is_true(json_object_get(version, "served")))
			continue;
		kubeapi_apply_learn(rc_json_get(version, "schema", "openAPIV3Schema", NULL));
		kind = kubeapi_kind_find(group, name, plural);
		if (kind) {
			json_decref(kind->schema);
			kind->schema = json_incref(
				rc_json_get(version, "schema", "openAPIV3Schema", NULL));
			continue;
		}
		kind = rc_new0(struct kubeapi_kind);
		kind->group = rc_strdup(group);
		kind->version = rc_strdup(name);
		kind->kind = rc_strdup(rc_json_text(spec, "names", "kind", NULL) ?: "");
		kind->plural = rc_strdup(plural);
		kind->singular = lower(kind->kind);
		kind->short_name =
			rc_strdup(json_string_value(json_array_get(
					  rc_json_get(spec, "names", "shortNames", NULL), 0))
					  ?: "");
		kind->namespaced =
			strcmp(rc_json_text(spec, "scope", NULL) ?: "", "Namespaced") == 0;
		kind->has_status =
			json_object_get(json_object_get(version, "subresources"), "status") != NULL;
		kind->definition = rc_strdup(kubeapi_meta(definition, "name"));
		kind->schema = json_incref(rc_json_get(version, "schema", "openAPIV3Schema", NULL));
		append(kind);
		break;
	}
}

/* Watchers may still point to it, so it is only taken off the list. */
void kubeapi_kinds_undefine(const char *name)
{
	for (struct kubeapi_kind **kind = &kinds; *kind;)
		if ((*kind)->definition && strcmp((*kind)->definition, name) == 0)
			*kind = (*kind)->next;
		else
			kind = &(*kind)->next;
}
