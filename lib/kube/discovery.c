/*
 * Discovery. One request where the server aggregates; else /api, /apis and one request a group
 * version. A new catalogue is built aside and put in place whole.
 */
#include "kube/discovery.h"

#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/arena.h"
#include "base/memory.h"
#include "data/json.h"
#include "kube/request.h"

#define RESOURCES_MAX 20000

struct catalogue {
	struct rc_arena *arena;
	struct rc_kube_resource *resources; /* of a kind, the preferred version comes first */
	size_t n, size;
};

struct waiter {
	struct waiter *prev, *next;
	rc_kube_discovery_done_fn *done;
	void *userdata;
};

struct asking {
	struct asking *prev, *next;
	struct rc_kube_discovery *discovery;
	struct rc_kube_request *request;
	void (*take)(struct rc_kube_discovery *discovery, const json_t *answer, const char *what);
	char *what; /* group version, or "" */
	bool is_optional;
};

struct rc_kube_discovery {
	struct rc_kube_cluster *cluster;
	struct catalogue known, fresh;
	char *version;
	unsigned int generation;
	bool is_known, is_aggregated;
	struct asking *asking;
	struct waiter *waiters;
	struct rc_error *err; /* of this refresh */
	int r;
};

/* ---- a catalogue ---- */

static void clear(struct catalogue *catalogue)
{
	rc_arena_free(catalogue->arena);
	free(catalogue->resources);
	*catalogue = (struct catalogue){.arena = NULL};
}

static bool lists_verb(const json_t *verbs, const char *verb)
{
	json_t *item;
	size_t i;

	json_array_foreach (verbs, i, item)
		if (strcmp(json_string_value(item) ?: "", verb) == 0)
			return true;
	return false;
}

static struct rc_kube_resource *add(struct catalogue *catalogue, const char *group,
				    const char *version, const char *kind, const char *plural,
				    bool namespaced, const json_t *verbs)
{
	struct rc_kube_resource *resource;

	if (catalogue->n == catalogue->size) {
		catalogue->size = catalogue->size ? 2 * catalogue->size : 128;
		catalogue->resources = rc_realloc(catalogue->resources,
						  catalogue->size * sizeof(*catalogue->resources));
	}
	resource = &catalogue->resources[catalogue->n++];
	*resource = (struct rc_kube_resource){
		.group = rc_arena_strdup(catalogue->arena, group),
		.version = rc_arena_strdup(catalogue->arena, version),
		.kind = rc_arena_strdup(catalogue->arena, kind),
		.plural = rc_arena_strdup(catalogue->arena, plural),
		.namespaced = namespaced,
		.can_list = lists_verb(verbs, "list"),
		.can_watch = lists_verb(verbs, "watch"),
		.can_patch = lists_verb(verbs, "patch"),
		.can_delete = lists_verb(verbs, "delete"),
	};
	return resource;
}

static bool equal(const struct rc_kube_resource *a, const struct rc_kube_resource *b)
{
	return strcmp(a->group, b->group) == 0 && strcmp(a->version, b->version) == 0 &&
	       strcmp(a->kind, b->kind) == 0 && strcmp(a->plural, b->plural) == 0 &&
	       a->namespaced == b->namespaced && a->can_watch == b->can_watch;
}

static bool holds_same(const struct catalogue *a, const struct catalogue *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!equal(&a->resources[i], &b->resources[i]))
			return false;
	return true;
}

/* ---- the end of a refresh ---- */

static void tell(struct rc_kube_discovery *discovery)
{
	struct waiter *waiters = rc_steal(&discovery->waiters), *waiter, *next;
	struct rc_error *err = rc_steal(&discovery->err);
	rc_autofree char *text = err ? rc_error_format(err) : NULL;
	int r = discovery->r;

	DL_FOREACH_SAFE (waiters, waiter, next) {
		struct rc_error *own = NULL;

		if (r < 0)
			rc_fail(&own, r, "%s", text ?: "discovery failed");
		waiter->done(waiter->userdata, r, own);
		free(waiter);
	}
	rc_error_free(err);
}

