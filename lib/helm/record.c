/* Structs made of fields. */
#include "helm/record.h"

#include <ctype.h>

#include "helm/objects.h"

bool rc_helm_record_get(const void *object, struct rc_str name, struct rc_arena *arena,
			struct rc_value *ret)
{
	const struct rc_helm_record *record = object;
	const struct rc_value *found = rc_value_map_get(record->fields.map, name);

	(void)arena;
	if (record->embedded.kind == RC_VALUE_OBJECT && rc_str_is(name, "Metadata")) {
		*ret = record->embedded;
		return true;
	}
	if (!found && record->embedded.kind == RC_VALUE_OBJECT)
		return rc_helm_record_get(record->embedded.object, name, arena, ret);
	if (found)
		*ret = *found;
	return found != NULL;
}

bool rc_helm_record_field(const void *object, size_t i, struct rc_value_field *ret)
{
	const struct rc_helm_record *record = object;

	if (record->embedded.kind == RC_VALUE_OBJECT && i-- == 0) {
		*ret = (struct rc_value_field){"Metadata", record->embedded};
		return true;
	}
	if (!record->order[i])
		return false;
	*ret = (struct rc_value_field){
		record->order[i], *rc_value_map_get(record->fields.map, rc_str(record->order[i]))};
	return true;
}

void rc_helm_record_print(const void *object, struct rc_buf *buf)
{
	const struct rc_helm_record *record = object;

	rc_buf_putc(buf, '{');
	if (record->embedded.kind == RC_VALUE_OBJECT) {
		rc_value_print(buf, record->embedded);
		rc_buf_putc(buf, ' ');
	}
	for (size_t i = 0; record->order[i]; i++) {
		if (i > 0)
			rc_buf_putc(buf, ' ');
		rc_value_print(buf,
			       *rc_value_map_get(record->fields.map, rc_str(record->order[i])));
	}
	rc_buf_putc(buf, '}');
}

void rc_helm_record_print_pointer(const void *object, struct rc_buf *buf)
{
	rc_buf_putc(buf, '&');
	rc_helm_record_print(object, buf);
}

void rc_helm_record_print_first(const void *object, struct rc_buf *buf)
{
	const struct rc_helm_record *record = object;

	rc_value_print(buf, *rc_value_map_get(record->fields.map, rc_str(record->order[0])));
}

struct rc_value rc_helm_record_new(struct rc_arena *arena, const struct rc_value_type *type,
				   const struct rc_helm_record_field *fields, size_t n)
{
	struct rc_helm_record *record = rc_arena_new0(arena, struct rc_helm_record);
	const char **order = rc_arena_alloc(arena, (n + 1) * sizeof(*order));
	const char **json = rc_arena_alloc(arena, (n + 1) * sizeof(*json));

	record->fields = rc_value_map_new(arena, RC_VALUE_ANY, n);
	record->embedded = rc_value_nil();
	for (size_t i = 0; i < n; i++) {
		order[i] = fields[i].name;
		json[i] = fields[i].json;
		rc_value_map_set(arena, record->fields.map, rc_str(fields[i].name),
				 fields[i].value);
	}
	order[n] = json[n] = NULL;
	record->order = order;
	record->json = json;
	return rc_value_object(type, record);
}

bool rc_helm_record_is(struct rc_value value)
{
	return value.kind == RC_VALUE_OBJECT && value.type->get == rc_helm_record_get;
}

/* At the end, whatever the order: such a map is only written out, in its struct's order. */
static void append(struct rc_arena *arena, struct rc_value_map *map, struct rc_str key,
		   struct rc_value value)
{
	struct rc_value_entry entry = {key, value};

	if (map->n == map->room) {
		size_t room = map->room ? map->room * 2 : 8;

		map->entries = rc_arena_grow(arena, map->entries, map->n * sizeof(entry),
					     room * sizeof(entry));
		map->room = room;
	}
	map->entries[map->n++] = entry;
}

static void add_fields(struct rc_arena *arena, const struct rc_helm_record *record,
		       struct rc_value map)
{
	for (size_t i = 0; record->order[i]; i++) {
		struct rc_value value =
			*rc_value_map_get(record->fields.map, rc_str(record->order[i]));

		/* A JSON name means "omitempty", as all of Helm's do. */
		if (record->json[i] && !rc_value_is_true(value))
			continue;
		append(arena, map.map, rc_str(record->json[i] ? record->json[i] : record->order[i]),
		       value);
	}
}

struct rc_value rc_helm_objects_to_map(struct rc_arena *arena, struct rc_value object)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	const struct rc_helm_record *record = object.object;
	struct rc_value map;

	if (!rc_helm_record_is(object) && object.type->expand)
		return object.type->expand(object.object, arena);
	if (!rc_helm_record_is(object)) {
		object.type->print(object.object, &text);
		return rc_value_str(rc_arena_str(arena, rc_buf_str(&text)));
	}
	map = rc_value_map_new(arena, RC_VALUE_ANY, 0);
	if (record->embedded.kind == RC_VALUE_OBJECT)
		add_fields(arena, record->embedded.object, map);
	add_fields(arena, record, map);
	return map;
}

static struct rc_str in_small_letters(struct rc_arena *arena, struct rc_str name)
{
	char *small = rc_arena_strndup(arena, name.p, name.n);

	for (size_t i = 0; i < name.n; i++)
		small[i] = (char)tolower((unsigned char)small[i]);
	return (struct rc_str){small, name.n};
}

struct rc_value rc_helm_objects_to_fields(struct rc_arena *arena, struct rc_value object)
{
	const struct rc_helm_record *record = object.object;
	struct rc_value map = rc_value_map_new(arena, RC_VALUE_ANY, 0);

	if (!rc_helm_record_is(object)) {
		object = rc_helm_objects_to_map(arena, object);
		if (object.kind != RC_VALUE_MAP)
			return object;
		for (size_t i = 0; i < object.map->n; i++)
			append(arena, map.map, in_small_letters(arena, object.map->entries[i].key),
			       object.map->entries[i].value);
		return map;
	}
	if (record->embedded.kind == RC_VALUE_OBJECT)
		append(arena, map.map, RC_STR("metadata"), record->embedded);
	for (size_t i = 0; record->order[i]; i++)
		append(arena, map.map, in_small_letters(arena, rc_str(record->order[i])),
		       *rc_value_map_get(record->fields.map, rc_str(record->order[i])));
	return map;
}

static bool is_nil_field(struct rc_value value)
{
	return rc_value_is_nil(value) || (value.kind == RC_VALUE_LIST && value.list->is_nil) ||
	       (value.kind == RC_VALUE_MAP && value.map->is_nil);
}

static void add_table_fields(struct rc_arena *arena, const struct rc_helm_record *record,
			     struct rc_value map)
{
	for (size_t i = 0; record->order[i]; i++) {
		struct rc_value value =
			*rc_value_map_get(record->fields.map, rc_str(record->order[i]));

		if (!is_nil_field(value))
			append(arena, map.map, rc_str(record->order[i]), value);
	}
}

struct rc_value rc_helm_record_to_table(struct rc_arena *arena, struct rc_value value)
{
	const struct rc_helm_record *record = value.object;
	struct rc_value map = rc_value_map_new(arena, RC_VALUE_ANY, 0);

	if (record->embedded.kind == RC_VALUE_OBJECT)
		add_table_fields(arena, record->embedded.object, map);
	add_table_fields(arena, record, map);
	return map;
}
