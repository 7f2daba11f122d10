/* .Chart, .Capabilities. */
#include "helm/objects.h"

#include <ctype.h>
#include <errno.h>

#include "helm/encode.h"

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

/* ---------------------------------------------------------------- objects made of fields */

/* A struct as templates see it: names in Go's order, and the names JSON gives them. */
struct record {
	struct rc_value fields;	  /* a map by Go names */
	const char *const *order; /* Go names, NULL-terminated, for printing */
	const char *const *json;  /* beside order: JSON names; NULL: the Go names */
	struct rc_value embedded; /* metadata inside of .Chart: its fields count as own */
};

static bool record_get(const void *object, struct rc_str name, struct rc_arena *arena,
		       struct rc_value *ret)
{
	const struct record *record = object;
	const struct rc_value *found = rc_value_map_get(record->fields.map, name);

	(void)arena;
	if (record->embedded.kind == RC_VALUE_OBJECT && rc_str_is(name, "Metadata")) {
		*ret = record->embedded;
		return true;
	}
	if (!found && record->embedded.kind == RC_VALUE_OBJECT)
		return record_get(record->embedded.object, name, arena, ret);
	if (found)
		*ret = *found;
	return found != NULL;
}

static void record_print(const void *object, struct rc_buf *buf)
{
	const struct record *record = object;

	rc_buf_putc(buf, '{');
	if (record->embedded.kind == RC_VALUE_OBJECT) {
		rc_value_print(buf, record->embedded);
		rc_buf_putc(buf, ' ');
	}
	for (size_t i = 0; record->order[i]; i++) {
		if (i > 0)
			rc_buf_putc(buf, ' ');
		rc_value_print(buf,
			       *rc_value_map_get(record->fields.map, rc_str(record->order[i])));
	}
	rc_buf_putc(buf, '}');
}

static void pointer_print(const void *object, struct rc_buf *buf)
{
	rc_buf_putc(buf, '&');
	record_print(object, buf);
}

/* KubeVersion's String() is its pointer's. */
static void first_print(const void *object, struct rc_buf *buf)
{
	const struct record *record = object;

	rc_value_print(buf, *rc_value_map_get(record->fields.map, rc_str(record->order[0])));
}

static const struct rc_value_type chart_type = {
	.name = "struct { chart.Metadata; IsRoot bool }", .get = record_get, .print = record_print};
static const struct rc_value_type metadata_type = {
	.name = "chart.Metadata", .get = record_get, .print = record_print};
static const struct rc_value_type dependency_type = {.name = "*chart.Dependency",
						     .get = record_get,
						     .print = pointer_print,
						     .show = record_print};
static const struct rc_value_type maintainer_type = {.name = "*chart.Maintainer",
						     .get = record_get,
						     .print = pointer_print,
						     .show = record_print};
static const struct rc_value_type helm_version_type = {
	.name = "version.BuildInfo", .get = record_get, .print = record_print};
static const struct rc_value_type capabilities_type = {.name = "*chartutil.Capabilities",
						       .get = record_get,
						       .print = pointer_print,
						       .show = record_print};
static const struct rc_value_type kube_version_type = {.name = "chartutil.KubeVersion",
						       .get = record_get,
						       .print = record_print,
						       .show = first_print};

/* fields: Go name, JSON name, value; the order is Go's. */
struct field {
	const char *name, *json;
	struct rc_value value;
};

static struct rc_value make_record(struct rc_arena *arena, const struct rc_value_type *type,
				   const struct field *fields, size_t n)
{
	struct record *record = rc_arena_new0(arena, struct record);
	const char **order = rc_arena_alloc(arena, (n + 1) * sizeof(*order));
	const char **json = rc_arena_alloc(arena, (n + 1) * sizeof(*json));

	record->fields = rc_value_map_new(arena, RC_VALUE_ANY, n);
	record->embedded = rc_value_nil();
	for (size_t i = 0; i < n; i++) {
		order[i] = fields[i].name;
		json[i] = fields[i].json;
		rc_value_map_set(arena, record->fields.map, rc_str(fields[i].name),
				 fields[i].value);
	}
	record->order = order;
	record->json = json;
	return rc_value_object(type, record);
}

static bool is_record(struct rc_value value)
{
	return value.kind == RC_VALUE_OBJECT && value.type->get == record_get;
}

/* At the end, whatever the order: such a map is only written out, in its struct's order. */
static void append(struct rc_arena *arena, struct rc_value_map *map, struct rc_str key,
		   struct rc_value value)
{
	struct rc_value_entry entry = {key, value};

