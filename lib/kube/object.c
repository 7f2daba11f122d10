/* Names of objects. */
#include "kube/object.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"

const char *rc_kube_object_split_version(const char *api_version, char **ret_group)
{
	const char *slash = strchr(api_version, '/');

	*ret_group = slash ? rc_strndup(api_version, (size_t)(slash - api_version)) : rc_strdup("");
	return slash ? slash + 1 : api_version;
}

static const char *put(char **at, const char *text)
{
	size_t n = strlen(text) + 1;
	char *start = *at;

	memcpy(start, text, n);
	*at += n;
	return start;
}

struct rc_kube_key *rc_kube_object_dup_key(const struct rc_kube_key *key)
{
	size_t n = strlen(key->group) + strlen(key->kind) + strlen(key->name_space) +
		   strlen(key->name) + 4;
	struct rc_kube_key *copy = rc_malloc(sizeof(*copy) + n);
	char *at = (char *)(copy + 1);

	copy->group = put(&at, key->group);
	copy->kind = put(&at, key->kind);
	copy->name_space = put(&at, key->name_space);
	copy->name = put(&at, key->name);
	return copy;
}

int rc_kube_object_get_key(const json_t *object, struct rc_kube_key **ret_key,
			   struct rc_error **err)
{
	const char *api_version = rc_json_text(object, "apiVersion", NULL);
	const char *kind = rc_json_text(object, "kind", NULL);
	rc_autofree char *group = NULL;
	struct rc_kube_key key;

	if (!api_version || !*api_version)
		return rc_fail(err, -EINVAL, "the object has no apiVersion");
	if (!kind || !*kind)
		return rc_fail(err, -EINVAL, "the object has no kind");
	rc_kube_object_split_version(api_version, &group);
	key = (struct rc_kube_key){
		.group = group,
		.kind = kind,
		.name_space = rc_kube_object_get_meta(object, "namespace"),
		.name = rc_kube_object_get_meta(object, "name"),
	};
	*ret_key = rc_kube_object_dup_key(&key);
	return 0;
}

int rc_kube_object_compare_keys(const struct rc_kube_key *a, const struct rc_kube_key *b)
{
	int r = strcmp(a->group, b->group);

	if (r == 0)
		r = strcmp(a->kind, b->kind);
	if (r == 0)
		r = strcmp(a->name_space, b->name_space);
	return r ? r : strcmp(a->name, b->name);
}

char *rc_kube_object_format_key(const struct rc_kube_key *key)
{
	return rc_asprintf("%s%s%s %s%s%s", key->group, *key->group ? "/" : "", key->kind,
			   key->name_space, *key->name_space ? "/" : "", key->name);
}

const char *rc_kube_object_get_meta(const json_t *object, const char *field)
{
	const char *text = rc_json_text(object, "metadata", field, NULL);

	return text ? text : "";
}

const char *rc_kube_object_get_label(const json_t *object, const char *name)
{
	return rc_json_text(object, "metadata", "labels", name, NULL);
}

const char *rc_kube_object_get_annotation(const json_t *object, const char *name)
{
	return rc_json_text(object, "metadata", "annotations", name, NULL);
}

static json_t *make_map(json_t *parent, const char *name)
{
	json_t *map = json_object_get(parent, name);

	if (!json_is_object(map)) {
		map = json_object();
		json_object_set_new(parent, name, map);
	}
	return map;
}

static void set(json_t *object, const char *map, const char *name, const char *value)
{
	json_t *metadata;

	if (!value) {
		json_t *values = rc_json_get(object, "metadata", map, NULL);

		if (values && json_object_del(values, name) == 0 && json_object_size(values) == 0)
			json_object_del(json_object_get(object, "metadata"), map);
		return;
	}
	metadata = make_map(object, "metadata");
	json_object_set_new(make_map(metadata, map), name, json_string(value));
}

void rc_kube_object_set_label(json_t *object, const char *name, const char *value)
{
	set(object, "labels", name, value);
}

void rc_kube_object_set_annotation(json_t *object, const char *name, const char *value)
{
	set(object, "annotations", name, value);
}
