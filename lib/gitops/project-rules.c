/* What a project allows, decided as Argo CD decides it. */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/glob.h"
#include "data/regex.h"
#include "gitops/project-private.h"

#define PROBLEMS_MAX 8192

/* With negation: "!x" matches what x does not. */
static bool agrees(const struct rc_pattern *pattern, const char *text)
{
	return rc_pattern_match(pattern, text) != pattern->is_negated;
}

bool rc_project_allows_source(const struct rc_project *project, const char *url)
{
	rc_autofree char *normal = rc_project_normalise_url(url);
	bool is_allowed = false;

	for (size_t i = 0; i < project->n_sources; i++) {
		if (agrees(&project->sources[i], normal))
			is_allowed = true;
		else if (project->sources[i].is_negated)
			return false;
	}
	return is_allowed;
}

static bool agrees_if_known(const struct rc_pattern *pattern, const char *text)
{
	return text && *text && agrees(pattern, text);
}

bool rc_project_allows_destination(const struct rc_project *project,
				   const struct rc_project_cluster *cluster, const char *name_space)
{
	bool is_allowed = false;

	for (size_t i = 0; i < project->n_destinations; i++) {
		const struct rc_project_destination *one = &project->destinations[i];
		bool name = agrees_if_known(&one->name, cluster->name);
		bool server = agrees_if_known(&one->server, cluster->server);
		bool space = agrees(&one->name_space, name_space);

		if ((name || server) && space)
			is_allowed = true;
		else if ((!name && one->name.is_negated) ||
			 (!server && one->server.is_negated && space) ||
			 (!space && one->name_space.is_negated && server))
			return false;
	}
	return is_allowed;
}

static bool is_match(const char *pattern, const char *text)
{
	return rc_glob_match_path(rc_str(pattern), rc_str(text)) == 1;
}

static bool lists(const struct rc_project_kinds *kinds, const char *group, const char *kind,
		  const char *name)
{
	for (size_t i = 0; i < kinds->n; i++) {
		const struct rc_project_kind *one = &kinds->list[i];

		if (is_match(one->kind, kind) && is_match(one->group, group) &&
		    (!one->name || is_match(one->name, name)))
			return true;
	}
	return false;
}

bool rc_project_allows_kind(const struct rc_project *project, const char *group, const char *kind,
			    const char *name, bool is_namespaced)
{
	if (is_namespaced)
		return (!project->namespaced_allowed.is_set ||
			lists(&project->namespaced_allowed, group, kind, name)) &&
		       !lists(&project->namespaced_denied, group, kind, name);
	return lists(&project->cluster_allowed, group, kind, name) &&
	       !lists(&project->cluster_denied, group, kind, name);
}

static bool is_glob_match(const char *pattern, const char *text)
{
	struct rc_glob *glob = NULL;
	bool matches = rc_glob_compile(rc_str(pattern), '\0', &glob, NULL) == 0 &&
		       rc_glob_match(glob, rc_str(text));

	rc_glob_free(glob);
	return matches;
}

/* "/.../" is a regular expression that may match anywhere in it; else, or too, it is a glob. */
static bool is_namespace(const char *pattern, const char *name_space)
{
	size_t n = strlen(pattern);
	const struct rc_regex_span *spans;
	struct rc_regex *regex = NULL;
	bool matches = false;

	if (n > 1 && pattern[0] == '/' && pattern[n - 1] == '/' &&
	    rc_regex_compile((struct rc_str){pattern + 1, n - 2}, &regex, NULL) == 0)
		matches = rc_regex_find(regex, rc_str(name_space), 0, &spans, NULL) == 1;
	rc_regex_free(regex);
	return matches || is_glob_match(pattern, name_space);
}

bool rc_project_allows_app_namespace(const struct rc_project *project, const char *name_space,
				     const char *control_namespace)
{
	if (!*name_space || rc_text_equal(name_space, control_namespace))
		return true;
	for (size_t i = 0; i < project->n_source_namespaces; i++)
		if (is_namespace(project->source_namespaces[i], name_space))
			return true;
	return false;
}

/* What every namespace has of itself. */
static bool is_furniture(const char *group, const char *kind, const char *name_space,
			 const char *name)
{
	if (*group)
		return false;
	return (strcmp(name_space, "default") == 0 && strcmp(kind, "Service") == 0 &&
		strcmp(name, "kubernetes") == 0) ||
	       (strcmp(kind, "ServiceAccount") == 0 && strcmp(name, "default") == 0) ||
	       (strcmp(kind, "ConfigMap") == 0 && strcmp(name, "kube-root-ca.crt") == 0);
}

bool rc_project_ignores_orphan(const struct rc_project *project, const char *group,
			       const char *kind, const char *name_space, const char *name)
{
	if (is_furniture(group, kind, name_space, name))
		return true;
	for (size_t i = 0; i < project->orphaned.n_ignore; i++) {
		const struct rc_project_kind *one = &project->orphaned.ignore[i];

		if ((!*one->kind || is_glob_match(one->kind, kind)) &&
		    is_glob_match(one->group, group) &&
		    (!*one->name || is_glob_match(one->name, name)))
			return true;
	}
	return false;
}

/* ---- in words ---- */

__attribute__((format(printf, 2, 3))) static void object(struct rc_buf *problems,
							 const char *format, ...)
{
	va_list args;

	if (problems->n > 0)
		rc_buf_puts(problems, "; ");
	va_start(args, format);
	rc_buf_vprintf(problems, format, args);
	va_end(args);
}

int rc_project_check(const struct rc_project *project, const struct rc_application *application,
		     const struct rc_project_cluster *cluster, struct rc_error **err)
{
	rc_autobuf struct rc_buf problems = RC_BUF_INIT(PROBLEMS_MAX);

	if (project->refusal)
		object(&problems, "%s", project->refusal);
	for (size_t i = 0; i < application->n_sources; i++)
		if (!rc_project_allows_source(project, application->sources[i].repo_url))
			object(&problems, "application repo %s is not permitted in project '%s'",
			       application->sources[i].repo_url, project->name);
	if (!rc_project_allows_destination(project, cluster, application->destination.name_space))
		object(&problems,
		       "application destination server '%s' and namespace '%s' do not match any of "
		       "the allowed destinations in project '%s'",
		       application->destination.name ? cluster->name : cluster->server,
		       application->destination.name_space, project->name);
	if (problems.n == 0)
		return 0;
	return rc_fail(err, -EACCES, "%s", rc_buf_text(&problems));
}

int rc_project_check_object(const struct rc_project *project,
			    const struct rc_project_cluster *cluster, const char *group,
			    const char *kind, const char *name_space, const char *name,
			    struct rc_error **err)
{
	if (!rc_project_allows_kind(project, group, kind, name, *name_space != '\0'))
		return rc_fail(err, -EACCES, "resource %s:%s is not permitted in project %s", group,
			       kind, project->name);
	if (*name_space && !rc_project_allows_destination(project, cluster, name_space))
		return rc_fail(err, -EACCES, "namespace %s is not permitted in project '%s'",
			       name_space, project->name);
	return 0;
}
