/* Documents. */
#include "helm/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "base/sort.h"
#include "data/unicode.h"
#include "data/utf8.h"
#include "data/yaml.h"

static const char *const kinds[RC_HELM_MANIFEST_RANKS] = {
	"PriorityClass",
	"Namespace",
	"NetworkPolicy",
	"ResourceQuota",
	"LimitRange",
	"PodSecurityPolicy",
	"PodDisruptionBudget",
	"ServiceAccount",
	"Secret",
	"SecretList",
	"ConfigMap",
	"StorageClass",
	"PersistentVolume",
	"PersistentVolumeClaim",
	"CustomResourceDefinition",
	"ClusterRole",
	"ClusterRoleList",
	"ClusterRoleBinding",
	"ClusterRoleBindingList",
	"Role",
	"RoleList",
	"RoleBinding",
	"RoleBindingList",
	"Service",
	"DaemonSet",
	"Pod",
	"ReplicationController",
	"ReplicaSet",
	"Deployment",
	"HorizontalPodAutoscaler",
	"StatefulSet",
	"Job",
	"CronJob",
	"IngressClass",
	"Ingress",
	"APIService",
};

static const char *const hook_events[] = {
	"pre-install",	"post-install", "pre-delete",	 "post-delete", "pre-upgrade",
	"post-upgrade", "pre-rollback", "post-rollback", "test",	"test-success",
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The blank at the end: its bytes, or 0 when there is none. */
static size_t last_blank(struct rc_str s)
{
	size_t start = s.n, n;

	if (s.n == 0)
		return 0;
	do
		start--;
	while (start > 0 && s.n - start < 4 && ((unsigned char)s.p[start] & 0xc0) == 0x80);
	if (!rc_unicode_is_space(rc_utf8_decode((struct rc_str){s.p + start, s.n - start}, &n)) ||
	    start + n != s.n)
		return 0;
	return n;
}

/* strings.TrimSpace: Unicode's blanks, too. */
static struct rc_str trim(struct rc_str s)
{
	size_t n;

	while (s.n > 0 && rc_unicode_is_space(rc_utf8_decode(s, &n))) {
		s.p += n;
		s.n -= n;
	}
	while ((n = last_blank(s)) > 0)
		s.n -= n;
	return s;
}

void rc_helm_manifest_add(struct rc_arena *arena, struct rc_helm_manifests *list,
			  struct rc_helm_manifest manifest)
{
	if (list->n == list->room) {
		size_t room = list->room ? list->room * 2 : 32;

		list->at = rc_arena_grow(arena, list->at, list->n * sizeof(*list->at),
					 room * sizeof(*list->at));
		list->room = room;
	}
	list->at[list->n++] = manifest;
}

/* The next "\n---", or NULL. */
static const char *find_line(const char *p, const char *end)
{
	while (end - p > 3) {
		p = memchr(p, '\n', (size_t)(end - p - 3));
		if (!p)
			return NULL;
		if (p[1] == '-' && p[2] == '-' && p[3] == '-')
			return p;
		p++;
	}
	return NULL;
}

/*
 * The next match of (?:^|\s*\n)---\s* at or after from: its start and end, or false. The blanks
 * before the newline belong to the separator, so the search is for "\n---".
 */
static bool find_separator(struct rc_str s, size_t from, size_t *ret_start, size_t *ret_end)
{
	size_t start, end;

	if (from == 0 && rc_str_has_prefix(s, RC_STR("---"))) {
		start = 0;
		end = 3;
	} else {
		const char *found = find_line(s.p + from, s.p + s.n);

		if (!found)
			return false;
		start = (size_t)(found - s.p);
		end = start + 4;
		while (start > from && is_space(s.p[start - 1]))
			start--;
	}
	while (end < s.n && is_space(s.p[end]))
		end++;
	*ret_start = start;
	*ret_end = end;
	return true;
}

int rc_helm_manifest_split(struct rc_str text, rc_helm_piece_fn *each, void *userdata,
			   struct rc_error **err)
{
	size_t at = 0;
	int r = 0;

	text = trim(text);
	for (bool more = true; more && r == 0;) {
		size_t start = text.n, end = text.n;
		struct rc_str piece;

		more = find_separator(text, at, &start, &end);
		piece = trim((struct rc_str){text.p + at, start - at});
		if (piece.n > 0)
			r = each(userdata, piece, err);
		at = end;
	}
	return r;
}

struct sorting {
	struct rc_arena *arena, *scratch;    /* the latter for one document */
	struct rc_helm_documents *documents; /* those of the last time; or NULL */
	size_t number;			     /* of the document in its file */
	struct rc_str path;
	struct rc_helm_warnings *warnings;
	struct rc_helm_manifests *plain, *hooks;
};

static bool is_hook_event(struct rc_str word)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(hook_events); i++)
		if (word.n == strlen(hook_events[i]) &&
		    strncasecmp(word.p, hook_events[i], word.n) == 0)
			return true;
	return false;
}

