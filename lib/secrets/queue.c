/*
 * When what is done. What is due waits in one queue, the most urgent first; a few are refreshed at
 * a time and so many begun a second, so that a thousand that are due together neither crowd Vault
 * nor hold up the one whose credentials end. While a server is away nothing is begun that would
 * ask it, and when it is back they come in the order of their urgency.
 *
 * What fails is tried again with back-off that ends at the object's own interval.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "secrets/manager-private.h"
#include "secrets/target.h"

#define RUNNING_MAX	32
#define STARTS_A_SECOND 50.0
#define STARTS_AT_ONCE	25.0
#define BACKOFF_MS	1000
#define BACKOFF_MAX_S	420
#define ONCE_S		3600  /* what has no interval is tried again as if it had this one */
#define LATEST_S	86400 /* a timer is looked at again after a day at most */

/* ---- the queue ---- */

static bool comes_before(const struct secrets_entry *a, const struct secrets_entry *b)
{
	return a->urgency != b->urgency ? a->urgency < b->urgency : a->due_unix_s < b->due_unix_s;
}

void rc_secrets_queue_remove(struct secrets_entry *entry)
{
	if (entry->is_queued)
		DL_DELETE2(entry->manager->queue, entry, queue_prev, queue_next);
	entry->is_queued = false;
}

static void add(struct secrets_entry *entry)
{
	struct rc_secrets_manager *manager = entry->manager;
	struct secrets_entry *at;

	rc_secrets_queue_remove(entry);
	entry->is_queued = true;
	/* From the end: mostly it belongs there. */
	for (at = manager->queue ? manager->queue->queue_prev : NULL; at && comes_before(entry, at);
	     at = at == manager->queue ? NULL : at->queue_prev)
		;
	if (at)
		DL_APPEND_ELEM2(manager->queue, at, entry, queue_prev, queue_next);
	else
		DL_PREPEND2(manager->queue, entry, queue_prev, queue_next);
}

static void wake(struct rc_secrets_manager *manager, double seconds)
{
	if (ev_is_active(&manager->turn) &&
	    ev_timer_remaining(manager->options.loop, &manager->turn) <= seconds)
		return;
	ev_timer_stop(manager->options.loop, &manager->turn);
	ev_timer_set(&manager->turn, seconds, 0);
	ev_timer_start(manager->options.loop, &manager->turn);
}

/* How many that ask this server are being refreshed. */
static unsigned int count_running(const struct rc_secrets_manager *manager,
				  const struct rc_vault_server *server)
{
	const struct secrets_entry *entry;
	unsigned int n = 0;

	for (entry = manager->entries; entry; entry = entry->hh.next)
		n += entry->refresh && entry->server == server;
	return n;
}

/* Its server can be asked now; one that was away is tried with a single one. */
static bool may_start(const struct secrets_entry *entry)
{
	if (!entry->server || !rc_vault_server_get_error(entry->server))
		return true;
	if (rc_vault_server_get_pause_ms(entry->server) > 0)
		return false;
	return count_running(entry->manager, entry->server) == 0;
}

static void tell_waiting(struct secrets_entry *entry)
{
	rc_autofree char *why = rc_error_format(rc_vault_server_get_error(entry->server));
	struct rc_error *err = NULL;

	if (entry->error || entry->due_unix_s > rc_clock_unix_s())
		return;
	rc_fail(&err, -EAGAIN, "could not get secret data from provider: %s", why);
	rc_secrets_status_failure(entry, err);
}

static void earn_credit(struct rc_secrets_manager *manager)
{
	uint64_t now = rc_clock_monotonic_ms();

	manager->credit += (double)(now - manager->credited_ms) / 1000 * STARTS_A_SECOND;
	manager->credited_ms = now;
	if (manager->credit > STARTS_AT_ONCE)
		manager->credit = STARTS_AT_ONCE;
}

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_secrets_manager *manager =
		rc_container_of(timer, struct rc_secrets_manager, turn);
	struct secrets_entry *entry, *next;
	double wait_s = INFINITY;

	(void)loop;
	(void)events;
	earn_credit(manager);
	DL_FOREACH_SAFE2(manager->queue, entry, next, queue_next)
	{
		if (manager->n_running >= RUNNING_MAX)
			return; /* the next that ends wakes us */
		if (!may_start(entry)) {
			double pause_s = (double)rc_vault_server_get_pause_ms(entry->server) / 1000;

			tell_waiting(entry);
			if (pause_s > 0 && pause_s < wait_s)
				wait_s = pause_s;
			continue;
		}
		if (manager->credit < 1) {
			wait_s = 1 / STARTS_A_SECOND;
			break;
		}
		manager->credit--;
		rc_secrets_queue_remove(entry);
		rc_secrets_refresh_start(entry);
	}
	if (manager->queue && isfinite(wait_s))
		wake(manager, wait_s + 0.01);
}

