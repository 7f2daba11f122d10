/*
 * What the git worker is asked and what it answers.
 *
 * {"op": "poll", "mirror": PATH, "url": URL, "auth": {"username"?, "password"?, "sshKey"?,
 *  "knownHosts"?, "ca"?}, "refs": [{"name": REVISION, "known"?: COMMIT}...]}
 *
 * brings the mirror up to date and answers
 *
 * {"changed": bool, "refs": [{"name", "commit", "author", "date", "subject", "forced"?} or
 *  {"name", "error": {as rc_error_to_json()}}...]}
 *
 * "forced" is there when the commit is no descendant of the known one. A revision that does not
 * resolve is an error of its own; the poll succeeds.
 *
 * {"op": "checkout", "mirror": PATH, "revision": REVISION, "folder": PATH}
 *
 * writes the files of a commit that the mirror has (git/checkout.h) and answers {"commit",
 * "author", "mail", "date", "subject"}.
 *
 * {"op": "signed", "mirror": PATH, "commit": COMMIT, "folder": PATH, "allowed"?: PATH,
 *  "keyring"?: PATH}
 *
 * answers {"items": [...]}, the documents of a folder with who signed them (git/signed.h).
 *
 * {"op": "trusted", "mirror": PATH, "commit": COMMIT, "folder": PATH, "allowed"?: PATH,
 *  "keyring"?: PATH, "since": [COMMIT...]}
 *
 * answers as git/trusted.h; without "allowed" and "keyring" no signature is asked for.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"

/* An rc_worker_handler_fn. */
int rc_git_worker_handle(void *userdata, const json_t *request, json_t **ret_reply,
			 struct rc_error **err);
