/*
 * The configuration: /etc/reconciled/reconciled.yaml and conf.d/<name>.yaml beside it, in byte
 * order.
 *
 * A later file's scalars and lists replace an earlier one's, mappings merge by key, and lists of
 * things that have a name merge by it. Everything that is wrong is told at once, each with file,
 * line and column; a configuration with an error is no configuration.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "validate/check.h"

#define RC_CONFIG_PATH "/etc/reconciled/reconciled.yaml"

/* Where in which file something was said. */
struct rc_config_place {
	const char *file;
	unsigned int line, column;
};

/* "file:line:column: error: ..."; returns -EINVAL. */
int rc_config_refuse(struct rc_buf *messages, struct rc_config_place place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A secret is named, never written down: one of credential, file and env. */
struct rc_config_auth {
	const char *credential; /* of systemd, in $CREDENTIALS_DIRECTORY */
	const char *file, *env;
	const char *username;
	const char *ssh_key, *known_hosts; /* paths */
	const char *certificate, *key;	   /* paths of PEM files: our own, for mutual TLS */
};

/* An entry of a mapping of texts. */
struct rc_config_pair {
	const char *key, *text;
	struct rc_config_place place;
};

struct rc_config_eks {
	const char *cluster; /* its name; NULL: it is none of EKS's */
	const char *region, *role_arn, *external_id, *profile;
};

struct rc_config_cluster {
	const char *name;
	const char *kubeconfig; /* path; NULL, and no eks: the cluster we run in */
	const char *context;
	struct rc_config_eks eks;
	const char **namespaces; /* none: all */
	size_t n_namespaces;
	int64_t max_requests;	      /* under way at the same time */
	bool beside_external_secrets; /* it runs there, too: only stores of our class are ours */
	bool generic_targets;	      /* ExternalSecrets may make other objects than Secrets */
	struct rc_config_place place;
};

/* Whom a repository's commits are reported to. */
struct rc_config_commit_status {
	const char *type, *api, *project; /* once loaded none is NULL, if url is not */
	const char *link;		  /* shown with it, or NULL */
	struct rc_config_auth secret;
	const char *url; /* the repository in the forge's API; NULL: nobody is told */
	struct rc_config_place place;
};

struct rc_config_repository {
	const char *name, *url;
	const char *type; /* "git", "helm", "oci"; once loaded never NULL */
	int64_t interval_ms, timeout_ms;
	const char *ca; /* path of a PEM file */
	/* Of charts: check no certificate; http for OCI; credentials to the index's other hosts. */
	bool insecure, plain_http, pass_credentials;
	struct rc_config_auth auth;
	struct rc_config_commit_status commit_status;
	struct rc_config_place place;
};

/* Applications: manifests in a file or folder here, in a folder of a repository, or objects of a
 * cluster. */
struct rc_config_applications {
	const char *file;
	const char *repository, *path, *revision;
	const char *cluster, *selector; /* live ones */
	const char **namespaces;
	size_t n_namespaces;
	bool allow_empty; /* the last Application may go with its resources */
	struct rc_config_place place;
};

/* A variable of a stack, or of its programs' environment: one of the sources is set. */
struct rc_config_variable {
	const char *name;
	const char *value, *credential, *file, *env;
	const char *stack, *output;
	const char *vault, *path, *field;
	struct rc_config_place place;
};

/* A Vault that variables name, and how we log in to it. */
struct rc_config_vault {
	const char *name, *url, *name_space, *ca;
	struct {
		const char *method; /* "token", "approle", "kubernetes", "jwt" */
		const char *mount, *role;
		struct rc_config_auth secret;
	} auth;
	struct rc_config_place place;
};

/* Keys of AWS that are asked for with a role, for one stack. */
struct rc_config_aws {
	const char *role, *external_id, *session_name; /* role NULL: what our environment says */
	const char *region, *profile;
	int64_t duration_ms;
};

/* An object that outputs are written to. */
struct rc_config_output {
	const char *kind, *cluster, *name_space, *name; /* cluster NULL: the first */
	struct rc_config_pair *keys;			/* key: output; none: all */
	size_t n_keys;
	struct rc_config_place place;
};

/* A root module, and what is asked for before its plan is applied. */
struct rc_config_stack {
	const char *name;
	const char *repository, *path, *revision, *workspace, *binary, *version;
	const char **backend_config, **var_files, **depends_on;
	size_t n_backend_config, n_var_files, n_depends_on;
	struct rc_config_variable *variables, *environment;
	size_t n_variables, n_environment;
	struct rc_config_output *outputs;
	size_t n_outputs;
	int64_t drift_ms, plan_timeout_ms, apply_timeout_ms, lock_timeout_ms;
	const char *approval; /* "required", "changes", "none" */
	int64_t approvals;    /* how many */
	const char **approvers;
	size_t n_approvers;
	bool author_may_approve;
	int64_t approval_expires_ms;
	const char **protect, **deny, **policy_command;
	size_t n_protect, n_deny, n_policy_command;
	bool aws_credentials;
	struct rc_config_aws aws;
	int64_t interval_ms;
	int64_t max_deletes;
	struct rc_config_place place;
};

/* A bucket that back-ups are copied to, once a day. */
struct rc_config_bucket {
	const char *bucket; /* NULL: none */
	const char *prefix, *region, *endpoint, *profile, *role, *external_id;
};

struct rc_config_terraform {
	struct rc_config_stack *stacks;
	size_t n_stacks;
	struct rc_config_vault *vaults;
	size_t n_vaults;
	int64_t parallel;
	bool freeze;
	struct {
		struct rc_config_auth key;
		int64_t keep;
		const char *folder; /* a second place, or NULL */
		struct rc_config_bucket s3;
		int64_t keep_days; /* there */
		struct rc_config_place place;
	} backups;
	struct {
		const char *repository; /* NULL: none */
		const char *revision, *path;
		const char *signers, *keyring; /* files of this host */
		struct rc_config_place place;
	} approvals;
};

/* What is checked of applications. */
struct rc_config_check {
	struct rc_validate_check check; /* its name comes first, as everywhere */
	struct rc_config_pair *from;	/* key: "terraform/STACK/OUTPUT" */
	size_t n_from;
	struct rc_config_place place;
};

struct rc_config_validation {
	struct rc_config_check *checks;
	size_t n_checks;
	int64_t interval_ms, settle_ms;
};

/* Who is told of what happens. */
struct rc_config_sink {
	const char *name, *type;
	const char *url, *ca;
	struct rc_config_auth secret;
	const char *from, *username;
	const char **to, **events, **apps;
	size_t n_to, n_events, n_apps;
	const char *template;
	struct rc_config_place place;
};

/* A forge that tells of pushes, at /hook/NAME. */
struct rc_config_receiver {
	const char *name, *type;
	struct rc_config_auth secret;
	const char **repositories; /* none: those that the message is about */
	size_t n_repositories;
	struct rc_config_place place;
};

/* Who may use the API over TLS, and for what. */
struct rc_config_client {
	const char *name;
	struct rc_config_auth token; /* where its digest is, "sha256:HEX" */
	const char *certificate;     /* a common name */
	const char *role;	     /* one of rc_config_roles */
	const char **projects;	     /* none: all, and what is of no project */
	size_t n_projects;
	struct rc_config_place place;
};

/* Where the rest of the configuration is, in Git. */
struct rc_config_source {
	const char *repository; /* NULL: there is nothing but the local files */
	const char *revision, *path;
	const char *signers,
		*keyring;  /* files of this host; NULL both: no signature is asked for */
	const char *since; /* a commit; never below it */
	struct rc_config_place place;
};

/* Each may do what those before it may; ends with NULL. */
extern const char *const rc_config_roles[];

struct rc_config {
	struct rc_arena *arena;
	const char *instance; /* tells installations on one cluster apart */
	struct rc_config_source source;
	struct rc_config_cluster *clusters;
	size_t n_clusters;
	struct rc_config_repository *repositories;
	size_t n_repositories;
	bool unlisted_repositories; /* others that sources name are read, without credentials */
	struct rc_config_applications *applications;
	size_t n_applications;
	struct rc_config_pair *customizations; /* Argo CD's resource.customizations... */
	size_t n_customizations;
	struct {
		int64_t wave_timeout_ms;
		int64_t prune_budget; /* percent of an application's resources */
	} sync;
	struct {
		int64_t timeout_ms, memory_mib;
	} render;
	struct rc_config_terraform terraform;
	struct rc_config_validation validation;
	struct rc_config_sink *sinks;
	size_t n_sinks;
	struct {
		const char *listen; /* NULL: nobody may tell us */
		const char *certificate, *key;
		struct rc_config_receiver *receivers;
		size_t n_receivers;
	} webhooks;
	struct {
		const char *socket, *listen;
		struct {
			const char *listen; /* NULL: only the socket */
			const char *certificate, *key, *client_ca;
			bool page; /* a browser is served there, too */
			struct rc_config_client *clients;
			size_t n_clients;
			struct rc_config_place place;
		} tls;
	} api;
	struct {
		const char *level, *format;
	} log;
	const char *state_directory, *cache_directory;
};

/*
 * Read path, the drop-ins beside it, and what of Git was put in force last, where path says that
 * there is some. Returns 0 with *ret_config the caller's, -EINVAL, or the errno of the file that
 * could not be read. What is to be told, "file:line:column: error: ..." a line, is appended to
 * messages.
 */
int rc_config_load(const char *path, struct rc_config **ret_config, struct rc_buf *messages);
/* The same with the files in folder as those of Git; in messages they are called label:name. */
int rc_config_load_with(const char *path, const char *folder, const char *label,
			struct rc_config **ret_config, struct rc_buf *messages);
/* The folder in stateDirectory where what came from Git is kept, each commit in a folder of its
 * own, and the file that names the one in force. */
#define RC_CONFIG_KEPT	  "configuration"
#define RC_CONFIG_CURRENT "current"

/* Whether a and b say the same under a key of the top ("notifications"). */
bool rc_config_is_same(const struct rc_config *a, const struct rc_config *b, const char *key);
bool rc_config_is_same_repository(const struct rc_config_repository *a,
				  const struct rc_config_repository *b);
/* The next key of the top, from number *i on (which begins with 0), under which a and b differ;
 * NULL: there is none. */
const char *rc_config_find_change(const struct rc_config *a, const struct rc_config *b, size_t *i);
/* All of it, with defaults, as a document; secrets are named in it, none is there. The caller's. */
json_t *rc_config_describe(const struct rc_config *config);
void rc_config_free(struct rc_config *config);
RC_DEFINE_FREEP(struct rc_config, rc_config_free)
