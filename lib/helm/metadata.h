/* Chart.yaml: what a chart says of itself, decoded by the rules of Go's JSON into Helm's struct. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "helm/decode.h"
#include "template/value.h"

struct rc_helm_maintainer {
	struct rc_str name, email, url;
};

struct rc_helm_dependency {
	struct rc_str name, version, repository, condition, alias;
	struct rc_value tags;	       /* list of strings, or NIL */
	struct rc_value import_values; /* list, or NIL */
	bool enabled;
};

/* Plain data in an arena. Lists are values so that templates can be given them as they are. */
struct rc_helm_metadata {
	struct rc_str name, home, version, description, icon, api_version;
	struct rc_str condition, tags, app_version, kube_version, type;
	struct rc_value sources, keywords; /* lists of strings, or NIL */
	struct rc_value annotations;	   /* map of strings, or NIL */
	bool deprecated;
	struct rc_helm_maintainer **maintainers; /* NULL items where the file has null */
	size_t n_maintainers;
	struct rc_helm_dependency **dependencies; /* likewise until validated */
	size_t n_dependencies;
	bool has_dependencies; /* the key is there, be it empty */
};

/* One entry of "dependencies", here and in Chart.lock. */
extern const struct rc_helm_decode_struct rc_helm_metadata_dependency;

/*
 * Decode text over what metadata holds already (requirements.yaml comes after Chart.yaml). Returns
 * 0 or -EINVAL with the message of sigs.k8s.io/yaml.
 */
int rc_helm_metadata_parse(struct rc_arena *arena, struct rc_str text,
			   struct rc_helm_metadata *metadata, struct rc_error **err);
/* Clean texts and check them: 0 or -EINVAL, "validation: ...". */
int rc_helm_metadata_validate(struct rc_arena *arena, struct rc_helm_metadata *metadata,
			      struct rc_error **err);