/* All words known; one that is not makes Helm drop the document. */
static bool check_hook(struct sorting *sorting, struct rc_helm_manifest *manifest)
{
	struct rc_str rest = rc_str(manifest->hook);

	for (bool more = true; more;) {
		ptrdiff_t comma = rc_str_index(rest, ',');
		struct rc_str word =
			trim((struct rc_str){rest.p, comma < 0 ? rest.n : (size_t)comma});

		if (!is_hook_event(word)) {
			rc_helm_warning_add(sorting->warnings, "manifest_sorter.go:190",
					    "info: skipping unknown hook: \"%s\"", manifest->hook);
			return false;
		}
		if (word.n >= 4 && strncasecmp(word.p, "test", 4) == 0)
			manifest->is_test = true;
		more = comma >= 0;
		rest.p += comma < 0 ? rest.n : (size_t)comma + 1;
		rest.n -= comma < 0 ? rest.n : (size_t)comma + 1;
	}
	return true;
}

static const char *json_name(const struct rc_yaml_node *node)
{
	switch (node->kind) {
	case RC_YAML_BOOL:
		return "bool";
	case RC_YAML_INT:
	case RC_YAML_UINT:
	case RC_YAML_FLOAT:
		return "number";
	case RC_YAML_STRING:
		return "string";
	case RC_YAML_SEQUENCE:
		return "array";
	case RC_YAML_NULL:
	case RC_YAML_MAPPING:
		return "object";
	}
	return "";
}

static int fail_type(struct sorting *sorting, const struct rc_yaml_node *node, const char *into,
		     struct rc_error **err)
{
	return rc_fail(
		err, -EINVAL,
		"YAML parse error on %.*s: error unmarshaling JSON: while decoding JSON: json: "
		"cannot unmarshal %s into Go %s",
		(int)sorting->path.n, sorting->path.p, json_name(node), into);
}

/* A text field: numbers and booleans are coerced, what is structured is not. */
static int read_text(struct sorting *sorting, const struct rc_yaml_node *node, const char *field,
		     const char **ret, struct rc_error **err)
{
	*ret = "";
	if (!node || node->kind == RC_YAML_NULL)
		return 0;
	if (node->kind == RC_YAML_SEQUENCE || node->kind == RC_YAML_MAPPING)
		return fail_type(
			sorting, node,
			rc_arena_printf(sorting->arena, "struct field %s of type string", field),
			err);
	*ret = rc_arena_strndup(sorting->arena, node->text.p, node->text.n);
	return 0;
}

static int read_annotations(struct sorting *sorting, const struct rc_yaml_node *annotations,
			    struct rc_helm_manifest *manifest, struct rc_error **err)
{
	if (!annotations || annotations->kind == RC_YAML_NULL)
		return 0;
	if (annotations->kind != RC_YAML_MAPPING)
		return fail_type(sorting, annotations,
				 "struct field .metadata.annotations of type map[string]string",
				 err);
	for (size_t i = 0; i < annotations->n_entries; i++) {
		const char *text;
		int r = read_text(sorting, annotations->entries[i].value, ".metadata.annotations",
				  &text, err);

		if (r < 0)
			return r;
		if (rc_str_is(annotations->entries[i].key, "helm.sh/hook"))
			manifest->hook = text;
	}
	return 0;
}

/* The first document; in an arena of its own, unless it is to be kept and is the only one. */
static int read_node(struct sorting *sorting, struct rc_helm_manifest *manifest,
		     struct rc_arena *scratch, struct rc_yaml_node **ret, struct rc_error **err)
{
	rc_cleanup(rc_yaml_reader_freep) struct rc_yaml_reader *reader = NULL;
	struct rc_yaml_node *next;
	int r;

	if (!sorting->documents)
		return rc_yaml_parse(scratch, manifest->text, NULL, ret, err);
	reader = rc_yaml_reader_new(manifest->text, NULL);
	r = rc_yaml_reader_next(reader, sorting->arena, ret, err);
	if (r == 0)
		*ret = rc_arena_new0(sorting->arena, struct rc_yaml_node);
	else if (r > 0 && rc_yaml_reader_next(reader, scratch, &next, NULL) == 0)
		manifest->node = *ret;
	return r < 0 ? r : 0;
}

static int read_head(struct sorting *sorting, struct rc_helm_manifest *manifest,
		     struct rc_error **err)
{
	struct rc_arena *scratch = sorting->scratch;
	const struct rc_yaml_node *metadata;
	struct rc_yaml_node *node;
	const char *ignored;
	int r;