void rc_secrets_queue_turn(struct rc_secrets_manager *manager)
{
	if (manager->queue)
		wake(manager, 0);
}

void rc_secrets_queue_begin(struct rc_secrets_manager *manager)
{
	ev_timer_init(&manager->turn, on_turn, 0, 0);
	manager->credit = STARTS_AT_ONCE;
	manager->credited_ms = rc_clock_monotonic_ms();
}

void rc_secrets_queue_end(struct rc_secrets_manager *manager)
{
	ev_timer_stop(manager->options.loop, &manager->turn);
}

/* ---- what is due ---- */

static bool is_secret_valid(const struct secrets_entry *entry)
{
	json_auto_t *live = rc_secrets_manager_load_content(
		entry->manager, "Secret", entry->name_space, entry->external->target);
	const char *managed =
		live ? rc_kube_object_get_label(live, RC_SECRETS_MANAGED_LABEL) : NULL;

	return rc_text_equal(managed, "true") &&
	       rc_text_equal(rc_kube_object_get_annotation(live, SECRETS_CONTENT),
			     rc_kube_object_get_annotation(live, RC_SECRETS_HASH_NOTE));
}

/* What it asks for makes no Secret to look after. */
static bool needs_no_secret(const struct secrets_entry *entry)
{
	return entry->external->manifest || entry->external->creation == RC_SECRETS_CREATION_NONE ||
	       entry->external->creation == RC_SECRETS_CREATION_MERGE ||
	       entry->external->deletion == RC_SECRETS_DELETION_DELETE;
}

static int64_t interval_of(const struct secrets_entry *entry)
{
	return entry->external->interval_s > 0 ? entry->external->interval_s : ONCE_S;
}

/* A second, doubled each time, up to its own interval; credentials near their end wait less. */
static int64_t retry_at(const struct secrets_entry *entry)
{
	int64_t most_s = interval_of(entry), end = rc_secrets_lease_get_soonest_end(&entry->record);
	int64_t left_s = end ? end - rc_clock_unix_s() : INT64_MAX;

	if (entry->attempts <= 9 && most_s > BACKOFF_MAX_S)
		most_s = BACKOFF_MAX_S;
	if (left_s < INT64_MAX && left_s / 10 < most_s)
		most_s = left_s / 10 > 1 ? left_s / 10 : 1;
	return entry->started_unix_s + (int64_t)rc_clock_backoff_ms(BACKOFF_MS, 2,
								    (uint64_t)most_s * 1000,
								    entry->attempts - 1) /
					       1000;
}