static void end_refresh(struct rc_kube_discovery *discovery)
{
	if (discovery->r == 0 && discovery->fresh.n > 0) {
		if (!holds_same(&discovery->known, &discovery->fresh)) {
			clear(&discovery->known);
			discovery->known = discovery->fresh;
			discovery->fresh = (struct catalogue){.arena = NULL};
			discovery->generation++;
		}
		discovery->is_known = true;
	} else if (discovery->r == 0) {
		discovery->r = rc_fail(&discovery->err, -EPROTO, "the server serves no kinds");
	}
	clear(&discovery->fresh);
	tell(discovery);
}

/* ---- asking ---- */

static void free_asking(struct asking *asking)
{
	DL_DELETE(asking->discovery->asking, asking);
	free(asking->what);
	free(asking);
}

/* A group whose server is away keeps what it had. */
static void keep_old(struct rc_kube_discovery *discovery, const char *group_version)
{
	rc_autofree char *group = NULL;
	const char *version = rc_kube_object_split_version(group_version, &group);

	for (size_t i = 0; i < discovery->known.n; i++) {
		const struct rc_kube_resource *old = &discovery->known.resources[i];
		struct rc_kube_resource *resource;

		if (strcmp(old->group, group) != 0 || strcmp(old->version, version) != 0)
			continue;
		resource = add(&discovery->fresh, old->group, old->version, old->kind, old->plural,
			       old->namespaced, NULL);
		resource->can_list = old->can_list;
		resource->can_watch = old->can_watch;
		resource->can_patch = old->can_patch;
		resource->can_delete = old->can_delete;
		resource->has_status = old->has_status;
	}
}

static void on_answer(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct asking *asking = userdata;
	struct rc_kube_discovery *discovery = asking->discovery;

	if (r == 0) {
		asking->take(discovery, answer->object, asking->what);
	} else if (asking->is_optional) {
		keep_old(discovery, asking->what);
		rc_error_free(err);
	} else if (discovery->r == 0) {
		discovery->r = r;
		discovery->err = err;
	} else {
		rc_error_free(err);
	}
	free_asking(asking);
	if (!discovery->asking)
		end_refresh(discovery);
}

static void ask(struct rc_kube_discovery *discovery, const char *path, const char *what,
		bool is_optional, bool is_aggregated,
		void (*take)(struct rc_kube_discovery *, const json_t *, const char *))
{
	struct asking *asking = rc_new0(struct asking);
	struct rc_kube_request_options options = {
		.path = path,
		.accept = is_aggregated ? "application/json;g=apidiscovery.k8s.io;v=v2;"
					  "as=APIGroupDiscoveryList,application/json"
					: NULL,
	};

	asking->discovery = discovery;
	asking->take = take;
	asking->what = rc_strdup(what);
	asking->is_optional = is_optional;
	DL_APPEND(discovery->asking, asking);
	asking->request = rc_kube_request_start(discovery->cluster, &options, on_answer, asking);
}

/* ---- group by group ---- */

static void take_resources(struct rc_kube_discovery *discovery, const json_t *answer,
			   const char *group_version)
{
	rc_autofree char *group = NULL;
	const char *version = rc_kube_object_split_version(group_version, &group);
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(answer, "resources"), i, item) {
		const char *name = rc_json_text(item, "name", NULL);
		const char *kind = rc_json_text(item, "kind", NULL);

		if (!name || !kind || discovery->fresh.n >= RESOURCES_MAX)
			continue;
		if (!strchr(name, '/'))
			add(&discovery->fresh, group, version, kind, name,
			    json_is_true(json_object_get(item, "namespaced")),
			    json_object_get(item, "verbs"));
		else if (rc_text_has_suffix(name, "/status") && discovery->fresh.n > 0)
			discovery->fresh.resources[discovery->fresh.n - 1].has_status = true;
	}
}

