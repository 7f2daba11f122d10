/* What the store of a Kubernetes is made of, and its calls. */
#pragma once

#include "base/secret.h"
#include "data/regex.h"
#include "kube/token.h"
#include "net/http-client.h"
#include "secrets/provider.h"
#include "secrets/reference.h"

#define KUBERNETES_REFERENCES_MAX 4

enum part { PART_CA, PART_TOKEN, PART_CERTIFICATE, PART_KEY, PARTS };

struct kubernetes_client {
	struct rc_secrets_client head;
	const struct rc_secrets_context *context;
	char *server, *name_space, *ca, *identity;
	bool is_cluster; /* it is a ClusterSecretStore */
	struct rc_secrets_reference references[KUBERNETES_REFERENCES_MAX];
	size_t n, at[PARTS]; /* at: which reference is a part, from 1 on */
	char *account_space, *account;
	char **audiences;
	struct rc_secret *token; /* of the account */
	int64_t token_end_unix_s;
};

struct kubernetes_call {
	struct rc_secrets_call head;
	struct kubernetes_client *client;
	struct rc_secrets_loading *loading;
	struct rc_kube_token *asking;
	struct rc_net_http_request *request;
	struct rc_secret *parts[PARTS];
	const char *method, *content_type; /* of what is sent */
	char *path;
	json_t *body;
	bool is_metadata;
	struct rc_regex *regex; /* of a find */
	/* Takes the answer; r is not negative. May be NULL. */
	int (*take)(struct kubernetes_call *call, const json_t *answer, json_t **ret_document,
		    struct rc_error **err);
	/* Sends what comes next and returns true, or says how it ended. May be NULL. */
	bool (*go_on)(struct kubernetes_call *call, int *r, const json_t *answer,
		      struct rc_error **err);
	struct kubernetes_push *push; /* of kubernetes-push.c */
	int r;			      /* < 0: nothing is asked, it ends with err */
	struct rc_error *err;
	rc_secrets_call_fn *done;
	void *userdata;
};

/* ---- kubernetes-call.c ---- */
void rc_secrets_kubernetes_call_cancel(struct rc_secrets_call *head);
struct rc_secrets_call *rc_secrets_kubernetes_call_read(struct rc_secrets_client *head,
							const struct rc_secrets_query *query,
							rc_secrets_call_fn *done, void *userdata);
struct rc_secrets_call *rc_secrets_kubernetes_call_find(struct rc_secrets_client *head,
							const struct rc_secrets_find *find,
							rc_secrets_call_fn *done, void *userdata);
struct rc_secrets_call *rc_secrets_kubernetes_call_validate(struct rc_secrets_client *head,
							    rc_secrets_call_fn *done,
							    void *userdata);
/* It is sent once what it logs in with is there. */
struct kubernetes_call *rc_secrets_kubernetes_call_make(struct rc_secrets_client *head,
							const char *method,
							rc_secrets_call_fn *done, void *userdata);
/* The next request, with the same login. */
void rc_secrets_kubernetes_call_send(struct kubernetes_call *call);
/* Of Secrets, or (name not NULL) of one; the caller's. */
char *rc_secrets_kubernetes_call_path(const char *name_space, const char *name, const char *query);
/* The values of a Secret, {key: text}; the caller's. */
json_t *rc_secrets_kubernetes_call_decode(const json_t *secret);

/* ---- kubernetes-push.c ---- */
struct rc_secrets_call *rc_secrets_kubernetes_push_start(struct rc_secrets_client *head,
							 const struct rc_secrets_push *wanted,
							 rc_secrets_call_fn *done, void *userdata);
struct rc_secrets_call *rc_secrets_kubernetes_push_remove(struct rc_secrets_client *head,
							  const struct rc_secrets_push *wanted,
							  rc_secrets_call_fn *done, void *userdata);
void rc_secrets_kubernetes_push_free(struct kubernetes_push *push); /* NULL is fine */
