/* Webhooks, wired. */
#include "webhooks.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"
#include "net/webhook.h"
#include "terraform.h"

#define PREFIX		"/hook/"
#define BODY_MAX	((size_t)5 << 20)
#define PEM_MAX		((size_t)1 << 20)
#define IDLE_S		10
#define CONNECTIONS_MAX 64
#define PER_MINUTE	60
#define BURST		30

enum result { ACCEPTED, REFUSED, REPEATED, LIMITED, RESULTS };
static const char *const results[] = {"accepted", "refused", "repeated", "limited"};

struct receiver {
	const struct rc_config_receiver *config;
	enum rc_net_webhook_type type;
	struct rc_secret *secret;
	struct rc_net_webhook_seen seen;
	struct rc_net_webhook_rate rate;
	uint64_t counts[RESULTS];
};

struct daemon_webhooks {
	struct rc_daemon *daemon;
	struct rc_net_http_server *server;
	struct receiver *receivers;
	size_t n;
};

static void reply(struct rc_net_http_exchange *exchange, int status, const char *text)
{
	rc_net_http_exchange_reply(exchange, status, "text/plain", rc_str(text));
}

/* ---- what a message brings about ---- */

static bool is_named(const struct rc_repository *repository, const json_t *urls)
{
	json_t *url;
	size_t i;

	json_array_foreach (urls, i, url)
		if (rc_repository_is_at(repository, json_string_value(url)))
			return true;
	return false;
}

/* A message for receivers with repositories is about all of them, whatever it says. */
static unsigned int poll_all(const struct daemon_webhooks *webhooks,
			     const struct receiver *receiver, const json_t *urls)
{
	const struct rc_engine *engine = webhooks->daemon->engine;
	const struct rc_config_receiver *config = receiver->config;
	unsigned int n = 0;

	for (size_t i = 0; i < config->n_repositories; i++) {
		struct rc_repository *repository =
			rc_engine_find_repository(engine, config->repositories[i], NULL);

		if (!repository)
			continue;
		rc_repository_poll(repository);
		n++;
	}
	if (config->n_repositories > 0)
		return n;
	for (struct rc_repository *const *it = rc_engine_list_repositories(engine); *it; it++) {
		if (!is_named(*it, urls))
			continue;
		rc_repository_poll(*it);
		n++;
	}
	return n;
}

static enum result take_approval(struct daemon_webhooks *webhooks,
				 struct rc_net_http_exchange *exchange)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autofree char *chain = NULL, *text = NULL;
	int r = daemon_terraform_take_approval(webhooks->daemon->terraform,
					       rc_net_http_exchange_get_body(exchange), &err);

	if (r == 0) {
		reply(exchange, 202, "the plan is approved\n");
		return ACCEPTED;
	}
	chain = rc_error_format(err);
	text = rc_asprintf("%s\n", chain);
	rc_log_warning(NULL, "an approval by webhook is not taken: %s", chain);
	reply(exchange,
	      r == -EINVAL		      ? 400
	      : r == -ENOENT		      ? 404
	      : r == -EACCES || r == -ENOTSUP ? 403
					      : 409,
	      text);
	return REFUSED;
}

static enum result take(struct daemon_webhooks *webhooks, struct receiver *receiver,
			struct rc_net_http_exchange *exchange)
{
	const char *header = rc_net_webhook_get_header(receiver->type);
	struct rc_str body = rc_net_http_exchange_get_body(exchange);
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autofree char *text = NULL;
	json_auto_t *urls = NULL;

	if (rc_net_webhook_check(receiver->type, receiver->secret,
				 rc_net_http_exchange_get_header(exchange, header), body,
				 &err) < 0) {
		reply(exchange, 403, "the signature is wrong\n");
		return REFUSED;
	}
	if (!rc_net_webhook_allow(&receiver->rate, PER_MINUTE, BURST,
				  (int64_t)rc_clock_monotonic_ms())) {
		rc_net_http_exchange_set_header(exchange, "Retry-After", "60");
		reply(exchange, 429, "too many messages\n");
		return LIMITED;
	}
	if (!rc_net_webhook_note(&receiver->seen, body)) {
		reply(exchange, 409, "this message was here before\n");
		return REPEATED;
	}
	if (receiver->type == RC_NET_WEBHOOK_APPROVAL)
		return take_approval(webhooks, exchange);
	if (rc_net_webhook_list_urls(body, &urls, &err) < 0) {
		reply(exchange, 400, "the message is not JSON\n");
		return REFUSED;
	}
	text = rc_asprintf("%u repositories are polled\n", poll_all(webhooks, receiver, urls));
	reply(exchange, 202, text);
	return ACCEPTED;
}

