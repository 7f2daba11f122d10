/* .Files: Get, GetBytes, Lines, Glob, AsConfig, AsSecrets. */
#include <errno.h>

#include "data/base64.h"
#include "data/glob.h"
#include "helm/encode.h"
#include "helm/objects.h"

static struct rc_value files_value(struct rc_arena *arena);

static const struct rc_value_map *map_of(const void *object)
{
	return object;
}

static int get(struct rc_value_call *call, const struct rc_value_map *files, bool bytes,
	       struct rc_value *ret)
{
	const struct rc_value *found = rc_value_map_get(files, call->args[0].text);

	*ret = found ? *found : (struct rc_value){.kind = RC_VALUE_BYTES, .text = RC_STR("")};
	if (!bytes)
		ret->kind = RC_VALUE_STRING;
	ret->boxed = false;
	return 1;
}

static int lines(struct rc_value_call *call, const struct rc_value_map *files, struct rc_value *ret)
{
	const struct rc_value *found = rc_value_map_get(files, call->args[0].text);
	struct rc_str rest;

	*ret = rc_value_list_new(call->arena, RC_VALUE_STRINGS, 0);
	if (!found)
		return 1;
	rest = found->text;
	if (rest.n == 0)
		return rc_fail(call->err, -EINVAL, "runtime error: index out of range [-1]");
	if (rest.p[rest.n - 1] == '\n')
		rest.n--;
	for (;;) {
		ptrdiff_t end = rc_str_index(rest, '\n');

		rc_value_list_add(
			call->arena, *ret,
			rc_value_str((struct rc_str){rest.p, end < 0 ? rest.n : (size_t)end}));
		if (end < 0)
			return 1;
		rest.p += end + 1;
		rest.n -= (size_t)end + 1;
	}
}

static int glob(struct rc_value_call *call, const struct rc_value_map *files, struct rc_value *ret)
{
	struct rc_glob *pattern = NULL;
	int r = rc_glob_compile_open(call->args[0].text, '/', &pattern, NULL);

	/* A bad pattern is as good as "**". */
	*ret = files_value(call->arena);
	for (size_t i = 0; i < files->n; i++)
		if (r < 0 || rc_glob_match(pattern, files->entries[i].key))
			rc_value_map_set(call->arena, ret->map, files->entries[i].key,
					 files->entries[i].value);
	rc_glob_free(pattern);
	return 1;
}

static struct rc_str base_name(struct rc_str path)
{
	const char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;

	if (!slash)
		return path;
	return (struct rc_str){slash + 1, path.n - (size_t)(slash + 1 - path.p)};
}

static int as_yaml(struct rc_value_call *call, const struct rc_value_map *files, bool secrets,
		   struct rc_value *ret)
{
	struct rc_value map = rc_value_map_new(call->arena, RC_VALUE_ANY, files->n);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	for (size_t i = 0; i < files->n; i++) {
		rc_autobuf struct rc_buf encoded = RC_BUF_INIT(RC_BUF_UNLIMITED);
		struct rc_str data = files->entries[i].value.text;

		if (secrets) {
			rc_base64_encode(data, &encoded);
			data = rc_arena_str(call->arena, rc_buf_str(&encoded));
		}
		rc_value_map_set(call->arena, map.map, base_name(files->entries[i].key),
				 rc_value_str(data));
	}
	rc_helm_encode_yaml(&text, map);
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(&text)));
	return 1;
}

static const struct rc_value_method file_methods[] = {
	{"Get", "s", NULL},	{"GetBytes", "s", NULL}, {"Lines", "s", NULL}, {"Glob", "s", NULL},
	{"AsConfig", "", NULL}, {"AsSecrets", "", NULL}, {NULL, NULL, NULL},
};

static int files_call(const void *object, struct rc_str name, struct rc_value_call *call,
		      struct rc_value *ret)
{
	if (rc_str_is(name, "Get") || rc_str_is(name, "GetBytes"))
		return get(call, map_of(object), name.n > 3, ret);
	if (rc_str_is(name, "Lines"))
		return lines(call, map_of(object), ret);
	if (rc_str_is(name, "Glob"))
		return glob(call, map_of(object), ret);
	return as_yaml(call, map_of(object), rc_str_is(name, "AsSecrets"), ret);
}

static const struct rc_value_type files_methods = {
	.name = "engine.files", .methods = file_methods, .call = files_call};

static struct rc_value files_value(struct rc_arena *arena)
{
	struct rc_value map = rc_value_map_new(arena, RC_VALUE_FILES, 0);

	map.map->methods = &files_methods;
	map.named = true;
	return map;
}

struct rc_value rc_helm_objects_files(struct rc_arena *arena, const struct rc_helm_files *files)
{
	struct rc_value map = files_value(arena);

	for (size_t i = 0; i < files->n; i++)
		rc_value_map_set(
			arena, map.map, files->at[i].name,
			(struct rc_value){.kind = RC_VALUE_BYTES, .text = files->at[i].bytes});
	return map;
}
