/*
 * What became of a commit, told to its forge: pending while an application is brought to it, then
 * success or failure; after success nothing more about the same commit. Sent by the queue of
 * notifications, which keeps it through a crash and tries again.
 */
#pragma once

#include "notices.h"
#include "notify/sink.h"

/* How many of the configuration's repositories have a forge that is told. */
size_t daemon_commits_count(const struct rc_config *config);
/* Sink number i of those, i below daemon_commits_count(). Its secret and its CA, in authority, are
 * the caller's to free; so is its list of events. */
void daemon_commits_make_sink(const struct rc_config *config, size_t i, struct rc_buf *authority,
			      struct rc_notify_sink *sink);
/* A commit of the configuration came into force (error NULL), or was refused. */
void daemon_commits_on_configuration(struct daemon_notices *notices, const char *repository,
				     const char *commit, const char *error);
/* Something of app changed. */
void daemon_commits_on_app(struct daemon_notices *notices, const struct rc_app *app,
			   const struct rc_app_counts *counts);
