/* A client of the API over TLS: how it is known, and what it may do. */
#pragma once

#include "config.h"
#include "data/digest.h"

enum api_role { API_ROLE_READ, API_ROLE_SYNC, API_ROLE_APPROVE, API_ROLE_ADMIN };

/* Its own copies: a configuration goes at a reload. */
struct api_client {
	char *name, *certificate;
	char digest[RC_DIGEST_MAX]; /* of its token; "": it has none */
	enum api_role role;
	char **projects; /* NULL: all */
	size_t n_projects;
};

/* *client is empty, and stays so on failure: -EINVAL, or of the file its token's digest is in. */
int api_client_init(struct api_client *client, const struct rc_config_client *config,
		    struct rc_error **err);
void api_client_done(struct api_client *client);
/* NULL: nobody is known by it. All are compared, so that the time tells nothing. */
const struct api_client *api_client_find_token(const struct api_client *clients, size_t n,
					       const char *token);
const struct api_client *api_client_find_certificate(const struct api_client *clients, size_t n,
						     const char *name);
