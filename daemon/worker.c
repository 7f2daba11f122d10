/* Roles. */
#include "worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/file.h"
#include "base/memory.h"
#include "git/mirror.h"
#include "gitops/fetch.h"
#include "gitops/script.h"
#include "gitops/source-cache.h"
#include "gitops/source.h"
#include "terraform/worker.h"
#include "validate/worker.h"

#define GIT_WORKERS	   4
#define GIT_JOBS	   200 /* then a new one: libgit2 keeps what it saw */
#define RENDER_WORKERS	   2
#define RENDER_JOBS	   500
#define RENDER_CACHE_BYTES ((size_t)48 << 20) /* of charts kept for the next request */
#define RENDER_REPLY_BYTES ((size_t)128 << 20)
#define PLAN_JOBS	   50	/* a large plan leaves a large heap */
#define PLAN_MEMORY_MIB	   2048 /* of a plan's JSON, which has its own limit, as a tree */
#define READABLE_MAX	   2
#define SCRIPT_WORKERS	   1
#define SCRIPT_JOBS	   2000
#define SCRIPT_REPLY_BYTES ((size_t)4 << 20)
#define VALIDATE_WORKERS   2
#define VALIDATE_JOBS	   200
#define SELF		   "/proc/self/exe"

/* What a child needs of the environment, and nothing else: no credentials of main's. */
static const char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8",
					  "HOME=/nonexistent", NULL};

/*
 * Ourselves, also when the file is replaced by an upgrade later; but by name where what runs at the
 * start is not our file but something that runs it, as valgrind does.
 */
static const char *own_program(void)
{
	static const char *program;
	const char *name = program_invocation_name;
	struct stat self, named;

	if (program)
		return program;
	program = SELF;
	if (strchr(name, '/') && stat(SELF, &self) == 0 && stat(name, &named) == 0 &&
	    (self.st_dev != named.st_dev || self.st_ino != named.st_ino))
		program = name;
	return program;
}

struct rc_worker_pool *daemon_worker_new_git_pool(struct ev_loop *loop)
{
	const char *const argv[] = {own_program(), "--worker=git", NULL};
	const char *path = getenv("PATH");
	rc_autofree char *own_path = rc_asprintf("PATH=%s", path ? path : "/usr/bin:/bin");
	const char *const env[] = {own_path, "LANG=C.UTF-8", "HOME=/nonexistent", NULL};
	struct rc_worker_options options = {
		.argv = argv, .env = env, .max_workers = GIT_WORKERS, .max_jobs = GIT_JOBS};

	return rc_worker_pool_new(loop, &options);
}

struct rc_worker_pool *daemon_worker_new_render_pool(struct ev_loop *loop,
						     const struct rc_config *config)
{
	rc_autofree char *memory =
		rc_asprintf("--memory-mib=%lld", (long long)config->render.memory_mib);
	rc_autofree char *mirrors = rc_asprintf("--readable=%s", config->cache_directory);
	const char *const argv[] = {own_program(), "--worker=render", memory, mirrors, NULL};
	struct rc_worker_options options = {.argv = argv,
					    .env = environment,
					    .max_workers = RENDER_WORKERS,
					    .max_jobs = RENDER_JOBS,
					    .max_reply_bytes = RENDER_REPLY_BYTES,
					    .memory_mib = (unsigned int)config->render.memory_mib,
					    .limits = "render.timeout and render.memory"};

	return rc_worker_pool_new(loop, &options);
}

struct rc_worker_pool *daemon_worker_new_script_pool(struct ev_loop *loop)
{
	const char *const argv[] = {own_program(), "--worker=script", NULL};
	struct rc_worker_options options = {.argv = argv,
					    .env = environment,
					    .max_workers = SCRIPT_WORKERS,
					    .max_jobs = SCRIPT_JOBS,
					    .max_reply_bytes = SCRIPT_REPLY_BYTES};

	return rc_worker_pool_new(loop, &options);
}

/* What this process has of data already; the limit is beside it. */
static size_t get_data_bytes(void)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(4096);
	unsigned long pages = 0;

	if (rc_file_read("/proc/self/statm", &text, NULL) == 0 &&
	    sscanf(rc_buf_text(&text), "%*u %*u %*u %*u %*u %lu", &pages) == 1)
		return pages * (size_t)sysconf(_SC_PAGESIZE);
	return 0;
}

