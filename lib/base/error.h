/*
 * Errors: an int for the program, a chain for people.
 *
 * A function that can fail returns 0 (or a count) or a negative errno value, and sets *err on
 * failure only. Passing err = NULL is allowed everywhere: the chain is then dropped.
 *
 * Codes: -ENOENT absent, -EINVAL the user's input, -EACCES refused, -E2BIG over a limit, -EPROTO
 * the peer talks nonsense, -ECANCELED; transient ones are listed at rc_error_is_transient().
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

#include <jansson.h>

#include "base/cleanup.h"

struct rc_error {
	int code;	  /* negative errno value */
	char *message;	  /* one clause in lower case that names its subject */
	char *hint;	  /* what to do about it; may be NULL */
	const char *file; /* where in our source it arose; static text */
	int line;
	struct rc_error *cause; /* what was underneath; may be NULL */
};

void rc_error_free(struct rc_error *err);
RC_DEFINE_FREEP(struct rc_error, rc_error_free)

/* Make a new error in *err; returns code. */
#define rc_fail(err, code, ...) rc_error_set((err), (code), __FILE__, __LINE__, __VA_ARGS__)

/* Put a clause on top of the chain in *err: what the caller was doing. Returns code. */
#define rc_wrap(err, code, ...) rc_error_wrap((err), (code), __FILE__, __LINE__, __VA_ARGS__)

int rc_error_set(struct rc_error **err, int code, const char *file, int line, const char *format,
		 ...) __attribute__((format(printf, 5, 6)));
int rc_error_wrap(struct rc_error **err, int code, const char *file, int line, const char *format,
		  ...) __attribute__((format(printf, 5, 6)));

/* Say what to do about the error in *err; the first hint given in a chain is the one shown. */
void rc_hint(struct rc_error **err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Move a chain up: *err is now source's chain (or source is freed, when err is NULL). Returns code.
 */
int rc_error_move(struct rc_error **err, struct rc_error *source);

/* "syncing app 'shop': render: Chart.yaml:3:1: expected a mapping"; the caller's to free. */
char *rc_error_format(const struct rc_error *err);

/* The innermost hint, or NULL. Borrowed. */
const char *rc_error_get_hint(const struct rc_error *err);

/* Worth another try with back-off: conflict, again, busy, timeout, refused, reset, unreachable. */
bool rc_error_is_transient(int code);

/* For the way between processes: {code, message, hint?, cause?}. */
json_t *rc_error_to_json(const struct rc_error *err);
struct rc_error *rc_error_from_json(const json_t *json);
