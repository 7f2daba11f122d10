/* The writing half of a refresh. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kube/cache.h"
#include "secrets/hash.h"
#include "secrets/manifest.h"
#include "secrets/refresh-private.h"
#include "secrets/target.h"

static const struct rc_kube_resource *target_resource(const struct secrets_refresh *refresh)
{
	const json_t *manifest = refresh->entry->external->manifest;
	const struct rc_kube_discovery *discovery = refresh->entry->manager->options.discovery;

	return manifest ? rc_secrets_manifest_find_resource(manifest, discovery)
			: rc_kube_discovery_find(discovery, "", "Secret", NULL);
}

/* resource: NULL, or what is made. */
static struct rc_kube_key key_of(const struct secrets_refresh *refresh,
				 const struct rc_kube_resource *resource)
{
	return (struct rc_kube_key){resource ? resource->group : "",
				    resource ? resource->kind : "Secret",
				    refresh->entry->name_space, refresh->entry->external->target};
}

/* ---- look ---- */

static void on_live(void *userdata, int r, const struct rc_kube_answer *answer,
		    struct rc_error *err)
{
	struct secrets_refresh *refresh = userdata;

	refresh->request = NULL;
	if (r == 0)
		refresh->live = json_incref(answer->object);
	if (r == -ENOENT) {
		rc_error_free(err);
		r = 0;
		err = NULL;
	}
	rc_flow_resume(&refresh->flow, r, err);
}

int rc_secrets_refresh_look(struct rc_flow *flow, struct rc_error **err)
{
	struct secrets_refresh *refresh = rc_secrets_refresh_of(flow);
	const struct rc_kube_resource *resource = target_resource(refresh);
	struct rc_kube_key key = key_of(refresh, resource);
	const json_t *manifest = refresh->entry->external->manifest;

	if (refresh->entry->external->creation == RC_SECRETS_CREATION_NONE)
		return RC_FINISH;
	if (!resource && manifest)
		return rc_secrets_manifest_refuse(manifest, err);
	if (!resource)
		return rc_fail(err, -EAGAIN, "what the cluster serves is not known yet");
	refresh->request = rc_kube_apply_get(refresh->entry->manager->options.cluster, resource,
					     &key, on_live, refresh);
	return RC_WAIT;
}

/* ---- write ---- */

static const char *hash_of(const json_t *secret)
{
	return rc_kube_object_get_annotation(secret, RC_SECRETS_HASH_NOTE);
}

void rc_secrets_refresh_promote(struct secrets_refresh *refresh)
{
	struct secrets_entry *entry = refresh->entry;
	json_t *kept = json_object();
	struct rc_error *err = NULL;

	refresh->is_promoted = true;
	json_object_update(kept, refresh->used);
	json_object_update(kept, entry->kept_next);
	json_decref(entry->kept);
	json_decref(entry->kept_next);
	entry->kept = kept;
	entry->kept_next = NULL;
	rc_secrets_lease_promote(&entry->record, refresh->used, hash_of(refresh->secret),
				 rc_clock_unix_s());
	entry->is_settled = false;
	entry->look_at_unix_s = 0;
	if (rc_secrets_tend_save(entry, &err) < 0)
		rc_log_error(&entry->log, LOG_ERR, err, "remembering leases");
	rc_error_free(err);
}

/* The store holds nothing of it any more, and the Secret shall go with that. */
static bool is_deleted(const struct secrets_refresh *refresh)
{
	return refresh->is_missing && json_object_size(refresh->values) == 0 &&
	       refresh->entry->external->deletion == RC_SECRETS_DELETION_DELETE;
}

static void end_write(struct secrets_refresh *refresh, int r, struct rc_error *err)
{
	struct secrets_entry *entry = refresh->entry;

	refresh->request = NULL;
	if (r < 0) {
		rc_wrap(&err, r, "could not update secret");
	} else {
		refresh->is_changed = true;
		if (!refresh->is_promoted)
			rc_secrets_refresh_promote(refresh);
		rc_log_notice(&entry->log, "%s %s %s/%s",
			      is_deleted(refresh) ? "deleted"
			      : refresh->live	  ? "updated"
						  : "created",
			      rc_json_text(entry->external->manifest, "kind", NULL) ?: "secret",
			      entry->name_space, entry->external->target);
	}
	rc_flow_resume(&refresh->flow, r, err);
}

