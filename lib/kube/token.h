/* Tokens of service accounts, by the TokenRequest API: short-lived, bound to an audience. */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/secret.h"

struct rc_kube_cluster;
struct rc_kube_token;

/* r is 0 and secret (borrowed) the token, which ends at expires_unix_s; or as
 * rc_kube_request_done_fn. Called once, from the loop; err is taken over. */
typedef void rc_kube_token_done_fn(void *userdata, int r, const struct rc_secret *secret,
				   int64_t expires_unix_s, struct rc_error *err);

/* audiences: NULL-terminated, or NULL for the API server's own. seconds 0: 600, the least the API
 * allows. */
struct rc_kube_token *rc_kube_token_start(struct rc_kube_cluster *cluster, const char *name_space,
					  const char *service_account, const char *const *audiences,
					  unsigned int seconds, rc_kube_token_done_fn *done,
					  void *userdata);
/* done is not called. NULL is fine; never from inside its own done. */
void rc_kube_token_cancel(struct rc_kube_token *token);
