/* One render, shared by its steps: values and order (render.c), templates, and what is printed. */
#pragma once

#include "helm/chart.h"
#include "helm/manifest.h"
#include "helm/objects.h"
#include "helm/prepared.h"
#include "helm/render.h"
#include "template/value.h"

#define RC_HELM_OUTPUT_MAX ((size_t)256 << 20)

struct rc_helm_render {
	struct rc_helm_render_options options;
	struct rc_arena *arena;
	struct rc_helm_prepared *prepared; /* the chart as it is loaded */
	bool owns_prepared;
	struct rc_helm_warnings warnings;
	struct rc_helm_capabilities capabilities;
	struct rc_helm_chart *chart; /* this render's own: dependencies change it */
	struct rc_value user;
	struct rc_helm_manifests crds, plain, hooks, all;
	struct rc_helm_rendered *rendered; /* of all charts, without partials and notes */
	size_t n_rendered;
	struct rc_str notes;
	bool has_begun, lacks_dependencies;
};

/*
 * Execute all templates over values: fills rendered and notes. Returns 0, -EINVAL or -E2BIG with
 * Helm's error text.
 */
int rc_helm_render_templates(struct rc_helm_render *render, struct rc_value values,
			     struct rc_error **err);
/* Each chart's part of values against its schema: 0 or -EINVAL with all that was found. */
int rc_helm_render_check_schemas(struct rc_helm_render *render, struct rc_value values,
				 struct rc_error **err);
/* What is known of documents that were rendered before; NULL: nobody will ask again. */
struct rc_helm_documents *rc_helm_render_documents(const struct rc_helm_render *render);
/* A chart that gives no manifests of its own, only definitions to others. */
bool rc_helm_render_is_library(const struct rc_helm_chart *chart);
