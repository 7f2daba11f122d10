/* Being let in by an OCI registry: what its challenge asks for, and the token of its token server.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "registry/session.h"

/* One way that a WWW-Authenticate header offers; texts in an arena, NULL where they are not said.
 */
struct rc_registry_challenge {
	const char *scheme; /* "Bearer", "Basic" */
	const char *realm, *service, *scope;
};

#define RC_REGISTRY_CHALLENGES_MAX 8

/* The ways that a header's value offers; returns how many, at most RC_REGISTRY_CHALLENGES_MAX. */
size_t rc_registry_token_parse(struct rc_arena *arena, const char *header,
			       struct rc_registry_challenge challenges[RC_REGISTRY_CHALLENGES_MAX]);

/*
 * The value for the Authorization header that the answer asks for: Basic, or the token that the
 * server named in it gives for scope (used where the challenge names none). Only an answer of the
 * registry itself may be given here: its word decides where the password goes. *ret_value is the
 * caller's to wipe. -EACCES: there is no way in.
 */
int rc_registry_token_get(struct rc_registry_session *session,
			  const struct rc_registry_response *response, const char *scope,
			  char **ret_value, struct rc_error **err);
