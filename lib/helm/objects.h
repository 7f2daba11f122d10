/* The Go structs that templates see: .Chart, .Capabilities, .Files. */
#pragma once

#include "data/semver.h"
#include "helm/chart.h"
#include "template/func.h"

struct rc_helm_capabilities {
	struct rc_str kube_version; /* "v1.32.0" */
	struct rc_str kube_major, kube_minor;
	struct rc_value api_versions; /* []string */
};

/* version is a lenient semver ("1.30"), or NULL for Helm's default; -EINVAL when it is none. */
int rc_helm_objects_capabilities(struct rc_arena *arena, const char *version,
				 const char *const *extra_apis, size_t n_extra,
				 struct rc_helm_capabilities *ret, struct rc_error **err);

struct rc_value rc_helm_objects_capabilities_value(struct rc_arena *arena,
						   struct rc_helm_capabilities *capabilities);
struct rc_value rc_helm_objects_chart(struct rc_arena *arena, struct rc_helm_chart *chart);
struct rc_value rc_helm_objects_files(struct rc_arena *arena, const struct rc_helm_files *files);

/* What encoding/json would see of an object: a map or list. */
struct rc_value rc_helm_objects_to_map(struct rc_arena *arena, struct rc_value object);
/* What goyaml.v3 sees of it: every field, by its Go name in small letters, in the struct's order.
 */
struct rc_value rc_helm_objects_to_fields(struct rc_arena *arena, struct rc_value object);

/* The same map, seen as chartutil.Values. */
struct rc_value rc_helm_objects_values(struct rc_value map);
