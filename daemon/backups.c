/* Back-ups in their places. */
#include "backups.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <utlist.h>

#include "base/file.h"
#include "base/memory.h"
#include "bucket.h"
#include "terraform/backup.h"

/* A run that waits for its copy, or somebody who asked. */
struct job {
	struct job *prev, *next;
	struct daemon_backups *backups;
	struct daemon_bucket_call *call;
	struct rc_terraform_run *run; /* NULL: somebody asked */
	json_t *items;
	char *path; /* where what is fetched goes */
	daemon_backups_done_fn *done;
	void *userdata;
};

struct daemon_backups {
	struct rc_daemon *daemon;
	struct daemon_bucket *bucket; /* NULL: none is configured */
	struct job *jobs;
};

static char *get_folder(const struct daemon_backups *backups, const char *stack, const char *what)
{
	return rc_asprintf("%s/terraform/%s/%s", backups->daemon->config->state_directory, stack,
			   what);
}

static struct job *make_job(struct daemon_backups *backups)
{
	struct job *job = rc_new0(struct job);

	job->backups = backups;
	DL_APPEND(backups->jobs, job);
	return job;
}

static void free_job(struct job *job)
{
	DL_DELETE(job->backups->jobs, job);
	json_decref(job->items);
	free(job->path);
	free(job);
}

/* err is taken over. */
static void end(struct job *job, int r, struct rc_error *err)
{
	if (job->run)
		rc_terraform_run_copied(job->run, r, err);
	else
		job->done(job->userdata, r, rc_steal(&job->items), err);
	free_job(job);
}

/* ---- copying ---- */

static void on_copied(void *userdata, int r, struct rc_str body, const json_t *items,
		      struct rc_error *err)
{
	struct job *job = userdata;

	(void)body;
	(void)items;
	job->call = NULL;
	end(job, r, err);
}

bool daemon_backups_copy(struct daemon_backups *backups, struct rc_terraform_run *run,
			 const char *name)
{
	const char *stack = rc_terraform_run_get_stack(run)->name;
	rc_autofree char *folder = get_folder(backups, stack, "backups");
	rc_autofree char *path = rc_path_join(folder, name);
	struct job *job;

	if (!backups->bucket)
		return false;
	job = make_job(backups);
	job->run = run;
	job->call = daemon_bucket_put(backups->bucket, stack, path, on_copied, job);
	return true;
}

void daemon_backups_leave(struct daemon_backups *backups, const struct rc_terraform_run *run)
{
	struct job *job, *next;

	DL_FOREACH_SAFE (backups->jobs, job, next) {
		if (job->run != run)
			continue;
		daemon_bucket_cancel(job->call);
		free_job(job);
	}
}

/* ---- listing ---- */

/* Those of a folder behind those that are there; a folder that is none has none. */
static void add_folder(json_t *items, const char *folder, const char *place)
{
	json_auto_t *list = NULL;
	json_t *item;
	size_t i;

	if (rc_terraform_backup_list(folder, &list, NULL) < 0)
		return;
	json_array_foreach (list, i, item)
		json_object_set_new(item, "place", json_string(place));
	json_array_extend(items, list);
}

static void on_listed(void *userdata, int r, struct rc_str body, const json_t *items,
		      struct rc_error *err)
{
	struct job *job = userdata;

	(void)r;
	(void)body;
	job->call = NULL;
	if (items)
		json_array_extend(job->items, (json_t *)(uintptr_t)items);
	end(job, 0, err);
}

void daemon_backups_list(struct daemon_backups *backups, const char *stack,
			 daemon_backups_done_fn *done, void *userdata)
{
	const char *second = backups->daemon->config->terraform.backups.folder;
	rc_autofree char *folder = get_folder(backups, stack, "backups");
	struct job *job = make_job(backups);

	job->done = done;
	job->userdata = userdata;
	job->items = json_array();
	add_folder(job->items, folder, "here");
	if (second) {
		rc_autofree char *copies = rc_path_join(second, stack);

		add_folder(job->items, copies, "folder");
	}
	if (backups->bucket)
		job->call = daemon_bucket_list(backups->bucket, stack, on_listed, job);
	else
		end(job, 0, NULL);
}

/* ---- fetching ---- */

static bool is_here(const struct daemon_backups *backups, const char *stack, const char *name)
{
	const char *second = backups->daemon->config->terraform.backups.folder;
	rc_autofree char *folder = get_folder(backups, stack, "backups");
	rc_autofree char *path = rc_path_join(folder, name);
	rc_autofree char *copy = second ? rc_asprintf("%s/%s/%s", second, stack, name) : NULL;

	return access(path, F_OK) == 0 || (copy && access(copy, F_OK) == 0);
}

static void on_fetched(void *userdata, int r, struct rc_str body, const json_t *items,
		       struct rc_error *err)
{
	struct job *job = userdata;

	(void)items;
	job->call = NULL;
	/* The run says that there is none. */
	if (r == -ENOENT) {
		rc_error_free(rc_steal(&err));
		r = 0;
	} else if (r == 0) {
		r = rc_file_write_atomic(job->path, body.p, body.n, 0600, &err);
	}
	end(job, r, err);
}

void daemon_backups_fetch(struct daemon_backups *backups, const char *stack, const char *name,
			  daemon_backups_done_fn *done, void *userdata)
{
	rc_autofree char *folder = get_folder(backups, stack, RC_TERRAFORM_BACKUP_FETCHED);
	struct job *job = make_job(backups);
	struct rc_error *err = NULL;
	int r = 0;

	job->done = done;
	job->userdata = userdata;
	if (!backups->bucket || strchr(name, '/') || is_here(backups, stack, name)) {
		end(job, 0, NULL);
		return;
	}
	/* Only what is about to be restored is there. */
	rc_file_remove_tree(folder, NULL);
	r = rc_file_make_directory(folder, 0700, &err);
	if (r < 0) {
		end(job, r, err);
		return;
	}
	job->path = rc_path_join(folder, name);
	job->call = daemon_bucket_get(backups->bucket, stack, name, on_fetched, job);
}

/* ---- life ---- */

void daemon_backups_configure(struct daemon_backups *backups)
{
	backups->bucket =
		daemon_bucket_new(backups->daemon->loop, &backups->daemon->config->terraform);
}

void daemon_backups_unbind(struct daemon_backups *backups)
{
	while (backups->jobs) {
		struct job *job = backups->jobs;
		struct rc_error *err = NULL;

		daemon_bucket_cancel(rc_steal(&job->call));
		rc_fail(&err, -ECANCELED, "the configuration is read anew");
		end(job, -ECANCELED, err);
	}
	daemon_bucket_free(rc_steal(&backups->bucket));
}

struct daemon_backups *daemon_backups_new(struct rc_daemon *daemon)
{
	struct daemon_backups *backups = rc_new0(struct daemon_backups);

	backups->daemon = daemon;
	return backups;
}

void daemon_backups_free(struct daemon_backups *backups)
{
	if (!backups)
		return;
	/* Runs and exchanges are gone already. */
	while (backups->jobs) {
		daemon_bucket_cancel(rc_steal(&backups->jobs->call));
		free_job(backups->jobs);
	}
	daemon_bucket_free(backups->bucket);
	free(backups);
}
