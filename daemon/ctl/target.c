/* Flags, environment and the file of contexts, put together. */
#include "ctl/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/memory.h"
#include "config-schema.h"

#define FILE_MAX_BYTES ((size_t)1 << 20)
#define TOKEN_MAX      ((size_t)64 << 10)
#define URL_PREFIX     "https://"
#define PORT	       "8443"

enum setting { SOCKET, SERVER, CA, CERTIFICATE, KEY, TOKEN_FILE, NAME, CONTEXT, SETTINGS };

static const struct {
	const char *flag, *variable;
} settings[SETTINGS] = {
	[SOCKET] = {"--socket", "RECONCILED_SOCKET"},
	[SERVER] = {"--server", "RECONCILED_SERVER"},
	[CA] = {"--certificate-authority", "RECONCILED_CA"},
	[CERTIFICATE] = {"--client-certificate", "RECONCILED_CLIENT_CERTIFICATE"},
	[KEY] = {"--client-key", "RECONCILED_CLIENT_KEY"},
	[TOKEN_FILE] = {"--token-file", "RECONCILED_TOKEN_FILE"},
	[NAME] = {"--tls-server-name", "RECONCILED_TLS_SERVER_NAME"},
	[CONTEXT] = {"--context", "RECONCILED_CONTEXT"},
};
static const char *flags[SETTINGS];

void ctl_target_set_flag(const char *name, const char *value)
{
	for (size_t i = 0; i < SETTINGS; i++)
		if (strcmp(settings[i].flag, name) == 0)
			flags[i] = value;
}

const char *ctl_target_get_flag(unsigned int i)
{
	return i < SETTINGS ? settings[i].flag : NULL;
}

/* ---- the file of contexts ---- */

struct context {
	const char *name;
	const char *settings[SETTINGS]; /* from the files' point of view: no CONTEXT */
	struct rc_config_place place;
};

struct contexts {
	const char *current;
	struct context *items;
	size_t n;
};

#define CONTEXT_TEXT(setting, key)                                                              \
	{                                                                                       \
		.name = (key), .type = CONFIG_TEXT,                                             \
		.offset = offsetof(struct context, settings) + (setting) * sizeof(const char *) \
	}

static const struct config_field context_fields[] = {
	{.name = "name",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct context, name),
	 .required = true},
	CONTEXT_TEXT(SOCKET, "socket"),
	CONTEXT_TEXT(SERVER, "server"),
	CONTEXT_TEXT(CA, "certificateAuthority"),
	CONTEXT_TEXT(CERTIFICATE, "clientCertificate"),
	CONTEXT_TEXT(KEY, "clientKey"),
	CONTEXT_TEXT(TOKEN_FILE, "tokenFile"),
	CONTEXT_TEXT(NAME, "tlsServerName"),
	{.name = NULL},
};
static const struct config_struct context_struct = {context_fields, sizeof(struct context),
						    offsetof(struct context, place)};

static const struct config_field contexts_fields[] = {
	CONFIG_FIELD_TEXT(struct contexts, current, "currentContext"),
	{.name = "contexts",
	 .type = CONFIG_STRUCTS,
	 .offset = offsetof(struct contexts, items),
	 .offset_n = offsetof(struct contexts, n),
	 .target = &context_struct},
	{.name = NULL},
};
static const struct config_struct contexts_struct = {contexts_fields, sizeof(struct contexts), 0};

/* What lives as long as the program. */
static struct {
	struct rc_arena *arena;
	struct ctl_target target;
	bool is_found;
} found;

/* $RECONCILECTL_CONFIG, or the usual place; NULL: there is no home. */
static const char *name_file(bool *ret_is_asked_for)
{
	const char *named = getenv("RECONCILECTL_CONFIG"), *folder = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	*ret_is_asked_for = named && *named;
	if (*ret_is_asked_for)
		return named;
	if (folder && *folder)
		return rc_arena_printf(found.arena, "%s/reconciled/reconcilectl.yaml", folder);
	return home && *home ? rc_arena_printf(found.arena,
					       "%s/.config/reconciled/reconcilectl.yaml", home)
			     : NULL;
}

