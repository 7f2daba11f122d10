/* The grammar of --set and its sisters: "a.b[0]=1,c={x,y}" into a table of values. */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "template/value.h"

enum rc_helm_strvals_kind {
	RC_HELM_STRVALS_TYPED,	/* true, null and whole numbers are what they look like */
	RC_HELM_STRVALS_STRING, /* everything is text */
	RC_HELM_STRVALS_JSON,	/* values are JSON texts */
	RC_HELM_STRVALS_FILE,	/* values name files */
};

/* Append the file at path to out. */
typedef int rc_helm_strvals_read_fn(void *userdata, const char *path, struct rc_buf *out,
				    struct rc_error **err);

struct rc_helm_strvals {
	struct rc_arena *arena;
	enum rc_helm_strvals_kind kind;
	rc_helm_strvals_read_fn *read; /* for FILE */
	void *read_userdata;
};

/*
 * Set what text says in table, a map. Returns 0 or -EINVAL with Helm's message, without the
 * "failed parsing --set data: " in front.
 */
int rc_helm_strvals_parse(const struct rc_helm_strvals *strvals, struct rc_str text,
			  struct rc_value table, struct rc_error **err);
/* --set-literal: one key, the rest of text is its value. */
int rc_helm_strvals_parse_literal(const struct rc_helm_strvals *strvals, struct rc_str text,
				  struct rc_value table, struct rc_error **err);
