/* Documents as template values, and values as documents. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "data/yaml.h"
#include "template/value.h"

/* As JSON would have delivered it: every number a float64. */
struct rc_value rc_helm_convert_node(struct rc_arena *arena, const struct rc_yaml_node *node);

/*
 * sigs.k8s.io/yaml's Unmarshal of a text into a table: *ret is a map (flavour ANY). Messages begin
 * with "error converting YAML to JSON: " or "error unmarshaling JSON: ".
 */
int rc_helm_convert_table(struct rc_arena *arena, struct rc_str text, struct rc_value *ret,
			  struct rc_error **err);

/* encoding/json of a value; -EINVAL for what it cannot encode (a NaN). */
int rc_helm_convert_to_json(struct rc_buf *buf, struct rc_value value, bool html,
			    struct rc_error **err);
/* Helm's toYaml: JSON, read again as YAML, written, one newline cut; -EINVAL: it gives "". */
int rc_helm_convert_to_yaml(struct rc_buf *buf, struct rc_value value);
/* toYamlPretty, one newline cut. */
int rc_helm_convert_to_yaml_pretty(struct rc_buf *buf, struct rc_value value);
/* A JSON document as Go's decoder gives it: every number a float64. Texts are copied. */
struct rc_value rc_helm_convert_json(struct rc_arena *arena, const json_t *json);
