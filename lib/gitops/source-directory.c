/* A plain directory of YAML and JSON. */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/glob.h"
#include "gitops/source-private.h"

/* *ret_glob stays NULL for no pattern. */
static int compile(const char *pattern, struct rc_glob **ret_glob, struct rc_error **err)
{
	int r = pattern ? rc_glob_compile(rc_str(pattern), '\0', ret_glob, err) : 0;

	return r < 0 ? rc_wrap(err, r, "directory pattern '%s'", pattern) : 0;
}

int rc_source_read_directory(struct source_job *job, size_t i, const struct rc_git_files *files,
			     struct rc_error **err)
{
	const struct rc_application_source *source = &job->application->sources[i];
	rc_cleanup(rc_glob_freep) struct rc_glob *include = NULL, *exclude = NULL;
	int r = compile(source->directory.include, &include, err);

	if (r == 0)
		r = compile(source->directory.exclude, &exclude, err);
	for (size_t j = 0; r == 0 && j < files->n; j++) {
		const char *path = files->at[j].path;
		rc_autofree char *shown = rc_asprintf("%s/%s", source->path, path);

		if (strchr(path, '/') && !source->directory.recurse)
			continue;
		if (rc_text_has_suffix(path, ".jsonnet"))
			return rc_fail(err, -EINVAL, "%s: jsonnet is not supported", shown);
		if (!rc_source_is_manifest(path) ||
		    (include && !rc_glob_match(include, rc_str(path))) ||
		    (exclude && rc_glob_match(exclude, rc_str(path))))
			continue;
		r = rc_source_read_documents(files->at[j].bytes, shown, false, job->manifests, err);
	}
	return r;
}
