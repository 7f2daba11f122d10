/* One block an object: the struct, its key's texts, its versions, then the JSON text. */
#include "kube/shelf.h"

#include <string.h>

#include <utlist.h>

#include "base/memory.h"
#include "base/sort.h"
#include "base/str.h"
#include "data/json.h"
#include "kube/apply.h"

/* The objects whose label has one value; there as long as there is one. */
struct shelf_group {
	UT_hash_handle hh; /* by label */
	struct rc_kube_shelved *objects;
	size_t n;
	char label[];
};

/* ---- one object ---- */

/* The four texts of a key, each with its NUL; the caller's to free. */
static char *flatten(const struct rc_kube_key *key, size_t *ret_n)
{
	const char *parts[] = {key->group, key->kind, key->name_space, key->name};
	size_t n = 0, at = 0;
	char *flat;

	for (size_t i = 0; i < RC_ARRAY_SIZE(parts); i++)
		n += strlen(parts[i]) + 1;
	flat = rc_malloc(n);
	for (size_t i = 0; i < RC_ARRAY_SIZE(parts); i++) {
		size_t length = strlen(parts[i]) + 1;

		memcpy(flat + at, parts[i], length);
		at += length;
	}
	*ret_n = n;
	return flat;
}

static const char *put(char **at, const char *text)
{
	size_t n = strlen(text) + 1;
	char *start = *at;

	memcpy(start, text, n);
	*at += n;
	return start;
}

/* FNV-1a; only for telling one's own texts apart. */
static uint64_t hash_text(struct rc_str text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < text.n; i++)
		hash = (hash ^ (unsigned char)text.p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* Of managedFields those of others that are kept, without their times. The caller's; NULL: none. */
static json_t *list_others(const json_t *metadata)
{
	json_t *others = NULL, *entry;
	size_t i;

	json_array_foreach (json_object_get(metadata, "managedFields"), i, entry) {
		json_t *copy;

		if (rc_text_equal(rc_json_text(entry, "manager", NULL), RC_KUBE_FIELD_MANAGER))
			continue;
		copy = json_copy(entry);
		json_object_del(copy, "time");
		others = others ? others : json_array();
		json_array_append_new(others, copy);
	}
	return others;
}

/* What a change means: everything but the counters and what controllers report. */
static uint64_t hash_object(const json_t *object)
{
	json_auto_t *copy = json_copy((json_t *)(uintptr_t)object);
	json_auto_t *metadata = json_copy(json_object_get(object, "metadata"));
	json_t *others;
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	json_object_del(copy, "status");
	json_object_del(metadata, "resourceVersion");
	others = list_others(metadata);
	json_object_del(metadata, "managedFields");
	if (others)
		json_object_set_new(metadata, "managedFields", others);
	json_object_set(copy, "metadata", metadata);
	rc_json_write(&text, copy);
	return hash_text(rc_buf_str(&text));
}

struct rc_kube_shelved *rc_kube_shelf_pack(const struct rc_kube_key *key, const json_t *json,
					   const char *label)
{
	const char *uid = rc_kube_object_get_meta(json, "uid");
	const char *version = rc_kube_object_get_meta(json, "resourceVersion");
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	rc_autofree char *flat = NULL;
	struct rc_kube_shelved *object;
	size_t n_key, n;
	char *at;

	rc_json_write(&text, json);
	flat = flatten(key, &n_key);
	n = n_key + strlen(uid) + strlen(version) + strlen(label) + 3 + text.n + 1;
	object = rc_calloc(1, sizeof(*object) + n);
	memcpy(object->text, flat, n_key);
	at = object->text;
	object->live.key.group = at;
	object->live.key.kind = at += strlen(at) + 1;
	object->live.key.name_space = at += strlen(at) + 1;
	object->live.key.name = at += strlen(at) + 1;
	at += strlen(at) + 1;
	object->live.uid = put(&at, uid);
	object->live.resource_version = put(&at, version);
	object->live.label = put(&at, label);
	object->live.hash = hash_object(json);
	object->live.size_bytes = text.n + 1;
	memcpy(at, rc_buf_text(&text), text.n + 1);
	return object;
}

json_t *rc_kube_shelf_unpack(const struct rc_kube_shelved *object)
{
	const char *text = object->live.label + strlen(object->live.label) + 1;

	return json_loads(text, JSON_DECODE_ANY, NULL);
}

/* ---- the shelf ---- */

struct rc_kube_shelved *rc_kube_shelf_find(const struct rc_kube_shelf *shelf,
					   const struct rc_kube_key *key)
{
	struct rc_kube_shelved *object;
	size_t n;
	rc_autofree char *flat = flatten(key, &n);

	HASH_FIND(hh, shelf->objects, flat, n, object);
	return object;
}

static struct shelf_group *find_group(const struct rc_kube_shelf *shelf, const char *label)
{
	struct shelf_group *group;

	HASH_FIND_STR(shelf->groups, label, group);
	return group;
}

void rc_kube_shelf_insert(struct rc_kube_shelf *shelf, struct rc_kube_shelved *object)
{
	const char *label = object->live.label;
	struct shelf_group *group = find_group(shelf, label);

	if (!group) {
		group = rc_calloc(1, sizeof(*group) + strlen(label) + 1);
		memcpy(group->label, label, strlen(label) + 1);
		HASH_ADD_KEYPTR(hh, shelf->groups, group->label, strlen(label), group);
	}
	object->group = group;
	group->n++;
	DL_APPEND(group->objects, object);
	HASH_ADD_KEYPTR(hh, shelf->objects, object->text, (size_t)(object->live.uid - object->text),
			object);
	shelf->bytes += object->live.size_bytes;
}

/* Out of the cache; it is the caller's now. */
void rc_kube_shelf_take_out(struct rc_kube_shelf *shelf, struct rc_kube_shelved *object)
{
	struct shelf_group *group = object->group;

	HASH_DEL(shelf->objects, object);
	DL_DELETE(group->objects, object);
	if (--group->n == 0) {
		HASH_DEL(shelf->groups, group);
		free(group);
	}
	shelf->bytes -= object->live.size_bytes;
}

static int compare_objects(const void *a, const void *b)
{
	const struct rc_kube_shelved *const *x = a, *const *y = b;

	return rc_kube_object_compare_keys(&(*x)->live.key, &(*y)->live.key);
}

void rc_kube_shelf_each(const struct rc_kube_shelf *shelf, const char *value,
			void (*fn)(void *userdata, const struct rc_kube_live *live), void *userdata)
{
	const struct shelf_group *group = value ? find_group(shelf, value) : NULL;
	size_t max = value ? (group ? group->n : 0) : HASH_COUNT(shelf->objects), n = 0;
	rc_autofree struct rc_kube_shelved **sorted = rc_calloc(max + 1, sizeof(*sorted));
	struct rc_kube_shelved *object, *next;

	if (!value)
		HASH_ITER (hh, shelf->objects, object, next)
			sorted[n++] = object;
	else if (group)
		DL_FOREACH (group->objects, object)
			sorted[n++] = object;
	rc_sort(sorted, n, sizeof(*sorted), compare_objects);
	for (size_t i = 0; i < n; i++)
		fn(userdata, &sorted[i]->live);
}
