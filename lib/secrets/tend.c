/*
 * Leases of one ExternalSecret: remembered before anything else is done with them, renewed, and
 * revoked when no pod uses them any more. What decides is lease.c.
 */
#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "secrets/manager-private.h"
#include "secrets/roll.h"
#include "secrets/target.h"

#define LOOK_MIN_S  1
#define LOOK_MAX_S  15
#define RETRY_MAX_S 60

/* ---- remembering ---- */

static char *name_of(const struct secrets_entry *entry)
{
	return rc_asprintf("%s/%s", entry->manager->options.name, entry->label);
}

static void add_spec(const struct secrets_entry *entry, json_t *document)
{
	const struct rc_secrets_external *external = entry->external;

	if (external)
		json_object_set_new(document, "spec",
				    json_pack("{s:{s:s, s:s}, s:{s:s}}", "secretStoreRef", "kind",
					      external->store_kind, "name", external->store_name,
					      "target", "name", external->target));
}

static void drop_hold(struct secrets_entry *entry, struct secrets_hold *hold)
{
	DL_DELETE(entry->holds, hold);
	rc_vault_token_drop(hold->token);
	free(hold->lease_id);
	free(hold);
}

static bool is_remembered(const struct secrets_entry *entry, const char *id)
{
	for (size_t which = 0; which < RC_SECRETS_LEASE_GENERATIONS; which++) {
		const struct rc_secrets_lease_generation *generation =
			&entry->record.generations[which];

		for (size_t i = 0; i < generation->n; i++)
			if (strcmp(generation->leases[i].id, id) == 0)
				return true;
	}
	return false;
}

/* Tokens are held for the leases there are. */
static void sync_holds(struct secrets_entry *entry)
{
	struct secrets_hold *hold, *next;

	DL_FOREACH_SAFE (entry->holds, hold, next)
		if (!is_remembered(entry, hold->lease_id))
			drop_hold(entry, hold);
}

int rc_secrets_tend_save(struct secrets_entry *entry, struct rc_error **err)
{
	rc_autofree char *name = name_of(entry);
	json_auto_t *document = rc_secrets_lease_record_save(&entry->record);

	if (document)
		add_spec(entry, document);
	sync_holds(entry);
	return rc_store_put(entry->manager->options.store, "lease", name, document, err);
}

static void save(struct secrets_entry *entry)
{
	struct rc_error *err = NULL;

	if (rc_secrets_tend_save(entry, &err) < 0)
		rc_log_error(&entry->log, LOG_ERR, err, "remembering leases");
	rc_error_free(err);
}

static void add_hold(struct secrets_entry *entry, const char *lease_id,
		     struct rc_vault_token *token)
{
	struct secrets_hold *hold = rc_new0(struct secrets_hold);

	hold->lease_id = rc_strdup(lease_id);
	hold->token = token;
	rc_vault_token_hold(token);
	DL_APPEND(entry->holds, hold);
}

/* After a reload the tokens are still there. */
static void hold_again(struct secrets_entry *entry)
{
	for (size_t which = 0; which < RC_SECRETS_LEASE_GENERATIONS; which++) {
		const struct rc_secrets_lease_generation *generation =
			&entry->record.generations[which];

		for (size_t i = 0; i < generation->n; i++) {
			const struct rc_secrets_lease *lease = &generation->leases[i];
			struct rc_vault_token *token = rc_vault_pool_find_token(
				entry->manager->options.vault, lease->accessor);

			if (token && *lease->id)
				add_hold(entry, lease->id, token);
		}
	}
}

void rc_secrets_tend_load(struct secrets_entry *entry)
{
	rc_autofree char *name = name_of(entry);
	json_auto_t *document = NULL;

	rc_store_get(entry->manager->options.store, "lease", name, &document, NULL);
	rc_secrets_lease_record_load(&entry->record, document);
	hold_again(entry);
	if (document && entry->record.unknown_until_unix_s)
		save(entry);
}

bool rc_secrets_tend_leave(struct secrets_entry *entry)
{
	rc_secrets_lease_promote(&entry->record, NULL, NULL, rc_clock_unix_s());
	json_decref(entry->kept);
	json_decref(entry->kept_next);
	entry->kept = entry->kept_next = NULL;
	entry->is_settled = false;
	entry->look_at_unix_s = 0;
	save(entry);
	return rc_secrets_lease_count(&entry->record) > 0;
}

