/* The projects by their names. */
#include "gitops/projects.h"

#include <string.h>

#include "base/log.h"
#include "base/memory.h"

struct entry {
	struct rc_project *project;
	char *origin;
	bool is_seen;
};

struct rc_projects {
	struct entry *entries;
	size_t n;
	struct rc_project *otherwise; /* "default" where nobody defines it */
};

struct rc_projects *rc_projects_new(void)
{
	struct rc_projects *projects = rc_new0(struct rc_projects);

	projects->otherwise = rc_project_new_default();
	return projects;
}

static void clear(struct entry *entry)
{
	rc_project_free(entry->project);
	free(entry->origin);
}

void rc_projects_free(struct rc_projects *projects)
{
	if (!projects)
		return;
	for (size_t i = 0; i < projects->n; i++)
		clear(&projects->entries[i]);
	rc_project_free(projects->otherwise);
	free(projects->entries);
	free(projects);
}

static struct entry *find(const struct rc_projects *projects, const char *name)
{
	for (size_t i = 0; i < projects->n; i++)
		if (strcmp(projects->entries[i].project->name, name) == 0)
			return &projects->entries[i];
	return NULL;
}

const struct rc_project *rc_projects_find(const struct rc_projects *projects, const char *name)
{
	const struct entry *entry = find(projects, name);

	if (entry)
		return entry->project;
	return strcmp(name, RC_PROJECT_DEFAULT) == 0 ? projects->otherwise : NULL;
}

static bool is_same(const struct rc_project *a, const struct rc_project *b)
{
	return json_equal(a->manifest, b->manifest) && rc_text_equal(a->refusal, b->refusal);
}

bool rc_projects_put(struct rc_projects *projects, const char *origin, struct rc_project *project)
{
	struct entry *entry = find(projects, project->name);
	bool is_changed;

	if (!entry) {
		projects->entries = rc_realloc(projects->entries,
					       (projects->n + 1) * sizeof(*projects->entries));
		projects->entries[projects->n++] = (struct entry){project, rc_strdup(origin), true};
		return true;
	}
	if (strcmp(entry->origin, origin) != 0) {
		rc_log_warning(NULL, "project '%s' of %s is there already, from %s", project->name,
			       origin, entry->origin);
		rc_project_free(project);
		return false;
	}
	is_changed = !is_same(entry->project, project);
	rc_project_free(entry->project);
	entry->project = project;
	entry->is_seen = true;
	return is_changed;
}

static void take_out(struct rc_projects *projects, struct entry *entry)
{
	size_t i = (size_t)(entry - projects->entries);

	clear(entry);
	memmove(entry, entry + 1, (--projects->n - i) * sizeof(*entry));
}

bool rc_projects_drop(struct rc_projects *projects, const char *origin, const char *name)
{
	struct entry *entry = find(projects, name);

	if (!entry || strcmp(entry->origin, origin) != 0)
		return false;
	take_out(projects, entry);
	return true;
}

bool rc_projects_set(struct rc_projects *projects, const char *origin, struct rc_project **list,
		     size_t n, bool is_partial)
{
	bool is_changed = false;

	for (size_t i = 0; i < projects->n; i++)
		projects->entries[i].is_seen = strcmp(projects->entries[i].origin, origin) != 0;
	for (size_t i = 0; i < n; i++)
		is_changed = rc_projects_put(projects, origin, list[i]) || is_changed;
	for (size_t i = is_partial ? 0 : projects->n; i > 0; i--) {
		if (projects->entries[i - 1].is_seen)
			continue;
		take_out(projects, &projects->entries[i - 1]);
		is_changed = true;
	}
	return is_changed;
}

json_t *rc_projects_describe(const struct rc_projects *projects)
{
	json_t *list = json_array();

	for (size_t i = 0; i < projects->n; i++) {
		const struct rc_project *project = projects->entries[i].project;

		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:s*, s:s*, s:O*}", "name", project->name, "origin",
				  projects->entries[i].origin, "description",
				  *project->description ? project->description : NULL, "refusal",
				  project->refusal, "warnings",
				  json_array_size(project->warnings) ? project->warnings : NULL));
	}
	return list;
}
