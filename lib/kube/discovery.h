/*
 * Which kinds an API server serves, in which versions, under which paths.
 *
 * Asked by the aggregated discovery (apidiscovery.k8s.io/v2) and, where that is not offered,
 * group by group. What was learnt stays in force until a newer answer is complete, except that a
 * group whose server is away keeps what it had.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "kube/object.h"

struct rc_kube_cluster;
struct rc_kube_discovery;

struct rc_kube_resource {
	const char *group, *version, *kind;
	const char *plural; /* as in paths: "deployments" */
	bool namespaced;
	bool can_list, can_watch, can_patch, can_delete;
	bool has_status; /* a status subresource */
};

struct rc_kube_discovery *rc_kube_discovery_new(struct rc_kube_cluster *cluster);
void rc_kube_discovery_free(struct rc_kube_discovery *discovery);
RC_DEFINE_FREEP(struct rc_kube_discovery, rc_kube_discovery_free)

typedef void rc_kube_discovery_done_fn(void *userdata, int r, struct rc_error *err);
/*
 * Ask again. Single flight: asking while it is under way joins in. done is called once, from the
 * loop, err taken over; never after the discovery is freed or rc_kube_discovery_forget().
 */
void rc_kube_discovery_refresh(struct rc_kube_discovery *discovery, rc_kube_discovery_done_fn *done,
			       void *userdata);
/* userdata waits no longer: its done is not called. */
void rc_kube_discovery_forget(struct rc_kube_discovery *discovery, const void *userdata);
/* Something was learnt at all. */
bool rc_kube_discovery_is_known(const struct rc_kube_discovery *discovery);
/* Counts up when a refresh changed anything; resources borrowed before are then gone. */
unsigned int rc_kube_discovery_get_generation(const struct rc_kube_discovery *discovery);

/* version NULL: the server's preferred one. NULL when it is not served. Borrowed. */
const struct rc_kube_resource *rc_kube_discovery_find(const struct rc_kube_discovery *discovery,
						      const char *group, const char *kind,
						      const char *version);
/* Each kind that is served, once, in the preferred version. */
void rc_kube_discovery_each(const struct rc_kube_discovery *discovery,
			    void (*fn)(void *userdata, const struct rc_kube_resource *resource),
			    void *userdata);
/* "v1.32.1" of /version, or "" before it is known. */
const char *rc_kube_discovery_get_version(const struct rc_kube_discovery *discovery);
/* ["apps/v1", "apps/v1/Deployment", ...]: what Helm's .Capabilities.APIVersions holds. The
 * caller's. */
json_t *rc_kube_discovery_list_api_versions(const struct rc_kube_discovery *discovery);

/*
 * "/apis/apps/v1/namespaces/judge/deployments/judge-api"; name NULL: the collection; name_space
 * NULL or "": all namespaces. subresource may be NULL. The caller's to free.
 */
char *rc_kube_resource_path(const struct rc_kube_resource *resource, const char *name_space,
			    const char *name, const char *subresource);