void rc_secrets_tend_done(struct secrets_entry *entry)
{
	struct rc_secrets_manager *manager = entry->manager;

	rc_secrets_provider_cancel(entry->tending);
	rc_secrets_pods_cancel(entry->looking);
	while (entry->holds) {
		if (manager->is_ending)
			rc_vault_pool_pin(manager->options.vault, entry->holds->token);
		drop_hold(entry, entry->holds);
	}
	rc_secrets_lease_record_done(&entry->record);
	json_decref(entry->kept);
	json_decref(entry->kept_next);
	free(entry->tended_id);
	free(entry->old_pod);
}

bool rc_secrets_tend_is_kept(const struct secrets_entry *entry)
{
	const struct rc_secrets_lease_generation *current =
		&entry->record.generations[RC_SECRETS_LEASE_CURRENT];

	for (size_t i = 0; i < current->n; i++)
		if (!json_object_get(entry->kept, current->leases[i].source))
			return false;
	return true;
}

/* ---- tokens ---- */

/* How long the token lives is remembered, too: after a restart nobody renews it. */
static void save_token(struct rc_secrets_manager *manager, const struct rc_vault_token *token)
{
	const char *accessor = rc_vault_token_get_accessor(token);
	json_auto_t *document =
		json_pack("{s:I}", "end", (json_int_t)rc_vault_token_get_expiry(token));

	if (*accessor)
		rc_store_put(manager->options.store, "token", accessor, document, NULL);
}

void rc_secrets_tend_hold(struct secrets_entry *entry, const char *lease_id,
			  struct rc_vault_token *token)
{
	if (!token || !*lease_id)
		return;
	add_hold(entry, lease_id, token);
	save_token(entry->manager, token);
}

void rc_secrets_tend_note_tokens(struct rc_secrets_manager *manager)
{
	struct secrets_entry *entry, *next;
	struct secrets_hold *hold;

	HASH_ITER (hh, manager->entries, entry, next) {
		if (!entry->holds)
			continue;
		DL_FOREACH (entry->holds, hold)
			save_token(manager, hold->token);
		rc_secrets_queue_wake(entry, 0);
	}
}

/* When a lease's token ends: 0 while we keep it alive. */
static int64_t find_token_end(const struct secrets_entry *entry,
			      const struct rc_secrets_lease *lease)
{
	json_auto_t *document = NULL;
	struct secrets_hold *hold;
	int64_t end;

	DL_FOREACH (entry->holds, hold) {
		if (strcmp(hold->lease_id, lease->id) != 0)
			continue;
		if (rc_vault_token_is_lost(hold->token))
			return lease->token_end_unix_s ? lease->token_end_unix_s
						       : rc_clock_unix_s();
		return rc_vault_token_is_last(hold->token) ? rc_vault_token_get_expiry(hold->token)
							   : 0;
	}
	if (lease->token_end_unix_s)
		return lease->token_end_unix_s;
	rc_store_get(entry->manager->options.store, "token", lease->accessor, &document, NULL);
	end = json_integer_value(json_object_get(document, "end"));
	return end == INT64_MAX ? 0 : end;
}

static void note_token_ends(struct secrets_entry *entry)
{
	for (size_t which = 0; which < RC_SECRETS_LEASE_GENERATIONS; which++) {
		struct rc_secrets_lease_generation *generation = &entry->record.generations[which];

		for (size_t i = 0; i < generation->n; i++) {
			struct rc_secrets_lease *lease = &generation->leases[i];
			int64_t end = *lease->id ? find_token_end(entry, lease) : 0;

			if (end && !lease->token_end_unix_s)
				lease->token_seen_unix_s = rc_clock_unix_s();
			lease->token_end_unix_s = end;
		}
	}
}

/* ---- whether the old ones are still used ---- */

static int64_t look_interval(const struct secrets_entry *entry)
{
	const struct rc_secrets_lease_generation *old =
		&entry->record.generations[RC_SECRETS_LEASE_OLD];
	int64_t s = old->n > 0 ? old->leases[0].asked_s / 20 : LOOK_MAX_S;

	return s < LOOK_MIN_S ? LOOK_MIN_S : s > LOOK_MAX_S ? LOOK_MAX_S : s;
}

static void on_looked(void *userdata, int r, unsigned int n, const char *name, struct rc_error *err)
{
	struct secrets_entry *entry = userdata;

	entry->looking = NULL;
	if (r == 0) {
		if (n == 0 && !entry->is_settled && entry->record.written_unix_s)
			entry->record.rollout_s = rc_clock_unix_s() - entry->record.written_unix_s;
		entry->is_settled = n == 0;
		entry->n_old_pods = n;
		free(entry->old_pod);
		entry->old_pod = rc_strdup(name);
	} else {
		rc_log_error(&entry->log, LOG_DEBUG, err, "looking for pods with old credentials");
	}
	rc_error_free(err);
	entry->look_at_unix_s = entry->is_settled ? 0 : rc_clock_unix_s() + look_interval(entry);
	rc_secrets_queue_wake(entry, 0);
}

