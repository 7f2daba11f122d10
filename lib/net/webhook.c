/* Proofs and payloads. */
#include "net/webhook.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "data/digest.h"
#include "data/json.h"
#include "net/hmac.h"

static const struct {
	const char *name, *header, *prefix; /* of the digest; NULL: the proof is the secret */
} types[] = {
	[RC_NET_WEBHOOK_GITHUB] = {"github", "X-Hub-Signature-256", "sha256="},
	[RC_NET_WEBHOOK_GITLAB] = {"gitlab", "X-Gitlab-Token", NULL},
	[RC_NET_WEBHOOK_GITEA] = {"gitea", "X-Gitea-Signature", ""},
	[RC_NET_WEBHOOK_BITBUCKET] = {"bitbucket", "X-Hub-Signature", "sha256="},
	[RC_NET_WEBHOOK_APPROVAL] = {"approval", "X-Reconciled-Signature", "sha256="},
};

int rc_net_webhook_type_parse(const char *name)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(types); i++)
		if (strcmp(types[i].name, name) == 0)
			return (int)i;
	return -1;
}

const char *rc_net_webhook_get_header(enum rc_net_webhook_type type)
{
	return types[type].header;
}

int rc_net_webhook_check(enum rc_net_webhook_type type, const struct rc_secret *secret,
			 const char *proof, struct rc_str body, struct rc_error **err)
{
	const char *prefix = types[type].prefix;
	char digest[RC_NET_HMAC_MAX];
	bool is_theirs;

	if (!proof)
		return rc_fail(err, -EACCES, "there is no header %s", types[type].header);
	if (!prefix) {
		is_theirs = rc_net_hmac_equal(rc_str(proof), rc_secret_reveal(secret));
	} else {
		rc_net_hmac_sha256(secret, body, digest);
		is_theirs = rc_text_has_prefix(proof, prefix) &&
			    rc_net_hmac_equal(rc_str(proof + strlen(prefix)), rc_str(digest));
	}
	return is_theirs ? 0 : rc_fail(err, -EACCES, "%s is wrong", types[type].header);
}

static void add_url(json_t *urls, const char *url)
{
	json_t *other;
	size_t i;

	if (!url || !*url)
		return;
	json_array_foreach (urls, i, other)
		if (strcmp(json_string_value(other), url) == 0)
			return;
	json_array_append_new(urls, json_string(url));
}

int rc_net_webhook_list_urls(struct rc_str body, json_t **ret_urls, struct rc_error **err)
{
	static const char *const owners[] = {"repository", "project"};
	static const char *const keys[] = {"clone_url", "ssh_url",	"html_url",
					   "git_url",	"git_http_url", "git_ssh_url",
					   "web_url",	"homepage",	"url"};
	json_auto_t *message = NULL;
	json_t *link;
	size_t i;
	int r = rc_json_parse(body, "the message", &message, err);

	if (r < 0)
		return -EINVAL;
	*ret_urls = json_array();
	for (size_t o = 0; o < RC_ARRAY_SIZE(owners); o++)
		for (size_t k = 0; k < RC_ARRAY_SIZE(keys); k++)
			add_url(*ret_urls, rc_json_text(message, owners[o], keys[k], NULL));
	add_url(*ret_urls, rc_json_text(message, "repository", "links", "html", "href", NULL));
	json_array_foreach (rc_json_get(message, "repository", "links", "clone", NULL), i, link)
		add_url(*ret_urls, rc_json_text(link, "href", NULL));
	return 0;
}

bool rc_net_webhook_note(struct rc_net_webhook_seen *seen, struct rc_str body)
{
	unsigned char digest[RC_DIGEST_BYTES_MAX];
	size_t n = seen->n < RC_NET_WEBHOOK_SEEN_MAX ? seen->n : RC_NET_WEBHOOK_SEEN_MAX;

	rc_digest_compute(RC_DIGEST_SHA256, body, digest);
	for (size_t i = 0; i < n; i++)
		if (memcmp(seen->digests[i], digest, sizeof(seen->digests[i])) == 0)
			return false;
	memcpy(seen->digests[seen->n++ % RC_NET_WEBHOOK_SEEN_MAX], digest,
	       sizeof(seen->digests[0]));
	return true;
}

bool rc_net_webhook_allow(struct rc_net_webhook_rate *rate, double per_minute, double burst,
			  int64_t now_ms)
{
	rate->level = rate->at_ms
			      ? rate->level + (double)(now_ms - rate->at_ms) * per_minute / 60000
			      : burst;
	if (rate->level > burst)
		rate->level = burst;
	rate->at_ms = now_ms;
	if (rate->level < 1)
		return false;
	rate->level -= 1;
	return true;
}
