/*
 * How much room Go's slices have behind their last item. Templates see it: `slice` may go past a
 * list's length, and finds there what the list was cut from, or zeros.
 */
#include "template/value.h"

/* The sizes that Go's allocator has, up to where it gives whole pages. */
static const uint16_t size_classes[] = {
	8,     16,    24,    32,    48,	   64,	  80,	 96,	112,   128,   144,   160,
	176,   192,   208,   224,   240,   256,	  288,	 320,	352,   384,   416,   448,
	480,   512,   576,   640,   704,   768,	  896,	 1024,	1152,  1280,  1408,  1536,
	1792,  2048,  2304,  2688,  3072,  3200,  3456,	 4096,	4864,  5120,  5376,  6144,
	6528,  6784,  6912,  8192,  9472,  9728,  10240, 10880, 12288, 13568, 14336, 16384,
	18432, 19072, 20480, 21760, 24576, 27264, 28672, 32768,
};

#define PAGE	     ((size_t)8192)
#define HEADER	     ((size_t)8) /* in front of what holds pointers and is larger than this: */
#define HEADER_ABOVE ((size_t)512)
#define DOUBLE_BELOW ((size_t)256)

static size_t item_size(const struct rc_value_list *list)
{
	switch (list->flavour) {
	case RC_VALUE_INTS:
	case RC_VALUE_MAPS:
	case RC_VALUE_POINTERS:
		return 8;
	case RC_VALUE_LISTS:
		return 24;
	case RC_VALUE_ANY:
	case RC_VALUE_STRINGS:
	case RC_VALUE_FILES:
		return 16;
	}
	return 16;
}

/* runtime.roundupsize */
static size_t round_up(size_t size, bool has_pointers)
{
	size_t header = has_pointers && size > HEADER_ABOVE ? HEADER : 0;

	size += header;
	for (size_t i = 0; i < RC_ARRAY_SIZE(size_classes); i++)
		if (size <= size_classes[i])
			return size_classes[i] - header;
	size -= header;
	return (size + PAGE - 1) / PAGE * PAGE;
}

/* runtime.growslice: from room for old to room for n, which is more. */
static size_t grown(const struct rc_value_list *list, size_t old, size_t n)
{
	size_t capacity = old, size = item_size(list);

	if (n > 2 * old)
		capacity = n;
	else if (old < DOUBLE_BELOW)
		capacity = 2 * old;
	else
		while (capacity < n)
			capacity += (capacity + 3 * DOUBLE_BELOW) / 4;
	return round_up(capacity * size, list->flavour != RC_VALUE_INTS) / size;
}

void rc_value_list_appended(struct rc_value list, size_t capacity, bool at_once)
{
	while (capacity < list.list->n)
		capacity = grown(list.list, capacity, at_once ? list.list->n : capacity + 1);
	list.list->capacity = capacity;
}

struct rc_value rc_value_list_nil(struct rc_arena *arena, enum rc_value_flavour flavour)
{
	struct rc_value list = rc_value_list_new(arena, flavour, 0);

	list.list->is_nil = true;
	return list;
}

static struct rc_value zero_item(const struct rc_value_list *list)
{
	if (list->flavour == RC_VALUE_INTS)
		return rc_value_int(0);
	return list->flavour == RC_VALUE_STRINGS ? rc_value_str(RC_STR("")) : rc_value_nil();
}

bool rc_value_list_slice(struct rc_arena *arena, const struct rc_value_list *list, int64_t from,
			 int64_t to, struct rc_value *ret)
{
	size_t capacity = list->capacity > list->n ? list->capacity : list->n;
	size_t held = list->held > list->n ? list->held : list->n;
	struct rc_value_list *part;

	if (from < 0 || to < from || (size_t)to > capacity)
		return false;
	part = rc_arena_memdup(arena, list, sizeof(*list));
	*ret = (struct rc_value){.kind = RC_VALUE_LIST, .list = part};
	part->n = (size_t)(to - from);
	part->capacity = capacity - (size_t)from;
	/* Nobody may add to it in place: what lies behind belongs to others. */
	part->items = NULL;
	if ((size_t)to <= held) {
		part->items = list->items ? list->items + from : NULL;
		part->held = held - (size_t)from;
		part->room = part->n;
		return true;
	}
	part->room = part->n;
	part->held = part->n;
	part->items = rc_arena_alloc(arena, part->n * sizeof(*part->items));
	for (size_t i = 0; i < part->n; i++)
		part->items[i] =
			(size_t)from + i < held ? list->items[(size_t)from + i] : zero_item(list);
	return true;
}
