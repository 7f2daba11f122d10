/* What the files of the engine share. */
#pragma once

#include "base/log.h"
#include "gitops/engine.h"

struct engine_entry {
	struct rc_app *app;
	char *origin;
	bool is_seen;
	bool is_live; /* an object of a cluster, which outlives its resources */
	bool is_gone; /* deleted, and about to be freed */
};

struct rc_engine {
	struct rc_engine_options options;
	struct rc_log log;
	struct rc_judge *judge;
	struct rc_projects *projects;
	struct engine_entry *entries; /* in the order of the applications' names */
	size_t n_entries;
	struct rc_app **apps; /* the same, NULL-terminated */
	struct rc_repository **repositories;
	struct rc_destination **destinations;
	size_t n_repositories, n_destinations, n_unlisted;
	ev_timer reap; /* frees what is gone */
};

/* ---- engine-apps.c ---- */

/* The list that rc_engine_list_apps() gives. */
void rc_engine_relist(struct rc_engine *engine);
void rc_engine_apps_init(struct rc_engine *engine);
void rc_engine_apps_done(struct rc_engine *engine);
