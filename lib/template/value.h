/*
 * What a template computes with: Go's values as they reach text/template under Helm.
 *
 * A value is small and passed by value; maps, lists and objects are references into the arena of
 * the run, so that `set` shows through every holder. The kinds keep Go's types apart where a
 * template can see them: int from int64 and float64, []string from []interface {}, chartutil.Values
 * from map[string]interface {}, a nil interface (NIL) from no value at all (INVALID).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

enum rc_value_kind {
	RC_VALUE_INVALID, /* reflect's zero Value: prints <no value> */
	RC_VALUE_NIL,	  /* a nil interface {}: an absent key, a null */
	RC_VALUE_BOOL,
	RC_VALUE_INT,
	RC_VALUE_INT64,
	RC_VALUE_UINT8,
	RC_VALUE_UINT32,
	RC_VALUE_UINT64,
	RC_VALUE_FLOAT,
	RC_VALUE_COMPLEX, /* of a literal, "2i" */
	RC_VALUE_STRING,
	RC_VALUE_BYTES,
	RC_VALUE_LIST,
	RC_VALUE_MAP,
	RC_VALUE_OBJECT,
};

/* A list's element type, a map's type. */
enum rc_value_flavour {
	RC_VALUE_ANY,	   /* []interface {}, map[string]interface {} */
	RC_VALUE_STRINGS,  /* []string, map[string]string */
	RC_VALUE_INTS,	   /* []int */
	RC_VALUE_LISTS,	   /* [][]interface {} */
	RC_VALUE_MAPS,	   /* []map[string]interface {} */
	RC_VALUE_FILES,	   /* map[string][]byte */
	RC_VALUE_POINTERS, /* to structs; the list's methods name its type */
};

struct rc_value;
struct rc_value_call;
struct rc_value_type;

struct rc_value_method {
	const char *name, *signature;
	const char *refusal; /* why text/template does not call it; NULL: it does */
};

struct rc_value_field;

/* A Go struct, a pointer to one, or a named number, as templates see it; a number's object is its
 * int64_t. */
struct rc_value_type {
	const char *name; /* "*chart.Metadata", for messages */
	/* The field or, with is_method, the method's result; false: there is none. Optional. */
	bool (*get)(const void *object, struct rc_str name, struct rc_arena *arena,
		    struct rc_value *ret);
	/* The methods: name and signature as in func.h, ended by a NULL name. Optional. */
	const struct rc_value_method *methods;
	/* One of them, its arguments checked: 1 done, negative: failed. Mandatory with methods. */
	int (*call)(const void *object, struct rc_str name, struct rc_value_call *call,
		    struct rc_value *ret);
	/* As fmt's %v. Mandatory. */
	void (*print)(const void *object, struct rc_buf *buf);
	/* As an action prints it where it is a pointer or addressed; NULL: the same. */
	void (*show)(const void *object, struct rc_buf *buf);
	/* A Stringer's print is also what toString and quote give. */
	bool is_stringer;
	/* The i-th of its fields in Go's order; false: there are no more. Optional: without it
	 * fmt's other verbs have only what print writes. */
	bool (*field)(const void *object, size_t i, struct rc_value_field *ret);
	/* A GoStringer's text, for %#v. Optional. */
	void (*go_string)(const void *object, struct rc_buf *buf);
	const char *hidden; /* its unexported fields, a blank before and behind each; or NULL */
	/* What encoding/json makes of it, as maps, lists and scalars. Optional. */
	struct rc_value (*expand)(const void *object, struct rc_arena *arena);
	/* Why encoding/json's marshaller fails, or NULL. Optional. */
	const char *(*refuse_json)(const void *object);
	/* Whether two of them are equal in every field. Optional: else only an object and itself.
	 */
	bool (*equal)(const void *a, const void *b);
	bool is_incomparable; /* a struct that holds lists or maps: == is not defined */
};

struct rc_value {
	enum rc_value_kind kind;
	bool boxed;	/* comes straight out of an interface {}: a map's or list's element */
	bool addressed; /* an object that Go finds the methods of its pointer for */
	bool named;	/* seen under its named type: its methods count; maps, lists, integers */
	union {
		bool truth;
		struct {
			int64_t integer;
			const struct rc_value_type *integer_type; /* where named */
		};
		double real;
		struct {
			double real, imaginary;
		} complex;
		struct rc_str text; /* STRING, BYTES */
		struct rc_value_list *list;
		struct rc_value_map *map;
		struct {
			const struct rc_value_type *type;
			void *object;
		};
	};
};

struct rc_value_field {
	const char *name;
	struct rc_value value;
};

struct rc_value_list {
	enum rc_value_flavour flavour;
	bool is_nil; /* Go's nil slice: empty, but null in JSON */
	size_t n, room;
	struct rc_value *items;
	/* What Go has room for in the same array, which slice can reach; 0: n, no more. */
	size_t capacity;
	size_t held; /* items that are in that array, behind n too; 0: n, the others are zero */
	const struct rc_value_type *methods; /* of a named list type; may be NULL */
};

