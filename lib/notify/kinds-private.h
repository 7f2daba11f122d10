/* What each file of a receiver exports to the table of all. */
#pragma once

#include "notify/sink.h"

extern const struct rc_notify_kind rc_notify_alertmanager_kind, rc_notify_email_kind,
	rc_notify_pagerduty_kind, rc_notify_slack_kind, rc_notify_webhook_kind;
/* ---- commit.c: for the state of a commit ---- */
extern const struct rc_notify_kind rc_notify_github_kind, rc_notify_gitea_kind,
	rc_notify_gitlab_kind, rc_notify_bitbucket_kind, rc_notify_bitbucket_server_kind;
