/*
 * The live state of the kinds in use, kept by watches.
 *
 * An object is held as compact JSON text, trimmed, with its key, uid, resourceVersion and hash;
 * never as a tree: 50,000 of them must fit in 200 MiB. Several users may want the same kind.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "kube/discovery.h"
#include "kube/object.h"

struct rc_kube_cluster;
struct rc_kube_cache;

/* One object as it is kept. Plain data, to look at; valid until the loop turns. */
struct rc_kube_live {
	struct rc_kube_key key;
	const char *uid;
	const char *resource_version;
	const char *label; /* the value of the cache's label, or "" */
	uint64_t hash;	   /* of what is kept without resourceVersion and status */
	size_t size_bytes; /* of the text */
};

struct rc_kube_cache_options {
	const char *label; /* only objects that have it are watched; NULL: all. Copied. */
	/* Take out of object, in place, what nobody will read; managedFields of others are always
	 * taken out (the entry of manager "reconciled" stays). May be NULL. */
	void (*trim)(void *userdata, json_t *object);
	/* Which managers' entries of managedFields stay besides "reconciled". May be NULL: none. */
	bool (*keeps_manager)(void *userdata, const char *manager);
	/* live came, changed or (is_gone) went; called from the loop, also during a first list. */
	void (*changed)(void *userdata, const struct rc_kube_live *live, bool is_gone);
	/* A kind was listed whole for the first time or again, or (r < 0) cannot be watched now. */
	void (*state)(void *userdata, const char *group, const char *kind, int r,
		      const struct rc_error *err);
	void *userdata;
};

struct rc_kube_cache *rc_kube_cache_new(struct rc_kube_cluster *cluster,
					const struct rc_kube_cache_options *options);
void rc_kube_cache_free(struct rc_kube_cache *cache);
RC_DEFINE_FREEP(struct rc_kube_cache, rc_kube_cache_free)

/* Watch a kind as well; wanting it again is fine. A changed version starts its watch anew. */
void rc_kube_cache_want(struct rc_kube_cache *cache, const struct rc_kube_resource *resource);
/* The same for the objects that a field selector ("type!=helm.sh/release.v1") lets through. */
void rc_kube_cache_want_some(struct rc_kube_cache *cache, const struct rc_kube_resource *resource,
			     const char *field_selector);
/* Stop watching it and forget its objects; changed is not called. */
void rc_kube_cache_drop(struct rc_kube_cache *cache, const char *group, const char *kind);
/* It is wanted, was listed whole, and its watch is not failing. */
bool rc_kube_cache_is_current(const struct rc_kube_cache *cache, const char *group,
			      const char *kind);
/* Why a kind is not current, borrowed; NULL when it is, or when nothing went wrong yet. */
const struct rc_error *rc_kube_cache_get_error(const struct rc_kube_cache *cache, const char *group,
					       const char *kind);

/* Why the first of the kinds that cannot be watched now cannot, borrowed, and how many there are
 * (may be NULL); NULL: all is well. */
const struct rc_error *rc_kube_cache_get_failure(const struct rc_kube_cache *cache, size_t *ret_n);

/* NULL when it is not there. */
const struct rc_kube_live *rc_kube_cache_find(const struct rc_kube_cache *cache,
					      const struct rc_kube_key *key);
/* The object itself; the caller's. NULL when it is not there. */
json_t *rc_kube_cache_load(const struct rc_kube_cache *cache, const struct rc_kube_key *key);
/* All objects whose label is value (NULL: all), in the order of their keys. */
void rc_kube_cache_each(const struct rc_kube_cache *cache, const char *value,
			void (*fn)(void *userdata, const struct rc_kube_live *live),
			void *userdata);

/* What trim or keeps_manager leave has changed: list everything again. */
void rc_kube_cache_relist(struct rc_kube_cache *cache);

/* An answer to our own write, so that we need not wait for the watch; older ones are ignored. */
void rc_kube_cache_note(struct rc_kube_cache *cache, const json_t *object);
/* Numbers for metrics and tests. */
size_t rc_kube_cache_count(const struct rc_kube_cache *cache);
size_t rc_kube_cache_count_kinds(const struct rc_kube_cache *cache);
size_t rc_kube_cache_get_bytes(const struct rc_kube_cache *cache);
