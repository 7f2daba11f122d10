/* Stacks, wired. */
#include "terraform.h"

#include <errno.h>
#include <string.h>

#include "changes.h"
#include "approvals.h"
#include "backups.h"
#include "base/file.h"
#include "base/journal.h"
#include "base/log.h"
#include "base/memory.h"
#include "data/base64.h"
#include "notices.h"
#include "outputs.h"
#include "terraform/backup.h"
#include "values.h"
#include "worker.h"

#define STOP_LOOK_S 0.5
#define EXTEND	    "EXTEND_TIMEOUT_USEC=10000000\nSTATUS=waiting for terraform to end"

/* What is followed in a repository for a stack. */
struct binding {
	struct rc_repository *repository;
	char *revision;
	const char *stack; /* of the configuration */
};

struct daemon_terraform {
	struct rc_daemon *daemon;
	struct rc_worker_pool *git_pool, *plan_pool;
	struct rc_terraform_manager *manager;
	struct daemon_approvals *approvals;
	struct daemon_outputs *outputs;
	struct daemon_values *values;
	struct daemon_backups *backups;
	struct binding *bindings;
	size_t n_bindings;
	ev_timer stop; /* looks whether all have ended */
	void (*stopped)(void *userdata);
	void *stopped_userdata;
};

/* ---- values from elsewhere ---- */

static int gather(void *userdata, struct rc_terraform_run *run, struct rc_error **err)
{
	struct daemon_terraform *terraform = userdata;

	return daemon_values_gather(terraform->values, run, err);
}

static void leave(void *userdata, struct rc_terraform_run *run)
{
	struct daemon_terraform *terraform = userdata;

	daemon_values_leave(terraform->values, run);
	daemon_backups_leave(terraform->backups, run);
}

static bool copy(void *userdata, struct rc_terraform_run *run, const char *name)
{
	struct daemon_terraform *terraform = userdata;

	return daemon_backups_copy(terraform->backups, run, name);
}

static int resolve(void *userdata, struct rc_terraform_run *run,
		   const struct rc_terraform_variable *variable, struct rc_secret **ret_secret,
		   struct rc_error **err)
{
	struct daemon_terraform *terraform = userdata;

	return daemon_values_get(terraform->values, run, variable, ret_secret, err);
}

/* 32 bytes as base64; NULL: none is configured, or it is none (which is logged). */
static struct rc_secret *read_backup_key(const struct rc_config *config)
{
	const struct rc_config_auth *from = &config->terraform.backups.key;
	rc_cleanup(rc_secret_freep) struct rc_secret *text = NULL;
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(1024);
	struct rc_secret *key = NULL;
	struct rc_error *err = NULL;
	int r;

	if (!from->credential && !from->file)
		return NULL;
	r = daemon_auth_read_secret(from, &text, &err);
	if (r == 0)
		r = rc_base64_decode(rc_secret_reveal(text), &bytes);
	if (!err && (r < 0 || bytes.n != RC_TERRAFORM_BACKUP_KEY_BYTES))
		r = rc_fail(&err, -EINVAL, "it is not %d bytes as base64",
			    RC_TERRAFORM_BACKUP_KEY_BYTES);
	if (r == 0)
		key = rc_secret_new(bytes.p, bytes.n);
	else
		rc_log_error(NULL, LOG_ERR, err, "terraform.backups.key: states are not backed up");
	rc_error_free(err);
	if (bytes.p)
		explicit_bzero(bytes.p, bytes.size);
	return key;
}

/* ---- what applications ask ---- */

static void tell(const struct daemon_terraform *terraform, const char *name)
{
	const struct rc_terraform_stack *stack =
		rc_terraform_manager_find(terraform->manager, name);
	json_auto_t *described = NULL;

	if (!stack || !terraform->daemon->notices)
		return;
	described = rc_terraform_stack_describe(stack);
	daemon_notices_on_stack(terraform->daemon->notices, described);
}

static void on_stack(void *userdata, const char *stack)
{
	struct daemon_terraform *terraform = userdata;

	if (terraform->daemon->engine)
		rc_engine_on_stack(terraform->daemon->engine, stack);
	daemon_approvals_wake(terraform->approvals);
	tell(terraform, stack);
	daemon_changes_tell(terraform->daemon->changes, "stack", stack);
}

