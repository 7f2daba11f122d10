/* sprig's dictionaries: set, unset and merge change what they are given, the others copy. */
#include <errno.h>

#include "template/func.h"

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)

static int run_dict(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_map_new(call->arena, RC_VALUE_ANY, call->n_args / 2 + 1);
	for (size_t i = 0; i < call->n_args; i += 2)
		rc_value_map_set(call->arena, ret->map, rc_value_format(call->arena, call->args[i]),
				 i + 1 < call->n_args ? call->args[i + 1]
						      : rc_value_str(RC_STR("")));
	return 0;
}

static int run_get(struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_value *found = rc_value_map_get(call->args[0].map, call->args[1].text);

	*ret = found ? *found : rc_value_str(RC_STR(""));
	return 0;
}

static int run_set(struct rc_value_call *call, struct rc_value *ret)
{
	if (call->args[0].map->is_nil)
		return fail(call, "assignment to entry in nil map");
	rc_value_map_set(call->arena, call->args[0].map, call->args[1].text, call->args[2]);
	*ret = call->args[0];
	return 0;
}

static int run_unset(struct rc_value_call *call, struct rc_value *ret)
{
	rc_value_map_unset(call->args[0].map, call->args[1].text);
	*ret = call->args[0];
	return 0;
}

static int run_has_key(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_bool(rc_value_map_get(call->args[0].map, call->args[1].text) != NULL);
	return 0;
}

static int run_keys(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_list_new(call->arena, RC_VALUE_STRINGS, 0);
	for (size_t i = 0; i < call->n_args; i++) {
		const struct rc_value_map *map = call->args[i].map;

		for (size_t j = 0; j < map->n; j++)
			rc_value_list_add(call->arena, *ret, rc_value_str(map->entries[j].key));
	}
	return 0;
}

static int run_values(struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_value_map *map = call->args[0].map;

	*ret = rc_value_list_new(call->arena, RC_VALUE_ANY, map->n);
	for (size_t j = 0; j < map->n; j++)
		rc_value_list_add(call->arena, *ret, map->entries[j].value);
	rc_value_list_appended(*ret, 0, false);
	return 0;
}

static int run_pick(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_map_new(call->arena, RC_VALUE_ANY, call->n_args);
	for (size_t i = 1; i < call->n_args; i++) {
		const struct rc_value *found =
			rc_value_map_get(call->args[0].map, call->args[i].text);

		if (found)
			rc_value_map_set(call->arena, ret->map, call->args[i].text, *found);
	}
	return 0;
}

static int run_omit(struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_value_map *map = call->args[0].map;

	*ret = rc_value_map_new(call->arena, RC_VALUE_ANY, map->n);
	for (size_t i = 0; i < map->n; i++)
		rc_value_map_set(call->arena, ret->map, map->entries[i].key, map->entries[i].value);
	for (size_t i = 1; i < call->n_args; i++)
		rc_value_map_unset(ret->map, call->args[i].text);
	return 0;
}

static int run_pluck(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_list_new(call->arena, RC_VALUE_ANY, call->n_args);
	for (size_t i = 1; i < call->n_args; i++) {
		const struct rc_value *found =
			rc_value_map_get(call->args[i].map, call->args[0].text);

		if (found)
			rc_value_list_add(call->arena, *ret, *found);
	}
	rc_value_list_appended(*ret, 0, false);
	return 0;
}

/* Go's words for a value that is not of the type that is asked for. */
static int fail_conversion(struct rc_value_call *call, struct rc_value value, const char *wanted)
{
	return fail(call, "interface conversion: interface {} is %s, not %s",
		    rc_value_is_nil(value) ? "nil" : rc_value_type_name(value), wanted);
}

static bool is_plain_map(struct rc_value value)
{
	return value.kind == RC_VALUE_MAP && !value.named && value.map->flavour == RC_VALUE_ANY;
}

/* dig KEY... DEFAULT MAP: the map is looked at first, then all the keys. */
static int run_dig(struct rc_value_call *call, struct rc_value *ret)
{
	size_t n = call->n_args;
	struct rc_value at;

	if (n < 3)
		return fail(call, "dig needs at least three arguments");
	at = call->args[n - 1];
	if (!is_plain_map(at))
		return fail_conversion(call, at, "map[string]interface {}");
	for (size_t i = 0; i + 2 < n; i++)
		if (call->args[i].kind != RC_VALUE_STRING)
			return fail_conversion(call, call->args[i], "string");
	for (size_t i = 0; i + 2 < n; i++) {
		const struct rc_value *found;

		if (!is_plain_map(at))
			return fail_conversion(call, at, "map[string]interface {}");
		found = rc_value_map_get(at.map, call->args[i].text);
		if (!found) {
			*ret = call->args[n - 2];
			return 0;
		}
		at = *found;
	}
	*ret = at;
	return 0;
}

/* mergo: what is empty in to is filled; maps go deep and are linked, not copied. */
static void merge(struct rc_value_call *call, struct rc_value_map *to,
		  const struct rc_value_map *from, bool overwrite)
{
	for (size_t i = 0; i < from->n; i++) {
		struct rc_value *old = rc_value_map_get(to, from->entries[i].key);
		struct rc_value new = from->entries[i].value;

		/* A null takes no place but that of something it may overwrite. */
		if (rc_value_is_nil(new) && !overwrite)
			continue;
		if (old && old->kind == RC_VALUE_MAP && new.kind == RC_VALUE_MAP)
			merge(call, old->map, new.map, overwrite);
		else if (!old || overwrite || !rc_value_is_true(*old))
			rc_value_map_set(call->arena, to, from->entries[i].key, new);
	}
}

/* A nil map to merge into becomes one with the first that is a map. */
static int merge_all(struct rc_value_call *call, struct rc_value *ret, bool overwrite)
{
	struct rc_value to = call->args[0];

	for (size_t i = 1; i < call->n_args; i++) {
		if (call->args[i].map->is_nil)
			continue;
		if (to.map->is_nil)
			to = rc_value_map_new(call->arena, RC_VALUE_ANY, 4);
		merge(call, to.map, call->args[i].map, overwrite);
	}
	*ret = to;
	return 0;
}

static int run_merge(struct rc_value_call *call, struct rc_value *ret)
{
	return merge_all(call, ret, false);
}

static int run_merge_overwrite(struct rc_value_call *call, struct rc_value *ret)
{
	return merge_all(call, ret, true);
}

static int run_deep_copy(struct rc_value_call *call, struct rc_value *ret)
{
	if (rc_value_is_nil(call->args[0]))
		return fail(call, "reflect: call of reflect.Value.Type on zero Value");
	*ret = rc_value_copy(call->arena, call->args[0]);
	return 0;
}

const struct rc_template_func rc_template_func_map[] = {
	{"dict", "a*", run_dict},
	{"get", "Ms", run_get},
	{"set", "Msa", run_set},
	{"unset", "Ms", run_unset},
	{"hasKey", "Ms", run_has_key},
	{"keys", "M*", run_keys},
	{"values", "M", run_values},
	{"pick", "Ms*", run_pick},
	{"omit", "Ms*", run_omit},
	{"pluck", "sM*", run_pluck},
	{"dig", "a*", run_dig},
	{"merge", "MM*", run_merge},
	{"mustMerge", "MM*", run_merge},
	{"mergeOverwrite", "MM*", run_merge_overwrite},
	{"mustMergeOverwrite", "MM*", run_merge_overwrite},
	{"deepCopy", "a", run_deep_copy},
	{"mustDeepCopy", "a", run_deep_copy},
	{NULL, NULL, NULL},
};
