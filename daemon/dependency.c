/*
 * Dependencies of a chart in a folder of this machine, by the words of `helm dependency`. Nobody's
 * repositories are configured, but those of a file that --config names.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "daemon.h"
#include "data/json.h"
#include "helm/directory.h"
#include "registry/build.h"
#include "registry/cache.h"
#include "registry/lock.h"
#include "registry/worker.h"
#include "worker.h"

#define TIMEOUT_MS ((uint64_t)10 * 60 * 1000)

struct flags {
	const char *chart, *config;
	struct rc_registry_access access; /* of registries that are not configured */
	bool is_update;
};

struct run {
	const struct flags *flags;
	struct rc_arena *arena;
	struct rc_helm_files files;
	struct rc_helm_warnings warnings;
	struct rc_config *config; /* or NULL */
	json_t *auths;		  /* kept for as long as their texts are used */
	struct rc_registry_build_repository *repositories;
	size_t n_repositories;
	char *cache;
	struct rc_registry_built built;
};

/* ---- the command line ---- */

static int take_flag(int argc, char **argv, int *i, struct flags *flags)
{
	struct rc_registry_access *access = &flags->access;
	bool ignored = false;
	const struct {
		const char *name;
		const char **text;
		bool *truth;
	} all[] = {
		{"--config", &flags->config, NULL},
		{"--username", &access->username, NULL},
		{"--password", &access->password, NULL},
		{"--ca-file", &access->ca, NULL},
		{"--cert-file", &access->certificate, NULL},
		{"--key-file", &access->key, NULL},
		{"--insecure-skip-tls-verify", NULL, &access->insecure},
		{"--plain-http", NULL, &access->plain_http},
		{"--skip-refresh", NULL, &ignored}, /* every index is read anew */
	};

	for (size_t j = 0; j < RC_ARRAY_SIZE(all); j++) {
		size_t n = strlen(all[j].name);

		if (strncmp(argv[*i], all[j].name, n) != 0 || (argv[*i][n] && argv[*i][n] != '='))
			continue;
		if (all[j].truth)
			*all[j].truth = strcmp(argv[*i] + n, "=false") != 0;
		else if (argv[*i][n] == '=')
			*all[j].text = argv[*i] + n + 1;
		else if (*i + 1 < argc)
			*all[j].text = argv[++*i];
		else
			return -EINVAL;
		return 0;
	}
	return -EINVAL;
}

static int parse(int argc, char **argv, struct flags *flags)
{
	flags->is_update = strcmp(argv[0], "update") == 0;
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-' && take_flag(argc, argv, &i, flags) == 0)
			continue;
		if (argv[i][0] == '-' || flags->chart) {
			fprintf(stderr,
				"usage: reconcilectl dependency %s [CHART] [--config FILE] "
				"[--username NAME]\n"
				"       [--password TEXT] [--ca-file FILE] [--cert-file FILE "
				"--key-file FILE]\n"
				"       [--insecure-skip-tls-verify] [--plain-http] "
				"[--skip-refresh]\n",
				argv[0]);
			return -EINVAL;
		}
		flags->chart = argv[i];
	}
	if (!flags->chart)
		flags->chart = ".";
	return 0;
}

/* ---- repositories ---- */

static int load_config(struct run *run, struct rc_error **err)
{
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(1 << 20);
	int r;

	if (!run->flags->config)
		return 0;
	r = rc_config_load(run->flags->config, &run->config, &messages);
	return r < 0 ? rc_fail(err, r, "%s", rc_buf_text(&messages)) : 0;
}

/* Both name the same, with and without a slash at the end. */
static bool is_same_url(const char *a, const char *b)
{
	return rc_str_equal(rc_str_trim(rc_str(a), "/"), rc_str_trim(rc_str(b), "/"));
}

static const struct rc_config_repository *find_configured(const struct run *run, const char *text)
{
	const char *name = *text == '@'				? text + 1
			   : rc_text_has_prefix(text, "alias:") ? text + strlen("alias:")
								: NULL;

	for (size_t i = 0; run->config && i < run->config->n_repositories; i++) {
		const struct rc_config_repository *repository = &run->config->repositories[i];

		if (strcmp(repository->type, "git") != 0 &&
		    (name ? strcmp(repository->name, name) == 0
			  : is_same_url(repository->url, text)))
			return repository;
	}
	return NULL;
}

/* Of registries that nobody configured the flags speak; of an alias that nobody did, nobody. */
static int add_repository(struct run *run, const char *text, struct rc_error **err)
{
	const struct rc_config_repository *configured = find_configured(run, text);
	struct rc_registry_build_repository *repository = &run->repositories[run->n_repositories];
	json_t *auth, *json;

	repository->text = text;
	if (!configured && rc_text_has_prefix(text, "oci://")) {
		repository->type = "oci";
		repository->access = run->flags->access;
		repository->access.url = text;
		run->n_repositories++;
		return 0;
	}
	if (!configured)
		return 0;
	auth = daemon_auth_make(configured, err);
	if (!auth)
		return -EACCES;
	json = json_pack("{s:s, s:s, s:s, s:o}", "type", configured->type, "name", configured->name,
			 "url", configured->url, "auth", auth);
	json_array_append_new(run->auths, json);
	run->n_repositories++;
	return rc_registry_worker_read_access(json, &repository->access, &repository->type, err);
}

