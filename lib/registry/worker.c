/* One poll of one repository of charts. */
#include "registry/worker.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "registry/backend.h"
#include "registry/cache.h"

#define MARK "@sha256:"

const char *rc_registry_worker_get_digest(const char *commit)
{
	const char *mark = strstr(commit, MARK);

	return mark && rc_digest_is_sha256(mark + strlen(MARK)) ? mark + strlen(MARK) : NULL;
}

static void replace(char *text, char from, char to)
{
	for (; *text; text++)
		if (*text == from)
			*text = to;
}

char *rc_registry_worker_get_version(const char *commit)
{
	char *version = rc_strndup(commit, strcspn(commit, "@"));

	replace(version, '_', '+');
	return version;
}

static char *make_commit(const char *version, const char *digest)
{
	char *commit = rc_asprintf("%s%s%s", version, MARK, digest);

	replace(commit, '+', '_');
	return commit;
}

int rc_registry_worker_read_access(const json_t *json, struct rc_registry_access *ret_access,
				   const char **ret_type, struct rc_error **err)
{
	const json_t *auth = json_object_get(json, "auth");

	*ret_type = rc_json_text(json, "type", NULL);
	*ret_access = (struct rc_registry_access){
		.name = rc_json_text(json, "name", NULL),
		.url = rc_json_text(json, "url", NULL),
		.username = rc_json_text(auth, "username", NULL),
		.password = rc_json_text(auth, "password", NULL),
		.ca = rc_json_text(auth, "ca", NULL),
		.certificate = rc_json_text(auth, "certificate", NULL),
		.key = rc_json_text(auth, "key", NULL),
		.insecure = json_is_true(json_object_get(auth, "insecure")),
		.plain_http = json_is_true(json_object_get(auth, "plainHttp")),
		.pass_credentials = json_is_true(json_object_get(auth, "passCredentials")),
	};
	if (!ret_access->url || !rc_registry_backend_find_ops(*ret_type))
		return rc_fail(err, -EINVAL, "the request names no repository of charts");
	return 0;
}

struct poll {
	struct rc_registry_backend *backend;
	struct rc_error *err; /* why something could not be learnt */
};

/* It is there, and the archive of its version too. */
static bool is_in_cache(const struct poll *poll, const char *known)
{
	const char *digest = known ? rc_registry_worker_get_digest(known) : NULL;

	return digest && rc_registry_cache_has(poll->backend->cache, digest);
}

/* An index that names no digest: of the same version the archive is taken to be the same. */
static bool is_same(const struct poll *poll, const struct rc_registry_chart *chart,
		    const char *known)
{
	rc_autofree char *version = NULL;

	if (chart->digest || !is_in_cache(poll, known))
		return false;
	version = rc_registry_worker_get_version(known);
	return strcmp(version, chart->version) == 0;
}

static int find(struct poll *poll, const char *name, const char *known, json_t *answer,
		struct rc_error **err)
{
	const char *at = strchr(name, '@');
	rc_autofree char *chart_name = rc_strndup(name, at ? (size_t)(at - name) : strlen(name));
	rc_autofree char *commit = NULL;
	struct rc_registry_chart chart;
	char digest[RC_DIGEST_MAX];
	int r = rc_registry_backend_choose(poll->backend, chart_name, at ? at + 1 : "", &chart,
					   err);

	if (r < 0)
		return r;
	if (is_same(poll, &chart, known)) {
		json_object_set_new(answer, "commit", json_string(known));
		return 0;
	}
	r = rc_registry_backend_fetch(poll->backend, &chart, digest, err);
	if (r < 0)
		return r;
	commit = make_commit(chart.version, digest);
	json_object_set_new(answer, "commit", json_string(commit));
	json_object_set_new(answer, "subject", json_string(chart.description));
	return 0;
}

/* That there is no such version is an answer; anything else leaves what is known in force. */
static json_t *answer_ref(struct poll *poll, const json_t *ref)
{
	const char *name = rc_json_text(ref, "name", NULL) ?: "";
	json_t *answer = json_pack("{s:s}", "name", name);
	struct rc_error *err = NULL;
	int r = find(poll, name, rc_json_text(ref, "known", NULL), answer, &err);

	if (r >= 0)
		return answer;
	if (r == -ENOENT || r == -ENODATA || r == -EINVAL)
		json_object_set_new(answer, "error", rc_error_to_json(err));
	if (json_object_get(answer, "error") || poll->err)
		rc_error_free(err);
	else
		poll->err = err;
	return answer;
}

/* The list is the one that was looked at before, and everything in question was found in it. */
static bool is_settled(const struct poll *poll, const json_t *request)
{
	const json_t *refs = json_object_get(request, "refs"), *ref;

	if (!*poll->backend->token ||
	    !rc_text_equal(rc_json_text(request, "token", NULL), poll->backend->token))
		return false;
	for (size_t i = 0; i < json_array_size(refs); i++) {
		ref = json_array_get(refs, i);
		if (!is_in_cache(poll, rc_json_text(ref, "known", NULL)))
			return false;
	}
	return true;
}

static json_t *answer_settled(const json_t *request)
{
	json_t *refs = json_array(), *ref;
	size_t i;

	json_array_foreach (json_object_get(request, "refs"), i, ref)
		json_array_append_new(refs, json_pack("{s:s, s:s}", "name",
						      rc_json_text(ref, "name", NULL), "commit",
						      rc_json_text(ref, "known", NULL)));
	return refs;
}

int rc_registry_worker_handle(void *userdata, const json_t *request, json_t **ret_reply,
			      struct rc_error **err)
{
	const char *cache = rc_json_text(request, "cache", NULL), *type;
	json_int_t timeout_ms = json_integer_value(json_object_get(request, "timeoutMs"));
	rc_cleanup(rc_registry_backend_closep) struct rc_registry_backend *backend = NULL;
	struct rc_registry_access access;
	struct poll poll = {.err = NULL};
	json_t *refs, *ref;
	size_t i;
	int r;

	(void)userdata;
	r = rc_registry_worker_read_access(json_object_get(request, "repository"), &access, &type,
					   err);
	if (r == 0 && (!rc_text_equal(rc_json_text(request, "op", NULL), "charts") || !cache))
		r = rc_fail(err, -EINVAL, "the request is not understood");
	if (r == 0)
		r = rc_registry_backend_open(
			type, &access, cache,
			timeout_ms > 0 ? rc_clock_monotonic_ms() + (uint64_t)timeout_ms : 0,
			&backend, err);
	if (r < 0)
		return r;
	poll.backend = backend;
	if (is_settled(&poll, request)) {
		refs = answer_settled(request);
	} else {
		refs = json_array();
		json_array_foreach (json_object_get(request, "refs"), i, ref)
			json_array_append_new(refs, answer_ref(&poll, ref));
	}
	*ret_reply = json_pack("{s:s, s:o}", "token", backend->token, "refs", refs);
	if (poll.err)
		json_object_set_new(*ret_reply, "error", rc_error_to_json(poll.err));
	rc_error_free(poll.err);
	return 0;
}