static int parse_file(const char *path, struct rc_str text, struct contexts *contexts,
		      struct rc_error **err)
{
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(64 << 10);
	struct config_reader reader = {.arena = found.arena, .file = path, .messages = &messages};
	struct rc_yaml_options options = {.file = path};
	struct rc_yaml_node *node;
	int r = rc_yaml_parse(found.arena, text, &options, &node, err);

	if (r < 0)
		return r;
	config_decode(&reader, node, &contexts_struct, contexts, "contexts");
	if (reader.n_errors > 0)
		return rc_fail(err, -EINVAL, "%.*s", (int)strcspn(rc_buf_text(&messages), "\n"),
			       rc_buf_text(&messages));
	return 0;
}

static int read_contexts(struct contexts *contexts, const char **ret_path, struct rc_error **err)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(FILE_MAX_BYTES);
	bool is_asked_for;
	int r;

	*ret_path = name_file(&is_asked_for);
	if (!*ret_path || (!is_asked_for && access(*ret_path, F_OK) < 0))
		return 0;
	r = rc_file_read(*ret_path, &text, err);
	return r < 0 ? r : parse_file(*ret_path, rc_buf_str(&text), contexts, err);
}

/* A path in the file is relative to it, as in a kubeconfig. */
static const char *place_path(const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');

	if (!path || *path == '/' || strcmp(path, "-") == 0 || !slash)
		return path;
	return rc_arena_printf(found.arena, "%.*s%s", (int)(slash + 1 - file), file, path);
}

static int take_context(const char *wanted, const char **values, struct rc_error **err)
{
	static const enum setting paths[] = {CA, CERTIFICATE, KEY, TOKEN_FILE};
	struct contexts contexts = {.current = NULL};
	const char *file = NULL;
	int r = read_contexts(&contexts, &file, err);

	if (r < 0)
		return rc_wrap(err, r, "contexts");
	if (!wanted)
		wanted = contexts.current;
	if (!wanted)
		return 0;
	for (size_t i = 0; i < contexts.n; i++) {
		struct context *context = &contexts.items[i];

		if (!rc_text_equal(context->name, wanted))
			continue;
		for (size_t j = 0; j < RC_ARRAY_SIZE(paths); j++)
			context->settings[paths[j]] = place_path(file, context->settings[paths[j]]);
		memcpy(values, context->settings, sizeof(context->settings));
		return 0;
	}
	r = rc_fail(err, -EINVAL, "there is no context '%s' in %s", wanted,
		    file ? file : "any file");
	rc_hint(err, "contexts are described in reconcilectl(1)");
	return r;
}

/* ---- the parts ---- */

/* "https://host[:port]", or only "host[:port]". */
static int take_server(const char *url, struct ctl_target *target, struct rc_error **err)
{
	const char *rest = rc_text_has_prefix(url, URL_PREFIX) ? url + strlen(URL_PREFIX) : url;
	const char *colon, *host = rest;
	size_t n = strcspn(rest, "/");
	size_t n_host = n;

	if (strstr(rest, "://") || n == 0 || strlen(rest) > n + 1 || strpbrk(rest, "@?# ")) {
		int r = rc_fail(err, -EINVAL, "'%s' is no address of an API over TLS", url);

		rc_hint(err, "it is written https://HOST:PORT");
		return r;
	}
	colon = memrchr(rest, ':', n);
	if (*rest == '[' && memchr(rest, ']', n)) {
		host = rest + 1;
		n_host = (size_t)((const char *)memchr(rest, ']', n) - host);
		if (colon && colon < host + n_host)
			colon = NULL;
	} else if (colon) {
		n_host = (size_t)(colon - rest);
	}
	target->host = rc_arena_strndup(found.arena, host, n_host);
	target->port =
		colon ? rc_arena_strndup(found.arena, colon + 1, n - (size_t)(colon + 1 - rest))
		      : PORT;
	target->authority = colon ? rc_arena_strndup(found.arena, rest, n)
				  : rc_arena_printf(found.arena, "%.*s:" PORT, (int)n, rest);
	return 0;
}