static void on_request(void *userdata, struct rc_net_http_exchange *exchange)
{
	struct daemon_webhooks *webhooks = userdata;
	const char *path = rc_net_http_exchange_get_path(exchange);
	struct receiver *receiver = NULL;

	for (size_t i = 0; i < webhooks->n && rc_text_has_prefix(path, PREFIX); i++)
		if (strcmp(webhooks->receivers[i].config->name, path + strlen(PREFIX)) == 0)
			receiver = &webhooks->receivers[i];
	if (!receiver)
		reply(exchange, 404, "there is nothing here\n");
	else if (strcmp(rc_net_http_exchange_get_method(exchange), "POST") != 0)
		reply(exchange, 405, "messages are posted\n");
	else
		receiver->counts[take(webhooks, receiver, exchange)]++;
}

/* ---- life ---- */

static int add_receiver(struct daemon_webhooks *webhooks, const struct rc_config_receiver *config,
			struct rc_error **err)
{
	struct receiver *receiver = &webhooks->receivers[webhooks->n];
	int r = daemon_auth_read_secret(&config->secret, &receiver->secret, err);

	if (r == 0 && (!receiver->secret || rc_secret_reveal(receiver->secret).n == 0))
		r = rc_fail(err, -EINVAL, "its secret is empty, so that everybody would know it");
	if (r < 0)
		return rc_wrap(err, r, "receiver '%s'", config->name);
	receiver->config = config;
	receiver->type = (enum rc_net_webhook_type)rc_net_webhook_type_parse(config->type);
	webhooks->n++;
	return 0;
}

static int start(struct daemon_webhooks *webhooks, struct rc_error **err)
{
	const struct rc_config *config = webhooks->daemon->config;
	rc_autobuf struct rc_buf certificate = RC_BUF_INIT(PEM_MAX), key = RC_BUF_INIT(PEM_MAX);
	struct rc_net_http_server_options options = {
		.listen = config->webhooks.listen,
		.max_body_bytes = BODY_MAX,
		.idle_timeout_s = IDLE_S,
		.max_connections = CONNECTIONS_MAX,
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < config->webhooks.n_receivers; i++)
		r = add_receiver(webhooks, &config->webhooks.receivers[i], err);
	if (r == 0 && config->webhooks.certificate) {
		r = rc_file_read(config->webhooks.certificate, &certificate, err);
		if (r == 0)
			r = rc_file_read(config->webhooks.key, &key, err);
		options.certificate_pem = rc_buf_text(&certificate);
		options.key_pem = rc_buf_text(&key);
	}
	if (r == 0)
		r = rc_net_http_server_new(webhooks->daemon->loop, &options, on_request, webhooks,
					   &webhooks->server, err);
	if (key.p)
		explicit_bzero(key.p, key.size);
	return r;
}

struct daemon_webhooks *daemon_webhooks_new(struct rc_daemon *daemon)
{
	const struct rc_config *config = daemon->config;
	struct daemon_webhooks *webhooks;
	struct rc_error *err = NULL;

	if (!config->webhooks.listen || config->webhooks.n_receivers == 0)
		return NULL;
	webhooks = rc_new0(struct daemon_webhooks);
	webhooks->daemon = daemon;
	webhooks->receivers = rc_calloc(config->webhooks.n_receivers, sizeof(*webhooks->receivers));
	if (start(webhooks, &err) == 0)
		return webhooks;
	rc_log_error(NULL, LOG_ERR, err, "webhooks are not listened for, repositories are polled");
	rc_error_free(err);
	daemon_webhooks_free(webhooks);
	return NULL;
}

void daemon_webhooks_free(struct daemon_webhooks *webhooks)
{
	if (!webhooks)
		return;
	rc_net_http_server_free(webhooks->server);
	for (size_t i = 0; i < webhooks->n; i++)
		rc_secret_free(webhooks->receivers[i].secret);
	free(webhooks->receivers);
	free(webhooks);
}

void daemon_webhooks_write_metrics(const struct daemon_webhooks *webhooks, struct rc_buf *out)
{
	rc_buf_puts(out, "# HELP reconciled_webhooks_total Messages of forges by what became of "
			 "them.\n# TYPE reconciled_webhooks_total counter\n");
	for (size_t i = 0; webhooks && i < webhooks->n; i++)
		for (size_t j = 0; j < RESULTS; j++)
			rc_buf_printf(out,
				      "reconciled_webhooks_total{receiver=\"%s\",result=\"%s\"} "
				      "%llu\n",
				      webhooks->receivers[i].config->name, results[j],
				      (unsigned long long)webhooks->receivers[i].counts[j]);
}
