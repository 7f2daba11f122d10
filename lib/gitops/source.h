/*
 * From a commit to manifests: a Helm chart or a plain directory, rendered in a worker.
 *
 * The request is made in main from plain data; the worker reads the commit's tree straight from
 * the mirror's object store, has no network and no credentials, and answers with JSON objects.
 * A value file or parameter may come from another source by its ref ("$values/prod.yaml").
 */
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "base/error.h"
#include "gitops/application.h"

/* Where a source's files are. */
struct rc_source_at {
	const char *mirror;   /* path of the bare repository */
	const char *commit;   /* 40 hex digits; of an archive what rc_repository_resolve() says */
	const char *archive;  /* path of a packed chart; NULL: the files are in the mirror */
	const json_t *charts; /* of the mirror's: what is to lie in charts/, one of the "charts" of
				 gitops/dependencies.h; NULL: what the commit has */
};

/* What the cluster can do. */
struct rc_source_cluster {
	const char *kube_version;   /* "v1.32.1"; "": Helm's default */
	const json_t *api_versions; /* array of text, or NULL */
};

/* at has one entry per source of application. The request for a render worker; the caller's.
 * "values" may be added to it: they are stronger than those of the Application, and weaker than its
 * parameters; and "lookups", what was looked up so far: {key: {"object": ...} or {"error": TEXT}}.
 */
json_t *rc_source_make_request(const struct rc_application *application,
			       const struct rc_source_at *at,
			       const struct rc_source_cluster *cluster);
/*
 * The worker's side, an rc_worker_text_handler_fn; userdata is its rc_source_cache, or NULL for
 * none. The reply:
 * {"manifests": [object...], "warnings": [text...], "types": ["Helm" or "Directory" per source]},
 * or, where a chart in Git has not all that it depends on,
 * {"needs": [{"source": N, "commit": COMMIT, "repositories": [TEXT...]}...]}, or, where templates
 * look up what is not among the request's lookups and the application may (answers_lookup),
 * {"lookups": [{"key", "apiVersion", "kind", "namespace", "name"}...]}.
 */
int rc_source_handle(void *userdata, const json_t *request, struct rc_buf *out,
		     struct rc_error **err);
/* The same for Application manifests in a folder of a repository: {"path": ...}; every YAML and
 * JSON document there, with "file" beside each: {"documents": [{"file", "line", "object"}...],
 * "refused": [text...]}, the latter for files that cannot be read. */
json_t *rc_source_make_read_request(const struct rc_source_at *at, const char *path);
