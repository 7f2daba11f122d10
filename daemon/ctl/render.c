/* reconcilectl render: what `helm template` prints, without a daemon. */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "ctl/ctl.h"
#include "ctl/render-flags.h"
#include "helm/archive.h"
#include "helm/directory.h"

/* "open x: no such file or directory", as Go says it. */
static int read_file(const char *path, struct rc_buf *out, struct rc_error **err)
{
	rc_autofclose FILE *file =
		strcmp(path, "-") == 0 ? fdopen(dup(STDIN_FILENO), "re") : fopen(path, "re");
	size_t n;

	if (!file) {
		const char *reason = strerror(errno);

		return rc_fail(err, -EINVAL, "open %s: %c%s", path, tolower((unsigned char)*reason),
			       reason + 1);
	}
	do {
		char *space = rc_buf_reserve(out, 64 << 10);

		if (!space)
			return rc_fail(err, -E2BIG, "%s: larger than %zu bytes", path, out->max);
		n = fread(space, 1, 64 << 10, file);
		rc_buf_commit(out, n);
	} while (n > 0);
	if (ferror(file))
		return rc_fail(err, -EINVAL, "read %s: is a directory", path);
	return 0;
}

static int on_read(void *userdata, const char *path, struct rc_buf *out, struct rc_error **err)
{
	(void)userdata;
	return read_file(path, out, err);
}

static int load_archive(const char *path, struct rc_helm_render *render, struct rc_error **err)
{
	struct rc_helm_files *files = rc_helm_render_files(render);
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(RC_HELM_FILES_MAX);
	int r = read_file(path, &bytes, err);

	if (r < 0)
		return r;
	if (!rc_str_has_prefix(rc_buf_str(&bytes), RC_STR("\x1f\x8b\x08"))) {
		if (rc_text_has_suffix(path, ".yml") || rc_text_has_suffix(path, ".yaml"))
			return rc_fail(err, -EINVAL,
				       "file '%s' seems to be a YAML file, but expected a gzipped "
				       "archive",
				       path);
		return rc_fail(err, -EINVAL, "file '%s' does not appear to be a gzipped archive",
			       path);
	}
	return rc_helm_archive_load(rc_buf_str(&bytes), files, err);
}

static int load_chart(const char *path, struct rc_helm_render *render, struct rc_error **err)
{
	struct stat info;

	if (stat(path, &info) < 0) {
		if (*path == '/' || *path == '.')
			return rc_fail(err, -EINVAL, "path \"%s\" not found", path);
		return rc_fail(err, -EINVAL,
			       "non-absolute URLs should be in form of repo_name/path_to_chart, "
			       "got: %s",
			       path);
	}
	if (!S_ISDIR(info.st_mode))
		return load_archive(path, render, err);
	return rc_helm_directory_load(path, rc_helm_render_files(render),
				      rc_helm_render_warnings(render), err);
}

static int choose_name(struct ctl_render_flags *flags, const char **ret_chart,
		       struct rc_error **err)
{
	const struct ctl_render_list *arguments = &flags->arguments;

	if (arguments->n == 0)
		return rc_fail(err, -EINVAL,
			       "\"reconcilectl render\" requires at least 1 argument");
	if (arguments->n > 2)
		return rc_fail(err, -EINVAL,
			       "expected at most two arguments, unexpected arguments: %s",
			       arguments->at[2]);
	if (arguments->n == 2 && flags->generate_name)
		return rc_fail(err, -EINVAL, "cannot set --generate-name and also specify a name");
	if (arguments->n == 2)
		flags->options.release_name = arguments->at[0];
	*ret_chart = arguments->at[arguments->n - 1];
	return 0;
}

/* Without the date and time that Helm puts before them: they are the journal's business. */
static void print_warnings(struct rc_helm_render *render)
{
	const struct rc_helm_warnings *warnings = rc_helm_render_warnings(render);

	for (size_t i = 0; i < warnings->n; i++)
		fprintf(stderr, "%s\n", warnings->at[i].text);
}

/* "Error: ...", and after rendering began a hint that Helm's users know. */
static void print_error(const struct rc_error *err, bool has_begun)
{
	fputs("Error: ", stderr);
	for (; err; err = err->cause)
		fprintf(stderr, "%s%s", err->message, err->cause ? ": " : "");
	fputs(has_begun ? "\n\nUse --debug flag to render out invalid YAML\n" : "\n", stderr);
}

static int read_values(const struct ctl_render_flags *flags, struct rc_helm_values_text *texts,
		       struct rc_error **err)
{
	int r = 0;

	for (size_t i = 0; i < flags->values.n && r == 0; i++) {
		struct rc_buf text = RC_BUF_INIT(RC_HELM_FILE_MAX);

		r = read_file(flags->values.at[i], &text, err);
		texts[i].name = flags->values.at[i];
		texts[i].text.n = text.n;
		texts[i].text.p = rc_buf_take(&text);
	}
	return r;
}

static void on_text(void *userdata, struct rc_str text)
{
	fwrite(text.p, 1, text.n, userdata);
}

static int print_manifests(const struct rc_helm_render *render, struct rc_error **err)
{
	int r;

	setvbuf(stdout, NULL, _IOFBF, 64 << 10);
	r = rc_helm_render_print(render, on_text, stdout, err);
	if (r < 0)
		return r;
	if (fflush(stdout) != 0 || ferror(stdout))
		return rc_fail(err, -errno, "writing the manifests: %m");
	return 0;
}

/* *ret_begun: it was the rendering that failed. */
static int run(struct rc_helm_render *render, const char *chart, bool *ret_begun,
	       struct rc_error **err)
{
	int r = rc_helm_render_values(render, err);

	if (r == 0)
		r = load_chart(chart, render, err);
	if (r == 0)
		r = rc_helm_render_run(render, err);
	if (r < 0) {
		*ret_begun = rc_helm_render_has_begun(render);
		return r;
	}
	return print_manifests(render, err);
}

int ctl_render(int argc, char **argv)
{
	rc_cleanup(ctl_render_flags_done) struct ctl_render_flags flags = {0};
	rc_cleanup(rc_helm_render_freep) struct rc_helm_render *render = NULL;
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autofree struct rc_helm_values_text *texts = NULL;
	const char *chart = NULL;
	bool has_begun = false;
	int r = ctl_render_flags_parse(argc, argv, &flags, &err);

	if (flags.wants_help) {
		ctl_render_flags_usage();
		return CTL_OK;
	}
	texts = rc_calloc(flags.values.n + 1, sizeof(*texts));
	flags.options.read_file = on_read;
	flags.options.values_files = texts;
	flags.options.n_values_files = flags.values.n;
	if (r == 0)
		r = choose_name(&flags, &chart, &err);
	if (r == 0)
		r = read_values(&flags, texts, &err);
	render = rc_helm_render_new(&flags.options);
	if (r == 0)
		r = run(render, chart, &has_begun, &err);
	print_warnings(render);
	if (r < 0)
		print_error(err, has_begun);
	for (size_t i = 0; i < flags.values.n; i++)
		free((char *)(uintptr_t)texts[i].text.p);
	return r < 0 ? 1 : CTL_OK;
}
