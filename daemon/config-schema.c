/* Tables of keys, and reading by them. */
#include "config-schema.h"

#include <stdarg.h>
#include <string.h>

#include "data/duration.h"

#define SECOND	 INT64_C(1000)
#define MINUTE	 (60 * SECOND)
#define HOUR	 (60 * MINUTE)
#define KEYS_MAX 32

#define TEXT(owner, member, key)                                                      \
	{                                                                             \
		.name = (key), .type = CONFIG_TEXT, .offset = offsetof(owner, member) \
	}

static const struct config_field auth_fields[] = {
	TEXT(struct rc_config_auth, credential, "credential"),
	TEXT(struct rc_config_auth, file, "file"),
	TEXT(struct rc_config_auth, env, "env"),
	TEXT(struct rc_config_auth, username, "username"),
	TEXT(struct rc_config_auth, ssh_key, "sshKey"),
	TEXT(struct rc_config_auth, known_hosts, "knownHosts"),
	{.name = NULL},
};
static const struct config_struct auth = {auth_fields, sizeof(struct rc_config_auth), 0};

static const struct config_field cluster_fields[] = {
	{.name = "name",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_cluster, name),
	 .required = true},
	TEXT(struct rc_config_cluster, kubeconfig, "kubeconfig"),
	TEXT(struct rc_config_cluster, context, "context"),
	{.name = NULL},
};
static const struct config_struct cluster = {cluster_fields, sizeof(struct rc_config_cluster),
					     offsetof(struct rc_config_cluster, place)};

static const struct config_field repository_fields[] = {
	{.name = "name",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_repository, name),
	 .required = true},
	{.name = "url",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_repository, url),
	 .required = true},
	{.name = "interval",
	 .type = CONFIG_DURATION,
	 .offset = offsetof(struct rc_config_repository, interval_ms),
	 .min = 10 * SECOND,
	 .max = 24 * HOUR},
	{.name = "timeout",
	 .type = CONFIG_DURATION,
	 .offset = offsetof(struct rc_config_repository, timeout_ms),
	 .min = SECOND,
	 .max = HOUR},
	TEXT(struct rc_config_repository, ca, "ca"),
	{.name = "auth",
	 .type = CONFIG_STRUCT,
	 .offset = offsetof(struct rc_config_repository, auth),
	 .target = &auth},
	{.name = NULL},
};
static const struct config_struct repository = {repository_fields,
						sizeof(struct rc_config_repository),
						offsetof(struct rc_config_repository, place)};

static const struct config_field from_fields[] = {
	TEXT(struct rc_config_applications, repository, "repository"),
	TEXT(struct rc_config_applications, path, "path"),
	TEXT(struct rc_config_applications, revision, "revision"),
	{.name = NULL},
};
static const struct config_struct from = {from_fields, sizeof(struct rc_config_applications), 0};

static const struct config_field applications_fields[] = {
	TEXT(struct rc_config_applications, file, "file"),
	{.name = "from", .type = CONFIG_STRUCT, .offset = 0, .target = &from},
	{.name = NULL},
};
static const struct config_struct applications = {applications_fields,
						  sizeof(struct rc_config_applications),
						  offsetof(struct rc_config_applications, place)};

static const struct config_field sync_fields[] = {
	{.name = "waveTimeout",
	 .type = CONFIG_DURATION,
	 .offset = offsetof(struct rc_config, sync.wave_timeout_ms),
	 .min = SECOND,
	 .max = 24 * HOUR},
	{.name = "pruneBudget",
	 .type = CONFIG_NUMBER,
	 .offset = offsetof(struct rc_config, sync.prune_budget),
	 .min = 0,
	 .max = 100},
	{.name = NULL},
};
static const struct config_struct sync_section = {sync_fields, 0, 0};

static const struct config_field render_fields[] = {
	{.name = "timeout",
	 .type = CONFIG_DURATION,
	 .offset = offsetof(struct rc_config, render.timeout_ms),
	 .min = SECOND,
	 .max = HOUR},
	{.name = "memory",
	 .type = CONFIG_NUMBER,
	 .offset = offsetof(struct rc_config, render.memory_mib),
	 .min = 32,
	 .max = 65536},
	{.name = NULL},
};
static const struct config_struct render_section = {render_fields, 0, 0};

static const struct config_field api_fields[] = {
	TEXT(struct rc_config, api.socket, "socket"),
	TEXT(struct rc_config, api.listen, "listen"),
	{.name = NULL},
};
static const struct config_struct api_section = {api_fields, 0, 0};

static const char *const levels[] = {"err", "warning", "notice", "info", "debug", NULL};
static const char *const formats[] = {"auto", "text", "json", NULL};
static const struct config_field log_fields[] = {
	{.name = "level",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config, log.level),
	 .words = levels},
	{.name = "format",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config, log.format),
	 .words = formats},
	{.name = NULL},
};
static const struct config_struct log_section = {log_fields, 0, 0};

