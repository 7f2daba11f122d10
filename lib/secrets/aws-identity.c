/* Identities of AWS and what they are made of. */
#include "secrets/aws-identity.h"

#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kube/apply.h"
#include "kube/token.h"
#include "net/aws-credentials.h"
#include "secrets/reference.h"

#define ROLE_NOTE     "eks.amazonaws.com/role-arn"
#define AUDIENCE_NOTE "eks.amazonaws.com/audience"
#define AUDIENCE      "sts.amazonaws.com"
#define AUDIENCES_MAX 16
#define TAGS_MAX      50

enum { KEY_ID, KEY_SECRET, KEY_SESSION, KEYS };

struct rc_secrets_aws_wait {
	struct rc_secrets_aws_wait *prev, *next;
	struct rc_secrets_aws_identity *identity;
	struct rc_net_aws_waiter waiter;
	ev_timer turn;
	rc_secrets_aws_keys_fn *done;
	void *userdata;
};

struct rc_secrets_aws_identity {
	struct rc_secrets_aws_identity *prev, *next;
	const struct rc_secrets_context *context;
	char *key;
	json_t *block;	   /* texts of roles are its */
	const char *where; /* the field of a store that auth is; not owned */
	struct rc_secrets_reference references[KEYS];
	size_t n_references;
	char *account_space, *account; /* NULL: no service account */
	struct rc_secrets_loading *loading;
	struct rc_kube_request *looking; /* at the account */
	struct rc_kube_token *asking;
	char *web_role, *audience; /* as the account says */
	struct rc_net_aws_credentials *credentials;
	struct rc_secrets_aws_wait *waits;
	unsigned int n_uses;
};

struct rc_secrets_aws_identities {
	struct rc_secrets_aws_identity *first;
};

/* ---- those who wait ---- */

void rc_secrets_aws_identity_cancel(struct rc_secrets_aws_wait *wait)
{
	struct rc_secrets_aws_identity *identity;

	if (!wait)
		return;
	identity = wait->identity;
	if (identity->credentials)
		rc_net_aws_credentials_leave(identity->credentials, &wait->waiter);
	ev_timer_stop(identity->context->loop, &wait->turn);
	DL_DELETE(identity->waits, wait);
	free(wait);
}

/* None of AWS's ways to say no means that a secret is missing. */
static void end(struct rc_secrets_aws_wait *wait, int r, const struct rc_net_aws_keys *keys,
		struct rc_error *err)
{
	rc_secrets_aws_keys_fn *done = wait->done;
	void *userdata = wait->userdata;
	struct rc_secrets_aws_identity *identity = wait->identity;
	const char *region = rc_json_text(identity->block, "region", NULL);

	if ((!region || !*region) && identity->credentials)
		region = rc_net_aws_credentials_get_region(identity->credentials);
	rc_secrets_aws_identity_cancel(wait);
	done(userdata, r == -ENOENT ? -EACCES : r, keys, region, err);
}

static void end_all(struct rc_secrets_aws_identity *identity, int r, struct rc_error *err)
{
	rc_autofree char *why = rc_error_format(err);

	rc_error_free(err);
	while (identity->waits) {
		struct rc_error *told = NULL;

		rc_fail(&told, r == -ENOENT ? -EACCES : r, "%s", why);
		end(identity->waits, r, NULL, told);
	}
}

static void get(struct rc_secrets_aws_wait *wait)
{
	struct rc_net_aws_keys keys;
	struct rc_error *err = NULL;
	int r = rc_net_aws_credentials_get(wait->identity->credentials, &wait->waiter, &keys, &err);

	if (r <= 0)
		end(wait, r, r == 0 ? &keys : NULL, err);
}

static void on_keys(struct rc_net_aws_waiter *waiter)
{
	get(rc_container_of(waiter, struct rc_secrets_aws_wait, waiter));
}

/* ---- where keys come from ---- */

static void on_account_token(void *userdata, int r, const struct rc_secret *secret,
			     int64_t expires_unix_s, struct rc_error *err)
{
	struct rc_secrets_aws_identity *identity = userdata;

	(void)expires_unix_s;
	identity->asking = NULL;
	if (r < 0)
		rc_wrap(&err, r, "a token of service account %s/%s", identity->account_space,
			identity->account);
	rc_net_aws_credentials_give(identity->credentials, r, secret, err);
}

