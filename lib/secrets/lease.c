/* Remembering leases, and deciding. */
#include "secrets/lease.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"

#define UNKNOWN_SLACK_S 5
#define MIN_AGE_S	10  /* what is asked for is not minted more often, */
#define MIN_AGE_MAX_S	600 /* nor than a tenth of its life up to this */
#define STATIC_DELAY_S	1   /* after a static role's password has changed */

static const char *const names[] = {"current", "next", "old"};

/* ---- the record ---- */

static void lease_done(struct rc_secrets_lease *lease)
{
	free((void *)(uintptr_t)lease->source);
	free((void *)(uintptr_t)lease->id);
	free((void *)(uintptr_t)lease->accessor);
}

static void generation_done(struct rc_secrets_lease_generation *generation)
{
	for (size_t i = 0; i < generation->n; i++)
		lease_done(&generation->leases[i]);
	free(generation->leases);
	free(generation->hash);
	*generation = (struct rc_secrets_lease_generation){.n = 0};
}

void rc_secrets_lease_record_done(struct rc_secrets_lease_record *record)
{
	for (size_t i = 0; i < RC_SECRETS_LEASE_GENERATIONS; i++)
		generation_done(&record->generations[i]);
	*record = (struct rc_secrets_lease_record){.intent_unix_s = 0};
}

void rc_secrets_lease_add(struct rc_secrets_lease_record *record, enum rc_secrets_lease_which which,
			  const struct rc_secrets_lease *lease)
{
	struct rc_secrets_lease_generation *generation = &record->generations[which];
	struct rc_secrets_lease *copy;

	generation->leases =
		rc_realloc(generation->leases, (generation->n + 1) * sizeof(*generation->leases));
	copy = &generation->leases[generation->n++];
	*copy = *lease;
	copy->source = rc_strdup(lease->source ? lease->source : "");
	copy->id = rc_strdup(lease->id ? lease->id : "");
	copy->accessor = rc_strdup(lease->accessor ? lease->accessor : "");
	if (generation->n == 1)
		generation->minted_unix_s = lease->began_unix_s;
}

static int64_t number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void load_generation(struct rc_secrets_lease_record *record,
			    enum rc_secrets_lease_which which, const json_t *document)
{
	struct rc_secrets_lease_generation *generation = &record->generations[which];
	const char *hash = rc_json_text(document, "hash", NULL);
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(document, "leases"), i, item) {
		struct rc_secrets_lease lease = {
			.source = rc_json_text(item, "source", NULL),
			.id = rc_json_text(item, "id", NULL),
			.accessor = rc_json_text(item, "accessor", NULL),
			.began_unix_s = number(item, "began"),
			.duration_s = number(item, "duration"),
			.asked_s = number(item, "asked"),
			.renewable = json_is_true(json_object_get(item, "renewable")),
			.is_last = json_is_true(json_object_get(item, "last")),
			.is_left = json_is_true(json_object_get(item, "left")),
		};

		rc_secrets_lease_add(record, which, &lease);
	}
	generation->minted_unix_s = number(document, "minted");
	generation->hash = rc_strdup(hash);
}

void rc_secrets_lease_record_load(struct rc_secrets_lease_record *record, const json_t *document)
{
	*record = (struct rc_secrets_lease_record){
		.intent_unix_s = number(document, "intent"),
		.unknown_until_unix_s = number(document, "unknownUntil"),
		.written_unix_s = number(document, "written"),
		.rollout_s = number(document, "rollout"),
	};
	for (size_t i = 0; i < RC_SECRETS_LEASE_GENERATIONS; i++)
		load_generation(record, (enum rc_secrets_lease_which)i,
				json_object_get(document, names[i]));
	if (record->intent_unix_s)
		rc_secrets_lease_note_unknown(record, record->intent_unix_s);
}

static json_t *save_generation(const struct rc_secrets_lease_generation *generation)
{
	json_t *leases = json_array();

	for (size_t i = 0; i < generation->n; i++) {
		const struct rc_secrets_lease *lease = &generation->leases[i];

		json_array_append_new(
			leases, json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:b, s:b, s:b}", "source",
					  lease->source, "id", lease->id, "accessor",
					  lease->accessor, "began", (json_int_t)lease->began_unix_s,
					  "duration", (json_int_t)lease->duration_s, "asked",
					  (json_int_t)lease->asked_s, "renewable", lease->renewable,
					  "last", lease->is_last, "left", lease->is_left));
	}
	return json_pack("{s:I, s:s*, s:o}", "minted", (json_int_t)generation->minted_unix_s,
			 "hash", generation->hash, "leases", leases);
}