static void on_outputs(void *userdata, const char *stack, const json_t *outputs)
{
	struct daemon_terraform *terraform = userdata;

	daemon_outputs_take(terraform->outputs, stack, outputs);
}

json_t *daemon_terraform_describe(const struct daemon_terraform *terraform,
				  const struct rc_terraform_stack *stack)
{
	json_t *json = rc_terraform_stack_describe(stack);
	json_t *written = daemon_outputs_describe(terraform->outputs,
						  rc_terraform_stack_get_options(stack)->name);

	if (written)
		json_object_set_new(json, "written", written);
	return json;
}

char *daemon_terraform_await_stack(void *userdata, const char *stack)
{
	struct rc_daemon *daemon = userdata;

	return rc_terraform_manager_describe_wait(daemon->terraform->manager, stack);
}

int daemon_terraform_get_output(void *userdata, const char *stack, const char *output,
				json_t **ret_value, struct rc_error **err)
{
	struct rc_daemon *daemon = userdata;

	return rc_terraform_manager_get_output(daemon->terraform->manager, stack, output, ret_value,
					       err);
}

/* ---- the configuration as the manager takes it ---- */

static const struct rc_terraform_variable *
make_variables(struct rc_arena *arena, const struct rc_config_variable *from, size_t n)
{
	struct rc_terraform_variable *variables =
		rc_arena_alloc(arena, (n + 1) * sizeof(*variables));

	for (size_t i = 0; i < n; i++)
		variables[i] = (struct rc_terraform_variable){
			.name = from[i].name,
			.value = from[i].value,
			.credential = from[i].credential,
			.file = from[i].file,
			.env = from[i].env,
			.stack = from[i].stack,
			.output = from[i].output,
			.vault = from[i].vault,
			.path = from[i].path,
			.field = from[i].field,
		};
	return variables;
}

/* What is written down, and the keys of AWS that are asked for. */
static const struct rc_terraform_variable *
make_environment(struct rc_arena *arena, const struct rc_config_stack *from, size_t *ret_n)
{
	static const struct rc_terraform_variable keys[] = {
		{.name = "AWS_ACCESS_KEY_ID", .aws = "id"},
		{.name = "AWS_SECRET_ACCESS_KEY", .aws = "secret"},
		{.name = "AWS_SESSION_TOKEN", .aws = "token"},
	};
	const size_t n_keys = sizeof(keys) / sizeof(*keys);
	const struct rc_terraform_variable *written =
		make_variables(arena, from->environment, from->n_environment);
	size_t n = from->n_environment;
	struct rc_terraform_variable *all = rc_arena_alloc(arena, (n + n_keys + 1) * sizeof(*all));

	memcpy(all, written, n * sizeof(*all));
	if (daemon_values_has_aws(from)) {
		memcpy(&all[n], keys, sizeof(keys));
		n += n_keys;
	}
	if (from->aws.region)
		all[n++] = (struct rc_terraform_variable){.name = "AWS_REGION",
							  .value = from->aws.region};
	*ret_n = n;
	return all;
}

static enum rc_terraform_approval parse_approval(const char *word)
{
	if (strcmp(word, "none") == 0)
		return RC_TERRAFORM_APPROVAL_NONE;
	return strcmp(word, "changes") == 0 ? RC_TERRAFORM_APPROVAL_CHANGES
					    : RC_TERRAFORM_APPROVAL_REQUIRED;
}

static struct rc_terraform_policy make_policy(const struct rc_config_stack *from)
{
	return (struct rc_terraform_policy){
		.approval = parse_approval(from->approval),
		.n_approvers = (unsigned int)from->approvals,
		.approvers = (const char *const *)from->approvers,
		.n_named = from->n_approvers,
		.not_author = !from->author_may_approve,
		.expires_ms = (uint64_t)from->approval_expires_ms,
		.protect = (const char *const *)from->protect,
		.n_protect = from->n_protect,
		.max_deletes = from->max_deletes > 0 ? from->max_deletes : -1,
		.deny = (const char *const *)from->deny,
		.n_deny = from->n_deny,
		.command = (const char *const *)from->policy_command,
		.n_command = from->n_policy_command,
	};
}

