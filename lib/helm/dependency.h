/* Which subcharts take part, under which names, and what they hand to their parents. */
#pragma once

#include "base/error.h"
#include "helm/chart.h"
#include "helm/warning.h"
#include "template/value.h"

/*
 * Every entry of Chart.yaml's list has a subchart of that name: 0, or -EINVAL naming those that
 * have none.
 */
int rc_helm_dependency_check(struct rc_arena *arena, const struct rc_helm_chart *chart,
			     struct rc_error **err);
/*
 * Apply versions, aliases, tags and conditions to the tree of charts, then import-values: children
 * that are off disappear, defaults change. values are the user's.
 */
int rc_helm_dependency_process(struct rc_arena *arena, struct rc_helm_chart *chart,
			       struct rc_value values, struct rc_helm_warnings *warnings,
			       struct rc_error **err);
