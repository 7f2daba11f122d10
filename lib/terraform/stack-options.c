/* Copies of what the configuration said: it may be read anew while a run goes on. */
#include "terraform/stack-options.h"

#include "base/arena.h"

static const char *copy_text(struct rc_arena *arena, const char *text)
{
	return text ? rc_arena_strdup(arena, text) : NULL;
}

static const char *const *copy_texts(struct rc_arena *arena, const char *const *texts, size_t n)
{
	const char **copy = rc_arena_alloc(arena, (n + 1) * sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = copy_text(arena, texts[i]);
	return copy;
}

static const struct rc_terraform_variable *
copy_variables(struct rc_arena *arena, const struct rc_terraform_variable *variables, size_t n)
{
	struct rc_terraform_variable *copy = rc_arena_alloc(arena, (n + 1) * sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = (struct rc_terraform_variable){
			.name = copy_text(arena, variables[i].name),
			.value = copy_text(arena, variables[i].value),
			.credential = copy_text(arena, variables[i].credential),
			.file = copy_text(arena, variables[i].file),
			.env = copy_text(arena, variables[i].env),
			.stack = copy_text(arena, variables[i].stack),
			.output = copy_text(arena, variables[i].output),
			.vault = copy_text(arena, variables[i].vault),
			.path = copy_text(arena, variables[i].path),
			.field = copy_text(arena, variables[i].field),
			.aws = copy_text(arena, variables[i].aws),
		};
	return copy;
}

struct rc_terraform_stack_options *
rc_terraform_stack_options_copy(struct rc_arena *arena,
				const struct rc_terraform_stack_options *options)
{
	struct rc_terraform_stack_options *copy = rc_arena_memdup(arena, options, sizeof(*options));
	struct rc_terraform_policy *policy = &copy->policy;

	copy->name = copy_text(arena, options->name);
	copy->repository = copy_text(arena, options->repository);
	copy->path = copy_text(arena, options->path);
	copy->revision = copy_text(arena, options->revision);
	copy->workspace = copy_text(arena, options->workspace);
	copy->binary = copy_text(arena, options->binary);
	copy->version = copy_text(arena, options->version);
	copy->backend_config =
		copy_texts(arena, options->backend_config, options->n_backend_config);
	copy->var_files = copy_texts(arena, options->var_files, options->n_var_files);
	copy->depends_on = copy_texts(arena, options->depends_on, options->n_depends_on);
	copy->variables = copy_variables(arena, options->variables, options->n_variables);
	copy->environment = copy_variables(arena, options->environment, options->n_environment);
	policy->approvers = copy_texts(arena, policy->approvers, policy->n_named);
	policy->protect = copy_texts(arena, policy->protect, policy->n_protect);
	policy->deny = copy_texts(arena, policy->deny, policy->n_deny);
	policy->command = copy_texts(arena, policy->command, policy->n_command);
	return copy;
}
