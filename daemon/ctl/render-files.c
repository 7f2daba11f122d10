/* Files instead of one text. */
#include "ctl/render-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

static int make_directories(const char *path, struct rc_error **err)
{
	rc_autofree char *copy = rc_strdup(path);

	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return rc_fail(err, -errno, "mkdir %s: %m", copy);
		*slash = '/';
	}
	return 0;
}

static int write_document(const char *directory, const struct rc_helm_manifest *manifest,
			  bool is_append, struct rc_error **err)
{
	rc_autofree char *path = rc_asprintf("%s/%s", directory, manifest->path);
	rc_autofclose FILE *file = NULL;
	int r = make_directories(path, err);
	int fd;

	if (r < 0)
		return r;
	/* Never through a link: what a chart names its files is the chart's business. */
	fd = open(path,
		  O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (is_append ? O_APPEND : O_TRUNC),
		  0666);
	file = fd < 0 ? NULL : fdopen(fd, is_append ? "a" : "w");
	if (!file)
		return rc_fail(err, -errno, "open %s: %m", path);
	fprintf(file, "---\n# Source: %s\n%.*s\n", manifest->path, (int)manifest->text.n,
		manifest->text.p);
	if (fflush(file) != 0 || ferror(file))
		return rc_fail(err, -EIO, "write %s: %m", path);
	printf("wrote %s\n", path);
	return 0;
}

static bool was_written(const struct rc_helm_manifest *manifests, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(manifests[i].path, manifests[n].path) == 0)
			return true;
	return false;
}

static bool exists(const char *directory, const char *name)
{
	rc_autofree char *path = rc_path_join(directory, name);

	return access(path, F_OK) == 0;
}

int ctl_render_files_write(const struct ctl_render_flags *flags,
			   const struct rc_helm_render *render, struct rc_error **err)
{
	const char *name =
		flags->options.release_name ? flags->options.release_name : "release-name";
	rc_autofree char *directory = flags->use_release_name
					      ? rc_path_join(flags->output_dir, name)
					      : rc_strdup(flags->output_dir);
	size_t n;
	const struct rc_helm_manifest *manifests = rc_helm_render_manifests(render, &n);

	for (size_t i = 0; i < n; i++) {
		/* CRDs lie beside the release's folder; hooks are added to what is there. */
		const char *top = manifests[i].is_crd ? flags->output_dir : directory;
		bool is_append = manifests[i].hook ? exists(top, manifests[i].path)
						   : was_written(manifests, i);
		int r = write_document(top, &manifests[i], is_append, err);

		if (r < 0)
			return r;
	}
	if (flags->options.n_show_only > 0)
		return rc_fail(err, -EINVAL, "could not find template %s in chart",
			       flags->options.show_only[0]);
	putchar('\n');
	return 0;
}