/* A token that others of this host may read is none. */
static int check_mode(const char *path, struct rc_error **err)
{
	struct stat st;
	int r;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & S_IROTH))
		return 0;
	r = rc_fail(err, -EACCES, "%s: every user of this host may read the token in it", path);
	rc_hint(err, "chmod 600 %s", path);
	return r;
}

static int read_token(const char *path, struct ctl_target *target, struct rc_error **err)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(TOKEN_MAX);
	bool is_input = strcmp(path, "-") == 0;
	int r = is_input ? 0 : check_mode(path, err);
	struct rc_str token;

	if (r == 0)
		r = rc_file_read(is_input ? "/dev/stdin" : path, &text, err);
	if (r < 0)
		return rc_wrap(err, r, "the token");
	token = rc_str_trim(rc_buf_str(&text), " \t\r\n");
	if (token.n == 0 || memchr(token.p, '\n', token.n) || memchr(token.p, '\r', token.n))
		return rc_fail(err, -EINVAL, "%s: one line with the token is wanted",
			       is_input ? "standard input" : path);
	target->token = rc_secret_new(token.p, token.n);
	explicit_bzero(text.p, text.size);
	return 0;
}

/* A file goes before the variable that has the token itself: both are of the same caller, and the
 * file was named by him. */
static int take_token(const char *file, struct ctl_target *target, struct rc_error **err)
{
	const char *token = getenv("RECONCILED_TOKEN");

	if (file)
		return read_token(file, target, err);
	if (token && *token)
		target->token = rc_secret_new_text(token);
	return 0;
}

static int take_tls(const char *const *values, struct ctl_target *target, struct rc_error **err)
{
	int r = take_server(values[SERVER], target, err);

	if (r < 0)
		return r;
	target->name = values[NAME] ?: target->host;
	target->ca = values[CA];
	target->certificate = values[CERTIFICATE];
	target->key = values[KEY];
	if (!target->certificate != !target->key)
		return rc_fail(err, -EINVAL, "%s and %s come together", settings[CERTIFICATE].flag,
			       settings[KEY].flag);
	return take_token(values[TOKEN_FILE], target, err);
}

static void overlay(const char **values, const char *const *over)
{
	/* The socket and the server are two ways: who names one means it. */
	if (over[SOCKET])
		values[SERVER] = NULL;
	if (over[SERVER])
		values[SOCKET] = NULL;
	for (size_t i = 0; i < SETTINGS; i++)
		if (over[i])
			values[i] = over[i];
}

static void read_environment(const char **values)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		const char *value = getenv(settings[i].variable);

		values[i] = value && *value ? value : NULL;
	}
}

/* Who says where, or names a context, says all: nothing else is mixed in. */
static int collect(const char **values, struct rc_error **err)
{
	const char *environment[SETTINGS];
	int r = 0;

	read_environment(environment);
	if (flags[CONTEXT])
		r = take_context(flags[CONTEXT], values, err);
	else if (!flags[SOCKET] && !flags[SERVER] && !environment[SOCKET] && !environment[SERVER])
		r = take_context(environment[CONTEXT], values, err);
	if (r < 0)
		return r;
	if (!flags[CONTEXT])
		overlay(values, environment);
	overlay(values, flags);
	if (values[SERVER] && values[SOCKET])
		return rc_fail(err, -EINVAL, "a server and a socket are two ways to ask: name one");
	return 0;
}

int ctl_target_find(const struct ctl_target **ret_target, struct rc_error **err)
{
	const char *values[SETTINGS] = {NULL};
	int r;

	*ret_target = &found.target;
	if (found.is_found)
		return 0;
	if (!found.arena)
		found.arena = rc_arena_new(0);
	r = collect(values, err);
	if (r < 0)
		return r;
	if (values[SERVER])
		r = take_tls(values, &found.target, err);
	else
		found.target.socket = values[SOCKET] ?: "/run/reconciled/control.sock";
	found.is_found = r == 0;
	return r;
}