static int serve_script(void)
{
	static const char *const readable[] = {NULL};
	struct rc_confine_options options = {
		.memory_bytes = get_data_bytes() + ((size_t)RC_SCRIPT_MEMORY_MIB << 20),
		.readable = readable,
	};
	struct rc_error *err = NULL;

	if (rc_confine_process(&options, &err) < 0) {
		rc_autofree char *text = rc_error_format(err);

		fprintf(stderr, "reconciled: script worker: %s\n", text);
		return 1;
	}
	return rc_worker_serve(RC_WORKER_FD, rc_script_handle, NULL) < 0;
}

struct rc_worker_pool *daemon_worker_new_plan_pool(struct ev_loop *loop,
						   const struct rc_config *config)
{
	rc_autofree char *memory = rc_asprintf("--memory-mib=%d", PLAN_MEMORY_MIB);
	rc_autofree char *mirrors = rc_asprintf("--readable=%s", config->cache_directory);
	rc_autofree char *runs = rc_asprintf("--readable=%s", config->state_directory);
	const char *const argv[] = {own_program(), "--worker=plan", memory, mirrors, runs, NULL};
	struct rc_worker_options options = {.argv = argv,
					    .env = environment,
					    .max_workers = 1,
					    .max_jobs = PLAN_JOBS,
					    .memory_mib = PLAN_MEMORY_MIB};

	return rc_worker_pool_new(loop, &options);
}

struct rc_worker_pool *daemon_worker_new_validate_pool(struct ev_loop *loop)
{
	const char *const argv[] = {own_program(), "--worker=validate", NULL};
	struct rc_worker_options options = {.argv = argv,
					    .env = environment,
					    .max_workers = VALIDATE_WORKERS,
					    .max_jobs = VALIDATE_JOBS};

	return rc_worker_pool_new(loop, &options);
}

/* Keep to what the arguments allow. */
static int confine(int argc, char **argv)
{
	const char *readable[READABLE_MAX + 1] = {NULL};
	struct rc_confine_options options = {.readable = NULL};
	struct rc_error *err = NULL;
	size_t n = 0;

	for (int i = 2; i < argc; i++) {
		if (strncmp(argv[i], "--memory-mib=", 13) == 0)
			options.memory_bytes = strtoul(argv[i] + 13, NULL, 10) << 20;
		else if (strncmp(argv[i], "--readable=", 11) == 0 && n < READABLE_MAX)
			readable[n++] = argv[i] + 11;
	}
	if (n > 0)
		options.readable = readable;
	rc_git_mirror_init();
	if (rc_confine_process(&options, &err) < 0) {
		rc_autofree char *text = rc_error_format(err);

		fprintf(stderr, "reconciled: %s: %s\n", argv[1], text);
		return -1;
	}
	return 0;
}

static int serve_render(int argc, char **argv)
{
	rc_cleanup(rc_source_cache_freep) struct rc_source_cache *cache =
		rc_source_cache_new(RENDER_CACHE_BYTES);

	return confine(argc, argv) < 0 ||
	       rc_worker_serve_text(RC_WORKER_FD, rc_source_handle, cache) < 0;
}

static int serve_plan(int argc, char **argv)
{
	return confine(argc, argv) < 0 ||
	       rc_worker_serve(RC_WORKER_FD, rc_terraform_worker_handle, NULL) < 0;
}

int daemon_worker_main(int argc, char **argv)
{
	if (strcmp(argv[1], "--worker=git") == 0) {
		rc_git_mirror_init();
		return rc_worker_serve(RC_WORKER_FD, rc_fetch_handle, NULL) < 0;
	}
	if (strcmp(argv[1], "--worker=render") == 0)
		return serve_render(argc, argv);
	if (strcmp(argv[1], "--worker=plan") == 0)
		return serve_plan(argc, argv);
	if (strcmp(argv[1], "--worker=validate") == 0)
		return rc_worker_serve(RC_WORKER_FD, rc_validate_worker_handle, NULL) < 0;
	if (strcmp(argv[1], "--worker=script") == 0)
		return serve_script();
	fprintf(stderr, "reconciled: there is no role %s\n", argv[1]);
	return 64;
}
