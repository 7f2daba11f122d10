/* Values as TOML, the way Helm's toToml prints them (BurntSushi/toml 1.4). */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "template/value.h"

/* Append value. 0, -EINVAL with the encoder's words, or -E2BIG. arena is for scratch space. */
int rc_helm_toml_write(struct rc_arena *arena, struct rc_value value, struct rc_buf *out,
		       struct rc_error **err);
