/*
 * What somebody asks of one sync, beside what the application says: pruning, a choice of resources,
 * other ways of writing, and the approval of what waits for a person.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "gitops/application.h"
#include "kube/object.h"

/* Zero: nothing but what the application says. */
struct rc_request {
	bool prune, dry_run;
	bool force, replace, out_of_sync_only, no_hooks;
	json_t *resources; /* ["GROUP:KIND:[NAMESPACE/]NAME"], "!" before one leaves it out; or NULL
			    */
	json_t *approved;  /* {name of an object: true}: what may go now; or NULL */
};

void rc_request_done(struct rc_request *request);
/*
 * Read {prune, dryRun, force, replace, applyOutOfSyncOnly, strategy ("hook" or "apply"),
 * resources, approved}; what is missing is not asked for. *request is empty. -EINVAL names the
 * field. json may be NULL.
 */
int rc_request_parse(const json_t *json, struct rc_request *request, struct rc_error **err);
/* The caller's. */
json_t *rc_request_to_json(const struct rc_request *request);

/* A choice of resources: then there are no hooks, and no history. */
bool rc_request_is_partial(const struct rc_request *request);
bool rc_request_selects(const struct rc_request *request, const struct rc_kube_key *key);
/* name is rc_kube_object_format_key()'s. */
bool rc_request_approves(const struct rc_request *request, const char *name);
/* Make of the application's options those of the run, in place. */
void rc_request_apply(const struct rc_request *request, struct rc_application_options *options);
