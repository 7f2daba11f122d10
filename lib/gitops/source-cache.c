/* Trees by key, the most recently used first. */
#include "gitops/source-cache.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>
#include <utlist.h>

#include "base/memory.h"

#define TREES_MAX 256

struct entry {
	struct rc_source_tree tree; /* first: a tree's entry is the tree */
	char *key;
	struct entry *prev, *next;
};

struct rc_source_cache {
	struct entry *entries;
	size_t max_bytes;
};

struct rc_source_cache *rc_source_cache_new(size_t max_bytes)
{
	struct rc_source_cache *cache = rc_new0(struct rc_source_cache);

	cache->max_bytes = max_bytes;
	return cache;
}

struct rc_source_crd {
	UT_hash_handle hh;
	const char *text; /* of the chart's file: while the chart lives, it is there */
	size_t n_objects, n;
	char json[];
};

bool rc_source_cache_get_crd(const struct rc_source_tree *tree, const char *text,
			     struct rc_str *ret_json, size_t *ret_n)
{
	struct rc_source_crd *crd;

	HASH_FIND_PTR(tree->crds, &text, crd);
	if (!crd)
		return false;
	*ret_json = (struct rc_str){crd->json, crd->n};
	*ret_n = crd->n_objects;
	return true;
}

void rc_source_cache_add_crd(struct rc_source_tree *tree, const char *text, struct rc_str json,
			     size_t n)
{
	struct rc_source_crd *crd = rc_calloc(1, sizeof(*crd) + json.n + 1);

	crd->text = text;
	crd->n_objects = n;
	crd->n = json.n;
	if (json.n > 0)
		memcpy(crd->json, json.p, json.n);
	HASH_ADD_PTR(tree->crds, text, crd);
}

static void drop_crds(struct rc_source_tree *tree)
{
	struct rc_source_crd *crd, *next;

	HASH_ITER (hh, tree->crds, crd, next) {
		HASH_DEL(tree->crds, crd);
		free(crd);
	}
}

void rc_source_cache_drop_chart(struct rc_source_tree *tree)
{
	drop_crds(tree);
	rc_helm_prepared_free(rc_steal(&tree->chart));
	free(rc_steal(&tree->chart_key));
}

static void drop(struct rc_source_cache *cache, struct entry *entry)
{
	DL_DELETE(cache->entries, entry);
	rc_source_cache_drop_chart(&entry->tree);
	rc_git_tree_files_done(&entry->tree.files);
	free(entry->key);
	free(entry);
}

void rc_source_cache_free(struct rc_source_cache *cache)
{
	struct entry *entry, *next;

	if (!cache)
		return;
	DL_FOREACH_SAFE (cache->entries, entry, next)
		drop(cache, entry);
	free(cache);
}

struct rc_source_tree *rc_source_cache_get(struct rc_source_cache *cache, const char *key)
{
	struct entry *entry;

	DL_FOREACH (cache->entries, entry)
		if (strcmp(entry->key, key) == 0)
			break;
	if (!entry)
		return NULL;
	DL_DELETE(cache->entries, entry);
	DL_PREPEND(cache->entries, entry);
	return &entry->tree;
}

struct rc_source_tree *rc_source_cache_add(struct rc_source_cache *cache, const char *key,
					   struct rc_git_files *files)
{
	struct entry *entry = rc_new0(struct entry);

	entry->key = rc_strdup(key);
	entry->tree.files = *files;
	*files = (struct rc_git_files){NULL, 0, 0};
	DL_PREPEND(cache->entries, entry);
	return &entry->tree;
}

static size_t bytes_of(const struct entry *entry)
{
	size_t bytes = entry->tree.chart ? rc_helm_prepared_get_used(entry->tree.chart) : 0;

	for (struct rc_source_crd *crd = entry->tree.crds; crd; crd = crd->hh.next)
		bytes += crd->n;
	return entry->tree.files.bytes + bytes;
}

void rc_source_cache_trim(struct rc_source_cache *cache)
{
	size_t bytes = 0, n = 0;
	struct entry *entry, *next;

	DL_FOREACH_SAFE (cache->entries, entry, next) {
		bytes += bytes_of(entry);
		if (bytes > cache->max_bytes || ++n > TREES_MAX)
			drop(cache, entry);
	}
}