static void on_want(void *userdata, struct rc_net_aws_credentials *credentials)
{
	struct rc_secrets_aws_identity *identity = userdata;
	const json_t *more =
		rc_json_get(identity->block, "auth", "jwt", "serviceAccountRef", "audiences", NULL);
	const char *audiences[AUDIENCES_MAX + 1] = {identity->audience};
	size_t n = json_array_size(more);

	(void)credentials;
	for (size_t i = 0; i < n && i + 1 < AUDIENCES_MAX; i++)
		audiences[i + 1] = json_string_value(json_array_get(more, i));
	identity->asking =
		rc_kube_token_start(identity->context->cluster, identity->account_space,
				    identity->account, audiences, 0, on_account_token, identity);
}

static void on_cancel(void *userdata)
{
	struct rc_secrets_aws_identity *identity = userdata;

	rc_kube_token_cancel(rc_steal(&identity->asking));
}

static bool is_transitive(const json_t *block, const char *key)
{
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(block, "transitiveTagKeys"), i, item)
		if (rc_text_equal(json_string_value(item), key))
			return true;
	return false;
}

/* The additional ones first; the last has external id and tags. */
static size_t list_roles(const json_t *block, struct rc_net_aws_tag *tags,
			 struct rc_net_aws_role roles[RC_NET_AWS_ROLES_MAX])
{
	const char *last = rc_json_text(block, "role", NULL);
	size_t n = 0, n_tags = 0, i;
	json_t *item;

	json_array_foreach (json_object_get(block, "additionalRoles"), i, item)
		if (n + 1 < RC_NET_AWS_ROLES_MAX)
			roles[n++] = (struct rc_net_aws_role){.arn = json_string_value(item) ?: ""};
	if (!last || !*last)
		return n;
	json_array_foreach (json_object_get(block, "sessionTags"), i, item) {
		const char *key = rc_json_text(item, "key", NULL) ?: "";

		if (n_tags < TAGS_MAX)
			tags[n_tags++] = (struct rc_net_aws_tag){
				key, rc_json_text(item, "value", NULL) ?: "",
				is_transitive(block, key)};
	}
	roles[n++] =
		(struct rc_net_aws_role){.arn = last,
					 .external_id = rc_json_text(block, "externalID", NULL),
					 .tags = n_tags ? tags : NULL};
	return n;
}

static void make_credentials(struct rc_secrets_aws_identity *identity, struct rc_secret **values)
{
	const char *region = rc_json_text(identity->block, "region", NULL);
	struct rc_net_aws_role roles[RC_NET_AWS_ROLES_MAX], web = {.arn = identity->web_role};
	struct rc_net_aws_tag tags[TAGS_MAX + 1] = {{NULL, NULL, false}};
	struct rc_net_aws_keys keys = {.access_key_id = NULL};
	struct rc_net_aws_credentials_options options = {
		.loop = identity->context->loop,
		.http = identity->context->http,
		.region = region && *region ? region : NULL,
		.web_identity = identity->account ? &web : NULL,
		.want = identity->account ? on_want : NULL,
		.cancel = identity->account ? on_cancel : NULL,
		.userdata = identity,
		.roles = roles,
		.n_roles = list_roles(identity->block, tags, roles),
	};
	rc_autofree char *id = NULL;

	if (identity->n_references > 0) {
		id = rc_str_dup(rc_str_trim(rc_secret_reveal(values[KEY_ID]), " \t\r\n"));
		keys = (struct rc_net_aws_keys){
			id, values[KEY_SECRET],
			identity->n_references > KEY_SESSION ? values[KEY_SESSION] : NULL};
		options.keys = &keys;
	}
	identity->credentials = rc_net_aws_credentials_new(&options);
}

static void get_all(struct rc_secrets_aws_identity *identity)
{
	struct rc_secrets_aws_wait *wait, *next;

	DL_FOREACH_SAFE (identity->waits, wait, next)
		get(wait);
}

static void on_loaded(void *userdata, int r, struct rc_secret **values, struct rc_error *err)
{
	struct rc_secrets_aws_identity *identity = userdata;

	identity->loading = NULL;
	if (r < 0) {
		end_all(identity, r, err);
		return;
	}
	make_credentials(identity, values);
	get_all(identity);
}

static void on_account(void *userdata, int r, const struct rc_kube_answer *answer,
		       struct rc_error *err)
{
	struct rc_secrets_aws_identity *identity = userdata;
	const char *role = r == 0 ? rc_kube_object_get_annotation(answer->object, ROLE_NOTE) : NULL;
	const char *audience =
		r == 0 ? rc_kube_object_get_annotation(answer->object, AUDIENCE_NOTE) : NULL;

