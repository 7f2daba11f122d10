/* What a Vault server answered, and what each status means. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "net/http-client.h"

#define RC_VAULT_ANSWER_MAX ((size_t)8 << 20) /* bytes; more ends in -E2BIG */

struct rc_vault_token;

/* Borrowed until done returns. All of it may be secret. */
struct rc_vault_answer {
	int status;	      /* of HTTP; 0: there was no answer */
	const json_t *body;   /* the whole, or NULL: there was none (204) */
	const json_t *data;   /* its "data", or NULL */
	const json_t *auth;   /* its "auth", or NULL */
	const char *lease_id; /* "" when there is none */
	int64_t lease_duration_s;
	bool renewable;
	struct rc_vault_token *token; /* under which a session asked; else NULL */
};

/*
 * r is 0; -ENOENT (404); -EACCES (403); -EINVAL (400, 405, 413: what was asked is wrong); -EAGAIN
 * (412, 429, 472, 473, 5xx, sealed); -EPROTO (no JSON, any other status); or as
 * rc_net_http_done_fn says. The chain holds Vault's own words, never a value. Called once, from the
 * loop; err is taken over.
 */
typedef void rc_vault_done_fn(void *userdata, int r, const struct rc_vault_answer *answer,
			      struct rc_error *err);

/* From what HTTP gave (r, response, *err) to the codes above. *ret_body is the caller's, and
 * answer borrows from it. */
int rc_vault_answer_read(int r, const struct rc_net_http_response *response, json_t **ret_body,
			 struct rc_vault_answer *answer, struct rc_error **err);

/* What an answer says of its server; r is HTTP's. */
enum rc_vault_verdict {
	RC_VAULT_WELL, /* it answered, whatever */
	RC_VAULT_SICK, /* 500: of this path, or of all */
	RC_VAULT_BUSY, /* 429: it wants quiet */
	RC_VAULT_AWAY, /* unreachable, sealed, a standby that cannot serve */
};
enum rc_vault_verdict rc_vault_answer_judge(int r, int status);
