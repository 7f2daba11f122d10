/*
 * Whose an object is: label reconciled.io/app to find it, annotation reconciled.io/tracking-id
 * ("<app>:<group>/<kind>:<namespace>/<name>", Argo CD's format) to be sure, and annotation
 * reconciled.io/instance to tell installations apart. An id that does not name the object carrying
 * it was copied there by someone; such an object is nobody's.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "kube/object.h"

#define RC_TRACKING_LABEL    "reconciled.io/app"
#define RC_TRACKING_ID	     "reconciled.io/tracking-id"
#define RC_TRACKING_INSTANCE "reconciled.io/instance"

/* "<app>:<group>/<kind>:<namespace>/<name>"; the caller's to free. */
char *rc_tracking_format(const char *app, const struct rc_kube_key *key);
/* Mark object as app's. The label's value is cut to 63 characters with a hash where it must be. */
void rc_tracking_set(json_t *object, const char *instance, const char *app,
		     const struct rc_kube_key *key);
/* Give object the marks that from has, for a comparison without them. */
void rc_tracking_copy(json_t *object, const json_t *from);
/* The label value for app; the caller's to free. */
char *rc_tracking_label(const char *app);

enum rc_tracking {
	RC_TRACKING_NONE,    /* nobody's, also a copy */
	RC_TRACKING_OURS,    /* this app's of this instance */
	RC_TRACKING_OTHER,   /* another app's, or another instance's */
	RC_TRACKING_ARGO_CD, /* argocd.argoproj.io/tracking-id names it, and app: it can be adopted
			      */
};
/* *ret_owner (may be NULL) is who has it, the caller's to free; NULL for NONE. */
enum rc_tracking rc_tracking_check(const json_t *object, const char *instance, const char *app,
				   char **ret_owner);
