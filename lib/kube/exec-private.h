/* What exec-plugin.c and exec-answer.c share: reading what the command wrote. */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/secret.h"
#include "base/str.h"

/* Every member is owned. */
struct rc_kube_exec_answer {
	struct rc_secret *token;
	char *certificate_pem;
	struct rc_secret *key_pem;
	int64_t end_unix_s; /* 0: it did not say */
};

/* An ExecCredential of that version; -EPROTO. No error repeats any of it. */
int rc_kube_exec_answer_read(struct rc_str text, const char *api_version,
			     struct rc_kube_exec_answer *answer, struct rc_error **err);
/* Wipes and clears it. */
void rc_kube_exec_answer_done(struct rc_kube_exec_answer *answer);

/* The end of what it wrote to its standard error, on one line, without what looks like a token. */
char *rc_kube_exec_quote(struct rc_str text);
