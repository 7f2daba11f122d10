/*
 * Where an API server is and how to log in to it: a kubeconfig file, or a pod's own account.
 *
 * Understood: one file; contexts; CA, certificate and key as data or file; token and tokenFile;
 * exec; insecure-skip-tls-verify. What cannot be honoured (auth-provider, user names, proxy-url,
 * tls-server-name, impersonation) is refused by name, never passed over.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "base/secret.h"
#include "base/str.h"

#define RC_KUBE_EXEC_V1	     "client.authentication.k8s.io/v1"
#define RC_KUBE_EXEC_V1BETA1 "client.authentication.k8s.io/v1beta1"

/* A command that gives credentials, see kube/exec-plugin.h. Plain data; every member is owned. */
struct rc_kube_kubeconfig_exec {
	char *api_version; /* "client.authentication.k8s.io/v1" or ".../v1beta1" */
	char **argv; /* NULL-terminated; argv[0] is the command, a path when it holds a slash */
	char **env;  /* NULL-terminated "NAME=value", in addition to our own */
	char *install_hint; /* for people, when the command fails; NULL: none */
	bool provide_cluster_info;
	json_t *cluster_config; /* the cluster's extension client.authentication.k8s.io/exec */
};

/* An EKS cluster by its name, see kube/eks.h. Plain data; every member is owned, env borrowed. */
struct rc_kube_kubeconfig_eks {
	char *cluster;
	char *region;		/* NULL: what AWS's environment or profile says */
	char *role_arn;		/* to assume; NULL: none */
	char *external_id;	/* of that role; NULL: none */
	char *profile;		/* of AWS's shared files; NULL: what the environment says */
	const char *const *env; /* NULL: ours */
};

/* Plain data; every member is owned. */
struct rc_kube_kubeconfig {
	char *server;	  /* "https://host:port", without a slash at the end; "eks://name" until EKS
			   * was asked */
	char *name_space; /* the context's, or "default" */
	char *ca_pem;	  /* NULL: the system's roots */
	char *certificate_pem; /* NULL: none */
	struct rc_secret *key_pem;
	struct rc_secret *token;	      /* NULL: none, or in token_file */
	char *token_file;		      /* read again as it may be rotated; NULL: none */
	struct rc_kube_kubeconfig_exec *exec; /* NULL: none; never beside a token */
	struct rc_kube_kubeconfig_eks *eks;   /* NULL: none; then it is nothing else */
	bool insecure;
};

/*
 * Read text; file is named in errors (file:line:column) and relative paths start at its folder.
 * context is NULL for current-context. -EINVAL, -ENOENT (no such context, cluster, user or file).
 */
int rc_kube_kubeconfig_parse(struct rc_str text, const char *file, const char *context,
			     struct rc_kube_kubeconfig **ret_config, struct rc_error **err);
int rc_kube_kubeconfig_load(const char *file, const char *context,
			    struct rc_kube_kubeconfig **ret_config, struct rc_error **err);

/* The account of the pod we run in; folder is NULL for the place Kubernetes mounts it at. */
int rc_kube_kubeconfig_load_in_cluster(const char *folder, struct rc_kube_kubeconfig **ret_config,
				       struct rc_error **err);

/* An EKS cluster; the members of eks are copied. */
struct rc_kube_kubeconfig *rc_kube_kubeconfig_new_eks(const struct rc_kube_kubeconfig_eks *eks);

void rc_kube_kubeconfig_free(struct rc_kube_kubeconfig *config);
RC_DEFINE_FREEP(struct rc_kube_kubeconfig, rc_kube_kubeconfig_free)