static int add_repositories(struct run *run, struct rc_error **err)
{
	json_t *list = json_array(), *text;
	size_t i;
	int r;

	json_array_append_new(run->auths, list);
	r = rc_registry_build_list_repositories(&run->files, list, err);
	run->repositories = rc_arena_alloc(run->arena, (json_array_size(list) + 1) *
							       sizeof(*run->repositories));
	json_array_foreach (list, i, text)
		if (r == 0)
			r = add_repository(run, json_string_value(text), err);
	return r;
}

/* ---- building ---- */

static int on_read_folder(void *userdata, const char *path, struct rc_helm_files *files,
			  struct rc_error **err)
{
	const struct run *run = userdata;
	rc_autofree char *whole =
		*path == '/' ? rc_strdup(path) : rc_path_join(run->flags->chart, path);
	struct rc_helm_warnings warnings = {.arena = files->arena};

	if (access(whole, F_OK) < 0)
		return rc_fail(err, -ENOENT, "directory %s not found", whole);
	return rc_helm_directory_load(whole, files, &warnings, err);
}

static char *find_cache(void)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache && *cache)
		return rc_path_join(cache, "reconciled/charts");
	return rc_path_join(home && *home ? home : "/tmp", ".cache/reconciled/charts");
}

static int build(struct run *run, struct rc_error **err)
{
	struct rc_registry_build_options options = {
		.files = &run->files,
		.read_folder = on_read_folder,
		.read_folder_userdata = run,
		.deadline_ms = rc_clock_monotonic_ms() + TIMEOUT_MS,
		.update = run->flags->is_update,
	};
	struct stat info;
	int r;

	if (stat(run->flags->chart, &info) < 0)
		return rc_fail(err, -errno, "could not find %s: %s", run->flags->chart,
			       strerror(errno));
	if (!S_ISDIR(info.st_mode))
		return rc_fail(err, -EINVAL, "only unpacked charts can be updated");
	r = rc_helm_directory_load(run->flags->chart, &run->files, &run->warnings, err);
	if (r == 0)
		r = load_config(run, err);
	if (r == 0)
		r = add_repositories(run, err);
	if (r < 0)
		return r;
	options.cache = run->cache;
	options.repositories = run->repositories;
	options.n_repositories = run->n_repositories;
	return rc_registry_build(&options, &run->built, err);
}

/* ---- writing ---- */

static int write_archive(const struct run *run, const struct rc_registry_build_archive *archive,
			 struct rc_error **err)
{
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(RC_REGISTRY_ARCHIVE_MAX);
	rc_autofree char *path = rc_path_join(run->flags->chart, archive->path);
	int r = rc_registry_cache_read(run->cache, archive->digest, &bytes, err);

	if (!rc_text_has_prefix(archive->repository, "file://"))
		printf("Downloading %s from repo %s\n", archive->name, archive->repository);
	return r < 0 ? r : rc_file_write_atomic(path, bytes.p, bytes.n, 0644, err);
}

static int write_lock(const struct run *run, struct rc_error **err)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(1 << 20);
	rc_autofree char *path = rc_path_join(run->flags->chart, run->built.lock_file);

	if (run->built.is_lock_current)
		return 0;
	rc_registry_lock_write(run->built.lock, run->built.lock_digest, rc_clock_unix_s(), &text);
	return rc_file_write_atomic(path, rc_buf_text(&text), text.n, 0644, err);
}

static int write_all(const struct run *run, struct rc_error **err)
{
	const struct rc_registry_built *built = &run->built;
	rc_autofree char *folder = rc_path_join(run->flags->chart, "charts");
	int r = rc_file_make_directory(folder, 0755, err);

	printf("Saving %zu charts\n", built->lock->n_dependencies);
	for (size_t i = 0; r == 0 && i < built->n_archives; i++)
		r = write_archive(run, &built->archives[i], err);
	if (r == 0)
		printf("Deleting outdated charts\n");
	for (size_t i = 0; r == 0 && i < built->n_removed; i++) {
		rc_autofree char *path = rc_path_join(run->flags->chart, built->removed[i]);

		if (unlink(path) < 0)
			printf("Could not delete %s: %s (Skipping)", path, strerror(errno));
	}
	return r == 0 ? write_lock(run, err) : r;
}

int daemon_dependency_main(int argc, char **argv)
{
	struct flags flags = {.chart = NULL};
	struct run run = {.flags = &flags};
	struct rc_error *err = NULL;
	int r;

	if (parse(argc, argv, &flags) < 0)
		return 64;
	run.arena = rc_arena_new(0);
	run.files.arena = run.warnings.arena = run.arena;
	run.auths = json_array();
	run.cache = find_cache();
	r = build(&run, &err);
	if (r == 0 && run.built.lock->n_dependencies > 0)
		r = write_all(&run, &err);
	if (r < 0) {
		rc_autofree char *text = rc_error_format(err);

		fprintf(stderr, "Error: %s\n", text);
		if (rc_error_get_hint(err))
			fprintf(stderr, "%s\n", rc_error_get_hint(err));
	}
	rc_error_free(err);
	rc_config_free(run.config);
	json_decref(run.auths);
	free(run.cache);
	rc_arena_free(run.arena);
	return r < 0 ? 1 : 0;
}
