/* TOML texts as values, the way Helm's fromToml reads them (BurntSushi/toml 1.4). */
#pragma once

#include "base/arena.h"
#include "template/value.h"

/*
 * *ret is a map; integers are int64, tables in a list stand in a list of maps. 0, or -EINVAL with
 * the library's words in *ret_error. Both live in arena.
 */
int rc_helm_toml_read(struct rc_arena *arena, struct rc_str text, struct rc_value *ret,
		      struct rc_str *ret_error);
