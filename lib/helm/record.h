/* Go structs that are nothing but fields: .Chart, .Capabilities and what is in them. */
#pragma once

#include "template/value.h"

/* A struct as templates see it: names in Go's order, and the names JSON gives them. */
struct rc_helm_record {
	struct rc_value fields;	  /* a map by Go names */
	const char *const *order; /* Go names, NULL-terminated, for printing */
	const char *const *json;  /* beside order: JSON names; NULL: the Go names */
	struct rc_value embedded; /* metadata inside of .Chart: its fields count as own */
};

/* The order is Go's. */
struct rc_helm_record_field {
	const char *name, *json; /* json: NULL, when JSON has the Go name */
	struct rc_value value;
};

/* Copies the fields; type is made with RC_HELM_RECORD. */
struct rc_value rc_helm_record_new(struct rc_arena *arena, const struct rc_value_type *type,
				   const struct rc_helm_record_field *fields, size_t n);

/* For struct rc_value_type. */
#define RC_HELM_RECORD .get = rc_helm_record_get, .field = rc_helm_record_field
bool rc_helm_record_get(const void *object, struct rc_str name, struct rc_arena *arena,
			struct rc_value *ret);
bool rc_helm_record_field(const void *object, size_t i, struct rc_value_field *ret);
void rc_helm_record_print(const void *object, struct rc_buf *buf);
void rc_helm_record_print_pointer(const void *object, struct rc_buf *buf);
/* The first field alone: KubeVersion's String() is its pointer's. */
void rc_helm_record_print_first(const void *object, struct rc_buf *buf);

/* Whether the value is one of these. */
bool rc_helm_record_is(struct rc_value value);
/* Its fields as a TOML table has them: the embedded ones among its own, no nil ones. */
struct rc_value rc_helm_record_to_table(struct rc_arena *arena, struct rc_value value);
