/* The reading half of a refresh. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "secrets/refresh-private.h"
#include "secrets/shape.h"
#include "secrets/target.h"

/* ---- one key ---- */

/* "SecretStore/vault database/creds/app": by it a lease is known again after a restart. */
static char *source_of(const struct secrets_refresh *refresh,
		       const struct rc_secrets_remote *remote)
{
	const struct rc_secrets_source *source = &refresh->entry->external->sources[remote->source];

	if (remote->type == RC_SECRETS_REMOTE_FIND)
		return rc_asprintf("%s/%s find:%zu", source->kind, source->name, remote->index);
	if (remote->type == RC_SECRETS_REMOTE_GENERATOR)
		return rc_asprintf("%s/%s generator:%zu", source->kind, source->name,
				   remote->index);
	return rc_asprintf("%s/%s %s%s%s%s", source->kind, source->name, remote->key,
			   remote->version ? "?version=" : "", remote->version ?: "",
			   remote->is_metadata ? "#metadata" : "");
}

static struct secrets_read *find_read(const struct secrets_refresh *refresh, const char *source)
{
	struct secrets_read *read;

	DL_FOREACH (refresh->reads, read)
		if (strcmp(read->source, source) == 0)
			return read;
	return NULL;
}

void rc_secrets_refresh_free_reads(struct secrets_refresh *refresh)
{
	struct secrets_read *read, *next;

	DL_FOREACH_SAFE (refresh->reads, read, next) {
		DL_DELETE(refresh->reads, read);
		rc_secrets_provider_cancel(read->call);
		json_decref(read->document);
		free(read->source);
		free(read);
	}
	refresh->n_open = 0;
}

/* ---- leases ---- */

static void keep(json_t **map, const char *source, json_t *document)
{
	if (!*map)
		*map = json_object();
	json_object_set(*map, source, document);
}

static int take_lease(struct secrets_read *read, const struct rc_secrets_answer *answer,
		      struct rc_error **err)
{
	struct secrets_entry *entry = read->refresh->entry;
	struct rc_vault_token *token = answer->token;
	bool is_static = !*answer->lease_id;
	int64_t duration_s = is_static ? answer->changes_in_s : answer->lease_duration_s;
	struct rc_secrets_lease lease = {
		.source = read->source,
		.id = answer->lease_id,
		.accessor = token ? rc_vault_token_get_accessor(token) : "",
		.began_unix_s = rc_clock_unix_s(),
		.duration_s = duration_s,
		.asked_s = duration_s,
		.renewable = answer->renewable,
	};

	rc_secrets_lease_add(&entry->record, RC_SECRETS_LEASE_NEXT, &lease);
	rc_secrets_tend_hold(entry, answer->lease_id, token);
	keep(&entry->kept_next, read->source, read->document);
	entry->n_mints += !is_static;
	return rc_secrets_tend_save(entry, err);
}

/* Whether what is leased is known and need not be read. */
static json_t *find_kept(const struct secrets_refresh *refresh, const char *source)
{
	const struct secrets_entry *entry = refresh->entry;
	json_t *next = json_object_get(entry->kept_next, source);

	if (next)
		return next;
	if (refresh->mints || !rc_secrets_lease_find(&entry->record, source))
		return NULL;
	return json_object_get(entry->kept, source);
}

/* Noted before Vault is asked: a crash before the answer may leave one behind. */
static int note_intent(struct secrets_refresh *refresh, struct rc_error **err)
{
	struct secrets_entry *entry = refresh->entry;
	int r;

	if (!refresh->mints || entry->record.generations[RC_SECRETS_LEASE_CURRENT].n == 0 ||
	    entry->kept_next)
		return 0;
	entry->record.intent_unix_s = rc_clock_unix_s();
	r = rc_secrets_tend_save(entry, err);
	return r < 0 ? rc_wrap(err, r, "nothing is minted that cannot be remembered") : 0;
}

static int end_intent(struct secrets_refresh *refresh, struct rc_error **err)
{
	struct secrets_entry *entry = refresh->entry;

	if (refresh->is_unknown)
		rc_secrets_lease_note_unknown(&entry->record, rc_clock_unix_s());
	else if (!entry->record.intent_unix_s)
		return 0;
	entry->record.intent_unix_s = 0;
	return rc_secrets_tend_save(entry, err);
}

/* ---- reading ---- */

/* It was sent and perhaps done, but the answer did not come. */
static bool is_open_ended(int r)
{
	return r == -ECONNRESET || r == -ETIMEDOUT || r == -EPROTO || r == -E2BIG;
}

static void note_failure(struct secrets_read *read, int r, struct rc_error *err)
{
	struct secrets_refresh *refresh = read->refresh;

	if (is_open_ended(r) && rc_secrets_lease_find(&refresh->entry->record, read->source))
		refresh->is_unknown = true;
	if (refresh->read_error)
		rc_error_free(err);
	else
		refresh->read_error = err;
}

