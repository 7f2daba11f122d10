/*
 * An EKS cluster by its name: EKS says where its API server is (DescribeCluster), and we log in
 * with a token that is a presigned GetCallerIdentity of STS.
 *
 * The token is made here, without a call; EKS is asked again once an hour. While there is no
 * answer the last one serves. After a failure the next try is put off, longer each time.
 */
#pragma once

#include <stdbool.h>

#include <ev.h>

#include "base/error.h"
#include "base/secret.h"
#include "kube/exec-plugin.h"
#include "net/http-client.h"

struct rc_kube_eks;
struct rc_kube_kubeconfig_eks;

/* Borrowed until the next call or turn of the loop. */
struct rc_kube_eks_login {
	const char *server, *ca_pem;
	const struct rc_secret *token;
	unsigned int generation; /* of the token, for forget */
};

/* config and http are borrowed and must outlive it. */
struct rc_kube_eks *rc_kube_eks_new(struct ev_loop *loop, struct rc_net_http_client *http,
				    const struct rc_kube_kubeconfig_eks *config);
/* Stops what is under way. No waiter is woken. */
void rc_kube_eks_free(struct rc_kube_eks *eks);

/*
 * 0 with *ret_login; 1: AWS is asked, waiter is woken when it has answered; or why there is no
 * login (net/aws-credentials.h, -EACCES, -ENOENT: no such cluster, -EAGAIN, -EPROTO), also for as
 * long as the next try is put off.
 */
int rc_kube_eks_get(struct rc_kube_eks *eks, struct rc_kube_exec_waiter *waiter,
		    struct rc_kube_eks_login *ret_login, struct rc_error **err);
/* The waiter waits no longer; also when it does not. */
void rc_kube_eks_leave(struct rc_kube_eks *eks, struct rc_kube_exec_waiter *waiter);
/* The server refused the token of that generation. Returns whether getting again may help. */
bool rc_kube_eks_forget(struct rc_kube_eks *eks, unsigned int generation);