	identity->looking = NULL;
	if (r == 0 && (!role || !*role))
		r = rc_fail(&err, -EINVAL, "it has no annotation " ROLE_NOTE);
	if (r < 0) {
		rc_wrap(&err, r, "service account %s/%s", identity->account_space,
			identity->account);
		end_all(identity, r, err);
		return;
	}
	identity->web_role = rc_strdup(role);
	identity->audience = rc_strdup(audience && *audience ? audience : AUDIENCE);
	make_credentials(identity, NULL);
	get_all(identity);
}

static void look_at_account(struct rc_secrets_aws_identity *identity)
{
	struct rc_kube_key key = {"", "ServiceAccount", identity->account_space, identity->account};
	const struct rc_kube_resource *resource =
		rc_kube_discovery_find(identity->context->discovery, "", key.kind, NULL);
	struct rc_error *err = NULL;

	if (resource) {
		identity->looking = rc_kube_apply_get(identity->context->cluster, resource, &key,
						      on_account, identity);
		return;
	}
	rc_fail(&err, -EAGAIN, "what the cluster serves is not known yet");
	end_all(identity, -EAGAIN, err);
}

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_secrets_aws_wait *wait = rc_container_of(timer, struct rc_secrets_aws_wait, turn);
	struct rc_secrets_aws_identity *identity = wait->identity;

	(void)loop;
	(void)events;
	if (identity->credentials) {
		get(wait);
	} else if (identity->loading || identity->looking) {
		return; /* all are told when that has come */
	} else if (identity->account) {
		look_at_account(identity);
	} else if (identity->n_references > 0) {
		identity->loading =
			rc_secrets_reference_load(identity->context, identity->references,
						  identity->n_references, on_loaded, identity);
	} else {
		make_credentials(identity, NULL);
		get(wait);
	}
}

struct rc_secrets_aws_wait *rc_secrets_aws_identity_get(struct rc_secrets_aws_identity *identity,
							rc_secrets_aws_keys_fn *done,
							void *userdata)
{
	struct rc_secrets_aws_wait *wait = rc_new0(struct rc_secrets_aws_wait);

	wait->identity = identity;
	wait->waiter.wake = on_keys;
	wait->done = done;
	wait->userdata = userdata;
	DL_APPEND(identity->waits, wait);
	ev_timer_init(&wait->turn, on_turn, 0, 0);
	ev_timer_start(identity->context->loop, &wait->turn);
	return wait;
}

void rc_secrets_aws_identity_forget(struct rc_secrets_aws_identity *identity)
{
	if (identity->credentials)
		rc_net_aws_credentials_forget(identity->credentials);
}

/* ---- who it is ---- */

static int read_keys(struct rc_secrets_aws_identity *identity, const json_t *ref,
		     const struct rc_secrets_scope *scope, struct rc_error **err)
{
	static const char *const fields[] = {"accessKeyIDSecretRef", "secretAccessKeySecretRef",
					     "sessionTokenSecretRef"};

	for (size_t i = 0; i < KEYS; i++) {
		const json_t *selector = json_object_get(ref, fields[i]);
		rc_autofree char *where =
			rc_asprintf("%s.secretRef.%s", identity->where, fields[i]);
		int r;

		if (i == KEY_SESSION && !selector)
			break;
		r = rc_secrets_reference_parse(selector, where, NULL, scope,
					       &identity->references[i], err);
		if (r < 0)
			return r;
		identity->n_references++;
	}
	return 0;
}

static int read_account(struct rc_secrets_aws_identity *identity, const json_t *ref,
			const struct rc_secrets_scope *scope, struct rc_error **err)
{
	const char *name = rc_json_text(ref, "name", NULL), *name_space;
	rc_autofree char *where = rc_asprintf("%s.jwt.serviceAccountRef", identity->where);
	int r = rc_secrets_reference_find_namespace(ref, where, scope, &name_space, err);

	if (r < 0)
		return r;
	if (!name || !*name)
		return rc_fail(err, -EINVAL, "%s.name is missing", where);
	identity->account = rc_strdup(name);
	identity->account_space = rc_strdup(name_space);
	return 0;
}

static int read_auth(struct rc_secrets_aws_identity *identity, const struct rc_secrets_scope *scope,
		     struct rc_error **err)
{
	const json_t *keys = rc_json_get(identity->block, "auth", "secretRef", NULL);
	const json_t *jwt = rc_json_get(identity->block, "auth", "jwt", NULL);
	const char *policy = rc_json_text(identity->block, "sessionTagsPolicy", NULL);
	size_t n_roles = json_array_size(json_object_get(identity->block, "additionalRoles"));

