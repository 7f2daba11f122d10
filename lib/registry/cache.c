/* A folder of files, kept small. */
#include "registry/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/sort.h"

#define SUFFIX	   ".tgz"
#define LEFTOVER_S 3600 /* a file half written so long ago has no writer any more */

struct entry {
	char *name;
	uint64_t size;
	struct timespec used;
};

static char *name_of(const char *digest)
{
	return rc_asprintf("%s%s", digest, SUFFIX);
}

char *rc_registry_cache_path(const char *folder, const char *digest)
{
	rc_autofree char *name = name_of(digest);

	return rc_path_join(folder, name);
}

static bool touch(const char *path)
{
	return utimensat(AT_FDCWD, path, NULL, 0) == 0;
}

bool rc_registry_cache_has(const char *folder, const char *digest)
{
	rc_autofree char *path = rc_registry_cache_path(folder, digest);

	return touch(path);
}

int rc_registry_cache_put(const char *folder, const char *name, struct rc_str bytes,
			  struct rc_error **err)
{
	rc_autofree char *path = rc_path_join(folder, name);
	int r = rc_file_make_directory(folder, 0700, err);

	if (r == 0)
		r = rc_file_write_atomic(path, bytes.p, bytes.n, 0600, err);
	if (r == 0)
		rc_registry_cache_trim(folder, RC_REGISTRY_CACHE_MAX);
	return r;
}

int rc_registry_cache_get(const char *folder, const char *name, struct rc_buf *buf,
			  struct rc_error **err)
{
	rc_autofree char *path = rc_path_join(folder, name);

	touch(path);
	return rc_file_read(path, buf, err);
}

int rc_registry_cache_add(const char *folder, struct rc_str archive, char digest[RC_DIGEST_MAX],
			  struct rc_error **err)
{
	rc_autofree char *name = NULL;

	rc_digest_sha256(archive, digest);
	name = name_of(digest);
	return rc_registry_cache_has(folder, digest)
		       ? 0
		       : rc_registry_cache_put(folder, name, archive, err);
}

int rc_registry_cache_read(const char *folder, const char *digest, struct rc_buf *buf,
			   struct rc_error **err)
{
	rc_autofree char *path = rc_registry_cache_path(folder, digest);
	char found[RC_DIGEST_MAX];
	int r = rc_file_read(path, buf, err);

	if (r == -ENOENT)
		rc_hint(err, "it was removed from the cache; 'reconcilectl app refresh' fetches "
			     "it again");
	if (r < 0)
		return r;
	if (strcmp(rc_digest_sha256(rc_buf_str(buf), found), digest) == 0)
		return 0;
	unlink(path);
	return rc_fail(err, -EPROTO, "%s is damaged: its digest is %s", path, found);
}

/* ---- trimming ---- */

static int by_use(const void *a, const void *b)
{
	const struct timespec *x = &((const struct entry *)a)->used;
	const struct timespec *y = &((const struct entry *)b)->used;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? -1 : 1;
	return x->tv_nsec < y->tv_nsec ? -1 : x->tv_nsec > y->tv_nsec;
}

/* Six letters after the last dot: the name of a file that is being written. */
static bool is_leftover(const char *name, const struct stat *info)
{
	const char *dot = strrchr(name, '.');

	return dot && strlen(dot) == 7 && time(NULL) - info->st_mtime > LEFTOVER_S;
}

static size_t list(int folder, DIR *stream, struct entry **ret_entries, uint64_t *ret_bytes)
{
	struct entry *entries = NULL;
	struct dirent *found;
	size_t n = 0;

	*ret_bytes = 0;
	while ((found = readdir(stream))) {
		struct stat info;

		if (fstatat(folder, found->d_name, &info, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(info.st_mode))
			continue;
		if (is_leftover(found->d_name, &info)) {
			unlinkat(folder, found->d_name, 0);
			continue;
		}
		entries = rc_realloc(entries, (n + 1) * sizeof(*entries));
		entries[n++] = (struct entry){rc_strdup(found->d_name), (uint64_t)info.st_size,
					      info.st_mtim};
		*ret_bytes += (uint64_t)info.st_size;
	}
	*ret_entries = entries;
	return n;
}

void rc_registry_cache_trim(const char *folder, uint64_t max_bytes)
{
	rc_autofree struct entry *entries = NULL;
	DIR *stream = opendir(folder);
	uint64_t bytes;
	size_t n;

	if (!stream)
		return;
	n = list(dirfd(stream), stream, &entries, &bytes);
	if (n > 0 && bytes > max_bytes)
		rc_sort(entries, n, sizeof(*entries), by_use);
	for (size_t i = 0; i < n; i++) {
		if (bytes > max_bytes && unlinkat(dirfd(stream), entries[i].name, 0) == 0)
			bytes -= entries[i].size;
		free(entries[i].name);
	}
	closedir(stream);
}
