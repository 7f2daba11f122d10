/*
 * Where an API server is and how to log in to it: a kubeconfig file, or a pod's own account.
 *
 * Understood: one file; contexts; CA, certificate and key as data or file; token and tokenFile;
 * insecure-skip-tls-verify. What cannot be honoured (exec, auth-provider, user names, proxy-url,
 * tls-server-name, impersonation) is refused by name, never passed over.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/secret.h"
#include "base/str.h"

/* Plain data; every member is owned. */
struct rc_kube_kubeconfig {
	char *server;	       /* "https://host:port", without a slash at the end */
	char *name_space;      /* the context's, or "default" */
	char *ca_pem;	       /* NULL: the system's roots */
	char *certificate_pem; /* NULL: none */
	struct rc_secret *key_pem;
	struct rc_secret *token; /* NULL: none, or in token_file */
	char *token_file;	 /* read again as it may be rotated; NULL: none */
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

void rc_kube_kubeconfig_free(struct rc_kube_kubeconfig *config);
RC_DEFINE_FREEP(struct rc_kube_kubeconfig, rc_kube_kubeconfig_free)
