/* What Helm adds to the template language: include, tpl, required, fail, toYaml and the rest. */
#pragma once

#include "helm/render.h"
#include "helm/warning.h"
#include "template/template.h"

/* One render's state behind the functions; exec.userdata points to it. */
struct rc_helm_functions {
	const struct rc_template_funcs *funcs;
	const struct rc_template_set *root; /* the chart's templates */
	struct include_count *includes;
	unsigned int tpl_depth;
	rc_helm_lookup_fn *lookup; /* NULL: there is no cluster */
	void *lookup_userdata;
	struct rc_helm_warnings *lint; /* required and fail speak here and go on; NULL: they fail */
};

/* Those of JSON that are sprig's own; Helm has another fromJson. */
extern const struct rc_template_func rc_helm_functions_json[];

/* All functions of Helm 3.17: Go's, sprig's and its own. Made once, shared. */
struct rc_template_funcs *rc_helm_functions_new(void);
void rc_helm_functions_done(struct rc_helm_functions *functions);

/* required and fail mark their message so; the outermost error is cut down to what is between. */
#define RC_HELM_MARK_START "HELM_ERR_START"
#define RC_HELM_MARK_END   "HELM_ERR_END"

/* Remove every "<no value>" from buf from offset start on. */
void rc_helm_functions_strip(struct rc_buf *buf, size_t start);
