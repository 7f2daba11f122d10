/* The section "api": the control socket, metrics, and the API over TLS with its clients. */
#include "config-schema.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

const char *const rc_config_roles[] = {"read", "sync", "approve", "admin", NULL};

static const struct config_field client_fields[] = {
	{.name = "name",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_client, name),
	 .required = true},
	{.name = "token",
	 .type = CONFIG_STRUCT,
	 .offset = offsetof(struct rc_config_client, token),
	 .target = &config_secret},
	CONFIG_FIELD_TEXT(struct rc_config_client, certificate, "certificate"),
	{.name = "role",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_client, role),
	 .words = rc_config_roles,
	 .required = true},
	CONFIG_FIELD_TEXTS(struct rc_config_client, projects, "projects"),
	{.name = NULL},
};
static const struct config_struct client = {client_fields, sizeof(struct rc_config_client),
					    offsetof(struct rc_config_client, place)};

static const struct config_field tls_fields[] = {
	CONFIG_FIELD_TEXT(struct rc_config, api.tls.listen, "listen"),
	CONFIG_FIELD_TEXT(struct rc_config, api.tls.certificate, "certificate"),
	CONFIG_FIELD_TEXT(struct rc_config, api.tls.key, "key"),
	CONFIG_FIELD_TEXT(struct rc_config, api.tls.client_ca, "clientCA"),
	{.name = "page", .type = CONFIG_FLAG, .offset = offsetof(struct rc_config, api.tls.page)},
	{.name = "clients",
	 .type = CONFIG_STRUCTS,
	 .offset = offsetof(struct rc_config, api.tls.clients),
	 .offset_n = offsetof(struct rc_config, api.tls.n_clients),
	 .target = &client},
	{.name = NULL},
};
static const struct config_struct tls = {tls_fields, 0, offsetof(struct rc_config, api.tls.place)};

static const struct config_field fields[] = {
	CONFIG_FIELD_TEXT(struct rc_config, api.socket, "socket"),
	CONFIG_FIELD_TEXT(struct rc_config, api.listen, "listen"),
	{.name = "tls", .type = CONFIG_STRUCT, .target = &tls},
	{.name = NULL},
};
const struct config_struct config_api = {fields, 0, 0};

/* What is wrong with all of it, whoever its clients are. */
static const char *find_tls_problem(const struct rc_config *config)
{
	const char *listen = config->api.tls.listen;

	if (!config->api.tls.place.file)
		return NULL;
	if (!listen)
		return "'listen' says where it is reached, and is missing";
	if (!config->api.tls.certificate || !config->api.tls.key)
		return "'listen' needs 'certificate' and 'key', paths of PEM files";
	if (rc_text_equal(listen, config->api.listen))
		return "'listen' is the address of api.listen; it needs a port of its own";
	return NULL;
}

static const char *find_problem(const struct rc_config *config, const struct rc_config_client *one)
{
	unsigned int n = config_count_sources(&one->token);

	if (n > 1)
		return "token: one of 'credential', 'file' and 'env' is enough";
	if (n == 0 && !one->certificate)
		return "it needs a 'token' or the 'certificate' (a common name) it is known by";
	if (one->certificate && !config->api.tls.client_ca)
		return "'certificate' needs api.tls.clientCA, which signs them";
	return NULL;
}

int config_api_check(const struct rc_config *config, struct rc_buf *messages)
{
	const char *tls_problem = find_tls_problem(config);
	int r = 0;

	if (tls_problem)
		return rc_config_refuse(messages, config->api.tls.place, "api.tls: %s",
					tls_problem);
	for (size_t i = 0; i < config->api.tls.n_clients; i++) {
		const struct rc_config_client *one = &config->api.tls.clients[i];
		const char *problem = find_problem(config, one);

		if (problem)
			r = rc_config_refuse(messages, one->place, "client '%s': %s", one->name,
					     problem);
	}
	return r;
}
