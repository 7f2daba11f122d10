/* sns: a topic is there and may be asked, and none of its subscriptions waits to be confirmed. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/percent.h"
#include "validate/aws-private.h"
#include "validate/kinds-private.h"

/* <entry><key>NAME</key><value>VALUE</value></entry>; the caller's. */
static char *find_attribute(struct rc_str xml, const char *name)
{
	rc_autofree char *key = rc_asprintf("<key>%s</key>", name);
	const char *at = xml.n ? memmem(xml.p, xml.n, key, strlen(key)) : NULL;

	if (!at)
		return NULL;
	return rc_net_aws_keyset_take_element((struct rc_str){at, xml.n - (size_t)(at - xml.p)},
					      "value");
}

static void on_attributes(struct rc_validate_probe *probe,
			  const struct rc_net_http_response *response)
{
	rc_autofree char *pending = NULL, *confirmed = NULL;

	if (!rc_validate_aws_check(probe, response))
		return;
	pending = find_attribute(response->body, "SubscriptionsPending");
	confirmed = find_attribute(response->body, "SubscriptionsConfirmed");
	if (!pending && !confirmed && !strstr(probe->check->topic, ":"))
		rc_validate_probe_end(probe, RC_VALIDATE_ERROR, "Nonsense",
				      "the answer has no attributes of a topic");
	else if (pending && strtoll(pending, NULL, 10) > 0)
		rc_validate_probe_end(probe, RC_VALIDATE_FAIL, "SubscriptionsPending",
				      "%s subscriptions wait to be confirmed", pending);
	else
		rc_validate_probe_end(probe, RC_VALIDATE_PASS, "Accessible",
				      "the topic is there; %s subscriptions", confirmed ?: "no");
}

static void start(struct rc_validate_probe *probe)
{
	rc_autobuf struct rc_buf body = RC_BUF_INIT(4096);
	struct rc_validate_aws_call call = {
		.service = "sns", .id = "SNS", .method = "POST", .path = "/"};

	rc_buf_puts(&body, "Action=GetTopicAttributes&Version=2010-03-31&TopicArn=");
	rc_percent_encode(&body, rc_str(probe->check->topic), NULL);
	call.body = rc_buf_text(&body);
	rc_validate_aws_start(probe, &call, on_attributes);
}

const struct rc_validate_kind rc_validate_sns_kind = {.name = "sns", .start = start};
