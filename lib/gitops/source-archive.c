/* A packed chart from the cache: what a repository of charts or a registry gave. */
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/memory.h"
#include "data/digest.h"
#include "gitops/source-private.h"
#include "helm/archive.h"
#include "registry/cache.h"

int rc_source_read_packed(const char *path, struct rc_buf *packed, struct rc_error **err)
{
	const char *slash = strrchr(path, '/');
	rc_autofree char *folder = rc_strndup(path, slash ? (size_t)(slash - path) : 0);
	rc_autofree char *digest = rc_strdup(rc_path_base(path));

	digest[strcspn(digest, ".")] = '\0';
	if (!rc_digest_is_sha256(digest))
		return rc_fail(err, -EINVAL, "'%s' is no archive of the cache", path);
	return rc_registry_cache_read(folder, digest, packed, err);
}

static void take_files(const struct rc_helm_files *from, struct rc_git_files *to)
{
	to->at = rc_calloc(from->n + 1, sizeof(*to->at));
	for (size_t i = 0; i < from->n; i++) {
		const struct rc_helm_file *file = &from->at[i];

		to->at[to->n++] = (struct rc_git_file){
			rc_str_dup(file->name),
			{rc_memdup(file->bytes.p ? file->bytes.p : "", file->bytes.n + 1),
			 file->bytes.n}};
		to->bytes += file->bytes.n;
	}
}

int rc_source_read_archive(const struct source_job *job, size_t i, struct rc_git_files *files,
			   struct rc_error **err)
{
	const struct rc_application_source *source = &job->application->sources[i];
	rc_autobuf struct rc_buf packed = RC_BUF_INIT(RC_REGISTRY_ARCHIVE_MAX);
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_helm_files unpacked = {.arena = arena};
	const char *name = source->chart ? source->chart : source->repo_url;
	int r;

	if (strcmp(source->path, ".") != 0)
		return rc_fail(err, -EINVAL,
			       "path '%s': a chart from a registry has no other than "
			       "'.'",
			       source->path);
	r = rc_source_read_packed(job->archives[i], &packed, err);
	if (r == 0)
		r = rc_helm_archive_load(rc_buf_str(&packed), &unpacked, err);
	if (r < 0)
		return rc_wrap(err, r, "chart %s %s", name, job->commits[i]);
	take_files(&unpacked, files);
	return 0;
}
