/*
 * sts: a stand-in for AWS's token service: AssumeRole with a signed request gives keys that are
 * numbered. GET /_control: the bodies it was asked with, an array.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <ev.h>
#include <jansson.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/str.h"
#include "net/http-server.h"

static struct {
	struct ev_loop *loop;
	json_t *asked;
} world;

static void refuse(struct rc_net_http_exchange *exchange)
{
	rc_net_http_exchange_reply(exchange, 403, "text/xml",
				   RC_STR("<ErrorResponse><Error><Code>AccessDenied</Code>"
					  "<Message>not signed, or no role</Message></Error>"
					  "</ErrorResponse>"));
}

static void give(struct rc_net_http_exchange *exchange)
{
	char end[RC_CLOCK_RFC3339_MAX];
	size_t n = json_array_size(world.asked);
	rc_autofree char *xml = rc_asprintf(
		"<AssumeRoleResponse><AssumeRoleResult><Credentials>"
		"<AccessKeyId>ASIAEXAMPLE%zu</AccessKeyId>"
		"<SecretAccessKey>s3cr3t-k3y-%zu</SecretAccessKey>"
		"<SessionToken>s3ss10n-t0k3n-%zu</SessionToken><Expiration>%s</Expiration>"
		"</Credentials></AssumeRoleResult></AssumeRoleResponse>",
		n, n, n, rc_clock_format_rfc3339(rc_clock_unix_s() + 3600, end));

	rc_net_http_exchange_reply(exchange, 200, "text/xml", rc_str(xml));
}

static void on_request(void *userdata, struct rc_net_http_exchange *exchange)
{
	struct rc_str body = rc_net_http_exchange_get_body(exchange);
	rc_autofree char *text = rc_strndup(body.p, body.n);
	const char *signature = rc_net_http_exchange_get_header(exchange, "Authorization");

	(void)userdata;
	if (strcmp(rc_net_http_exchange_get_path(exchange), "/_control") == 0) {
		rc_net_http_exchange_reply_json(exchange, 200, world.asked);
		return;
	}
	json_array_append_new(world.asked, json_string(text));
	if (signature &&
	    rc_text_has_prefix(signature, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") &&
	    strstr(text, "Action=AssumeRole&") && strstr(text, "RoleArn=arn"))
		give(exchange);
	else
		refuse(exchange);
}

static void on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
	(void)watcher;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

int main(void)
{
	struct rc_net_http_server_options options = {.listen = "127.0.0.1:0"};
	rc_cleanup(rc_net_http_server_freep) struct rc_net_http_server *server = NULL;
	struct rc_error *err = NULL;
	ev_signal term;

	world.loop = rc_loop_new();
	world.asked = json_array();
	if (rc_net_http_server_new(world.loop, &options, on_request, NULL, &server, &err) < 0) {
		rc_autofree char *text = rc_error_format(err);

		fprintf(stderr, "sts: %s\n", text);
		return 1;
	}
	printf("listening 127.0.0.1:%u\n", rc_net_http_server_get_port(server));
	fflush(stdout);
	ev_signal_init(&term, on_signal, SIGTERM);
	ev_signal_start(world.loop, &term);
	ev_run(world.loop, 0);
	return 0;
}
