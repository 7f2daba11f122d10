/* .Chart, .Capabilities. */
#include "helm/objects.h"

#include <errno.h>

#include "helm/encode.h"
#include "helm/record.h"

static const char *const default_apis[] = {
	"v1",
	"admissionregistration.k8s.io/v1",
	"admissionregistration.k8s.io/v1alpha1",
	"admissionregistration.k8s.io/v1beta1",
	"internal.apiserver.k8s.io/v1alpha1",
	"apps/v1",
	"apps/v1beta1",
	"apps/v1beta2",
	"authentication.k8s.io/v1",
	"authentication.k8s.io/v1alpha1",
	"authentication.k8s.io/v1beta1",
	"authorization.k8s.io/v1",
	"authorization.k8s.io/v1beta1",
	"autoscaling/v1",
	"autoscaling/v2",
	"autoscaling/v2beta1",
	"autoscaling/v2beta2",
	"batch/v1",
	"batch/v1beta1",
	"certificates.k8s.io/v1",
	"certificates.k8s.io/v1beta1",
	"certificates.k8s.io/v1alpha1",
	"coordination.k8s.io/v1alpha2",
	"coordination.k8s.io/v1beta1",
	"coordination.k8s.io/v1",
	"discovery.k8s.io/v1",
	"discovery.k8s.io/v1beta1",
	"events.k8s.io/v1",
	"events.k8s.io/v1beta1",
	"extensions/v1beta1",
	"flowcontrol.apiserver.k8s.io/v1",
	"flowcontrol.apiserver.k8s.io/v1beta1",
	"flowcontrol.apiserver.k8s.io/v1beta2",
	"flowcontrol.apiserver.k8s.io/v1beta3",
	"networking.k8s.io/v1",
	"networking.k8s.io/v1alpha1",
	"networking.k8s.io/v1beta1",
	"node.k8s.io/v1",
	"node.k8s.io/v1alpha1",
	"node.k8s.io/v1beta1",
	"policy/v1",
	"policy/v1beta1",
	"rbac.authorization.k8s.io/v1",
	"rbac.authorization.k8s.io/v1beta1",
	"rbac.authorization.k8s.io/v1alpha1",
	"resource.k8s.io/v1beta1",
	"resource.k8s.io/v1alpha3",
	"scheduling.k8s.io/v1alpha1",
	"scheduling.k8s.io/v1beta1",
	"scheduling.k8s.io/v1",
	"storage.k8s.io/v1beta1",
	"storage.k8s.io/v1",
	"storage.k8s.io/v1alpha1",
	"storagemigration.k8s.io/v1alpha1",
	"apiextensions.k8s.io/v1beta1",
	"apiextensions.k8s.io/v1",
};

int rc_helm_objects_capabilities(struct rc_arena *arena, const char *version,
				 const char *const *extra_apis, size_t n_extra,
				 struct rc_helm_capabilities *ret, struct rc_error **err)
{
	struct rc_semver v;

	if (rc_semver_parse(rc_str(version ? version : "v1.32.0"), &v) < 0)
		return rc_fail(err, -EINVAL, "invalid kube version '%s': Invalid Semantic Version",
			       version);
	ret->kube_version = rc_str(rc_arena_printf(
		arena, "v%llu.%llu.%llu%s%.*s%s%.*s", (unsigned long long)v.major,
		(unsigned long long)v.minor, (unsigned long long)v.patch, v.prerelease.n ? "-" : "",
		(int)v.prerelease.n, v.prerelease.n ? v.prerelease.p : "", v.metadata.n ? "+" : "",
		(int)v.metadata.n, v.metadata.n ? v.metadata.p : ""));
	ret->kube_major = rc_str(rc_arena_printf(arena, "%llu", (unsigned long long)v.major));
	ret->kube_minor = rc_str(rc_arena_printf(arena, "%llu", (unsigned long long)v.minor));
	ret->api_versions = rc_value_list_new(arena, RC_VALUE_STRINGS, RC_ARRAY_SIZE(default_apis));
	for (size_t i = 0; i < RC_ARRAY_SIZE(default_apis); i++)
		rc_value_list_add(arena, ret->api_versions, rc_value_text(default_apis[i]));
	for (size_t i = 0; i < n_extra; i++)
		rc_value_list_add(arena, ret->api_versions,
				  rc_value_text(rc_arena_strdup(arena, extra_apis[i])));
	return 0;
}