static void on_read(void *userdata, int r, const struct rc_secrets_answer *answer,
		    struct rc_error *err)
{
	struct secrets_read *read = userdata;
	struct secrets_refresh *refresh = read->refresh;

	read->call = NULL;
	refresh->n_open--;
	if (r == -ENOENT) {
		rc_error_free(err);
		read->is_missing = true;
	} else if (r == 0) {
		read->document = json_deep_copy(answer->document);
		if (*answer->lease_id || answer->changes_in_s > 0)
			r = take_lease(read, answer, &err);
	}
	if (r < 0 && r != -ENOENT)
		note_failure(read, r, err);
	if (refresh->n_open == 0)
		rc_flow_resume(&refresh->flow, 0, NULL);
}

static int ask(struct secrets_read *read, const struct rc_secrets_remote *remote,
	       struct rc_error **err)
{
	struct secrets_refresh *refresh = read->refresh;
	struct rc_secrets_client *client = refresh->entry->clients.at[remote->source].client;
	struct rc_secrets_query query = {
		.key = remote->key, .version = remote->version, .is_metadata = remote->is_metadata};
	struct rc_secrets_find find = {
		.path = remote->find_path, .name = remote->find_name, .tags = remote->find_tags};

	if (remote->type == RC_SECRETS_REMOTE_FIND && !client->ops->find)
		return rc_fail(err, -EINVAL, "spec.dataFrom[%zu].find: provider '%s' cannot find",
			       remote->index, client->ops->name);
	refresh->n_open++;
	read->call = remote->type == RC_SECRETS_REMOTE_FIND
			     ? client->ops->find(client, &find, on_read, read)
			     : client->ops->read(client, &query, on_read, read);
	return 0;
}

static int start_read(struct secrets_refresh *refresh, const struct rc_secrets_remote *remote,
		      struct rc_error **err)
{
	rc_autofree char *source = source_of(refresh, remote);
	struct secrets_read *read = find_read(refresh, source);

	if (read)
		return 0;
	read = rc_new0(struct secrets_read);
	read->refresh = refresh;
	read->source = rc_steal(&source);
	read->document = json_incref(find_kept(refresh, read->source));
	DL_APPEND(refresh->reads, read);
	if (!read->document)
		return ask(read, remote, err);
	json_object_set(refresh->used, read->source, read->document);
	return 0;
}

int rc_secrets_refresh_read(struct rc_flow *flow, struct rc_error **err)
{
	struct secrets_refresh *refresh = rc_secrets_refresh_of(flow);
	const struct rc_secrets_external *external = refresh->entry->external;
	int r = note_intent(refresh, err);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < external->n_remotes; i++)
		r = start_read(refresh, &external->remotes[i], err);
	if (r < 0)
		return r;
	return refresh->n_open > 0 ? RC_WAIT : RC_NEXT;
}

/* ---- putting it together ---- */

static const char *place_of(const struct rc_secrets_remote *remote)
{
	return remote->type == RC_SECRETS_REMOTE_DATA ? "spec.data" : "spec.dataFrom";
}

static int add_remotes(struct secrets_refresh *refresh, struct rc_error **err)
{
	const struct rc_secrets_external *external = refresh->entry->external;

	for (size_t i = 0; i < external->n_remotes; i++) {
		const struct rc_secrets_remote *remote = &external->remotes[i];
		rc_autofree char *source = source_of(refresh, remote);
		const struct secrets_read *read = find_read(refresh, source);
		int r;

		assert(read); /* there is one for each remote */
		if (read->is_missing) {
			if (external->deletion == RC_SECRETS_DELETION_RETAIN)
				return rc_fail(err, -ENOENT, "%s[%zu]: '%s' is not in the store",
					       place_of(remote), remote->index,
					       remote->key ?: remote->find_name ?: "");
			refresh->is_missing = true;
			continue;
		}
		r = rc_secrets_shape_add(remote, read->document, refresh->values, err);
		if (r < 0)
			return rc_wrap(err, r, "%s[%zu]", place_of(remote), remote->index);
	}
	return 0;
}

int rc_secrets_refresh_build(struct rc_flow *flow, struct rc_error **err)
{
	struct secrets_refresh *refresh = rc_secrets_refresh_of(flow);
	struct rc_error *why = rc_steal(&refresh->read_error);
	int r = end_intent(refresh, why ? NULL : err);

	if (why) {
		rc_error_move(err, why);
		return rc_wrap(err, (*err)->code, "could not get secret data from provider");
	}
	if (r < 0)
		return r;
	refresh->values = json_object();
	r = add_remotes(refresh, err);
	if (r == 0)
		r = rc_secrets_target_make(refresh->entry->external, refresh->values,
					   refresh->texts, &refresh->secret, err);
	rc_secrets_refresh_free_reads(refresh);
	return r < 0 ? r : RC_NEXT;
}
