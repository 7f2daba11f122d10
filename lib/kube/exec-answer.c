/* What an exec plugin wrote: its ExecCredential, and its complaints. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "kube/exec-private.h"

#define QUOTE_MAX 600
#define TOKEN_MIN 32 /* words of so many letters without a slash are left out */

static int check_kind(const json_t *object, const char *api_version, struct rc_error **err)
{
	const char *kind = rc_json_text(object, "kind", NULL);
	const char *version = rc_json_text(object, "apiVersion", NULL);

	if (!rc_text_equal(kind, "ExecCredential"))
		return rc_fail(err, -EPROTO, "its output is no ExecCredential");
	if (!rc_text_equal(version, api_version))
		return rc_fail(err, -EPROTO,
			       "it is configured to use %s and answered in another version",
			       api_version);
	return 0;
}

static const char *text_of(const json_t *status, const char *key)
{
	const char *text = rc_json_text(status, key, NULL);

	return text && *text ? text : NULL;
}

/* A header with a line break in it would be two. */
static bool is_token(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

static int read_status(const json_t *status, struct rc_kube_exec_answer *answer,
		       struct rc_error **err)
{
	const char *token = text_of(status, "token");
	const char *certificate = text_of(status, "clientCertificateData");
	const char *key = text_of(status, "clientKeyData");
	const char *end = text_of(status, "expirationTimestamp");
	int64_t end_unix_s = 0;

	if (!json_is_object(status))
		return rc_fail(err, -EPROTO, "it gave no status");
	if (!token && !certificate && !key)
		return rc_fail(err, -EPROTO, "it gave neither a token nor a certificate");
	if (!certificate != !key)
		return rc_fail(err, -EPROTO, "it gave only certificate or key, not both");
	if (token && !is_token(token))
		return rc_fail(err, -EPROTO, "it gave a token with blanks or controls in it");
	if (end && rc_clock_parse_rfc3339(end, &end_unix_s) < 0)
		return rc_fail(err, -EPROTO, "its expirationTimestamp is no time");
	answer->token = rc_secret_new_text(token);
	answer->certificate_pem = rc_strdup(certificate);
	answer->key_pem = rc_secret_new_text(key);
	answer->end_unix_s = end_unix_s;
	return 0;
}

int rc_kube_exec_answer_read(struct rc_str text, const char *api_version,
			     struct rc_kube_exec_answer *answer, struct rc_error **err)
{
	json_auto_t *object = NULL;
	int r;

	/* The parser's message would repeat what it stumbled over. */
	if (rc_json_parse(text, "the output", &object, NULL) < 0)
		return rc_fail(err, -EPROTO, "its output is not JSON");
	r = check_kind(object, api_version, err);
	return r < 0 ? r : read_status(json_object_get(object, "status"), answer, err);
}

void rc_kube_exec_answer_done(struct rc_kube_exec_answer *answer)
{
	rc_secret_free(answer->token);
	free(answer->certificate_pem);
	rc_secret_free(answer->key_pem);
	*answer = (struct rc_kube_exec_answer){.token = NULL};
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("+/=_.~%-", c));
}

/* Base64 has a slash now and then; paths have them often. */
static bool is_like_token(struct rc_str word)
{
	size_t run = 0;

	for (size_t i = 0; i < word.n; i++) {
		run = word.p[i] == '/' ? 0 : run + 1;
		if (run >= TOKEN_MIN)
			return true;
	}
	return false;
}

static void add_other(struct rc_buf *buf, char c)
{
	bool is_blank = (unsigned char)c <= ' ' || c == 0x7f;

	if (!is_blank)
		rc_buf_putc(buf, c);
	else if (buf->n > 0 && buf->p[buf->n - 1] != ' ')
		rc_buf_putc(buf, ' ');
}

char *rc_kube_exec_quote(struct rc_str text)
{
	rc_autobuf struct rc_buf buf = RC_BUF_INIT(RC_BUF_UNLIMITED);
	struct rc_str said;

	for (size_t i = 0; i < text.n;) {
		struct rc_str word = {text.p + i, 0};

		while (i + word.n < text.n && is_word(word.p[word.n]))
			word.n++;
		if (word.n == 0)
			add_other(&buf, text.p[i++]);
		else if (is_like_token(word))
			rc_buf_puts(&buf, "[...]");
		else
			rc_buf_add_str(&buf, word);
		i += word.n;
	}
	said = rc_str_trim(rc_buf_str(&buf), " ");
	if (said.n <= QUOTE_MAX)
		return rc_str_dup(said);
	/* The end says what went wrong; not from the middle of a character. */
	said = (struct rc_str){said.p + said.n - QUOTE_MAX, QUOTE_MAX};
	while (said.n > 0 && ((unsigned char)*said.p & 0xc0) == 0x80)
		said = (struct rc_str){said.p + 1, said.n - 1};
	return rc_asprintf("...%.*s", (int)said.n, said.p);
}
