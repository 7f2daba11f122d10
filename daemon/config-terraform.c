/* The section "terraform": its keys, its defaults, and what no single key can tell. */
#include "config-schema.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

#define DAY (24 * CONFIG_HOUR)

#define TIME(owner, member, key, least, most)                                              \
	{                                                                                  \
		.name = (key), .type = CONFIG_DURATION, .offset = offsetof(owner, member), \
		.min = (least), .max = (most)                                              \
	}
#define NUMBER(owner, member, key, least, most)                                          \
	{                                                                                \
		.name = (key), .type = CONFIG_NUMBER, .offset = offsetof(owner, member), \
		.min = (least), .max = (most)                                            \
	}

static const struct config_field variable_fields[] = {
	{.name = "name",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_variable, name),
	 .required = true},
	CONFIG_FIELD_TEXT(struct rc_config_variable, value, "value"),
	CONFIG_FIELD_TEXT(struct rc_config_variable, credential, "credential"),
	CONFIG_FIELD_TEXT(struct rc_config_variable, file, "file"),
	CONFIG_FIELD_TEXT(struct rc_config_variable, env, "env"),
	CONFIG_FIELD_TEXT(struct rc_config_variable, stack, "stack"),
	CONFIG_FIELD_TEXT(struct rc_config_variable, output, "output"),
	CONFIG_FIELD_TEXT(struct rc_config_variable, vault, "vault"),
	CONFIG_FIELD_TEXT(struct rc_config_variable, path, "path"),
	CONFIG_FIELD_TEXT(struct rc_config_variable, field, "field"),
	{.name = NULL},
};
static const struct config_struct variable = {variable_fields, sizeof(struct rc_config_variable),
					      offsetof(struct rc_config_variable, place)};

static const char *const methods[] = {"token", "approle", "kubernetes", "jwt", NULL};
static const struct config_field auth_fields[] = {
	{.name = "method",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_vault, auth.method),
	 .words = methods,
	 .required = true},
	CONFIG_FIELD_TEXT(struct rc_config_vault, auth.mount, "mount"),
	CONFIG_FIELD_TEXT(struct rc_config_vault, auth.role, "role"),
	CONFIG_FIELD_TEXT(struct rc_config_vault, auth.secret.credential, "credential"),
	CONFIG_FIELD_TEXT(struct rc_config_vault, auth.secret.file, "file"),
	CONFIG_FIELD_TEXT(struct rc_config_vault, auth.secret.env, "env"),
	{.name = NULL},
};
static const struct config_struct vault_auth = {auth_fields, 0, 0};

static const struct config_field vault_fields[] = {
	{.name = "name",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_vault, name),
	 .required = true},
	{.name = "url",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_vault, url),
	 .required = true},
	CONFIG_FIELD_TEXT(struct rc_config_vault, name_space, "namespace"),
	CONFIG_FIELD_TEXT(struct rc_config_vault, ca, "ca"),
	{.name = "auth", .type = CONFIG_STRUCT, .target = &vault_auth, .required = true},
	{.name = NULL},
};
static const struct config_struct vault = {vault_fields, sizeof(struct rc_config_vault),
					   offsetof(struct rc_config_vault, place)};

#define AWS(member, key) CONFIG_FIELD_TEXT(struct rc_config_stack, aws.member, key)
static const struct config_field aws_fields[] = {
	AWS(role, "role"),
	AWS(external_id, "externalId"),
	AWS(session_name, "sessionName"),
	AWS(region, "region"),
	AWS(profile, "profile"),
	TIME(struct rc_config_stack, aws.duration_ms, "duration", 15 * CONFIG_MINUTE,
	     12 * CONFIG_HOUR),
	{.name = NULL},
};
static const struct config_struct aws = {aws_fields, 0, 0};

