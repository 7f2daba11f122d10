/* reconcilectl lint: what `helm lint` finds, in its words, with its exit codes. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/sort.h"
#include "ctl/chart.h"
#include "ctl/ctl.h"
#include "ctl/render-flags.h"
#include "helm/directory.h"
#include "helm/ignore.h"
#include "helm/lint.h"

struct paths {
	struct rc_arena *arena;
	const char **at;
	size_t n, room;
};

static void add_path(struct paths *paths, const char *path)
{
	if (paths->n == paths->room) {
		size_t room = paths->room ? paths->room * 2 : 16;

		paths->at = rc_arena_grow(paths->arena, paths->at, paths->n * sizeof(*paths->at),
					  room * sizeof(*paths->at));
		paths->room = room;
	}
	paths->at[paths->n++] = rc_arena_strdup(paths->arena, path);
}

static bool is_archive(const char *path)
{
	return rc_text_has_suffix(path, ".tgz") || rc_text_has_suffix(path, ".tar.gz");
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* As Go's filepath.Clean, in place: without ".", and ".." together with what it leaves. Not of an
 * empty path. */
static void clean(char *path)
{
	bool is_rooted = *path == '/';
	char *out = path + is_rooted, *floor = out;

	for (char *in = out; *in;) {
		size_t n = strcspn(in, "/");
		bool is_up = n == 2 && strncmp(in, "..", 2) == 0;
		char *next = in + n + (in[n] == '/');

		if (is_up && out > floor) {
			while (out > floor && *--out != '/')
				;
		} else if (n > 0 && !(n == 1 && *in == '.') && !(is_up && is_rooted)) {
			if (out > path + is_rooted)
				*out++ = '/';
			memmove(out, in, n);
			out += n;
			if (is_up)
				floor = out;
		}
		in = next;
	}
	*out = '\0';
}

/* Charts and archives below a folder, in the order of their names; links are not followed. */
static void find_subcharts(struct paths *paths, const char *directory, int depth)
{
	struct dirent **entries = NULL;
	int n = depth > 64 ? -1 : scandir(directory, &entries, NULL, by_bytes);

	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		rc_autofree char *path = rc_path_join(directory, name);
		struct stat info;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
			free(entries[i]);
			continue;
		}
		if (strcmp(name, "Chart.yaml") == 0)
			add_path(paths, directory);
		else if (is_archive(path))
			add_path(paths, path);
		if (lstat(path, &info) == 0 && S_ISDIR(info.st_mode))
			find_subcharts(paths, path, depth + 1);
		free(entries[i]);
	}
	free(entries);
}

static const char *go_reason(struct rc_arena *arena, int code)
{
	char *text = rc_arena_strdup(arena, strerror(code));

	*text = (char)tolower((unsigned char)*text);
	return text;
}

static void read_part(struct rc_arena *arena, const char *directory, const char *name,
		      struct rc_helm_lint_file *ret)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_HELM_FILE_MAX);
	rc_autofree char *path = rc_path_join(directory, name);
	struct stat info;

	if (stat(path, &info) < 0)
		return;
	ret->exists = true;
	ret->is_directory = S_ISDIR(info.st_mode);
	if (ctl_chart_read_file(path, &text, &err) < 0)
		ret->error = rc_arena_strdup(arena, err->message);
	ret->text = rc_arena_str(arena, rc_buf_str(&text));
}

static int load_directory(struct rc_arena *arena, const char *path, struct rc_helm_render *render,
			  struct rc_helm_lint_input *input, struct rc_error **err)
{
	rc_cleanup(rc_error_freep) struct rc_error *cause = NULL;
	rc_autofree char *chart = rc_path_join(path, "Chart.yaml");
	rc_autofree char *templates = rc_path_join(path, "templates");
	struct stat info;

