/* s3: a bucket is there and may be read; with versioning: each version of an object is kept. */
#include <string.h>

#include "base/memory.h"
#include "validate/aws-private.h"
#include "validate/kinds-private.h"

static void on_versioning(struct rc_validate_probe *probe,
			  const struct rc_net_http_response *response)
{
	rc_autofree char *status = NULL;

	if (!rc_validate_aws_check(probe, response))
		return;
	status = rc_net_aws_keyset_take_element(response->body, "Status");
	if (rc_text_equal(status, "Enabled"))
		rc_validate_probe_end(probe, RC_VALIDATE_PASS, "Versioned",
				      "bucket %s is there, and keeps versions",
				      probe->check->bucket);
	else
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "NotVersioned",
				      "bucket %s: versioning is %s", probe->check->bucket,
				      status ?: "off");
}

static void on_head(struct rc_validate_probe *probe, const struct rc_net_http_response *response)
{
	const struct rc_validate_aws_call call = {
		.service = "s3",
		.id = "S3",
		.method = "GET",
		.path = "/?versioning=",
		.host_prefix = probe->check->bucket,
		.is_s3 = true,
	};

	if (response->status == 301 || response->status == 307) {
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "WrongRegion",
				      "bucket %s is in region %s", probe->check->bucket,
				      rc_net_http_response_get(response, "x-amz-bucket-region", 0)
					      ?: "unknown");
	} else if (response->status == 404) {
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "NotFound", "there is no bucket %s",
				      probe->check->bucket);
	} else if (rc_validate_aws_check(probe, response)) {
		if (probe->check->versioning)
			rc_validate_aws_start(probe, &call, on_versioning);
		else
			rc_validate_probe_end(probe, RC_VALIDATE_PASS, "Accessible",
					      "bucket %s is there", probe->check->bucket);
	}
}

static void start(struct rc_validate_probe *probe)
{
	const struct rc_validate_aws_call call = {
		.service = "s3",
		.id = "S3",
		.method = "HEAD",
		.path = "/",
		.host_prefix = probe->check->bucket,
		.is_s3 = true,
	};

	rc_validate_aws_start(probe, &call, on_head);
}

const struct rc_validate_kind rc_validate_s3_kind = {.name = "s3", .start = start};
