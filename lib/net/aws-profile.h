/*
 * Where a program gets its AWS keys from, as AWS's own tools decide it: the environment, the shared
 * files (~/.aws/config, ~/.aws/credentials), a web identity, the container, the instance.
 *
 * What is not understood (sso_*, credential_process, mfa_serial) is refused by name.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "base/secret.h"
#include "net/aws-keyset.h"

#define RC_NET_AWS_ROLES_MAX 8

struct rc_net_aws_tag {
	const char *key, *value;
	bool is_transitive;
};

/* A role to assume; all borrowed. */
struct rc_net_aws_role {
	const char *arn;
	const char *session_name;	   /* NULL: "reconciled" */
	const char *external_id;	   /* NULL: none */
	unsigned int duration_s;	   /* 0: what STS gives, an hour */
	const struct rc_net_aws_tag *tags; /* ends with a NULL key; may be NULL */
};

enum rc_net_aws_source {
	RC_NET_AWS_SOURCE_KEYS,
	RC_NET_AWS_SOURCE_WEB_IDENTITY,
	RC_NET_AWS_SOURCE_CONTAINER,
	RC_NET_AWS_SOURCE_METADATA,
};

/* How to come to keys: a source, then roles, one after the other. Members are owned. */
struct rc_net_aws_profile {
	enum rc_net_aws_source source;
	struct rc_net_aws_keyset keys;	   /* KEYS */
	char *token_file;		   /* WEB_IDENTITY, and CONTAINER if it has one */
	struct rc_secret *container_token; /* CONTAINER: in the environment */
	char *url;			   /* CONTAINER, METADATA */
	struct rc_net_aws_role web_identity;
	struct rc_net_aws_role roles[RC_NET_AWS_ROLES_MAX];
	size_t n_roles;
	char *region;	      /* NULL: nobody says */
	struct json_t *texts; /* what the roles' texts are borrowed from */
};

/*
 * env is "NAME=value" texts, NULL at the end. name is a profile that is asked for, or NULL for
 * what env says. -ENOENT (no such profile), -EINVAL (what is not understood, or makes no sense).
 */
int rc_net_aws_profile_read(const char *const *env, const char *name,
			    struct rc_net_aws_profile *ret_profile, struct rc_error **err);
void rc_net_aws_profile_done(struct rc_net_aws_profile *profile);

/* A variable of env, NULL when it is not set or empty; borrowed. */
const char *rc_net_aws_profile_getenv(const char *const *env, const char *name);

/*
 * Where a service is: "https://sts.eu-central-1.amazonaws.com", or what AWS_ENDPOINT_URL_<id> or
 * AWS_ENDPOINT_URL says ("STS", "EKS", "SECRETS_MANAGER"). The caller's; no slash at its end.
 */
char *rc_net_aws_profile_endpoint(const char *const *env, const char *service, const char *id,
				  const char *region);
