/* The section "validation": its keys, its defaults, and which keys belong to which type. */
#include "config-schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define OF_TYPE "check '%s' is of type %s, "

#define AT(member) offsetof(struct rc_config_check, check.member)
#define TEXT(member, key)                                                \
	{                                                                \
		.name = (key), .type = CONFIG_TEXT, .offset = AT(member) \
	}
#define FLAG(member, key)                                                \
	{                                                                \
		.name = (key), .type = CONFIG_FLAG, .offset = AT(member) \
	}
#define TEXTS(member, key)                                                 \
	{                                                                  \
		.name = (key), .type = CONFIG_TEXTS, .offset = AT(member), \
		.offset_n = AT(n_##member)                                 \
	}
#define NUMBER(member, key, least, most)                                                    \
	{                                                                                   \
		.name = (key), .type = CONFIG_NUMBER, .offset = AT(member), .min = (least), \
		.max = (most)                                                               \
	}
#define TIME(member, key, least, most)                                                        \
	{                                                                                     \
		.name = (key), .type = CONFIG_DURATION, .offset = AT(member), .min = (least), \
		.max = (most)                                                                 \
	}

static const char *const types[] = {"command", "dns",	   "http", "https", "istio",
				    "pods",    "postgres", "rds",  "s3",    "secrets",
				    "sns",     "sqs",	   NULL};
static const char *const ssl_modes[] = {"disable",   "allow",	    "prefer", "require",
					"verify-ca", "verify-full", NULL};

static const struct config_field check_fields[] = {
	{.name = "name", .type = CONFIG_TEXT, .offset = AT(name), .required = true},
	{.name = "type", .type = CONFIG_TEXT, .offset = AT(type), .words = types, .required = true},
	TEXT(app, "application"),
	FLAG(gate, "gate"),
	FLAG(rollback, "rollback"),
	TIME(timeout_ms, "timeout", CONFIG_SECOND, 10 * CONFIG_MINUTE),
	TIME(startup_ms, "startup", CONFIG_SECOND, 24 * CONFIG_HOUR),
	TEXT(url, "url"),
	TEXT(ca, "ca"),
	TEXT(contains, "contains"),
	NUMBER(status, "status", 100, 599),
	NUMBER(min_days, "minDays", 1, 3650),
	TEXT(host, "host"),
	NUMBER(port, "port", 1, 65535),
	TEXT(database, "database"),
	TEXT(username, "username"),
	{.name = "sslMode", .type = CONFIG_TEXT, .offset = AT(ssl_mode), .words = ssl_modes},
	TEXTS(expect, "expect"),
	TEXT(secret, "secret"),
	TEXT(name_space, "namespace"),
	TEXT(uri_key, "uriKey"),
	TEXT(host_key, "hostKey"),
	TEXT(port_key, "portKey"),
	TEXT(username_key, "usernameKey"),
	TEXT(password_key, "passwordKey"),
	TEXT(database_key, "databaseKey"),
	TEXTS(keys, "keys"),
	TEXT(region, "region"),
	TEXT(endpoint, "endpoint"),
	TEXT(bucket, "bucket"),
	FLAG(versioning, "versioning"),
	TEXT(queue, "queue"),
	NUMBER(max_depth, "maxMessages", 1, 1000000000),
	TEXT(topic, "topic"),
	TEXT(instance, "instance"),
	NUMBER(retention_days, "retentionDays", 1, 35),
	TIME(max_lag_ms, "maxLag", CONFIG_MINUTE, 24 * CONFIG_HOUR),
	TEXTS(command, "command"),
	{.name = "from",
	 .type = CONFIG_PAIRS,
	 .offset = offsetof(struct rc_config_check, from),
	 .offset_n = offsetof(struct rc_config_check, n_from)},
	{.name = NULL},
};
static const struct config_struct check = {check_fields, sizeof(struct rc_config_check),
					   offsetof(struct rc_config_check, place)};

static const struct config_field fields[] = {
	{.name = "interval",
	 .type = CONFIG_DURATION,
	 .offset = offsetof(struct rc_config_validation, interval_ms),
	 .min = 10 * CONFIG_SECOND,
	 .max = 24 * CONFIG_HOUR},
	{.name = "settle",
	 .type = CONFIG_DURATION,
	 .offset = offsetof(struct rc_config_validation, settle_ms),
	 .min = CONFIG_SECOND,
	 .max = CONFIG_HOUR},
	{.name = "checks",
	 .type = CONFIG_STRUCTS,
	 .offset = offsetof(struct rc_config_validation, checks),
	 .offset_n = offsetof(struct rc_config_validation, n_checks),
	 .target = &check},
	{.name = NULL},
};
const struct config_struct config_validation = {fields, 0, 0};

/* Which keys a type takes, beside those that all take. */
static const struct {
	const char *type, *required, *others;
} uses[] = {
	{"command", "command", ""},
	{"dns", "host", "expect"},
	{"http", "url", "status contains"},
	{"https", "url", "status contains ca minDays"},
	{"istio", NULL, ""},
	{"pods", NULL, "startup"},
	{"postgres", "secret",
	 "namespace host port database username sslMode ca uriKey hostKey portKey usernameKey "
	 "passwordKey databaseKey"},
	{"rds", "instance", "region endpoint retentionDays maxLag"},
	{"s3", "bucket", "region endpoint versioning"},
	{"secrets", NULL, "secret namespace keys"},
	{"sns", "topic", "region endpoint"},
	{"sqs", "queue", "region endpoint maxMessages"},
};

static bool is_among(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = words; at && (at = strstr(at, word)); at += n)
		if ((at == words || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
			return true;
	return false;
}

static bool is_said(const struct config_field *field, const struct rc_config_check *one)
{
	const char *at = (const char *)one + field->offset;

	switch (field->type) {
	case CONFIG_FLAG:
		return *(const bool *)(const void *)at;
	case CONFIG_DURATION:
	case CONFIG_NUMBER:
		return *(const int64_t *)(const void *)at != 0;
	case CONFIG_TEXT:
	case CONFIG_TEXTS:
	case CONFIG_PAIRS:
	case CONFIG_STRUCT:
	case CONFIG_STRUCTS:
	case CONFIG_LATER:
		return *(const char *const *)(const void *)at != NULL;
	}
	return false;
}

bool config_validation_set(struct rc_validate_check *to, const char *key, const char *text)
{
	const struct config_field *field = check_fields;
	char *at, *end;
	long long number;

	while (field->name && strcmp(field->name, key) != 0)
		field++;
	if (!field->name || (field->type != CONFIG_TEXT && field->type != CONFIG_NUMBER))
		return false;
	/* Its offset is in the entry of the configuration, which the check begins. */
	at = (char *)to + field->offset;
	if (field->type == CONFIG_TEXT) {
		*(const char **)(void *)at = text;
		return true;
	}
	number = strtoll(text, &end, 10);
	if (end == text || *end || number < field->min || number > field->max)
		return false;
	*(int64_t *)(void *)at = number;
	return true;
}

bool config_validation_parse_from(struct rc_arena *arena, const char *text, const char **ret_stack,
				  const char **ret_output)
{
	static const char scheme[] = "terraform/";
	const char *stack = text + sizeof(scheme) - 1, *slash;

	if (!rc_text_has_prefix(text, scheme))
		return false;
	slash = strchr(stack, '/');
	if (!slash || slash == stack || !slash[1] || strchr(slash + 1, '/'))
		return false;
	*ret_stack = rc_arena_printf(arena, "%.*s", (int)(slash - stack), stack);
	*ret_output = slash + 1;
	return true;
}

static bool is_stack(const struct rc_config *config, const char *name)
{
	for (size_t i = 0; i < config->terraform.n_stacks; i++)
		if (strcmp(config->terraform.stacks[i].name, name) == 0)
			return true;
	return false;
}

/* *filled is the check with something in the place of what comes from a stack. */
static int check_from(const struct rc_config *config, const struct rc_config_check *one,
		      struct rc_config_check *filled, struct rc_buf *messages)
{
	static const char fixed[] = "name type application sslMode";
	int r = 0;

	*filled = *one;
	for (size_t i = 0; i < one->n_from; i++) {
		const struct rc_config_pair *pair = &one->from[i];
		const char *stack, *output;

		if (is_among(fixed, pair->key) ||
		    (!config_validation_set(&filled->check, pair->key, "?") &&
		     !config_validation_set(&filled->check, pair->key, "1000")))
			r = rc_config_refuse(messages, pair->place,
					     "check '%s': 'from' has no key '%s'", one->check.name,
					     pair->key);
		else if (!config_validation_parse_from(config->arena, pair->text, &stack, &output))
			r = rc_config_refuse(messages, pair->place,
					     "check '%s': '%s' is not terraform/STACK/OUTPUT",
					     one->check.name, pair->text);
		else if (!is_stack(config, stack))
			r = rc_config_refuse(messages, pair->place,
					     "check '%s': no stack is named '%s'", one->check.name,
					     stack);
	}
	return r;
}

static int check_keys(const struct rc_config_check *one, struct rc_buf *messages)
{
	static const char general[] = "name type application gate rollback timeout from";
	size_t i = 0;
	int r = 0;

	while (strcmp(uses[i].type, one->check.type) != 0)
		i++;
	for (const struct config_field *field = check_fields; field->name; field++) {
		bool is_required = uses[i].required && strcmp(uses[i].required, field->name) == 0;

		if (is_required && !is_said(field, one)) {
			r = rc_config_refuse(messages, one->place, OF_TYPE "which needs '%s'",
					     one->check.name, one->check.type, field->name);
		} else if (!is_required && is_said(field, one) && !is_among(general, field->name) &&
			   !is_among(uses[i].others, field->name)) {
			r = rc_config_refuse(messages, one->place, OF_TYPE "which takes no '%s'",
					     one->check.name, one->check.type, field->name);
		}
	}
	return r;
}

static bool is_url(const char *type, const char *url)
{
	return rc_text_has_prefix(url, "https://") ||
	       (strcmp(type, "http") == 0 && rc_text_has_prefix(url, "http://"));
}

int config_validation_check(const struct rc_config *config, struct rc_buf *messages)
{
	int r = 0;

	for (size_t i = 0; i < config->validation.n_checks; i++) {
		const struct rc_config_check *one = &config->validation.checks[i];

		struct rc_config_check filled;

		if (check_from(config, one, &filled, messages) < 0 ||
		    check_keys(&filled, messages) < 0) {
			r = -EINVAL;
		} else if (one->check.rollback && !one->check.gate) {
			r = rc_config_refuse(messages, one->place,
					     "check '%s': 'rollback' without 'gate'; a check that "
					     "sends an application back holds its health, too: add "
					     "gate: true",
					     one->check.name);
		} else if (one->check.url && !is_url(one->check.type, one->check.url)) {
			r = rc_config_refuse(messages, one->place,
					     OF_TYPE "and its url begins with %s://",
					     one->check.name, one->check.type, one->check.type);
		}
	}
	return r;
}

void config_validation_set_defaults(struct rc_config *config)
{
	if (!config->validation.interval_ms)
		config->validation.interval_ms = 10 * CONFIG_MINUTE;
	if (!config->validation.settle_ms)
		config->validation.settle_ms = 2 * CONFIG_MINUTE;
}
