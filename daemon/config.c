/* Reading the configuration's files, defaults, and what no single key can tell. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "config-schema.h"

#define FILE_MAX_BYTES ((size_t)4 << 20)

void rc_config_free(struct rc_config *config)
{
	if (!config)
		return;
	rc_arena_free(config->arena);
	free(config);
}

static int read_one(struct rc_config *config, const char *path, struct rc_buf *messages)
{
	struct config_reader reader = {.arena = config->arena,
				       .file = rc_arena_strdup(config->arena, path),
				       .messages = messages};
	struct rc_yaml_options options = {.file = reader.file};
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autobuf struct rc_buf text = RC_BUF_INIT(FILE_MAX_BYTES);
	struct rc_yaml_node *node;
	int r = rc_file_read(path, &text, &err);

	if (r == 0)
		r = rc_yaml_parse(config->arena, rc_buf_str(&text), &options, &node, &err);
	if (r < 0) {
		rc_autofree char *chain = rc_error_format(err);

		rc_buf_printf(messages, "%s\n", chain);
		return r;
	}
	config_decode(&reader, node, &config_root, config, "the configuration");
	return reader.n_errors > 0 ? -EINVAL : 0;
}

static int is_drop_in(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && rc_text_has_suffix(entry->d_name, ".yaml");
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_drop_ins(struct rc_config *config, const char *path, struct rc_buf *messages)
{
	const char *slash = strrchr(path, '/');
	rc_autofree char *folder =
		rc_asprintf("%.*sconf.d", slash ? (int)(slash + 1 - path) : 0, path);
	struct dirent **entries;
	int n = scandir(folder, &entries, is_drop_in, by_bytes), r = 0;

	for (int i = 0; i < n; i++) {
		rc_autofree char *file = rc_path_join(folder, entries[i]->d_name);

		if (read_one(config, file, messages) < 0)
			r = -EINVAL;
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return r;
}

static bool has_repository(const struct rc_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_repositories; i++)
		if (rc_text_equal(config->repositories[i].name, name))
			return true;
	return false;
}

static void fail_at(struct rc_buf *messages, struct rc_config_place place, const char *text)
{
	rc_buf_printf(messages, "%s:%u:%u: error: %s\n", place.file, place.line, place.column,
		      text);
}

/* A source of applications is a file here, or a folder of a repository that is configured. */
static int check_applications(const struct rc_config *config, struct rc_buf *messages)
{
	int r = 0;

	for (size_t i = 0; i < config->n_applications; i++) {
		const struct rc_config_applications *source = &config->applications[i];
		const char *problem = NULL;

		if (!source->file && !source->repository)
			problem = "an entry of applications has 'file', or 'from' with "
				  "'repository' and "
				  "'path'";
		else if (source->file && source->repository)
			problem = "'file' and 'from' exclude each other; make two entries of it";
		else if (source->repository && !has_repository(config, source->repository))
			problem = rc_arena_printf(
				config->arena,
				"no repository is named '%s'; add it to repositories",
				source->repository);
		if (!problem)
			continue;
		fail_at(messages, source->place, problem);
		r = -EINVAL;
	}
	return r;
}

static int check_clusters(const struct rc_config *config, struct rc_buf *messages)
{
	int r = 0;

	for (size_t i = 0; i < config->n_clusters; i++) {
		const struct rc_config_cluster *cluster = &config->clusters[i];
		const char *problem = NULL;

		if (cluster->eks.cluster && cluster->kubeconfig)
			problem = "'eks' and 'kubeconfig' exclude each other";
		else if (cluster->eks.cluster && cluster->context)
			problem = "'context' belongs to a kubeconfig, and this cluster is of EKS";
		else if (cluster->context && !cluster->kubeconfig)
			problem = "'context' without 'kubeconfig' selects nothing";
		else if (cluster->eks.external_id && !cluster->eks.role_arn)
			problem = "eks: 'externalId' goes with 'roleArn'";
		if (!problem)
			continue;
		fail_at(messages, cluster->place, problem);
		r = -EINVAL;
	}
	return r;
}

static bool is_url(const char *url)
{
	static const char *const schemes[] = {"https://", "http://", "ssh://", "file://"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(schemes); i++)
		if (rc_text_has_prefix(url, schemes[i]) && url[strlen(schemes[i])])
			return true;
	/* git@host:path, and a path of this machine. */
	return *url == '/' || (strchr(url, '@') && strchr(url, ':'));
}

static int check_repositories(const struct rc_config *config, struct rc_buf *messages)
{
	int r = 0;

	for (size_t i = 0; i < config->n_repositories; i++) {
		const struct rc_config_repository *repository = &config->repositories[i];
		const struct rc_config_auth *auth = &repository->auth;

		if (repository->url && !is_url(repository->url)) {
			fail_at(messages, repository->place,
				rc_arena_printf(config->arena,
						"'%s' is no URL of a repository; it begins with "
						"https://, http://, ssh:// or file://",
						repository->url));
			r = -EINVAL;
		}
		if (!!auth->credential + !!auth->file + !!auth->env > 1) {
			fail_at(messages, repository->place,
				"auth: one of 'credential', 'file' and 'env' is enough");
			r = -EINVAL;
		}
	}
	return r;
}

static void set_defaults(struct rc_config *config)
{
	config->instance = "reconciled";
	config->sync.wave_timeout_ms = 10 * 60 * 1000;
	config->sync.prune_budget = 50;
	config->render.timeout_ms = 10 * 1000;
	config->render.memory_mib = 256;
	config->api.socket = "/run/reconciled/control.sock";
	config->log.level = "info";
	config->log.format = "auto";
	config->state_directory = "/var/lib/reconciled";
	config->cache_directory = "/var/cache/reconciled";
}

static void set_repository_defaults(struct rc_config *config)
{
	for (size_t i = 0; i < config->n_repositories; i++) {
		struct rc_config_repository *repository = &config->repositories[i];

		if (repository->interval_ms == 0)
			repository->interval_ms = 3 * 60 * 1000;
		if (repository->timeout_ms == 0)
			repository->timeout_ms = 2 * 60 * 1000;
	}
}

int rc_config_load(const char *path, struct rc_config **ret_config, struct rc_buf *messages)
{
	rc_cleanup(rc_config_freep) struct rc_config *config = rc_new0(struct rc_config);
	int r, dropped;

	config->arena = rc_arena_new(0);
	set_defaults(config);
	r = read_one(config, path, messages);
	dropped = read_drop_ins(config, path, messages);
	if (r == 0)
		r = dropped;
	/* Names across files: only when every file could be read. */
	if (r == 0)
		r = check_clusters(config, messages);
	if (r == 0)
		r = check_repositories(config, messages);
	if (r == 0)
		r = check_applications(config, messages);
	if (r == 0)
		r = config_terraform_check(config, messages);
	if (r < 0)
		return r;
	set_repository_defaults(config);
	config_terraform_set_defaults(config);
	*ret_config = rc_steal(&config);
	return 0;
}
