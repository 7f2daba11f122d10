/* What TOML's literals stand for. */
#pragma once

#include "helm/toml-scan.h"
#include "template/value.h"

/* A literal's value; NULL, or what is wrong with it, in the arena. */
const char *rc_helm_toml_literal_value(struct rc_arena *arena,
				       const struct rc_helm_toml_literal *literal,
				       struct rc_value *ret);
