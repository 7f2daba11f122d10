/*
 * One refresh: find the store, read all that is asked for (each path once), look at the live
 * Secret, write what differs, roll what reads it. Nothing is written before all of it was read.
 *
 * What has to be rolled is noted in the store before the Secret is written, so that a crash in
 * between loses no restart.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "secrets/hash.h"
#include "secrets/manager-private.h"
#include "secrets/target.h"

/* One path that is read; several remotes may use it. */
struct secrets_read {
	struct secrets_read *prev, *next;
	struct secrets_entry *entry;
	struct rc_vault_request *request;
	char *path;
	json_t *values;
	bool is_missing;
};

static struct secrets_entry *entry_of(struct rc_flow *flow)
{
	return rc_container_of(flow, struct secrets_entry, flow);
}

/* ---- store ---- */

static int refresh_store(struct rc_flow *flow, struct rc_error **err)
{
	struct secrets_entry *entry = entry_of(flow);
	const struct rc_secrets_external *external = entry->external;
	int r;

	json_decref(entry->store_object);
	entry->store_object = rc_secrets_manager_load_store(entry);
	if (!entry->store_object)
		return rc_fail(err, -ENOENT, "there is no %s '%s'", external->store_kind,
			       external->store_name);
	r = rc_secrets_providers_open(entry->manager->providers, entry->store_object,
				      entry->name_space, &entry->store, err);
	return r < 0 ? rc_wrap(err, r, "%s '%s'", external->store_kind, external->store_name)
		     : RC_NEXT;
}

/* ---- fetch ---- */

static void on_read(void *userdata, int r, const struct rc_vault_answer *answer,
		    struct rc_error *err)
{
	struct secrets_read *read = userdata;
	struct secrets_entry *entry = read->entry;
	const json_t *data;

	read->request = NULL;
	entry->n_reads--;
	data = answer ? answer->data : NULL;
	if (r == 0 && entry->store.is_v2)
		data = json_object_get(data, "data");
	if (r == -ENOENT || (r == 0 && !json_is_object(data))) {
		rc_error_free(err);
		read->is_missing = true;
	} else if (r < 0 && !entry->read_error) {
		entry->read_error = err;
	} else if (r < 0) {
		rc_error_free(err);
	} else {
		read->values = json_deep_copy(data);
		if (*answer->lease_id && answer->lease_duration_s > 0 &&
		    (!entry->lease_s || answer->lease_duration_s < entry->lease_s))
			entry->lease_s = answer->lease_duration_s;
	}
	if (entry->n_reads == 0)
		rc_flow_resume(&entry->flow, 0, NULL);
}

static struct secrets_read *find_read(struct secrets_entry *entry, const char *path)
{
	struct secrets_read *read;

	DL_FOREACH (entry->reads, read)
		if (strcmp(read->path, path) == 0)
			return read;
	return NULL;
}

static void free_reads(struct secrets_entry *entry)
{
	struct secrets_read *read, *next;

	DL_FOREACH_SAFE (entry->reads, read, next) {
		DL_DELETE(entry->reads, read);
		rc_vault_session_cancel(read->request);
		json_decref(read->values);
		free(read->path);
		free(read);
	}
	entry->n_reads = 0;
}

static int refresh_fetch(struct rc_flow *flow, struct rc_error **err)
{
	struct secrets_entry *entry = entry_of(flow);

	(void)err;
	for (size_t i = 0; i < entry->external->n_remotes; i++) {
		const struct rc_secrets_remote *remote = &entry->external->remotes[i];
		rc_autofree char *path =
			rc_secrets_store_path(&entry->store, remote->key, remote->version);
		struct secrets_read *read = find_read(entry, path);

		if (read)
			continue;
		read = rc_new0(struct secrets_read);
		read->entry = entry;
		read->path = rc_steal(&path);
		DL_APPEND(entry->reads, read);
		entry->n_reads++;
		read->request = rc_vault_session_ask(entry->store.session, "GET", read->path, NULL,
						     on_read, read);
	}
	return RC_WAIT;
}

/* ---- build ---- */

