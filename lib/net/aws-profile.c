/* The environment and the shared files of AWS's tools. */
#include "net/aws-profile.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/json.h"
#include "data/number.h"

#define FILE_MAX     ((size_t)1 << 20)
#define METADATA_URL "http://169.254.169.254"
#define ECS_URL	     "http://169.254.170.2"

/* Everything that is looked at. */
struct reader {
	const char *const *env;
	json_t *profiles; /* {"name": {"key": "value"}} */
	struct rc_net_aws_profile *profile;
};

const char *rc_net_aws_profile_getenv(const char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (; env && *env; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return (*env)[n + 1] ? *env + n + 1 : NULL;
	return NULL;
}

char *rc_net_aws_profile_endpoint(const char *const *env, const char *service, const char *id,
				  const char *region)
{
	rc_autofree char *variable = rc_asprintf("AWS_ENDPOINT_URL_%s", id);
	const char *given = rc_net_aws_profile_getenv(env, variable)
				    ?: rc_net_aws_profile_getenv(env, "AWS_ENDPOINT_URL");
	size_t n = given ? strlen(given) : 0;

	while (n > 0 && given[n - 1] == '/')
		n--;
	if (n > 0)
		return rc_strndup(given, n);
	return rc_asprintf("https://%s.%s.%s", service, region,
			   rc_text_has_prefix(region, "cn-") ? "amazonaws.com.cn"
							     : "amazonaws.com");
}

/* ---- the shared files ---- */

static struct rc_str take_line(struct rc_str *rest)
{
	ptrdiff_t end = rc_str_index(*rest, '\n');
	struct rc_str line = {rest->p, end < 0 ? rest->n : (size_t)end};
	size_t taken = line.n + (end < 0 ? 0 : 1);

	*rest = (struct rc_str){rest->p + taken, rest->n - taken};
	return line;
}

/* "[profile x]" in the config file, "[x]" in that of credentials; others are of no interest. */
static json_t *open_section(json_t *profiles, struct rc_str line, bool is_config)
{
	ptrdiff_t end = rc_str_index(line, ']');
	struct rc_str name = {line.p + 1, end > 0 ? (size_t)end - 1 : 0};
	rc_autofree char *key = NULL;
	json_t *section;

	name = rc_str_trim(name, " \t");
	if (rc_str_has_prefix(name, RC_STR("profile ")) && is_config)
		name = rc_str_trim((struct rc_str){name.p + 8, name.n - 8}, " \t");
	else if (is_config && !rc_str_is(name, "default"))
		return NULL;
	key = rc_str_dup(name);
	section = json_object_get(profiles, key);
	if (!section) {
		section = json_object();
		json_object_set_new(profiles, key, section);
	}
	return section;
}

static void take_setting(json_t *section, struct rc_str line)
{
	ptrdiff_t equals = rc_str_index(line, '=');
	struct rc_str key = {line.p, equals > 0 ? (size_t)equals : 0}, value;
	rc_autofree char *name = NULL;

	if (!section || equals <= 0)
		return;
	key = rc_str_trim(key, " \t");
	value = rc_str_trim((struct rc_str){line.p + equals + 1, line.n - (size_t)equals - 1},
			    " \t\r");
	name = rc_str_dup(key);
	if (value.n > 0)
		json_object_set_new(section, name, json_stringn(value.p, value.n));
}

static void read_text(json_t *profiles, struct rc_str text, bool is_config)
{
	json_t *section = NULL;

	while (text.n > 0) {
		struct rc_str line = take_line(&text);

		/* An indented line belongs to a nested setting (s3 =), none of which we read. */
		if (line.n == 0 || strchr("#; \t\r", *line.p))
			continue;
		if (*line.p == '[')
			section = open_section(profiles, line, is_config);
		else
			take_setting(section, line);
	}
}

/* A file that is not there says nothing. */
static int read_file(struct reader *reader, const char *variable, const char *name, bool is_config,
		     struct rc_error **err)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(FILE_MAX);
	const char *home = rc_net_aws_profile_getenv(reader->env, "HOME");
	const char *given = rc_net_aws_profile_getenv(reader->env, variable);
	rc_autofree char *path = given	? rc_strdup(given)
				 : home ? rc_asprintf("%s/.aws/%s", home, name)
					: NULL;
	rc_cleanup(rc_error_freep) struct rc_error *why = NULL;
	int r = path ? rc_file_read(path, &text, &why) : -ENOENT;

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return rc_error_move(err, rc_steal(&why));
	read_text(reader->profiles, rc_buf_str(&text), is_config);
	explicit_bzero(text.p, text.size);
	return 0;
}

