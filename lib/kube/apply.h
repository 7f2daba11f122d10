/*
 * Writing objects: server-side apply, create, replace, patch, delete. And reading one.
 *
 * Each is one request; done is rc_kube_request_done_fn of kube/request.h, and cancelling is
 * rc_kube_request_cancel().
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "kube/discovery.h"
#include "kube/request.h"

#define RC_KUBE_FIELD_MANAGER "reconciled"

struct rc_kube_write_options {
	const char *manager; /* NULL: RC_KUBE_FIELD_MANAGER */
	bool dry_run;	     /* the server checks and answers what would be */
	bool force;	     /* apply: take fields that others own */
	bool no_validation;  /* fieldValidation=Ignore; else Strict: fields nobody knows are refused
			      */
	uint64_t timeout_ms; /* 0: 30 s */
};

/* Server-side apply of object, which is borrowed (as all here) until the call returns. */
struct rc_kube_request *rc_kube_apply_start(struct rc_kube_cluster *cluster,
					    const struct rc_kube_resource *resource,
					    const json_t *object,
					    const struct rc_kube_write_options *options,
					    rc_kube_request_done_fn *done, void *userdata);
/* POST; -EEXIST when it is there. */
struct rc_kube_request *rc_kube_apply_create(struct rc_kube_cluster *cluster,
					     const struct rc_kube_resource *resource,
					     const json_t *object,
					     const struct rc_kube_write_options *options,
					     rc_kube_request_done_fn *done, void *userdata);
/* PUT of the whole object; subresource may be NULL ("status"). */
struct rc_kube_request *rc_kube_apply_replace(struct rc_kube_cluster *cluster,
					      const struct rc_kube_resource *resource,
					      const json_t *object, const char *subresource,
					      const struct rc_kube_write_options *options,
					      rc_kube_request_done_fn *done, void *userdata);
/* A merge patch (RFC 7386) of the object that key names. */
struct rc_kube_request *rc_kube_apply_patch(struct rc_kube_cluster *cluster,
					    const struct rc_kube_resource *resource,
					    const struct rc_kube_key *key, const json_t *patch,
					    const char *subresource,
					    const struct rc_kube_write_options *options,
					    rc_kube_request_done_fn *done, void *userdata);

struct rc_kube_delete_options {
	const char *propagation;      /* "Foreground", "Background", "Orphan"; NULL: "Background" */
	const char *uid;	      /* only if it still is this one; NULL: whichever */
	const char *resource_version; /* only if it is unchanged since; NULL: whichever */
	bool dry_run;
	bool at_once; /* without the object's grace period */
};
struct rc_kube_request *rc_kube_apply_delete(struct rc_kube_cluster *cluster,
					     const struct rc_kube_resource *resource,
					     const struct rc_kube_key *key,
					     const struct rc_kube_delete_options *options,
					     rc_kube_request_done_fn *done, void *userdata);
struct rc_kube_request *rc_kube_apply_get(struct rc_kube_cluster *cluster,
					  const struct rc_kube_resource *resource,
					  const struct rc_kube_key *key,
					  rc_kube_request_done_fn *done, void *userdata);
/* The first 500 of a collection; for what is looked at once, such as the pods behind a Deployment
 * that is not ready. Either selector may be NULL. answer->object is a List. */
struct rc_kube_request *rc_kube_apply_list(struct rc_kube_cluster *cluster,
					   const struct rc_kube_resource *resource,
					   const char *name_space, const char *label_selector,
					   const char *field_selector,
					   rc_kube_request_done_fn *done, void *userdata);
