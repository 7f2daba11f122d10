/* Charts and values from files. */
#include "ctl/chart.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "helm/archive.h"

#define SNIFFED 512 /* bytes that tell what a file is */

static bool is_remote(const char *path)
{
	return rc_str_has_prefix(rc_str(path), RC_STR("http://")) ||
	       rc_str_has_prefix(rc_str(path), RC_STR("https://"));
}

static int fail_open(const char *path, struct rc_error **err)
{
	const char *reason = strerror(errno);

	rc_fail(err, -EINVAL, "open %s: %c%s", path, tolower((unsigned char)*reason), reason + 1);
	if (is_remote(path))
		rc_hint(err, "download the file before: values are read from this machine");
	return -EINVAL;
}

int ctl_chart_read_file(const char *path, struct rc_buf *out, struct rc_error **err)
{
	rc_autofclose FILE *file =
		strcmp(path, "-") == 0 ? fdopen(dup(STDIN_FILENO), "re") : fopen(path, "re");
	size_t n;

	if (!file)
		return fail_open(path, err);
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

int ctl_chart_on_read(void *userdata, const char *path, struct rc_buf *out, struct rc_error **err)
{
	(void)userdata;
	return ctl_chart_read_file(path, out, err);
}

/*
 * What Go's http.DetectContentType takes the first 512 bytes for, as far as people confuse such
 * files with a chart; what is shorter is filled up with NULs, which no text has.
 */
static const char *content_type(struct rc_str bytes)
{
	static const struct {
		const char *start, *type;
	} known[] = {
		{"<!doctype html", "text/html; charset=utf-8"},
		{"<html", "text/html; charset=utf-8"},
		{"<?xml", "text/xml; charset=utf-8"},
		{"%PDF-", "application/pdf"},
		{"PK\x03\x04", "application/zip"},
	};
	size_t space = 0;

	while (space < bytes.n && bytes.p[space] && strchr("\t\n\f\r ", bytes.p[space]))
		space++;
	for (size_t i = 0; i < RC_ARRAY_SIZE(known); i++) {
		size_t skipped = known[i].start[0] == '<' ? space : 0, n = strlen(known[i].start);

		if (bytes.n - skipped > n && strncasecmp(bytes.p + skipped, known[i].start, n) == 0)
			return known[i].type;
	}
	for (size_t i = 0; i < SNIFFED; i++)
		if (i >= bytes.n ||
		    (iscntrl((unsigned char)bytes.p[i]) && !memchr("\t\n\f\r\x1b", bytes.p[i], 5)))
			return "application/octet-stream";
	return "text/plain; charset=utf-8";
}

int ctl_chart_load_archive(const char *path, struct rc_helm_files *files, struct rc_error **err)
{
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(RC_HELM_FILES_MAX);
	int r = ctl_chart_read_file(path, &bytes, err);

	if (r < 0)
		return r;
	if (!rc_str_has_prefix(rc_buf_str(&bytes), RC_STR("\x1f\x8b\x08"))) {
		if (rc_text_has_suffix(path, ".yml") || rc_text_has_suffix(path, ".yaml"))
			return rc_fail(err, -EINVAL,
				       "file '%s' seems to be a YAML file, but expected a gzipped "
				       "archive",
				       path);
		return rc_fail(err, -EINVAL,
			       "file '%s' does not appear to be a gzipped archive; got '%s'", path,
			       content_type(rc_buf_str(&bytes)));
	}
	return rc_helm_archive_load(rc_buf_str(&bytes), files, err);
}

int ctl_chart_read_values(struct ctl_render_flags *flags, struct rc_error **err)
{
	struct rc_helm_values_text *texts = rc_calloc(flags->values.n + 1, sizeof(*texts));
	int r = 0;

	flags->options.values_files = texts;
	flags->options.n_values_files = flags->values.n;
	for (size_t i = 0; i < flags->values.n && r == 0; i++) {
		struct rc_buf text = RC_BUF_INIT(RC_HELM_FILE_MAX);

		r = ctl_chart_read_file(flags->values.at[i], &text, err);
		texts[i].name = flags->values.at[i];
		texts[i].text.n = text.n;
		texts[i].text.p = rc_buf_take(&text);
	}
	return r;
}

void ctl_chart_values_done(struct ctl_render_flags *flags)
{
	for (size_t i = 0; i < flags->options.n_values_files; i++)
		free((char *)(uintptr_t)flags->options.values_files[i].text.p);
	free((void *)(uintptr_t)flags->options.values_files);
	flags->options.values_files = NULL;
	flags->options.n_values_files = 0;
}

void ctl_chart_print_warnings(struct rc_helm_render *render)
{
	const struct rc_helm_warnings *warnings = rc_helm_render_warnings(render);

	for (size_t i = 0; i < warnings->n; i++)
		fprintf(stderr, "%s\n", warnings->at[i].text);
}

void ctl_chart_print_error(const struct rc_error *err, bool has_begun)
{
	const char *hint = rc_error_get_hint(err);

	fputs("Error: ", stderr);
	for (; err; err = err->cause)
		fprintf(stderr, "%s%s", err->message, err->cause ? ": " : "");
	fputs(has_begun ? "\n\nUse --debug flag to render out invalid YAML\n" : "\n", stderr);
	if (hint)
		fprintf(stderr, "  %s\n", hint);
}
