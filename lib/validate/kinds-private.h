/* What each file of a check exports to the table of all. */
#pragma once

#include "validate/check.h"

extern const struct rc_validate_kind rc_validate_command_kind, rc_validate_dns_kind,
	rc_validate_http_kind, rc_validate_https_kind, rc_validate_istio_kind,
	rc_validate_pods_kind, rc_validate_postgres_kind, rc_validate_rds_kind, rc_validate_s3_kind,
	rc_validate_secrets_kind, rc_validate_sns_kind, rc_validate_sqs_kind;