static void on_written(void *userdata, int r, const struct rc_kube_answer *answer,
		       struct rc_error *err)
{
	struct secrets_refresh *refresh = userdata;

	/* Our status may come back by its watch before the Secret does by its own: it must not look
	 * as if the Secret were missing. */
	if (r == 0 && !refresh->entry->external->manifest)
		rc_kube_cache_note(refresh->entry->manager->contents, answer->object);
	end_write(refresh, r, err);
}

static void on_deleted(void *userdata, int r, const struct rc_kube_answer *answer,
		       struct rc_error *err)
{
	(void)answer;
	end_write(userdata, r, err);
}

static int delete_secret(struct secrets_refresh *refresh)
{
	const struct rc_kube_resource *resource = target_resource(refresh);
	struct rc_kube_key key = key_of(refresh, resource);

	refresh->request = rc_kube_apply_delete(refresh->entry->manager->options.cluster, resource,
						&key, NULL, on_deleted, refresh);
	return RC_WAIT;
}

/* What is about to be written is noted: after a crash it tells whether it was. */
static int note_next(struct secrets_refresh *refresh, struct rc_error **err)
{
	struct secrets_entry *entry = refresh->entry;
	struct rc_secrets_lease_generation *next =
		&entry->record.generations[RC_SECRETS_LEASE_NEXT];

	if (next->n == 0)
		return 0;
	free(next->hash);
	next->hash = rc_strdup(hash_of(refresh->secret));
	return rc_secrets_tend_save(entry, err);
}

int rc_secrets_refresh_write(struct rc_flow *flow, struct rc_error **err)
{
	struct secrets_refresh *refresh = rc_secrets_refresh_of(flow);
	const struct rc_secrets_external *external = refresh->entry->external;
	rc_autofree char *manager = rc_secrets_target_manager(external);
	struct rc_kube_write_options options = {.manager = manager, .force = true};
	const json_t *live = refresh->live;
	bool had_other;
	int r;

	if (is_deleted(refresh))
		return live ? delete_secret(refresh) : RC_NEXT;
	if (!live && external->creation == RC_SECRETS_CREATION_MERGE)
		return RC_FINISH;
	r = rc_secrets_target_check(external, live, refresh->secret, err);
	if (r < 0)
		return r;
	rc_secrets_target_adapt(external, live, refresh->secret);
	had_other = live && !external->manifest && hash_of(live) &&
		    !rc_text_equal(hash_of(live), hash_of(refresh->secret));
	if (!rc_secrets_target_differs(live, refresh->secret))
		return RC_NEXT;
	r = note_next(refresh, err);
	if (r == 0 && had_other)
		r = rc_secrets_pending_note(refresh->entry, hash_of(refresh->secret), err);
	if (r < 0)
		return r;
	refresh->request = rc_kube_apply_start(refresh->entry->manager->options.cluster,
					       target_resource(refresh), refresh->secret, &options,
					       on_written, refresh);
	return RC_WAIT;
}

/* ---- prune ---- */

int rc_secrets_refresh_prune(struct rc_flow *flow, struct rc_error **err)
{
	struct secrets_refresh *refresh = rc_secrets_refresh_of(flow);
	struct rc_kube_key key = key_of(refresh, NULL);
	rc_autofree char *manager = rc_secrets_target_manager(refresh->entry->external);
	struct rc_kube_write_options options = {.manager = manager};
	json_auto_t *patch =
		rc_secrets_target_prune(refresh->entry->external, refresh->live, refresh->secret);

	(void)err;
	if (!patch || is_deleted(refresh))
		return RC_NEXT;
	refresh->request = rc_kube_apply_patch(refresh->entry->manager->options.cluster,
					       target_resource(refresh), &key, patch, NULL,
					       &options, on_written, refresh);
	return RC_WAIT;
}
