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

/* The file's one document: a second would be left unread. */
static int read_document(struct config_reader *reader, struct rc_str text,
			 struct rc_yaml_node **ret_node, struct rc_error **err)
{
	const struct rc_yaml_options options = {.file = reader->file};
	rc_cleanup(rc_yaml_reader_freep) struct rc_yaml_reader *documents =
		rc_yaml_reader_new(text, &options);
	struct rc_yaml_node *second;
	int r = rc_yaml_reader_next(documents, reader->arena, ret_node, err);

	if (r == 0)
		return rc_yaml_parse(reader->arena, text, &options, ret_node, err);
	if (r > 0)
		r = rc_yaml_reader_next(documents, reader->arena, &second, err);
	if (r > 0)
		config_fail(reader, second->line, second->column,
			    "a second document begins here; a file has one: take the '---' out, or "
			    "make it a file of conf.d");
	return r < 0 ? r : 0;
}

static int read_one(struct rc_config *config, const char *path, const char *label,
		    struct rc_buf *messages)
{
	struct config_reader reader = {.arena = config->arena,
				       .file = rc_arena_strdup(config->arena, label ?: path),
				       .messages = messages};
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autobuf struct rc_buf text = RC_BUF_INIT(FILE_MAX_BYTES);
	struct rc_yaml_node *node;
	int r = rc_file_read(path, &text, &err);

	if (r == 0)
		r = read_document(&reader, rc_buf_str(&text), &node, &err);
	if (r < 0) {
		rc_autofree char *chain = rc_error_format(err);

		rc_buf_printf(messages, "%s\n", chain);
		return r;
	}
	if (label)
		config_git_check_keys(&reader, node);
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

/* label: what folder is called in messages; NULL: by its own name. */
static int read_folder(struct rc_config *config, const char *folder, const char *label,
		       struct rc_buf *messages)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_drop_in, by_bytes), r = 0;

	for (int i = 0; i < n; i++) {
		rc_autofree char *file = rc_path_join(folder, entries[i]->d_name);
		rc_autofree char *called =
			label ? rc_asprintf("%s:%s", label, entries[i]->d_name) : NULL;

		if (read_one(config, file, called, messages) < 0)
			r = -EINVAL;
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return r;
}

static int read_drop_ins(struct rc_config *config, const char *path, struct rc_buf *messages)
{
	const char *slash = strrchr(path, '/');
	rc_autofree char *folder =
		rc_asprintf("%.*sconf.d", slash ? (int)(slash + 1 - path) : 0, path);

	return read_folder(config, folder, NULL, messages);
}

unsigned int config_count_sources(const struct rc_config_auth *auth)
{
	return (auth->credential != NULL) + (auth->file != NULL) + (auth->env != NULL);
}

bool config_is_inside(const char *folder, const char *path)
{
	const char *const parts[] = {folder ?: "", path};
	long depth = 0;

	for (size_t i = 0; i < RC_ARRAY_SIZE(parts); i++)
		for (const char *at = parts[i]; *at; at += strspn(at, "/")) {
			size_t n = strcspn(at, "/");

			if (n == 2 && memcmp(at, "..", 2) == 0)
				depth--;
			else if (n > 0 && !(n == 1 && *at == '.'))
				depth++;
			if (depth < 0)
				return false;
			at += n;
		}
	return true;
}

const char *config_find_path_problem(const struct rc_config *config, const char *path)
{
	if (!path || config_is_inside(NULL, path))
		return NULL;
	return rc_arena_printf(config->arena,
			       "path '%s' leads out of the repository; it begins at its root",
			       path);
}

const struct rc_config_repository *config_find_repository(const struct rc_config *config,
							  const char *name)
{
	for (size_t i = 0; i < config->n_repositories; i++)
		if (rc_text_equal(config->repositories[i].name, name))
			return &config->repositories[i];
	return NULL;
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
		if (problem)
			r = rc_config_refuse(messages, cluster->place, "%s", problem);
	}
	return r;
}

static bool has_scheme(const char *url, const char *const *schemes)
{
	for (; *schemes; schemes++)
		if (rc_text_has_prefix(url, *schemes) && url[strlen(*schemes)])
			return true;
	return false;
}

/* "registry.example.com/charts", without a scheme, as Argo CD names a registry. */
static bool is_registry(const char *url)
{
	const char *slash = strchr(url, '/');
	size_t n = slash ? (size_t)(slash - url) : 0;

	return n > 0 && !strstr(url, "://") && !strpbrk(url, "@ ") &&
	       (memchr(url, '.', n) || memchr(url, ':', n));
}

/* What the URL tells of itself; https may be anything, and is of Git unless it is said. */
static const char *guess_type(const char *url)
{
	return rc_text_has_prefix(url, "oci://") ? "oci" : "git";
}