static const struct rc_value_type chart_type = {.name = "struct { chart.Metadata; IsRoot bool }",
						RC_HELM_RECORD,
						.print = rc_helm_record_print,
						.is_incomparable = true};
static const struct rc_value_type metadata_type = {.name = "chart.Metadata",
						   RC_HELM_RECORD,
						   .print = rc_helm_record_print,
						   .is_incomparable = true};
static const struct rc_value_type dependency_type = {.name = "*chart.Dependency",
						     RC_HELM_RECORD,
						     .print = rc_helm_record_print_pointer,
						     .show = rc_helm_record_print};
static const struct rc_value_type maintainer_type = {.name = "*chart.Maintainer",
						     RC_HELM_RECORD,
						     .print = rc_helm_record_print_pointer,
						     .show = rc_helm_record_print};
/* Lists without methods of their own; only their names count. */
static const struct rc_value_type dependencies_type = {.name = "[]*chart.Dependency"};
static const struct rc_value_type maintainers_type = {.name = "[]*chart.Maintainer"};
static const struct rc_value_type helm_version_type = {
	.name = "version.BuildInfo", RC_HELM_RECORD, .print = rc_helm_record_print};
static const struct rc_value_type capabilities_type = {.name = "*chartutil.Capabilities",
						       RC_HELM_RECORD,
						       .print = rc_helm_record_print_pointer,
						       .show = rc_helm_record_print};
static const struct rc_value_type kube_version_type = {.name = "chartutil.KubeVersion",
						       RC_HELM_RECORD,
						       .print = rc_helm_record_print,
						       .show = rc_helm_record_print_first};

/* What Chart.yaml does not have is a nil slice, which prints as an empty one. */
static struct rc_value list_or_nil(struct rc_arena *arena, struct rc_value list,
				   enum rc_value_flavour flavour)
{
	if (list.kind == RC_VALUE_LIST)
		return list;
	return rc_value_list_nil(arena, flavour);
}

static struct rc_value map_or_nil(struct rc_arena *arena, struct rc_value map)
{
	if (map.kind == RC_VALUE_MAP)
		return map;
	map = rc_value_map_new(arena, RC_VALUE_STRINGS, 0);
	map.map->is_nil = true;
	return map;
}

static struct rc_value pointers(struct rc_arena *arena, const struct rc_value_type *type, size_t n)
{
	struct rc_value list = rc_value_list_new(arena, RC_VALUE_POINTERS, n);

	list.list->methods = type;
	list.list->is_nil = n == 0;
	return list;
}

static struct rc_value dependency_value(struct rc_arena *arena, const struct rc_helm_dependency *d)
{
	const struct rc_helm_record_field fields[] = {
		{"Name", "name", rc_value_str(d->name)},
		{"Version", "version", rc_value_str(d->version)},
		{"Repository", "repository", rc_value_str(d->repository)},
		{"Condition", "condition", rc_value_str(d->condition)},
		{"Tags", "tags", list_or_nil(arena, d->tags, RC_VALUE_STRINGS)},
		{"Enabled", "enabled", rc_value_bool(d->enabled)},
		{"ImportValues", "import-values",
		 list_or_nil(arena, d->import_values, RC_VALUE_ANY)},
		{"Alias", "alias", rc_value_str(d->alias)},
	};

	return rc_helm_record_new(arena, &dependency_type, fields, RC_ARRAY_SIZE(fields));
}

static struct rc_value maintainer_value(struct rc_arena *arena, const struct rc_helm_maintainer *m)
{
	const struct rc_helm_record_field fields[] = {
		{"Name", "name", rc_value_str(m->name)},
		{"Email", "email", rc_value_str(m->email)},
		{"URL", "url", rc_value_str(m->url)},
	};

	return rc_helm_record_new(arena, &maintainer_type, fields, RC_ARRAY_SIZE(fields));
}

