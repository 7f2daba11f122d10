/* What the files of the stand-in share. */
#pragma once

#include <stdbool.h>

#include <ev.h>
#include <jansson.h>

#include "net/http-server.h"

struct charts_state {
	struct ev_loop *loop;
	const char *root;
	char *basic;	      /* "Basic ..." that is wanted, or NULL */
	const char *password; /* its second half, for refresh tokens and bearers */
	bool has_tokens;      /* the registry wants tokens of /token, else what basic says */
	int page;	      /* tags to a page; 0: all */
	bool is_tls;
	struct {
		char *mode, *match;
		long long count; /* -1: for ever */
	} trick;
	long long requests;
	json_t *log;
};

extern struct charts_state charts;

/* main.c: the answer of the mode that is set, where body is what would be right. */
void charts_reply(struct rc_net_http_exchange *exchange, const char *content_type,
		  struct rc_str body);
void charts_fail(struct rc_net_http_exchange *exchange, int status, const char *code);
/* The file below the root; NULL when there is none, or when path leads out. The caller's. */
char *charts_read(const char *path, size_t *ret_n);

/* registry.c: what lies below /v2/, and /token. */
void charts_serve_registry(struct rc_net_http_exchange *exchange, const char *path);
void charts_serve_token(struct rc_net_http_exchange *exchange);
