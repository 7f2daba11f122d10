/*
 * The rows of one application: every object that is desired or tracked, how the two compare, and
 * how the live one is.
 *
 * What was found is remembered by the hashes of both objects (without status), so that a look at an
 * unchanged application, or at one whose controllers only report, compares nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gitops/application.h"
#include "gitops/compare.h"
#include "gitops/desired.h"
#include "gitops/health.h"
#include "gitops/judge.h"
#include "gitops/plan.h"
#include "kube/cache.h"

struct rc_resource {
	struct rc_kube_key *key;	    /* owned */
	const struct rc_desired_item *item; /* NULL: live only; borrowed from the desired state */
	struct rc_traits traits;	    /* of the desired object, else of the live one */
	enum rc_comparison comparison;
	enum rc_comparison before; /* what is shown while it is UNKNOWN */
	bool is_predicted;	   /* at this look a dry run has accepted what is desired */
	enum rc_health health;
	char *message; /* of its health, or NULL */
	char *owner;   /* of a desired one: the other application that has it; or NULL */
	bool is_owned, is_terminating;
	bool is_forbidden;    /* by the project; nothing else is said of it then */
	bool is_asked;	      /* a dry run about it is under way */
	bool is_judged_later; /* a health script was asked about this state */
	json_t *programs;     /* of ignoreDifferences, that a worker has to run first; or NULL */
	uint64_t desired_hash, live_hash; /* what comparison is about */
	char *resource_version;		  /* what health is about; NULL: nothing live */
};

struct rc_resources {
	struct rc_resource *rows; /* in the order of their keys */
	size_t n;
};

/* What of the options of a comparison depends on the object. */
void rc_resources_set_options(struct rc_compare_options *options,
			      const struct rc_desired_item *item,
			      const struct rc_application_options *application);

struct rc_resources_options {
	const struct rc_desired *desired;
	const struct rc_kube_cache *cache;
	const char *instance, *app;
	struct rc_compare_options compare; /* without what depends on the object */
	const struct rc_application_options *application;
	struct rc_judge *judge; /* may be NULL */
	const void *cluster;	/* for judge */
	/*
	 * Whether the project allows an object. One that is live only is then none of ours; one
	 * that is desired is as if it were not there, so that a sync is tried and says why it
	 * cannot. May be NULL: everything is.
	 */
	bool (*is_allowed)(const void *userdata, const struct rc_kube_key *key);
	const void *userdata;
};

void rc_resources_done(struct rc_resources *resources);
/* The row of an object, or NULL. */
struct rc_resource *rc_resources_find(const struct rc_resources *resources,
				      const struct rc_kube_key *key);
/* Judge the health of one row anew, while a run changes it; whether it differs is not looked at. */
void rc_resources_judge(struct rc_resources *resources, const struct rc_kube_key *key,
			const struct rc_resources_options *options);
/* Look at everything anew; rows that need a dry run are RC_COMPARISON_UNKNOWN then. Returns how
 * many objects had to be compared. */
size_t rc_resources_update(struct rc_resources *resources,
			   const struct rc_resources_options *options);

/* Whether a sync would do something about a row. */
bool rc_resources_is_out_of_sync(const struct rc_resource *row);
/* Whether it is live and should not be: also one that no sync prunes (Prune=false). */
bool rc_resources_requires_pruning(const struct rc_resource *row);
/* As people are shown it: "Synced", "OutOfSync" or "Unknown". */
const char *rc_resources_get_status(const struct rc_resource *row);
struct rc_resources_count {
	size_t n_out_of_sync, n_extras, n_unknown;
	/* As it is shown: what is being found out is as it was before, and what is there though it
	 * should not be counts also where no sync prunes it. */
	size_t n_shown_out_of_sync, n_shown_unknown;
};
struct rc_resources_count rc_resources_count(const struct rc_resources *resources);
/* The worst of all that are there, with up to three causes; Missing when none is. *ret_message is
 * NULL or the caller's to free. */
enum rc_health rc_resources_assess(const struct rc_resources *resources, char **ret_message);
/* For rc_plan_make(); the caller's to free(), its keys borrowed from the rows. */
struct rc_plan_live *rc_resources_list_live(const struct rc_resources *resources, size_t *ret_n);
/* An array of {group, kind, namespace, name, status, health, syncWave, ...}; the caller's. */
json_t *rc_resources_describe(const struct rc_resources *resources);
