/* Maps, lists, truth and equality. */
#include "template/value.h"

#include "base/sort.h"
#include "data/number.h"

/* Templates can make a map hold itself; nothing here follows it further than this. */
#define DEPTH_MAX 1000

struct rc_value rc_value_list_new(struct rc_arena *arena, enum rc_value_flavour flavour,
				  size_t room)
{
	struct rc_value_list *list = rc_arena_new0(arena, struct rc_value_list);

	list->flavour = flavour;
	list->room = room;
	list->items = room ? rc_arena_alloc(arena, room * sizeof(*list->items)) : NULL;
	return (struct rc_value){.kind = RC_VALUE_LIST, .list = list};
}

void rc_value_list_add(struct rc_arena *arena, struct rc_value list, struct rc_value item)
{
	struct rc_value_list *l = list.list;

	if (l->n == l->room) {
		size_t room = l->room ? l->room * 2 : 4;

		l->items = rc_arena_grow(arena, l->items, l->n * sizeof(*l->items),
					 room * sizeof(*l->items));
		l->room = room;
	}
	/* In a list of anything there is no value that is none. */
	if (item.kind == RC_VALUE_INVALID)
		item.kind = RC_VALUE_NIL;
	l->items[l->n++] = item;
}

struct rc_value rc_value_map_new(struct rc_arena *arena, enum rc_value_flavour flavour, size_t room)
{
	struct rc_value_map *map = rc_arena_new0(arena, struct rc_value_map);

	map->flavour = flavour;
	map->room = room;
	map->entries = room ? rc_arena_alloc(arena, room * sizeof(*map->entries)) : NULL;
	return (struct rc_value){.kind = RC_VALUE_MAP, .map = map};
}

/* Where key is, or would be. */
static size_t find(const struct rc_value_map *map, struct rc_str key, bool *ret_found)
{
	size_t low = 0, high = map->n;

	/* Documents come in order: the end is the likely place. */
	if (high > 0 && rc_str_compare(map->entries[high - 1].key, key) < 0) {
		*ret_found = false;
		return high;
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = rc_str_compare(map->entries[middle].key, key);

		if (c == 0) {
			*ret_found = true;
			return middle;
		}
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_found = false;
	return low;
}

struct rc_value *rc_value_map_get(const struct rc_value_map *map, struct rc_str key)
{
	bool found;
	size_t i = find(map, key, &found);

	return found ? &map->entries[i].value : NULL;
}

static void make_room(struct rc_arena *arena, struct rc_value_map *map)
{
	size_t room = map->room ? map->room * 2 : 4;

	if (map->n < map->room)
		return;
	map->entries = rc_arena_grow(arena, map->entries, map->n * sizeof(*map->entries),
				     room * sizeof(*map->entries));
	map->room = room;
}

void rc_value_map_add(struct rc_arena *arena, struct rc_value_map *map, struct rc_str key,
		      struct rc_value value)
{
	make_room(arena, map);
	map->entries[map->n++] = (struct rc_value_entry){key, value};
}

static int by_key(const void *a, const void *b)
{
	const struct rc_value_entry *x = a, *y = b;

	return rc_str_compare(x->key, y->key);
}

void rc_value_map_sort(struct rc_value_map *map)
{
	size_t to = 0;

	rc_sort(map->entries, map->n, sizeof(*map->entries), by_key);
	for (size_t i = 0; i < map->n; i++)
		if (i + 1 == map->n || !rc_str_equal(map->entries[i].key, map->entries[i + 1].key))
			map->entries[to++] = map->entries[i];
	map->n = to;
}

void rc_value_map_set(struct rc_arena *arena, struct rc_value_map *map, struct rc_str key,
		      struct rc_value value)
{
	bool found;
	size_t i = find(map, key, &found);

	if (value.kind == RC_VALUE_INVALID)
		value.kind = RC_VALUE_NIL;
	if (found) {
		map->entries[i].value = value;
		return;
	}
	make_room(arena, map);
	memmove(map->entries + i + 1, map->entries + i, (map->n - i) * sizeof(*map->entries));
	map->entries[i] = (struct rc_value_entry){key, value};
	map->n++;
}

void rc_value_map_unset(struct rc_value_map *map, struct rc_str key)
{
	bool found;
	size_t i = find(map, key, &found);

	if (!found)
		return;
	map->n--;
	memmove(map->entries + i, map->entries + i + 1, (map->n - i) * sizeof(*map->entries));
}

bool rc_value_is_true(struct rc_value value)
{
	switch (value.kind) {
	case RC_VALUE_INVALID:
	case RC_VALUE_NIL:
		return false;
	case RC_VALUE_BOOL:
		return value.truth;
	case RC_VALUE_INT:
	case RC_VALUE_INT64:
	case RC_VALUE_UINT8:
	case RC_VALUE_UINT32:
	case RC_VALUE_UINT64:
		return value.integer != 0;
	case RC_VALUE_FLOAT:
		return value.real != 0;
	case RC_VALUE_COMPLEX:
		return value.complex.real != 0 || value.complex.imaginary != 0;
	case RC_VALUE_STRING:
	case RC_VALUE_BYTES:
		return value.text.n > 0;
	case RC_VALUE_LIST:
		return value.list->n > 0;
	case RC_VALUE_MAP:
		return value.map->n > 0;
	case RC_VALUE_OBJECT:
		return true;
	}
	return false;
}

static bool lists_equal(const struct rc_value_list *a, const struct rc_value_list *b)
{
	if (a == b)
		return true;
	if (a->flavour != b->flavour || a->n != b->n || a->is_nil != b->is_nil)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!rc_value_equal(a->items[i], b->items[i]))
			return false;
	return true;
}