	if (map->n == map->room) {
		size_t room = map->room ? map->room * 2 : 8;

		map->entries = rc_arena_grow(arena, map->entries, map->n * sizeof(entry),
					     room * sizeof(entry));
		map->room = room;
	}
	map->entries[map->n++] = entry;
}

static void add_fields(struct rc_arena *arena, const struct record *record, struct rc_value map)
{
	for (size_t i = 0; record->order[i]; i++) {
		struct rc_value value =
			*rc_value_map_get(record->fields.map, rc_str(record->order[i]));

		/* A JSON name means "omitempty", as all of Helm's do. */
		if (record->json[i] && !rc_value_is_true(value))
			continue;
		append(arena, map.map, rc_str(record->json[i] ? record->json[i] : record->order[i]),
		       value);
	}
}

/* Go prints a nil slice as an empty one. */
static struct rc_value list_or_empty(struct rc_arena *arena, struct rc_value list)
{
	return list.kind == RC_VALUE_LIST ? list : rc_value_list_new(arena, RC_VALUE_STRINGS, 0);
}

static struct rc_value map_or_empty(struct rc_arena *arena, struct rc_value map)
{
	return map.kind == RC_VALUE_MAP ? map : rc_value_map_new(arena, RC_VALUE_STRINGS, 0);
}

static struct rc_value dependency_value(struct rc_arena *arena, const struct rc_helm_dependency *d)
{
	const struct field fields[] = {
		{"Name", "name", rc_value_str(d->name)},
		{"Version", "version", rc_value_str(d->version)},
		{"Repository", "repository", rc_value_str(d->repository)},
		{"Condition", "condition", rc_value_str(d->condition)},
		{"Tags", "tags", list_or_empty(arena, d->tags)},
		{"Enabled", "enabled", rc_value_bool(d->enabled)},
		{"ImportValues", "import-values", d->import_values},
		{"Alias", "alias", rc_value_str(d->alias)},
	};

	return make_record(arena, &dependency_type, fields, RC_ARRAY_SIZE(fields));
}

static struct rc_value maintainer_value(struct rc_arena *arena, const struct rc_helm_maintainer *m)
{
	const struct field fields[] = {
		{"Name", "name", rc_value_str(m->name)},
		{"Email", "email", rc_value_str(m->email)},
		{"URL", "url", rc_value_str(m->url)},
	};

	return make_record(arena, &maintainer_type, fields, RC_ARRAY_SIZE(fields));
}

static struct rc_value metadata_value(struct rc_arena *arena, const struct rc_helm_metadata *m)
{
	struct rc_value dependencies = rc_value_list_new(arena, RC_VALUE_ANY, m->n_dependencies);
	struct rc_value maintainers = rc_value_list_new(arena, RC_VALUE_ANY, m->n_maintainers);
	const struct field fields[] = {
		{"Name", "name", rc_value_str(m->name)},
		{"Home", "home", rc_value_str(m->home)},
		{"Sources", "sources", list_or_empty(arena, m->sources)},
		{"Version", "version", rc_value_str(m->version)},
		{"Description", "description", rc_value_str(m->description)},
		{"Keywords", "keywords", list_or_empty(arena, m->keywords)},
		{"Maintainers", "maintainers", maintainers},
		{"Icon", "icon", rc_value_str(m->icon)},
		{"APIVersion", "apiVersion", rc_value_str(m->api_version)},
		{"Condition", "condition", rc_value_str(m->condition)},
		{"Tags", "tags", rc_value_str(m->tags)},
		{"AppVersion", "appVersion", rc_value_str(m->app_version)},
		{"Deprecated", "deprecated", rc_value_bool(m->deprecated)},
		{"Annotations", "annotations", map_or_empty(arena, m->annotations)},
		{"KubeVersion", "kubeVersion", rc_value_str(m->kube_version)},
		{"Dependencies", "dependencies", dependencies},
		{"Type", "type", rc_value_str(m->type)},
	};

	for (size_t i = 0; i < m->n_dependencies; i++)
		rc_value_list_add(arena, dependencies, dependency_value(arena, m->dependencies[i]));
	for (size_t i = 0; i < m->n_maintainers; i++)
		rc_value_list_add(arena, maintainers, maintainer_value(arena, m->maintainers[i]));
	return make_record(arena, &metadata_type, fields, RC_ARRAY_SIZE(fields));
}

