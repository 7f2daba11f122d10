/*
 * Laying values over each other: the user's over the parent's over the chart's own. All functions
 * change their destination and link, rather than copy, tables of the source into it, as Helm does.
 */
#pragma once

#include "base/error.h"
#include "helm/chart.h"
#include "helm/warning.h"
#include "template/value.h"

struct rc_helm_coalesce {
	struct rc_arena *arena;
	struct rc_helm_warnings *warnings;
	bool is_merge; /* nulls are kept; else a null deletes the default it meets */
};

/*
 * The values of chart and its subcharts under values (a map; it is copied first). Returns 0, or
 * -EINVAL when a subchart's key holds no table.
 */
int rc_helm_coalesce_values(const struct rc_helm_coalesce *coalesce,
			    const struct rc_helm_chart *chart, struct rc_value values,
			    struct rc_value *ret, struct rc_error **err);
/* Fill destination, a map, from source, a map; what is there stays. */
void rc_helm_coalesce_tables(const struct rc_helm_coalesce *coalesce, struct rc_value destination,
			     struct rc_value source);
