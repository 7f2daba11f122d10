/* Charts and values from this machine's files, and what is said about them, for render and lint. */
#pragma once

#include "ctl/render-flags.h"
#include "helm/render.h"

/* Append the file at path, or standard input for "-". -EINVAL in Go's words, or -E2BIG. */
int ctl_chart_read_file(const char *path, struct rc_buf *out, struct rc_error **err);
/* The same as rc_helm_read_fn. */
int ctl_chart_on_read(void *userdata, const char *path, struct rc_buf *out, struct rc_error **err);
/* The files of the archive at path. */
int ctl_chart_load_archive(const char *path, struct rc_helm_files *files, struct rc_error **err);
/* Read the values files that flags name into its options; ctl_chart_values_done() frees them. */
int ctl_chart_read_values(struct ctl_render_flags *flags, struct rc_error **err);
void ctl_chart_values_done(struct ctl_render_flags *flags);
/* Without the date and time that Helm puts before them: they are the journal's business. */
void ctl_chart_print_warnings(struct rc_helm_render *render);
/* "Error: chain", and after rendering began (has_begun) a hint that Helm's users know; our own
 * hint. */
void ctl_chart_print_error(const struct rc_error *err, bool has_begun);