static const char *const output_kinds[] = {"ConfigMap", "Secret", NULL};
static const struct config_field output_fields[] = {
	{.name = "kind",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_output, kind),
	 .words = output_kinds,
	 .required = true},
	CONFIG_FIELD_TEXT(struct rc_config_output, cluster, "cluster"),
	{.name = "namespace",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_output, name_space),
	 .required = true},
	{.name = "object",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_output, name),
	 .required = true},
	{.name = "keys",
	 .type = CONFIG_PAIRS,
	 .offset = offsetof(struct rc_config_output, keys),
	 .offset_n = offsetof(struct rc_config_output, n_keys)},
	{.name = NULL},
};
static const struct config_struct output = {output_fields, sizeof(struct rc_config_output),
					    offsetof(struct rc_config_output, place)};

static const char *const approvals[] = {"required", "changes", "none", NULL};
static const struct config_field stack_fields[] = {
	{.name = "name",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_stack, name),
	 .required = true},
	{.name = "repository",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_stack, repository),
	 .required = true},
	CONFIG_FIELD_TEXT(struct rc_config_stack, path, "path"),
	CONFIG_FIELD_TEXT(struct rc_config_stack, revision, "revision"),
	CONFIG_FIELD_TEXT(struct rc_config_stack, workspace, "workspace"),
	CONFIG_FIELD_TEXT(struct rc_config_stack, binary, "binary"),
	CONFIG_FIELD_TEXT(struct rc_config_stack, version, "version"),
	CONFIG_FIELD_TEXTS(struct rc_config_stack, backend_config, "backendConfig"),
	CONFIG_FIELD_TEXTS(struct rc_config_stack, var_files, "varFiles"),
	CONFIG_FIELD_TEXTS(struct rc_config_stack, depends_on, "dependsOn"),
	{.name = "variables",
	 .type = CONFIG_STRUCTS,
	 .offset = offsetof(struct rc_config_stack, variables),
	 .offset_n = offsetof(struct rc_config_stack, n_variables),
	 .target = &variable},
	{.name = "environment",
	 .type = CONFIG_STRUCTS,
	 .offset = offsetof(struct rc_config_stack, environment),
	 .offset_n = offsetof(struct rc_config_stack, n_environment),
	 .target = &variable},
	{.name = "outputs",
	 .type = CONFIG_STRUCTS,
	 .offset = offsetof(struct rc_config_stack, outputs),
	 .offset_n = offsetof(struct rc_config_stack, n_outputs),
	 .target = &output},
	{.name = "awsCredentials",
	 .type = CONFIG_FLAG,
	 .offset = offsetof(struct rc_config_stack, aws_credentials)},
	{.name = "aws", .type = CONFIG_STRUCT, .target = &aws},
	TIME(struct rc_config_stack, interval_ms, "interval", 10 * CONFIG_SECOND, 365 * DAY),
	TIME(struct rc_config_stack, drift_ms, "drift", CONFIG_MINUTE, 365 * DAY),
	TIME(struct rc_config_stack, plan_timeout_ms, "planTimeout", CONFIG_SECOND, DAY),
	TIME(struct rc_config_stack, apply_timeout_ms, "applyTimeout", CONFIG_SECOND, 7 * DAY),
	TIME(struct rc_config_stack, lock_timeout_ms, "lockTimeout", CONFIG_SECOND, CONFIG_HOUR),
	{.name = "approval",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_stack, approval),
	 .words = approvals},
	NUMBER(struct rc_config_stack, approvals, "approvals", 1, 20),
	CONFIG_FIELD_TEXTS(struct rc_config_stack, approvers, "approvers"),
	{.name = "authorMayApprove",
	 .type = CONFIG_FLAG,
	 .offset = offsetof(struct rc_config_stack, author_may_approve)},
	TIME(struct rc_config_stack, approval_expires_ms, "approvalExpires", CONFIG_SECOND,
	     365 * DAY),
	CONFIG_FIELD_TEXTS(struct rc_config_stack, protect, "protect"),
	CONFIG_FIELD_TEXTS(struct rc_config_stack, deny, "deny"),
	NUMBER(struct rc_config_stack, max_deletes, "maxDeletes", 1, 100000),
	CONFIG_FIELD_TEXTS(struct rc_config_stack, policy_command, "policyCommand"),
	{.name = NULL},
};
static const struct config_struct stack = {stack_fields, sizeof(struct rc_config_stack),
					   offsetof(struct rc_config_stack, place)};

