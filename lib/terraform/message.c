/* Reading what terraform tells. */
#include "terraform/message.h"

#include <string.h>

#include "base/memory.h"
#include "data/json.h"

#define PROBLEM_MAX 2048
#define UUID_BYTES  36

void rc_terraform_message_init(struct rc_terraform_message *message)
{
	*message = (struct rc_terraform_message){.is_open = false};
	rc_buf_init(&message->problem, PROBLEM_MAX);
}

void rc_terraform_message_done(struct rc_terraform_message *message)
{
	rc_buf_done(&message->problem);
	json_decref(message->lock);
}

const char *rc_terraform_message_get_problem(const struct rc_terraform_message *message)
{
	return rc_buf_text(&message->problem);
}

const json_t *rc_terraform_message_get_lock(const struct rc_terraform_message *message)
{
	return message->lock;
}

/* ---- locks ---- */

static bool is_uuid(struct rc_str text)
{
	if (text.n < UUID_BYTES)
		return false;
	for (size_t i = 0; i < UUID_BYTES; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? text.p[i] != '-' : !strchr("0123456789abcdefABCDEF", text.p[i]))
			return false;
	}
	return true;
}

/* "  Who:       anna@host": the fields of "Lock Info:". */
static void take_lock_field(struct rc_terraform_message *message, struct rc_str line)
{
	static const struct {
		const char *label, *key;
	} fields[] = {
		{"ID:", "id"},	   {"Path:", "path"},	    {"Operation:", "operation"},
		{"Who:", "who"},   {"Version:", "version"}, {"Created:", "created"},
		{"Info:", "info"},
	};
	struct rc_str text = rc_str_trim(line, " \t\r|");

	for (size_t i = 0; message->lock && i < RC_ARRAY_SIZE(fields); i++) {
		struct rc_str label = rc_str(fields[i].label), value;

		if (!rc_str_has_prefix(text, label) ||
		    json_object_get(message->lock, fields[i].key))
			continue;
		value = rc_str_trim((struct rc_str){text.p + label.n, text.n - label.n}, " \t");
		if (value.n > 0)
			json_object_set_new(message->lock, fields[i].key,
					    json_stringn(value.p, value.n) ?: json_string("?"));
		return;
	}
}

/*
 * "Error acquiring the state lock" opens the fields. The HTTP back end names the holder's id in
 * the first lines and gives, under "Lock Info", what the asker himself sent: so the first UUID is
 * the one that counts.
 */
static void look_for_lock(struct rc_terraform_message *message, struct rc_str line)
{
	if (!message->lock) {
		rc_autofree char *text = rc_str_dup(line);

		if (strstr(text, "acquiring the state lock") || strstr(text, "state is locked"))
			message->lock = json_object();
	}
	if (!message->lock)
		return;
	for (size_t i = 0; !json_object_get(message->lock, "id") && i + UUID_BYTES <= line.n; i++)
		if (is_uuid((struct rc_str){line.p + i, line.n - i}))
			json_object_set_new(message->lock, "id",
					    json_stringn(line.p + i, UUID_BYTES));
	take_lock_field(message, line);
}

static void look_for_lock_in(struct rc_terraform_message *message, const char *text)
{
	while (text && *text) {
		size_t n = strcspn(text, "\n");

		look_for_lock(message, (struct rc_str){text, n});
		text += n + (text[n] == '\n');
	}
}

/* ---- errors ---- */

static void add_problem(struct rc_terraform_message *message, struct rc_str text)
{
	text = rc_str_trim(text, " \t\r");
	if (text.n == 0)
		return;
	if (message->problem.n > 0)
		rc_buf_puts(&message->problem, ": ");
	for (size_t i = 0; i < text.n; i++)
		rc_buf_putc(&message->problem, text.p[i] == '\n' ? ' ' : text.p[i]);
}

void rc_terraform_message_take_text(struct rc_terraform_message *message, struct rc_str line)
{
	static const struct rc_str begin = {"Error: ", 7};

	look_for_lock(message, line);
	if (rc_str_has_prefix(line, begin)) {
		message->is_closed = message->is_closed || message->problem.n > 0;
		message->is_open = !message->is_closed;
		if (message->is_open)
			add_problem(message, (struct rc_str){line.p + begin.n, line.n - begin.n});
	} else if (message->is_open) {
		add_problem(message, line);
	}
}

static void take_diagnostic(struct rc_terraform_message *message, const json_t *diagnostic,
			    struct rc_terraform_log *log)
{
	const char *severity = rc_json_text(diagnostic, "severity", NULL) ?: "error";
	const char *summary = rc_json_text(diagnostic, "summary", NULL) ?: "";
	const char *detail = rc_json_text(diagnostic, "detail", NULL) ?: "";
	const json_t *range = json_object_get(diagnostic, "range");
	const char *file = rc_json_text(range, "filename", NULL);
	json_int_t line = json_integer_value(rc_json_get(range, "start", "line", NULL));
	rc_autofree char *place = file ? rc_asprintf("%s:%lld: ", file, (long long)line) : NULL;
	rc_autofree char *text = rc_asprintf("%s%s", place ? place : "", summary);
	rc_autofree char *whole = rc_asprintf("%s: %s", severity, text);

	rc_terraform_log_put(log, rc_str(whole));
	for (const char *p = detail; *p;) {
		size_t n = strcspn(p, "\n");

		rc_terraform_log_put(log, (struct rc_str){p, n});
		p += n + (p[n] == '\n');
	}
	if (strcmp(severity, "error") != 0)
		return;
	look_for_lock_in(message, summary);
	look_for_lock_in(message, detail);
	if (message->problem.n > 0)
		return;
	add_problem(message, rc_str(text));
	add_problem(message, rc_str(detail));
}

void rc_terraform_message_take_ui(struct rc_terraform_message *message, const json_t *line,
				  struct rc_terraform_log *log)
{
	const json_t *diagnostic = json_object_get(line, "diagnostic");
	const char *text = rc_json_text(line, "@message", NULL);

	if (json_is_object(diagnostic))
		take_diagnostic(message, diagnostic, log);
	else if (text)
		rc_terraform_log_put(log, rc_str(text));
}

void rc_terraform_message_take_diagnostics(struct rc_terraform_message *message,
					   const json_t *answer, struct rc_terraform_log *log)
{
	const json_t *diagnostic;
	size_t i;

	json_array_foreach (json_object_get(answer, "diagnostics"), i, diagnostic)
		take_diagnostic(message, diagnostic, log);
}