/* The interval of many that began together is made to spread, by up to a tenth and early. */
static int64_t spread(const struct secrets_entry *entry, int64_t at)
{
	uint32_t hash = 2166136261u;
	int64_t room_s = entry->external->interval_s / 10;

	for (const char *c = entry->label; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	return room_s > 0 ? at - (int64_t)(hash % (uint32_t)(room_s + 1)) : at;
}

struct due {
	int64_t at_unix_s;
	enum secrets_urgency urgency;
	bool mints;
	bool is_look; /* then it is looked at again; nothing is refreshed */
};

/* By External Secrets' rules alone. */
static struct due find_base(const struct secrets_entry *entry, enum rc_secrets_due_why *ret_why)
{
	static const enum secrets_urgency urgencies[] = {
		[RC_SECRETS_DUE_NEVER] = SECRETS_INTERVAL,
		[RC_SECRETS_DUE_INTERVAL] = SECRETS_INTERVAL,
		[RC_SECRETS_DUE_EDITED] = SECRETS_EDITED,
		[RC_SECRETS_DUE_MISSING] = SECRETS_MISSING,
	};
	bool is_valid = needs_no_secret(entry) || is_secret_valid(entry);
	struct rc_secrets_due base = rc_secrets_external_due(entry->external, is_valid);

	*ret_why = base.why;
	if (base.why == RC_SECRETS_DUE_INTERVAL)
		base.at_unix_s = spread(entry, base.at_unix_s);
	return (struct due){base.at_unix_s, urgencies[base.why], false, false};
}

/* All that it holds is leased: there is nothing to poll. */
static bool is_all_leased(const struct secrets_entry *entry)
{
	return json_object_size(entry->kept) >= entry->external->n_remotes;
}

/*
 * Values that somebody holds a lease for are not read again: what is known of them is written
 * again, or, when we do not know them any more (a restart), new ones are asked for, which come when
 * the leases allow it.
 */
static struct due find_leased(struct secrets_entry *entry, struct due due,
			      enum rc_secrets_due_why why)
{
	bool is_kept = rc_secrets_tend_is_kept(entry);
	struct rc_secrets_lease_decision decision;

	if (due.at_unix_s == 0 && (!is_kept || rc_secrets_external_is_touched(entry->external)))
		entry->is_wished = true;
	decision = rc_secrets_tend(entry);
	if (decision.action == RC_SECRETS_LEASE_ROTATE)
		return (struct due){0, SECRETS_ROTATION, true, false};
	if (why == RC_SECRETS_DUE_INTERVAL && is_all_leased(entry))
		due.at_unix_s = INT64_MAX;
	if (!is_kept || decision.at_unix_s < due.at_unix_s)
		return (struct due){decision.at_unix_s, SECRETS_ROTATION, false, true};
	return due;
}

static struct due find_due(struct secrets_entry *entry)
{
	enum rc_secrets_due_why why;
	struct due due = find_base(entry, &why);
	struct rc_secrets_lease_decision decision;

	if (entry->record.generations[RC_SECRETS_LEASE_CURRENT].n > 0)
		return find_leased(entry, due, why);
	decision = rc_secrets_tend(entry); /* of the old and the next ones */
	if (entry->is_wished)
		due = (struct due){0, SECRETS_EDITED, true, false};
	if (decision.action == RC_SECRETS_LEASE_WAIT && decision.at_unix_s < due.at_unix_s)
		return (struct due){decision.at_unix_s, SECRETS_ROTATION, false, true};
	return due;
}

static void schedule(struct secrets_entry *entry, int64_t at_unix_s)
{
	const int64_t sooner[] = {entry->look_at_unix_s, entry->roll_at_unix_s};
	int64_t wait_s;

	for (size_t i = 0; i < RC_ARRAY_SIZE(sooner); i++)
		if (sooner[i] && sooner[i] < at_unix_s)
			at_unix_s = sooner[i];
	if (at_unix_s == INT64_MAX)
		return;
	wait_s = at_unix_s - rc_clock_unix_s();
	rc_secrets_queue_wake(entry, wait_s > LATEST_S ? LATEST_S
				     : wait_s > 0      ? (double)wait_s
						       : 0);
}

/* Of what is gone only the leases are looked after. */
static void evaluate_gone(struct secrets_entry *entry)
{
	struct rc_secrets_lease_decision decision = rc_secrets_tend(entry);

	if (rc_secrets_lease_count(&entry->record) == 0 && !entry->tending)
		rc_secrets_manager_drop(entry);
	else if (decision.at_unix_s < INT64_MAX || entry->look_at_unix_s)
		schedule(entry, decision.at_unix_s > rc_clock_unix_s() ? decision.at_unix_s
								       : rc_clock_unix_s() + 1);
}

void rc_secrets_queue_evaluate(struct secrets_entry *entry)
{
	struct rc_secrets_manager *manager = entry->manager;
	int64_t now = rc_clock_unix_s();
	struct due due;

	if (entry->refresh) {
		entry->is_dirty = true;
		return;
	}
	if (!entry->external || !rc_secrets_manager_is_ready(manager))
		return;
	ev_timer_stop(manager->options.loop, &entry->due);
	rc_secrets_queue_remove(entry);
	if (entry->is_gone) {
		evaluate_gone(entry);
		return;
	}
	if (entry->is_foreign)
		return;
	rc_secrets_pending_resume(entry);
	due = find_due(entry);
	/* What failed is due whatever its interval says. */
	if (entry->attempts > 0 && !due.is_look)
		due.at_unix_s = retry_at(entry);
	entry->due_unix_s = due.at_unix_s > now ? due.at_unix_s : now;
	if (due.at_unix_s > now || due.is_look) {
		schedule(entry, due.at_unix_s > now ? due.at_unix_s : now + 1);
		return;
	}
	entry->urgency = due.urgency;
	entry->mints = due.mints;
	add(entry);
	wake(manager, 0);
}

void rc_secrets_queue_evaluate_all(struct rc_secrets_manager *manager)
{
	struct secrets_entry *entry, *next;

	HASH_ITER (hh, manager->entries, entry, next)
		rc_secrets_queue_evaluate(entry);
}

static void on_due(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	rc_secrets_queue_evaluate(rc_container_of(timer, struct secrets_entry, due));
}

void rc_secrets_queue_init(struct secrets_entry *entry)
{
	ev_timer_init(&entry->due, on_due, 0, 0);
}

void rc_secrets_queue_wake(struct secrets_entry *entry, double seconds)
{
	struct ev_loop *loop = entry->manager->options.loop;

	ev_timer_stop(loop, &entry->due);
	ev_now_update(loop);
	ev_timer_set(&entry->due, seconds, 0);
	ev_timer_start(loop, &entry->due);
}
