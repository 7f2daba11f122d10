/* Credentials: read when they are needed, because they rotate. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/secret.h"
#include "daemon.h"

#define SECRET_MAX ((size_t)64 << 10)

static int read_file(const char *path, json_t *auth, struct rc_error **err)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(SECRET_MAX);
	int r = rc_file_read(path, &text, err);
	struct rc_str trimmed;

	if (r < 0)
		return r;
	trimmed = rc_str_trim(rc_buf_str(&text), " \t\r\n");
	json_object_set_new(auth, "password", json_stringn(trimmed.p, trimmed.n));
	if (text.p)
		explicit_bzero(text.p, text.size);
	return 0;
}

static int read_password(const struct rc_config_auth *config, json_t *auth, struct rc_error **err)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY"), *value;
	rc_autofree char *path = NULL;

	if (config->file)
		return read_file(config->file, auth, err);
	if (config->env) {
		value = getenv(config->env);
		if (!value)
			return rc_fail(err, -ENOENT, "environment variable %s is not set",
				       config->env);
		json_object_set_new(auth, "password", json_string(value));
		return 0;
	}
	if (!config->credential)
		return 0;
	if (!folder)
		return rc_fail(err, -ENOENT,
			       "credential '%s': the service was started without credentials",
			       config->credential);
	path = rc_path_join(folder, config->credential);
	return read_file(path, auth, err);
}

json_t *daemon_auth_make(const struct rc_config_repository *repository, struct rc_error **err)
{
	const struct rc_config_auth *config = &repository->auth;
	json_t *auth = json_pack("{s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:b, s:b, s:b}", "username",
				 config->username, "sshKey", config->ssh_key, "knownHosts",
				 config->known_hosts, "ca", repository->ca, "certificate",
				 config->certificate, "key", config->key, "insecure",
				 repository->insecure, "plainHttp", repository->plain_http,
				 "passCredentials", repository->pass_credentials);
	int r = read_password(config, auth, err);

	if (r == 0)
		return auth;
	rc_wrap(err, r, "repository '%s': auth", repository->name);
	json_decref(auth);
	return NULL;
}

int daemon_auth_read_secret(const struct rc_config_auth *config, struct rc_secret **ret_secret,
			    struct rc_error **err)
{
	json_auto_t *auth = json_object();
	int r = read_password(config, auth, err);

	if (r == 0)
		*ret_secret =
			rc_secret_new_text(json_string_value(json_object_get(auth, "password")));
	return r;
}