static struct rc_value metadata_value(struct rc_arena *arena, const struct rc_helm_metadata *m)
{
	struct rc_value dependencies = pointers(arena, &dependencies_type, m->n_dependencies);
	struct rc_value maintainers = pointers(arena, &maintainers_type, m->n_maintainers);
	const struct rc_helm_record_field fields[] = {
		{"Name", "name", rc_value_str(m->name)},
		{"Home", "home", rc_value_str(m->home)},
		{"Sources", "sources", list_or_nil(arena, m->sources, RC_VALUE_STRINGS)},
		{"Version", "version", rc_value_str(m->version)},
		{"Description", "description", rc_value_str(m->description)},
		{"Keywords", "keywords", list_or_nil(arena, m->keywords, RC_VALUE_STRINGS)},
		{"Maintainers", "maintainers", maintainers},
		{"Icon", "icon", rc_value_str(m->icon)},
		{"APIVersion", "apiVersion", rc_value_str(m->api_version)},
		{"Condition", "condition", rc_value_str(m->condition)},
		{"Tags", "tags", rc_value_str(m->tags)},
		{"AppVersion", "appVersion", rc_value_str(m->app_version)},
		{"Deprecated", "deprecated", rc_value_bool(m->deprecated)},
		{"Annotations", "annotations", map_or_nil(arena, m->annotations)},
		{"KubeVersion", "kubeVersion", rc_value_str(m->kube_version)},
		{"Dependencies", "dependencies", dependencies},
		{"Type", "type", rc_value_str(m->type)},
	};

	for (size_t i = 0; i < m->n_dependencies; i++)
		rc_value_list_add(arena, dependencies, dependency_value(arena, m->dependencies[i]));
	for (size_t i = 0; i < m->n_maintainers; i++)
		rc_value_list_add(arena, maintainers, maintainer_value(arena, m->maintainers[i]));
	return rc_helm_record_new(arena, &metadata_type, fields, RC_ARRAY_SIZE(fields));
}

struct rc_value rc_helm_objects_chart(struct rc_arena *arena, struct rc_helm_chart *chart)
{
	const struct rc_helm_record_field fields[] = {
		{"IsRoot", NULL, rc_value_bool(chart->parent == NULL)}};
	struct rc_value value =
		rc_helm_record_new(arena, &chart_type, fields, RC_ARRAY_SIZE(fields));
	struct rc_helm_record *record = value.object;

	record->embedded = metadata_value(arena, chart->metadata);
	return value;
}

/* chartutil.VersionSet: a list with a method. */
static int version_set_call(const void *object, struct rc_str name, struct rc_value_call *call,
			    struct rc_value *ret)
{
	const struct rc_value_list *list = object;
	bool has = false;

	(void)name;
	for (size_t i = 0; i < list->n && !has; i++)
		has = rc_str_equal(list->items[i].text, call->args[0].text);
	*ret = rc_value_bool(has);
	return 1;
}

static const struct rc_value_method version_set_method[] = {{"Has", "s", NULL}, {NULL, NULL, NULL}};

static const struct rc_value_type version_set_methods = {
	.name = "chartutil.VersionSet", .methods = version_set_method, .call = version_set_call};

struct rc_value rc_helm_objects_capabilities_value(struct rc_arena *arena,
						   struct rc_helm_capabilities *capabilities)
{
	struct rc_value apis = capabilities->api_versions;
	const struct rc_helm_record_field kube[] = {
		{"Version", NULL, rc_value_str(capabilities->kube_version)},
		{"Major", NULL, rc_value_str(capabilities->kube_major)},
		{"Minor", NULL, rc_value_str(capabilities->kube_minor)},
	};
	const struct rc_helm_record_field helm[] = {
		{"Version", "version", rc_value_text("v3.17.2")},
		{"GitCommit", "git_commit",
		 rc_value_text("cc0bbbd6d6276b83880042c1ecb34087e84d41eb")},
		{"GitTreeState", "git_tree_state", rc_value_text("clean")},
		{"GoVersion", "go_version", rc_value_text("go1.23.7")},
	};
	struct rc_value kube_value = rc_helm_record_new(arena, &kube_version_type, kube, 3);
	struct rc_value helm_value = rc_helm_record_new(arena, &helm_version_type, helm, 4);

