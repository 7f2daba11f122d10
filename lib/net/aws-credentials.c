/* The way to keys: a source, then its roles. */
#include "net/aws-credentials.h"

#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "net/aws-fetch.h"

#define BACKOFF_MS     1000
#define BACKOFF_MAX_MS 60000
#define MARGIN_S       300 /* so long before their end keys are replaced */
#define FRESH_MS       60000
#define TOKEN_MAX      ((size_t)64 << 10)
#define ANY_REGION     "us-east-1" /* where nobody says one */

struct rc_net_aws_credentials {
	struct rc_net_aws_credentials_options options;
	char *region, *profile_name;
	json_t *texts; /* what the given roles' texts are borrowed from */
	struct rc_net_aws_keyset given;
	bool has_given;
	struct rc_net_aws_role web_identity, roles[RC_NET_AWS_ROLES_MAX];
	size_t n_roles;

	struct rc_net_aws_waiter *waiters;
	bool is_running, is_wanting;
	struct rc_net_aws_fetch *fetch;
	struct rc_net_aws_profile profile; /* of the run */
	struct rc_net_aws_keyset made;	   /* by the run so far */
	size_t n_assumed;

	struct rc_net_aws_keyset keys; /* the last good ones */
	bool has_keys;
	uint64_t given_ms; /* when they came */
	int64_t renew_unix_s;
	char *found_region;

	struct rc_error *failure; /* why the last run failed, or NULL */
	unsigned int attempts;
	uint64_t next_start_ms;
};

static void step(struct rc_net_aws_credentials *credentials);

static const char *const *environment(const struct rc_net_aws_credentials *credentials)
{
	return credentials->options.env ?: (const char *const *)environ;
}

/* ---- the end of a run ---- */

static void wake_all(struct rc_net_aws_credentials *credentials)
{
	while (credentials->waiters) {
		struct rc_net_aws_waiter *waiter = credentials->waiters;

		rc_net_aws_credentials_leave(credentials, waiter);
		waiter->wake(waiter);
	}
}

static void end_run(struct rc_net_aws_credentials *credentials)
{
	credentials->is_running = false;
	rc_net_aws_profile_done(&credentials->profile);
	rc_net_aws_keyset_done(&credentials->made);
	credentials->n_assumed = 0;
}

static void fail(struct rc_net_aws_credentials *credentials, struct rc_error *err)
{
	rc_wrap(&err, err->code, "getting AWS credentials");
	rc_error_free(credentials->failure);
	credentials->failure = err;
	credentials->next_start_ms =
		rc_clock_monotonic_ms() +
		rc_clock_backoff_ms(BACKOFF_MS, 2., BACKOFF_MAX_MS, credentials->attempts++);
	end_run(credentials);
	wake_all(credentials);
}

/* Of short-lived ones the last fifth. */
static int64_t margin_of(int64_t left_s)
{
	if (left_s / 5 > MARGIN_S)
		return MARGIN_S;
	return left_s >= 5 ? left_s / 5 : 1;
}

static void succeed(struct rc_net_aws_credentials *credentials)
{

	rc_net_aws_keyset_done(&credentials->keys);
	credentials->keys = credentials->made;
	credentials->made = (struct rc_net_aws_keyset){.access_key_id = NULL};
	credentials->has_keys = true;
	credentials->given_ms = rc_clock_monotonic_ms();
	credentials->renew_unix_s = INT64_MAX;
	if (credentials->keys.end_unix_s != INT64_MAX)
		credentials->renew_unix_s =
			credentials->keys.end_unix_s -
			margin_of(credentials->keys.end_unix_s - rc_clock_unix_s());
	free(credentials->found_region);
	credentials->found_region = rc_strdup(credentials->profile.region);
	rc_error_free(rc_steal(&credentials->failure));
	credentials->attempts = 0;
	end_run(credentials);
	wake_all(credentials);
}

/* ---- a run ---- */

static void on_fetched(void *userdata, int r, struct rc_net_aws_keyset *keyset,
		       struct rc_error *err)
{
	struct rc_net_aws_credentials *credentials = userdata;

	credentials->fetch = NULL;
	if (r < 0) {
		fail(credentials, err);
		return;
	}
	rc_net_aws_keyset_done(&credentials->made);
	credentials->made = *keyset;
	*keyset = (struct rc_net_aws_keyset){.access_key_id = NULL};
	step(credentials);
}

static struct rc_net_aws_fetch_options fetch_options(struct rc_net_aws_credentials *credentials)
{
	return (struct rc_net_aws_fetch_options){
		.http = credentials->options.http, .done = on_fetched, .userdata = credentials};
}

static const char *region_of(const struct rc_net_aws_credentials *credentials)
{
	return credentials->region ?: credentials->profile.region ?: ANY_REGION;
}

