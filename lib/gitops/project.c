/* Decoding AppProjects. The rules are in project-rules.c. */
#include "gitops/project.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "gitops/project-private.h"

/* ---- sources and destinations ---- */

/*
 * As Argo CD does on both sides before it compares: lower case, "git@host:path" as
 * "git@host/path", no ".git", no "ssh://". The caller's.
 */
char *rc_project_normalise_url(const char *url)
{
	struct rc_str trimmed = rc_str_trim(rc_str(url), " \t\r\n");
	char *text = rc_strndup(trimmed.p, trimmed.n), *at, *colon;
	size_t n;

	for (char *c = text; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	at = strchr(text, '@');
	colon = strchr(text, ':');
	if (!strstr(text, "://") && at && colon && !memchr(text, '/', (size_t)(at - text)))
		*colon = '/';
	if (rc_text_has_prefix(text, "ssh://"))
		memmove(text, text + 6, strlen(text + 6) + 1);
	n = strlen(text);
	if (n > 4 && strcmp(text + n - 4, ".git") == 0)
		text[n - 4] = '\0';
	return text;
}

static void read_sources(struct rc_project *project, struct rc_fields *fields, const json_t *spec)
{
	const char **urls =
		rc_fields_texts(fields, spec, "spec", "sourceRepos", &project->n_sources);

	project->sources =
		rc_arena_alloc(fields->arena, (project->n_sources + 1) * sizeof(*project->sources));
	for (size_t i = 0; i < project->n_sources; i++) {
		bool is_negated = *urls[i] == '!';
		rc_autofree char *url = rc_project_normalise_url(urls[i] + is_negated);
		rc_autofree char *text = rc_asprintf("%s%s", is_negated ? "!" : "", url);

		rc_pattern_init(&project->sources[i], fields, "spec.sourceRepos", text, '/', true);
	}
}

static void read_destinations(struct rc_project *project, struct rc_fields *fields,
			      const json_t *spec)
{
	static const char *const known[] = {"server", "name", "namespace", NULL};
	const json_t *list = rc_fields_array(fields, spec, "spec", "destinations");
	json_t *item;
	size_t i;

	project->n_destinations = json_array_size(list);
	project->destinations = rc_arena_alloc(
		fields->arena, (project->n_destinations + 1) * sizeof(*project->destinations));
	json_array_foreach (list, i, item) {
		struct rc_project_destination *to = &project->destinations[i];
		rc_autofree char *where = rc_asprintf("spec.destinations[%zu]", i);

		rc_fields_check(fields, item, where, known);
		rc_pattern_init(&to->server, fields, where,
				rc_fields_text(fields, item, where, "server", ""), '\0', true);
		rc_pattern_init(&to->name, fields, where,
				rc_fields_text(fields, item, where, "name", ""), '\0', true);
		rc_pattern_init(&to->name_space, fields, where,
				rc_fields_text(fields, item, where, "namespace", ""), '\0', true);
	}
}

/* ---- kinds ---- */

static void read_kinds(struct rc_project_kinds *kinds, struct rc_fields *fields, const json_t *spec,
		       const char *key, bool has_names)
{
	static const char *const known[] = {"group", "kind", "name", NULL};
	const json_t *list = rc_fields_array(fields, spec, "spec", key);
	json_t *item;
	size_t i;

	kinds->is_set = list != NULL;
	kinds->n = json_array_size(list);
	kinds->list = rc_arena_alloc(fields->arena, (kinds->n + 1) * sizeof(*kinds->list));
	json_array_foreach (list, i, item) {
		rc_autofree char *where = rc_asprintf("spec.%s[%zu]", key, i);
		const char *name = rc_fields_text(fields, item, where, "name", "");

		rc_fields_check(fields, item, where, known);
		kinds->list[i] = (struct rc_project_kind){
			.group = rc_fields_text(fields, item, where, "group", ""),
			.kind = rc_fields_text(fields, item, where, "kind", ""),
			.name = *name ? name : NULL,
		};
		if (!has_names && *name)
			rc_fields_complain(fields, "%s.name: only cluster-scoped kinds take names",
					   where);
	}
}

static void read_orphaned(struct rc_project *project, struct rc_fields *fields, const json_t *spec)
{
	static const char where[] = "spec.orphanedResources";
	static const char *const known[] = {"warn", "ignore", NULL};
	static const char *const ignore_known[] = {"group", "kind", "name", NULL};
	const json_t *json = rc_fields_object(fields, spec, "spec", "orphanedResources");
	const json_t *list = rc_fields_array(fields, json, where, "ignore");
	json_t *item;
	size_t i;

	if (!json)
		return;
	rc_fields_check(fields, json, where, known);
	project->orphaned.on = true;
	project->orphaned.warn = rc_fields_bool(fields, json, where, "warn", false);
	project->orphaned.n_ignore = json_array_size(list);
	project->orphaned.ignore =
		rc_arena_alloc(fields->arena, (project->orphaned.n_ignore + 1) *
						      sizeof(*project->orphaned.ignore));
	json_array_foreach (list, i, item) {
		rc_autofree char *inner = rc_asprintf("%s.ignore[%zu]", where, i);

		rc_fields_check(fields, item, inner, ignore_known);
		project->orphaned.ignore[i] = (struct rc_project_kind){
			.group = rc_fields_text(fields, item, inner, "group", ""),
			.kind = rc_fields_text(fields, item, inner, "kind", ""),
			.name = rc_fields_text(fields, item, inner, "name", ""),
		};
	}
}

/* ---- the whole ---- */

/* A restriction that is not enforced must not look as if it were. */
static void read_refusal(struct rc_project *project, const json_t *spec)
{
	static const char *const keys[] = {"signatureKeys", "sourceIntegrity",
					   "destinationServiceAccounts",
					   "permitOnlyProjectScopedClusters"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(keys); i++) {
		const json_t *value = rc_fields_get(spec, keys[i]);

		if (!value || json_is_false(value) ||
		    (json_is_array(value) && json_array_size(value) == 0))
			continue;
		project->refusal = rc_arena_printf(
			project->arena,
			"project '%s' asks for spec.%s, which is not supported; nothing of it is "
			"synced",
			project->name, keys[i]);
		return;
	}
}

static void read_spec(struct rc_project *project, struct rc_fields *fields, const json_t *manifest)
{
	static const char *const known[] = {"sourceRepos",
					    "destinations",
					    "description",
					    "roles",
					    "clusterResourceWhitelist",
					    "clusterResourceBlacklist",
					    "namespaceResourceWhitelist",
					    "namespaceResourceBlacklist",
					    "orphanedResources",
					    "syncWindows",
					    "signatureKeys",
					    "sourceIntegrity",
					    "sourceNamespaces",
					    "permitOnlyProjectScopedClusters",
					    "destinationServiceAccounts",
					    NULL};
	const json_t *spec = rc_fields_object(fields, manifest, "", "spec");

	rc_fields_check(fields, spec, "spec", known);
	project->description = rc_fields_text(fields, spec, "spec", "description", "");
	read_sources(project, fields, spec);
	read_destinations(project, fields, spec);
	read_kinds(&project->cluster_allowed, fields, spec, "clusterResourceWhitelist", true);
	read_kinds(&project->cluster_denied, fields, spec, "clusterResourceBlacklist", true);
	read_kinds(&project->namespaced_allowed, fields, spec, "namespaceResourceWhitelist", false);
	read_kinds(&project->namespaced_denied, fields, spec, "namespaceResourceBlacklist", false);
	project->source_namespaces = rc_fields_texts(fields, spec, "spec", "sourceNamespaces",
						     &project->n_source_namespaces);
	read_orphaned(project, fields, spec);
	rc_windows_read(&project->windows, fields, spec);
	read_refusal(project, spec);
}

int rc_project_parse(const json_t *manifest, const char *where, struct rc_project **ret_project,
		     struct rc_error **err)
{
	rc_cleanup(rc_project_freep) struct rc_project *project = rc_new0(struct rc_project);
	const char *kind = rc_json_text(manifest, "kind", NULL);
	const char *version = rc_json_text(manifest, "apiVersion", NULL);
	const char *name = rc_json_text(manifest, "metadata", "name", NULL);
	struct rc_fields fields;
	int r = 0;

	if (!rc_text_equal(kind, "AppProject") || !rc_text_equal(version, "argoproj.io/v1alpha1"))
		return rc_fail(
			err, -EINVAL,
			"%s: an AppProject of argoproj.io/v1alpha1 is wanted, found %s of %s",
			where, kind ?: "nothing", version ?: "no version");
	project->arena = rc_arena_new(0);
	project->manifest = json_deep_copy(manifest);
	project->warnings = json_array();
	project->name = rc_arena_strdup(project->arena, name ?: "");
	json_object_del(project->manifest, "status");
	rc_fields_init(&fields, project->arena, project->warnings);
	if (!name)
		rc_fields_complain(&fields, "metadata.name is missing");
	read_spec(project, &fields, project->manifest);
	if (fields.problems.n > 0)
		r = rc_fail(err, -EINVAL, "%s: project '%s': %s", where, project->name,
			    rc_buf_text(&fields.problems));
	rc_fields_done(&fields);
	if (r < 0)
		return r;
	*ret_project = rc_steal(&project);
	return 0;
}

struct rc_project *rc_project_new_default(void)
{
	json_auto_t *manifest =
		json_pack("{s:s, s:s, s:{s:s}, s:{s:[s], s:[{s:s, s:s, s:s}], s:[{s:s, s:s}]}}",
			  "apiVersion", "argoproj.io/v1alpha1", "kind", "AppProject", "metadata",
			  "name", RC_PROJECT_DEFAULT, "spec", "sourceRepos", "*", "destinations",
			  "server", "*", "name", "*", "namespace", "*", "clusterResourceWhitelist",
			  "group", "*", "kind", "*");
	struct rc_project *project = NULL;

	rc_project_parse(manifest, "the default project", &project, NULL);
	return project;
}

struct rc_project *rc_project_new_broken(const char *name, const char *why)
{
	struct rc_project *project = rc_project_new_default();

	project->name = rc_arena_strdup(project->arena, name);
	project->refusal = rc_arena_strdup(project->arena, why);
	return project;
}

void rc_project_free(struct rc_project *project)
{
	if (!project)
		return;
	for (size_t i = 0; i < project->n_sources; i++)
		rc_pattern_done(&project->sources[i]);
	for (size_t i = 0; i < project->n_destinations; i++) {
		rc_pattern_done(&project->destinations[i].server);
		rc_pattern_done(&project->destinations[i].name);
		rc_pattern_done(&project->destinations[i].name_space);
	}
	rc_windows_done(&project->windows);
	json_decref(project->manifest);
	json_decref(project->warnings);
	rc_arena_free(project->arena);
	free(project);
}
