/*
 * What changes, told as it happens: GET /v1/changes is a stream of server-sent events (HTML,
 * "9.2").
 *
 * Each names its kind and carries what is to be shown: "app" with its summary, "stack",
 * "repository" and "secret" with a name. Changes of one thing within a twentieth of a second are
 * one event. A reader that comes back with the id of its last event gets what it missed; where that
 * is not known any more, and at the beginning, "reset" says that everything may be different.
 */
#pragma once

#include "daemon.h"

struct daemon_changes;

struct daemon_changes *daemon_changes_new(struct rc_daemon *daemon);
void daemon_changes_free(struct daemon_changes *changes);
/* kind is one of those above, and static; name is copied. */
void daemon_changes_tell(struct daemon_changes *changes, const char *kind, const char *name);
/* End the streams of clients over TLS: who they are is about to be read anew. */
void daemon_changes_end_remote(struct daemon_changes *changes);
