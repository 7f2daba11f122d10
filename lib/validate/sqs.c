/* sqs: a queue is there and may be asked, and no more messages wait in it than may. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/percent.h"
#include "validate/aws-private.h"
#include "validate/kinds-private.h"

#define DEPTH "ApproximateNumberOfMessages"

/* <Attribute><Name>NAME</Name><Value>VALUE</Value></Attribute>; the caller's. */
static char *find_attribute(struct rc_str xml, const char *name)
{
	rc_autofree char *key = rc_asprintf("<Name>%s</Name>", name);
	const char *at = xml.n ? memmem(xml.p, xml.n, key, strlen(key)) : NULL;

	return at ? rc_net_aws_keyset_take_element(
			    (struct rc_str){at, xml.n - (size_t)(at - xml.p)}, "Value")
		  : NULL;
}

static void on_attributes(struct rc_validate_probe *probe,
			  const struct rc_net_http_response *response)
{
	rc_autofree char *depth = NULL;
	long long n;

	if (!rc_validate_aws_check(probe, response))
		return;
	depth = find_attribute(response->body, DEPTH);
	if (!depth) {
		rc_validate_probe_end(probe, RC_VALIDATE_ERROR, "Nonsense",
				      "the answer does not say how many messages wait");
		return;
	}
	n = strtoll(depth, NULL, 10);
	rc_validate_probe_measure(probe, "queue_messages", (double)n);
	if (probe->check->max_depth && n > probe->check->max_depth)
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "TooManyMessages",
				      "%lld messages wait; %lld may", n,
				      (long long)probe->check->max_depth);
	else
		rc_validate_probe_end(probe, RC_VALIDATE_PASS, "Accessible",
				      "the queue is there; %lld messages wait", n);
}

static void start(struct rc_validate_probe *probe)
{
	rc_autobuf struct rc_buf body = RC_BUF_INIT(4096);
	struct rc_validate_aws_call call = {
		.service = "sqs", .id = "SQS", .method = "POST", .path = "/"};

	rc_buf_puts(&body, "Action=GetQueueAttributes&Version=2012-11-05&AttributeName.1=" DEPTH
			   "&QueueUrl=");
	rc_percent_encode(&body, rc_str(probe->check->queue), NULL);
	call.body = rc_buf_text(&body);
	rc_validate_aws_start(probe, &call, on_attributes);
}

const struct rc_validate_kind rc_validate_sqs_kind = {.name = "sqs", .start = start};