static int add_remotes(struct secrets_entry *entry, struct rc_error **err)
{
	for (size_t i = 0; i < entry->external->n_remotes; i++) {
		const struct rc_secrets_remote *remote = &entry->external->remotes[i];
		rc_autofree char *path =
			rc_secrets_store_path(&entry->store, remote->key, remote->version);
		const struct secrets_read *read = find_read(entry, path);
		int r;

		assert(read); /* fetch made one for each remote */
		if (read->is_missing) {
			if (entry->external->deletion == RC_SECRETS_DELETION_RETAIN)
				return rc_fail(err, -ENOENT, "'%s' is not in the store",
					       remote->key);
			entry->is_missing = true;
			continue;
		}
		r = rc_secrets_target_add(remote, read->values, entry->data, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int refresh_build(struct rc_flow *flow, struct rc_error **err)
{
	struct secrets_entry *entry = entry_of(flow);
	struct rc_error *why = rc_steal(&entry->read_error);
	int r;

	if (why) {
		rc_error_move(err, why);
		return rc_wrap(err, (*err)->code, "could not get secret data from provider");
	}
	entry->data = json_object();
	r = add_remotes(entry, err);
	if (r == 0)
		r = rc_secrets_target_make(entry->external, entry->data, &entry->secret, err);
	free_reads(entry);
	return r < 0 ? r : RC_NEXT;
}

/* ---- look ---- */

static void on_live(void *userdata, int r, const struct rc_kube_answer *answer,
		    struct rc_error *err)
{
	struct secrets_entry *entry = userdata;

	entry->request = NULL;
	if (r == 0)
		entry->live = json_incref(answer->object);
	if (r == -ENOENT) {
		rc_error_free(err);
		r = 0;
		err = NULL;
	}
	rc_flow_resume(&entry->flow, r, err);
}

static const struct rc_kube_resource *secret_resource(const struct secrets_entry *entry)
{
	return rc_kube_discovery_find(entry->manager->options.discovery, "", "Secret", NULL);
}

static int refresh_look(struct rc_flow *flow, struct rc_error **err)
{
	struct secrets_entry *entry = entry_of(flow);
	struct rc_kube_key key = {"", "Secret", entry->name_space, entry->external->target};
	const struct rc_kube_resource *resource = secret_resource(entry);

	if (entry->external->creation == RC_SECRETS_CREATION_NONE)
		return RC_FINISH;
	if (!resource)
		return rc_fail(err, -EAGAIN, "what the cluster serves is not known yet");
	entry->request =
		rc_kube_apply_get(entry->manager->options.cluster, resource, &key, on_live, entry);
	return RC_WAIT;
}

/* ---- write ---- */

static const char *hash_of(const json_t *secret)
{
	return rc_kube_object_get_annotation(secret, RC_SECRETS_HASH_NOTE);
}

/* "cluster/namespace/secret": what is to be rolled, until it is. */
static char *restart_name(const struct secrets_entry *entry)
{
	return rc_asprintf("%s/%s/%s", entry->manager->options.name, entry->name_space,
			   entry->external->target);
}

static int note_restart(struct secrets_entry *entry, const char *hash, struct rc_error **err)
{
	rc_autofree char *name = restart_name(entry);
	json_auto_t *document = hash ? json_pack("{s:s}", "hash", hash) : NULL;

	return rc_store_put(entry->manager->options.store, "restart", name, document, err);
}

static void on_written(void *userdata, int r, const struct rc_kube_answer *answer,
		       struct rc_error *err)
{
	struct secrets_entry *entry = userdata;

	(void)answer;
	entry->request = NULL;
	if (r < 0)
		rc_wrap(&err, r, "could not update secret");
	else
		rc_log_notice(&entry->log, "%s secret %s/%s", entry->live ? "updated" : "created",
			      entry->name_space, entry->external->target);
	entry->is_changed = r == 0;
	rc_flow_resume(&entry->flow, r, err);
}

static int delete_secret(struct secrets_entry *entry)
{
	struct rc_kube_key key = {"", "Secret", entry->name_space, entry->external->target};

	entry->request =
		rc_kube_apply_delete(entry->manager->options.cluster, secret_resource(entry), &key,
				     NULL, on_written, entry);
	return RC_WAIT;
}

/* The store holds nothing of it any more, and the Secret shall go with that. */
static bool is_deleted(const struct secrets_entry *entry)
{
	return entry->is_missing && json_object_size(entry->data) == 0 &&
	       entry->external->deletion == RC_SECRETS_DELETION_DELETE;
}

static int refresh_write(struct rc_flow *flow, struct rc_error **err)
{
	struct secrets_entry *entry = entry_of(flow);
	rc_autofree char *manager = rc_secrets_target_manager(entry->external);
	struct rc_kube_write_options options = {.manager = manager, .force = true};
	bool had_other;
	int r;

	if (is_deleted(entry))
		return entry->live ? delete_secret(entry) : RC_NEXT;
	if (!entry->live && entry->external->creation == RC_SECRETS_CREATION_MERGE)
		return RC_FINISH;
	r = rc_secrets_target_check(entry->external, entry->live, entry->secret, err);
	if (r < 0)
		return r;
	rc_secrets_target_adapt(entry->external, entry->live, entry->secret);
	had_other = entry->live && hash_of(entry->live) &&
		    !rc_text_equal(hash_of(entry->live), hash_of(entry->secret));
	if (!rc_secrets_target_differs(entry->live, entry->secret))
		return RC_NEXT;
	if (had_other)
		r = note_restart(entry, hash_of(entry->secret), err);
	if (r < 0)
		return r;
	entry->request =
		rc_kube_apply_start(entry->manager->options.cluster, secret_resource(entry),
				    entry->secret, &options, on_written, entry);
	return RC_WAIT;
}

/* ---- prune ---- */

static int refresh_prune(struct rc_flow *flow, struct rc_error **err)
{
	struct secrets_entry *entry = entry_of(flow);
	struct rc_kube_key key = {"", "Secret", entry->name_space, entry->external->target};
	rc_autofree char *manager = rc_secrets_target_manager(entry->external);
	struct rc_kube_write_options options = {.manager = manager};
	json_auto_t *patch = rc_secrets_target_prune(entry->external, entry->live, entry->secret);

	(void)err;
	if (!patch || is_deleted(entry))
		return RC_NEXT;
	entry->request =
		rc_kube_apply_patch(entry->manager->options.cluster, secret_resource(entry), &key,
				    patch, NULL, &options, on_written, entry);
	return RC_WAIT;
}

/* ---- restart ---- */

static void on_rolled(void *userdata, int r, unsigned int n, struct rc_error *err)
{
	struct secrets_entry *entry = userdata;

	entry->restart = NULL;
	if (r < 0)
		rc_wrap(&err, r, "rolling what reads secret '%s'", entry->external->target);
	else if (n > 0)
		rc_log_info(&entry->log, "%u workloads read the changed secret", n);
	if (r == 0)
		note_restart(entry, NULL, NULL);
	rc_flow_resume(&entry->flow, r, err);
}

static int refresh_restart(struct rc_flow *flow, struct rc_error **err)
{
	struct secrets_entry *entry = entry_of(flow);
	rc_autofree char *name = restart_name(entry);
	json_auto_t *noted = NULL;
	int r = rc_store_get(entry->manager->options.store, "restart", name, &noted, err);

	if (r < 0 || !noted)
		return r < 0 ? r : RC_NEXT;
	entry->restart = rc_secrets_restart_start(
		entry->manager->options.cluster, entry->manager->options.discovery,
		entry->name_space, entry->external->target, rc_json_text(noted, "hash", NULL) ?: "",
		&entry->log, on_rolled, entry);
	return entry->restart ? RC_WAIT : RC_NEXT;
}

/* ---- the whole ---- */

static const struct rc_step steps[] = {
	{"store", refresh_store, 10},	   /* which Vault, as whom */
	{"fetch", refresh_fetch, 60},	   /* each path once */
	{"build", refresh_build, 10},	   /* values -> the Secret */
	{"look", refresh_look, 60},	   /* the live one */
	{"write", refresh_write, 60},	   /* if it differs */
	{"prune", refresh_prune, 60},	   /* what others put into it */
	{"restart", refresh_restart, 120}, /* what reads it */
	{NULL, NULL, 0},
};

static void clear(struct secrets_entry *entry)
{
	free_reads(entry);
	json_decref(entry->data);
	json_decref(entry->live);
	json_decref(entry->secret);
	json_decref(entry->store_object);
	entry->data = entry->live = entry->secret = entry->store_object = NULL;
	rc_error_free(rc_steal(&entry->read_error));
}

static void on_done(struct rc_flow *flow, int r, struct rc_error *err)
{
	struct secrets_entry *entry = entry_of(flow);

	rc_kube_request_cancel(rc_steal(&entry->request));
	rc_secrets_restart_cancel(rc_steal(&entry->restart));
	clear(entry);
	rc_secrets_manager_done(entry, r, err);
}

void rc_secrets_refresh_init(struct secrets_entry *entry)
{
	rc_flow_init(&entry->flow, entry->manager->options.loop, steps, on_done);
}

void rc_secrets_refresh_start(struct secrets_entry *entry)
{
	free(entry->version);
	entry->version = rc_secrets_external_version(entry->external->object);
	entry->started_unix_s = rc_clock_unix_s();
	entry->began_ms = rc_clock_monotonic_ms();
	entry->lease_s = 0;
	entry->is_changed = entry->is_missing = false;
	entry->n_syncs++;
	rc_flow_start(&entry->flow);
}

void rc_secrets_refresh_cancel(struct secrets_entry *entry)
{
	rc_flow_cancel(&entry->flow);
	rc_kube_request_cancel(rc_steal(&entry->request));
	rc_secrets_restart_cancel(rc_steal(&entry->restart));
	clear(entry);
}
