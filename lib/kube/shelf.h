/*
 * Many objects in little memory: each as compact JSON text, never as a tree, found by its key and,
 * together, by the value of one label.
 */
#pragma once

#include <stddef.h>

#include <jansson.h>
#include <uthash.h>

#include "kube/cache.h"
#include "kube/object.h"

struct rc_kube_shelved {
	UT_hash_handle hh; /* by the key's texts: group, kind, namespace, name, each with its NUL */
	struct shelf_group *group; /* those with its label */
	struct rc_kube_shelved *prev, *next;
	struct rc_kube_live live;
	unsigned int seen;  /* the owner's: the list that told it last */
	unsigned int trims; /* the owner's: how often trimming had changed when it was made */
	char text[];	    /* key, uid, resourceVersion, label, JSON */
};

/* All zero: empty. */
struct rc_kube_shelf {
	struct rc_kube_shelved *objects;
	struct shelf_group *groups;
	size_t bytes; /* of all texts */
};

/* A new block, on no shelf yet: free() frees it. */
struct rc_kube_shelved *rc_kube_shelf_pack(const struct rc_kube_key *key, const json_t *json,
					   const char *label);
/* The object itself; the caller's. */
json_t *rc_kube_shelf_unpack(const struct rc_kube_shelved *object);

/* The shelf owns object from now on; one of the same key must not be there. */
void rc_kube_shelf_insert(struct rc_kube_shelf *shelf, struct rc_kube_shelved *object);
/* Off the shelf; it is the caller's now. */
void rc_kube_shelf_take_out(struct rc_kube_shelf *shelf, struct rc_kube_shelved *object);
/* NULL when it is not there. */
struct rc_kube_shelved *rc_kube_shelf_find(const struct rc_kube_shelf *shelf,
					   const struct rc_kube_key *key);
/* All whose label is value (NULL: all), in the order of their keys. */
void rc_kube_shelf_each(const struct rc_kube_shelf *shelf, const char *value,
			void (*fn)(void *userdata, const struct rc_kube_live *live),
			void *userdata);
