/* What stores, generators and refreshes of one cluster share. */
#pragma once

#include <stdbool.h>

#include <ev.h>

#include "kube/cluster.h"
#include "kube/discovery.h"
#include "net/http-client.h"
#include "vault/pool.h"

struct rc_secrets_identities;
struct rc_secrets_aws_identities;

/* All borrowed. */
struct rc_secrets_context {
	struct ev_loop *loop;
	struct rc_kube_cluster *cluster;
	struct rc_kube_discovery *discovery;
	struct rc_vault_pool *vault;
	struct rc_net_http_client *http;	  /* for what is neither */
	struct rc_secrets_identities *identities; /* of Vault */
	struct rc_secrets_aws_identities *aws;	  /* of AWS */
	/*
	 * A text that changes when the object does, "" when it is not there: what a login was made
	 * of is noticed to be another. kind: Secret, ConfigMap, ServiceAccount. The caller's.
	 */
	char *(*stamp)(void *userdata, const char *kind, const char *name_space, const char *name);
	/* A token that leases live under was renewed, or lost before its end. */
	void (*tokens_changed)(void *userdata);
	void *userdata;
};

/* In whose name a store's references are followed. */
struct rc_secrets_scope {
	const char *name_space; /* of the ExternalSecret */
	bool is_cluster;	/* a ClusterSecretStore may name other namespaces */
};
