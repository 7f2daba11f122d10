/* What a configuration may hold: one table per section. */
#include "config-schema.h"

static const struct config_field secret_fields[] = {
	CONFIG_FIELD_TEXT(struct rc_config_auth, credential, "credential"),
	CONFIG_FIELD_TEXT(struct rc_config_auth, file, "file"),
	CONFIG_FIELD_TEXT(struct rc_config_auth, env, "env"),
	{.name = NULL},
};
const struct config_struct config_secret = {secret_fields, 0, 0};

static const struct config_field auth_fields[] = {
	CONFIG_FIELD_TEXT(struct rc_config_auth, credential, "credential"),
	CONFIG_FIELD_TEXT(struct rc_config_auth, file, "file"),
	CONFIG_FIELD_TEXT(struct rc_config_auth, env, "env"),
	CONFIG_FIELD_TEXT(struct rc_config_auth, username, "username"),
	CONFIG_FIELD_TEXT(struct rc_config_auth, ssh_key, "sshKey"),
	CONFIG_FIELD_TEXT(struct rc_config_auth, known_hosts, "knownHosts"),
	CONFIG_FIELD_TEXT(struct rc_config_auth, certificate, "certificate"),
	CONFIG_FIELD_TEXT(struct rc_config_auth, key, "key"),
	{.name = NULL},
};
static const struct config_struct auth = {auth_fields, sizeof(struct rc_config_auth), 0};

static const struct config_field eks_fields[] = {
	{.name = "cluster",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_eks, cluster),
	 .required = true},
	CONFIG_FIELD_TEXT(struct rc_config_eks, region, "region"),
	CONFIG_FIELD_TEXT(struct rc_config_eks, role_arn, "roleArn"),
	CONFIG_FIELD_TEXT(struct rc_config_eks, external_id, "externalId"),
	CONFIG_FIELD_TEXT(struct rc_config_eks, profile, "profile"),
	{.name = NULL},
};
static const struct config_struct eks = {eks_fields, sizeof(struct rc_config_eks), 0};

static const struct config_field cluster_fields[] = {
	{.name = "name",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_cluster, name),
	 .required = true},
	CONFIG_FIELD_TEXT(struct rc_config_cluster, kubeconfig, "kubeconfig"),
	CONFIG_FIELD_TEXT(struct rc_config_cluster, context, "context"),
	{.name = "eks",
	 .type = CONFIG_STRUCT,
	 .offset = offsetof(struct rc_config_cluster, eks),
	 .target = &eks},
	{.name = "namespaces",
	 .type = CONFIG_TEXTS,
	 .offset = offsetof(struct rc_config_cluster, namespaces),
	 .offset_n = offsetof(struct rc_config_cluster, n_namespaces)},
	{.name = "maxRequestsInFlight",
	 .type = CONFIG_NUMBER,
	 .offset = offsetof(struct rc_config_cluster, max_requests),
	 .min = 1,
	 .max = 1000},
	{.name = "besideExternalSecrets",
	 .type = CONFIG_FLAG,
	 .offset = offsetof(struct rc_config_cluster, beside_external_secrets)},
	{.name = "genericTargets",
	 .type = CONFIG_FLAG,
	 .offset = offsetof(struct rc_config_cluster, generic_targets)},
	{.name = NULL},
};
static const struct config_struct cluster = {cluster_fields, sizeof(struct rc_config_cluster),
					     offsetof(struct rc_config_cluster, place)};

static const char *const repository_types[] = {"git", "helm", "oci", NULL};

#define REPOSITORY_FLAG(member, key)                                    \
	{                                                               \
		.name = (key), .type = CONFIG_FLAG,                     \
		.offset = offsetof(struct rc_config_repository, member) \
	}

static const struct config_field repository_fields[] = {
	{.name = "name",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_repository, name),
	 .required = true},
	{.name = "url",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_repository, url),
	 .required = true},
	{.name = "interval",
	 .type = CONFIG_DURATION,
	 .offset = offsetof(struct rc_config_repository, interval_ms),
	 .min = 10 * CONFIG_SECOND,
	 .max = 24 * CONFIG_HOUR},
	{.name = "timeout",
	 .type = CONFIG_DURATION,
	 .offset = offsetof(struct rc_config_repository, timeout_ms),
	 .min = CONFIG_SECOND,
	 .max = CONFIG_HOUR},
	{.name = "type",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_repository, type),
	 .words = repository_types},
	CONFIG_FIELD_TEXT(struct rc_config_repository, ca, "ca"),
	REPOSITORY_FLAG(insecure, "insecure"),
	REPOSITORY_FLAG(plain_http, "plainHttp"),
	REPOSITORY_FLAG(pass_credentials, "passCredentials"),
	{.name = "auth",
	 .type = CONFIG_STRUCT,
	 .offset = offsetof(struct rc_config_repository, auth),
	 .target = &auth},
	{.name = "commitStatus",
	 .type = CONFIG_STRUCT,
	 .offset = offsetof(struct rc_config_repository, commit_status),
	 .target = &config_commit_status},
	{.name = NULL},
};
const struct config_struct config_repository = {repository_fields,
						sizeof(struct rc_config_repository),
						offsetof(struct rc_config_repository, place)};

static const struct config_field from_fields[] = {
	CONFIG_FIELD_TEXT(struct rc_config_applications, repository, "repository"),
	CONFIG_FIELD_TEXT(struct rc_config_applications, path, "path"),
	CONFIG_FIELD_TEXT(struct rc_config_applications, revision, "revision"),
	{.name = NULL},
};
static const struct config_struct from = {from_fields, sizeof(struct rc_config_applications), 0};