static struct rc_terraform_stack_options make_stack(struct rc_arena *arena,
						    const struct rc_config_stack *from)
{
	size_t n_environment;
	const struct rc_terraform_variable *environment =
		make_environment(arena, from, &n_environment);

	return (struct rc_terraform_stack_options){
		.name = from->name,
		.repository = from->repository,
		.path = from->path,
		.revision = from->revision,
		.workspace = from->workspace,
		.binary = from->binary,
		.version = from->version,
		.backend_config = (const char *const *)from->backend_config,
		.n_backend_config = from->n_backend_config,
		.var_files = (const char *const *)from->var_files,
		.n_var_files = from->n_var_files,
		.depends_on = (const char *const *)from->depends_on,
		.n_depends_on = from->n_depends_on,
		.variables = make_variables(arena, from->variables, from->n_variables),
		.n_variables = from->n_variables,
		.environment = environment,
		.n_environment = n_environment,
		.has_aws = from->aws_credentials,
		.interval_ms = (uint64_t)from->interval_ms,
		.drift_interval_ms = (uint64_t)from->drift_ms,
		.plan_timeout_ms = (uint64_t)from->plan_timeout_ms,
		.apply_timeout_ms = (uint64_t)from->apply_timeout_ms,
		.lock_timeout_ms = (uint64_t)from->lock_timeout_ms,
		.policy = make_policy(from),
	};
}

/* ---- repositories ---- */

static void tell_commit(struct daemon_terraform *terraform, const struct binding *binding)
{
	struct rc_terraform_stack *stack =
		rc_terraform_manager_find(terraform->manager, binding->stack);
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	const char *commit = NULL;

	if (!stack)
		return;
	rc_repository_resolve(binding->repository, binding->revision, &commit, &err);
	rc_terraform_stack_set_commit(stack, rc_repository_get_mirror(binding->repository), commit,
				      err);
}

void daemon_terraform_unbind(struct daemon_terraform *terraform)
{
	daemon_approvals_unbind(terraform->approvals);
	daemon_outputs_unbind(terraform->outputs);
	daemon_backups_unbind(terraform->backups);
	for (size_t i = 0; i < terraform->n_bindings; i++) {
		struct binding *binding = &terraform->bindings[i];

		rc_repository_unwant(binding->repository, binding->revision);
		free(binding->revision);
	}
	free(terraform->bindings);
	terraform->bindings = NULL;
	terraform->n_bindings = 0;
}

static void bind_all(struct daemon_terraform *terraform)
{
	const struct rc_config_terraform *config = &terraform->daemon->config->terraform;

	terraform->bindings = rc_calloc(config->n_stacks + 1, sizeof(*terraform->bindings));
	for (size_t i = 0; i < config->n_stacks; i++) {
		struct binding *binding = &terraform->bindings[terraform->n_bindings];
		struct rc_repository *repository = rc_engine_find_repository(
			terraform->daemon->engine, config->stacks[i].repository, NULL);

		if (!repository)
			continue;
		*binding = (struct binding){
			.repository = repository,
			.revision = rc_strdup(config->stacks[i].revision ?: ""),
			.stack = config->stacks[i].name,
		};
		terraform->n_bindings++;
		rc_repository_want(repository, binding->revision);
		tell_commit(terraform, binding);
	}
}

void daemon_terraform_on_repository(struct daemon_terraform *terraform,
				    const struct rc_repository *repository)
{
	for (size_t i = 0; i < terraform->n_bindings; i++)
		if (terraform->bindings[i].repository == repository)
			tell_commit(terraform, &terraform->bindings[i]);
	daemon_approvals_on_repository(terraform->approvals, repository);
}

