/* The build environment: $ARGOCD_APP_NAME and its sisters. */
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "data/json.h"
#include "gitops/source-private.h"
#include "registry/worker.h"

/* The commit, or the version of a packed chart. */
static const char *revision_of(const struct source_chart *chart)
{
	const char *commit = chart->job->commits[chart->index];
	rc_autofree char *version =
		chart->job->archives[chart->index] ? rc_registry_worker_get_version(commit) : NULL;

	return version ? rc_arena_strdup(chart->arena, version) : commit;
}

static const char *look_up(const struct source_chart *chart, struct rc_str name)
{
	const struct rc_application *application = chart->job->application;
	const char *commit = revision_of(chart);
	const struct {
		const char *name, *value;
		int n; /* of value; -1: all */
	} table[] = {
		{"ARGOCD_APP_NAME", application->name, -1},
		{"ARGOCD_APP_NAMESPACE", application->destination.name_space, -1},
		{"ARGOCD_APP_PROJECT_NAME", application->project, -1},
		{"ARGOCD_APP_REVISION", commit, -1},
		{"ARGOCD_APP_REVISION_SHORT", commit, 7},
		{"ARGOCD_APP_REVISION_SHORT_8", commit, 8},
		{"ARGOCD_APP_SOURCE_PATH", chart->source->path, -1},
		{"ARGOCD_APP_SOURCE_REPO_URL", chart->source->repo_url, -1},
		{"ARGOCD_APP_SOURCE_TARGET_REVISION", chart->source->target_text, -1},
		{"KUBE_VERSION", rc_json_text(chart->job->request, "kubeVersion", NULL), -1},
	};

	for (size_t i = 0; i < RC_ARRAY_SIZE(table); i++)
		if (rc_str_is(name, table[i].name))
			return table[i].n < 0 ? table[i].value
					      : rc_arena_strndup(chart->arena, table[i].value,
								 (size_t)table[i].n);
	return NULL;
}

static bool is_special(char c)
{
	return c && strchr("*#$@!?-0123456789", c);
}

/*
 * What a '$' at text names, as Go's os.Expand reads it; returns where the rest begins. name.p is
 * NULL when it names nothing and is to stay; an empty name is a mistake that is swallowed.
 */
static const char *take_variable(const char *text, struct rc_str *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "_0123456789";

	*name = (struct rc_str){text + 1, 1};
	if (is_special(text[1]))
		return text + 2;
	if (text[1] == '{') {
		const char *end = strchr(text, '}');

		*name = (struct rc_str){text + 2, end ? (size_t)(end - text - 2) : 0};
		return end ? end + 1 : text + 2;
	}
	name->n = strspn(text + 1, letters);
	if (name->n == 0)
		name->p = NULL;
	return text + 1 + name->n;
}

const char *rc_source_expand(const struct source_chart *chart, const char *text)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (!strchr(text, '$'))
		return text;
	while (*text) {
		struct rc_str name;

		if (*text != '$') {
			rc_buf_putc(&out, *text++);
			continue;
		}
		text = take_variable(text, &name);
		if (!name.p || rc_str_is(name, "$"))
			rc_buf_putc(&out, '$');
		else
			rc_buf_puts(&out, look_up(chart, name) ?: "");
	}
	return rc_arena_strdup(chart->arena, rc_buf_text(&out));
}

const char *rc_source_expand_path(const struct source_chart *chart, const char *path)
{
	const char *slash = strchr(path, '/');
	rc_autofree char *whole = NULL;
	struct rc_str name;

	if (*path != '$' || !slash)
		return rc_source_expand(chart, path);
	take_variable(path, &name);
	if (name.p && look_up(chart, name))
		return rc_source_expand(chart, path);
	whole = rc_asprintf("%.*s%s", (int)(slash - path), path, rc_source_expand(chart, slash));
	return rc_arena_strdup(chart->arena, whole);
}