static char *sts_of(const struct rc_net_aws_credentials *credentials)
{
	return rc_net_aws_profile_endpoint(environment(credentials), "sts", "STS",
					   region_of(credentials));
}

static void fetch_web_identity(struct rc_net_aws_credentials *credentials,
			       const struct rc_secret *token, const struct rc_net_aws_role *role)
{
	struct rc_net_aws_fetch_options options = fetch_options(credentials);
	rc_autofree char *url = sts_of(credentials);

	credentials->fetch = rc_net_aws_fetch_web_identity(&options, url, token, role);
}

static int read_token(const char *file, struct rc_secret **ret_token, struct rc_error **err)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(TOKEN_MAX);
	int r = rc_file_read(file, &text, err);

	if (r < 0)
		return r;
	*ret_token = rc_secret_new(text.p, text.n);
	if (text.p)
		explicit_bzero(text.p, text.size);
	return 0;
}

static int start_source(struct rc_net_aws_credentials *credentials, struct rc_error **err)
{
	struct rc_net_aws_fetch_options options = fetch_options(credentials);
	const struct rc_net_aws_profile *profile = &credentials->profile;
	rc_cleanup(rc_secret_freep) struct rc_secret *token = NULL;
	struct rc_net_aws_keys keys = rc_net_aws_keyset_get(&profile->keys);
	int r = profile->token_file ? read_token(profile->token_file, &token, err) : 0;

	if (r < 0)
		return r;
	switch (profile->source) {
	case RC_NET_AWS_SOURCE_KEYS:
		rc_net_aws_keyset_copy(&credentials->made, &keys);
		step(credentials);
		break;
	case RC_NET_AWS_SOURCE_WEB_IDENTITY:
		fetch_web_identity(credentials, token, &profile->web_identity);
		break;
	case RC_NET_AWS_SOURCE_CONTAINER:
		credentials->fetch = rc_net_aws_fetch_container(&options, profile->url,
								token ?: profile->container_token);
		break;
	case RC_NET_AWS_SOURCE_METADATA:
		credentials->fetch = rc_net_aws_fetch_metadata(&options, profile->url);
		break;
	}
	return 0;
}

/* The profile's roles first, then those that were given. */
static const struct rc_net_aws_role *next_role(const struct rc_net_aws_credentials *credentials)
{
	size_t i = credentials->n_assumed, n = credentials->profile.n_roles;

	if (i < n)
		return &credentials->profile.roles[i];
	return i - n < credentials->n_roles ? &credentials->roles[i - n] : NULL;
}

static void step(struct rc_net_aws_credentials *credentials)
{
	const struct rc_net_aws_role *role = next_role(credentials);
	struct rc_net_aws_keys keys = rc_net_aws_keyset_get(&credentials->made);
	struct rc_net_aws_fetch_options options = fetch_options(credentials);
	rc_autofree char *url = NULL;

	if (!role) {
		succeed(credentials);
		return;
	}
	credentials->n_assumed++;
	url = sts_of(credentials);
	credentials->fetch =
		rc_net_aws_fetch_role(&options, url, region_of(credentials), &keys, role);
}

void rc_net_aws_credentials_give(struct rc_net_aws_credentials *credentials, int r,
				 const struct rc_secret *token, struct rc_error *err)
{
	credentials->is_wanting = false;
	if (r < 0)
		fail(credentials, err);
	else
		fetch_web_identity(credentials, token, &credentials->web_identity);
}

static void start(struct rc_net_aws_credentials *credentials)
{
	struct rc_net_aws_keys keys = rc_net_aws_keyset_get(&credentials->given);
	struct rc_error *err = NULL;
	int r;

	credentials->is_running = true;
	if (credentials->has_given) {
		rc_net_aws_keyset_copy(&credentials->made, &keys);
		step(credentials);
		return;
	}
	if (credentials->options.want) {
		credentials->is_wanting = true;
		credentials->options.want(credentials->options.userdata, credentials);
		return;
	}
	r = rc_net_aws_profile_read(environment(credentials), credentials->profile_name,
				    &credentials->profile, &err);
	if (r == 0)
		r = start_source(credentials, &err);
	if (r < 0)
		fail(credentials, err);
}

/* ---- for those who sign ---- */

static const char *keep(struct rc_net_aws_credentials *credentials, const char *text)
{
	json_t *kept = text ? json_string(text) : NULL;

	json_array_append_new(credentials->texts, kept);
	return json_string_value(kept);
}