static void ask_group_version(struct rc_kube_discovery *discovery, const char *group_version)
{
	rc_autofree char *path = rc_asprintf("/apis/%s", group_version);

	ask(discovery, path, group_version, true, false, take_resources);
}

/* The preferred version first, so that it is found first. */
static void take_group(struct rc_kube_discovery *discovery, const json_t *group)
{
	const char *preferred = rc_json_text(group, "preferredVersion", "groupVersion", NULL);
	json_t *version;
	size_t i;

	if (preferred)
		ask_group_version(discovery, preferred);
	json_array_foreach (json_object_get(group, "versions"), i, version) {
		const char *name = rc_json_text(version, "groupVersion", NULL);

		if (name && !rc_text_equal(name, preferred))
			ask_group_version(discovery, name);
	}
}

/* ---- aggregated ---- */

static void take_aggregated_resource(struct rc_kube_discovery *discovery, const char *group,
				     const char *version, const json_t *item)
{
	const char *kind = rc_json_text(item, "responseKind", "kind", NULL);
	const char *plural = rc_json_text(item, "resource", NULL);
	struct rc_kube_resource *resource;
	json_t *sub;
	size_t i;

	if (!kind || !plural || discovery->fresh.n >= RESOURCES_MAX)
		return;
	resource = add(&discovery->fresh, group, version, kind, plural,
		       rc_text_equal(rc_json_text(item, "scope", NULL), "Namespaced"),
		       json_object_get(item, "verbs"));
	json_array_foreach (json_object_get(item, "subresources"), i, sub)
		if (rc_text_equal(rc_json_text(sub, "subresource", NULL), "status"))
			resource->has_status = true;
}

static void take_aggregated(struct rc_kube_discovery *discovery, const json_t *answer)
{
	json_t *group, *version, *resource;
	size_t i, j, k;

	json_array_foreach (json_object_get(answer, "items"), i, group) {
		const char *name = rc_kube_object_get_meta(group, "name");

		json_array_foreach (json_object_get(group, "versions"), j, version) {
			const char *version_name = rc_json_text(version, "version", NULL);
			rc_autofree char *group_version =
				rc_asprintf("%s%s%s", name, *name ? "/" : "", version_name ?: "");

			if (!version_name)
				continue;
			if (rc_text_equal(rc_json_text(version, "freshness", NULL), "Stale") &&
			    json_array_size(json_object_get(version, "resources")) == 0)
				keep_old(discovery, group_version);
			json_array_foreach (json_object_get(version, "resources"), k, resource)
				take_aggregated_resource(discovery, name, version_name, resource);
		}
	}
}

/* /api and /apis, in either form. */
static void take_root(struct rc_kube_discovery *discovery, const json_t *answer, const char *what)
{
	const char *kind = rc_json_text(answer, "kind", NULL);
	json_t *group;
	size_t i;

	if (rc_text_equal(kind, "APIGroupDiscoveryList")) {
		take_aggregated(discovery, answer);
		return;
	}
	if (strcmp(what, "v1") == 0) {
		ask(discovery, "/api/v1", "v1", false, false, take_resources);
		return;
	}
	json_array_foreach (json_object_get(answer, "groups"), i, group)
		take_group(discovery, group);
}

static void take_version(struct rc_kube_discovery *discovery, const json_t *answer,
			 const char *what)
{
	const char *version = rc_json_text(answer, "gitVersion", NULL);

	(void)what;
	if (!version || rc_text_equal(version, discovery->version))
		return;
	free(discovery->version);
	discovery->version = rc_strdup(version);
	discovery->generation++;
}

void rc_kube_discovery_refresh(struct rc_kube_discovery *discovery, rc_kube_discovery_done_fn *done,
			       void *userdata)
{
	struct waiter *waiter = rc_new0(struct waiter);

	waiter->done = done;
	waiter->userdata = userdata;
	DL_APPEND(discovery->waiters, waiter);
	if (discovery->asking)
		return;
	discovery->r = 0;
	discovery->fresh.arena = rc_arena_new(0);
	ask(discovery, "/version", "", false, false, take_version);
	ask(discovery, "/api", "v1", false, true, take_root);
	ask(discovery, "/apis", "", false, true, take_root);
}

