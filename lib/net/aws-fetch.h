/* Asking AWS for keys: a role of STS, the container's service, the instance's metadata (IMDSv2). */
#pragma once

#include "net/aws-keyset.h"
#include "net/aws-profile.h"
#include "net/http-client.h"

struct rc_net_aws_fetch; /* one under way; opaque */

/*
 * r is 0 and keyset is there, to be moved out; or as rc_net_http_done_fn, or what the service
 * answered (rc_net_aws_keyset_read_failure()). Called once, from the loop; err is taken over. The
 * fetch is gone after it returns.
 */
typedef void rc_net_aws_fetch_done_fn(void *userdata, int r, struct rc_net_aws_keyset *keyset,
				      struct rc_error *err);

/* Who asks, and who is told; all borrowed, http while the fetch is under way. */
struct rc_net_aws_fetch_options {
	struct rc_net_http_client *http;
	rc_net_aws_fetch_done_fn *done;
	void *userdata;
};

/* AssumeRole with keys, at url ("https://sts.eu-central-1.amazonaws.com") in region. */
struct rc_net_aws_fetch *rc_net_aws_fetch_role(const struct rc_net_aws_fetch_options *options,
					       const char *url, const char *region,
					       const struct rc_net_aws_keys *keys,
					       const struct rc_net_aws_role *role);
/* AssumeRoleWithWebIdentity with an identity's token. */
struct rc_net_aws_fetch *
rc_net_aws_fetch_web_identity(const struct rc_net_aws_fetch_options *options, const char *url,
			      const struct rc_secret *token, const struct rc_net_aws_role *role);
/* A GET of url with token (may be NULL): ECS, and EKS's pod identities. */
struct rc_net_aws_fetch *rc_net_aws_fetch_container(const struct rc_net_aws_fetch_options *options,
						    const char *url, const struct rc_secret *token);
/* The role of the instance, by a session of its own; url is without a path. */
struct rc_net_aws_fetch *rc_net_aws_fetch_metadata(const struct rc_net_aws_fetch_options *options,
						   const char *url);
/* done is not called. NULL is fine; never from inside its own done. */
void rc_net_aws_fetch_cancel(struct rc_net_aws_fetch *fetch);