void daemon_terraform_configure(struct daemon_terraform *terraform)
{
	const struct rc_config *config = terraform->daemon->config;
	rc_cleanup(rc_secret_freep) struct rc_secret *key = read_backup_key(config);
	struct rc_terraform_settings settings = {
		.parallel = (unsigned int)config->terraform.parallel,
		.is_frozen = config->terraform.freeze,
		.backup_key = key,
		.backups_kept = (unsigned int)config->terraform.backups.keep,
		.copies = config->terraform.backups.folder,
		.copies_kept = (unsigned int)config->terraform.backups.keep_days,
	};
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	size_t n = config->terraform.n_stacks;
	struct rc_terraform_stack_options *stacks =
		rc_arena_alloc(arena, (n + 1) * sizeof(*stacks));

	for (size_t i = 0; i < n; i++)
		stacks[i] = make_stack(arena, &config->terraform.stacks[i]);
	daemon_backups_configure(terraform->backups);
	rc_terraform_manager_configure(terraform->manager, &settings, stacks, n);
	bind_all(terraform);
	daemon_approvals_configure(terraform->approvals);
	daemon_outputs_configure(terraform->outputs);
}

/* ---- the end of the service ---- */

static void on_stop_look(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct daemon_terraform *terraform = rc_container_of(timer, struct daemon_terraform, stop);
	unsigned int n = rc_terraform_manager_stop(terraform->manager);

	(void)events;
	if (n > 0) {
		/* The manager gives us ten more seconds each time we say so. */
		rc_journal_notify(EXTEND);
		return;
	}
	ev_timer_stop(loop, timer);
	terraform->stopped(terraform->stopped_userdata);
}

bool daemon_terraform_stop(struct daemon_terraform *terraform, void (*done)(void *userdata),
			   void *userdata)
{
	unsigned int n = rc_terraform_manager_stop(terraform->manager);

	if (n == 0)
		return false;
	rc_log_notice(NULL, "stopping: %u runs of terraform were asked to end", n);
	rc_journal_notify(EXTEND);
	terraform->stopped = done;
	terraform->stopped_userdata = userdata;
	ev_timer_start(terraform->daemon->loop, &terraform->stop);
	return true;
}

/* ---- life ---- */

struct daemon_terraform *daemon_terraform_new(struct rc_daemon *daemon)
{
	struct daemon_terraform *terraform = rc_new0(struct daemon_terraform);
	rc_autofree char *folder = rc_path_join(daemon->config->state_directory, "terraform");
	rc_autofree char *cache = rc_path_join(daemon->config->cache_directory, "plugins");
	struct rc_terraform_manager_options options = {
		.loop = daemon->loop,
		.store = daemon->store,
		.folder = folder,
		.plugin_cache = cache,
		.gather = gather,
		.leave = leave,
		.copy = copy,
		.resolve = resolve,
		.changed = on_stack,
		.outputs = on_outputs,
		.userdata = terraform,
	};

	terraform->daemon = daemon;
	terraform->git_pool = daemon_worker_new_git_pool(daemon->loop);
	terraform->plan_pool = daemon_worker_new_plan_pool(daemon->loop, daemon->config);
	options.git_pool = terraform->git_pool;
	options.plan_pool = terraform->plan_pool;
	terraform->values = daemon_values_new(daemon);
	terraform->backups = daemon_backups_new(daemon);
	terraform->manager = rc_terraform_manager_new(&options);
	terraform->approvals =
		daemon_approvals_new(daemon, terraform->git_pool, terraform->manager);
	terraform->outputs = daemon_outputs_new(daemon, terraform->manager);
	ev_timer_init(&terraform->stop, on_stop_look, STOP_LOOK_S, STOP_LOOK_S);
	return terraform;
}

void daemon_terraform_free(struct daemon_terraform *terraform)
{
	if (!terraform)
		return;
	ev_timer_stop(terraform->daemon->loop, &terraform->stop);
	daemon_terraform_unbind(terraform);
	daemon_approvals_free(terraform->approvals);
	daemon_outputs_free(terraform->outputs);
	rc_terraform_manager_free(terraform->manager);
	daemon_values_free(terraform->values);
	daemon_backups_free(terraform->backups);
	rc_worker_pool_free(terraform->git_pool);
	rc_worker_pool_free(terraform->plan_pool);
	free(terraform);
}

struct daemon_backups *daemon_terraform_get_backups(const struct daemon_terraform *terraform)
{
	return terraform->backups;
}

struct rc_terraform_manager *daemon_terraform_get_manager(const struct daemon_terraform *terraform)
{
	return terraform->manager;
}

int daemon_terraform_take_approval(struct daemon_terraform *terraform, struct rc_str message,
				   struct rc_error **err)
{
	return daemon_approvals_take(terraform->approvals, message, err);
}
