/*
 * What the kinds of repositories have in common: one that is open, the version of a chart in it,
 * and its archive.
 */
#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "data/digest.h"
#include "registry/session.h"

/* One version of one chart. Texts live in the arena of the repository it was found in. */
struct rc_registry_chart {
	const char *name, *version;
	const char *description; /* "" : none is known without reading the archive */
	const char *digest;	 /* of the archive, 64 hexadecimal digits; NULL: not known */
	const char *location;	 /* the backend's own */
	uint64_t size;		 /* of the archive; 0: not known */
};

struct rc_registry_backend {
	struct rc_registry_session *session;
	const struct rc_registry_ops *ops;
	struct rc_arena *arena;
	const char *cache; /* folder; borrowed */
	void *state;	   /* the ops' own, in arena */
	/* A version that is written exactly so has no precedence over one that is equal to it. */
	bool is_loose;
	/* Of the list of what there is: the same text means the same list. "" where there is none.
	 */
	char token[RC_DIGEST_MAX];
};

/* A kind of repositories. */
struct rc_registry_ops {
	const char *type; /* mandatory; "helm", "oci" */
	/* Mandatory: bring what choosing needs. The list is allowed to be as old as the server
	 * says. */
	int (*open)(struct rc_registry_backend *backend, struct rc_error **err);
	/* Mandatory: -ENOENT, -ENODATA, -EINVAL as rc_registry_index_find(). */
	int (*choose)(struct rc_registry_backend *backend, const char *chart, const char *range,
		      struct rc_registry_chart *ret_chart, struct rc_error **err);
	/* Mandatory: append the archive; digest and size are checked by the caller. */
	int (*pull)(struct rc_registry_backend *backend, const struct rc_registry_chart *chart,
		    struct rc_buf *archive, struct rc_error **err);
	/* Optional: what open took beside the arena. */
	void (*close)(struct rc_registry_backend *backend);
};

extern const struct rc_registry_ops rc_registry_helm_ops, rc_registry_oci_ops;

/* "helm" or "oci"; NULL for others. */
const struct rc_registry_ops *rc_registry_backend_find_ops(const char *type);

/* access and cache are borrowed for as long as the backend. */
int rc_registry_backend_open(const char *type, const struct rc_registry_access *access,
			     const char *cache, uint64_t deadline_ms,
			     struct rc_registry_backend **ret_backend, struct rc_error **err);
void rc_registry_backend_close(struct rc_registry_backend *backend);
RC_DEFINE_FREEP(struct rc_registry_backend, rc_registry_backend_close)

int rc_registry_backend_choose(struct rc_registry_backend *backend, const char *chart,
			       const char *range, struct rc_registry_chart *ret_chart,
			       struct rc_error **err);
/*
 * Have chart's archive in the cache, downloading it when it is not there; its digest goes to
 * digest. -EPROTO: it is not what the repository says it is.
 */
int rc_registry_backend_fetch(struct rc_registry_backend *backend,
			      const struct rc_registry_chart *chart, char digest[RC_DIGEST_MAX],
			      struct rc_error **err);
