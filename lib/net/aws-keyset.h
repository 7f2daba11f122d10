/* A set of keys that AWS gave, as its services write it. */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/secret.h"
#include "base/str.h"
#include "net/aws-sigv4.h"

/* Plain data; every member is owned. */
struct rc_net_aws_keyset {
	char *access_key_id;
	struct rc_secret *secret_access_key;
	struct rc_secret *session_token; /* NULL: lasting keys */
	int64_t end_unix_s;		 /* INT64_MAX: never */
};

void rc_net_aws_keyset_done(struct rc_net_aws_keyset *keyset);
/* Borrowed from keyset. */
struct rc_net_aws_keys rc_net_aws_keyset_get(const struct rc_net_aws_keyset *keyset);
void rc_net_aws_keyset_copy(struct rc_net_aws_keyset *keyset, const struct rc_net_aws_keys *keys);

/* The JSON of the metadata and container services; -EPROTO, -EACCES. No error repeats a key. */
int rc_net_aws_keyset_read_json(struct rc_str text, struct rc_net_aws_keyset *keyset,
				struct rc_error **err);
/* The XML of STS; -EPROTO. */
int rc_net_aws_keyset_read_xml(struct rc_str text, struct rc_net_aws_keyset *keyset,
			       struct rc_error **err);

/*
 * What an answer that is no success means: -EACCES, -EAGAIN (asked too often, or the service has
 * a fault), -ENOENT, -EINVAL, with the service's code and message, in XML or JSON.
 */
int rc_net_aws_keyset_read_failure(int status, struct rc_str body, struct rc_error **err);

/*
 * The text of the first <name> of XML, or NULL; the caller's (to wipe). AWS's answers are flat, and
 * none of the elements asked for has attributes.
 */
char *rc_net_aws_keyset_take_element(struct rc_str xml, const char *name);