static const struct config_field key_fields[] = {
	CONFIG_FIELD_TEXT(struct rc_config_auth, credential, "credential"),
	CONFIG_FIELD_TEXT(struct rc_config_auth, file, "file"),
	{.name = NULL},
};
static const struct config_struct key = {key_fields, 0, 0};

#define BUCKET(member, key) CONFIG_FIELD_TEXT(struct rc_config_terraform, backups.s3.member, key)
static const struct config_field bucket_fields[] = {
	{.name = "bucket",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_terraform, backups.s3.bucket),
	 .required = true},
	BUCKET(prefix, "prefix"),
	BUCKET(region, "region"),
	BUCKET(endpoint, "endpoint"),
	BUCKET(profile, "profile"),
	BUCKET(role, "role"),
	BUCKET(external_id, "externalId"),
	{.name = NULL},
};
static const struct config_struct bucket = {bucket_fields, 0, 0};

static const struct config_field backups_fields[] = {
	{.name = "key",
	 .type = CONFIG_STRUCT,
	 .offset = offsetof(struct rc_config_terraform, backups.key),
	 .target = &key},
	NUMBER(struct rc_config_terraform, backups.keep, "keep", 1, 10000),
	CONFIG_FIELD_TEXT(struct rc_config_terraform, backups.folder, "folder"),
	{.name = "s3", .type = CONFIG_STRUCT, .target = &bucket},
	NUMBER(struct rc_config_terraform, backups.keep_days, "keepDays", 1, 36500),
	{.name = NULL},
};
static const struct config_struct backups = {backups_fields, 0,
					     offsetof(struct rc_config_terraform, backups.place)};

static const struct config_field approval_fields[] = {
	{.name = "repository",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_terraform, approvals.repository),
	 .required = true},
	CONFIG_FIELD_TEXT(struct rc_config_terraform, approvals.revision, "revision"),
	CONFIG_FIELD_TEXT(struct rc_config_terraform, approvals.path, "path"),
	CONFIG_FIELD_TEXT(struct rc_config_terraform, approvals.signers, "allowedSigners"),
	CONFIG_FIELD_TEXT(struct rc_config_terraform, approvals.keyring, "keyring"),
	{.name = NULL},
};
static const struct config_struct approval_files = {
	approval_fields, 0, offsetof(struct rc_config_terraform, approvals.place)};

static const struct config_field fields[] = {
	{.name = "stacks",
	 .type = CONFIG_STRUCTS,
	 .offset = offsetof(struct rc_config_terraform, stacks),
	 .offset_n = offsetof(struct rc_config_terraform, n_stacks),
	 .target = &stack},
	{.name = "vaults",
	 .type = CONFIG_STRUCTS,
	 .offset = offsetof(struct rc_config_terraform, vaults),
	 .offset_n = offsetof(struct rc_config_terraform, n_vaults),
	 .target = &vault},
	NUMBER(struct rc_config_terraform, parallel, "parallel", 1, 16),
	{.name = "freeze",
	 .type = CONFIG_FLAG,
	 .offset = offsetof(struct rc_config_terraform, freeze)},
	{.name = "backups", .type = CONFIG_STRUCT, .target = &backups},
	{.name = "approvals", .type = CONFIG_STRUCT, .target = &approval_files},
	{.name = NULL},
};
const struct config_struct config_terraform = {fields, 0, 0};

/* What loses data when it goes: asked for by address, unless the stack has a list of its own. */
static const char *const protected_types[] = {
	"aws_db_instance", "aws_rds_cluster*",	 "aws_s3_bucket",	"aws_kms_key",
	"aws_eks_cluster", "aws_dynamodb_table", "aws_efs_file_system",
};

