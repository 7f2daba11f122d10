/* What the files of a repository share. */
#pragma once

#include "base/log.h"
#include "gitops/repository.h"

struct repository_revision {
	char *name;
	char *commit; /* NULL: not known */
	struct rc_error *err;
	unsigned int users;
};

struct rc_repository {
	struct rc_repository_options options;
	const struct repository_kind *kind;
	char *name, *url, *mirror;
	char *token; /* of the list of charts that the last answer came from, or NULL */
	struct rc_log log;
	struct repository_revision *revisions;
	size_t n_revisions;
	ev_timer timer;
	struct rc_worker_job *job;
	bool again; /* poll once more after the one under way */
	struct rc_error *err;
	int64_t since_unix_s, polled_unix_s;
	uint64_t begun_ms;
	unsigned int attempts;
	struct rc_repository_counts counts;
};

/* What differs between repositories of Git and of charts. */
struct repository_kind {
	const char *type;
	/* Mandatory: what is polled, for the request. NULL with *err set. */
	json_t *(*make_request)(struct rc_repository *repository, json_t *refs,
				struct rc_error **err);
	/* Mandatory: see rc_repository_serves(). */
	size_t (*serves)(const struct rc_repository *repository, const char *url,
			 const char *chart);
};

/* By its type; NULL: of Git. */
const struct repository_kind *rc_repository_find_kind(const char *type);
