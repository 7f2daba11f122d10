/*
 * The desired state of one application: its manifests made ready to be compared and applied.
 *
 * Cluster-scoped objects lose their namespace, namespaced ones without one get the destination's;
 * of two with the same key the last one wins, with a warning; each is marked as ours
 * (gitops/tracking.h), hooks are marked too but not selected by the watch label.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "gitops/traits.h"
#include "kube/discovery.h"
#include "kube/object.h"

struct rc_desired_item {
	struct rc_kube_key key; /* texts in key_block */
	struct rc_kube_key *key_block;
	char *api_version;
	char *generate_name; /* of a hook that has no name; NULL: it has one */
	char *defines;	     /* "group/kind" of a CustomResourceDefinition; NULL: it is none */
	char *text;	     /* the object, as compact JSON: a tree takes eight times as much */
	struct rc_traits traits;
	uint64_t hash;	    /* of object */
	bool is_namespaced; /* meaningless while is_unknown */
	bool is_scaled;	    /* an autoscaler of the same manifests says how many replicas */
	bool is_unknown;    /* the cluster does not serve this kind (yet) */
};

struct rc_desired {
	struct rc_desired_item *items; /* in manifest order */
	size_t n;
	json_t *warnings; /* array of text */
};

struct rc_desired_options {
	const char *instance, *app;
	const char *name_space;			   /* the destination's; may be "" */
	const struct rc_kube_discovery *discovery; /* NULL: every kind is unknown (tests) */
};

/* manifests: an array of objects, borrowed; List kinds are taken apart. -EINVAL names the object.
 */
int rc_desired_build(const json_t *manifests, const struct rc_desired_options *options,
		     struct rc_desired **ret_desired, struct rc_error **err);
void rc_desired_free(struct rc_desired *desired);
RC_DEFINE_FREEP(struct rc_desired, rc_desired_free)
/* Whether it is the CustomResourceDefinition of key's kind; item may be NULL. */
bool rc_desired_item_defines(const struct rc_desired_item *item, const struct rc_kube_key *key);
/* The object itself; the caller's. */
json_t *rc_desired_item_load(const struct rc_desired_item *item);
/* Something else is wanted in place of the object that it was made of, with the same key. */
void rc_desired_item_set(struct rc_desired_item *item, const json_t *object);
/* NULL when it is not desired; hooks are not found by this. */
const struct rc_desired_item *rc_desired_find(const struct rc_desired *desired,
					      const struct rc_kube_key *key);
/* It is in the manifests, if only as one that syncs leave alone (hook Skip): nothing to prune. */
bool rc_desired_names(const struct rc_desired *desired, const struct rc_kube_key *key);
/* Of the whole, for "nothing changed". */
uint64_t rc_desired_get_hash(const struct rc_desired *desired);
