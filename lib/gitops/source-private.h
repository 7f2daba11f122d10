/* What the files of rendering share. */
#pragma once

#include "git/tree.h"
#include "gitops/source.h"

struct source_job {
	const json_t *request;
	const struct rc_application *application;
	struct rc_git_mirror **mirrors; /* one per source; NULL where it is an archive */
	const char **commits, **archives;
	json_t *manifests, *warnings, *types;
};

bool rc_source_is_manifest(const char *path);
/* Append the objects of a YAML text to an array; with_place: as {file, line, object}. */
int rc_source_read_documents(struct rc_str text, const char *file, bool with_place, json_t *to,
			     struct rc_error **err);
/* source-archive.c: the files of a packed chart, in its own order */
int rc_source_read_archive(const struct source_job *job, size_t i, struct rc_git_files *files,
			   struct rc_error **err);
/* source-helm.c */
int rc_source_render_chart(struct source_job *job, size_t i, const struct rc_git_files *files,
			   struct rc_error **err);
/* source-directory.c */
int rc_source_read_directory(struct source_job *job, size_t i, const struct rc_git_files *files,
			     struct rc_error **err);