static const struct config_field root_fields[] = {
	TEXT(struct rc_config, instance, "instance"),
	{.name = "clusters",
	 .type = CONFIG_STRUCTS,
	 .offset = offsetof(struct rc_config, clusters),
	 .offset_n = offsetof(struct rc_config, n_clusters),
	 .target = &cluster},
	{.name = "repositories",
	 .type = CONFIG_STRUCTS,
	 .offset = offsetof(struct rc_config, repositories),
	 .offset_n = offsetof(struct rc_config, n_repositories),
	 .target = &repository},
	{.name = "applications",
	 .type = CONFIG_STRUCTS,
	 .offset = offsetof(struct rc_config, applications),
	 .offset_n = offsetof(struct rc_config, n_applications),
	 .target = &applications},
	{.name = "sync", .type = CONFIG_STRUCT, .target = &sync_section},
	{.name = "render", .type = CONFIG_STRUCT, .target = &render_section},
	{.name = "api", .type = CONFIG_STRUCT, .target = &api_section},
	{.name = "log", .type = CONFIG_STRUCT, .target = &log_section},
	TEXT(struct rc_config, state_directory, "stateDirectory"),
	TEXT(struct rc_config, cache_directory, "cacheDirectory"),
	{.name = "terraform", .type = CONFIG_LATER},
	{.name = "validation", .type = CONFIG_LATER},
	{.name = "notifications", .type = CONFIG_LATER},
	{.name = NULL},
};
const struct config_struct config_root = {root_fields, sizeof(struct rc_config), 0};

void config_fail(struct config_reader *reader, unsigned int line, unsigned int column,
		 const char *format, ...)
{
	va_list args;

	reader->n_errors++;
	rc_buf_printf(reader->messages, "%s:%u:%u: error: ", reader->file, line, column);
	va_start(args, format);
	rc_buf_vprintf(reader->messages, format, args);
	va_end(args);
	rc_buf_putc(reader->messages, '\n');
}

static const struct config_field *find_field(const struct config_struct *target, struct rc_str key)
{
	for (const struct config_field *field = target->fields; field->name; field++)
		if (rc_str_is(key, field->name))
			return field;
	return NULL;
}

static void fail_unknown(struct config_reader *reader, const struct rc_yaml_entry *entry,
			 const struct config_struct *target, const char *where)
{
	rc_autofree char *key = rc_str_dup(entry->key);
	rc_autobuf struct rc_buf all = RC_BUF_INIT(4096);
	const char *names[KEYS_MAX], *nearest;
	size_t n = 0;

	for (const struct config_field *field = target->fields; field->name && n < KEYS_MAX;
	     field++) {
		rc_buf_printf(&all, "%s%s", n ? ", " : "", field->name);
		names[n++] = field->name;
	}
	nearest = rc_text_nearest(key, names, n);
	if (nearest)
		config_fail(reader, entry->line, entry->column,
			    "unknown key '%s' in %s; did you mean '%s'?", key, where, nearest);
	else
		config_fail(reader, entry->line, entry->column,
			    "unknown key '%s' in %s; it may hold %s", key, where,
			    rc_buf_text(&all));
}

static void fail_type(struct config_reader *reader, const struct rc_yaml_node *node,
		      const char *where, const char *wanted)
{
	if (node->text.n > 0)
		config_fail(reader, node->line, node->column, "%s: %s is wanted, found %s (%.*s)",
			    where, wanted, rc_yaml_describe(node), (int)node->text.n, node->text.p);
	else
		config_fail(reader, node->line, node->column, "%s: %s is wanted, found %s", where,
			    wanted, rc_yaml_describe(node));
}

static void read_text(struct config_reader *reader, const struct rc_yaml_node *node,
		      const struct config_field *field, const char **to, const char *where)
{
	rc_autobuf struct rc_buf all = RC_BUF_INIT(1024);
	bool found = field->words == NULL;

	if (node->kind != RC_YAML_STRING) {
		fail_type(reader, node, where,
			  node->kind == RC_YAML_BOOL ? "text (in quotes)" : "text");
		return;
	}
	if (node->text.n == 0) {
		config_fail(reader, node->line, node->column, "%s: is empty", where);
		return;
	}
	for (size_t i = 0; field->words && field->words[i]; i++) {
		rc_buf_printf(&all, "%s%s", i ? ", " : "", field->words[i]);
		found = found || rc_str_is(node->text, field->words[i]);
	}
	if (!found) {
		config_fail(reader, node->line, node->column, "%s: '%s' is none of %s", where,
			    node->text.p, rc_buf_text(&all));
		return;
	}
	*to = rc_arena_strndup(reader->arena, node->text.p, node->text.n);
}

