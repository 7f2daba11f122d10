/* Logs of pods that somebody reads through the API; see api/logs.c. */
#pragma once

struct daemon_logs;

struct daemon_logs *daemon_logs_new(void);
/* When nobody reads any more. */
void daemon_logs_free(struct daemon_logs *logs);
/* End all: applications and clusters are about to go. */
void daemon_logs_end(struct daemon_logs *logs);
