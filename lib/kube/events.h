/*
 * Kubernetes Events about objects: what kubectl describe shows.
 *
 * Best effort: an Event that cannot be written is dropped. Repeats of the same reason and message
 * about the same object count up one Event; a burst is cut (25 at once, then one in 5 minutes per
 * object).
 */
#pragma once

#include <stdbool.h>

#include "kube/object.h"

struct rc_kube_cluster;
struct rc_kube_events;

/* component: "reconciled"; copied. */
struct rc_kube_events *rc_kube_events_new(struct rc_kube_cluster *cluster, const char *component);
void rc_kube_events_free(struct rc_kube_events *events);
RC_DEFINE_FREEP(struct rc_kube_events, rc_kube_events_free)

/* about is borrowed: an object with apiVersion, kind, metadata name, namespace, uid. */
void rc_kube_events_record(struct rc_kube_events *events, const json_t *about, bool is_warning,
			   const char *reason, const char *message);
