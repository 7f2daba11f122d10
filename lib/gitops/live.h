/*
 * Applications and AppProjects that are objects of a cluster: followed, reconciled, and their
 * status written back as Argo CD writes it.
 *
 * Which of them are ours is configured. By namespace: all Applications of the namespaces that are
 * named, where no Argo CD may be at work. By selector: those whose labels match, and which tell
 * Argo CD to leave them alone by its own annotation argocd.argoproj.io/skip-reconcile: "true"; one
 * that does not say so is not touched. Whoever sees an Argo CD write the status of what is ours
 * stops.
 *
 * The first namespace is the control namespace: projects are read there, and Applications elsewhere
 * are known as <namespace>_<name>, if their project's sourceNamespaces allow them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "gitops/app.h"
#include "gitops/destination.h"
#include "gitops/engine.h"

struct rc_live;

/* All borrowed, and must outlive it. */
struct rc_live_options {
	struct ev_loop *loop;
	struct rc_engine *engine;
	struct rc_destination *destination;
	const char *origin;	       /* its name for the engine */
	const char *const *namespaces; /* at least one */
	size_t n_namespaces;
	const char *selector; /* of labels; NULL: all are ours */
};

struct rc_live *rc_live_new(const struct rc_live_options *options);
/* Applications stay with the engine; nothing more is written. */
void rc_live_free(struct rc_live *live);
RC_DEFINE_FREEP(struct rc_live, rc_live_free)

/* What the cluster serves may be known now. */
void rc_live_on_destination(struct rc_live *live, const struct rc_destination *destination);
/* The state of an application changed; may be anyone's. */
void rc_live_on_app(struct rc_live *live, const struct rc_app *app);
/* What it made was deleted: its object may go. May be anyone's. */
void rc_live_on_deleted(struct rc_live *live, const struct rc_app *app);

/* {origin, reason?, applications, refused?: [why an object is not followed]}; the caller's. */
json_t *rc_live_describe(const struct rc_live *live);
