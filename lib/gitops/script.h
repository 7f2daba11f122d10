/*
 * What users wrote as programs, run in a worker: jq path expressions of ignoreDifferences, and Lua
 * health scripts.
 *
 * The worker has no network and no files, 32 MiB and a second of processor time for each request;
 * what takes more costs the worker, and the request ends in an error that says so.
 */
#pragma once

#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "base/worker.h"

#define RC_SCRIPT_CPU_MS     1000
#define RC_SCRIPT_MEMORY_MIB 32
/* Of the clock on the wall, for main: a machine may be busy. */
#define RC_SCRIPT_TIMEOUT_MS 20000

/* {"paths": ...}: programs (an array of text) on objects; the reply is an array, for each object
 * the paths as gitops/ignore.h has them. The caller's. */
json_t *rc_script_ask_paths(const json_t *programs, const json_t *const *objects, size_t n);
/* {"health": ...}: a health script on object; the reply is {status, message}, or null: it has no
 * opinion. The caller's. */
json_t *rc_script_ask_health(const char *script, const json_t *object);

/* The worker's side, an rc_worker_handler_fn. */
int rc_script_handle(void *userdata, const json_t *request, json_t **ret_reply,
		     struct rc_error **err);
