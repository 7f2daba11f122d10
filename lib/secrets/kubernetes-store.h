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
	struct rc_secrets_reference references[KUBERNETES_REFERENCES_MAX];
	size_t n, at[PARTS]; /* at: which reference is a part, from 1 on */
	char *account_space, *account;
	char **audiences;
	struct rc_secret *token; /* of the account */
	int64_t token_end_unix_s;
};

/* ---- kubernetes-call.c ---- */
void rc_secrets_kubernetes_call_cancel(struct rc_secrets_call *head);
struct rc_secrets_call *rc_secrets_kubernetes_call_read(struct rc_secrets_client *head,
							const struct rc_secrets_query *query,
							rc_secrets_call_fn *done, void *userdata);
struct rc_secrets_call *rc_secrets_kubernetes_call_find(struct rc_secrets_client *head,
							const struct rc_secrets_find *find,
							rc_secrets_call_fn *done, void *userdata);
struct rc_secrets_call *rc_secrets_kubernetes_call_push(struct rc_secrets_client *head,
							const struct rc_secrets_push *push,
							rc_secrets_call_fn *done, void *userdata);
struct rc_secrets_call *rc_secrets_kubernetes_call_remove(struct rc_secrets_client *head,
							  const char *key, const char *property,
							  rc_secrets_call_fn *done, void *userdata);
struct rc_secrets_call *rc_secrets_kubernetes_call_validate(struct rc_secrets_client *head,
							    rc_secrets_call_fn *done,
							    void *userdata);