static bool maps_equal(const struct rc_value_map *a, const struct rc_value_map *b)
{
	if (a == b)
		return true;
	if (a->flavour != b->flavour || a->n != b->n || a->is_nil != b->is_nil)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!rc_str_equal(a->entries[i].key, b->entries[i].key) ||
		    !rc_value_equal(a->entries[i].value, b->entries[i].value))
			return false;
	return true;
}

bool rc_value_equal(struct rc_value a, struct rc_value b)
{
	if (rc_value_is_nil(a) && rc_value_is_nil(b))
		return true;
	if (a.kind != b.kind)
		return false;
	switch (a.kind) {
	case RC_VALUE_INVALID:
	case RC_VALUE_NIL:
		return true;
	case RC_VALUE_BOOL:
		return a.truth == b.truth;
	case RC_VALUE_INT:
	case RC_VALUE_INT64:
	case RC_VALUE_UINT8:
	case RC_VALUE_UINT32:
	case RC_VALUE_UINT64:
		return a.integer == b.integer && a.named == b.named &&
		       (!a.named || a.integer_type == b.integer_type);
	case RC_VALUE_FLOAT:
		return a.real == b.real;
	case RC_VALUE_COMPLEX:
		return a.complex.real == b.complex.real &&
		       a.complex.imaginary == b.complex.imaginary;
	case RC_VALUE_STRING:
	case RC_VALUE_BYTES:
		return rc_str_equal(a.text, b.text);
	case RC_VALUE_LIST:
		return lists_equal(a.list, b.list);
	case RC_VALUE_MAP:
		return maps_equal(a.map, b.map);
	case RC_VALUE_OBJECT:
		return a.type == b.type && (a.object == b.object ||
					    (a.type->equal && a.type->equal(a.object, b.object)));
	}
	return false;
}

static struct rc_value copy_value(struct rc_arena *arena, struct rc_value value, unsigned int depth)
{
	struct rc_value copy = value;

