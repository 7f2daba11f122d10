/* index.yaml. Only what is asked for is looked at: an index may hold 100,000 entries. */
#include "registry/index.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/digest.h"
#include "data/semver.h"
#include "data/yaml.h"
#include "registry/version.h"

struct rc_registry_index {
	struct rc_arena *arena;
	const struct rc_yaml_node *entries; /* a mapping, or NULL */
};

int rc_registry_index_parse(struct rc_arena *arena, struct rc_str text,
			    struct rc_registry_index **ret_index, struct rc_error **err)
{
	struct rc_yaml_options options = {.file = "index.yaml"};
	struct rc_registry_index *index = rc_arena_new0(arena, struct rc_registry_index);
	const struct rc_yaml_node *version;
	struct rc_yaml_node *root;
	int r;

	if (text.n == 0)
		return rc_fail(err, -EINVAL, "empty index.yaml file");
	r = rc_yaml_parse(arena, text, &options, &root, err);
	if (r < 0)
		return r;
	if (root->kind != RC_YAML_MAPPING)
		return rc_fail(err, -EINVAL, "index.yaml: a mapping is wanted, found %s",
			       rc_yaml_describe(root));
	version = rc_yaml_get(root, "apiVersion");
	if (!version || version->kind != RC_YAML_STRING || version->text.n == 0)
		return rc_fail(err, -EINVAL, "index.yaml: no API version specified");
	index->arena = arena;
	index->entries = rc_yaml_get(root, "entries");
	if (index->entries && index->entries->kind == RC_YAML_NULL)
		index->entries = NULL;
	if (index->entries && index->entries->kind != RC_YAML_MAPPING)
		return rc_fail(err, -EINVAL,
			       "index.yaml:%u: entries: a mapping is wanted, found %s",
			       index->entries->line, rc_yaml_describe(index->entries));
	*ret_index = index;
	return 0;
}

static struct rc_str text_of(const struct rc_yaml_node *entry, const char *key)
{
	const struct rc_yaml_node *node = rc_yaml_get(entry, key);

	return node && node->kind != RC_YAML_MAPPING && node->kind != RC_YAML_SEQUENCE &&
			       node->kind != RC_YAML_NULL
		       ? node->text
		       : RC_STR("");
}

/* Helm passes over entries that are no charts, and so do we. */
static bool is_valid(const struct rc_yaml_node *entry)
{
	struct rc_str name = text_of(entry, "name");
	struct rc_semver version;

	return name.n > 0 && !memchr(name.p, '/', name.n) &&
	       rc_semver_parse(text_of(entry, "version"), &version) == 0;
}

static struct rc_str url_of(const struct rc_yaml_node *entry)
{
	const struct rc_yaml_node *urls = rc_yaml_get(entry, "urls");

	if (!urls || urls->kind != RC_YAML_SEQUENCE || urls->n_items == 0 ||
	    urls->items[0]->kind != RC_YAML_STRING)
		return RC_STR("");
	return urls->items[0]->text;
}

static const char *copy_text(const struct rc_registry_index *index, struct rc_str text)
{
	return rc_arena_strndup(index->arena, text.p, text.n);
}

/* "sha256:..." is written, too. Anything else than a digest is as good as none. */
static const char *digest_of(const struct rc_registry_index *index,
			     const struct rc_yaml_node *entry)
{
	const char *text = copy_text(index, text_of(entry, "digest"));

	if (rc_text_has_prefix(text, "sha256:"))
		text += strlen("sha256:");
	return rc_digest_is_sha256(text) ? text : NULL;
}

int rc_registry_index_find(const struct rc_registry_index *index, const char *chart,
			   const char *range, bool prefer_exact,
			   struct rc_registry_index_entry *ret_entry, struct rc_error **err)
{
	const struct rc_yaml_node *list =
		index->entries ? rc_yaml_get(index->entries, chart) : NULL;
	size_t n = list && list->kind == RC_YAML_SEQUENCE ? list->n_items : 0, n_good = 0, i = 0;
	const char **versions = rc_arena_alloc(index->arena, (n + 1) * sizeof(*versions));
	const struct rc_yaml_node **entries =
		rc_arena_alloc(index->arena, (n + 1) * sizeof(*entries));
	int r;

	if (!list)
		return rc_fail(err, -ENOENT, "there is no chart '%s' in the index", chart);
	for (size_t j = 0; j < n; j++) {
		const struct rc_yaml_node *entry = list->items[j];

		if (entry->kind != RC_YAML_MAPPING || !is_valid(entry) || url_of(entry).n == 0)
			continue;
		entries[n_good] = entry;
		versions[n_good++] = copy_text(index, text_of(entry, "version"));
	}
	r = rc_registry_version_choose(versions, n_good, range, prefer_exact, &i, err);
	if (r < 0)
		return rc_wrap(err, r, "chart '%s'", chart);
	if (r == 0)
		return rc_fail(err, -ENODATA, "no version of chart '%s' meets '%s'", chart,
			       *range ? range : "*");
	*ret_entry = (struct rc_registry_index_entry){
		.name = chart,
		.version = versions[i],
		.description = copy_text(index, text_of(entries[i], "description")),
		.url = copy_text(index, url_of(entries[i])),
		.digest = digest_of(index, entries[i]),
	};
	return 0;
}
