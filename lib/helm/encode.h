/* Values as documents: JSON as encoding/json writes it, YAML as Helm's toYaml. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "template/value.h"

/* encoding/json of a value; -EINVAL for what it cannot encode (a NaN). */
int rc_helm_encode_json(struct rc_buf *buf, struct rc_value value, bool html,
			struct rc_error **err);
/* Helm's toYaml: JSON, read again as YAML, written, one newline cut; -EINVAL: it gives "". */
int rc_helm_encode_yaml(struct rc_buf *buf, struct rc_value value);
/* toYamlPretty, one newline cut. */
int rc_helm_encode_yaml_pretty(struct rc_buf *buf, struct rc_value value);