	if (depth > DEPTH_MAX)
		return value;
	if (value.kind == RC_VALUE_LIST) {
		copy = rc_value_list_new(arena, value.list->flavour, value.list->n);
		copy.named = value.named;
		copy.list->methods = value.list->methods;
		copy.list->is_nil = value.list->is_nil;
		copy.list->capacity = value.list->capacity;
		for (size_t i = 0; i < value.list->n; i++)
			rc_value_list_add(arena, copy,
					  copy_value(arena, value.list->items[i], depth + 1));
	} else if (value.kind == RC_VALUE_MAP) {
		copy = rc_value_map_new(arena, value.map->flavour, value.map->n);
		copy.named = value.named;
		copy.map->methods = value.map->methods;
		copy.map->is_nil = value.map->is_nil;
		copy.map->n = value.map->n;
		for (size_t i = 0; i < value.map->n; i++) {
			copy.map->entries[i].key = value.map->entries[i].key;
			copy.map->entries[i].value =
				copy_value(arena, value.map->entries[i].value, depth + 1);
		}
	}
	return copy;
}

struct rc_value rc_value_copy(struct rc_arena *arena, struct rc_value value)
{
	return copy_value(arena, value, 0);
}

/* A named type's name, or the plain one's. */
static const char *integer_type_name(struct rc_value value, const char *plain)
{
	return value.named ? value.integer_type->name : plain;
}

static const char *list_type_name(const struct rc_value_list *list)
{
	switch (list->flavour) {
	case RC_VALUE_POINTERS:
		return list->methods->name;
	case RC_VALUE_STRINGS:
		return "[]string";
	case RC_VALUE_INTS:
		return "[]int";
	case RC_VALUE_LISTS:
		return "[][]interface {}";
	case RC_VALUE_MAPS:
		return "[]map[string]interface {}";
	case RC_VALUE_ANY:
	case RC_VALUE_FILES:
		return "[]interface {}";
	}
	return "";
}

static const char *map_type_name(enum rc_value_flavour flavour)
{
	switch (flavour) {
	case RC_VALUE_STRINGS:
		return "map[string]string";
	case RC_VALUE_FILES:
		return "map[string][]uint8";
	case RC_VALUE_ANY:
	case RC_VALUE_INTS:
	case RC_VALUE_LISTS:
	case RC_VALUE_MAPS:
	case RC_VALUE_POINTERS:
		return "map[string]interface {}";
	}
	return "";
}

const char *rc_value_type_name(struct rc_value value)
{
	switch (value.kind) {
	case RC_VALUE_INVALID:
	case RC_VALUE_NIL:
		return "<nil>";
	case RC_VALUE_BOOL:
		return "bool";
	case RC_VALUE_INT:
		return integer_type_name(value, "int");
	case RC_VALUE_INT64:
		return integer_type_name(value, "int64");
	case RC_VALUE_UINT8:
		return "uint8";
	case RC_VALUE_UINT32:
		return "uint32";
	case RC_VALUE_UINT64:
		return "uint64";
	case RC_VALUE_FLOAT:
		return "float64";
	case RC_VALUE_COMPLEX:
		return "complex128";
	case RC_VALUE_STRING:
		return "string";
	case RC_VALUE_BYTES:
		return "[]uint8";
	case RC_VALUE_LIST:
		return value.named && value.list->methods ? value.list->methods->name
							  : list_type_name(value.list);
	case RC_VALUE_MAP:
		return value.named && value.map->methods ? value.map->methods->name
							 : map_type_name(value.map->flavour);
	case RC_VALUE_OBJECT:
		return value.type->name;
	}
	return "";
}

const char *rc_value_kind_name(struct rc_value value)
{
	switch (value.kind) {
	case RC_VALUE_INVALID:
	case RC_VALUE_NIL:
		return "invalid";
	case RC_VALUE_BYTES:
	case RC_VALUE_LIST:
		return "slice";
	case RC_VALUE_MAP:
		return "map";
	case RC_VALUE_OBJECT:
		return value.type->name[0] == '*' ? "ptr" : "struct";
	case RC_VALUE_INT:
		return "int";
	case RC_VALUE_INT64:
		return "int64";
	case RC_VALUE_BOOL:
	case RC_VALUE_UINT8:
	case RC_VALUE_UINT32:
	case RC_VALUE_UINT64:
	case RC_VALUE_FLOAT:
	case RC_VALUE_COMPLEX:
	case RC_VALUE_STRING:
		return rc_value_type_name(value);
	}
	return "";
}

