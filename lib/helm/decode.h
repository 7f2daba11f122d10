/*
 * A YAML document into a struct, as sigs.k8s.io/yaml over Go's encoding/json does it: field names
 * without regard to case, scalars to text where text is wanted, the first misfit is the error.
 */
#pragma once

#include "base/error.h"
#include "data/yaml.h"
#include "template/value.h"

enum rc_helm_decode_type {
	RC_HELM_DECODE_TEXT,	 /* struct rc_str */
	RC_HELM_DECODE_BOOL,	 /* bool */
	RC_HELM_DECODE_TEXTS,	 /* struct rc_value: a list of strings, or NIL */
	RC_HELM_DECODE_TEXT_MAP, /* struct rc_value: a map of strings, or NIL */
	RC_HELM_DECODE_LIST,	 /* struct rc_value: a list of anything, or NIL */
	RC_HELM_DECODE_STRUCT,	 /* struct in place */
	RC_HELM_DECODE_STRUCTS,	 /* T **items; size_t n: pointers, NULL where the file has null */
};

struct rc_helm_decode_struct;

struct rc_helm_decode_field {
	const char *name;
	enum rc_helm_decode_type type;
	size_t offset;
	size_t offset_n;			    /* of STRUCTS: its count */
	const struct rc_helm_decode_struct *target; /* of STRUCT and STRUCTS */
};

struct rc_helm_decode_struct {
	const char *name; /* "Metadata"; "" for one without a name */
	const char *type; /* "chart.Metadata" */
	size_t size;
	const struct rc_helm_decode_field *fields; /* ends with a NULL name */
};

/*
 * Decode the first document of text over object. Everything made lives in arena. Returns 0 or
 * -EINVAL; object may have been changed then.
 */
int rc_helm_decode_text(struct rc_arena *arena, struct rc_str text,
			const struct rc_helm_decode_struct *target, void *object,
			struct rc_error **err);
