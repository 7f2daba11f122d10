/* Files and paths. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/memory.h"

#define MAP_MIN ((off_t)64 << 10) /* below it reading costs less */

char *rc_path_join(const char *directory, const char *name)
{
	size_t n = strlen(directory);

	while (n > 1 && directory[n - 1] == '/')
		n--;
	while (*name == '/')
		name++;
	if (n == 0)
		return rc_strdup(name);
	return rc_asprintf("%.*s%s%s", (int)n, directory, directory[n - 1] == '/' ? "" : "/", name);
}

const char *rc_path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Read what fits into n bytes at to; less at the end of the file. */
static ssize_t read_some(int fd, char *to, size_t n)
{
	ssize_t got;

	do
		got = read(fd, to, n);
	while (got < 0 && errno == EINTR);
	return got;
}

int rc_file_read(const char *path, struct rc_buf *buf, struct rc_error **err)
{
	rc_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat info;
	size_t step = 16384;

	if (fd < 0)
		return rc_fail(err, -errno, "%s: %s", path, strerror(errno));
	/* One byte more than it has: the end shows at the first read. */
	if (fstat(fd, &info) == 0 && info.st_size > 0 && (size_t)info.st_size < buf->max)
		step = (size_t)info.st_size + 1;
	for (;;) {
		size_t left = buf->max - buf->n;
		size_t room = buf->size > buf->n + 1 ? buf->size - buf->n - 1 : step;
		size_t n = room < left ? room : left;
		char *space = n > 0 ? rc_buf_reserve(buf, n) : NULL;
		char beyond;
		ssize_t got = read_some(fd, space ?: &beyond, space ? n : 1);

		if (got < 0)
			return rc_fail(err, -errno, "%s: %s", path, strerror(errno));
		if (got == 0)
			return 0;
		if (!space)
			return rc_fail(err, -E2BIG, "%s: larger than %zu bytes", path, buf->max);
		rc_buf_commit(buf, (size_t)got);
	}
}

/*
 * Pages that nobody looks at are never read. The rest of the last page is the NUL behind the text,
 * so there has to be one.
 */
static bool map_file(struct rc_arena *arena, int fd, off_t size, struct rc_str *ret)
{
	void *at;

	if (size < MAP_MIN || size % sysconf(_SC_PAGESIZE) == 0)
		return false;
	at = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return false;
	rc_arena_keep_mapping(arena, at, (size_t)size);
	*ret = (struct rc_str){at, (size_t)size};
	return true;
}

int rc_file_load(struct rc_arena *arena, const char *path, size_t max_bytes, struct rc_str *ret,
		 struct rc_error **err)
{
	rc_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat info;
	size_t n = 0;
	char *bytes;

	if (fd < 0 || fstat(fd, &info) < 0)
		return rc_fail(err, -errno, "%s: %s", path, strerror(errno));
	if (info.st_size < 0 || (size_t)info.st_size > max_bytes)
		return rc_fail(err, -E2BIG, "%s: larger than %zu bytes", path, max_bytes);
	if (map_file(arena, fd, info.st_size, ret))
		return 0;
	bytes = rc_arena_text(arena, (size_t)info.st_size);
	while (n < (size_t)info.st_size) {
		ssize_t got = read_some(fd, bytes + n, (size_t)info.st_size - n);

		if (got < 0)
			return rc_fail(err, -errno, "%s: %s", path, strerror(errno));
		if (got == 0)
			break;
		n += (size_t)got;
	}
	bytes[n] = '\0';
	*ret = (struct rc_str){bytes, n};
	return 0;
}

static int write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, bytes, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		bytes += written;
		n -= (size_t)written;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

int rc_file_write_atomic(const char *path, const void *bytes, size_t n, mode_t mode,
			 struct rc_error **err)
{
	rc_autofree char *temporary = rc_asprintf("%s.XXXXXX", path);
	rc_autoclose int fd = mkostemp(temporary, O_CLOEXEC);
	int r;

	if (fd < 0)
		return rc_fail(err, -errno, "%s: %s", temporary, strerror(errno));
	r = fchmod(fd, mode) < 0 ? -errno : write_all(fd, bytes, n);
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0) {
		unlink(temporary);
		return rc_fail(err, r, "writing %s: %s", path, strerror(-r));
	}
	return 0;
}

int rc_file_make_directory(const char *path, mode_t mode, struct rc_error **err)
{
	rc_autofree char *part = rc_strdup(path);

	for (char *slash = strchr(part + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(part, mode) < 0 && errno != EEXIST)
			return rc_fail(err, -errno, "making directory %s: %s", part,
				       strerror(errno));
		if (!slash)
			return 0;
		*slash = '/';
	}
}

int rc_file_remove_tree(const char *path, struct rc_error **err)
{
	rc_autofree char *top = rc_strdup(path);
	char *paths[] = {top, NULL};
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	int r = 0;

	if (!fts)
		return rc_fail(err, -errno, "%s: %s", path, strerror(errno));
	for (FTSENT *entry = fts_read(fts); entry && r == 0; entry = fts_read(fts)) {
		if (entry->fts_info == FTS_D)
			continue;
		if (remove(entry->fts_accpath) < 0 && errno != ENOENT)
			r = rc_fail(err, -errno, "removing %s: %s", entry->fts_path,
				    strerror(errno));
	}
	fts_close(fts);
	return r;
}

void rc_file_remove_matching(const char *path, const char *suffix)
{
	rc_autofree char *top = rc_strdup(path);
	char *paths[] = {top, NULL};
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);

	if (!fts)
		return;
	for (FTSENT *entry = fts_read(fts); entry; entry = fts_read(fts))
		if (entry->fts_info != FTS_D && entry->fts_info != FTS_DP &&
		    rc_text_has_suffix(entry->fts_name, suffix))
			unlink(entry->fts_accpath);
	fts_close(fts);
}
