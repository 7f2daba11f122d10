/* Bytes that nothing can print: no format takes them, and their memory is wiped on free. */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"
#include "base/str.h"

struct rc_secret;

struct rc_secret *rc_secret_new(const void *bytes, size_t n);
struct rc_secret *rc_secret_new_text(const char *text); /* NULL in, NULL out */
void rc_secret_free(struct rc_secret *secret);
RC_DEFINE_FREEP(struct rc_secret, rc_secret_free)

/* The bytes, for handing to the one peer they are meant for. Borrowed; NUL-terminated. */
struct rc_str rc_secret_reveal(const struct rc_secret *secret);

/* Wipe and free text that held a secret; NULL is fine. */
void rc_secret_wipe_text(char *text);
