/* reconcilectl render: what `helm template` prints, without a daemon. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "ctl/chart.h"
#include "ctl/ctl.h"
#include "ctl/render-files.h"
#include "ctl/render-flags.h"
#include "helm/directory.h"
#include "helm/release-name.h"

static int fail_remote(const char *what, struct rc_error **err)
{
	rc_fail(err, -EINVAL, "%s: charts are rendered from what is on this machine", what);
	rc_hint(err, "name a directory or an archive; a chart's dependencies are brought by "
		     "'reconcilectl dependency build'");
	return -EINVAL;
}

static int load_chart(const struct ctl_render_flags *flags, const char *path,
		      struct rc_helm_render *render, struct rc_error **err)
{
	struct stat info;

	if (stat(path, &info) < 0) {
		if (flags->repository)
			return fail_remote(
				"--repo names a chart repository, which this command does not ask",
				err);
		if (rc_str_has_prefix(rc_str(path), RC_STR("oci://")) || strstr(path, "://"))
			return fail_remote(path, err);
		if (*path == '/' || *path == '.')
			return rc_fail(err, -EINVAL, "path \"%s\" not found", path);
		return rc_fail(err, -EINVAL,
			       "non-absolute URLs should be in form of repo_name/path_to_chart, "
			       "got: %s",
			       path);
	}
	if (!S_ISDIR(info.st_mode)) {
		rc_autofree char *absolute = realpath(path, NULL);

		return ctl_chart_load_archive(absolute ? absolute : path,
					      rc_helm_render_files(render), err);
	}
	return rc_helm_directory_load(path, rc_helm_render_files(render),
				      rc_helm_render_warnings(render), err);
}

/* Only what a machine without a cluster can do. */
static int check_dry_run(const struct ctl_render_flags *flags, struct rc_error **err)
{
	static const char *const known[] = {"false", "true", "none", "client", "server"};
	size_t i = 0;

	while (flags->dry_run && i < RC_ARRAY_SIZE(known) && strcmp(known[i], flags->dry_run) != 0)
		i++;
	if (i == RC_ARRAY_SIZE(known))
		return rc_fail(err, -EINVAL,
			       "Invalid dry-run flag. Flag must one of the following: false, true, "
			       "none, client, server");
	if (!flags->dry_run || strcmp(flags->dry_run, "server") != 0)
		return 0;
	rc_fail(err, -EINVAL, "--dry-run=server is not supported here: there is no cluster");
	rc_hint(err, "an application whose lookups are answered is rendered by the daemon: "
		     "reconcilectl app manifests");
	return -EINVAL;
}

static int choose_name(struct ctl_render_flags *flags, struct rc_arena *arena,
		       const char **ret_chart, struct rc_error **err)
{
	const struct ctl_render_list *arguments = &flags->arguments;
	const char *extra = NULL;

	if (arguments->n == 0)
		return rc_fail(err, -EINVAL,
			       "\"reconcilectl render\" requires at least 1 argument");
	for (size_t i = 2; i < arguments->n; i++)
		extra = rc_arena_printf(arena, "%s%s%s", extra ? extra : "", extra ? ", " : "",
					arguments->at[i]);
	if (extra)
		return rc_fail(err, -EINVAL,
			       "expected at most two arguments, unexpected arguments: %s", extra);
	if (arguments->n == 2 && flags->generate_name)
		return rc_fail(err, -EINVAL, "cannot set --generate-name and also specify a name");
	if (arguments->n == 2 && flags->name_template && *flags->name_template)
		return rc_fail(err, -EINVAL, "cannot set --name-template and also specify a name");
	*ret_chart = arguments->at[arguments->n - 1];
	if (arguments->n == 2)
		flags->options.release_name = arguments->at[0];
	else if (flags->name_template && *flags->name_template)
		return rc_helm_release_name_make(arena, flags->name_template,
						 &flags->options.release_name, err);
	return 0;
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
static int run(const struct ctl_render_flags *flags, struct rc_helm_render *render,
	       const char *chart, bool *ret_begun, struct rc_error **err)
{
	int r = rc_helm_render_values(render, err);

	if (r == 0)
		r = load_chart(flags, chart, render, err);
	if (r == 0)
		r = rc_helm_render_run(render, err);
	if (r < 0) {
		*ret_begun = rc_helm_render_has_begun(render);
		return r;
	}
	if (flags->output_dir && *flags->output_dir)
		return ctl_render_files_write(flags, render, err);
	return print_manifests(render, err);
}

static int render_chart(struct ctl_render_flags *flags, struct rc_arena *arena,
			struct rc_error **err)
{
	rc_cleanup(rc_helm_render_freep) struct rc_helm_render *render = NULL;
	const char *chart = NULL;
	bool has_begun = false;
	int r = check_dry_run(flags, err);

	if (r == 0)
		r = choose_name(flags, arena, &chart, err);
	if (r == 0)
		r = ctl_chart_read_values(flags, err);
	render = rc_helm_render_new(&flags->options);
	if (r == 0)
		r = run(flags, render, chart, &has_begun, err);
	ctl_chart_print_warnings(render);
	if (r < 0)
		ctl_chart_print_error(*err, has_begun);
	return r;
}

int ctl_render(int argc, char **argv)
{
	rc_cleanup(ctl_render_flags_done) struct ctl_render_flags flags = {0};
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	int r = ctl_render_flags_parse(argc, argv, ctl_render_flags_render, &flags, &err);

	if (flags.wants_help) {
		ctl_render_flags_usage(ctl_render_flags_render,
				       "usage: reconcilectl render [NAME] CHART [FLAGS]\n\nPrint "
				       "the manifests of a chart, as helm template does. CHART is "
				       "a directory or an archive.\n");
		return CTL_OK;
	}
	flags.options.read_file = ctl_chart_on_read;
	if (r < 0)
		ctl_chart_print_error(err, false);
	else
		r = render_chart(&flags, arena, &err);
	ctl_chart_values_done(&flags);
	return r < 0 ? 1 : CTL_OK;
}