static const struct config_field applications_fields[] = {
	CONFIG_FIELD_TEXT(struct rc_config_applications, file, "file"),
	{.name = "from", .type = CONFIG_STRUCT, .offset = 0, .target = &from},
	CONFIG_FIELD_TEXT(struct rc_config_applications, cluster, "cluster"),
	CONFIG_FIELD_TEXT(struct rc_config_applications, selector, "selector"),
	{.name = "namespaces",
	 .type = CONFIG_TEXTS,
	 .offset = offsetof(struct rc_config_applications, namespaces),
	 .offset_n = offsetof(struct rc_config_applications, n_namespaces)},
	{.name = "allowEmpty",
	 .type = CONFIG_FLAG,
	 .offset = offsetof(struct rc_config_applications, allow_empty)},
	{.name = NULL},
};
static const struct config_struct applications = {applications_fields,
						  sizeof(struct rc_config_applications),
						  offsetof(struct rc_config_applications, place)};

static const struct config_field sync_fields[] = {
	{.name = "waveTimeout",
	 .type = CONFIG_DURATION,
	 .offset = offsetof(struct rc_config, sync.wave_timeout_ms),
	 .min = CONFIG_SECOND,
	 .max = 24 * CONFIG_HOUR},
	{.name = "pruneBudget",
	 .type = CONFIG_NUMBER,
	 .offset = offsetof(struct rc_config, sync.prune_budget),
	 .min = 0,
	 .max = 100},
	{.name = NULL},
};
static const struct config_struct sync_section = {sync_fields, 0, 0};

static const struct config_field render_fields[] = {
	{.name = "timeout",
	 .type = CONFIG_DURATION,
	 .offset = offsetof(struct rc_config, render.timeout_ms),
	 .min = CONFIG_SECOND,
	 .max = CONFIG_HOUR},
	{.name = "memory",
	 .type = CONFIG_NUMBER,
	 .offset = offsetof(struct rc_config, render.memory_mib),
	 .min = 32,
	 .max = 65536},
	{.name = NULL},
};
static const struct config_struct render_section = {render_fields, 0, 0};

static const char *const levels[] = {"err", "warning", "notice", "info", "debug", NULL};
static const char *const formats[] = {"auto", "text", "json", NULL};
static const struct config_field log_fields[] = {
	{.name = "level",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config, log.level),
	 .words = levels},
	{.name = "format",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config, log.format),
	 .words = formats},
	{.name = NULL},
};
static const struct config_struct log_section = {log_fields, 0, 0};

static const struct config_field source_fields[] = {
	{.name = "repository",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_source, repository),
	 .required = true},
	CONFIG_FIELD_TEXT(struct rc_config_source, revision, "revision"),
	CONFIG_FIELD_TEXT(struct rc_config_source, path, "path"),
	CONFIG_FIELD_TEXT(struct rc_config_source, signers, "signers"),
	CONFIG_FIELD_TEXT(struct rc_config_source, keyring, "keyring"),
	CONFIG_FIELD_TEXT(struct rc_config_source, since, "since"),
	{.name = NULL},
};
static const struct config_struct source = {source_fields, sizeof(struct rc_config_source),
					    offsetof(struct rc_config_source, place)};

static const struct config_field root_fields[] = {
	CONFIG_FIELD_TEXT(struct rc_config, instance, "instance"),
	{.name = "configuration",
	 .type = CONFIG_STRUCT,
	 .offset = offsetof(struct rc_config, source),
	 .target = &source},
	{.name = "clusters",
	 .type = CONFIG_STRUCTS,
	 .offset = offsetof(struct rc_config, clusters),
	 .offset_n = offsetof(struct rc_config, n_clusters),
	 .target = &cluster},
	{.name = "unlistedRepositories",
	 .type = CONFIG_FLAG,
	 .offset = offsetof(struct rc_config, unlisted_repositories)},
	{.name = "repositories",
	 .type = CONFIG_STRUCTS,
	 .offset = offsetof(struct rc_config, repositories),
	 .offset_n = offsetof(struct rc_config, n_repositories),
	 .target = &config_repository},
	{.name = "applications",
	 .type = CONFIG_STRUCTS,
	 .offset = offsetof(struct rc_config, applications),
	 .offset_n = offsetof(struct rc_config, n_applications),
	 .target = &applications},
	{.name = "customizations",
	 .type = CONFIG_PAIRS,
	 .offset = offsetof(struct rc_config, customizations),
	 .offset_n = offsetof(struct rc_config, n_customizations)},
	{.name = "sync", .type = CONFIG_STRUCT, .target = &sync_section},
	{.name = "render", .type = CONFIG_STRUCT, .target = &render_section},
	{.name = "api", .type = CONFIG_STRUCT, .target = &config_api},
	{.name = "log", .type = CONFIG_STRUCT, .target = &log_section},
	CONFIG_FIELD_TEXT(struct rc_config, state_directory, "stateDirectory"),
	CONFIG_FIELD_TEXT(struct rc_config, cache_directory, "cacheDirectory"),
	{.name = "terraform",
	 .type = CONFIG_STRUCT,
	 .offset = offsetof(struct rc_config, terraform),
	 .target = &config_terraform},
	{.name = "validation",
	 .type = CONFIG_STRUCT,
	 .offset = offsetof(struct rc_config, validation),
	 .target = &config_validation},
	{.name = "notifications",
	 .type = CONFIG_STRUCTS,
	 .offset = offsetof(struct rc_config, sinks),
	 .offset_n = offsetof(struct rc_config, n_sinks),
	 .target = &config_sink},
	{.name = "webhooks", .type = CONFIG_STRUCT, .target = &config_webhooks},
	{.name = NULL},
};
const struct config_struct config_root = {root_fields, sizeof(struct rc_config), 0};
