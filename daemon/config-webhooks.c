/* The section "webhooks": who may tell us that something was pushed. */
#include "config-schema.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

#define TEXT(owner, member, key)                                                      \
	{                                                                             \
		.name = (key), .type = CONFIG_TEXT, .offset = offsetof(owner, member) \
	}

static const struct config_field secret_fields[] = {
	TEXT(struct rc_config_auth, credential, "credential"),
	TEXT(struct rc_config_auth, file, "file"),
	TEXT(struct rc_config_auth, env, "env"),
	{.name = NULL},
};
static const struct config_struct secret = {secret_fields, 0, 0};

static const char *const types[] = {"github", "gitlab", "gitea", "bitbucket", NULL};
static const struct config_field receiver_fields[] = {
	{.name = "name",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_receiver, name),
	 .required = true},
	{.name = "type",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_receiver, type),
	 .words = types,
	 .required = true},
	{.name = "secret",
	 .type = CONFIG_STRUCT,
	 .offset = offsetof(struct rc_config_receiver, secret),
	 .target = &secret},
	{.name = "repositories",
	 .type = CONFIG_TEXTS,
	 .offset = offsetof(struct rc_config_receiver, repositories),
	 .offset_n = offsetof(struct rc_config_receiver, n_repositories)},
	{.name = NULL},
};
static const struct config_struct receiver = {receiver_fields, sizeof(struct rc_config_receiver),
					      offsetof(struct rc_config_receiver, place)};

static const struct config_field fields[] = {
	TEXT(struct rc_config, webhooks.listen, "listen"),
	TEXT(struct rc_config, webhooks.certificate, "certificate"),
	TEXT(struct rc_config, webhooks.key, "key"),
	{.name = "receivers",
	 .type = CONFIG_STRUCTS,
	 .offset = offsetof(struct rc_config, webhooks.receivers),
	 .offset_n = offsetof(struct rc_config, webhooks.n_receivers),
	 .target = &receiver},
	{.name = NULL},
};
const struct config_struct config_webhooks = {fields, 0, 0};

static bool has_repository(const struct rc_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_repositories; i++)
		if (strcmp(config->repositories[i].name, name) == 0)
			return true;
	return false;
}

static const char *find_problem(const struct rc_config *config,
				const struct rc_config_receiver *one)
{
	const struct rc_config_auth *auth = &one->secret;

	if (!!auth->credential + !!auth->file + !!auth->env != 1)
		return "it needs a 'secret': one of 'credential', 'file' and 'env'";
	if (strpbrk(one->name, "/?#% "))
		return "its name is part of a URL, and has no room for / ? # % and blanks";
	if (!config->webhooks.listen)
		return "webhooks.listen says where it is reached, and is missing";
	if (!config->webhooks.certificate != !config->webhooks.key)
		return "webhooks: 'certificate' and 'key' come together";
	for (size_t i = 0; i < one->n_repositories; i++)
		if (!has_repository(config, one->repositories[i]))
			return rc_arena_printf(config->arena, "no repository is named '%s'",
					       one->repositories[i]);
	return NULL;
}

int config_webhooks_check(const struct rc_config *config, struct rc_buf *messages)
{
	int r = 0;

	for (size_t i = 0; i < config->webhooks.n_receivers; i++) {
		const struct rc_config_receiver *one = &config->webhooks.receivers[i];
		const char *problem = find_problem(config, one);

		if (!problem)
			continue;
		rc_buf_printf(messages, "%s:%u:%u: error: receiver '%s': %s\n", one->place.file,
			      one->place.line, one->place.column, one->name, problem);
		r = -EINVAL;
	}
	return r;
}
