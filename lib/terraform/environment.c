/* The environment of a terraform program. */
#include "terraform/environment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/str.h"

struct rc_terraform_environment {
	char **at; /* each wiped when freed: it may be a secret */
	size_t n;
};

/* text is given away. */
static void add(struct rc_terraform_environment *environment, char *text)
{
	environment->at = rc_realloc(environment->at, (environment->n + 2) * sizeof(char *));
	environment->at[environment->n++] = text;
	environment->at[environment->n] = NULL;
}

static void add_fixed(struct rc_terraform_environment *environment,
		      const struct rc_terraform_environment_options *options)
{
	const char *path = getenv("PATH");

	add(environment, rc_asprintf("PATH=%s", path ? path : "/usr/local/bin:/usr/bin:/bin"));
	add(environment, rc_asprintf("HOME=%s", options->home));
	add(environment, rc_asprintf("TMPDIR=%s", options->home));
	add(environment, rc_asprintf("TF_DATA_DIR=%s", options->data));
	if (options->plugin_cache)
		add(environment, rc_asprintf("TF_PLUGIN_CACHE_DIR=%s", options->plugin_cache));
	add(environment, rc_strdup("LANG=C.UTF-8"));
	add(environment, rc_strdup("TF_IN_AUTOMATION=1"));
	add(environment, rc_strdup("TF_INPUT=0"));
	add(environment, rc_strdup("CHECKPOINT_DISABLE=1"));
}

/* Where AWS's own tools look for keys: environment, web identity, containers, files, metadata. */
static const struct {
	const char *name;
	bool is_secret;
} aws_names[] = {
	{"AWS_ACCESS_KEY_ID", false},
	{"AWS_SECRET_ACCESS_KEY", true},
	{"AWS_SESSION_TOKEN", true},
	{"AWS_PROFILE", false},
	{"AWS_REGION", false},
	{"AWS_DEFAULT_REGION", false},
	{"AWS_ROLE_ARN", false},
	{"AWS_ROLE_SESSION_NAME", false},
	{"AWS_WEB_IDENTITY_TOKEN_FILE", false},
	{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", false},
	{"AWS_CONTAINER_CREDENTIALS_FULL_URI", false},
	{"AWS_CONTAINER_AUTHORIZATION_TOKEN", true},
	{"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", false},
	{"AWS_EC2_METADATA_DISABLED", false},
	{"AWS_EC2_METADATA_SERVICE_ENDPOINT", false},
	{"AWS_STS_REGIONAL_ENDPOINTS", false},
	{"AWS_CA_BUNDLE", false},
};

static bool has(const struct rc_terraform_environment *environment, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < environment->n; i++)
		if (strncmp(environment->at[i], name, n) == 0 && environment->at[i][n] == '=')
			return true;
	return false;
}

/* The files of our own home, as the program is given another. */
static void add_aws_file(struct rc_terraform_environment *environment, const char *name,
			 const char *file)
{
	const char *said = getenv(name), *home = getenv("HOME");
	rc_autofree char *path = said	? rc_strdup(said)
				 : home ? rc_asprintf("%s/.aws/%s", home, file)
					: NULL;

	if (path && !has(environment, name) && (said || access(path, R_OK) == 0))
		add(environment, rc_asprintf("%s=%s", name, path));
}

static void add_aws(struct rc_terraform_environment *environment, struct rc_terraform_log *log)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(aws_names); i++) {
		const char *value = getenv(aws_names[i].name);
		rc_cleanup(rc_secret_freep) struct rc_secret *secret = NULL;

		if (!value || !*value || has(environment, aws_names[i].name))
			continue;
		add(environment, rc_asprintf("%s=%s", aws_names[i].name, value));
		if (!aws_names[i].is_secret)
			continue;
		secret = rc_secret_new_text(value);
		rc_terraform_log_hide(log, secret);
	}
	add_aws_file(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
	add_aws_file(environment, "AWS_CONFIG_FILE", "config");
}

static int add_variable(struct rc_terraform_environment *environment,
			const struct rc_terraform_environment_options *options, const char *prefix,
			const struct rc_terraform_variable *variable, struct rc_terraform_log *log,
			struct rc_error **err)
{
	rc_cleanup(rc_secret_freep) struct rc_secret *secret = NULL;
	int r;

	if (variable->value) {
		add(environment, rc_asprintf("%s%s=%s", prefix, variable->name, variable->value));
		return 0;
	}
	r = options->resolve(options->userdata, variable, &secret, err);
	if (r < 0)
		return rc_wrap(err, r, "variable '%s'", variable->name);
	/* Lasting keys have no token of a session. */
	if (variable->aws && rc_secret_reveal(secret).n == 0)
		return 0;
	if (!variable->stack)
		rc_terraform_log_hide(log, secret);
	add(environment,
	    rc_asprintf("%s%s=%s", prefix, variable->name, rc_secret_reveal(secret).p));
	return 0;
}

/* Terraform would read flags from it that nobody reviewed, or log secrets. */
static bool is_refused(const char *name)
{
	return rc_text_has_prefix(name, "TF_CLI_ARGS") ||
	       strcmp(name, "TF_REATTACH_PROVIDERS") == 0 || rc_text_has_prefix(name, "TF_LOG");
}

int rc_terraform_environment_new(const struct rc_terraform_environment_options *options,
				 struct rc_terraform_log *log,
				 struct rc_terraform_environment **ret_environment,
				 struct rc_error **err)
{
	rc_cleanup(rc_terraform_environment_freep) struct rc_terraform_environment *environment =
		rc_new0(struct rc_terraform_environment);
	const struct rc_terraform_stack_options *stack = options->stack;
	int r = 0;

	add_fixed(environment, options);
	for (size_t i = 0; r == 0 && i < stack->n_environment; i++) {
		if (is_refused(stack->environment[i].name))
			return rc_fail(err, -EINVAL, "environment: %s is not taken",
				       stack->environment[i].name);
		r = add_variable(environment, options, "", &stack->environment[i], log, err);
	}
	if (stack->has_aws)
		add_aws(environment, log);
	for (size_t i = 0; r == 0 && i < stack->n_variables; i++)
		r = add_variable(environment, options, "TF_VAR_", &stack->variables[i], log, err);
	if (r < 0)
		return r;
	*ret_environment = rc_steal(&environment);
	return 0;
}

void rc_terraform_environment_free(struct rc_terraform_environment *environment)
{
	if (!environment)
		return;
	for (size_t i = 0; i < environment->n; i++)
		rc_secret_wipe_text(environment->at[i]);
	free(environment->at);
	free(environment);
}

const char *const *rc_terraform_environment_get(const struct rc_terraform_environment *environment)
{
	return (const char *const *)environment->at;
}