json_t *rc_secrets_lease_record_save(const struct rc_secrets_lease_record *record)
{
	json_t *document = json_pack(
		"{s:I, s:I, s:I, s:I}", "intent", (json_int_t)record->intent_unix_s, "unknownUntil",
		(json_int_t)record->unknown_until_unix_s, "written",
		(json_int_t)record->written_unix_s, "rollout", (json_int_t)record->rollout_s);
	bool is_empty = !record->intent_unix_s && !record->unknown_until_unix_s;

	for (size_t i = 0; i < RC_SECRETS_LEASE_GENERATIONS; i++) {
		if (record->generations[i].n == 0)
			continue;
		is_empty = false;
		json_object_set_new(document, names[i], save_generation(&record->generations[i]));
	}
	if (!is_empty)
		return document;
	json_decref(document);
	return NULL;
}

/* ---- what happens to it ---- */

void rc_secrets_lease_drop(struct rc_secrets_lease_record *record,
			   enum rc_secrets_lease_which which, size_t i)
{
	struct rc_secrets_lease_generation *generation = &record->generations[which];

	lease_done(&generation->leases[i]);
	generation->n--;
	memmove(&generation->leases[i], &generation->leases[i + 1],
		(generation->n - i) * sizeof(*generation->leases));
	if (generation->n == 0)
		generation_done(generation);
}

static const struct rc_secrets_lease *find_in(const struct rc_secrets_lease_generation *generation,
					      const char *source)
{
	for (size_t i = 0; i < generation->n; i++)
		if (strcmp(generation->leases[i].source, source) == 0)
			return &generation->leases[i];
	return NULL;
}

void rc_secrets_lease_promote(struct rc_secrets_lease_record *record, const json_t *used,
			      const char *hash, int64_t now_unix_s)
{
	struct rc_secrets_lease_generation *current =
		&record->generations[RC_SECRETS_LEASE_CURRENT];
	struct rc_secrets_lease_generation *next = &record->generations[RC_SECRETS_LEASE_NEXT];
	bool is_new = next->n > 0;

	for (size_t i = current->n; i > 0; i--) {
		const struct rc_secrets_lease *lease = &current->leases[i - 1];

		if (json_object_get(used, lease->source) && !find_in(next, lease->source))
			continue;
		if (*lease->id) /* a static role leaves nothing behind */
			rc_secrets_lease_add(record, RC_SECRETS_LEASE_OLD, lease);
		rc_secrets_lease_drop(record, RC_SECRETS_LEASE_CURRENT, i - 1);
	}
	for (size_t i = 0; i < next->n; i++)
		rc_secrets_lease_add(record, RC_SECRETS_LEASE_CURRENT, &next->leases[i]);
	if (is_new)
		current->minted_unix_s = next->minted_unix_s;
	generation_done(next);
	free(current->hash);
	current->hash = current->n > 0 ? rc_strdup(hash) : NULL;
	if (is_new || record->generations[RC_SECRETS_LEASE_OLD].n > 0)
		record->written_unix_s = now_unix_s;
	record->intent_unix_s = 0;
}

bool rc_secrets_lease_expire(struct rc_secrets_lease_record *record, int64_t now_unix_s)
{
	bool is_any = false;

	if (record->unknown_until_unix_s && record->unknown_until_unix_s <= now_unix_s) {
		record->unknown_until_unix_s = 0;
		is_any = true;
	}
	for (size_t which = RC_SECRETS_LEASE_NEXT; which < RC_SECRETS_LEASE_GENERATIONS; which++) {
		const struct rc_secrets_lease_generation *generation = &record->generations[which];

		for (size_t i = generation->n; i > 0; i--) {
			if (rc_secrets_lease_get_end(&generation->leases[i - 1]) > now_unix_s)
				continue;
			rc_secrets_lease_drop(record, (enum rc_secrets_lease_which)which, i - 1);
			is_any = true;
		}
	}
	return is_any;
}

void rc_secrets_lease_note_unknown(struct rc_secrets_lease_record *record, int64_t now_unix_s)
{
	const struct rc_secrets_lease_generation *current =
		&record->generations[RC_SECRETS_LEASE_CURRENT];
	int64_t longest_s = 0;

	for (size_t i = 0; i < current->n; i++)
		if (*current->leases[i].id && current->leases[i].asked_s > longest_s)
			longest_s = current->leases[i].asked_s;
	if (longest_s > 0)
		record->unknown_until_unix_s = now_unix_s + longest_s + UNKNOWN_SLACK_S;
	record->intent_unix_s = 0;
}

/* ---- times ---- */

