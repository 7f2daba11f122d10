/* A chart with its subcharts, loaded from a list of files. */
#pragma once

#include "base/error.h"
#include "helm/file.h"
#include "helm/metadata.h"
#include "helm/schema.h"
#include "helm/warning.h"
#include "template/value.h"

/* Plain data in the arena of the files it was loaded from. */
struct rc_helm_chart {
	struct rc_helm_metadata *metadata;
	struct rc_helm_chart *parent;  /* NULL: the root */
	struct rc_value values;	       /* a map, or NIL */
	struct rc_helm_schema *schema; /* values.schema.json, or NULL */
	struct rc_helm_files templates, files;
	struct rc_helm_chart **children; /* subcharts, enabled ones once dependencies are done */
	size_t n_children, room_children;
};

/*
 * Sort files into a chart. Contents are borrowed. Returns 0, -EINVAL with Helm's words, or -E2BIG.
 */
int rc_helm_chart_load(const struct rc_helm_files *files, struct rc_helm_warnings *warnings,
		       struct rc_helm_chart **ret, struct rc_error **err);
/* Make child a subchart of chart. */
void rc_helm_chart_add(struct rc_arena *arena, struct rc_helm_chart *chart,
		       struct rc_helm_chart *child);
/*
 * A copy in arena of what rendering changes: the structs of chart and subcharts, their lists of
 * subcharts and of dependencies. All else is shared.
 */
struct rc_helm_chart *rc_helm_chart_copy(struct rc_arena *arena, const struct rc_helm_chart *chart);
/* "parent/charts/child": what paths of templates begin with. In arena. */
const char *rc_helm_chart_path(struct rc_arena *arena, const struct rc_helm_chart *chart);