static void print_value(struct rc_buf *buf, struct rc_value value, unsigned int depth);

static void print_list(struct rc_buf *buf, const struct rc_value_list *list, unsigned int depth)
{
	rc_buf_putc(buf, '[');
	for (size_t i = 0; i < list->n; i++) {
		if (i > 0)
			rc_buf_putc(buf, ' ');
		print_value(buf, list->items[i], depth + 1);
	}
	rc_buf_putc(buf, ']');
}

static void print_map(struct rc_buf *buf, const struct rc_value_map *map, unsigned int depth)
{
	rc_buf_puts(buf, "map[");
	for (size_t i = 0; i < map->n; i++) {
		if (i > 0)
			rc_buf_putc(buf, ' ');
		rc_buf_add_str(buf, map->entries[i].key);
		rc_buf_putc(buf, ':');
		print_value(buf, map->entries[i].value, depth + 1);
	}
	rc_buf_putc(buf, ']');
}

static void print_bytes(struct rc_buf *buf, struct rc_str bytes)
{
	rc_buf_putc(buf, '[');
	for (size_t i = 0; i < bytes.n; i++)
		rc_buf_printf(buf, "%s%u", i ? " " : "", (unsigned char)bytes.p[i]);
	rc_buf_putc(buf, ']');
}

/* "(1+2i)". */
static void print_complex(struct rc_buf *buf, struct rc_value value)
{
	rc_uninitialized char text[RC_NUMBER_MAX];

	rc_buf_putc(buf, '(');
	rc_buf_add(buf, text, rc_number_format_g(value.complex.real, 64, text));
	rc_number_format_g(value.complex.imaginary, 64, text);
	rc_buf_printf(buf, "%s%si)", strchr("+-", text[0]) ? "" : "+", text);
}

static void print_value(struct rc_buf *buf, struct rc_value value, unsigned int depth)
{
	rc_uninitialized char text[RC_NUMBER_MAX];

	/* A map that holds itself; Go would end with its stack. */
	if (depth > DEPTH_MAX || buf->overflow)
		return;
	switch (value.kind) {
	case RC_VALUE_INVALID:
	case RC_VALUE_NIL:
		rc_buf_puts(buf, "<nil>");
		return;
	case RC_VALUE_BOOL:
		rc_buf_puts(buf, value.truth ? "true" : "false");
		return;
	case RC_VALUE_INT:
	case RC_VALUE_INT64:
	case RC_VALUE_UINT8:
	case RC_VALUE_UINT32:
	case RC_VALUE_UINT64:
		if (value.named)
			value.integer_type->print(&value.integer, buf);
		else
			rc_buf_add(buf, text, rc_number_format_int(value.integer, text));
		return;
	case RC_VALUE_FLOAT:
		rc_buf_add(buf, text, rc_number_format_g(value.real, 64, text));
		return;
	case RC_VALUE_COMPLEX:
		print_complex(buf, value);
		return;
	case RC_VALUE_STRING:
		rc_buf_add_str(buf, value.text);
		return;
	case RC_VALUE_BYTES:
		print_bytes(buf, value.text);
		return;
	case RC_VALUE_LIST:
		print_list(buf, value.list, depth);
		return;
	case RC_VALUE_MAP:
		print_map(buf, value.map, depth);
		return;
	case RC_VALUE_OBJECT:
		/* Go prints where a pointer inside of something points to; ours is always the same.
		 */
		if (depth > 0 && value.type->name[0] == '*' && !value.type->is_stringer)
			rc_buf_puts(buf, "0xc000000000");
		else
			value.type->print(value.object, buf);
		return;
	}
}

void rc_value_print(struct rc_buf *buf, struct rc_value value)
{
	print_value(buf, value, 0);
}

struct rc_str rc_value_format(struct rc_arena *arena, struct rc_value value)
{
	rc_autobuf struct rc_buf buf = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (value.kind == RC_VALUE_STRING)
		return value.text;
	rc_value_print(&buf, value);
	return rc_arena_str(arena, rc_buf_str(&buf));
}
