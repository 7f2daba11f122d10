/* Rows: desired and live side by side. */
#include "gitops/resources.h"

#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/sort.h"
#include "base/str.h"
#include "gitops/tracking.h"

#define CAUSES_MAX 3

static void row_done(struct rc_resource *row)
{
	free(row->key);
	free(row->message);
	free(row->owner);
	free(row->resource_version);
	json_decref(row->programs);
}

void rc_resources_done(struct rc_resources *resources)
{
	for (size_t i = 0; i < resources->n; i++)
		row_done(&resources->rows[i]);
	free(resources->rows);
	*resources = (struct rc_resources){.rows = NULL};
}

static int compare_rows(const void *a, const void *b)
{
	const struct rc_resource *x = a, *y = b;

	return rc_kube_object_compare_keys(x->key, y->key);
}

static struct rc_resource *find(struct rc_resource *rows, size_t n, const struct rc_kube_key *key)
{
	struct rc_kube_key copy = *key;
	struct rc_resource wanted = {.key = &copy};

	return n ? bsearch(&wanted, rows, n, sizeof(*rows), compare_rows) : NULL;
}

/* ---- collecting keys ---- */

struct collection {
	struct rc_resource *rows;
	size_t n, size;
	size_t n_desired; /* the first ones, sorted */
	const struct rc_desired *desired;
};

static struct rc_resource *add(struct collection *all, const struct rc_kube_key *key)
{
	if (all->n == all->size) {
		all->size = all->size ? 2 * all->size : 64;
		all->rows = rc_realloc(all->rows, all->size * sizeof(*all->rows));
	}
	all->rows[all->n] = (struct rc_resource){.key = rc_kube_object_dup_key(key)};
	return &all->rows[all->n++];
}

static void add_desired(struct collection *all, const struct rc_desired *desired)
{
	for (size_t i = 0; i < desired->n; i++) {
		const struct rc_desired_item *item = &desired->items[i];
		struct rc_resource *row;

		if (item->traits.is_hook || item->traits.is_skipped)
			continue;
		row = add(all, &item->key);
		row->item = item;
		row->traits = item->traits;
		row->desired_hash = item->hash;
	}
	rc_sort(all->rows, all->n, sizeof(*all->rows), compare_rows);
	all->n_desired = all->n;
}

static void on_live(void *userdata, const struct rc_kube_live *live)
{
	struct collection *all = userdata;

	if (!find(all->rows, all->n_desired, &live->key) &&
	    !rc_desired_names(all->desired, &live->key))
		add(all, &live->key);
}

struct rc_resource *rc_resources_find(const struct rc_resources *resources,
				      const struct rc_kube_key *key)
{
	return find(resources->rows, resources->n, key);
}

/* ---- one row ---- */

static void assess(struct rc_resource *row, const json_t *live,
		   const struct rc_resources_options *options)
{
	row->health = rc_judge_assess(options->judge, options->cluster, live, &row->message,
				      &row->is_judged_later);
	row->is_owned = json_array_size(json_object_get(json_object_get(live, "metadata"),
							"ownerReferences")) > 0;
	row->is_terminating = *rc_kube_object_get_meta(live, "deletionTimestamp") != '\0';
}

static void take_over_health(struct rc_resource *row, struct rc_resource *before)
{
	row->health = before->health;
	row->message = rc_steal(&before->message);
	row->is_owned = before->is_owned;
	row->is_terminating = before->is_terminating;
}

/* An extra one: ours, and not a hook's object. Returns whether it is a row at all. */
static bool read_extra(struct rc_resource *row, const json_t *live,
		       const struct rc_resources_options *options)
{
	enum rc_tracking tracking = rc_tracking_check(live, options->instance, options->app, NULL);

	if (tracking != RC_TRACKING_OURS)
		return false;
	if (rc_traits_read(live, &row->traits, NULL) < 0)
		row->traits.no_prune = true; /* unreadable traits: hands off */
	if (row->traits.is_hook || row->traits.is_skipped)
		return false;
	row->comparison = RC_COMPARISON_EXTRA;
	return true;
}

static enum rc_comparison get_shown(const struct rc_resource *row)
{
	return row->comparison != RC_COMPARISON_UNKNOWN ? row->comparison : row->before;
}

static bool is_compared(const struct rc_resource *row, const struct rc_resource *before)
{
	return before && before->comparison != RC_COMPARISON_UNKNOWN &&
	       (before->item != NULL) == (row->item != NULL) &&
	       before->desired_hash == row->desired_hash && before->live_hash == row->live_hash;
}

void rc_resources_set_options(struct rc_compare_options *options,
			      const struct rc_desired_item *item,
			      const struct rc_application_options *application)
{
	options->ignore.is_scaled = item->is_scaled;
	options->is_replaced = rc_traits_is_replaced(&item->traits, application);
	options->is_client_side = rc_traits_is_client_side(&item->traits, application);
	options->is_migrated = rc_traits_is_migrated(&item->traits, application);
}