static void read_duration(struct config_reader *reader, const struct rc_yaml_node *node,
			  const struct config_field *field, int64_t *to, const char *where)
{
	uint64_t ms = 0;

	if (node->kind == RC_YAML_INT || node->kind == RC_YAML_FLOAT) {
		config_fail(reader, node->line, node->column,
			    "%s: a duration needs a unit, as in %.*ss or %.*sm", where,
			    (int)node->text.n, node->text.p, (int)node->text.n, node->text.p);
		return;
	}
	if (node->kind != RC_YAML_STRING || rc_duration_parse_config(node->text, &ms, NULL) < 0) {
		fail_type(reader, node, where, "a duration as 90s, 3m or 1h30m");
		return;
	}
	if ((int64_t)ms < field->min || (int64_t)ms > field->max) {
		config_fail(reader, node->line, node->column,
			    "%s: %s is out of range; it is %lld s at least and %lld s at most",
			    where, node->text.p, (long long)(field->min / 1000),
			    (long long)(field->max / 1000));
		return;
	}
	*to = (int64_t)ms;
}

static void read_number(struct config_reader *reader, const struct rc_yaml_node *node,
			const struct config_field *field, int64_t *to, const char *where)
{
	if (node->kind != RC_YAML_INT)
		fail_type(reader, node, where, "a whole number");
	else if (node->integer < field->min || node->integer > field->max)
		config_fail(reader, node->line, node->column,
			    "%s: %lld is out of range; it is %lld at least and %lld at most", where,
			    (long long)node->integer, (long long)field->min, (long long)field->max);
	else
		*to = node->integer;
}

/* The item that bears the same name, or a new one at the end. */
static char *place_item(struct config_reader *reader, const struct rc_yaml_node *node,
			const struct config_struct *target, char **items, size_t *n)
{
	const struct rc_yaml_node *name = rc_yaml_get(node, "name");
	size_t size = target->size;

	for (size_t i = 0; name && name->kind == RC_YAML_STRING && i < *n; i++) {
		const char *other = *(const char **)(void *)(*items + i * size);

		if (other && rc_str_is(name->text, other))
			return *items + i * size;
	}
	*items = rc_arena_grow(reader->arena, *items, *n * size, (*n + 1) * size);
	memset(*items + *n * size, 0, size);
	return *items + (*n)++ * size;
}

static void read_structs(struct config_reader *reader, const struct rc_yaml_node *node,
			 const struct config_field *field, char *object, const char *where)
{
	char **items = (char **)(void *)(object + field->offset);
	size_t *n = (size_t *)(void *)(object + field->offset_n);

	if (node->kind != RC_YAML_SEQUENCE) {
		fail_type(reader, node, where, "a list");
		return;
	}
	for (size_t i = 0; i < node->n_items; i++) {
		char *item = place_item(reader, node->items[i], field->target, items, n);
		struct rc_config_place *place =
			(struct rc_config_place *)(void *)(item + field->target->offset_place);

		*place = (struct rc_config_place){reader->file, node->items[i]->line,
						  node->items[i]->column};
		config_decode(reader, node->items[i], field->target, item,
			      rc_arena_printf(reader->arena, "%s[%zu]", where, i));
	}
}

static void read_field(struct config_reader *reader, const struct rc_yaml_entry *entry,
		       const struct config_field *field, char *object, const char *where)
{
	void *to = object + field->offset;

	switch (field->type) {
	case CONFIG_TEXT:
		read_text(reader, entry->value, field, to, where);
		return;
	case CONFIG_DURATION:
		read_duration(reader, entry->value, field, to, where);
		return;
	case CONFIG_NUMBER:
		read_number(reader, entry->value, field, to, where);
		return;
	case CONFIG_STRUCT:
		config_decode(reader, entry->value, field->target, to, where);
		return;
	case CONFIG_STRUCTS:
		read_structs(reader, entry->value, field, object, where);
		return;
	case CONFIG_LATER:
		config_fail(reader, entry->line, entry->column,
			    "%s: this version does not support it yet; take it out", where);
		return;
	}
}

void config_decode(struct config_reader *reader, const struct rc_yaml_node *node,
		   const struct config_struct *target, void *object, const char *where)
{
	if (node->kind == RC_YAML_NULL)
		return;
	if (node->kind != RC_YAML_MAPPING) {
		fail_type(reader, node, where, "a mapping");
		return;
	}
	if (node->duplicate)
		config_fail(reader, node->duplicate->line, node->duplicate->column,
			    "key '%.*s' is there twice", (int)node->duplicate->key.n,
			    node->duplicate->key.p);
	for (size_t i = 0; i < node->n_entries; i++) {
		const struct rc_yaml_entry *entry = &node->entries[i];
		const struct config_field *field = find_field(target, entry->key);
		const char *path =
			target == &config_root
				? rc_arena_strndup(reader->arena, entry->key.p, entry->key.n)
				: rc_arena_printf(reader->arena, "%s.%.*s", where,
						  (int)entry->key.n, entry->key.p);

		if (field)
			read_field(reader, entry, field, object, path);
		else
			fail_unknown(reader, entry, target, where);
	}
	for (const struct config_field *field = target->fields; field->name; field++)
		if (field->required && !*(const char **)(void *)((char *)object + field->offset))
			config_fail(reader, node->line, node->column, "%s: '%s' is missing", where,
				    field->name);
}
