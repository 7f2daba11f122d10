/*
 * Argo CD's health scripts: Lua that looks at a global obj and answers with a table. LuaJIT is used
 * nowhere else; its compiler is off.
 *
 * A script has the libraries base, string, table, math and of os time, date and clock; no files, no
 * processes, no code from text. It may run for ever or eat all memory: only a worker that can be
 * spared runs one.
 */
#pragma once

#include <stdint.h>

#include <jansson.h>

#include "base/error.h"

/*
 * Run script with obj as the global of that name; *ret_answer is what it returned, as JSON.
 * -EINVAL: it is no Lua, or failed, with its words; -ETIMEDOUT: more than cpu_ms of processor time
 * (a call into a library may take longer than that).
 */
int rc_lua_run(const char *script, const json_t *obj, uint64_t cpu_ms, json_t **ret_answer,
	       struct rc_error **err);
