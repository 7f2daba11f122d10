/* The groups of rules, in the order in which they are asked. */
#pragma once

#include "helm/lint.h"
#include "helm/render-private.h"

struct rc_helm_lint {
	struct rc_arena *arena;
	struct rc_helm_render *render;
	const struct rc_helm_lint_input *input;
	struct rc_helm_lint_messages *messages;
};

void rc_helm_lint_add(struct rc_helm_lint *lint, enum rc_helm_lint_severity severity,
		      const char *path, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Text as Go's %q has it, in the lint's arena. */
const char *rc_helm_lint_quote(struct rc_helm_lint *lint, struct rc_str text);

void rc_helm_lint_chart_file(struct rc_helm_lint *lint);
void rc_helm_lint_values(struct rc_helm_lint *lint);
void rc_helm_lint_templates(struct rc_helm_lint *lint);
void rc_helm_lint_dependencies(struct rc_helm_lint *lint);

/* What the Kubernetes API says of an object's name; NULL when it takes it. In the lint's arena. */
const char *rc_helm_lint_name(struct rc_helm_lint *lint, const char *kind, struct rc_str name);
/* "apps/v1beta1 Deployment is deprecated in ...", or NULL; minor is the cluster's, of 1.x. */
const char *rc_helm_lint_deprecation(struct rc_helm_lint *lint, struct rc_str api_version,
				     struct rc_str kind, uint64_t major, uint64_t minor);
/* Addresses as Helm's validator takes them. */
bool rc_helm_lint_is_email(struct rc_str text);
bool rc_helm_lint_is_url(struct rc_helm_lint *lint, struct rc_str text);