/* What is wrong with the URL for a repository of its type, or NULL. */
static const char *judge_url(const struct rc_config_repository *repository)
{
	static const char *const git[] = {"https://", "http://", "ssh://", "file://", NULL};
	static const char *const helm[] = {"https://", "http://", NULL};
	static const char *const oci[] = {"oci://", NULL};
	const char *url = repository->url;

	if (strcmp(repository->type, "helm") == 0)
		return has_scheme(url, helm) ? NULL : "https:// or http://";
	if (strcmp(repository->type, "oci") == 0)
		return has_scheme(url, oci) || is_registry(url) ? NULL : "oci://";
	/* git@host:path, and a path of this machine. */
	if (has_scheme(url, git) || *url == '/' || (strchr(url, '@') && strchr(url, ':')))
		return NULL;
	return "https://, http://, ssh:// or file://";
}

static int check_repository(const struct rc_config *config,
			    const struct rc_config_repository *repository, struct rc_buf *messages)
{
	const struct rc_config_auth *auth = &repository->auth;
	const char *begins = judge_url(repository), *problem = NULL;
	bool is_git = strcmp(repository->type, "git") == 0;

	if (begins)
		problem = rc_arena_printf(config->arena,
					  "'%s' is no URL of a repository of type %s; it begins "
					  "with %s",
					  repository->url, repository->type, begins);
	else if (config_count_sources(auth) > 1)
		problem = "auth: one of 'credential', 'file' and 'env' is enough";
	else if (!auth->certificate != !auth->key)
		problem = "auth: 'certificate' and 'key' come together";
	else if (is_git && (auth->certificate || repository->insecure || repository->plain_http ||
			    repository->pass_credentials))
		problem = "'certificate', 'insecure', 'plainHttp' and 'passCredentials' are for "
			  "repositories of type helm and oci";
	else if (!is_git && (auth->ssh_key || auth->known_hosts))
		problem = "auth: 'sshKey' and 'knownHosts' are for repositories of type git";
	return problem ? rc_config_refuse(messages, repository->place, "%s", problem) : 0;
}

static int check_repositories(const struct rc_config *config, struct rc_buf *messages)
{
	int r = 0;

	for (size_t i = 0; i < config->n_repositories; i++) {
		struct rc_config_repository *repository = &config->repositories[i];

		if (!repository->type)
			repository->type = guess_type(repository->url);
		if (check_repository(config, repository, messages) < 0)
			r = -EINVAL;
	}
	return r;
}

/* What the unit says with StateDirectory= and the like; one folder, or it is none of ours. */
static const char *find_folder(const char *variable, const char *otherwise)
{
	const char *folder = getenv(variable);

	return folder && *folder == '/' && !strchr(folder, ':') ? folder : otherwise;
}

static void set_defaults(struct rc_config *config)
{
	const char *instance = getenv("RECONCILED_INSTANCE");

	config->instance = instance && *instance ? instance : "reconciled";
	config->unlisted_repositories = true;
	config->sync.wave_timeout_ms = 10 * 60 * 1000;
	config->sync.prune_budget = 50;
	config->render.timeout_ms = 10 * 1000;
	config->render.memory_mib = 256;
	config->api.socket = rc_arena_printf(config->arena, "%s/control.sock",
					     find_folder("RUNTIME_DIRECTORY", "/run/reconciled"));
	config->log.level = "info";
	config->log.format = "auto";
	config->state_directory = find_folder("STATE_DIRECTORY", "/var/lib/reconciled");
	config->cache_directory = find_folder("CACHE_DIRECTORY", "/var/cache/reconciled");
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

static int check(struct rc_config *config, struct rc_buf *messages)
{
	static int (*const checks[])(const struct rc_config *config, struct rc_buf *messages) = {
		check_clusters,		 config_applications_check,  config_terraform_check,
		config_validation_check, config_notifications_check, config_webhooks_check,
		config_api_check,
	};
	int r = check_repositories(config, messages);

	if (r == 0)
		r = config_commits_check(config, messages);
	for (size_t i = 0; r == 0 && i < RC_ARRAY_SIZE(checks); i++)
		r = checks[i](config, messages);
	return r;
}

/* folder and label NULL: what is in force. */
static int load(const char *path, const char *folder, const char *label,
		struct rc_config **ret_config, struct rc_buf *messages)
{
	rc_cleanup(rc_config_freep) struct rc_config *config = rc_new0(struct rc_config);
	rc_autofree char *kept = NULL, *called = NULL;
	int r, dropped;

	config->arena = rc_arena_new(0);
	set_defaults(config);
	r = read_one(config, path, NULL, messages);
	dropped = read_drop_ins(config, path, messages);
	if (r == 0)
		r = dropped;
	if (r == 0 && !folder)
		folder = kept = config_git_find_kept(config, &called);
	if (r == 0 && folder)
		r = read_folder(config, folder, label ?: called, messages);
	/* Names across files: only when every file could be read. */
	if (r == 0)
		r = config_git_check(config, messages);
	if (r == 0)
		r = check(config, messages);
	if (r < 0)
		return r;
	set_repository_defaults(config);
	config_terraform_set_defaults(config);
	config_validation_set_defaults(config);
	*ret_config = rc_steal(&config);
	return 0;
}

int rc_config_load(const char *path, struct rc_config **ret_config, struct rc_buf *messages)
{
	return load(path, NULL, NULL, ret_config, messages);
}

int rc_config_load_with(const char *path, const char *folder, const char *label,
			struct rc_config **ret_config, struct rc_buf *messages)
{
	return load(path, folder, label, ret_config, messages);
}