static void look(struct secrets_entry *entry)
{
	rc_autofree char *note = rc_secrets_roll_note("Secret", entry->external->target);
	const char *hash = entry->record.generations[RC_SECRETS_LEASE_CURRENT].hash;
	char sealed[RC_SECRETS_SEAL_MAX];
	struct rc_secrets_pods_question question = {
		.name_space = entry->name_space,
		.secret = entry->external->target,
		.written_unix_s = entry->record.written_unix_s,
		.note = note,
		.value = hash ? rc_secrets_seal(entry->manager->seal, hash, sealed) : NULL,
	};

	if (entry->looking || rc_clock_unix_s() < entry->look_at_unix_s)
		return;
	entry->looking = rc_secrets_pods_start(entry->manager->options.cluster,
					       entry->manager->options.discovery, &question,
					       on_looked, entry);
	if (!entry->looking)
		entry->look_at_unix_s = rc_clock_unix_s() + LOOK_MAX_S;
}

/* ---- renewing and revoking ---- */

static struct rc_secrets_lease *find_tended(struct secrets_entry *entry, size_t *ret_i)
{
	struct rc_secrets_lease_generation *generation = &entry->record.generations[entry->tended];

	for (size_t i = 0; i < generation->n; i++) {
		if (strcmp(generation->leases[i].id, entry->tended_id) != 0)
			continue;
		*ret_i = i;
		return &generation->leases[i];
	}
	return NULL;
}

static void try_later(struct rc_secrets_lease *lease)
{
	int64_t now = rc_clock_unix_s(), wait_s = (rc_secrets_lease_get_end(lease) - now) / 10;

	lease->not_before_unix_s = now + (wait_s < 1		 ? 1
					  : wait_s > RETRY_MAX_S ? RETRY_MAX_S
								 : wait_s);
}

static void end_call(struct secrets_entry *entry)
{
	free(rc_steal(&entry->tended_id));
	save(entry);
	rc_secrets_queue_wake(entry, 0);
}

static void on_renewed(void *userdata, int r, const struct rc_secrets_answer *answer,
		       struct rc_error *err)
{
	struct secrets_entry *entry = userdata;
	size_t i;
	struct rc_secrets_lease *lease = find_tended(entry, &i);

	entry->tending = NULL;
	if (lease && r == 0) {
		entry->n_renewals++;
		lease->began_unix_s = rc_clock_unix_s();
		lease->duration_s = answer->lease_duration_s;
		lease->is_last = lease->duration_s < lease->asked_s - lease->asked_s / 10 - 1;
		rc_log_debug(&entry->log, "lease %s renewed for %lld s", lease->id,
			     (long long)lease->duration_s);
	} else if (lease && (r == -EINVAL || r == -EACCES || r == -ENOENT)) {
		lease->is_last = true;
		rc_log_error(&entry->log, LOG_INFO, err, "lease %s cannot be renewed", lease->id);
	} else if (lease) {
		try_later(lease);
		rc_log_error(&entry->log, LOG_DEBUG, err, "renewing lease %s", lease->id);
	}
	rc_error_free(err);
	end_call(entry);
}

static void on_revoked(void *userdata, int r, const struct rc_secrets_answer *answer,
		       struct rc_error *err)
{
	struct secrets_entry *entry = userdata;
	size_t i;
	struct rc_secrets_lease *lease = find_tended(entry, &i);

	(void)answer;
	entry->tending = NULL;
	if (lease && (r == 0 || r == -EINVAL || r == -ENOENT)) {
		entry->n_revocations++;
		rc_log_info(&entry->log, "lease %s is revoked", lease->id);
		rc_secrets_lease_drop(&entry->record, entry->tended, i);
	} else if (lease && r == -EACCES) {
		lease->is_left = true;
		rc_log_error(&entry->log, LOG_NOTICE, err, "lease %s ends by itself", lease->id);
	} else if (lease) {
		try_later(lease);
		rc_log_error(&entry->log, LOG_DEBUG, err, "revoking lease %s", lease->id);
	}
	rc_error_free(err);
	end_call(entry);
}

static struct rc_secrets_client *find_client(const struct secrets_entry *entry, const char *source)
{
	for (size_t i = 0; i < entry->clients.n; i++) {
		const char *name = entry->clients.at[i].name;
		size_t n = strlen(name);

		if (strncmp(source, name, n) == 0 && source[n] == ' ')
			return entry->clients.at[i].client;
	}
	return NULL;
}

