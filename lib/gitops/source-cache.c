/* Trees by key, the most recently used first. */
#include "gitops/source-cache.h"

#include <stdlib.h>
#include <string.h>

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

void rc_source_cache_drop_chart(struct rc_source_tree *tree)
{
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
	size_t chart = entry->tree.chart ? rc_helm_prepared_get_used(entry->tree.chart) : 0;

	return entry->tree.files.bytes + chart;
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
