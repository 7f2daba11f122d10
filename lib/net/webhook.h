/*
 * What forges post when somebody pushes: whether it is theirs, whether it was there before, and
 * which repository it is about.
 *
 * Only proofs by SHA-256 are taken, and GitLab's token; they are compared in constant time.
 */
#pragma once

#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "base/secret.h"

enum rc_net_webhook_type {
	RC_NET_WEBHOOK_GITHUB,
	RC_NET_WEBHOOK_GITLAB,
	RC_NET_WEBHOOK_GITEA,
	RC_NET_WEBHOOK_BITBUCKET,
	RC_NET_WEBHOOK_APPROVAL, /* ours: a yes to a plan of Terraform's */
};

/* -1: there is none of that name. */
int rc_net_webhook_type_parse(const char *name);

/* The header that proves it: "X-Hub-Signature-256". Static. */
const char *rc_net_webhook_get_header(enum rc_net_webhook_type type);
/* proof is that header's value, or NULL. -EACCES: it is not theirs, or was changed. */
int rc_net_webhook_check(enum rc_net_webhook_type type, const struct rc_secret *secret,
			 const char *proof, struct rc_str body, struct rc_error **err);
/* All URLs by which the message names its repository, each once; the caller's array. -EINVAL: it is
 * not JSON. */
int rc_net_webhook_list_urls(struct rc_str body, json_t **ret_urls, struct rc_error **err);

/* ---- what was there before ---- */

#define RC_NET_WEBHOOK_SEEN_MAX 512

/* The last messages, by their digests. Zero-initialise; nothing to free. */
struct rc_net_webhook_seen {
	unsigned char digests[RC_NET_WEBHOOK_SEEN_MAX][32];
	size_t n;
};

/* Remember body; false: it was there before. */
bool rc_net_webhook_note(struct rc_net_webhook_seen *seen, struct rc_str body);

/* A bucket that fills by rate a minute up to burst, and is full at first. */
struct rc_net_webhook_rate {
	double level;
	int64_t at_ms; /* 0: never asked */
};

bool rc_net_webhook_allow(struct rc_net_webhook_rate *rate, double per_minute, double burst,
			  int64_t now_ms);
