/*
 * PushSecrets: Secrets of the cluster, or what a generator makes, written into stores.
 *
 * A PushSecret is pushed when External Secrets would do it (its interval is over, its spec, labels
 * or annotations are others), and also as soon as what its Secrets hold is another. One whose
 * deletionPolicy is Delete takes away again what it no longer pushes, and all of it when it is
 * deleted; until then its finalizer stays. Only one entry at a time is written for each.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

struct rc_secrets_manager;
struct rc_kube_key;
struct secrets_pushes;

struct secrets_pushes *rc_secrets_push_new(struct rc_secrets_manager *manager);
void rc_secrets_push_free(struct secrets_pushes *pushes);

/* A PushSecret came or changed, or went. */
void rc_secrets_push_update(struct secrets_pushes *pushes, const struct rc_kube_key *key,
			    bool is_gone);
/* A Secret (name NULL: any) of a namespace is another; name_space NULL: all is known now. */
void rc_secrets_push_note(struct secrets_pushes *pushes, const char *name_space, const char *name);
/* A store is another, or its server is back: what failed is tried again. */
void rc_secrets_push_wake(struct secrets_pushes *pushes);
void rc_secrets_push_write_samples(const struct secrets_pushes *pushes, const char *metric,
				   struct rc_buf *out);
