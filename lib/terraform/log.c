/* The log of one run. */
#include "terraform/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"

#define MASK	       "(masked)"
#define SECRET_BYTES   4 /* what is shorter would mask half of everything */
#define LINE_MAX_BYTES (64 << 10)

/* The longest first: one may be part of another. */
struct secrets {
	struct rc_secret **list;
	size_t n;
	bool begins[UCHAR_MAX + 1]; /* one of them begins with this byte */
};

struct rc_terraform_log {
	int fd;
	size_t bytes;
	bool is_full;
	struct secrets secrets, in_lines; /* in_lines: secrets, and what is one in lines alone */
};

int rc_terraform_log_open(const char *path, struct rc_terraform_log **ret_log,
			  struct rc_error **err)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat status;
	struct rc_terraform_log *log;

	if (fd < 0)
		return rc_fail(err, -errno, "%s: %s", path, strerror(errno));
	log = rc_new0(struct rc_terraform_log);
	log->fd = fd;
	if (fstat(fd, &status) == 0)
		log->bytes = (size_t)status.st_size;
	*ret_log = log;
	return 0;
}

static void free_secrets(struct secrets *secrets)
{
	for (size_t i = 0; i < secrets->n; i++)
		rc_secret_free(secrets->list[i]);
	free(secrets->list);
}

void rc_terraform_log_free(struct rc_terraform_log *log)
{
	if (!log)
		return;
	free_secrets(&log->secrets);
	free_secrets(&log->in_lines);
	close(log->fd);
	free(log);
}

static void add_secret(struct secrets *secrets, struct rc_str bytes)
{
	size_t at = 0;

	if (bytes.n < SECRET_BYTES)
		return;
	secrets->list = rc_realloc(secrets->list, (secrets->n + 1) * sizeof(struct rc_secret *));
	while (at < secrets->n && rc_secret_reveal(secrets->list[at]).n >= bytes.n)
		at++;
	memmove(secrets->list + at + 1, secrets->list + at,
		(secrets->n - at) * sizeof(struct rc_secret *));
	secrets->list[at] = rc_secret_new(bytes.p, bytes.n);
	secrets->begins[(unsigned char)bytes.p[0]] = true;
	secrets->n++;
}

void rc_terraform_log_hide(struct rc_terraform_log *log, const struct rc_secret *secret)
{
	add_secret(&log->secrets, rc_secret_reveal(secret));
	add_secret(&log->in_lines, rc_secret_reveal(secret));
}

void rc_terraform_log_hide_in_lines(struct rc_terraform_log *log, const struct rc_secret *secret)
{
	add_secret(&log->in_lines, rc_secret_reveal(secret));
}

/* The secret that begins at p, or NULL. */
static const struct rc_secret *find_secret(const struct secrets *secrets, const char *p, size_t n)
{
	if (!secrets->begins[(unsigned char)*p])
		return NULL;
	for (size_t i = 0; i < secrets->n; i++) {
		struct rc_str secret = rc_secret_reveal(secrets->list[i]);

		if (secret.n <= n && memcmp(p, secret.p, secret.n) == 0)
			return secrets->list[i];
	}
	return NULL;
}

static char *mask(const struct secrets *secrets, struct rc_str text)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	for (size_t i = 0; i < text.n;) {
		const struct rc_secret *secret = find_secret(secrets, text.p + i, text.n - i);

		if (secret)
			rc_buf_puts(&out, MASK);
		else
			rc_buf_putc(&out, text.p[i]);
		i += secret ? rc_secret_reveal(secret).n : 1;
	}
	return rc_buf_take(&out);
}

char *rc_terraform_log_mask(const struct rc_terraform_log *log, struct rc_str text)
{
	return mask(&log->secrets, text);
}

char *rc_terraform_log_mask_line(const struct rc_terraform_log *log, struct rc_str text)
{
	return mask(&log->in_lines, text);
}

json_t *rc_terraform_log_mask_json(const struct rc_terraform_log *log, const json_t *json)
{
	json_t *copy, *value;
	const char *key;
	size_t i;

	if (json_is_string(json)) {
		rc_autofree char *masked = rc_terraform_log_mask(
			log, (struct rc_str){json_string_value(json), json_string_length(json)});

		return json_string(masked) ?: json_string(MASK);
	}
	if (json_is_object(json)) {
		copy = json_object();
		json_object_foreach ((json_t *)(uintptr_t)json, key, value)
			json_object_set_new(copy, key, rc_terraform_log_mask_json(log, value));
		return copy;
	}
	if (json_is_array(json)) {
		copy = json_array();
		json_array_foreach (json, i, value)
			json_array_append_new(copy, rc_terraform_log_mask_json(log, value));
		return copy;
	}
	return json_deep_copy(json);
}

bool rc_terraform_log_is_hidden(const struct rc_terraform_log *log, const json_t *json)
{
	json_auto_t *masked = rc_terraform_log_mask_json(log, json);

	return !json_equal(masked, json);
}

/* A full disk loses lines of a log, never the run. */
static void write_text(struct rc_terraform_log *log, const char *text, size_t n)
{
	if (write(log->fd, text, n) == (ssize_t)n)
		log->bytes += n;
}

void rc_terraform_log_put(struct rc_terraform_log *log, struct rc_str line)
{
	static const char full[] = "(the log ends here: it is full)\n";
	rc_autofree char *masked = NULL, *text = NULL;

	if (log->is_full)
		return;
	if (line.n > LINE_MAX_BYTES)
		line.n = LINE_MAX_BYTES;
	masked = rc_terraform_log_mask_line(log, line);
	text = rc_asprintf("%s\n", masked);
	if (log->bytes + strlen(text) + sizeof(full) <= RC_TERRAFORM_LOG_MAX_BYTES) {
		write_text(log, text, strlen(text));
		return;
	}
	log->is_full = true;
	write_text(log, full, sizeof(full) - 1);
}

void rc_terraform_log_say(struct rc_terraform_log *log, const char *step, const char *format, ...)
{
	char now[RC_CLOCK_RFC3339_MAX];
	rc_autofree char *text = NULL, *line = NULL;
	va_list args;

	va_start(args, format);
	text = rc_vasprintf(format, args);
	va_end(args);
	line = rc_asprintf("%s %s: %s", rc_clock_format_rfc3339(rc_clock_unix_s(), now), step,
			   text);
	rc_terraform_log_put(log, rc_str(line));
}
