/* Challenges and token servers (RFC 7235; the distribution project's token specification). */
#include "registry/token.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/secret.h"
#include "data/json.h"
#include "net/url.h"

#define TOKEN_ANSWER_MAX ((size_t)1 << 20)
#define WORD_END	 " \t=,\""

/* ---- challenges ---- */

static void skip_blanks(const char **at)
{
	*at += strspn(*at, " \t,");
}

/* A word or a quoted text. */
static const char *take_value(struct rc_arena *arena, const char **at)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	size_t n = strcspn(*at, " \t,");
	const char *value;

	if (**at != '"') {
		value = rc_arena_strndup(arena, *at, n);
		*at += n;
		return value;
	}
	for (++*at; **at && **at != '"'; ++*at) {
		if (**at == '\\' && (*at)[1])
			++*at;
		rc_buf_putc(&out, **at);
	}
	if (**at)
		++*at;
	return rc_arena_strdup(arena, rc_buf_text(&out));
}

static void set(struct rc_registry_challenge *challenge, const char *key, const char *value)
{
	if (strcasecmp(key, "realm") == 0)
		challenge->realm = value;
	else if (strcasecmp(key, "service") == 0)
		challenge->service = value;
	else if (strcasecmp(key, "scope") == 0)
		challenge->scope = value;
}

size_t rc_registry_token_parse(struct rc_arena *arena, const char *header,
			       struct rc_registry_challenge challenges[RC_REGISTRY_CHALLENGES_MAX])
{
	const char *at = header;
	size_t n = 0;

	for (skip_blanks(&at); *at; skip_blanks(&at)) {
		size_t length = strcspn(at, WORD_END);
		const char *word = rc_arena_strndup(arena, at, length);

		if (length == 0)
			return n;
		at += length;
		if (*at == '=' && n > 0) {
			at++;
			set(&challenges[n - 1], word, take_value(arena, &at));
		} else if (*at == '=' || n == RC_REGISTRY_CHALLENGES_MAX) {
			return n;
		} else {
			challenges[n++] = (struct rc_registry_challenge){.scheme = word};
		}
	}
	return n;
}

/* The first challenge of a scheme. */
static bool find(struct rc_arena *arena, const struct rc_registry_response *response,
		 const char *scheme, struct rc_registry_challenge *ret)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(response->challenges); i++) {
		struct rc_registry_challenge all[RC_REGISTRY_CHALLENGES_MAX];
		size_t n = response->challenges[i]
				   ? rc_registry_token_parse(arena, response->challenges[i], all)
				   : 0;

		for (size_t j = 0; j < n; j++) {
			if (strcasecmp(all[j].scheme, scheme) != 0)
				continue;
			*ret = all[j];
			return true;
		}
	}
	return false;
}

/* ---- the token server ---- */

static void add_field(struct rc_buf *out, const char *name, const char *value)
{
	rc_autofree char *escaped = value ? rc_net_url_escape(value) : NULL;

	if (escaped)
		rc_buf_printf(out, "%s%s=%s", out->n ? "&" : "", name, escaped);
}

static int ask(struct rc_registry_session *session, const struct rc_registry_request *request,
	       char **ret_value, struct rc_error **err)
{
	rc_cleanup(rc_registry_response_done) struct rc_registry_response response = {.status = 0};
	json_auto_t *json = NULL;
	const char *token;
	int r = rc_registry_session_ask(session, request, &response, err);

	if (r == 0)
		r = rc_registry_session_check(&response, err);
	if (r == 0)
		r = rc_json_parse(rc_buf_str(&response.body), "the token", &json, err);
	if (r < 0)
		return rc_wrap(err, r, "asking for a token");
	token = rc_json_text(json, "token", NULL) ?: rc_json_text(json, "access_token", NULL);
	if (!token || !*token || strpbrk(token, "\r\n"))
		return rc_fail(err, -EPROTO, "the token server's answer has no token");
	*ret_value = rc_asprintf("Bearer %s", token);
	return 0;
}

/* A password without a user is the token that docker calls an identity token. */
static int refresh(struct rc_registry_session *session,
		   const struct rc_registry_challenge *challenge, const char *scope,
		   char **ret_value, struct rc_error **err)
{
	const struct rc_registry_access *access = rc_registry_session_get_access(session);
	rc_autobuf struct rc_buf form = RC_BUF_INIT(RC_BUF_UNLIMITED);
	struct rc_registry_request request = {
		.url = challenge->realm, .max_bytes = TOKEN_ANSWER_MAX, .anonymous = true};
	int r;

	add_field(&form, "grant_type", "refresh_token");
	add_field(&form, "client_id", "reconciled");
	add_field(&form, "service", challenge->service);
	add_field(&form, "scope", challenge->scope ?: scope);
	add_field(&form, "refresh_token", access->password);
	request.form = rc_buf_str(&form);
	r = ask(session, &request, ret_value, err);
	explicit_bzero(form.p, form.size);
	return r;
}

static int get(struct rc_registry_session *session, const struct rc_registry_challenge *challenge,
	       const char *scope, char **ret_value, struct rc_error **err)
{
	const struct rc_registry_access *access = rc_registry_session_get_access(session);
	rc_autobuf struct rc_buf query = RC_BUF_INIT(RC_BUF_UNLIMITED);
	rc_autofree char *url = NULL;
	char *basic = access->password && access->username
			      ? rc_net_url_basic(access->username, access->password)
			      : NULL;
	struct rc_registry_request request = {
		.max_bytes = TOKEN_ANSWER_MAX, .authorization = basic, .anonymous = true};
	int r;

	add_field(&query, "service", challenge->service);
	add_field(&query, "scope", challenge->scope ?: scope);
	url = rc_asprintf("%s%c%s", challenge->realm, strchr(challenge->realm, '?') ? '&' : '?',
			  rc_buf_text(&query));
	request.url = url;
	r = ask(session, &request, ret_value, err);
	rc_secret_wipe_text(basic);
	return r;
}

static int get_bearer(struct rc_registry_session *session,
		      const struct rc_registry_challenge *challenge,
		      const struct rc_registry_response *response, const char *scope,
		      char **ret_value, struct rc_error **err)
{
	const struct rc_registry_access *access = rc_registry_session_get_access(session);
	const char *realm = challenge->realm ?: "";
	rc_autofree char *shown = rc_net_url_redact(realm);

	if (!rc_text_has_prefix(realm, "https://") &&
	    !(rc_text_has_prefix(realm, "http://") && rc_text_has_prefix(response->url, "http://")))
		return rc_fail(err, -EACCES, "the token server '%s' is not one to send a password",
			       shown);
	if (!access->password || access->username)
		return get(session, challenge, scope, ret_value, err);
	if (refresh(session, challenge, scope, ret_value, NULL) < 0)
		*ret_value = rc_asprintf("Bearer %s", access->password);
	return 0;
}

int rc_registry_token_get(struct rc_registry_session *session,
			  const struct rc_registry_response *response, const char *scope,
			  char **ret_value, struct rc_error **err)
{
	const struct rc_registry_access *access = rc_registry_session_get_access(session);
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_registry_challenge challenge;

	if (find(arena, response, "Bearer", &challenge))
		return get_bearer(session, &challenge, response, scope, ret_value, err);
	if (find(arena, response, "Basic", &challenge) && access->password) {
		*ret_value = rc_net_url_basic(access->username ?: "", access->password);
		return 0;
	}
	return rc_registry_session_check(response, err);
}
