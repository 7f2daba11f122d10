/*
 * A chart and values in, manifests out: what `helm template` of Helm 3.17.2 does, byte for byte,
 * errors and warnings included.
 *
 *	struct rc_helm_render *render = rc_helm_render_new(&options);
 *	r = rc_helm_render_values(render, err);
 *	r = rc_helm_directory_load(path, rc_helm_render_files(render), ...);
 *	r = rc_helm_render_run(render, err);
 *	rc_helm_render_write(render, &text, err);
 *	rc_helm_render_free(render);
 *
 * Nothing here opens a file or a connection: the caller supplies the chart's files and reads what
 * --set-file names. A hostile chart is bounded by steps, output size and nesting; memory as a whole
 * is left to the limits of the process.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "helm/file.h"
#include "helm/warning.h"
#include "template/template.h"

struct rc_helm_render;
struct rc_helm_document;
struct rc_yaml_node;

enum rc_helm_set_kind {
	RC_HELM_SET_VALUE,   /* --set a=1 */
	RC_HELM_SET_STRING,  /* --set-string */
	RC_HELM_SET_JSON,    /* --set-json */
	RC_HELM_SET_FILE,    /* --set-file a=path, read by read_file */
	RC_HELM_SET_LITERAL, /* --set-literal */
};

struct rc_helm_set {
	enum rc_helm_set_kind kind;
	const char *text; /* "a.b=1,c=2"; Argo CD's parameters are NAME=VALUE with escaped commas */
};

/* A values file, read already. */
struct rc_helm_values_text {
	const char *name; /* as given, for messages */
	struct rc_str text;
};

/* Append the file at path to out. */
typedef int rc_helm_read_fn(void *userdata, const char *path, struct rc_buf *out,
			    struct rc_error **err);

/* What the function lookup asks for; name "": all of the kind, namespace "": of all of them. */
struct rc_helm_lookup {
	struct rc_str api_version, kind, name_space, name;
};

/*
 * Answer it: *ret is a map in arena, an empty one where nothing is. 0, or an error that lookup
 * fails with.
 */
typedef int rc_helm_lookup_fn(void *userdata, struct rc_arena *arena,
			      const struct rc_helm_lookup *lookup, struct rc_value *ret,
			      struct rc_error **err);

/* Zero-initialise for the defaults. All of it is borrowed and must outlive the render. */
struct rc_helm_render_options {
	const char *release_name;	 /* NULL: "release-name" */
	const char *release_namespace;	 /* NULL: "default" */
	const char *kube_version;	 /* "1.30", "v1.30.2-eks-1"; NULL: v1.32.0 */
	const char *const *api_versions; /* added to the 56 that Helm knows */
	size_t n_api_versions;
	const struct rc_helm_values_text *values_files; /* later ones win */
	size_t n_values_files;
	const struct rc_helm_set *sets;
	size_t n_sets;
	rc_helm_read_fn *read_file; /* for RC_HELM_SET_FILE; NULL: refused */
	void *read_file_userdata;
	rc_helm_lookup_fn *lookup; /* NULL: nothing is ever found, as by `helm template` */
	void *lookup_userdata;
	const char *const *show_only; /* globs below the chart, "templates/x.yaml" */
	size_t n_show_only;
	struct rc_template_limits limits; /* of templates; 0: their defaults */
	bool is_upgrade;
	bool include_crds; /* also in the list of manifests */
	bool no_hooks;
	bool skip_tests;
	bool skip_schema_validation;
	bool is_lint; /* required and fail only warn; neither an install nor an upgrade */
};

struct rc_helm_manifest {
	const char *path;   /* "judge/templates/api.yaml": what "# Source:" says */
	struct rc_str text; /* one YAML document; a CRD's file may hold several */
	const char *kind;   /* "" when it names none */
	const char *name;   /* metadata.name, or "" */
	const char *hook;   /* helm.sh/hook as written, or NULL */
	bool is_test, is_crd;
	/* Of a chart that is used again (rc_helm_render_use()): */
	struct rc_helm_document *document; /* what is known of it; or NULL */
	const struct rc_yaml_node *node;   /* the text, when it was read and is one document */
	unsigned int rank;		   /* of the kind, in Helm's order */
};

struct rc_helm_render *rc_helm_render_new(const struct rc_helm_render_options *options);
void rc_helm_render_free(struct rc_helm_render *render);
RC_DEFINE_FREEP(struct rc_helm_render, rc_helm_render_free)

struct rc_helm_prepared;
/*
 * Take the chart from prepared (prepared.h), which is borrowed and must outlive the render; what
 * was put into the render's own list of files is forgotten.
 */
void rc_helm_render_use(struct rc_helm_render *render, struct rc_helm_prepared *prepared);
/* The list to put the chart's files into, and what was said so far; both belong to render. */
struct rc_helm_files *rc_helm_render_files(struct rc_helm_render *render);
struct rc_helm_warnings *rc_helm_render_warnings(struct rc_helm_render *render);

/*
 * Check the Kubernetes version and read the user's values: what Helm does before it looks at the
 * chart. Returns 0 or -EINVAL.
 */
int rc_helm_render_values(struct rc_helm_render *render, struct rc_error **err);
/*
 * Load the chart from its files and render it. Returns 0, -EINVAL with Helm's error text as
 * message, or -E2BIG. The message of a failure after rendering began ends in Helm's line about
 * --debug only in what the command prints; see rc_helm_render_has_begun().
 */
int rc_helm_render_run(struct rc_helm_render *render, struct rc_error **err);
/* Templates were being executed (or the release was made) when it failed. */
bool rc_helm_render_has_begun(const struct rc_helm_render *render);

/* It failed because the chart names dependencies that are not in charts/. */
bool rc_helm_render_lacks_dependencies(const struct rc_helm_render *render);

/*
 * What there is to deploy, in Helm's order: CRDs (with include_crds), manifests, hooks (without
 * no_hooks; skip_tests drops tests). Belongs to render.
 */
const struct rc_helm_manifest *rc_helm_render_manifests(const struct rc_helm_render *render,
							size_t *ret_n);
/* The chart's NOTES.txt, rendered; "" when there is none. */
struct rc_str rc_helm_render_notes(const struct rc_helm_render *render);
/* Called with one piece of the output after the other; each is borrowed until it returns. */
typedef void rc_helm_write_fn(void *userdata, struct rc_str text);
/*
 * Give what `helm template` prints, without making one text of it. Returns 0, -EINVAL (show_only
 * names nothing there is) or -E2BIG; nothing was written then.
 */
int rc_helm_render_print(const struct rc_helm_render *render, rc_helm_write_fn *write,
			 void *userdata, struct rc_error **err);
/* The same appended to out; -E2BIG also when it does not fit. */
int rc_helm_render_write(const struct rc_helm_render *render, struct rc_buf *out,
			 struct rc_error **err);