	if (stat(chart, &info) < 0)
		return rc_fail(err, -EINVAL,
			       "unable to check Chart.yaml file in chart: stat %s: %s", chart,
			       go_reason(arena, errno));
	read_part(arena, path, "Chart.yaml", &input->chart);
	read_part(arena, path, "values.yaml", &input->values);
	read_part(arena, path, "values.schema.json", &input->schema);
	input->templates_is_file = stat(templates, &info) == 0 && !S_ISDIR(info.st_mode);
	if (rc_helm_directory_load(path, rc_helm_render_files(render),
				   rc_helm_render_warnings(render), &cause) < 0) {
		rc_autofree char *text = rc_error_format(cause);

		input->load_error = rc_arena_strdup(arena, text);
	}
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct rc_helm_file *x = a, *y = b;
	size_t i = 0;

	while (i < x->name.n && i < y->name.n && x->name.p[i] == y->name.p[i])
		i++;
	if (i == x->name.n || i == y->name.n)
		return x->name.n < y->name.n ? -1 : x->name.n > y->name.n;
	/* As a walk of directories: an element ends before every other character. */
	if (x->name.p[i] == '/' || y->name.p[i] == '/')
		return x->name.p[i] == '/' ? -1 : 1;
	return (unsigned char)x->name.p[i] < (unsigned char)y->name.p[i] ? -1 : 1;
}

/* Helm unpacks an archive and lints the folder: .helmignore counts, and the order is a walk's. */
static int load_archive(const char *path, struct rc_helm_render *render,
			struct rc_helm_lint_input *input, struct rc_error **err)
{
	struct rc_helm_files *files = rc_helm_render_files(render);
	rc_autofree char *reason = NULL;
	int r = ctl_chart_load_archive(path, files, err);

	if (r < 0) {
		reason = rc_error_format(*err);
		return rc_fail(err, r, "unable to extract tarball: %s", reason);
	}
	rc_sort(files->at, files->n, sizeof(*files->at), by_path);
	for (size_t i = 0; i < files->n; i++) {
		const struct rc_helm_file *file = &files->at[i];
		struct rc_helm_lint_file part = {.exists = true, .text = file->bytes};

		if (rc_str_is(file->name, "Chart.yaml"))
			input->chart = part;
		else if (rc_str_is(file->name, "values.yaml"))
			input->values = part;
		else if (rc_str_is(file->name, "values.schema.json"))
			input->schema = part;
		else if (rc_str_is(file->name, "templates"))
			input->templates_is_file = true;
	}
	if (!input->chart.exists)
		return rc_fail(err, -EINVAL, "unable to extract tarball: chart name not specified");
	return rc_helm_ignore_apply(files, err);
}

/* As filepath.Abs(): by name alone. */
static const char *absolute(struct rc_arena *arena, const char *path)
{
	char folder[PATH_MAX];
	const char *joined = path;
	char *text, *to;

	if (*path != '/')
		joined = rc_arena_printf(arena, "%s/%s",
					 getcwd(folder, sizeof(folder)) ? folder : "", path);
	text = to = rc_arena_strdup(arena, joined);
	for (const char *from = joined; *from;) {
		size_t n;

		from += strspn(from, "/");
		n = strcspn(from, "/");
		if (n == 2 && strncmp(from, "..", 2) == 0) {
			while (to > text && *--to != '/')
				;
		} else if (n > 0 && !(n == 1 && *from == '.')) {
			*to++ = '/';
			memmove(to, from, n);
			to += n;
		}
		from += n;
	}
	if (to == text)
		*to++ = '/';
	*to = '\0';
	return text;
}

struct outcome {
	bool has_failed, has_findings;
};

static void print_findings(const struct ctl_render_flags *flags, const char *path,
			   const struct rc_helm_lint_messages *messages, const struct rc_error *err,
			   struct outcome *outcome)
{
	enum rc_helm_lint_severity limit =
		flags->is_strict ? RC_HELM_LINT_WARNING : RC_HELM_LINT_ERROR;

	for (size_t i = 0; i < messages->n; i++) {
		outcome->has_failed |= messages->at[i].severity >= limit;
		outcome->has_findings |= messages->at[i].severity > RC_HELM_LINT_INFO;
	}
	if (flags->is_quiet && !outcome->has_findings && !err)
		return;
	printf("==> Linting %s\n", path);
	if (err) {
		rc_autofree char *text = rc_error_format(err);

		printf("Error %s\n", text);
		outcome->has_failed = outcome->has_findings = true;
	}
	for (size_t i = 0; i < messages->n; i++)
		if (!flags->is_quiet || messages->at[i].severity > RC_HELM_LINT_INFO)
			printf("[%s] %s: %s\n",
			       rc_helm_lint_severity_to_string(messages->at[i].severity),
			       messages->at[i].path, messages->at[i].text);
	putchar('\n');
}

