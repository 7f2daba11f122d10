/* sqs: a queue is there and may be asked, and no more messages wait in it than may. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "validate/aws-private.h"
#include "validate/kinds-private.h"

static void on_attributes(struct rc_validate_probe *probe,
			  const struct rc_net_http_response *response)
{
	json_auto_t *answer = NULL;
	const char *depth;
	long long n;

	if (!rc_validate_aws_check(probe, response))
		return;
	rc_json_parse(response->body, "the answer", &answer, NULL);
	depth = rc_json_text(answer, "Attributes", "ApproximateNumberOfMessages", NULL);
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
	json_auto_t *body =
		json_pack("{s:s, s:[s]}", "QueueUrl", probe->check->queue, "AttributeNames", "All");
	rc_autofree char *text = json_dumps(body, JSON_COMPACT);
	const struct rc_validate_aws_call call = {
		.service = "sqs",
		.id = "SQS",
		.method = "POST",
		.target = "AmazonSQS.GetQueueAttributes",
		.path = "/",
		.body = text,
	};

	rc_validate_aws_start(probe, &call, on_attributes);
}

const struct rc_validate_kind rc_validate_sqs_kind = {.name = "sqs", .start = start};
