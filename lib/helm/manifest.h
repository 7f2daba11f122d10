/* Rendered files become documents: split, their heads read, hooks apart, sorted as Helm installs.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "helm/document.h"
#include "helm/render.h"
#include "helm/warning.h"

/* How many kinds Helm has an order for; the rank of all others. */
#define RC_HELM_MANIFEST_RANKS 36

struct rc_helm_rendered {
	struct rc_str path;
	struct rc_str text;
};

struct rc_helm_manifests {
	struct rc_helm_manifest *at;
	size_t n, room;
};

void rc_helm_manifest_add(struct rc_arena *arena, struct rc_helm_manifests *list,
			  struct rc_helm_manifest manifest);
/* Split a text where lines begin with "---": calls each with every trimmed piece that holds
 * something. */
typedef int rc_helm_piece_fn(void *userdata, struct rc_str piece, struct rc_error **err);
int rc_helm_manifest_split(struct rc_str text, rc_helm_piece_fn *each, void *userdata,
			   struct rc_error **err);
/*
 * files in any order. With documents those that were read before are not read again, and nodes of
 * new ones are kept. Plain manifests and hooks, each sorted by kind. "YAML parse error on PATH:
 * ..." when a head cannot be read.
 */
int rc_helm_manifest_sort(struct rc_arena *arena, struct rc_helm_rendered *files, size_t n,
			  struct rc_helm_documents *documents, struct rc_helm_warnings *warnings,
			  struct rc_helm_manifests *plain, struct rc_helm_manifests *hooks,
			  struct rc_error **err);

/* When Helm installs a kind: from 0, RC_HELM_MANIFEST_RANKS for those it does not know. */
unsigned int rc_helm_manifest_rank(const char *kind);
