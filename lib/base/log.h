/*
 * Log lines to the journal, or to stderr where there is none.
 *
 * A line carries MESSAGE PRIORITY CODE_FILE CODE_LINE and the fields of its nested scopes, so that
 * each line of a run names its app. err needs a person, warning is retried, notice changed the
 * cluster, info ran, debug explains. Libraries return errors; only reconcilers and the daemon log.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <syslog.h>

#include "base/error.h"

/* One field of a scope; values are borrowed and must outlive the scope. */
struct rc_log {
	const struct rc_log *parent; /* may be NULL */
	const char *key;	     /* journal field, upper case: "RC_APP" */
	const char *value;	     /* may be NULL: the field is left out */
};

enum rc_log_target {
	RC_LOG_AUTO,   /* the journal when stderr is connected to it, else stderr */
	RC_LOG_STDERR, /* "<level> key=value message" text */
	RC_LOG_JSON,   /* one JSON object a line on stderr */
};

void rc_log_set_level(int syslog_level);
void rc_log_set_target(enum rc_log_target target);

/* A sink gets every line that passes the level; NULL puts the default back. For tests and journal.
 */
typedef void rc_log_sink_fn(int level, const char *file, int line, const char *message_id,
			    const struct rc_log *scope, const char *message);
void rc_log_set_sink(rc_log_sink_fn *sink);

void rc_log_write(const struct rc_log *scope, int level, const char *message_id, const char *file,
		  int line, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* One line for a whole chain, "what: chain", with the hint as field RC_HINT. */
void rc_log_write_error(const struct rc_log *scope, int level, const char *file, int line,
			const struct rc_error *err, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

#define rc_log_err(scope, ...) rc_log_write((scope), LOG_ERR, NULL, __FILE__, __LINE__, __VA_ARGS__)
#define rc_log_warning(scope, ...) \
	rc_log_write((scope), LOG_WARNING, NULL, __FILE__, __LINE__, __VA_ARGS__)
#define rc_log_notice(scope, ...) \
	rc_log_write((scope), LOG_NOTICE, NULL, __FILE__, __LINE__, __VA_ARGS__)
#define rc_log_info(scope, ...) \
	rc_log_write((scope), LOG_INFO, NULL, __FILE__, __LINE__, __VA_ARGS__)
#define rc_log_debug(scope, ...) \
	rc_log_write((scope), LOG_DEBUG, NULL, __FILE__, __LINE__, __VA_ARGS__)
#define rc_log_error(scope, level, err, ...) \
	rc_log_write_error((scope), (level), __FILE__, __LINE__, (err), __VA_ARGS__)