	kube_value.addressed = true;
	struct rc_helm_record *record = kube_value.object;
	apis.list->methods = &version_set_methods;
	apis.named = true;
	const struct rc_helm_record_field fields[] = {
		{"KubeVersion", NULL, kube_value},
		{"APIVersions", NULL, apis},
		{"HelmVersion", NULL, helm_value},
	};

	/* Methods of KubeVersion that give the same text. */
	rc_value_map_set(arena, record->fields.map, RC_STR("GitVersion"),
			 rc_value_str(capabilities->kube_version));
	rc_value_map_set(arena, record->fields.map, RC_STR("String"),
			 rc_value_str(capabilities->kube_version));
	return rc_helm_record_new(arena, &capabilities_type, fields, RC_ARRAY_SIZE(fields));
}

/* The value at a dotted path; NULL: there is none, from *ret_key on. */
static const struct rc_value *at_path(const struct rc_value_map *map, struct rc_str path,
				      struct rc_str *ret_key)
{
	for (;;) {
		ptrdiff_t dot = rc_str_index(path, '.');
		struct rc_str key = {path.p, dot < 0 ? path.n : (size_t)dot};
		const struct rc_value *found = rc_value_map_get(map, key);

		*ret_key = key;
		if (!found || dot < 0)
			return found;
		if (found->kind != RC_VALUE_MAP)
			return NULL;
		map = found->map;
		path = (struct rc_str){path.p + dot + 1, path.n - (size_t)dot - 1};
	}
}

/* Table PATH and PathValue PATH: a map, or what is no map. */
static int values_look_up(const struct rc_value_map *map, struct rc_str name,
			  struct rc_value_call *call, struct rc_value *ret)
{
	bool wants_map = rc_str_is(name, "Table");
	struct rc_str path = call->args[0].text, key;
	const struct rc_value *found = at_path(map, path, &key);
	const char *dot = path.n ? memrchr(path.p, '.', path.n) : NULL;

	if (found && (found->kind == RC_VALUE_MAP) == wants_map) {
		*ret = wants_map ? rc_helm_objects_values(*found) : *found;
		return 1;
	}
	if (!wants_map && path.n == 0)
		return rc_fail(call->err, -EINVAL, "YAML path cannot be empty");
	if (!wants_map && dot)
		key = (struct rc_str){dot + 1, (size_t)(path.p + path.n - dot - 1)};
	return rc_fail(call->err, -EINVAL, "\"%.*s\" is not a %s", (int)key.n, key.p,
		       wants_map ? "table" : "value");
}

static int values_call(const void *object, struct rc_str name, struct rc_value_call *call,
		       struct rc_value *ret)
{
	struct rc_value plain = {.kind = RC_VALUE_MAP,
				 .map = (struct rc_value_map *)(uintptr_t)object};
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (rc_str_is(name, "AsMap")) {
		/* The same entries under the plain type; additions to one are not seen in the
		 * other. */
		plain.map = rc_arena_memdup(call->arena, object, sizeof(*plain.map));
		plain.map->flavour = RC_VALUE_ANY;
		plain.map->methods = NULL;
		*ret = plain;
		return 1;
	}
	if (!rc_str_is(name, "YAML"))
		return values_look_up(object, name, call, ret);
	/* A map that holds itself ends Go's process; a character that goyaml cannot read back
	 * fails. */
	if (rc_helm_encode_yaml(&text, plain) < 0)
		return rc_fail(call->err, -EINVAL, "yaml: control characters are not allowed");
	rc_buf_putc(&text, '\n');
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(&text)));
	return 1;
}

static const struct rc_value_method values_method[] = {{"AsMap", "", NULL},
						       {"Table", "s", NULL},
						       {"PathValue", "s", NULL},
						       {"YAML", "", NULL},
						       {NULL, NULL, NULL}};

static const struct rc_value_type values_methods = {
	.name = "chartutil.Values", .methods = values_method, .call = values_call};

struct rc_value rc_helm_objects_values(struct rc_value map)
{
	map.map->methods = &values_methods;
	map.named = true;
	return map;
}
