/*
 * Values as charts have them: YAML and JSON documents as Go decodes them into an interface {},
 * where every number is a float64.
 */
#pragma once

#include "base/error.h"
#include "data/yaml.h"
#include "template/value.h"

/*
 * A node's value; nodes that aliases share become values of their own. -EINVAL with "json:
 * unsupported value: +Inf" for what JSON has no word for.
 */
int rc_helm_value_from_node(struct rc_arena *arena, const struct rc_yaml_node *node,
			    struct rc_value *ret, struct rc_error **err);
/* What the YAML reader says as "error converting YAML to JSON: ...", in one message. */
int rc_helm_value_fail_yaml(const struct rc_error *cause, int code, struct rc_error **err);
/* The first document of text; messages begin "error converting YAML to JSON: ". */
int rc_helm_value_parse_yaml(struct rc_arena *arena, struct rc_str text, struct rc_value *ret,
			     struct rc_error **err);
/* The same for a table: *ret is a map, or NIL for an empty document. Else Go's decoding error. */
int rc_helm_value_parse_table(struct rc_arena *arena, struct rc_str text, struct rc_value *ret,
			      struct rc_error **err);
/* A Kubernetes object as Go's client has it: whole numbers are int64. In arena, copied. */
struct rc_value rc_helm_value_from_json(struct rc_arena *arena, const json_t *json);
/* JSON text; the message is Go's. */
int rc_helm_value_parse_json(struct rc_arena *arena, struct rc_str text, struct rc_value *ret,
			     struct rc_error **err);
/* The same of a stream's first value; what follows it is not looked at. */
int rc_helm_value_parse_json_first(struct rc_arena *arena, struct rc_str text, struct rc_value *ret,
				   struct rc_error **err);
/* What encoding/json calls a value in its messages: "object", "array", "string", "number"... */
const char *rc_helm_value_json_kind(enum rc_yaml_kind kind);

static inline bool rc_helm_value_is_table(struct rc_value value)
{
	return value.kind == RC_VALUE_MAP && value.map->flavour == RC_VALUE_ANY;
}
