/* Tokens, roles and projects. */
#include "api/client.h"

#include <errno.h>
#include <string.h>

#include "api/api.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"
#include "net/hmac.h"

#define DIGEST_PREFIX "sha256:"

static int read_digest(struct api_client *client, const struct rc_config_auth *token,
		       struct rc_error **err)
{
	rc_cleanup(rc_secret_freep) struct rc_secret *secret = NULL;
	int r = daemon_auth_read_secret(token, &secret, err);
	const char *text;

	if (r < 0 || !secret)
		return r;
	text = rc_secret_reveal(secret).p;
	if (!rc_text_has_prefix(text, DIGEST_PREFIX) ||
	    !rc_digest_is_sha256(text + strlen(DIGEST_PREFIX))) {
		r = rc_fail(err, -EINVAL,
			    "the token's digest is wanted, as sha256: and 64 hexadecimal digits");
		rc_hint(err, "the token itself stays with the client; see reconciled.yaml(5)");
		return r;
	}
	memcpy(client->digest, text + strlen(DIGEST_PREFIX), RC_DIGEST_MAX);
	return 0;
}

int api_client_init(struct api_client *client, const struct rc_config_client *config,
		    struct rc_error **err)
{
	int r = read_digest(client, &config->token, err);

	if (r < 0)
		return rc_wrap(err, r, "api.tls: client '%s'", config->name);
	client->name = rc_strdup(config->name);
	client->certificate = config->certificate ? rc_strdup(config->certificate) : NULL;
	for (unsigned int i = 0; rc_config_roles[i]; i++)
		if (strcmp(rc_config_roles[i], config->role) == 0)
			client->role = (enum api_role)i;
	if (config->n_projects > 0)
		client->projects = rc_calloc(config->n_projects, sizeof(*client->projects));
	for (; client->n_projects < config->n_projects; client->n_projects++)
		client->projects[client->n_projects] =
			rc_strdup(config->projects[client->n_projects]);
	return 0;
}

void api_client_done(struct api_client *client)
{
	for (size_t i = 0; i < client->n_projects; i++)
		free(client->projects[i]);
	free(client->projects);
	free(client->name);
	free(client->certificate);
	*client = (struct api_client){.name = NULL};
}

const struct api_client *api_client_find_token(const struct api_client *clients, size_t n,
					       const char *token)
{
	const struct api_client *found = NULL;
	char digest[RC_DIGEST_MAX];

	rc_digest_sha256(rc_str(token), digest);
	for (size_t i = 0; i < n; i++)
		if (clients[i].digest[0] &&
		    rc_net_hmac_equal(rc_str(clients[i].digest), rc_str(digest)))
			found = &clients[i];
	return found;
}

const struct api_client *api_client_find_certificate(const struct api_client *clients, size_t n,
						     const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (clients[i].certificate && strcmp(clients[i].certificate, name) == 0)
			return &clients[i];
	return NULL;
}

const char *api_client_get_name(const struct api_client *client)
{
	return client->name;
}

bool api_client_is_confined(const struct api_client *client)
{
	return client->n_projects > 0;
}

const char *api_client_get_role(const struct api_client *client)
{
	return rc_config_roles[client->role];
}

/* ---- what it may ---- */

/* Changes that want more than the role sync; "" is any action of the noun. */
static const struct {
	const char *noun, *action;
	enum api_role role;
} changes[] = {
	{"apps", "approve", API_ROLE_APPROVE},
	{"terraform", "approve", API_ROLE_APPROVE},
	{"terraform", "discard", API_ROLE_APPROVE},
	{"terraform", "restore", API_ROLE_ADMIN},
	{"terraform", "unlock", API_ROLE_ADMIN},
	{"terraform", "stop", API_ROLE_ADMIN},
	{"terraform-freeze", "", API_ROLE_ADMIN},
	{"backup", "", API_ROLE_ADMIN},
	{"restore", "", API_ROLE_ADMIN},
};

static enum api_role get_role(const struct api_call *call)
{
	const char *noun = call->n > 0 ? call->parts[0] : "";
	const char *action = call->n > 2 ? call->parts[2] : "";

	if (!api_is_post(call))
		return API_ROLE_READ;
	for (size_t i = 0; i < RC_ARRAY_SIZE(changes); i++)
		if (strcmp(changes[i].noun, noun) == 0 &&
		    (!*changes[i].action || strcmp(changes[i].action, action) == 0))
			return changes[i].role;
	return API_ROLE_SYNC;
}

bool api_client_sees(const struct api_client *client, const struct rc_app *app)
{
	/* Both: a rollback shall not lend an application to another project. */
	const char *project = rc_app_get_application(app)->project;
	const char *declared = rc_app_get_declared(app)->project;
	bool is_in = false, is_declared_in = false;

	for (size_t i = 0; i < client->n_projects; i++) {
		is_in = is_in || strcmp(client->projects[i], project) == 0;
		is_declared_in = is_declared_in || strcmp(client->projects[i], declared) == 0;
	}
	return client->n_projects == 0 || (is_in && is_declared_in);
}

/* One who is confined to projects reaches their applications, and nothing that is of none. */
static int check_project(const struct api_client *client, const struct api_call *call,
			 struct rc_error **err)
{
	const char *noun = call->n > 0 ? call->parts[0] : "";
	const struct rc_app *app;

	if (client->n_projects == 0)
		return 0;
	/* Lists have only what is theirs. */
	if (call->n == 1 && (strcmp(noun, "apps") == 0 || strcmp(noun, "events") == 0 ||
			     strcmp(noun, "changes") == 0))
		return 0;
	if ((strcmp(noun, "apps") != 0 && strcmp(noun, "validation") != 0) || call->n < 2)
		return rc_fail(err, -EACCES,
			       "client '%s' is confined to its projects, and this is of none",
			       client->name);
	app = rc_engine_find_app(call->daemon->engine, call->parts[1]);
	if (app && api_client_sees(client, app))
		return 0;
	return rc_fail(err, -ENOENT, "there is no application '%s'", call->parts[1]);
}

int api_client_check(const struct api_client *client, const struct api_call *call,
		     struct rc_error **err)
{
	const struct rc_log scope = {.key = "RC_USER", .value = client->name};
	enum api_role role = get_role(call);
	int r = check_project(client, call, err);

	if (r == 0 && client->role < role) {
		r = rc_fail(err, -EACCES, "client '%s' has the role %s, and this needs %s",
			    client->name, rc_config_roles[client->role], rc_config_roles[role]);
		rc_hint(err, "roles are given under api.tls.clients in the configuration");
	}
	if (r < 0)
		rc_log_warning(&scope, "audit: %s may not %s %s", client->name,
			       rc_net_http_exchange_get_method(call->exchange),
			       rc_net_http_exchange_get_path(call->exchange));
	return r;
}
