/*
 * ClusterExternalSecrets: one ExternalSecret in each namespace that is selected, owned by it.
 *
 * What is desired and what is there are compared whenever one of them, or a namespace, changes; an
 * ExternalSecret of the name that is not ours is never touched, and told in failedNamespaces. One
 * that is no longer selected, or has another name now, is deleted; the owner reference does so when
 * the ClusterExternalSecret goes.
 */
#pragma once

struct rc_secrets_manager;
struct secrets_fanout;

struct secrets_fanout *rc_secrets_fanout_new(struct rc_secrets_manager *manager);
void rc_secrets_fanout_free(struct secrets_fanout *fanout); /* NULL is fine */
/* A ClusterExternalSecret, an ExternalSecret, a store or a namespace changed. */
void rc_secrets_fanout_note(struct secrets_fanout *fanout);