struct rc_value_entry {
	struct rc_str key;
	struct rc_value value;
};

struct rc_value_map {
	enum rc_value_flavour flavour;
	bool is_nil; /* Go's nil map: empty, null in JSON, and nothing can be set in it */
	size_t n, room;
	struct rc_value_entry *entries;	     /* in byte order of their keys */
	const struct rc_value_type *methods; /* of a named map type; may be NULL */
};

static inline struct rc_value rc_value_invalid(void)
{
	return (struct rc_value){.kind = RC_VALUE_INVALID};
}

static inline struct rc_value rc_value_nil(void)
{
	return (struct rc_value){.kind = RC_VALUE_NIL};
}

static inline struct rc_value rc_value_bool(bool truth)
{
	return (struct rc_value){.kind = RC_VALUE_BOOL, .truth = truth};
}

static inline struct rc_value rc_value_int(int64_t integer)
{
	return (struct rc_value){.kind = RC_VALUE_INT, .integer = integer};
}

static inline struct rc_value rc_value_int64(int64_t integer)
{
	return (struct rc_value){.kind = RC_VALUE_INT64, .integer = integer};
}

static inline struct rc_value rc_value_float(double real)
{
	return (struct rc_value){.kind = RC_VALUE_FLOAT, .real = real};
}

static inline struct rc_value rc_value_complex(double real, double imaginary)
{
	return (struct rc_value){.kind = RC_VALUE_COMPLEX, .complex = {real, imaginary}};
}

static inline struct rc_value rc_value_str(struct rc_str text)
{
	return (struct rc_value){.kind = RC_VALUE_STRING, .text = text};
}

/* text is borrowed and must outlive the run. */
static inline struct rc_value rc_value_text(const char *text)
{
	return rc_value_str(rc_str(text));
}

static inline struct rc_value rc_value_object(const struct rc_value_type *type, void *object)
{
	return (struct rc_value){.kind = RC_VALUE_OBJECT, .type = type, .object = object};
}

static inline bool rc_value_is_nil(struct rc_value value)
{
	return value.kind == RC_VALUE_INVALID || value.kind == RC_VALUE_NIL;
}

static inline bool rc_value_is_integer(struct rc_value value)
{
	return value.kind == RC_VALUE_INT || value.kind == RC_VALUE_INT64 ||
	       value.kind == RC_VALUE_UINT8 || value.kind == RC_VALUE_UINT32 ||
	       value.kind == RC_VALUE_UINT64;
}

struct rc_value rc_value_list_new(struct rc_arena *arena, enum rc_value_flavour flavour,
				  size_t room);
void rc_value_list_add(struct rc_arena *arena, struct rc_value list, struct rc_value item);
/* Go's nil slice of that type. */
struct rc_value rc_value_list_nil(struct rc_arena *arena, enum rc_value_flavour flavour);
/* The list is what Go's append made of one with room for capacity, item by item or all at once. */
void rc_value_list_appended(struct rc_value list, size_t capacity, bool at_once);
/* Go's list[from:to], which can reach into the room behind the list; false: past that, too. */
bool rc_value_list_slice(struct rc_arena *arena, const struct rc_value_list *list, int64_t from,
			 int64_t to, struct rc_value *ret);
struct rc_value rc_value_map_new(struct rc_arena *arena, enum rc_value_flavour flavour,
				 size_t room);
/* The entry's value, or NULL. */
struct rc_value *rc_value_map_get(const struct rc_value_map *map, struct rc_str key);
void rc_value_map_set(struct rc_arena *arena, struct rc_value_map *map, struct rc_str key,
		      struct rc_value value);
/*
 * Entries in any order, then put in theirs at once; of equal keys the one added later stays.
 * Between the two the map is of no use.
 */
void rc_value_map_add(struct rc_arena *arena, struct rc_value_map *map, struct rc_str key,
		      struct rc_value value);
void rc_value_map_sort(struct rc_value_map *map);
void rc_value_map_unset(struct rc_value_map *map, struct rc_str key);

/* Truth as `if` has it: not false, 0, "", nil, or empty. */
bool rc_value_is_true(struct rc_value value);
/* reflect.DeepEqual. */
bool rc_value_equal(struct rc_value a, struct rc_value b);
/* A copy that shares no map and no list. */
struct rc_value rc_value_copy(struct rc_arena *arena, struct rc_value value);
/* "map[string]interface {}", as %T; "<nil>" for nil. */
const char *rc_value_type_name(struct rc_value value);
/* "map", "slice", "float64", as reflect's Kind; "invalid" for nil. */
const char *rc_value_kind_name(struct rc_value value);

/* Append the value as fmt's %v prints it. */
void rc_value_print(struct rc_buf *buf, struct rc_value value);
/* The same as text in the arena: %v, and strings as they are. */
struct rc_str rc_value_format(struct rc_arena *arena, struct rc_value value);
