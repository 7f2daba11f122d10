/*
 * What names an object: group, kind, namespace, name. Not the version, which only is a way to
 * write it.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"

/* Borrowed or owned texts, as the holder says; never NULL: the core group is "", and so is the
 * namespace of what has none. */
struct rc_kube_key {
	const char *group;
	const char *kind;
	const char *name_space;
	const char *name;
};

/*
 * The key of an object in one block, the caller's to free(). -EINVAL when apiVersion or kind is
 * missing; a missing name is "".
 */
int rc_kube_object_get_key(const json_t *object, struct rc_kube_key **ret_key,
			   struct rc_error **err);
/* A copy in one block, the caller's to free(). */
struct rc_kube_key *rc_kube_object_dup_key(const struct rc_kube_key *key);
/* Byte order of group, kind, namespace, name: <0, 0, >0. */
int rc_kube_object_compare_keys(const struct rc_kube_key *a, const struct rc_kube_key *b);
/* "apps/Deployment judge/judge-api", "Namespace judge": for people. The caller's to free. */
char *rc_kube_object_format_key(const struct rc_kube_key *key);

/* Group and version of an apiVersion: "apps/v1" -> "apps", "v1"; "v1" -> "", "v1". *ret_group is
 * the caller's to free, the version borrowed from api_version. */
const char *rc_kube_object_split_version(const char *api_version, char **ret_group);

/* metadata.<field> as text, or "". Borrowed. */
const char *rc_kube_object_get_meta(const json_t *object, const char *field);
/* A label or annotation, or NULL. Borrowed. */
const char *rc_kube_object_get_label(const json_t *object, const char *name);
const char *rc_kube_object_get_annotation(const json_t *object, const char *name);
/* Set one, making the map; value NULL removes it. */
void rc_kube_object_set_label(json_t *object, const char *name, const char *value);
void rc_kube_object_set_annotation(json_t *object, const char *name, const char *value);
