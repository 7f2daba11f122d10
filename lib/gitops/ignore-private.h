/* What the files of ignoreDifferences share. */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "gitops/ignore.h"

enum ignore_step_kind {
	IGNORE_STEP_KEY,
	IGNORE_STEP_INDEX,
	IGNORE_STEP_EACH,
	IGNORE_STEP_SELECT, /* the elements whose key has that value */
	IGNORE_STEP_KEY_OR_INDEX,
};

struct ignore_step {
	enum ignore_step_kind kind;
	const char *key;
	const char *value;
	size_t index;
};

struct ignore_path {
	const struct ignore_step *steps;
	size_t n;
};

/* What becomes of the fields that a path names. */
enum ignore_how {
	IGNORE_REMOVE,
	IGNORE_KEEP,	   /* for an apply: live's value, or nothing where only others own it */
	IGNORE_KEEP_WHOLE, /* for a replacement: live's value */
};

/* ---- ignore-path.c ---- */

/* A JSON pointer; -EINVAL. The path lives in arena, here and below. */
int rc_ignore_path_parse_pointer(struct rc_arena *arena, const char *text, struct ignore_path *path,
				 struct rc_error **err);
/* Of jq's language what is a plain path; -EINVAL: it is more than that, or nothing. */
int rc_ignore_path_parse(struct rc_arena *arena, const char *text, struct ignore_path *path,
			 struct rc_error **err);
/* ["spec", "list", 0], as a worker found it. */
struct ignore_path rc_ignore_path_take(struct rc_arena *arena, const json_t *json);
/* live (NULL for IGNORE_REMOVE) is the other object, with our entry of managedFields. */
void rc_ignore_path_walk(const struct ignore_path *path, json_t *object, const json_t *live,
			 enum ignore_how how);

/* ---- ignore-managers.c ---- */

/* Take what fields (FieldsV1) names out of both; either may be NULL. */
void rc_ignore_managers_remove(json_t *a, json_t *b, const json_t *fields);
/* Make object leave alone what fields names, which somebody else owns in live. */
void rc_ignore_managers_keep(json_t *object, const json_t *live, const json_t *fields,
			     enum ignore_how how);
