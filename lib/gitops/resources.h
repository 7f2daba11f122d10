/*
 * The rows of one application: every object that is desired or tracked, how the two compare, and
 * how the live one is.
 *
 * What was found equal is remembered by the desired object's hash and the live one's
 * resourceVersion, so that a look at an unchanged application compares nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gitops/compare.h"
#include "gitops/desired.h"
#include "gitops/health.h"
#include "gitops/plan.h"
#include "kube/cache.h"

struct rc_resource {
	struct rc_kube_key *key;	    /* owned */
	const struct rc_desired_item *item; /* NULL: live only; borrowed from the desired state */
	struct rc_traits traits;	    /* of the desired object, else of the live one */
	enum rc_comparison comparison;
	enum rc_health health;
	char *message; /* of its health, or NULL */
	bool is_owned, is_terminating;
	bool is_asked;		/* a dry run about it is under way */
	uint64_t desired_hash;	/* what comparison is about */
	char *resource_version; /* likewise; NULL: nothing live */
};

struct rc_resources {
	struct rc_resource *rows; /* in the order of their keys */
	size_t n;
};

struct rc_resources_options {
	const struct rc_desired *desired;
	const struct rc_kube_cache *cache;
	const char *instance, *app;
	const struct rc_ignore *ignore; /* may be NULL */
};

void rc_resources_done(struct rc_resources *resources);
/* Look at everything anew; rows that need a dry run are RC_COMPARISON_UNKNOWN then. Returns how
 * many objects had to be compared. */
size_t rc_resources_update(struct rc_resources *resources,
			   const struct rc_resources_options *options);

/* Whether a row speaks for OutOfSync. */
bool rc_resources_is_out_of_sync(const struct rc_resource *row);
struct rc_resources_count {
	size_t n_out_of_sync, n_extras, n_unknown;
};
struct rc_resources_count rc_resources_count(const struct rc_resources *resources);
/* The worst of all that are there, with up to three causes; Missing when none is. *ret_message is
 * NULL or the caller's to free. */
enum rc_health rc_resources_assess(const struct rc_resources *resources, char **ret_message);
/* For rc_plan_make(); the caller's to free(), its keys borrowed from the rows. */
struct rc_plan_live *rc_resources_list_live(const struct rc_resources *resources, size_t *ret_n);
/* An array of {group, kind, namespace, name, status, health, syncWave, ...}; the caller's. */
json_t *rc_resources_describe(const struct rc_resources *resources);