	rc_arena_clear(scratch);
	r = read_node(sorting, manifest, scratch, &node, err);
	if (r == 0)
		r = rc_yaml_check_json(node, err);
	if (r < 0)
		return rc_wrap(err, r, "YAML parse error on %.*s: error converting YAML to JSON",
			       (int)sorting->path.n, sorting->path.p);
	if (node->kind == RC_YAML_NULL)
		return 0;
	if (node->kind != RC_YAML_MAPPING)
		return fail_type(sorting, node, "value of type releaseutil.SimpleHead", err);
	r = read_text(sorting, rc_yaml_get(node, "apiVersion"), "SimpleHead.apiVersion", &ignored,
		      err);
	if (r == 0)
		r = read_text(sorting, rc_yaml_get(node, "kind"), "SimpleHead.kind",
			      &manifest->kind, err);
	metadata = rc_yaml_get(node, "metadata");
	if (r < 0 || !metadata || metadata->kind == RC_YAML_NULL)
		return r;
	if (metadata->kind != RC_YAML_MAPPING)
		return fail_type(sorting, metadata,
				 "struct field SimpleHead.metadata of type struct { Name string "
				 "\"json:\\\"name\\\"\"; Annotations map[string]string "
				 "\"json:\\\"annotations\\\"\" }",
				 err);
	/* The way through JSON puts the keys in order, so of two faults this one comes first. */
	r = read_annotations(sorting, rc_yaml_get(metadata, "annotations"), manifest, err);
	return r < 0 ? r
		     : read_text(sorting, rc_yaml_get(metadata, "name"), ".metadata.name",
				 &manifest->name, err);
}

unsigned int rc_helm_manifest_rank(const char *kind)
{
	unsigned int i = 0;

	while (i < RC_ARRAY_SIZE(kinds) && (*kinds[i] != *kind || strcmp(kinds[i], kind) != 0))
		i++;
	return i;
}

/* What was read of the same text the last time. */
static void recall(struct rc_helm_manifest *manifest)
{
	manifest->kind = manifest->document->kind.p;
	manifest->name = manifest->document->name.p;
	manifest->hook = manifest->document->hook.p;
}

static void remember(struct sorting *sorting, struct rc_helm_manifest *manifest)
{
	const struct rc_helm_document document = {.text = manifest->text,
						  .kind = rc_str(manifest->kind),
						  .name = rc_str(manifest->name),
						  .hook = rc_str(manifest->hook)};

	manifest->document = rc_helm_documents_put(sorting->documents, sorting->path,
						   sorting->number, &document);
}

static int on_piece(void *userdata, struct rc_str piece, struct rc_error **err)
{
	struct sorting *sorting = userdata;
	struct rc_helm_manifest manifest = {
		.path = rc_arena_strndup(sorting->arena, sorting->path.p, sorting->path.n),
		.text = piece,
		.kind = "",
		.name = ""};
	int r = 0;

	manifest.document = sorting->documents
				    ? rc_helm_documents_get(sorting->documents, sorting->path,
							    sorting->number, piece)
				    : NULL;
	if (manifest.document)
		recall(&manifest);
	else
		r = read_head(sorting, &manifest, err);
	if (r < 0)
		return r;
	if (sorting->documents && !manifest.document)
		remember(sorting, &manifest);
	sorting->number++;
	manifest.rank = rc_helm_manifest_rank(manifest.kind);
	if (!manifest.hook)
		rc_helm_manifest_add(sorting->arena, sorting->plain, manifest);
	else if (check_hook(sorting, &manifest))
		rc_helm_manifest_add(sorting->arena, sorting->hooks, manifest);
	return 0;
}

static int compare(const struct rc_helm_manifest *a, const struct rc_helm_manifest *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->rank == RC_HELM_MANIFEST_RANKS ? strcmp(a->kind, b->kind) : 0;
}

/* Stable, by insertion: documents of a chart come nearly sorted. */
static void sort_list(struct rc_helm_manifests *list)
{
	for (size_t i = 1; i < list->n; i++) {
		struct rc_helm_manifest manifest = list->at[i];
		size_t j = i;

		for (; j > 0 && compare(&list->at[j - 1], &manifest) > 0; j--)
			list->at[j] = list->at[j - 1];
		list->at[j] = manifest;
	}
}

static int by_path(const void *a, const void *b)
{
	const struct rc_helm_rendered *x = a, *y = b;

	return rc_str_compare(x->path, y->path);
}

static bool is_partial(struct rc_str path)
{
	const char *slash = memrchr(path.p, '/', path.n);

	return slash && slash + 1 < path.p + path.n && slash[1] == '_';
}

int rc_helm_manifest_sort(struct rc_arena *arena, struct rc_helm_rendered *files, size_t n,
			  struct rc_helm_documents *documents, struct rc_helm_warnings *warnings,
			  struct rc_helm_manifests *plain, struct rc_helm_manifests *hooks,
			  struct rc_error **err)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *scratch = rc_arena_new(0);
	struct sorting sorting = {.arena = arena,
				  .scratch = scratch,
				  .documents = documents,
				  .warnings = warnings,
				  .plain = plain,
				  .hooks = hooks};

	if (n > 0)
		rc_sort(files, n, sizeof(*files), by_path);
	for (size_t i = 0; i < n; i++) {
		int r;

		if (is_partial(files[i].path) || trim(files[i].text).n == 0)
			continue;
		sorting.path = files[i].path;
		sorting.number = 0;
		r = rc_helm_manifest_split(files[i].text, on_piece, &sorting, err);
		if (r < 0)
			return r;
	}
	sort_list(plain);
	sort_list(hooks);
	return 0;
}
