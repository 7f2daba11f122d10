/*
 * A stand-in of STS, of a container's service and of an instance's, and a folder of profiles.
 *
 * STS names in the keys it gives who asked for which role, and refuses what is not signed with the
 * keys that belong to the caller.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <ev.h>

#include "net/http-client.h"
#include "net/http-server.h"

#define AWS_SCENE_SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" /* of everybody here */

extern struct aws_scene {
	struct ev_loop *loop;
	struct rc_net_http_server *server;
	struct rc_net_http_client *client;
	struct rc_net_http_exchange *held;
	char folder[64], url[64];
	int64_t lifetime_s;
	int asked;	  /* requests that came */
	bool is_failing;  /* STS answers 503 */
	bool is_hanging;  /* nobody answers */
	bool is_no_cloud; /* the instance's service is not there */
} aws_scene;

/* For each case anew. */
void aws_scene_init(void);
void aws_scene_done(void);
/* A file of the folder. */
void aws_scene_write(const char *name, const char *text);
