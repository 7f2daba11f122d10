/*
 * One repository as the reconciler sees it: which commit each wanted revision names now. It is of
 * Git, or of charts (Helm, OCI), where a revision is "CHART@RANGE" and a commit
 * "VERSION@sha256:DIGEST" of an archive in the cache.
 *
 * A poll is one job of the git worker. All applications of a repository share it. What was learnt
 * stays in force while the remote is away, also over a restart; the state says since when and why.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <ev.h>
#include <jansson.h>

#include "base/error.h"
#include "base/worker.h"
#include "store/store.h"

struct rc_repository;

/* All borrowed for as long as the repository lives, except the texts, which are copied. */
struct rc_repository_options {
	const char *name, *url;
	const char *type;   /* "git", "helm", "oci"; NULL: "git" */
	const char *mirror; /* path of the bare copy; of charts: the folder of archives */
	uint64_t interval_ms, timeout_ms;
	struct ev_loop *loop;
	struct rc_worker_pool *pool;
	struct rc_store *store; /* may be NULL */
	/* The "auth" of git/worker.h or registry/worker.h for the poll that begins now, the
	 * callee's to give away; asked each time, as credentials rotate. May be NULL; may return
	 * NULL with *err set. */
	json_t *(*get_auth)(void *auth_userdata, struct rc_error **err);
	void *auth_userdata;
	/* A poll ended and a commit, or whether the remote answers, is another than before. */
	void (*changed)(void *userdata, struct rc_repository *repository);
	void *userdata;
};

struct rc_repository *rc_repository_new(const struct rc_repository_options *options);
void rc_repository_free(struct rc_repository *repository);
RC_DEFINE_FREEP(struct rc_repository, rc_repository_free)

/* The type of a repository that only a source tells of; NULL: it needs somebody to list it. */
const char *rc_repository_guess_type(const char *url, const char *chart);

const char *rc_repository_get_name(const struct rc_repository *repository);
const char *rc_repository_get_url(const struct rc_repository *repository);
const char *rc_repository_get_type(const struct rc_repository *repository);
const char *rc_repository_get_mirror(const struct rc_repository *repository);
/* Both URLs name the same repository: ".git", a slash at the end, the user, the scheme and, but for
 * local paths, upper and lower case play no part. */
bool rc_repository_is_at(const struct rc_repository *repository, const char *url);
/*
 * How well the repository serves a source with this URL and chart (NULL: it names none): 0 not at
 * all, more is better. A registry serves what lies below it, with and without the scheme.
 */
size_t rc_repository_serves(const struct rc_repository *repository, const char *url,
			    const char *chart);
/* The revision to want for such a source; the caller's. */
char *rc_repository_make_revision(const struct rc_repository *repository, const char *url,
				  const char *chart, const char *target);
/* The archive of a commit of charts; the caller's. NULL: it is a commit of Git. */
char *rc_repository_make_archive_path(const struct rc_repository *repository, const char *commit);

/* Follow a revision ("": HEAD) from now on; each want has its unwant. A new one is polled at once.
 */
void rc_repository_want(struct rc_repository *repository, const char *revision);
void rc_repository_unwant(struct rc_repository *repository, const char *revision);
/* The commit a wanted revision names, borrowed until the next poll. -EAGAIN: not polled yet, or the
 * remote could never be asked (the chain says why); -ENOENT: there is no such revision. */
int rc_repository_resolve(const struct rc_repository *repository, const char *revision,
			  const char **ret_commit, struct rc_error **err);
/* Poll now; joins one under way by polling once more after it. */
void rc_repository_poll(struct rc_repository *repository);
/* A poll is under way or due at once. */
bool rc_repository_is_polling(const struct rc_repository *repository);
/* Why the last poll failed and since when (unix seconds); NULL when it did not. Borrowed. */
const struct rc_error *rc_repository_get_error(const struct rc_repository *repository,
					       int64_t *ret_since_unix_s);

/* The ACCESS of registry/worker.h, credentials and all; the caller's. NULL with *err set. */
json_t *rc_repository_make_access(const struct rc_repository *repository, struct rc_error **err);

uint64_t rc_repository_get_timeout_ms(const struct rc_repository *repository);

/* {name, type, url, state, polledAt, since?, reason?, refs: {revision: commit}}; the caller's. */
json_t *rc_repository_describe(const struct rc_repository *repository);

/* Counters for metrics. */
struct rc_repository_counts {
	uint64_t polls, failures;
	double seconds;
};
void rc_repository_get_counts(const struct rc_repository *repository,
			      struct rc_repository_counts *ret_counts);