/* ---- what they come to ---- */

static const char *keep(struct reader *reader, const char *text)
{
	json_t *kept = text ? json_string(text) : NULL;

	json_array_append_new(reader->profile->texts, kept);
	return json_string_value(kept);
}

static const char *setting(const json_t *section, const char *key)
{
	return rc_json_text(section, key, NULL);
}

static const char *variable(const struct reader *reader, const char *name)
{
	return rc_net_aws_profile_getenv(reader->env, name);
}

static void set_keys(struct reader *reader, const char *id, const char *secret, const char *token)
{
	struct rc_net_aws_profile *profile = reader->profile;

	profile->source = RC_NET_AWS_SOURCE_KEYS;
	rc_net_aws_keyset_done(&profile->keys);
	profile->keys = (struct rc_net_aws_keyset){.access_key_id = rc_strdup(id),
						   .secret_access_key = rc_secret_new_text(secret),
						   .session_token = rc_secret_new_text(token),
						   .end_unix_s = INT64_MAX};
}

static bool take_environment_keys(struct reader *reader)
{
	const char *id = variable(reader, "AWS_ACCESS_KEY_ID");
	const char *secret = variable(reader, "AWS_SECRET_ACCESS_KEY");

	if (!id || !secret)
		return false;
	set_keys(reader, id, secret, variable(reader, "AWS_SESSION_TOKEN"));
	return true;
}

static int set_web_identity(struct reader *reader, const char *file, const char *arn,
			    const char *session_name, struct rc_error **err)
{
	struct rc_net_aws_profile *profile = reader->profile;

	if (!arn)
		return rc_fail(err, -EINVAL,
			       "a web identity is configured without the role it "
			       "may assume");
	profile->source = RC_NET_AWS_SOURCE_WEB_IDENTITY;
	profile->token_file = rc_strdup(file);
	profile->web_identity = (struct rc_net_aws_role){
		.arn = keep(reader, arn), .session_name = keep(reader, session_name)};
	return 0;
}

static bool is_host_of(const char *url, const char *host)
{
	size_t n = strlen(host);

	return strncmp(url + 7, host, n) == 0 && strchr(":/", url[7 + n]);
}

