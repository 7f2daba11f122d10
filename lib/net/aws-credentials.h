/*
 * AWS keys for whoever signs: gotten when first asked for, kept in memory, renewed before they
 * end.
 *
 * They come from where AWS's own tools would take them (net/aws-profile.h), or from keys or a web
 * identity that are given; roles may be assumed with them, one after the other. One fetch runs at a
 * time, on the loop; who comes meanwhile waits for it. Keys that are about to end serve until then
 * when there are no new ones. After a failure the next fetch is put off, longer each time.
 */
#pragma once

#include <stdbool.h>

#include <ev.h>

#include "base/error.h"
#include "base/secret.h"
#include "net/aws-profile.h"
#include "net/aws-sigv4.h"
#include "net/http-client.h"

struct rc_net_aws_credentials;

/* All borrowed; everything but loop, http and userdata is copied. */
struct rc_net_aws_credentials_options {
	struct ev_loop *loop;
	struct rc_net_http_client *http; /* must outlive the credentials */
	const char *const *env;		 /* "NAME=value", NULL at the end; NULL: our environment */
	const char *region;  /* where STS is asked; NULL: what environment or profile say */
	const char *profile; /* of the shared files; NULL: what the environment says */
	const struct rc_net_aws_keys *keys; /* NULL: not given */
	/*
	 * Or the role that a web identity may assume: want is called for its token each time, and
	 * is answered by rc_net_aws_credentials_give(), now or later; cancel: no longer wanted.
	 */
	const struct rc_net_aws_role *web_identity;
	void (*want)(void *userdata, struct rc_net_aws_credentials *credentials);
	void (*cancel)(void *userdata);
	void *userdata;
	/* Assumed with what the above gives, in their order; at most RC_NET_AWS_ROLES_MAX. */
	const struct rc_net_aws_role *roles;
	size_t n_roles;
};

/* Somebody who waits for keys; a member of whoever it is. */
struct rc_net_aws_waiter {
	struct rc_net_aws_waiter *prev, *next;
	/* Get again; called from the loop, may get but not free the credentials. */
	void (*wake)(struct rc_net_aws_waiter *waiter);
	bool is_waiting;
};

struct rc_net_aws_credentials *
rc_net_aws_credentials_new(const struct rc_net_aws_credentials_options *options);
/* Stops what is under way. No waiter is woken. */
void rc_net_aws_credentials_free(struct rc_net_aws_credentials *credentials);
RC_DEFINE_FREEP(struct rc_net_aws_credentials, rc_net_aws_credentials_free)

/*
 * 0 with *ret_keys, borrowed until the next call or turn of the loop; 1: they are being fetched,
 * waiter is woken when that has ended; or why there are none, also for as long as the next fetch is
 * put off.
 */
int rc_net_aws_credentials_get(struct rc_net_aws_credentials *credentials,
			       struct rc_net_aws_waiter *waiter, struct rc_net_aws_keys *ret_keys,
			       struct rc_error **err);
/* The waiter waits no longer; also when it does not. */
void rc_net_aws_credentials_leave(struct rc_net_aws_credentials *credentials,
				  struct rc_net_aws_waiter *waiter);
/* A service refused the keys: the next get fetches anew, unless these are fresh. */
void rc_net_aws_credentials_forget(struct rc_net_aws_credentials *credentials);
/* The token that want asked for (borrowed), or r < 0 with err, which is taken over. */
void rc_net_aws_credentials_give(struct rc_net_aws_credentials *credentials, int r,
				 const struct rc_secret *token, struct rc_error *err);
/* When the keys that were gotten last end; INT64_MAX: never. */
int64_t rc_net_aws_credentials_get_end(const struct rc_net_aws_credentials *credentials);
/* What environment or profile say, once keys were gotten, or the option; NULL: nobody. Borrowed. */
const char *rc_net_aws_credentials_get_region(const struct rc_net_aws_credentials *credentials);