/* A fraction that belongs to the lease, so that many of them spread and each stays as it is. */
static double fraction_of(const struct rc_secrets_lease *lease)
{
	uint32_t hash = 2166136261u;

	for (const char *c = lease->id; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	return (double)(hash % 1000) / 1000;
}

int64_t rc_secrets_lease_get_end(const struct rc_secrets_lease *lease)
{
	int64_t end = lease->began_unix_s + lease->duration_s;

	return lease->token_end_unix_s && lease->token_end_unix_s < end ? lease->token_end_unix_s
									: end;
}

/* The token ends before another renewal of the lease would. */
static bool token_matters(const struct rc_secrets_lease *lease)
{
	return lease->token_end_unix_s &&
	       lease->token_end_unix_s < lease->began_unix_s + lease->duration_s + lease->asked_s;
}

int64_t rc_secrets_lease_get_due(const struct rc_secrets_lease *lease)
{
	double fraction = fraction_of(lease), left_s;
	int64_t due = lease->began_unix_s +
		      (int64_t)((double)lease->duration_s * (0.6 + 0.1 * fraction)),
		early;

	if (!*lease->id)
		return lease->began_unix_s + lease->duration_s + STATIC_DELAY_S;
	/* A renewal that came back short: what is left of its life is for the rollout. */
	if (lease->is_last)
		due = lease->began_unix_s;
	/* What its token takes along is replaced before, spread over what is left of it. */
	if (token_matters(lease)) {
		left_s = (double)(lease->token_end_unix_s - lease->token_seen_unix_s);
		early = lease->token_seen_unix_s + (int64_t)(left_s * (0.2 + 0.4 * fraction));
		due = early < due ? early : due;
	}
	return due > lease->not_before_unix_s ? due : lease->not_before_unix_s;
}

int64_t rc_secrets_lease_get_soonest_end(const struct rc_secrets_lease_record *record)
{
	const struct rc_secrets_lease_generation *current =
		&record->generations[RC_SECRETS_LEASE_CURRENT];
	int64_t soonest = 0;

	for (size_t i = 0; i < current->n; i++) {
		int64_t end = rc_secrets_lease_get_end(&current->leases[i]);

		if (!soonest || end < soonest)
			soonest = end;
	}
	return soonest;
}

static size_t count_ids(const struct rc_secrets_lease_generation *generation)
{
	size_t n = 0;

	for (size_t i = 0; i < generation->n; i++)
		n += *generation->leases[i].id != '\0';
	return n;
}

size_t rc_secrets_lease_count(const struct rc_secrets_lease_record *record)
{
	size_t n = record->unknown_until_unix_s ? 1 : 0;

	for (size_t i = 0; i < RC_SECRETS_LEASE_GENERATIONS; i++)
		n += count_ids(&record->generations[i]);
	return n;
}

const struct rc_secrets_lease *rc_secrets_lease_find(const struct rc_secrets_lease_record *record,
						     const char *source)
{
	const struct rc_secrets_lease_generation *current =
		&record->generations[RC_SECRETS_LEASE_CURRENT];

	return find_in(current, source);
}

/* ---- deciding ---- */

struct choice {
	const struct rc_secrets_lease_record *record;
	const struct rc_secrets_lease_facts *facts;
	struct rc_secrets_lease_decision decision;
};

static void wait_until(struct choice *choice, int64_t at)
{
	if (at < choice->decision.at_unix_s)
		choice->decision.at_unix_s = at;
}

static bool decide(struct choice *choice, enum rc_secrets_lease_action action,
		   enum rc_secrets_lease_which which, size_t i)
{
	choice->decision.action = action;
	choice->decision.which = which;
	choice->decision.i = i;
	return true;
}

static bool is_renewable(const struct rc_secrets_lease *lease)
{
	return *lease->id && lease->renewable && !lease->is_last && !lease->is_left &&
	       !token_matters(lease);
}

/* The first that may be revoked now. */
static bool revoke_any(struct choice *choice, enum rc_secrets_lease_which which)
{
	const struct rc_secrets_lease_generation *generation = &choice->record->generations[which];

	for (size_t i = 0; i < generation->n; i++) {
		const struct rc_secrets_lease *lease = &generation->leases[i];

		wait_until(choice, rc_secrets_lease_get_end(lease));
		if (lease->is_left)
			continue;
		if (lease->not_before_unix_s <= choice->facts->now_unix_s)
			return decide(choice, RC_SECRETS_LEASE_REVOKE, which, i);
		wait_until(choice, lease->not_before_unix_s);
	}
	return false;
}

/* Old ones that pods still use are kept alive as long as it goes. */
static bool keep_old(struct choice *choice)
{
	const struct rc_secrets_lease_generation *old =
		&choice->record->generations[RC_SECRETS_LEASE_OLD];

	for (size_t i = 0; i < old->n; i++) {
		int64_t due = rc_secrets_lease_get_due(&old->leases[i]);

		wait_until(choice, rc_secrets_lease_get_end(&old->leases[i]));
		if (!is_renewable(&old->leases[i]))
			continue;
		if (due <= choice->facts->now_unix_s)
			return decide(choice, RC_SECRETS_LEASE_RENEW, RC_SECRETS_LEASE_OLD, i);
		wait_until(choice, due);
	}
	return false;
}

static bool may_mint(const struct rc_secrets_lease_record *record)
{
	return count_ids(&record->generations[RC_SECRETS_LEASE_OLD]) == 0 &&
	       count_ids(&record->generations[RC_SECRETS_LEASE_NEXT]) == 0 &&
	       !record->unknown_until_unix_s;
}

static int64_t critical_of(const struct rc_secrets_lease *lease)
{
	int64_t slack_s = lease->asked_s / 10 > 2 ? lease->asked_s / 10 : 2;

	return rc_secrets_lease_get_end(lease) - slack_s;
}

/* So early that a rollout may take three times as long as the last one did; but not before a third
 * of its life. */
static int64_t due_before_rollout(const struct rc_secrets_lease_record *record,
				  const struct rc_secrets_lease *lease)
{
	int64_t due = rc_secrets_lease_get_due(lease);
	int64_t early = lease->began_unix_s + lease->duration_s - 3 * record->rollout_s;
	int64_t earliest = lease->began_unix_s + lease->duration_s / 3;

	if (!*lease->id || record->rollout_s <= 0 || due <= earliest)
		return due;
	early = early > earliest ? early : earliest;
	early = early > lease->not_before_unix_s ? early : lease->not_before_unix_s;
	return early < due ? early : due;
}

/* A current lease that is due: renewed if it can be, else replaced. */
static bool look_after(struct choice *choice, const struct rc_secrets_lease *lease, size_t i)
{
	int64_t now = choice->facts->now_unix_s;
	int64_t due = due_before_rollout(choice->record, lease);

	if (due > now) {
		wait_until(choice, due);
		return false;
	}
	if (is_renewable(lease))
		return decide(choice, RC_SECRETS_LEASE_RENEW, RC_SECRETS_LEASE_CURRENT, i);
	if (!*lease->id || may_mint(choice->record) || critical_of(lease) <= now)
		return decide(choice, RC_SECRETS_LEASE_ROTATE, RC_SECRETS_LEASE_CURRENT, i);
	wait_until(choice, critical_of(lease));
	if (choice->record->unknown_until_unix_s)
		wait_until(choice, choice->record->unknown_until_unix_s);
	return false;
}

/* So that asking mints no crowd. */
static int64_t min_age_of(const struct rc_secrets_lease *lease)
{
	int64_t age_s = lease->asked_s / 10;

	if (age_s < MIN_AGE_S)
		age_s = lease->asked_s / 2 < MIN_AGE_S ? lease->asked_s / 2 : MIN_AGE_S;
	return age_s < MIN_AGE_MAX_S ? age_s : MIN_AGE_MAX_S;
}

static bool follow_wish(struct choice *choice)
{
	const struct rc_secrets_lease_generation *current =
		&choice->record->generations[RC_SECRETS_LEASE_CURRENT];
	int64_t age_s = MIN_AGE_MAX_S, from;

	if (!choice->facts->is_wanted)
		return false;
	for (size_t i = 0; i < current->n; i++)
		if (min_age_of(&current->leases[i]) < age_s)
			age_s = min_age_of(&current->leases[i]);
	from = current->minted_unix_s + (current->n > 0 ? age_s : 0);
	if (from > choice->facts->now_unix_s) {
		wait_until(choice, from);
		return false;
	}
	if (may_mint(choice->record))
		return decide(choice, RC_SECRETS_LEASE_ROTATE, RC_SECRETS_LEASE_CURRENT, 0);
	if (choice->record->unknown_until_unix_s)
		wait_until(choice, choice->record->unknown_until_unix_s);
	return false;
}

struct rc_secrets_lease_decision
rc_secrets_lease_decide(const struct rc_secrets_lease_record *record,
			const struct rc_secrets_lease_facts *facts)
{
	const struct rc_secrets_lease_generation *current =
		&record->generations[RC_SECRETS_LEASE_CURRENT];
	struct choice choice = {
		.record = record,
		.facts = facts,
		.decision = {.action = RC_SECRETS_LEASE_WAIT, .at_unix_s = INT64_MAX}};

	if (!facts->keeps_next && revoke_any(&choice, RC_SECRETS_LEASE_NEXT))
		return choice.decision;
	if (facts->is_settled ? revoke_any(&choice, RC_SECRETS_LEASE_OLD) : keep_old(&choice))
		return choice.decision;
	for (size_t i = 0; i < current->n; i++)
		if (look_after(&choice, &current->leases[i], i))
			return choice.decision;
	follow_wish(&choice);
	return choice.decision;
}