/* Its tags are an array of their own, freed with the role. */
static struct rc_net_aws_role copy_role(struct rc_net_aws_credentials *credentials,
					const struct rc_net_aws_role *role)
{
	struct rc_net_aws_role copy = {.arn = keep(credentials, role->arn),
				       .session_name = keep(credentials, role->session_name),
				       .external_id = keep(credentials, role->external_id),
				       .duration_s = role->duration_s};
	struct rc_net_aws_tag *tags;
	size_t n = 0;

	while (role->tags && role->tags[n].key)
		n++;
	if (n == 0)
		return copy;
	tags = rc_calloc(n + 1, sizeof(*tags));
	for (size_t i = 0; i < n; i++)
		tags[i] = (struct rc_net_aws_tag){keep(credentials, role->tags[i].key),
						  keep(credentials, role->tags[i].value),
						  role->tags[i].is_transitive};
	copy.tags = tags;
	return copy;
}

struct rc_net_aws_credentials *
rc_net_aws_credentials_new(const struct rc_net_aws_credentials_options *options)
{
	struct rc_net_aws_credentials *credentials = rc_new0(struct rc_net_aws_credentials);

	credentials->options = *options;
	credentials->options.keys = NULL;
	credentials->options.roles = credentials->options.web_identity = NULL;
	credentials->region = rc_strdup(options->region);
	credentials->profile_name = rc_strdup(options->profile);
	credentials->texts = json_array();
	credentials->has_given = options->keys != NULL;
	if (options->keys)
		rc_net_aws_keyset_copy(&credentials->given, options->keys);
	if (options->web_identity)
		credentials->web_identity = copy_role(credentials, options->web_identity);
	for (size_t i = 0; i < options->n_roles && i < RC_NET_AWS_ROLES_MAX; i++)
		credentials->roles[credentials->n_roles++] =
			copy_role(credentials, &options->roles[i]);
	return credentials;
}

static void free_tags(struct rc_net_aws_role *role)
{
	free((struct rc_net_aws_tag *)(uintptr_t)role->tags);
}

void rc_net_aws_credentials_free(struct rc_net_aws_credentials *credentials)
{
	if (!credentials)
		return;
	while (credentials->waiters)
		rc_net_aws_credentials_leave(credentials, credentials->waiters);
	if (credentials->is_wanting && credentials->options.cancel)
		credentials->options.cancel(credentials->options.userdata);
	rc_net_aws_fetch_cancel(credentials->fetch);
	end_run(credentials);
	rc_net_aws_keyset_done(&credentials->keys);
	rc_net_aws_keyset_done(&credentials->given);
	rc_error_free(credentials->failure);
	free_tags(&credentials->web_identity);
	for (size_t i = 0; i < credentials->n_roles; i++)
		free_tags(&credentials->roles[i]);
	json_decref(credentials->texts);
	free(credentials->region);
	free(credentials->profile_name);
	free(credentials->found_region);
	free(credentials);
}

static void drop_keys(struct rc_net_aws_credentials *credentials)
{
	rc_net_aws_keyset_done(&credentials->keys);
	credentials->has_keys = false;
}

static bool is_due(const struct rc_net_aws_credentials *credentials)
{
	if (credentials->is_running ||
	    (credentials->has_keys && rc_clock_unix_s() < credentials->renew_unix_s))
		return false;
	return !credentials->failure || rc_clock_monotonic_ms() >= credentials->next_start_ms;
}

int rc_net_aws_credentials_get(struct rc_net_aws_credentials *credentials,
			       struct rc_net_aws_waiter *waiter, struct rc_net_aws_keys *ret_keys,
			       struct rc_error **err)
{
	if (credentials->has_keys && rc_clock_unix_s() >= credentials->keys.end_unix_s)
		drop_keys(credentials);
	if (is_due(credentials))
		start(credentials);
	if (credentials->has_keys) {
		*ret_keys = rc_net_aws_keyset_get(&credentials->keys);
		return 0;
	}
	if (!credentials->is_running) {
		json_auto_t *copy = rc_error_to_json(credentials->failure);

		rc_error_move(err, rc_error_from_json(copy));
		return credentials->failure->code;
	}
	if (!waiter->is_waiting)
		DL_APPEND(credentials->waiters, waiter);
	waiter->is_waiting = true;
	return 1;
}

void rc_net_aws_credentials_leave(struct rc_net_aws_credentials *credentials,
				  struct rc_net_aws_waiter *waiter)
{
	if (!waiter->is_waiting)
		return;
	DL_DELETE(credentials->waiters, waiter);
	waiter->is_waiting = false;
}

void rc_net_aws_credentials_forget(struct rc_net_aws_credentials *credentials)
{
	if (credentials->has_keys && rc_clock_monotonic_ms() - credentials->given_ms >= FRESH_MS)
		drop_keys(credentials);
}

int64_t rc_net_aws_credentials_get_end(const struct rc_net_aws_credentials *credentials)
{
	return credentials->has_keys ? credentials->keys.end_unix_s : INT64_MAX;
}

const char *rc_net_aws_credentials_get_region(const struct rc_net_aws_credentials *credentials)
{
	return credentials->region ?: credentials->found_region;
}