void rc_kube_discovery_forget(struct rc_kube_discovery *discovery, const void *userdata)
{
	struct waiter *waiter, *next;

	DL_FOREACH_SAFE (discovery->waiters, waiter, next) {
		if (waiter->userdata != userdata)
			continue;
		DL_DELETE(discovery->waiters, waiter);
		free(waiter);
	}
}

struct rc_kube_discovery *rc_kube_discovery_new(struct rc_kube_cluster *cluster)
{
	struct rc_kube_discovery *discovery = rc_new0(struct rc_kube_discovery);

	discovery->cluster = cluster;
	return discovery;
}

void rc_kube_discovery_free(struct rc_kube_discovery *discovery)
{
	struct asking *asking, *next;
	struct waiter *waiter, *next_waiter;

	if (!discovery)
		return;
	DL_FOREACH_SAFE (discovery->asking, asking, next) {
		rc_kube_request_cancel(asking->request);
		free_asking(asking);
	}
	DL_FOREACH_SAFE (discovery->waiters, waiter, next_waiter)
		free(waiter);
	clear(&discovery->known);
	clear(&discovery->fresh);
	rc_error_free(discovery->err);
	free(discovery->version);
	free(discovery);
}

bool rc_kube_discovery_is_known(const struct rc_kube_discovery *discovery)
{
	return discovery->is_known;
}

unsigned int rc_kube_discovery_get_generation(const struct rc_kube_discovery *discovery)
{
	return discovery->generation;
}

const struct rc_kube_resource *rc_kube_discovery_find(const struct rc_kube_discovery *discovery,
						      const char *group, const char *kind,
						      const char *version)
{
	for (size_t i = 0; i < discovery->known.n; i++) {
		const struct rc_kube_resource *resource = &discovery->known.resources[i];

		if (strcmp(resource->kind, kind) == 0 && strcmp(resource->group, group) == 0 &&
		    (!version || strcmp(resource->version, version) == 0))
			return resource;
	}
	return NULL;
}

const char *rc_kube_discovery_get_version(const struct rc_kube_discovery *discovery)
{
	return discovery->version ? discovery->version : "";
}

void rc_kube_discovery_each(const struct rc_kube_discovery *discovery,
			    void (*fn)(void *userdata, const struct rc_kube_resource *resource),
			    void *userdata)
{
	for (size_t i = 0; i < discovery->known.n; i++) {
		const struct rc_kube_resource *resource = &discovery->known.resources[i];

		if (rc_kube_discovery_find(discovery, resource->group, resource->kind, NULL) ==
		    resource)
			fn(userdata, resource);
	}
}

json_t *rc_kube_discovery_list_api_versions(const struct rc_kube_discovery *discovery)
{
	json_auto_t *seen = json_object();
	json_t *list = json_array();

	for (size_t i = 0; i < discovery->known.n; i++) {
		const struct rc_kube_resource *resource = &discovery->known.resources[i];
		rc_autofree char *version = rc_asprintf(
			"%s%s%s", resource->group, *resource->group ? "/" : "", resource->version);

		if (!json_object_get(seen, version)) {
			json_object_set_new(seen, version, json_true());
			json_array_append_new(list, json_string(version));
		}
		json_array_append_new(list, json_sprintf("%s/%s", version, resource->kind));
	}
	return list;
}

char *rc_kube_resource_path(const struct rc_kube_resource *resource, const char *name_space,
			    const char *name, const char *subresource)
{
	bool in_namespace = resource->namespaced && name_space && *name_space;

	return rc_asprintf("%s%s/%s%s%s/%s%s%s%s%s", *resource->group ? "/apis/" : "/api",
			   resource->group, resource->version, in_namespace ? "/namespaces/" : "",
			   in_namespace ? name_space : "", resource->plural,
			   name && *name ? "/" : "", name && *name ? name : "",
			   subresource ? "/" : "", subresource ? subresource : "");
}
