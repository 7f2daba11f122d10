/* The flags of `helm template` and `helm lint`. */
#include "ctl/render-flags.h"

#define OPTION(member) offsetof(struct ctl_render_flags, options.member)
#define FLAG(member)   offsetof(struct ctl_render_flags, member)

/* Files and settings of the values. */
#define VALUES_FLAGS                                                                               \
	{"values", 'f', CTL_FLAG_LIST, FLAG(values), "a file of values; - is standard input"},     \
		{"set", 0, CTL_FLAG_SET, RC_HELM_SET_VALUE, "a.b=1,c=2"},                          \
		{"set-file", 0, CTL_FLAG_SET, RC_HELM_SET_FILE, "a.b=PATH"},                       \
		{"set-json", 0, CTL_FLAG_SET, RC_HELM_SET_JSON, "a.b={\"c\": 1}"},                 \
		{"set-literal", 0, CTL_FLAG_SET, RC_HELM_SET_LITERAL, "a.b=TEXT, taken as it is"}, \
	{                                                                                          \
		"set-string", 0, CTL_FLAG_SET, RC_HELM_SET_STRING, "a.b=1, as text"                \
	}

/* What every command of Helm has; all but the namespace is for talking to a cluster or registry. */
#define GLOBAL_FLAGS                                                                             \
	{"namespace", 'n', CTL_FLAG_TEXT, OPTION(release_namespace), "the release's namespace"}, \
		{"help", 'h', CTL_FLAG_BOOL, FLAG(wants_help), NULL},                            \
		{"burst-limit", 0, CTL_FLAG_IGNORED_INT, 0, NULL},                               \
		{"debug", 0, CTL_FLAG_IGNORED, 0, NULL},                                         \
		{"kube-apiserver", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},                           \
		{"kube-as-group", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},                            \
		{"kube-as-user", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},                             \
		{"kube-ca-file", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},                             \
		{"kube-context", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},                             \
		{"kube-insecure-skip-tls-verify", 0, CTL_FLAG_IGNORED, 0, NULL},                 \
		{"kube-tls-server-name", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},                     \
		{"kube-token", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},                               \
		{"kubeconfig", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},                               \
		{"qps", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},                                      \
		{"registry-config", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},                          \
		{"repository-cache", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},                         \
		{"repository-config", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},                        \
	{                                                                                        \
		NULL, 0, CTL_FLAG_IGNORED, 0, NULL                                               \
	}

