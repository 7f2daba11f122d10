/*
 * rds: a database instance is available, its back-ups are kept long enough, and it could be
 * restored to a moment not long ago.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/percent.h"
#include "validate/aws-private.h"
#include "validate/kinds-private.h"

#define RETENTION_DAYS 7
#define MAX_LAG_MS     (15 * 60 * 1000)

/* What is wrong with how it is backed up, or NULL; the caller's. */
static char *judge(struct rc_validate_probe *probe, struct rc_str xml)
{
	const struct rc_validate_check *check = probe->check;
	rc_autofree char *status = rc_net_aws_keyset_take_element(xml, "DBInstanceStatus");
	rc_autofree char *days = rc_net_aws_keyset_take_element(xml, "BackupRetentionPeriod");
	rc_autofree char *latest = rc_net_aws_keyset_take_element(xml, "LatestRestorableTime");
	int64_t wanted = check->retention_days ?: RETENTION_DAYS, restorable, lag_s;

	if (status && strcmp(status, "available") != 0 && strcmp(status, "backing-up") != 0)
		return rc_asprintf("it is %s", status);
	if (!days || strtoll(days, NULL, 10) < wanted)
		return rc_asprintf("its back-ups are kept for %s days; %lld are wanted",
				   days ?: "0", (long long)wanted);
	if (!latest || rc_clock_parse_rfc3339(latest, &restorable) < 0)
		return rc_strdup("it cannot be restored to a point in time");
	lag_s = rc_clock_unix_s() - restorable;
	rc_validate_probe_measure(probe, "restore_lag_seconds", (double)lag_s);
	if (lag_s * 1000 > (check->max_lag_ms ?: MAX_LAG_MS))
		return rc_asprintf("it can be restored to %s only, %lld s ago", latest,
				   (long long)lag_s);
	return NULL;
}

static void on_instance(struct rc_validate_probe *probe,
			const struct rc_net_http_response *response)
{
	rc_autofree char *problem = NULL, *name = NULL;
	double lag_s = 0;

	if (!rc_validate_aws_check(probe, response))
		return;
	name = rc_net_aws_keyset_take_element(response->body, "DBInstanceIdentifier");
	if (!name) {
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "NotFound",
				      "there is no instance %s", probe->check->instance);
		return;
	}
	problem = judge(probe, response->body);
	rc_validate_result_get_measure(&probe->result, "restore_lag_seconds", &lag_s);
	if (problem)
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "BackupPosture", "instance %s: %s",
				      name, problem);
	else
		rc_validate_probe_end(probe, RC_VALIDATE_PASS, "BackedUp",
				      "instance %s is available; it can be restored to %.0f s ago",
				      name, lag_s);
}

static void start(struct rc_validate_probe *probe)
{
	rc_autobuf struct rc_buf body = RC_BUF_INIT(4096);
	struct rc_validate_aws_call call = {
		.service = "rds", .id = "RDS", .method = "POST", .path = "/"};

	rc_buf_puts(&body, "Action=DescribeDBInstances&Version=2014-10-31&DBInstanceIdentifier=");
	rc_percent_encode(&body, rc_str(probe->check->instance), NULL);
	call.body = rc_buf_text(&body);
	rc_validate_aws_start(probe, &call, on_instance);
}

const struct rc_validate_kind rc_validate_rds_kind = {.name = "rds", .start = start};
