/* The journal by its native protocol, with structured fields. */
#include "base/journal.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>

#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

#include "base/log.h"
#include "base/memory.h"

#define FIELDS_MAX 16

struct fields {
	struct iovec at[FIELDS_MAX];
	int n;
};

static void add(struct fields *fields, char *text)
{
	if (fields->n == FIELDS_MAX) {
		free(text);
		return;
	}
	fields->at[fields->n].iov_base = text;
	fields->at[fields->n++].iov_len = strlen(text);
}

static void to_journal(int level, const char *file, int line, const char *message_id,
		       const struct rc_log *scope, const char *message)
{
	struct fields fields = {.n = 0};

	add(&fields, rc_asprintf("MESSAGE=%s", message));
	add(&fields, rc_asprintf("PRIORITY=%d", level));
	add(&fields, rc_asprintf("CODE_FILE=%s", file));
	add(&fields, rc_asprintf("CODE_LINE=%d", line));
	add(&fields, rc_strdup("SYSLOG_IDENTIFIER=reconciled"));
	if (message_id)
		add(&fields, rc_asprintf("MESSAGE_ID=%s", message_id));
	for (; scope; scope = scope->parent)
		if (scope->value)
			add(&fields, rc_asprintf("%s=%s", scope->key, scope->value));
	sd_journal_sendv(fields.at, fields.n);
	for (int i = 0; i < fields.n; i++)
		free(fields.at[i].iov_base);
}

bool rc_journal_attach(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uint64_t device, inode;
	struct stat st;

	if (!stream || sscanf(stream, "%" SCNu64 ":%" SCNu64, &device, &inode) != 2 ||
	    fstat(STDERR_FILENO, &st) < 0 || st.st_dev != device || st.st_ino != inode)
		return false;
	rc_log_set_sink(to_journal);
	return true;
}

void rc_journal_notify(const char *state)
{
	sd_notify(0, state);
}

void rc_journal_notify_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		   (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

unsigned int rc_journal_get_watchdog_ms(void)
{
	uint64_t usec = 0;

	if (sd_watchdog_enabled(0, &usec) <= 0)
		return 0;
	return (unsigned int)(usec / 2000);
}
