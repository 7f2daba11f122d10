/*
 * ignoreDifferences: which fields of which objects nobody minds.
 *
 * jsonPointers (RFC 6901), jqPathExpressions, managedFieldsManagers. Of jq's language plain paths
 * (.a.b, ["a"], [0], [] and [] | select(.name == "x"), joined by pipes) are walked here; what is
 * more than that is a program that only a worker runs (gitops/script.h): it answers with the paths
 * that the program names in an object.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/error.h"

struct rc_ignore;
struct rc_kube_key;

/*
 * Lists as Application.spec.ignoreDifferences has them: common is the configuration's, for all
 * applications, own the application's; either may be NULL, and when both have nothing *ret_ignore
 * is NULL. -EINVAL names the rule.
 */
int rc_ignore_compile(const json_t *common, const json_t *own, struct rc_ignore **ret_ignore,
		      struct rc_error **err);
void rc_ignore_free(struct rc_ignore *ignore);
RC_DEFINE_FREEP(struct rc_ignore, rc_ignore_free)

/* Some rule is about this object. ignore may be NULL, here and below. */
bool rc_ignore_concerns(const struct rc_ignore *ignore, const json_t *object);
/* The programs of the rules about one object: an array of text, the caller's; NULL: none. */
json_t *rc_ignore_list_programs(const struct rc_ignore *ignore, const struct rc_kube_key *key);
/* Names of managedFieldsManagers; fn is called for each, names may come twice. */
void rc_ignore_each_manager(const struct rc_ignore *ignore,
			    void (*fn)(void *userdata, const char *manager), void *userdata);

/* What is ignored of one desired and one live object. All borrowed; zero: nothing is. */
struct rc_ignore_view {
	const struct rc_ignore *ignore;
	/* Paths that programs named, [["spec", "list", 0], ...]; NULL: there are none. */
	const json_t *desired_paths, *live_paths;
	/* An autoscaler says how many replicas there are, unless one of both says none at all. */
	bool is_scaled;
};

/* There is anything to be ignored. */
bool rc_ignore_view_concerns(const struct rc_ignore_view *view, const json_t *object);
/* Take the fields in question out of both objects, in place; live has managedFields. */
void rc_ignore_remove(const struct rc_ignore_view *view, json_t *desired, json_t *live);
/*
 * Change object so that applying it leaves the fields in question as they are in live: what we own
 * there gets live's value, what only others own is left out. is_whole: object replaces live, so
 * everything gets live's value.
 */
void rc_ignore_keep(const struct rc_ignore_view *view, json_t *object, const json_t *live,
		    bool is_whole);