/* After a restart the store of a lease was not opened yet: "SecretStore/vault database/...". */
static struct rc_secrets_client *open_client(struct secrets_entry *entry, const char *source)
{
	rc_autofree char *kind = rc_strndup(source, strcspn(source, "/"));
	const char *slash = strchr(source, '/');
	rc_autofree char *name = slash ? rc_strndup(slash + 1, strcspn(slash + 1, " ")) : NULL;
	json_auto_t *store =
		name ? rc_secrets_manager_load_store(entry->manager, entry->name_space, kind, name)
		     : NULL;
	struct secrets_clients *clients = &entry->clients;
	struct rc_secrets_client *client = NULL;
	struct rc_error *err = NULL;

	if (!store)
		return NULL;
	if (rc_secrets_provider_open(&entry->manager->context, store, entry->name_space, &client,
				     &err) < 0) {
		rc_log_error(&entry->log, LOG_DEBUG, err, "opening the store for its leases");
		rc_error_free(err);
		return NULL;
	}
	clients->at = rc_realloc(clients->at, (clients->n + 1) * sizeof(*clients->at));
	clients->at[clients->n++] =
		(struct secrets_client){rc_asprintf("%s/%s", kind, name), client};
	entry->server = rc_secrets_refresh_find_server(clients);
	return client;
}

static bool start_call(struct secrets_entry *entry,
		       const struct rc_secrets_lease_decision *decision)
{
	struct rc_secrets_lease *lease =
		&entry->record.generations[decision->which].leases[decision->i];
	bool renews = decision->action == RC_SECRETS_LEASE_RENEW;
	struct rc_secrets_client *client =
		find_client(entry, lease->source) ?: open_client(entry, lease->source);

	if (!client || !client->ops->renew) {
		try_later(lease);
		return false;
	}
	free(entry->tended_id);
	entry->tended_id = rc_strdup(lease->id);
	entry->tended = decision->which;
	entry->tending =
		renews ? client->ops->renew(client, lease->id, lease->asked_s, on_renewed, entry)
		       : client->ops->revoke(client, lease->id, on_revoked, entry);
	return true;
}

/* What was minted before a crash is in the Secret, or it never got there. */
static void find_out_next(struct secrets_entry *entry)
{
	const struct rc_secrets_lease_generation *next =
		&entry->record.generations[RC_SECRETS_LEASE_NEXT];
	json_auto_t *live = NULL;

	if (next->n == 0 || entry->kept_next)
		return;
	live = rc_secrets_manager_load_content(entry->manager, "Secret", entry->name_space,
					       entry->external->target);
	if (!next->hash || !live ||
	    !rc_text_equal(rc_kube_object_get_annotation(live, RC_SECRETS_HASH_NOTE), next->hash))
		return;
	rc_secrets_lease_promote(&entry->record, NULL, next->hash, rc_clock_unix_s());
	save(entry);
}

static void forget_ended(struct secrets_entry *entry)
{
	if (rc_secrets_lease_expire(&entry->record, rc_clock_unix_s()))
		save(entry);
	if (entry->record.generations[RC_SECRETS_LEASE_NEXT].n == 0) {
		json_decref(entry->kept_next);
		entry->kept_next = NULL;
	}
	if (entry->record.generations[RC_SECRETS_LEASE_OLD].n == 0) {
		entry->is_settled = false;
		entry->look_at_unix_s = 0;
		entry->n_old_pods = 0;
	}
}

struct rc_secrets_lease_decision rc_secrets_tend(struct secrets_entry *entry)
{
	struct rc_secrets_lease_facts facts = {.is_wanted = entry->is_wished,
					       .keeps_next = entry->kept_next != NULL};
	struct rc_secrets_lease_decision decision = {.action = RC_SECRETS_LEASE_WAIT,
						     .at_unix_s = INT64_MAX};

	if (entry->tending)
		return decision; /* its end looks again */
	note_token_ends(entry);
	find_out_next(entry);
	forget_ended(entry);
	if (entry->record.generations[RC_SECRETS_LEASE_OLD].n > 0 && !entry->is_settled)
		look(entry);
	facts.now_unix_s = rc_clock_unix_s();
	facts.is_settled = entry->is_settled;
	decision = rc_secrets_lease_decide(&entry->record, &facts);
	if (decision.action != RC_SECRETS_LEASE_RENEW && decision.action != RC_SECRETS_LEASE_REVOKE)
		return decision;
	return (struct rc_secrets_lease_decision){
		.action = RC_SECRETS_LEASE_WAIT,
		.at_unix_s = start_call(entry, &decision) ? INT64_MAX : facts.now_unix_s + 1};
}
