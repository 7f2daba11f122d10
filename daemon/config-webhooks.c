/* The section "webhooks": who may tell us that something was pushed. */
#include "config-schema.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

static const char *const types[] = {"github", "gitlab", "gitea", "bitbucket", "approval", NULL};
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
	 .target = &config_secret},
	{.name = "repositories",
	 .type = CONFIG_TEXTS,
	 .offset = offsetof(struct rc_config_receiver, repositories),
	 .offset_n = offsetof(struct rc_config_receiver, n_repositories)},
	{.name = NULL},
};
static const struct config_struct receiver = {receiver_fields, sizeof(struct rc_config_receiver),
					      offsetof(struct rc_config_receiver, place)};

static const struct config_field fields[] = {
	CONFIG_FIELD_TEXT(struct rc_config, webhooks.listen, "listen"),
	CONFIG_FIELD_TEXT(struct rc_config, webhooks.certificate, "certificate"),
	CONFIG_FIELD_TEXT(struct rc_config, webhooks.key, "key"),
	{.name = "receivers",
	 .type = CONFIG_STRUCTS,
	 .offset = offsetof(struct rc_config, webhooks.receivers),
	 .offset_n = offsetof(struct rc_config, webhooks.n_receivers),
	 .target = &receiver},
	{.name = NULL},
};
const struct config_struct config_webhooks = {fields, 0, 0};

static const char *find_problem(const struct rc_config *config,
				const struct rc_config_receiver *one)
{
	if (config_count_sources(&one->secret) != 1)
		return "it needs a 'secret': one of 'credential', 'file' and 'env'";
	if (strpbrk(one->name, "/?#% "))
		return "its name is part of a URL, and has no room for / ? # % and blanks";
	if (!config->webhooks.listen)
		return "webhooks.listen says where it is reached, and is missing";
	if (!config->webhooks.certificate != !config->webhooks.key)
		return "webhooks: 'certificate' and 'key' come together";
	for (size_t i = 0; i < one->n_repositories; i++)
		if (!config_find_repository(config, one->repositories[i]))
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

		if (problem)
			r = rc_config_refuse(messages, one->place, "receiver '%s': %s", one->name,
					     problem);
	}
	return r;
}
