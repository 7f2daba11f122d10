/* Log lines: to the sink, which is stderr until somebody sets another. */
#include "base/log.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/memory.h"

#define LINE_MAX_BYTES ((size_t)64 << 10)

static struct {
	int level;
	enum rc_log_target target;
	rc_log_sink_fn *sink;
} logging = {.level = LOG_INFO};

static const char *const level_names[] = {"emerg",   "alert",  "crit", "err",
					  "warning", "notice", "info", "debug"};

void rc_log_set_level(int syslog_level)
{
	logging.level = syslog_level;
}

void rc_log_set_target(enum rc_log_target target)
{
	logging.target = target;
}

void rc_log_set_sink(rc_log_sink_fn *sink)
{
	logging.sink = sink;
}

static void add_time(struct rc_buf *line)
{
	struct timespec now;
	struct tm tm;
	char text[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	rc_buf_printf(line, "%s.%03ldZ", text, now.tv_nsec / 1000000);
}

/* "RC_APP" reads "app" for people. */
static void add_key(struct rc_buf *line, const char *key)
{
	if (rc_text_has_prefix(key, "RC_"))
		key += 3;
	for (; *key; key++)
		rc_buf_putc(line, (char)tolower((unsigned char)*key));
}

static void add_scope(struct rc_buf *line, const struct rc_log *scope)
{
	if (!scope)
		return;
	add_scope(line, scope->parent);
	if (!scope->value)
		return;
	add_key(line, scope->key);
	rc_buf_printf(line, "=%s ", scope->value);
}

static void write_text(int level, const struct rc_log *scope, const char *message)
{
	rc_autobuf struct rc_buf line;

	rc_buf_init(&line, LINE_MAX_BYTES);
	add_time(&line);
	rc_buf_printf(&line, " %-7s ", level_names[level & 7]);
	add_scope(&line, scope);
	rc_buf_puts(&line, message);
	fprintf(stderr, "%s\n", rc_buf_text(&line));
}

static void set_scope(json_t *json, const struct rc_log *scope)
{
	rc_autobuf struct rc_buf key = RC_BUF_INIT(256);

	if (!scope)
		return;
	set_scope(json, scope->parent);
	if (!scope->value)
		return;
	add_key(&key, scope->key);
	json_object_set_new(json, rc_buf_text(&key), json_string(scope->value));
}

static void write_json(int level, const char *file, int line, const struct rc_log *scope,
		       const char *message)
{
	rc_autobuf struct rc_buf when;
	json_auto_t *json = NULL;

	rc_buf_init(&when, 64);
	add_time(&when);
	json = json_pack("{s:s, s:s, s:s, s:i}", "time", rc_buf_text(&when), "level",
			 level_names[level & 7], "file", file, "line", line);
	set_scope(json, scope);
	json_object_set_new(json, "message", json_string(message));
	json_dumpf(json, stderr, JSON_COMPACT);
	fputc('\n', stderr);
}

static void emit(int level, const char *file, int line, const char *message_id,
		 const struct rc_log *scope, const char *message)
{
	if (logging.sink) {
		logging.sink(level, file, line, message_id, scope, message);
		return;
	}
	switch (logging.target) {
	case RC_LOG_AUTO:
	case RC_LOG_STDERR:
		write_text(level, scope, message);
		return;
	case RC_LOG_JSON:
		write_json(level, file, line, scope, message);
		return;
	}
}

void rc_log_write(const struct rc_log *scope, int level, const char *message_id, const char *file,
		  int line, const char *format, ...)
{
	rc_autofree char *message = NULL;
	va_list args;

	if (level > logging.level)
		return;
	va_start(args, format);
	message = rc_vasprintf(format, args);
	va_end(args);
	emit(level, file, line, message_id, scope, message);
}

void rc_log_write_error(const struct rc_log *scope, int level, const char *file, int line,
			const struct rc_error *err, const char *format, ...)
{
	rc_autofree char *what = NULL, *chain = NULL, *message = NULL;
	const char *hint = rc_error_get_hint(err);
	struct rc_log hinted = {scope, "RC_HINT", hint};
	va_list args;

	if (level > logging.level)
		return;
	va_start(args, format);
	what = rc_vasprintf(format, args);
	va_end(args);
	chain = rc_error_format(err);
	message = rc_asprintf("%s: %s", what, chain);
	emit(level, file, line, NULL, &hinted, message);
}