struct rc_value rc_helm_objects_chart(struct rc_arena *arena, struct rc_helm_chart *chart)
{
	const struct field fields[] = {{"IsRoot", NULL, rc_value_bool(chart->parent == NULL)}};
	struct rc_value value = make_record(arena, &chart_type, fields, RC_ARRAY_SIZE(fields));
	struct record *record = value.object;

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

static const struct rc_value_method version_set_method[] = {{"Has", "s"}, {NULL, NULL}};

static const struct rc_value_type version_set_methods = {
	.name = "chartutil.VersionSet", .methods = version_set_method, .call = version_set_call};

struct rc_value rc_helm_objects_capabilities_value(struct rc_arena *arena,
						   struct rc_helm_capabilities *capabilities)
{
	struct rc_value apis = capabilities->api_versions;
	const struct field kube[] = {
		{"Version", NULL, rc_value_str(capabilities->kube_version)},
		{"Major", NULL, rc_value_str(capabilities->kube_major)},
		{"Minor", NULL, rc_value_str(capabilities->kube_minor)},
	};
	const struct field helm[] = {
		{"Version", "version", rc_value_text("v3.17.2")},
		{"GitCommit", "git_commit",
		 rc_value_text("cc0bbbd6d6276b83880042c1ecb34087e84d41eb")},
		{"GitTreeState", "git_tree_state", rc_value_text("clean")},
		{"GoVersion", "go_version", rc_value_text("go1.23.7")},
	};
	struct rc_value kube_value = make_record(arena, &kube_version_type, kube, 3);
	struct rc_value helm_value = make_record(arena, &helm_version_type, helm, 4);

	kube_value.addressed = true;
	struct record *record = kube_value.object;
	apis.list->methods = &version_set_methods;
	apis.named = true;
	const struct field fields[] = {
		{"KubeVersion", NULL, kube_value},
		{"APIVersions", NULL, apis},
		{"HelmVersion", NULL, helm_value},
	};

	/* Methods of KubeVersion that give the same text. */
	rc_value_map_set(arena, record->fields.map, RC_STR("GitVersion"),
			 rc_value_str(capabilities->kube_version));
	rc_value_map_set(arena, record->fields.map, RC_STR("String"),
			 rc_value_str(capabilities->kube_version));
	return make_record(arena, &capabilities_type, fields, RC_ARRAY_SIZE(fields));
}

struct rc_value rc_helm_objects_to_map(struct rc_arena *arena, struct rc_value object)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	const struct record *record = object.object;
	struct rc_value map;

	if (!is_record(object) && object.type->expand)
		return object.type->expand(object.object, arena);
	if (!is_record(object)) {
		object.type->print(object.object, &text);
		return rc_value_str(rc_arena_str(arena, rc_buf_str(&text)));
	}
	map = rc_value_map_new(arena, RC_VALUE_ANY, 0);
	if (record->embedded.kind == RC_VALUE_OBJECT)
		add_fields(arena, record->embedded.object, map);
	add_fields(arena, record, map);
	return map;
}

static struct rc_str in_small_letters(struct rc_arena *arena, struct rc_str name)
{
	char *small = rc_arena_strndup(arena, name.p, name.n);

	for (size_t i = 0; i < name.n; i++)
		small[i] = (char)tolower((unsigned char)small[i]);
	return (struct rc_str){small, name.n};
}

struct rc_value rc_helm_objects_to_fields(struct rc_arena *arena, struct rc_value object)
{
	const struct record *record = object.object;
	struct rc_value map = rc_value_map_new(arena, RC_VALUE_ANY, 0);

	if (!is_record(object)) {
		object = rc_helm_objects_to_map(arena, object);
		if (object.kind != RC_VALUE_MAP)
			return object;
		for (size_t i = 0; i < object.map->n; i++)
			append(arena, map.map, in_small_letters(arena, object.map->entries[i].key),
			       object.map->entries[i].value);
		return map;
	}
	if (record->embedded.kind == RC_VALUE_OBJECT)
		append(arena, map.map, RC_STR("metadata"), record->embedded);
	for (size_t i = 0; record->order[i]; i++)
		append(arena, map.map, in_small_letters(arena, rc_str(record->order[i])),
		       *rc_value_map_get(record->fields.map, rc_str(record->order[i])));
	return map;
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
	rc_helm_encode_yaml(&text, plain);
	rc_buf_putc(&text, '\n');
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(&text)));
	return 1;
}

static const struct rc_value_method values_method[] = {
	{"AsMap", ""}, {"Table", "s"}, {"PathValue", "s"}, {"YAML", ""}, {NULL, NULL}};

static const struct rc_value_type values_methods = {
	.name = "chartutil.Values", .methods = values_method, .call = values_call};

struct rc_value rc_helm_objects_values(struct rc_value map)
{
	map.map->methods = &values_methods;
	map.named = true;
	return map;
}
