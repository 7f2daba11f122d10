/* The section "commitStatus" of a repository: where its forge is told what became of a commit. */
#include "config-schema.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"

static const char *const types[] = {"github",	 "gitlab",	     "gitea",
				    "bitbucket", "bitbucket-server", NULL};

static const struct config_field fields[] = {
	{.name = "type",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_commit_status, type),
	 .words = types},
	CONFIG_FIELD_TEXT(struct rc_config_commit_status, api, "api"),
	CONFIG_FIELD_TEXT(struct rc_config_commit_status, project, "project"),
	CONFIG_FIELD_TEXT(struct rc_config_commit_status, link, "link"),
	{.name = "secret",
	 .type = CONFIG_STRUCT,
	 .offset = offsetof(struct rc_config_commit_status, secret),
	 .target = &config_secret},
	{.name = NULL},
};
const struct config_struct config_commit_status = {fields, sizeof(struct rc_config_commit_status),
						   offsetof(struct rc_config_commit_status, place)};

/* The host and the path in a repository's URL; false: it has none. */
static bool split(const char *url, struct rc_str *ret_host, struct rc_str *ret_path)
{
	const char *at = strstr(url, "://"), *end;

	if (rc_text_has_prefix(url, "file:") || *url == '/')
		return false;
	at = at ? at + 3 : url;
	end = strpbrk(at, "/");
	if (memchr(at, '@', end ? (size_t)(end - at) : strlen(at)))
		at = strchr(at, '@') + 1;
	/* git@host:owner/name, but ssh://host:22/owner/name */
	end = at + strcspn(at, strstr(url, "://") ? "/" : ":");
	if (!*end)
		return false;
	*ret_host = (struct rc_str){at, strcspn(at, ":/")};
	*ret_path = rc_str_trim(rc_str(end + 1), "/");
	if (rc_str_has_suffix(*ret_path, RC_STR(".git")))
		ret_path->n -= 4;
	return ret_host->n > 0 && ret_path->n > 0;
}

static const char *guess_type(struct rc_str host)
{
	static const struct {
		const char *host, *type;
	} known[] = {{"github.com", "github"},
		     {"gitlab.com", "gitlab"},
		     {"bitbucket.org", "bitbucket"},
		     {"codeberg.org", "gitea"}};

	for (size_t i = 0; i < RC_ARRAY_SIZE(known); i++)
		if (rc_str_is(host, known[i].host))
			return known[i].type;
	return NULL;
}

static const char *guess_api(struct rc_arena *arena, const char *type, struct rc_str host)
{
	if (rc_str_is(host, "github.com"))
		return "https://api.github.com";
	if (strcmp(type, "bitbucket") == 0)
		return "https://api.bitbucket.org/2.0";
	return rc_arena_printf(arena, "https://%.*s%s", (int)host.n, host.p,
			       strcmp(type, "github") == 0   ? "/api/v3"
			       : strcmp(type, "gitlab") == 0 ? "/api/v4"
			       : strcmp(type, "gitea") == 0  ? "/api/v1"
							     : "/rest/api/1.0");
}

/* GitLab names a project by its path, its slashes escaped. */
static const char *escape_slashes(struct rc_arena *arena, const char *path)
{
	struct rc_buf out = RC_BUF_INIT(4096);
	const char *escaped;

	for (; *path; path++)
		if (isalnum((unsigned char)*path) || strchr("-_.~", *path))
			rc_buf_putc(&out, *path);
		else
			rc_buf_printf(&out, "%%%02X", (unsigned char)*path);
	escaped = rc_arena_strdup(arena, rc_buf_text(&out));
	rc_buf_done(&out);
	return escaped;
}

/* The repository in the forge's API. */
static const char *make_url(struct rc_arena *arena, const struct rc_config_commit_status *status)
{
	const char *project = status->project, *slash = strrchr(project, '/');

	if (strcmp(status->type, "gitlab") == 0)
		return rc_arena_printf(arena, "%s/projects/%s", status->api,
				       escape_slashes(arena, project));
	if (strcmp(status->type, "bitbucket") == 0)
		return rc_arena_printf(arena, "%s/repositories/%s", status->api, project);
	if (strcmp(status->type, "bitbucket-server") == 0)
		return rc_arena_printf(arena, "%s/projects/%.*s/repos/%s", status->api,
				       (int)(slash - project), project, slash + 1);
	return rc_arena_printf(arena, "%s/repos/%s", status->api, project);
}

/* What the URL tells, where it is not said. */
static void complete(struct rc_arena *arena, const char *url,
		     struct rc_config_commit_status *status)
{
	struct rc_str host = {NULL, 0}, path = {NULL, 0};

	if (!split(url, &host, &path))
		return;
	if (!status->type)
		status->type = guess_type(host);
	if (!status->api && status->type)
		status->api = guess_api(arena, status->type, host);
	if (!status->project)
		status->project = rc_arena_strndup(arena, path.p, path.n);
}

static const char *find_problem(const struct rc_config_repository *repository)
{
	const struct rc_config_commit_status *status = &repository->commit_status;

	if (strcmp(repository->type, "git") != 0)
		return "only repositories of type git have commits";
	if (!status->type)
		return "'type' is missing, and the URL's host does not tell it";
	if (!status->api)
		return "'api' is missing, and the URL does not tell it";
	if (!rc_text_has_prefix(status->api, "https://") &&
	    !rc_text_has_prefix(status->api, "http://127.0.0.1"))
		return "'api' begins with https://";
	if (!status->project || !strchr(status->project, '/'))
		return "'project' (as owner/name) is missing, and the URL does not tell it";
	if (config_count_sources(&status->secret) != 1)
		return "it needs a token as 'secret': one of 'credential', 'file' and 'env'";
	return NULL;
}

int config_commits_check(struct rc_config *config, struct rc_buf *messages)
{
	int r = 0;

	for (size_t i = 0; i < config->n_repositories; i++) {
		struct rc_config_repository *repository = &config->repositories[i];
		const char *problem;

		if (!repository->commit_status.place.file)
			continue;
		complete(config->arena, repository->url, &repository->commit_status);
		problem = find_problem(repository);
		if (problem)
			r = rc_config_refuse(messages, repository->commit_status.place,
					     "repository '%s': commitStatus: %s", repository->name,
					     problem);
		else
			repository->commit_status.url =
				make_url(config->arena, &repository->commit_status);
	}
	return r;
}
