/*
 * What a render worker keeps from one request to the next: the files of a folder of a commit, or of
 * an archive, and the chart they make, loaded and parsed. A commit's files never change, so the key
 * (mirror, commit and path, or the archive's digest) says all; the least recently used go when
 * there are too many bytes.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "git/tree.h"
#include "helm/prepared.h"

struct rc_source_cache;

/* max_bytes 0: nothing is kept but what was asked for last. */
struct rc_source_cache *rc_source_cache_new(size_t max_bytes);
void rc_source_cache_free(struct rc_source_cache *cache);
RC_DEFINE_FREEP(struct rc_source_cache, rc_source_cache_free)

/* The files of one key. Borrowed from the cache until the next rc_source_cache_trim(). */
struct rc_source_tree {
	struct rc_git_files files;
	struct rc_helm_prepared *chart; /* NULL: nobody has asked for it; made of files, borrowed */
	char *chart_key;		/* what was added to files for it */
	struct rc_source_crd *crds;
};

/* CustomResourceDefinitions are files as they are, and large: read once, kept as JSON. */
struct rc_source_crd;
/* What the file of a chart, by where its text is, gave: objects as JSON, how many; or false. */
bool rc_source_cache_get_crd(const struct rc_source_tree *tree, const char *text,
			     struct rc_str *ret_json, size_t *ret_n);
/* json is copied. */
void rc_source_cache_add_crd(struct rc_source_tree *tree, const char *text, struct rc_str json,
			     size_t n);

/* The tree of key, or NULL; it is the most recently used one then. */
struct rc_source_tree *rc_source_cache_get(struct rc_source_cache *cache, const char *key);
/* Keep files, which are moved out of *files, under key, which has no tree yet. */
struct rc_source_tree *rc_source_cache_add(struct rc_source_cache *cache, const char *key,
					   struct rc_git_files *files);
/* Forget the chart, not the files. */
void rc_source_cache_drop_chart(struct rc_source_tree *tree);
/* After a request: let go what is too much. */
void rc_source_cache_trim(struct rc_source_cache *cache);
