/* A small Vault inside of the test, which does as it is told, and a loop to run. */
#pragma once

#include <jansson.h>

#include "base/loop.h"
#include "net/http-server.h"
#include "vault/session.h"

/* One answer for paths that begin with path; the first rule that fits and is not used up counts. */
struct scene_rule {
	const char *path;   /* "/v1/auth/token/lookup-self" */
	const char *token;  /* NULL: whichever */
	int status;	    /* 0: the connection is reset; -1: never answered; -2: half a body */
	const char *body;   /* NULL: none */
	const char *header; /* "Retry-After: 3", or NULL */
	int times;	    /* 0: for ever */
};

struct scene {
	struct ev_loop *loop;
	struct rc_net_http_server *http;
	char *url;
	const struct scene_rule *rules; /* ends with a NULL path */
	int used[32];
	json_t *log; /* "METHOD path token" of each request */
	bool is_over;
	/* What the last answer said. */
	int r, n_answers;
	char *error;
	json_t *data;
	struct rc_vault_token *token;
};

void scene_init(struct scene *scene, const struct scene_rule *rules);
void scene_done(struct scene *scene);
/* Run until n answers came (or is_over), at most seconds; the test fails after that. */
void scene_wait(struct scene *scene, int n, double seconds);
/* Just let time pass. */
void scene_pass(struct scene *scene, double seconds);
/* How many requests' lines hold text. */
size_t scene_count(const struct scene *scene, const char *text);
/* A rc_vault_done_fn whose userdata is the scene. */
void scene_answered(void *userdata, int r, const struct rc_vault_answer *answer,
		    struct rc_error *err);
