/* The two annotations, read. */
#include "gitops/application-stacks.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "data/yaml.h"

#define DEPENDS_ON  "reconciled.io/depends-on"
#define VALUES_FROM "reconciled.io/values-from"
#define PREFIX	    "terraform/"

static int read_stack(struct rc_arena *arena, struct rc_str text, const char **ret_name,
		      struct rc_error **err)
{
	size_t n = sizeof(PREFIX) - 1;

	if (text.n <= n || memcmp(text.p, PREFIX, n) != 0 || memchr(text.p + n, '/', text.n - n)) {
		rc_fail(err, -EINVAL, DEPENDS_ON ": '%.*s' is nothing to wait for", (int)text.n,
			text.p);
		rc_hint(err, "write terraform/STACK, several with ',' between");
		return -EINVAL;
	}
	*ret_name = rc_arena_strndup(arena, text.p + n, text.n - n);
	return 0;
}

static int read_depends_on(struct rc_application_stacks *stacks, struct rc_arena *arena,
			   const char *text, struct rc_error **err)
{
	const char **names;
	size_t n = 0, most = 2;

	for (const char *p = text; *p; p++)
		most += *p == ',';
	names = rc_arena_alloc(arena, most * sizeof(*names));
	while (*text) {
		size_t length = strcspn(text, ",");
		struct rc_str one = rc_str_trim((struct rc_str){text, length}, " \t\r\n");
		int r = one.n ? read_stack(arena, one, &names[n], err) : 0;

		if (r < 0)
			return r;
		n += one.n > 0;
		text += length + (text[length] == ',');
	}
	names[n] = NULL;
	stacks->depends_on = names;
	return 0;
}

static int read_output(struct rc_application_output *output, struct rc_arena *arena,
		       const char *path, const json_t *from, struct rc_error **err)
{
	const char *text = json_string_value(from);
	const char *name =
		text && rc_text_has_prefix(text, PREFIX) ? text + sizeof(PREFIX) - 1 : NULL;
	const char *slash = name ? strchr(name, '/') : NULL;

	if (!name || !*name || slash == name || (slash && (!slash[1] || strchr(slash + 1, '/')))) {
		rc_fail(err, -EINVAL, VALUES_FROM ": %s: '%s' is no output of a stack", path,
			text ? text : "what stands there");
		rc_hint(err, "write terraform/STACK/OUTPUT, or terraform/STACK for all of them");
		return -EINVAL;
	}
	output->path = rc_arena_strdup(arena, path);
	output->stack = slash ? rc_arena_strndup(arena, name, (size_t)(slash - name))
			      : rc_arena_strdup(arena, name);
	output->output = slash ? rc_arena_strdup(arena, slash + 1) : NULL;
	return 0;
}

static int read_values_from(struct rc_application_stacks *stacks, struct rc_arena *arena,
			    const char *text, struct rc_error **err)
{
	struct rc_yaml_options options = {.file = VALUES_FROM};
	struct rc_yaml_node *node = NULL;
	json_auto_t *mapping = NULL;
	const char *path;
	json_t *from;
	int r = rc_yaml_parse(arena, rc_str(text), &options, &node, err);

	if (r == 0)
		r = rc_yaml_to_json(node, &mapping, err);
	if (r < 0)
		return r;
	if (!json_is_object(mapping))
		return rc_fail(err, -EINVAL,
			       VALUES_FROM ": a mapping of values to outputs is wanted, found %s",
			       rc_yaml_describe(node));
	stacks->outputs =
		rc_arena_alloc(arena, (json_object_size(mapping) + 1) * sizeof(*stacks->outputs));
	json_object_foreach (mapping, path, from) {
		r = read_output(&stacks->outputs[stacks->n_outputs], arena, path, from, err);
		if (r < 0)
			return r;
		stacks->n_outputs++;
	}
	return 0;
}

int rc_application_stacks_read(struct rc_application_stacks *stacks, struct rc_arena *arena,
			       const json_t *annotations, struct rc_error **err)
{
	const char *depends_on = rc_json_text(annotations, DEPENDS_ON, NULL);
	const char *values_from = rc_json_text(annotations, VALUES_FROM, NULL);
	int r = depends_on ? read_depends_on(stacks, arena, depends_on, err) : 0;

	if (r == 0 && values_from)
		r = read_values_from(stacks, arena, values_from, err);
	return r;
}

/* The first name of a path, without its backslashes; *path goes on behind it. */
static char *cut_name(const char **path)
{
	const char *p = *path;
	char *name = rc_malloc(strlen(p) + 1);
	size_t n = 0;

	while (*p && *p != '.') {
		p += p[0] == '\\' && p[1];
		name[n++] = *p++;
	}
	name[n] = '\0';
	*path = p + (*p == '.');
	return name;
}

void rc_application_stacks_set(json_t *values, const char *path, json_t *value)
{
	rc_autofree char *name = cut_name(&path);

	while (*path) {
		json_t *inner = json_object_get(values, name);

		if (!json_is_object(inner)) {
			inner = json_object();
			json_object_set_new(values, name, inner);
		}
		values = inner;
		free(name);
		name = cut_name(&path);
	}
	json_object_set_new(values, name, value);
}
