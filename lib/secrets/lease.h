/*
 * What is remembered of dynamic credentials, and what is to be done about them. Pure: no clock, no
 * Vault.
 *
 * An ExternalSecret has at most two generations of them alive: the current one, which is in its
 * Secret, and either the old one, which pods may still use, or the next one, which was minted and
 * not yet written. New ones are minted at 60 to 70 % of the life of those before, when these cannot
 * be renewed, or as soon as a renewal comes back short, and earlier where rollouts take long; never
 * while a third would come to be, unless the current ones are about to end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct rc_secrets_lease {
	const char *source;   /* what was read: "SecretStore/vault database/creds/app" */
	const char *id;	      /* "": a static role, whose password changes by itself */
	const char *accessor; /* of the token it lives under; all three are the record's */
	int64_t began_unix_s, duration_s; /* issued or renewed, and for how long */
	int64_t asked_s;		  /* the duration it was issued with */
	int64_t token_end_unix_s;	  /* when its token ends; 0: it is kept alive */
	int64_t token_seen_unix_s;	  /* since when that is known */
	bool renewable, is_last;	  /* is_last: a renewal came back short, or was refused */
	bool is_left;			  /* it may not be revoked: it ends by itself */
	int64_t not_before_unix_s;	  /* what failed is tried again then; not remembered */
};

enum rc_secrets_lease_which {
	RC_SECRETS_LEASE_CURRENT,
	RC_SECRETS_LEASE_NEXT,
	RC_SECRETS_LEASE_OLD,
	RC_SECRETS_LEASE_GENERATIONS,
};

struct rc_secrets_lease_generation {
	struct rc_secrets_lease *leases;
	size_t n;
	int64_t minted_unix_s;
	char *hash; /* of the Secret that holds them; NULL: not known yet */
};

struct rc_secrets_lease_record {
	struct rc_secrets_lease_generation generations[RC_SECRETS_LEASE_GENERATIONS];
	int64_t intent_unix_s;	      /* being minted since; 0: not */
	int64_t unknown_until_unix_s; /* until then one may live that we do not know of */
	int64_t written_unix_s;	      /* when the current ones were put into the Secret */
	int64_t rollout_s; /* how long it took the last time until no pod had those before */
};

void rc_secrets_lease_record_done(struct rc_secrets_lease_record *record);
/* NULL: nothing is remembered. What was being minted when it was written may have been. */
void rc_secrets_lease_record_load(struct rc_secrets_lease_record *record, const json_t *document);
/* NULL when there is nothing to remember; the caller's. Holds no secret. */
json_t *rc_secrets_lease_record_save(const struct rc_secrets_lease_record *record);

/* Add a lease to a generation; texts are copied. */
void rc_secrets_lease_add(struct rc_secrets_lease_record *record, enum rc_secrets_lease_which which,
			  const struct rc_secrets_lease *lease);
/*
 * The Secret was written: the next ones are current, those before are old. used: the sources
 * ({source: anything}) that the Secret still holds from before; their leases stay.
 */
void rc_secrets_lease_promote(struct rc_secrets_lease_record *record, const json_t *used,
			      const char *hash, int64_t now_unix_s);
/* Forget a lease: it was revoked or has ended. */
void rc_secrets_lease_drop(struct rc_secrets_lease_record *record,
			   enum rc_secrets_lease_which which, size_t i);
/* Forget all that has ended by itself; returns whether there was any. */
bool rc_secrets_lease_expire(struct rc_secrets_lease_record *record, int64_t now_unix_s);
/* A mint failed in a way that leaves open whether there was one. */
void rc_secrets_lease_note_unknown(struct rc_secrets_lease_record *record, int64_t now_unix_s);

/* When a lease ends, by itself or with its token. */
int64_t rc_secrets_lease_get_end(const struct rc_secrets_lease *lease);
/* When something has to be done for it. */
int64_t rc_secrets_lease_get_due(const struct rc_secrets_lease *lease);
/* The first end among the current ones; 0: there are none. */
int64_t rc_secrets_lease_get_soonest_end(const struct rc_secrets_lease_record *record);
/* How many users of databases and the like live for it now. */
size_t rc_secrets_lease_count(const struct rc_secrets_lease_record *record);
/* The current lease of what was read, or NULL. */
const struct rc_secrets_lease *rc_secrets_lease_find(const struct rc_secrets_lease_record *record,
						     const char *source);

struct rc_secrets_lease_facts {
	int64_t now_unix_s;
	bool is_settled; /* nobody uses the old ones any more */
	bool is_wanted;	 /* new ones were asked for */
	bool keeps_next; /* what the next ones are is still known: they will be written */
};

enum rc_secrets_lease_action {
	RC_SECRETS_LEASE_WAIT, /* until at_unix_s; INT64_MAX: for ever */
	RC_SECRETS_LEASE_RENEW,
	RC_SECRETS_LEASE_REVOKE,
	RC_SECRETS_LEASE_ROTATE,
};

struct rc_secrets_lease_decision {
	enum rc_secrets_lease_action action;
	enum rc_secrets_lease_which which; /* of RENEW and REVOKE, with i */
	size_t i;
	int64_t at_unix_s;
};

/* After rc_secrets_lease_expire(). */
struct rc_secrets_lease_decision
rc_secrets_lease_decide(const struct rc_secrets_lease_record *record,
			const struct rc_secrets_lease_facts *facts);
