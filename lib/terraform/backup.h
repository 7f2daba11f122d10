/*
 * Back-ups of a stack's state: encrypted files of a folder, the newest N kept.
 *
 * A state holds secrets in the clear. A file is "RCTFSTATE1\n", a line of JSON that says what is
 * in it (serial, lineage, time), a nonce of 12 bytes, and the state under AES-256-GCM with its tag
 * of 16; the line is authenticated too, so a file cannot be passed off as another.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "base/secret.h"
#include "base/str.h"

#define RC_TERRAFORM_BACKUP_KEY_BYTES 32
/* The folder beside those of a stack's runs that back-ups from elsewhere are brought to. */
#define RC_TERRAFORM_BACKUP_FETCHED "fetched"

/*
 * Write state (as `state pull` prints it) below folder, which is made; *ret_name is the file's
 * name, the caller's to free. Older ones than the newest keep are removed. -EINVAL: it is no state.
 */
int rc_terraform_backup_write(const char *folder, const struct rc_secret *key, struct rc_str state,
			      unsigned int keep, char **ret_name, struct rc_error **err);
/*
 * Copy a back-up to another folder, which is made, as the one of this day (in UTC): a later one of
 * the day takes its place. Older ones than the newest keep are removed.
 */
int rc_terraform_backup_copy(const char *folder, const char *name, const char *to,
			     unsigned int keep, struct rc_error **err);
/* {"serial", "lineage"} of a state, the caller's; NULL: it is none. */
json_t *rc_terraform_backup_read_head(struct rc_str state);
/* [{"name", "serial", "lineage", "at"}], newest first; the caller's. */
int rc_terraform_backup_list(const char *folder, json_t **ret_list, struct rc_error **err);
/* The state of a file. -ENOENT; -EBADMSG: damaged, or another key. */
int rc_terraform_backup_read(const char *folder, const char *name, const struct rc_secret *key,
			     struct rc_secret **ret_state, struct rc_error **err);
