/*
 * One API server: its connections, our credentials for it, and how much may be asked at once.
 *
 * A token file is read again once a minute and after a 401, as accounts' tokens rotate; an exec
 * plugin is asked again shortly before what it gave ends, and after a 401; EKS's token is made
 * anew.
 */
#pragma once

#include <stddef.h>

#include <ev.h>

#include "base/cleanup.h"
#include "kube/kubeconfig.h"

struct rc_kube_cluster;

/* Takes config over. */
struct rc_kube_cluster *rc_kube_cluster_new(struct ev_loop *loop,
					    struct rc_kube_kubeconfig *config);
/* Cancels what is under way: its done is not called, and its handle is gone. */
void rc_kube_cluster_free(struct rc_kube_cluster *cluster);
RC_DEFINE_FREEP(struct rc_kube_cluster, rc_kube_cluster_free)

/* Requests under way at the same time; others wait, in no promised order. 32 if not set. */
void rc_kube_cluster_set_max_in_flight(struct rc_kube_cluster *cluster, unsigned int max);
/* Look at namespaced objects of these namespaces only (n 0: of all), for an account that has no
 * rights in others. Before the first watch; copied. */
void rc_kube_cluster_set_namespaces(struct rc_kube_cluster *cluster, const char *const *names,
				    size_t n);
/* Borrowed, NULL-terminated; NULL: all. */
const char *const *rc_kube_cluster_get_namespaces(const struct rc_kube_cluster *cluster);
/* Both borrowed. */
const char *rc_kube_cluster_get_server(const struct rc_kube_cluster *cluster);
const char *rc_kube_cluster_get_namespace(const struct rc_kube_cluster *cluster);