/* Without TLS only where the host itself, ECS or EKS answers. */
static bool is_safe_url(const char *url)
{
	static const char *const hosts[] = {"127.0.0.1",     "localhost",      "[::1]",
					    "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};

	if (rc_text_has_prefix(url, "https://"))
		return true;
	for (size_t i = 0; rc_text_has_prefix(url, "http://") && i < RC_ARRAY_SIZE(hosts); i++)
		if (is_host_of(url, hosts[i]))
			return true;
	return false;
}

static bool has_container(const struct reader *reader)
{
	return variable(reader, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") ||
	       variable(reader, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
}

static int set_container(struct reader *reader, struct rc_error **err)
{
	const char *relative = variable(reader, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = variable(reader, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
	struct rc_net_aws_profile *profile = reader->profile;

	if (!has_container(reader))
		return rc_fail(err, -EINVAL,
			       "credential_source is EcsContainer, and the "
			       "environment names no container's credentials");
	if (!relative && !is_safe_url(full))
		return rc_fail(err, -EINVAL,
			       "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor one of the "
			       "hosts that are answered for by AWS");
	profile->source = RC_NET_AWS_SOURCE_CONTAINER;
	profile->url = relative ? rc_asprintf("%s%s", ECS_URL, relative) : rc_strdup(full);
	profile->token_file = rc_strdup(variable(reader, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"));
	profile->container_token =
		rc_secret_new_text(variable(reader, "AWS_CONTAINER_AUTHORIZATION_TOKEN"));
	return 0;
}

static int set_metadata(struct reader *reader, struct rc_error **err)
{
	const char *disabled = variable(reader, "AWS_EC2_METADATA_DISABLED");
	const char *given = variable(reader, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
	size_t n = given ? strlen(given) : 0;

	if (disabled && strcasecmp(disabled, "true") == 0) {
		rc_fail(err, -ENOENT,
			"there are no AWS credentials: neither environment nor shared files have "
			"any, and the instance's are switched off");
		rc_hint(err, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a web "
			     "identity");
		return -ENOENT;
	}
	while (n > 0 && given[n - 1] == '/')
		n--;
	reader->profile->source = RC_NET_AWS_SOURCE_METADATA;
	reader->profile->url = given ? rc_strndup(given, n) : rc_strdup(METADATA_URL);
	return 0;
}

static int set_host(struct reader *reader, struct rc_error **err)
{
	return has_container(reader) ? set_container(reader, err) : set_metadata(reader, err);
}

static int set_credential_source(struct reader *reader, const char *source, struct rc_error **err)
{
	if (strcmp(source, "Environment") == 0)
		return take_environment_keys(reader)
			       ? 0
			       : rc_fail(err, -EINVAL,
					 "credential_source is Environment, which has no keys");
	if (strcmp(source, "EcsContainer") == 0)
		return set_container(reader, err);
	if (strcmp(source, "Ec2InstanceMetadata") == 0)
		return set_metadata(reader, err);
	return rc_fail(err, -EINVAL, "credential_source '%s' is not known", source);
}

static int refuse_unknown(const json_t *section, struct rc_error **err)
{
	static const char *const keys[] = {"credential_process", "sso_session", "sso_start_url",
					   "mfa_serial"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(keys); i++) {
		if (!setting(section, keys[i]))
			continue;
		rc_fail(err, -EINVAL, "'%s' is not supported", keys[i]);
		rc_hint(err, "a service needs keys, a role with source_profile, a web identity, or "
			     "the instance's role");
		return -EINVAL;
	}
	return 0;
}

static int add_role(struct reader *reader, const json_t *section, struct rc_error **err)
{
	struct rc_net_aws_profile *profile = reader->profile;
	const char *duration = setting(section, "duration_seconds");
	int64_t seconds = 0;

	if (profile->n_roles == RC_NET_AWS_ROLES_MAX)
		return rc_fail(err, -EINVAL, "more than %d roles follow each other",
			       RC_NET_AWS_ROLES_MAX);
	if (duration && (rc_number_parse_int(rc_str(duration), 10, &seconds) < 0 || seconds < 900 ||
			 seconds > 43200))
		return rc_fail(err, -EINVAL, "duration_seconds '%s' is not 900 to 43200", duration);
	profile->roles[profile->n_roles++] = (struct rc_net_aws_role){
		.arn = keep(reader, setting(section, "role_arn")),
		.session_name = keep(reader, setting(section, "role_session_name")),
		.external_id = keep(reader, setting(section, "external_id")),
		.duration_s = (unsigned int)seconds};
	return 0;
}

static int take_profile(struct reader *reader, const char *name, int depth, struct rc_error **err);

/* What the profile's own role, if it has one, is assumed with. */
static int take_base(struct reader *reader, const char *name, const json_t *section, int depth,
		     struct rc_error **err)
{
	const char *source_profile = setting(section, "source_profile");
	const char *credential_source = setting(section, "credential_source");
	const char *id = setting(section, "aws_access_key_id");
	const char *secret = setting(section, "aws_secret_access_key");

	if (source_profile && strcmp(source_profile, name) != 0)
		return take_profile(reader, source_profile, depth + 1, err);
	if (id && secret) {
		set_keys(reader, id, secret, setting(section, "aws_session_token"));
		return 0;
	}
	if (credential_source)
		return set_credential_source(reader, credential_source, err);
	if (setting(section, "role_arn")) {
		rc_fail(err, -EINVAL, "'role_arn' is there, and nothing to assume it with");
		rc_hint(err, "add source_profile, credential_source or web_identity_token_file");
		return -EINVAL;
	}
	return set_host(reader, err);
}

static int take_section(struct reader *reader, const char *name, const json_t *section, int depth,
			struct rc_error **err)
{
	const char *token_file = setting(section, "web_identity_token_file");
	int r = refuse_unknown(section, err);

	if (r < 0)
		return r;
	if (token_file && !setting(section, "source_profile"))
		return set_web_identity(reader, token_file, setting(section, "role_arn"),
					setting(section, "role_session_name"), err);
	r = take_base(reader, name, section, depth, err);
	if (r == 0 && setting(section, "role_arn"))
		r = add_role(reader, section, err);
	return r;
}

static int take_profile(struct reader *reader, const char *name, int depth, struct rc_error **err)
{
	const json_t *section = json_object_get(reader->profiles, name);
	int r;

	if (depth > RC_NET_AWS_ROLES_MAX)
		return rc_fail(err, -EINVAL,
			       "the AWS profiles' source_profile go round in circles "
			       "at '%s'",
			       name);
	if (!section)
		return rc_fail(err, -ENOENT,
			       "AWS profile '%s' is in neither the shared config nor the "
			       "credentials file",
			       name);
	r = take_section(reader, name, section, depth, err);
	/* Once: the profiles between are of no interest. */
	return r < 0 && depth == 0 ? rc_wrap(err, r, "AWS profile '%s'", name) : r;
}

static int decide(struct reader *reader, const char *asked, struct rc_error **err)
{
	const char *name = asked ?: variable(reader, "AWS_PROFILE");
	const char *token_file = variable(reader, "AWS_WEB_IDENTITY_TOKEN_FILE");

	if (!asked && take_environment_keys(reader))
		return 0;
	if (!asked && token_file)
		return set_web_identity(reader, token_file, variable(reader, "AWS_ROLE_ARN"),
					variable(reader, "AWS_ROLE_SESSION_NAME"), err);
	if (name || json_object_get(reader->profiles, "default"))
		return take_profile(reader, name ?: "default", 0, err);
	return set_host(reader, err);
}

static void take_region(struct reader *reader, const char *asked)
{
	const char *name = asked ?: variable(reader, "AWS_PROFILE") ?: "default";
	const char *region =
		variable(reader, "AWS_REGION") ?: variable(reader, "AWS_DEFAULT_REGION");

	if (!region)
		region = rc_json_text(reader->profiles, name, "region", NULL);
	reader->profile->region = rc_strdup(region);
}

int rc_net_aws_profile_read(const char *const *env, const char *name,
			    struct rc_net_aws_profile *ret_profile, struct rc_error **err)
{
	struct rc_net_aws_profile profile = {.texts = json_array()};
	json_auto_t *profiles = json_object();
	struct reader reader = {.env = env, .profiles = profiles, .profile = &profile};
	int r = read_file(&reader, "AWS_CONFIG_FILE", "config", true, err);

	if (r == 0)
		r = read_file(&reader, "AWS_SHARED_CREDENTIALS_FILE", "credentials", false, err);
	if (r == 0)
		r = decide(&reader, name, err);
	if (r < 0) {
		rc_net_aws_profile_done(&profile);
		return r;
	}
	take_region(&reader, name);
	*ret_profile = profile;
	return 0;
}

void rc_net_aws_profile_done(struct rc_net_aws_profile *profile)
{
	rc_net_aws_keyset_done(&profile->keys);
	free(profile->token_file);
	rc_secret_free(profile->container_token);
	free(profile->url);
	free(profile->region);
	json_decref(profile->texts);
	*profile = (struct rc_net_aws_profile){.n_roles = 0};
}