/* What was linted; Helm has one set of values for all, so each stays until the end. */
struct linted {
	struct rc_helm_render **at;
	size_t n;
};

static void linted_done(struct linted *linted)
{
	while (linted->n > 0)
		rc_helm_render_free(linted->at[--linted->n]);
	free(linted->at);
}

/* Fails only when there is nothing to lint with: values that cannot be read. */
static int lint_one(struct rc_arena *arena, const struct ctl_render_flags *flags, const char *path,
		    struct linted *linted, struct outcome *outcome, struct rc_error **err)
{
	struct rc_helm_render *render = linted->at[linted->n] = rc_helm_render_new(&flags->options);
	rc_cleanup(rc_error_freep) struct rc_error *cause = NULL;
	struct rc_helm_lint_input input = {.directory = absolute(arena, path)};
	struct rc_helm_lint_messages messages = {0};
	int r = rc_helm_render_values(render, err);

	if (linted->n++ > 0)
		rc_helm_lint_share_values(render, linted->at[0]);
	if (r < 0)
		return r;
	if (is_archive(path))
		r = load_archive(path, render, &input, &cause);
	else
		r = load_directory(arena, path, render, &input, &cause);
	if (r == 0)
		rc_helm_lint_run(render, &input, &messages);
	ctl_chart_print_warnings(render);
	print_findings(flags, path, &messages, cause, outcome);
	return 0;
}

static int lint_all(struct rc_arena *arena, struct ctl_render_flags *flags, struct rc_error **err)
{
	rc_cleanup(linted_done) struct linted linted = {0};
	struct paths paths = {.arena = arena};
	size_t n_failed = 0, n_found = 0, n_given;

	for (size_t i = 0; i < flags->arguments.n; i++)
		add_path(&paths, flags->arguments.at[i]);
	if (paths.n == 0)
		add_path(&paths, ".");
	n_given = paths.n;
	for (size_t i = 0; i < n_given && flags->with_subcharts; i++) {
		rc_autofree char *charts = rc_path_join(paths.at[i], "charts");

		clean(charts);
		find_subcharts(&paths, charts, 0);
	}
	linted.at = rc_calloc(paths.n, sizeof(struct rc_helm_render *));
	for (size_t i = 0; i < paths.n; i++) {
		struct outcome outcome = {0};
		int r = lint_one(arena, flags, paths.at[i], &linted, &outcome, err);

		if (r < 0)
			return r;
		n_failed += outcome.has_failed;
		n_found += outcome.has_findings;
	}
	fflush(stdout);
	if (n_failed > 0)
		return rc_fail(err, -EINVAL, "%zu chart(s) linted, %zu chart(s) failed", paths.n,
			       n_failed);
	if (!flags->is_quiet || n_found > 0)
		printf("%zu chart(s) linted, %zu chart(s) failed\n", paths.n, n_failed);
	return 0;
}

int ctl_lint(int argc, char **argv)
{
	rc_cleanup(ctl_render_flags_done) struct ctl_render_flags flags = {0};
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	int r = ctl_render_flags_parse(argc, argv, ctl_render_flags_lint, &flags, &err);

	if (flags.wants_help) {
		ctl_render_flags_usage(
			ctl_render_flags_lint,
			"usage: reconcilectl lint [CHART...] [FLAGS]\n\nFind what is "
			"wrong with a chart, as helm lint does.\n");
		return CTL_OK;
	}
	flags.options.read_file = ctl_chart_on_read;
	flags.options.release_name = "test-release";
	flags.options.is_lint = true;
	if (r == 0)
		r = ctl_chart_read_values(&flags, &err);
	if (r == 0)
		r = lint_all(arena, &flags, &err);
	if (r < 0)
		ctl_chart_print_error(err, false);
	ctl_chart_values_done(&flags);
	return r < 0 ? 1 : CTL_OK;
}