void config_terraform_set_defaults(struct rc_config *config)
{
	for (size_t i = 0; i < config->terraform.n_stacks; i++) {
		struct rc_config_stack *it = &config->terraform.stacks[i];

		if (!it->approval)
			it->approval = "required";
		if (!it->protect) {
			it->protect = rc_arena_memdup(config->arena, protected_types,
						      sizeof(protected_types));
			it->n_protect = sizeof(protected_types) / sizeof(*protected_types);
		}
		if (!it->plan_timeout_ms)
			it->plan_timeout_ms = 30 * CONFIG_MINUTE;
		if (!it->apply_timeout_ms)
			it->apply_timeout_ms = 2 * CONFIG_HOUR;
		if (!it->lock_timeout_ms)
			it->lock_timeout_ms = 5 * CONFIG_MINUTE;
		if (!it->approvals)
			it->approvals = 1;
	}
}

static const struct rc_config_stack *find_stack(const struct rc_config *config, const char *name)
{
	for (size_t i = 0; i < config->terraform.n_stacks; i++)
		if (strcmp(config->terraform.stacks[i].name, name) == 0)
			return &config->terraform.stacks[i];
	return NULL;
}

static const struct rc_config_vault *find_vault(const struct rc_config *config, const char *name)
{
	for (size_t i = 0; i < config->terraform.n_vaults; i++)
		if (strcmp(config->terraform.vaults[i].name, name) == 0)
			return &config->terraform.vaults[i];
	return NULL;
}

static bool has_aws(const struct rc_config_stack *it)
{
	return it->aws.role || it->aws.region || it->aws.profile;
}

static const char *find_vault_problem(const struct rc_config_vault *it)
{
	bool is_token = rc_text_equal(it->auth.method, "token");

	if (!rc_text_has_prefix(it->url, "https://") && !rc_text_has_prefix(it->url, "http://"))
		return "its url begins with https:// (or, for tests, http://)";
	if (config_count_sources(&it->auth.secret) > 1)
		return "auth: one of credential, file and env";
	if (config_count_sources(&it->auth.secret) == 0 &&
	    !rc_text_equal(it->auth.method, "kubernetes"))
		return "auth: where the secret is: credential, file or env";
	if (!is_token && !it->auth.role)
		return "auth: 'role' is missing (of AppRole: the role id)";
	return NULL;
}

/* Why a stack cannot be as it is, in the arena; or NULL. */
static const char *find_variable_problem(const struct rc_config *config,
					 const struct rc_config_variable *it)
{
	int n = !!it->value + !!it->credential + !!it->file + !!it->env + !!it->stack + !!it->vault;

	if (n != 1)
		return rc_arena_printf(config->arena,
				       "variable '%s' has one of value, credential, file, env, "
				       "stack with output, and vault with path and field",
				       it->name);
	if (!!it->vault != !!it->path || !!it->vault != !!it->field)
		return rc_arena_printf(config->arena,
				       "variable '%s': vault, path and field go together",
				       it->name);
	if (it->vault && !find_vault(config, it->vault))
		return rc_arena_printf(config->arena,
				       "variable '%s': no Vault is named '%s'; add it to "
				       "terraform.vaults",
				       it->name, it->vault);
	if (!!it->stack != !!it->output)
		return rc_arena_printf(config->arena, "variable '%s': stack and output go together",
				       it->name);
	if (it->stack && !find_stack(config, it->stack))
		return rc_arena_printf(config->arena, "variable '%s': no stack is named '%s'",
				       it->name, it->stack);
	return NULL;
}

static const char *find_output_problem(const struct rc_config *config,
				       const struct rc_config_output *it)
{
	bool is_known = !it->cluster;

	for (size_t i = 0; i < config->n_clusters; i++)
		is_known = is_known || strcmp(config->clusters[i].name, it->cluster) == 0;
	if (config->n_clusters == 0)
		return "outputs: there is no cluster to write them to; add it to clusters";
	if (!is_known)
		return rc_arena_printf(config->arena, "outputs: no cluster is named '%s'",
				       it->cluster);
	return NULL;
}

static bool depends_on(const struct rc_config *config, const struct rc_config_stack *it,
		       const char *name, size_t depth)
{
	for (size_t i = 0; i < it->n_depends_on; i++) {
		const struct rc_config_stack *other = find_stack(config, it->depends_on[i]);

		if (strcmp(it->depends_on[i], name) == 0)
			return true;
		if (other && depth > 0 && depends_on(config, other, name, depth - 1))
			return true;
	}
	return false;
}

