/* One signed call to an AWS service, for the checks that make one. */
#pragma once

#include "validate/probe.h"

/* Plain data; texts are borrowed until the call returns. */
struct rc_validate_aws_call {
	const char *service, *id; /* "sqs", "SQS" as AWS_ENDPOINT_URL_<id> has it */
	const char *method;
	const char *path;	 /* "/?versioning=" */
	const char *host_prefix; /* of S3: the bucket; or NULL */
	const char *body;
	bool is_s3;
};

/*
 * answered is called when AWS answered, with whatever status; anything else ends the probe. The
 * region is the check's, or what environment or profile say.
 */
void rc_validate_aws_start(struct rc_validate_probe *probe, const struct rc_validate_aws_call *call,
			   void (*answered)(struct rc_validate_probe *probe,
					    const struct rc_net_http_response *response));
/* Whether the status is a success; else the probe was ended. */
bool rc_validate_aws_check(struct rc_validate_probe *probe,
			   const struct rc_net_http_response *response);
