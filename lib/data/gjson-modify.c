/* What GJSON calls modifiers. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/gjson-private.h"
#include "data/json.h"

static json_t *share(const json_t *json)
{
	return json_incref((json_t *)(uintptr_t)json);
}

/* An option of a modifier: {"deep": true}. */
static bool is_asked(const char *argument, const char *option)
{
	json_auto_t *options = *argument ? json_loads(argument, 0, NULL) : NULL;

	return json_is_true(json_object_get(options, option));
}

static json_t *modify_this(const json_t *json, const char *argument)
{
	(void)argument;
	return share(json);
}

/* Of an object the members are turned round, too; sorted keys do not show it. */
static json_t *modify_reverse(const json_t *json, const char *argument)
{
	json_t *list;

	(void)argument;
	if (!json_is_array(json))
		return share(json);
	list = json_array();
	for (size_t i = json_array_size(json); i > 0; i--)
		json_array_append(list, json_array_get(json, i - 1));
	return list;
}

static void flatten_into(json_t *list, const json_t *json, bool deep, bool is_top)
{
	json_t *item;
	size_t i;

	json_array_foreach (json, i, item) {
		if (json_is_array(item) && (is_top || deep))
			flatten_into(list, item, deep, false);
		else
			json_array_append(list, item);
	}
}

static json_t *modify_flatten(const json_t *json, const char *argument)
{
	json_t *list;

	if (!json_is_array(json))
		return share(json);
	list = json_array();
	flatten_into(list, json, is_asked(argument, "deep"), true);
	return list;
}

static json_t *modify_join(const json_t *json, const char *argument)
{
	json_t *joined, *item;
	size_t i;

	(void)argument; /* keys that are there twice cannot be kept here */
	if (!json_is_array(json))
		return share(json);
	joined = json_object();
	json_array_foreach (json, i, item)
		if (json_is_object(item))
			json_object_update(joined, item);
	return joined;
}

static json_t *modify_keys(const json_t *json, const char *argument)
{
	rc_autofree const char **keys = rc_json_sort_keys(json);
	json_t *list = json_array();

	(void)argument;
	for (size_t i = 0; i < json_array_size(json); i++)
		json_array_append_new(list, json_null());
	for (size_t i = 0; keys[i]; i++)
		json_array_append_new(list, json_string(keys[i]));
	return list;
}

static json_t *modify_values(const json_t *json, const char *argument)
{
	rc_autofree const char **keys = rc_json_sort_keys(json);
	json_t *list;

	(void)argument;
	if (json_is_array(json))
		return share(json);
	list = json_array();
	for (size_t i = 0; keys[i]; i++)
		json_array_append(list, json_object_get(json, keys[i]));
	return list;
}

static json_t *modify_valid(const json_t *json, const char *argument)
{
	(void)argument;
	return share(json);
}

static json_t *modify_tostr(const json_t *json, const char *argument)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	(void)argument;
	rc_json_write(&text, json);
	return json_stringn(rc_buf_text(&text), text.n);
}

static json_t *modify_fromstr(const json_t *json, const char *argument)
{
	(void)argument;
	return json_is_string(json) ? json_loads(json_string_value(json), JSON_DECODE_ANY, NULL)
				    : share(json);
}

/* {"a": [1, 2], "b": [3, 4]} -> [{"a": 1, "b": 3}, {"a": 2, "b": 4}] */
static json_t *modify_group(const json_t *json, const char *argument)
{
	rc_autofree const char **keys = rc_json_sort_keys(json);
	json_t *list, *item;
	size_t i;

	(void)argument;
	if (!json_is_object(json))
		return NULL;
	list = json_array();
	for (size_t k = 0; keys[k]; k++)
		json_array_foreach (json_object_get(json, keys[k]), i, item) {
			if (i == json_array_size(list))
				json_array_append_new(list, json_object());
			json_object_set(json_array_get(list, i), keys[k], item);
		}
	return list;
}

/* What a path finds at any depth. */
static void dig(const json_t *json, const char *path, json_t *found)
{
	rc_autofree const char **keys = rc_json_sort_keys(json);
	json_auto_t *here = rc_gjson_get(json, path);
	json_t *item;
	size_t i;

	if (here)
		json_array_append(found, here);
	json_array_foreach (json, i, item)
		dig(item, path, found);
	for (size_t k = 0; keys[k]; k++)
		dig(json_object_get(json, keys[k]), path, found);
}

static json_t *modify_dig(const json_t *json, const char *argument)
{
	json_t *found = json_array();

	dig(json, argument, found);
	return found;
}

static const struct {
	const char *name;
	json_t *(*run)(const json_t *json, const char *argument);
} modifiers[] = {
	{"this", modify_this},	     {"ugly", modify_this},   {"reverse", modify_reverse},
	{"flatten", modify_flatten}, {"join", modify_join},   {"keys", modify_keys},
	{"values", modify_values},   {"valid", modify_valid}, {"tostr", modify_tostr},
	{"fromstr", modify_fromstr}, {"group", modify_group}, {"dig", modify_dig},
};

static size_t find(const char *name, size_t n)
{
	size_t i = 0;

	while (i < RC_ARRAY_SIZE(modifiers) &&
	       (strlen(modifiers[i].name) != n || strncmp(modifiers[i].name, name, n) != 0))
		i++;
	return i;
}

bool rc_gjson_modify_is_known(const char *name, size_t n)
{
	return find(name, n) < RC_ARRAY_SIZE(modifiers);
}

json_t *rc_gjson_modify(const char *name, size_t n, const json_t *json, const char *argument)
{
	return modifiers[find(name, n)].run(json, argument);
}
