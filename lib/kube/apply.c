/* Writing objects. */
#include "kube/apply.h"

#include <string.h>

#include "base/memory.h"

#define QUERY_MAX 8

struct call {
	struct rc_kube_query query[QUERY_MAX];
	size_t n;
};

static void ask(struct call *call, const char *name, const char *value)
{
	call->query[call->n++] = (struct rc_kube_query){name, value};
}

static void ask_write(struct call *call, const struct rc_kube_write_options *options)
{
	static const struct rc_kube_write_options none;

	if (!options)
		options = &none;
	ask(call, "fieldManager", options->manager ? options->manager : RC_KUBE_FIELD_MANAGER);
	ask(call, "fieldValidation", options->no_validation ? "Ignore" : "Strict");
	if (options->dry_run)
		ask(call, "dryRun", "All");
}

static struct rc_kube_request *start(struct rc_kube_cluster *cluster, const char *method,
				     char *path, const struct call *call, const json_t *body,
				     const char *content_type, uint64_t timeout_ms,
				     rc_kube_request_done_fn *done, void *userdata)
{
	rc_autofree char *owned = path;
	struct rc_kube_request_options options = {
		.method = method,
		.path = owned,
		.query = call->query,
		.body = body,
		.content_type = content_type,
		.timeout_ms = timeout_ms,
	};

	return rc_kube_request_start(cluster, &options, done, userdata);
}

static char *path_of(const struct rc_kube_resource *resource, const json_t *object,
		     const char *subresource)
{
	return rc_kube_resource_path(resource, rc_kube_object_get_meta(object, "namespace"),
				     rc_kube_object_get_meta(object, "name"), subresource);
}

static char *path_of_key(const struct rc_kube_resource *resource, const struct rc_kube_key *key,
			 const char *subresource)
{
	return rc_kube_resource_path(resource, key->name_space, key->name, subresource);
}

struct rc_kube_request *rc_kube_apply_start(struct rc_kube_cluster *cluster,
					    const struct rc_kube_resource *resource,
					    const json_t *object,
					    const struct rc_kube_write_options *options,
					    rc_kube_request_done_fn *done, void *userdata)
{
	struct call call = {.n = 0};

	ask_write(&call, options);
	if (options && options->force)
		ask(&call, "force", "true");
	return start(cluster, "PATCH", path_of(resource, object, NULL), &call, object,
		     RC_KUBE_APPLY_PATCH, options ? options->timeout_ms : 0, done, userdata);
}

struct rc_kube_request *rc_kube_apply_create(struct rc_kube_cluster *cluster,
					     const struct rc_kube_resource *resource,
					     const json_t *object,
					     const struct rc_kube_write_options *options,
					     rc_kube_request_done_fn *done, void *userdata)
{
	struct call call = {.n = 0};

	ask_write(&call, options);
	return start(cluster, "POST",
		     rc_kube_resource_path(resource, rc_kube_object_get_meta(object, "namespace"),
					   NULL, NULL),
		     &call, object, NULL, options ? options->timeout_ms : 0, done, userdata);
}

struct rc_kube_request *rc_kube_apply_replace(struct rc_kube_cluster *cluster,
					      const struct rc_kube_resource *resource,
					      const json_t *object, const char *subresource,
					      const struct rc_kube_write_options *options,
					      rc_kube_request_done_fn *done, void *userdata)
{
	struct call call = {.n = 0};

	ask_write(&call, options);
	return start(cluster, "PUT", path_of(resource, object, subresource), &call, object, NULL,
		     options ? options->timeout_ms : 0, done, userdata);
}

struct rc_kube_request *rc_kube_apply_patch(struct rc_kube_cluster *cluster,
					    const struct rc_kube_resource *resource,
					    const struct rc_kube_key *key, const json_t *patch,
					    const char *subresource,
					    const struct rc_kube_write_options *options,
					    rc_kube_request_done_fn *done, void *userdata)
{
	struct call call = {.n = 0};

	ask_write(&call, options);
	return start(cluster, "PATCH", path_of_key(resource, key, subresource), &call, patch,
		     RC_KUBE_MERGE_PATCH, options ? options->timeout_ms : 0, done, userdata);
}

struct rc_kube_request *rc_kube_apply_delete(struct rc_kube_cluster *cluster,
					     const struct rc_kube_resource *resource,
					     const struct rc_kube_key *key,
					     const struct rc_kube_delete_options *options,
					     rc_kube_request_done_fn *done, void *userdata)
{
	static const struct rc_kube_delete_options none;
	const struct rc_kube_delete_options *how = options ? options : &none;
	json_auto_t *body =
		json_pack("{s:s, s:s, s:s}", "apiVersion", "v1", "kind", "DeleteOptions",
			  "propagationPolicy", how->propagation ? how->propagation : "Background");
	struct call call = {.n = 0};

	if (how->uid || how->resource_version)
		json_object_set_new(body, "preconditions",
				    json_pack("{s:s*, s:s*}", "uid", how->uid, "resourceVersion",
					      how->resource_version));
	if (how->at_once)
		json_object_set_new(body, "gracePeriodSeconds", json_integer(0));
	if (how->dry_run)
		json_object_set_new(body, "dryRun", json_pack("[s]", "All"));
	return start(cluster, "DELETE", path_of_key(resource, key, NULL), &call, body, NULL, 0,
		     done, userdata);
}

struct rc_kube_request *rc_kube_apply_get(struct rc_kube_cluster *cluster,
					  const struct rc_kube_resource *resource,
					  const struct rc_kube_key *key,
					  rc_kube_request_done_fn *done, void *userdata)
{
	struct call call = {.n = 0};

	return start(cluster, "GET", path_of_key(resource, key, NULL), &call, NULL, NULL, 0, done,
		     userdata);
}

struct rc_kube_request *rc_kube_apply_list(struct rc_kube_cluster *cluster,
					   const struct rc_kube_resource *resource,
					   const char *name_space, const char *label_selector,
					   const char *field_selector,
					   rc_kube_request_done_fn *done, void *userdata)
{
	struct call call = {.n = 0};

	ask(&call, "limit", "500");
	if (label_selector)
		ask(&call, "labelSelector", label_selector);
	if (field_selector)
		ask(&call, "fieldSelector", field_selector);
	return start(cluster, "GET", rc_kube_resource_path(resource, name_space, NULL, NULL), &call,
		     NULL, NULL, 0, done, userdata);
}