const struct ctl_flag ctl_render_flags_render[] = {
	{"api-versions", 'a', CTL_FLAG_LIST, FLAG(api_versions),
	 "API versions the cluster serves, too"},
	{"include-crds", 0, CTL_FLAG_BOOL, OPTION(include_crds), "print the files of crds/ first"},
	{"is-upgrade", 0, CTL_FLAG_BOOL, OPTION(is_upgrade), "set .Release.IsUpgrade"},
	{"kube-version", 0, CTL_FLAG_TEXT, OPTION(kube_version), "the cluster's version"},
	{"name-template", 0, CTL_FLAG_TEXT, FLAG(name_template),
	 "a template that gives the release's name"},
	{"no-hooks", 0, CTL_FLAG_BOOL, OPTION(no_hooks), "leave hooks out"},
	{"output-dir", 0, CTL_FLAG_TEXT, FLAG(output_dir),
	 "write files below it, print their names"},
	{"release-name", 0, CTL_FLAG_BOOL, FLAG(use_release_name),
	 "with --output-dir: in a folder of the release's name"},
	{"show-only", 's', CTL_FLAG_REPEATED, FLAG(show_only), "print only what this file gives"},
	{"skip-schema-validation", 0, CTL_FLAG_BOOL, OPTION(skip_schema_validation),
	 "do not check values.schema.json"},
	{"skip-tests", 0, CTL_FLAG_BOOL, OPTION(skip_tests), "leave tests out"},
	VALUES_FLAGS,
	/* A release without a name has one here as in Helm: release-name. */
	{"generate-name", 'g', CTL_FLAG_BOOL, FLAG(generate_name), NULL},
	{"dry-run", 0, CTL_FLAG_OPTIONAL, FLAG(dry_run), NULL},
	{"atomic", 0, CTL_FLAG_IGNORED, 0, NULL},
	{"create-namespace", 0, CTL_FLAG_IGNORED, 0, NULL},
	{"devel", 0, CTL_FLAG_IGNORED, 0, NULL},
	{"disable-openapi-validation", 0, CTL_FLAG_IGNORED, 0, NULL},
	{"force", 0, CTL_FLAG_IGNORED, 0, NULL},
	{"hide-notes", 0, CTL_FLAG_IGNORED, 0, NULL},
	{"render-subchart-notes", 0, CTL_FLAG_IGNORED, 0, NULL},
	{"replace", 0, CTL_FLAG_IGNORED, 0, NULL},
	{"skip-crds", 0, CTL_FLAG_IGNORED, 0, NULL},
	{"take-ownership", 0, CTL_FLAG_IGNORED, 0, NULL},
	{"wait", 0, CTL_FLAG_IGNORED, 0, NULL},
	{"wait-for-jobs", 0, CTL_FLAG_IGNORED, 0, NULL},
	{"description", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},
	{"labels", 'l', CTL_FLAG_IGNORED_TEXT, 0, NULL},
	{"timeout", 0, CTL_FLAG_IGNORED_DURATION, 0, NULL},
	/* How a chart is fetched: Helm does not look at these either when CHART is on this machine.
	 */
	{"repo", 0, CTL_FLAG_TEXT, FLAG(repository), NULL},
	{"version", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},
	{"username", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},
	{"password", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},
	{"ca-file", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},
	{"cert-file", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},
	{"key-file", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},
	{"keyring", 0, CTL_FLAG_IGNORED_TEXT, 0, NULL},
	{"insecure-skip-tls-verify", 0, CTL_FLAG_IGNORED, 0, NULL},
	{"pass-credentials", 0, CTL_FLAG_IGNORED, 0, NULL},
	{"plain-http", 0, CTL_FLAG_IGNORED, 0, NULL},
	{"dependency-update", 0, CTL_FLAG_REFUSED, 0,
	 "run 'reconcilectl dependency update CHART' before"},
	{"enable-dns", 0, CTL_FLAG_REFUSED, 0,
	 "give the address as a value; getHostByName answers nothing here"},
	{"post-renderer", 0, CTL_FLAG_REFUSED_TEXT, 0,
	 "pipe the output into the program: reconcilectl render ... | PROGRAM"},
	{"post-renderer-args", 0, CTL_FLAG_REFUSED_TEXT, 0,
	 "pipe the output into the program: reconcilectl render ... | PROGRAM ARGUMENTS"},
	{"validate", 0, CTL_FLAG_REFUSED, 0,
	 "name the cluster's version by --kube-version and what it serves by --api-versions; "
	 "for a check by the API server: reconcilectl render ... | kubectl apply --dry-run=server "
	 "-f -"},
	{"verify", 0, CTL_FLAG_REFUSED, 0, "check the signature with gpg before"},
	GLOBAL_FLAGS,
};

const struct ctl_flag ctl_render_flags_lint[] = {
	{"strict", 0, CTL_FLAG_BOOL, FLAG(is_strict), "fail on warnings, too"},
	{"quiet", 0, CTL_FLAG_BOOL, FLAG(is_quiet), "print only warnings and errors"},
	{"with-subcharts", 0, CTL_FLAG_BOOL, FLAG(with_subcharts), "lint what is in charts/, too"},
	{"kube-version", 0, CTL_FLAG_TEXT, OPTION(kube_version), "the cluster's version"},
	{"skip-schema-validation", 0, CTL_FLAG_BOOL, OPTION(skip_schema_validation),
	 "do not check the schemas of subcharts"},
	VALUES_FLAGS,
	GLOBAL_FLAGS,
};
