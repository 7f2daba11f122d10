/* Keys of TOML as they are written. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

/* Append "..." with TOML's escapes. */
void rc_helm_toml_key_quote(struct rc_buf *out, struct rc_str text);
/* Append one part of a key, in quotes where it needs them. */
void rc_helm_toml_key_write(struct rc_buf *out, struct rc_str key);
