/* EKS clusters. */
#include "kube/eks.h"

#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/base64.h"
#include "data/json.h"
#include "data/percent.h"
#include "kube/kubeconfig.h"
#include "net/aws-credentials.h"

#define BACKOFF_MS     2000
#define BACKOFF_MAX_MS 120000
#define DESCRIBED_MS   ((uint64_t)3600 * 1000)
#define TOKEN_PREFIX   "k8s-aws-v1."
#define TOKEN_KEPT_S   (14 * 60) /* EKS takes it for 15 minutes */
#define SIGNED_S       60	 /* what the URL says; EKS does not look at it */
#define FRESH_MS       10000
#define TIMEOUT_MS     15000
#define BODY_MAX       ((size_t)1 << 20)

struct rc_kube_eks {
	struct ev_loop *loop;
	struct rc_net_http_client *http;
	const struct rc_kube_kubeconfig_eks *config;
	struct rc_net_aws_credentials *credentials;
	struct rc_net_aws_waiter keys;	     /* while they are fetched */
	struct rc_net_http_request *request; /* DescribeCluster */
	struct rc_kube_exec_waiter *waiters;

	char *server, *ca_pem; /* what EKS said */
	uint64_t described_ms;
	struct rc_secret *token;
	int64_t token_end_unix_s;
	uint64_t token_made_ms;
	unsigned int generation;

	struct rc_error *failure; /* why the last try failed, or NULL */
	unsigned int attempts;
	uint64_t next_start_ms;
};

static const char *const *environment(const struct rc_kube_eks *eks)
{
	return eks->config->env ?: (const char *const *)environ;
}

static bool is_busy(const struct rc_kube_eks *eks)
{
	return eks->request || eks->keys.is_waiting;
}

static void wake_all(struct rc_kube_eks *eks)
{
	while (!is_busy(eks) && eks->waiters) {
		struct rc_kube_exec_waiter *waiter = eks->waiters;

		rc_kube_eks_leave(eks, waiter);
		waiter->wake(waiter);
	}
}

static void fail(struct rc_kube_eks *eks, int r, struct rc_error *err)
{
	rc_wrap(&err, r, "EKS cluster '%s'", eks->config->cluster);
	rc_error_free(eks->failure);
	eks->failure = err;
	eks->next_start_ms = rc_clock_monotonic_ms() +
			     rc_clock_backoff_ms(BACKOFF_MS, 2., BACKOFF_MAX_MS, eks->attempts++);
}

/* ---- the token ---- */

/* Base64 for URLs, without padding (RFC 4648 section 5). */
static char *encode_token(const char *url)
{
	struct rc_buf buf = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_buf_puts(&buf, TOKEN_PREFIX);
	rc_base64_encode(rc_str(url), &buf);
	while (buf.p[buf.n - 1] == '=')
		rc_buf_truncate(&buf, buf.n - 1);
	for (size_t i = strlen(TOKEN_PREFIX); i < buf.n; i++)
		buf.p[i] = (char)(buf.p[i] == '+' ? '-' : buf.p[i] == '/' ? '_' : buf.p[i]);
	return rc_buf_take(&buf);
}

static void make_token(struct rc_kube_eks *eks, const char *region,
		       const struct rc_net_aws_keys *keys)
{
	struct rc_net_http_header headers[] = {{"x-k8s-aws-id", eks->config->cluster},
					       {NULL, NULL}};
	int64_t now_s = rc_clock_unix_s();
	int64_t keys_end_s = rc_net_aws_credentials_get_end(eks->credentials);
	rc_autofree char *sts = rc_net_aws_profile_endpoint(environment(eks), "sts", "STS", region);
	rc_autofree char *url = rc_asprintf("%s/?Action=GetCallerIdentity&Version=2011-06-15", sts);
	struct rc_net_aws_request request = {.url = url,
					     .headers = headers,
					     .region = region,
					     .service = "sts",
					     .unix_s = now_s};
	char *signed_url = rc_net_aws_sigv4_presign(&request, keys, SIGNED_S);
	char *token = encode_token(signed_url);

	rc_secret_free(eks->token);
	eks->token = rc_secret_new_text(token);
	eks->token_made_ms = rc_clock_monotonic_ms();
	eks->token_end_unix_s = now_s + TOKEN_KEPT_S;
	/* It proves nothing any more once the keys have ended. */
	if (keys_end_s < eks->token_end_unix_s)
		eks->token_end_unix_s = keys_end_s;
	eks->generation++;
	rc_secret_wipe_text(signed_url);
	rc_secret_wipe_text(token);
}

