/* render --output-dir: a file per template instead of one text. */
#pragma once

#include "ctl/render-flags.h"
#include "helm/render.h"

/*
 * Write what render gives below flags->output_dir and print "wrote PATH" for each document, as
 * `helm template` does. -EINVAL or the error of a file that cannot be written.
 */
int ctl_render_files_write(const struct ctl_render_flags *flags,
			   const struct rc_helm_render *render, struct rc_error **err);
