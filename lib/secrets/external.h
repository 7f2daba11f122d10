/* What an ExternalSecret asks for, as plain data, and when it is due. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"

enum rc_secrets_creation {
	RC_SECRETS_CREATION_OWNER,
	RC_SECRETS_CREATION_ORPHAN,
	RC_SECRETS_CREATION_MERGE,
	RC_SECRETS_CREATION_CREATE_OR_MERGE,
	RC_SECRETS_CREATION_NONE,
};
enum rc_secrets_deletion {
	RC_SECRETS_DELETION_RETAIN,
	RC_SECRETS_DELETION_DELETE,
	RC_SECRETS_DELETION_MERGE,
};
enum rc_secrets_policy {
	RC_SECRETS_POLICY_PERIODIC,
	RC_SECRETS_POLICY_ON_CHANGE,
	RC_SECRETS_POLICY_CREATED_ONCE,
};
enum rc_secrets_decoding {
	RC_SECRETS_DECODING_NONE,
	RC_SECRETS_DECODING_BASE64,
	RC_SECRETS_DECODING_BASE64URL,
	RC_SECRETS_DECODING_AUTO,
};

/* Where values come from; texts are borrowed. */
struct rc_secrets_source {
	bool is_generator;
	const char *kind; /* "SecretStore", "ClusterSecretStore", "Password", "ClusterGenerator" */
	const char *name;
};

enum rc_secrets_remote_type {
	RC_SECRETS_REMOTE_DATA,	     /* one key of the Secret */
	RC_SECRETS_REMOTE_EXTRACT,   /* all keys of one secret */
	RC_SECRETS_REMOTE_FIND,	     /* all secrets that are found */
	RC_SECRETS_REMOTE_GENERATOR, /* what a generator makes */
};

/* One entry of data or dataFrom. Texts are borrowed. */
struct rc_secrets_remote {
	enum rc_secrets_remote_type type;
	size_t index;		/* in data, or in dataFrom */
	size_t source;		/* in external->sources */
	const char *secret_key; /* of data */
	const char *key, *property, *version;
	bool is_metadata; /* what is told of the secret, not its values */
	enum rc_secrets_decoding decoding;
	bool is_unicode;  /* conversionStrategy */
	bool refuses_nul; /* nullBytePolicy */
	const char *find_path, *find_name;
	const json_t *find_tags;
	const json_t *rewrite; /* a list, or NULL */
};

struct rc_secrets_external {
	json_t *object; /* owned; all texts are its */
	const char *name_space, *name, *uid;
	const char *store_kind, *store_name; /* of those that name no other; name may be "" */
	enum rc_secrets_policy policy;
	int64_t interval_s; /* 0: once */
	const char *target;
	enum rc_secrets_creation creation;
	enum rc_secrets_deletion deletion;
	bool is_immutable;
	const json_t *template; /* or NULL */
	const json_t
		*manifest;     /* {apiVersion, kind} of what is made instead of a Secret, or NULL */
	const json_t *windows; /* spec.syncWindows, or NULL */
	struct rc_secrets_source *sources;
	size_t n_sources;
	struct rc_secrets_remote *remotes; /* dataFrom first, then data: later ones win */
	size_t n_remotes;
};

/* v1 and v1beta1. object is borrowed. -EINVAL names every field that is wrong or not supported. */
int rc_secrets_external_parse(const json_t *object, struct rc_secrets_external **ret_external,
			      struct rc_error **err);
void rc_secrets_external_free(struct rc_secrets_external *external);
RC_DEFINE_FREEP(struct rc_secrets_external, rc_secrets_external_free)

/* "<generation>-<hash of labels and annotations>": what a refresh was made for. The caller's. */
char *rc_secrets_external_version(const json_t *object);

enum rc_secrets_due_why {
	RC_SECRETS_DUE_NEVER,	 /* not by itself */
	RC_SECRETS_DUE_INTERVAL, /* its interval is over */
	RC_SECRETS_DUE_EDITED,	 /* spec, labels or annotations are others */
	RC_SECRETS_DUE_MISSING,	 /* it was never made, or its Secret is not as it was written */
};

struct rc_secrets_due {
	int64_t at_unix_s; /* 0: now, INT64_MAX: never */
	enum rc_secrets_due_why why;
};

/* Its labels or annotations are others than at the last refresh, its spec is not: somebody asks for
 * a refresh. */
bool rc_secrets_external_is_touched(const struct rc_secrets_external *external);
/* When a refresh is due, as External Secrets decides. is_valid: the Secret is there and holds what
 * was written. */
struct rc_secrets_due rc_secrets_external_due(const struct rc_secrets_external *external,
					      bool is_valid);
