/*
 * What of a commit a stack is made of: its root module's folder, the folders of the modules it
 * uses by a local path, and its variable files.
 *
 * Only a commit that changes one of these makes a run. Blocks; for the confined worker.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "base/str.h"
#include "git/mirror.h"

#define RC_TERRAFORM_SOURCE_FINGERPRINT_MAX 65

/*
 * A hash over the files of all these folders, as hexadecimal text. files are paths relative to
 * path, or NULL. -ENOENT: there is no such folder; -EINVAL: a module's path leaves the repository;
 * -E2BIG: more than 200 modules, or files over the limits of git/tree.h.
 */
int rc_terraform_source_fingerprint(struct rc_git_mirror *mirror, const char *commit,
				    const char *path, const json_t *files,
				    char fingerprint[RC_TERRAFORM_SOURCE_FINGERPRINT_MAX],
				    struct rc_error **err);
/* Append the local module paths ("../vpc") that a .tf file's text names to list. */
void rc_terraform_source_list_modules(struct rc_str text, json_t *list);
