/* A plain directory of YAML and JSON. */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "gitops/catalog.h"
#include "data/glob.h"
#include "gitops/source-private.h"

struct filter {
	const struct rc_application_source *source;
	struct rc_glob *include, *exclude; /* NULL: no pattern */
};

static int compile(const char *pattern, struct rc_glob **ret_glob, struct rc_error **err)
{
	int r = pattern && *pattern ? rc_glob_compile(rc_str(pattern), '\0', ret_glob, err) : 0;

	return r < 0 ? rc_wrap(err, r, "directory pattern '%s'", pattern) : 0;
}

static int filter_init(struct filter *filter, const struct rc_application_source *source,
		       struct rc_error **err)
{
	int r = compile(source->directory.include, &filter->include, err);

	filter->source = source;
	return r < 0 ? r : compile(source->directory.exclude, &filter->exclude, err);
}

static void filter_done(struct filter *filter)
{
	rc_glob_free(filter->include);
	rc_glob_free(filter->exclude);
}

static bool is_wanted(const struct filter *filter, const struct rc_git_file *file)
{
	const char *path = file->path;

	if (strchr(path, '/') && !filter->source->directory.recurse)
		return false;
	if (!filter->source->directory.all_files && !rc_catalog_is_manifest(path) &&
	    !rc_text_has_suffix(path, ".jsonnet"))
		return false;
	if (filter->exclude && rc_glob_match(filter->exclude, rc_str(path)))
		return false;
	return !filter->include || rc_glob_match(filter->include, rc_str(path));
}

int rc_source_read_directory(struct source_job *job, size_t i, const struct rc_git_files *files,
			     struct rc_error **err)
{
	const struct rc_application_source *source = &job->application->sources[i];
	rc_cleanup(filter_done) struct filter filter = {.source = source};
	int r = filter_init(&filter, source, err);

	for (size_t j = 0; r == 0 && j < files->n; j++) {
		const struct rc_git_file *file = &files->at[j];
		rc_autofree char *shown = rc_asprintf("%s/%s", source->path, file->path);

		if (!is_wanted(&filter, file) || rc_source_is_skipped(file))
			continue;
		if (rc_text_has_suffix(file->path, ".jsonnet")) {
			rc_fail(err, -EINVAL, "%s: jsonnet is not supported", shown);
			rc_hint(err, "render it into Git, or leave it out by directory.exclude");
			return -EINVAL;
		}
		r = rc_source_read_file(file, shown, false, job->manifests, err);
	}
	return r;
}
