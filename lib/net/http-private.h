/* What the files of the HTTP client share: what is asked, what came of it, and the loop between. */
#pragma once

#include <curl/curl.h>

#include "base/buf.h"
#include "net/http-client.h"

struct rc_net_http_client {
	struct ev_loop *loop;
	CURLM *multi;
	char *user_agent;
	ev_timer timer; /* curl's own time-outs */
	ev_timer reap;	/* tells owners of what came and ended, outside of curl's calls */
	struct rc_net_http_request *requests;
	struct socket_watch *sockets;
};

struct rc_net_http_request {
	struct rc_net_http_request *prev, *next;
	struct rc_net_http_client *client;
	CURL *easy;
	struct curl_slist *headers, *recipients;
	size_t n_sent; /* of a mail, which is in body */
	struct rc_buf body, mail;
	struct rc_buf arrived; /* of a stream, to be told */
	char *host;
	char content_type[128];
	char message[CURL_ERROR_SIZE];
	uint64_t retry_after_s;
	uint64_t idle_timeout_ms;
	ev_timer idle; /* streams */
	rc_net_http_chunk_fn *chunk;
	rc_net_http_done_fn *done;
	void *userdata;
	bool opened, ended, idled; /* opened: the headers of a stream came, which is to be told */
	CURLcode code;
};

/* ---- http-easy.c: what is asked for, as libcurl's options ---- */
void rc_net_http_easy_set(struct rc_net_http_request *request,
			  const struct rc_net_http_options *options);

/* ---- http-outcome.c: what libcurl says in the end ---- */
/* Why it failed, of a request that did; returns the code. */
int rc_net_http_outcome_fail(struct rc_net_http_request *request, struct rc_error **err);
/* When the first certificate of the chain ends, in seconds since 1970; 0: it is not known. */
int64_t rc_net_http_outcome_certificate_end(CURL *easy);
/* What is wrong with the peer's certificate, in a clause; NULL: nothing. Static. */
const char *rc_net_http_outcome_certificate_problem(const struct rc_net_http_request *request);