	if (policy && *policy && strcmp(policy, "None") != 0)
		return rc_fail(err, -EINVAL,
			       "sessionTagsPolicy: only None is known; sessionTags "
			       "are sent as they stand");
	if (n_roles + 1 > RC_NET_AWS_ROLES_MAX)
		return rc_fail(err, -EINVAL, "additionalRoles: more than %d roles",
			       RC_NET_AWS_ROLES_MAX - 1);
	if (keys && jwt)
		return rc_fail(err, -EINVAL, "%s: secretRef and jwt do not go together",
			       identity->where);
	if (keys)
		return read_keys(identity, keys, scope, err);
	return jwt ? read_account(identity, json_object_get(jwt, "serviceAccountRef"), scope, err)
		   : 0;
}

static void add_stamp(const struct rc_secrets_context *context, const char *kind,
		      const char *name_space, const char *name, json_t *to)
{
	rc_autofree char *stamp =
		context->stamp ? context->stamp(context->userdata, kind, name_space, name) : NULL;

	json_array_append_new(to, json_sprintf("%s %s/%s %s", kind, name_space, name, stamp ?: ""));
}

static char *make_key(const struct rc_secrets_aws_identity *identity)
{
	static const char *const fields[] = {"auth",	   "role",	  "additionalRoles",
					     "externalID", "sessionTags", "transitiveTagKeys",
					     "region"};
	json_auto_t *all = json_object();
	json_t *stamps = json_array();
	char hash[RC_JSON_HASH_MAX];

	for (size_t i = 0; i < RC_ARRAY_SIZE(fields); i++)
		json_object_set(all, fields[i], json_object_get(identity->block, fields[i]));
	for (size_t i = 0; i < identity->n_references; i++)
		add_stamp(identity->context, "Secret", identity->references[i].name_space,
			  identity->references[i].name, stamps);
	if (identity->account)
		add_stamp(identity->context, "ServiceAccount", identity->account_space,
			  identity->account, stamps);
	json_object_set_new(all, "stamps", stamps);
	return rc_strdup(rc_json_hash(all, hash));
}

static void free_identity(struct rc_secrets_aws_identity *identity)
{
	while (identity->waits)
		rc_secrets_aws_identity_cancel(identity->waits);
	rc_secrets_reference_cancel(identity->loading);
	rc_kube_request_cancel(identity->looking);
	rc_net_aws_credentials_free(identity->credentials);
	rc_kube_token_cancel(identity->asking);
	for (size_t i = 0; i < KEYS; i++)
		rc_secrets_reference_done(&identity->references[i]);
	json_decref(identity->block);
	free(identity->account_space);
	free(identity->account);
	free(identity->web_role);
	free(identity->audience);
	free(identity->key);
	free(identity);
}

int rc_secrets_aws_identity_use(const struct rc_secrets_context *context, const json_t *block,
				const char *where, const struct rc_secrets_scope *scope,
				struct rc_secrets_aws_identity **ret_identity,
				struct rc_error **err)
{
	struct rc_secrets_aws_identity *identity = rc_new0(struct rc_secrets_aws_identity), *at;
	int r;

	identity->context = context;
	identity->block = json_deep_copy(block);
	identity->where = where;
	r = read_auth(identity, scope, err);
	if (r < 0) {
		free_identity(identity);
		return r;
	}
	identity->key = make_key(identity);
	DL_FOREACH (context->aws->first, at)
		if (strcmp(at->key, identity->key) == 0)
			break;
	if (at) {
		free_identity(identity);
		identity = at;
	} else {
		DL_APPEND(context->aws->first, identity);
	}
	identity->n_uses++;
	*ret_identity = identity;
	return 0;
}

void rc_secrets_aws_identity_unuse(struct rc_secrets_aws_identity *identity)
{
	if (!identity || --identity->n_uses > 0)
		return;
	DL_DELETE(identity->context->aws->first, identity);
	free_identity(identity);
}

struct rc_secrets_aws_identities *rc_secrets_aws_identity_new_set(void)
{
	return rc_new0(struct rc_secrets_aws_identities);
}

void rc_secrets_aws_identity_free_set(struct rc_secrets_aws_identities *identities)
{
	free(identities);
}

const char *rc_secrets_aws_identity_get_key(const struct rc_secrets_aws_identity *identity)
{
	return identity->key;
}

bool rc_secrets_aws_identity_is_referent(const struct rc_secrets_aws_identity *identity)
{
	for (size_t i = 0; i < identity->n_references; i++)
		if (!*identity->references[i].name_space)
			return true;
	return identity->account && !*identity->account_space;
}