/* Files are named from the stack's folder, and may lie beside it. */
static const char *find_path_problem(const struct rc_config *config,
				     const struct rc_config_stack *it)
{
	const struct {
		const char *key, **paths;
		size_t n;
	} lists[] = {{"backendConfig", it->backend_config, it->n_backend_config},
		     {"varFiles", it->var_files, it->n_var_files}};
	const char *problem = config_find_path_problem(config, it->path);

	if (problem)
		return problem;
	for (size_t i = 0; i < RC_ARRAY_SIZE(lists); i++)
		for (size_t j = 0; j < lists[i].n; j++)
			if (lists[i].paths[j][0] != '/' &&
			    !config_is_inside(it->path, lists[i].paths[j]))
				return rc_arena_printf(config->arena,
						       "%s: '%s' leads out of the repository; it "
						       "begins at the stack's path",
						       lists[i].key, lists[i].paths[j]);
	return NULL;
}

static const char *find_stack_problem(const struct rc_config *config,
				      const struct rc_config_stack *it)
{
	const char *problem;

	if (!config_find_repository(config, it->repository))
		return rc_arena_printf(config->arena,
				       "no repository is named '%s'; add it to repositories",
				       it->repository);
	if (strchr(it->name, '/') || it->name[0] == '.')
		return rc_arena_printf(config->arena,
				       "'%s' is no name of a stack: a '/' or a '.' "
				       "at its beginning",
				       it->name);
	for (size_t i = 0; i < it->n_depends_on; i++)
		if (!find_stack(config, it->depends_on[i]))
			return rc_arena_printf(config->arena, "dependsOn: no stack is named '%s'",
					       it->depends_on[i]);
	if (depends_on(config, it, it->name, config->terraform.n_stacks))
		return rc_arena_printf(config->arena, "stack '%s' depends on itself", it->name);
	if (it->aws_credentials && has_aws(it))
		return "awsCredentials hands on what we have, aws asks for keys: it is one or the "
		       "other";
	problem = find_path_problem(config, it);
	for (size_t i = 0; !problem && i < it->n_variables; i++)
		problem = find_variable_problem(config, &it->variables[i]);
	for (size_t i = 0; !problem && i < it->n_environment; i++)
		problem = find_variable_problem(config, &it->environment[i]);
	for (size_t i = 0; !problem && i < it->n_outputs; i++)
		problem = find_output_problem(config, &it->outputs[i]);
	return problem;
}

static const char *find_approvals_problem(const struct rc_config *config)
{
	const char *repository = config->terraform.approvals.repository;

	if (!repository)
		return NULL;
	if (!config_find_repository(config, repository))
		return rc_arena_printf(config->arena, "no repository is named '%s'", repository);
	if (!config->terraform.approvals.signers && !config->terraform.approvals.keyring)
		return "it needs 'allowedSigners' or 'keyring': whose signatures count";
	return NULL;
}

int config_terraform_check(const struct rc_config *config, struct rc_buf *messages)
{
	const char *approvals_problem = find_approvals_problem(config);
	int r = 0;

	if (approvals_problem)
		r = rc_config_refuse(messages, config->terraform.approvals.place,
				     "terraform.approvals: %s", approvals_problem);

	if (config_count_sources(&config->terraform.backups.key) > 1)
		r = rc_config_refuse(
			messages, config->terraform.backups.place,
			"terraform.backups: key: one of 'credential', 'file' and 'env' "
			"is enough");

	for (size_t i = 0; i < config->terraform.n_vaults; i++) {
		const struct rc_config_vault *it = &config->terraform.vaults[i];
		const char *problem = find_vault_problem(it);

		if (problem)
			r = rc_config_refuse(messages, it->place, "terraform.vaults[%zu]: %s", i,
					     problem);
	}
	for (size_t i = 0; i < config->terraform.n_stacks; i++) {
		const struct rc_config_stack *it = &config->terraform.stacks[i];
		const char *problem = find_stack_problem(config, it);

		if (problem)
			r = rc_config_refuse(messages, it->place, "terraform.stacks[%zu]: %s", i,
					     problem);
	}
	return r;
}
