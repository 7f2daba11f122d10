/*
 * Templates of ExternalSecrets, engine v2: Go's text/template with sprig and External Secrets' own
 * functions (template-function.c); a key that is missing is an error.
 *
 * Messages name the template and its place, never a value: what the engine itself says may quote
 * one.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/error.h"

/* Render text over dot ({key: text}, or {name: {key: text}}), appending to out. name is for
 * messages. */
int rc_secrets_template_execute(const char *name, const char *text, const json_t *dot,
				struct rc_buf *out, struct rc_error **err);
/* Render {key: template} (may be NULL) over dot into to ({key: text}). */
int rc_secrets_template_render(const json_t *templates, const json_t *dot, json_t *to,
			       struct rc_error **err);