/* ---- where it is ---- */

static int read_cluster(struct rc_str body, char **ret_server, char **ret_ca, struct rc_error **err)
{
	rc_autobuf struct rc_buf ca = RC_BUF_INIT(BODY_MAX);
	json_auto_t *object = NULL;
	const char *server, *data, *status;

	if (rc_json_parse(body, "EKS's answer", &object, err) < 0)
		return rc_wrap(err, -EPROTO, "reading the description");
	server = rc_json_text(object, "cluster", "endpoint", NULL);
	data = rc_json_text(object, "cluster", "certificateAuthority", "data", NULL);
	status = rc_json_text(object, "cluster", "status", NULL);
	if (!server || !data)
		return rc_fail(err, -EAGAIN, "it has no API server yet; its status is %.40s",
			       status ?: "unknown");
	if (rc_base64_decode(rc_str(data), &ca) < 0)
		return rc_fail(err, -EPROTO, "its certificateAuthority is not base64");
	*ret_server = rc_strdup(server);
	*ret_ca = rc_buf_take(&ca);
	return 0;
}

static void on_described(void *userdata, int r, const struct rc_net_http_response *response,
			 struct rc_error *err)
{
	struct rc_kube_eks *eks = userdata;
	char *server = NULL, *ca = NULL;

	eks->request = NULL;
	if (r == 0 && response->status != 200)
		r = rc_net_aws_keyset_read_failure(response->status, response->body, &err);
	if (r == 0)
		r = read_cluster(response->body, &server, &ca, &err);
	if (r < 0) {
		if (r == -EACCES)
			rc_net_aws_credentials_forget(eks->credentials);
		if (r == -EACCES)
			rc_hint(&err, "the role needs eks:DescribeCluster");
		fail(eks, r, err);
	} else {
		free(eks->server);
		free(eks->ca_pem);
		eks->server = server;
		eks->ca_pem = ca;
		eks->described_ms = rc_clock_monotonic_ms();
		rc_error_free(rc_steal(&eks->failure));
		eks->attempts = 0;
	}
	wake_all(eks);
}

static void describe(struct rc_kube_eks *eks, const char *region,
		     const struct rc_net_aws_keys *keys)
{
	rc_autofree char *endpoint =
		rc_net_aws_profile_endpoint(environment(eks), "eks", "EKS", region);
	rc_autobuf struct rc_buf url = RC_BUF_INIT(RC_BUF_UNLIMITED);
	rc_cleanup(rc_net_aws_sigv4_freep) struct rc_net_http_header *headers = NULL;
	struct rc_net_aws_request request = {
		.region = region, .service = "eks", .unix_s = rc_clock_unix_s()};
	struct rc_net_http_options options = {.timeout_ms = TIMEOUT_MS, .max_body_bytes = BODY_MAX};

	rc_buf_printf(&url, "%s/clusters/", endpoint);
	rc_percent_encode(&url, rc_str(eks->config->cluster), NULL);
	request.url = options.url = rc_buf_text(&url);
	options.headers = headers = rc_net_aws_sigv4_sign(&request, keys);
	eks->request = rc_net_http_client_start(eks->http, &options, NULL, on_described, eks);
}

/* ---- both ---- */

static bool is_description_due(const struct rc_kube_eks *eks)
{
	uint64_t now_ms = rc_clock_monotonic_ms();

	if (eks->failure && now_ms < eks->next_start_ms)
		return false;
	return !eks->server || now_ms - eks->described_ms >= DESCRIBED_MS;
}