static void compare(struct rc_resource *row, const json_t *live,
		    const struct rc_resources_options *options)
{
	struct rc_compare_options how = options->compare;
	json_auto_t *desired = NULL;

	rc_resources_set_options(&how, row->item, options->application);
	if (rc_tracking_check(live, options->instance, options->app, &row->owner) !=
	    RC_TRACKING_OTHER) {
		free(row->owner);
		row->owner = NULL;
	}
	row->programs = rc_ignore_list_programs(how.ignore.ignore, row->key);
	row->comparison = RC_COMPARISON_UNKNOWN;
	if (row->programs)
		return;
	desired = rc_desired_item_load(row->item);
	/* Two that both want it would take it from each other for ever: only what it holds counts.
	 */
	if (row->owner)
		rc_tracking_copy(desired, live);
	row->comparison = rc_compare_local(desired, live, &how);
}

/* Returns whether row stays; *compared counts the objects that were looked into. */
static bool fill(struct rc_resource *row, struct rc_resource *before,
		 const struct rc_resources_options *options, size_t *compared)
{
	const struct rc_kube_live *live = rc_kube_cache_find(options->cache, row->key);
	bool is_known, is_well_known;
	json_auto_t *object = NULL;

	row->is_forbidden =
		options->is_allowed && !options->is_allowed(options->userdata, row->key);
	if (row->is_forbidden) {
		row->comparison = RC_COMPARISON_MISSING;
		row->health = RC_HEALTH_NONE;
		return row->item != NULL;
	}
	if (!live) {
		row->comparison = RC_COMPARISON_MISSING;
		row->health = RC_HEALTH_MISSING;
		return row->item != NULL;
	}
	row->live_hash = live->hash;
	row->resource_version = rc_strdup(live->resource_version);
	is_known = is_compared(row, before);
	is_well_known = before && !before->is_judged_later &&
			rc_text_equal(before->resource_version, row->resource_version);
	if (!is_known || !is_well_known)
		object = rc_kube_cache_load(options->cache, row->key);
	if (is_well_known)
		take_over_health(row, before);
	else
		assess(row, object, options);
	if (is_known) {
		row->comparison = before->comparison;
		row->owner = rc_steal(&before->owner);
		if (!row->item)
			row->traits = before->traits;
		return true;
	}
	++*compared;
	if (before && (before->item != NULL) == (row->item != NULL))
		row->before = get_shown(before);
	if (!row->item)
		return read_extra(row, object, options);
	compare(row, object, options);
	return true;
}

void rc_resources_judge(struct rc_resources *resources, const struct rc_kube_key *key,
			const struct rc_resources_options *options)
{
	struct rc_resource *row = rc_resources_find(resources, key);
	json_auto_t *live = row ? rc_kube_cache_load(options->cache, key) : NULL;

	if (!row)
		return;
	free(row->message);
	row->message = NULL;
	row->health = RC_HEALTH_MISSING;
	free(row->resource_version);
	row->resource_version = NULL; /* the next look judges it again */
	if (live)
		assess(row, live, options);
}

size_t rc_resources_update(struct rc_resources *resources,
			   const struct rc_resources_options *options)
{
	struct collection all = {.desired = options->desired};
	rc_autofree char *label = rc_tracking_label(options->app);
	size_t compared = 0, n = 0;

	add_desired(&all, options->desired);
	rc_kube_cache_each(options->cache, label, on_live, &all);
	for (size_t i = 0; i < all.n; i++) {
		struct rc_resource *before = find(resources->rows, resources->n, all.rows[i].key);

		if (fill(&all.rows[i], before, options, &compared))
			all.rows[n++] = all.rows[i];
		else
			row_done(&all.rows[i]);
	}
	rc_sort(all.rows, n, sizeof(*all.rows), compare_rows);
	rc_resources_done(resources);
	resources->rows = all.rows;
	resources->n = n;
	return compared;
}

/* ---- adding up ---- */

/* An extra one that speaks against the whole: it should not be there, though it may be kept. */
static bool is_extraneous(const struct rc_resource *row)
{
	return !row->traits.ignore_extraneous && !row->is_owned &&
	       strcmp(row->key->kind, "CustomResourceDefinition") != 0;
}

static bool is_different(const struct rc_resource *row, enum rc_comparison comparison)
{
	switch (comparison) {
	case RC_COMPARISON_IN_SYNC:
	case RC_COMPARISON_UNKNOWN:
		return false;
	case RC_COMPARISON_MODIFIED:
	case RC_COMPARISON_MISSING:
		return true;
	case RC_COMPARISON_EXTRA:
		break;
	}
	return is_extraneous(row);
}

