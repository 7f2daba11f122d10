/*
 * Workloads that ask, by annotations of Reloader, to be rolled when ConfigMaps and Secrets change,
 * whoever writes these.
 *
 * What each workload follows, with a keyed hash of its content, is remembered when it is first
 * seen; a workload is rolled when a content differs from what is remembered, and that is remembered
 * once it was done. So a change while we were away is seen, and nothing is rolled for a restart of
 * ours, a second watch, or an object that comes to be. Secrets that we write ourselves are left to
 * restart.h.
 */
#pragma once

#include <stdbool.h>

struct rc_secrets_manager;
struct secrets_follow;

struct secrets_follow *rc_secrets_follow_new(struct rc_secrets_manager *manager);
void rc_secrets_follow_free(struct secrets_follow *follow); /* NULL is fine */
/* Discovery learnt something: kinds may be there now. */
void rc_secrets_follow_on_discovery(struct secrets_follow *follow);
/* Some workload asks: contents are wanted whatever kinds the cluster has. */
bool rc_secrets_follow_is_asked(const struct secrets_follow *follow);
/* A Secret or ConfigMap of a namespace changed; NULL: any may have. */
void rc_secrets_follow_note(struct secrets_follow *follow, const char *name_space);
