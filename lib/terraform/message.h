/*
 * What terraform tells people, read for what we must know: the first error, and who holds the
 * lock of the state.
 *
 * With -json it comes as objects (`@message`, `diagnostic`), else as "Error: ..." and the
 * paragraph below it.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/buf.h"
#include "terraform/log.h"

struct rc_terraform_message {
	struct rc_buf problem; /* of the first error: summary, and its detail's first lines */
	bool is_open;	       /* more of its text may come */
	bool is_closed;	       /* a second error began */
	json_t *lock;
};

void rc_terraform_message_init(struct rc_terraform_message *message);
void rc_terraform_message_done(struct rc_terraform_message *message);
/* One object of the UI stream; its message goes to log. */
void rc_terraform_message_take_ui(struct rc_terraform_message *message, const json_t *line,
				  struct rc_terraform_log *log);
/* One line of plain text, without its newline. */
void rc_terraform_message_take_text(struct rc_terraform_message *message, struct rc_str line);
/* Diagnostics of `validate -json`: {"diagnostics": [...]}; they go to log. */
void rc_terraform_message_take_diagnostics(struct rc_terraform_message *message,
					   const json_t *answer, struct rc_terraform_log *log);
/* "" when no error was told. Borrowed, unmasked. */
const char *rc_terraform_message_get_problem(const struct rc_terraform_message *message);
/* {"id", "who"?, "operation"?, "created"?, "path"?, "info"?}, or NULL. Borrowed. */
const json_t *rc_terraform_message_get_lock(const struct rc_terraform_message *message);