bool rc_resources_is_out_of_sync(const struct rc_resource *row)
{
	bool stays = row->traits.is_kept || row->traits.no_prune;

	return is_different(row, row->comparison) &&
	       !(stays && row->comparison == RC_COMPARISON_EXTRA);
}

bool rc_resources_requires_pruning(const struct rc_resource *row)
{
	return row->comparison == RC_COMPARISON_EXTRA && is_extraneous(row);
}

struct rc_resources_count rc_resources_count(const struct rc_resources *resources)
{
	struct rc_resources_count count = {.n_unknown = 0};

	for (size_t i = 0; i < resources->n; i++) {
		const struct rc_resource *row = &resources->rows[i];
		bool is_out = rc_resources_is_out_of_sync(row);

		count.n_out_of_sync += is_out;
		count.n_extras += is_out && row->comparison == RC_COMPARISON_EXTRA;
		count.n_unknown += row->comparison == RC_COMPARISON_UNKNOWN;
		count.n_shown_out_of_sync += is_different(row, get_shown(row));
		count.n_shown_unknown += get_shown(row) == RC_COMPARISON_UNKNOWN;
	}
	return count;
}

/* What is missing makes it OutOfSync; that is told already. */
static bool counts(const struct rc_resource *row)
{
	return row->item && row->health != RC_HEALTH_NONE && row->health != RC_HEALTH_MISSING &&
	       !row->traits.ignore_health;
}

static bool is_all_missing(const struct rc_resources *resources)
{
	for (size_t i = 0; i < resources->n; i++)
		if (resources->rows[i].comparison != RC_COMPARISON_MISSING)
			return false;
	return resources->n > 0;
}

enum rc_health rc_resources_assess(const struct rc_resources *resources, char **ret_message)
{
	enum rc_health worst = RC_HEALTH_HEALTHY;
	rc_autobuf struct rc_buf causes = RC_BUF_INIT(4096);
	size_t n = 0;

	if (is_all_missing(resources)) {
		*ret_message = rc_strdup("none of its objects is there");
		return RC_HEALTH_MISSING;
	}
	for (size_t i = 0; i < resources->n; i++)
		if (counts(&resources->rows[i]))
			worst = rc_health_worse(worst, resources->rows[i].health);
	for (size_t i = 0; i < resources->n && worst != RC_HEALTH_HEALTHY; i++) {
		const struct rc_resource *row = &resources->rows[i];

		if (!counts(row) || row->health != worst || n++ >= CAUSES_MAX)
			continue;
		rc_buf_printf(&causes, "%s%s %s: %s", causes.n ? "; " : "", row->key->kind,
			      row->key->name, row->message ?: rc_health_to_string(worst));
	}
	*ret_message = causes.n ? rc_buf_take(&causes) : NULL;
	return worst;
}

struct rc_plan_live *rc_resources_list_live(const struct rc_resources *resources, size_t *ret_n)
{
	struct rc_plan_live *live = rc_calloc(resources->n + 1, sizeof(*live));
	size_t n = 0;

	for (size_t i = 0; i < resources->n; i++) {
		const struct rc_resource *row = &resources->rows[i];

		if (row->comparison == RC_COMPARISON_MISSING)
			continue;
		live[n++] = (struct rc_plan_live){
			.key = *row->key,
			.traits = row->traits,
			.wave = row->traits.wave,
			.is_owned = row->is_owned,
			.owner = row->owner,
			.is_in_sync = row->comparison == RC_COMPARISON_IN_SYNC,
			.is_predicted = row->is_predicted,
			.is_terminating = row->is_terminating,
		};
	}
	*ret_n = n;
	return live;
}

const char *rc_resources_get_status(const struct rc_resource *row)
{
	enum rc_comparison shown = get_shown(row);

	if (shown == RC_COMPARISON_UNKNOWN || row->is_forbidden)
		return "Unknown";
	return shown == RC_COMPARISON_IN_SYNC ? "Synced" : "OutOfSync";
}

json_t *rc_resources_describe(const struct rc_resources *resources)
{
	json_t *list = json_array();

	for (size_t i = 0; i < resources->n; i++) {
		const struct rc_resource *row = &resources->rows[i];
		json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:i, s:s}", "group", row->key->group,
					 "kind", row->key->kind, "namespace", row->key->name_space,
					 "name", row->key->name, "syncWave", row->traits.wave,
					 "status", rc_resources_get_status(row));

		if (row->comparison == RC_COMPARISON_EXTRA)
			json_object_set_new(json, "requiresPruning",
					    json_boolean(rc_resources_requires_pruning(row)));
		if (row->health != RC_HEALTH_NONE)
			json_object_set_new(json, "health",
					    json_pack("{s:s, s:s*}", "status",
						      rc_health_to_string(row->health), "message",
						      row->message));
		json_array_append_new(list, json);
	}
	return list;
}
