/*
 * Which workloads are rolled when a Secret changes, by Reloader's annotations.
 *
 * A workload that says nothing is rolled when its pods use the Secret. One that names what it
 * follows (a list, or search) is rolled for that alone.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

/*
 * secret_notes: the annotations of the Secret, or NULL. In order: the Secret's ignore, the
 * workload's "false", its exclusions, its list of names (each a whole regular expression; it need
 * not use what it names), search and match, auto, and use. A workload's annotations are those of
 * its own, or, when none of these is there, of its pod template.
 */
bool rc_secrets_reload_wants(const json_t *workload, const char *secret,
			     const json_t *secret_notes);
