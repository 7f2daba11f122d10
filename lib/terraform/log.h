/*
 * The log of one run: a file that grows while the run goes on, for `terraform logs -f`.
 *
 * What is known to be secret is masked before a line is written, and the file has a limit: a
 * program that floods its output costs no disk.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/secret.h"
#include "base/str.h"

#define RC_TERRAFORM_LOG_MAX_BYTES ((size_t)16 << 20)

struct rc_terraform_log;

/* Append to the file at path, which is made (0600). */
int rc_terraform_log_open(const char *path, struct rc_terraform_log **ret_log,
			  struct rc_error **err);
void rc_terraform_log_free(struct rc_terraform_log *log);
RC_DEFINE_FREEP(struct rc_terraform_log, rc_terraform_log_free)

/* From now on this value is masked, where it is 4 bytes or longer; copied. */
void rc_terraform_log_hide(struct rc_terraform_log *log, const struct rc_secret *secret);
/* The same, but only in lines: of the log, of a plan's text, and in what is told of a failure. A
 * name that happens to be the same stays one in plans and outputs. */
void rc_terraform_log_hide_in_lines(struct rc_terraform_log *log, const struct rc_secret *secret);
/* A copy of text with all hidden values masked; the caller's to free. */
char *rc_terraform_log_mask(const struct rc_terraform_log *log, struct rc_str text);
/* As a line is: a copy of text, the caller's. */
char *rc_terraform_log_mask_line(const struct rc_terraform_log *log, struct rc_str text);
/* A copy in which each text is masked; the caller's. */
json_t *rc_terraform_log_mask_json(const struct rc_terraform_log *log, const json_t *json);
/* Something of it would be masked. */
bool rc_terraform_log_is_hidden(const struct rc_terraform_log *log, const json_t *json);

/* One line of ours; step is named before it ("plan: ..."). */
void rc_terraform_log_say(struct rc_terraform_log *log, const char *step, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A line of a program's output, without its newline. */
void rc_terraform_log_put(struct rc_terraform_log *log, struct rc_str line);