static bool is_token_due(const struct rc_kube_eks *eks)
{
	return !eks->token || rc_clock_unix_s() >= eks->token_end_unix_s;
}

static void advance(struct rc_kube_eks *eks)
{
	struct rc_net_aws_keys keys;
	struct rc_error *err = NULL;
	const char *region;
	int r = rc_net_aws_credentials_get(eks->credentials, &eks->keys, &keys, &err);

	if (r > 0)
		return;
	region = rc_net_aws_credentials_get_region(eks->credentials);
	if (r == 0 && !region) {
		r = rc_fail(&err, -EINVAL, "no AWS region is known");
		rc_hint(&err, "add 'region' to the cluster's 'eks', or set AWS_REGION");
	}
	if (r < 0) {
		fail(eks, r, err);
		return;
	}
	if (is_token_due(eks))
		make_token(eks, region, &keys);
	if (is_description_due(eks))
		describe(eks, region, &keys);
}

static void on_keys(struct rc_net_aws_waiter *waiter)
{
	struct rc_kube_eks *eks = rc_container_of(waiter, struct rc_kube_eks, keys);

	advance(eks);
	wake_all(eks);
}

struct rc_kube_eks *rc_kube_eks_new(struct ev_loop *loop, struct rc_net_http_client *http,
				    const struct rc_kube_kubeconfig_eks *config)
{
	struct rc_kube_eks *eks = rc_new0(struct rc_kube_eks);
	struct rc_net_aws_role role = {.arn = config->role_arn, .external_id = config->external_id};
	struct rc_net_aws_credentials_options options = {.loop = loop,
							 .http = http,
							 .env = config->env,
							 .region = config->region,
							 .profile = config->profile,
							 .roles = &role,
							 .n_roles = config->role_arn ? 1 : 0};

	eks->loop = loop;
	eks->http = http;
	eks->config = config;
	eks->keys.wake = on_keys;
	eks->credentials = rc_net_aws_credentials_new(&options);
	return eks;
}

void rc_kube_eks_free(struct rc_kube_eks *eks)
{
	if (!eks)
		return;
	while (eks->waiters)
		rc_kube_eks_leave(eks, eks->waiters);
	rc_net_http_request_cancel(eks->request);
	rc_net_aws_credentials_free(eks->credentials);
	rc_secret_free(eks->token);
	rc_error_free(eks->failure);
	free(eks->server);
	free(eks->ca_pem);
	free(eks);
}

int rc_kube_eks_get(struct rc_kube_eks *eks, struct rc_kube_exec_waiter *waiter,
		    struct rc_kube_eks_login *ret_login, struct rc_error **err)
{
	/* While keys cannot be had they are not asked for at each call: they have their back-off.
	 */
	if (!is_busy(eks) && (is_token_due(eks) || is_description_due(eks)))
		advance(eks);
	if (eks->server && !is_token_due(eks)) {
		*ret_login = (struct rc_kube_eks_login){.server = eks->server,
							.ca_pem = eks->ca_pem,
							.token = eks->token,
							.generation = eks->generation};
		return 0;
	}
	if (!is_busy(eks)) {
		json_auto_t *copy = rc_error_to_json(eks->failure);

		rc_error_move(err, rc_error_from_json(copy));
		return eks->failure->code;
	}
	if (!waiter->is_waiting)
		DL_APPEND(eks->waiters, waiter);
	waiter->is_waiting = true;
	return 1;
}

void rc_kube_eks_leave(struct rc_kube_eks *eks, struct rc_kube_exec_waiter *waiter)
{
	if (!waiter->is_waiting)
		return;
	DL_DELETE(eks->waiters, waiter);
	waiter->is_waiting = false;
}

bool rc_kube_eks_forget(struct rc_kube_eks *eks, unsigned int generation)
{
	if (!eks->token || generation != eks->generation)
		return true; /* there is a newer one */
	if (rc_clock_monotonic_ms() - eks->token_made_ms < FRESH_MS)
		return false;
	rc_net_aws_credentials_forget(eks->credentials);
	rc_secret_free(rc_steal(&eks->token));
	return true;
}
