/* How one text is written as a YAML scalar: the choice of style, and each style's text. */
#pragma once

#include "data/yaml-emit.h"

enum rc_yaml_style { RC_YAML_PLAIN, RC_YAML_SINGLE, RC_YAML_DOUBLE, RC_YAML_LITERAL };

/* simple_key: the text stands before a ':' on one line. plain: never quote for its meaning. */
enum rc_yaml_style rc_yaml_scalar_choose(struct rc_str text, bool plain, bool simple_key,
					 enum rc_yaml_flavour flavour);
bool rc_yaml_scalar_is_simple_key(struct rc_str text);
void rc_yaml_scalar_write(struct rc_yaml_emitter *emitter, struct rc_str text,
			  enum rc_yaml_style style, bool simple_key);

/* The emitter's primitives. */
void rc_yaml_scalar_put(struct rc_yaml_emitter *emitter, const char *bytes, size_t n);
void rc_yaml_scalar_break(struct rc_yaml_emitter *emitter);
void rc_yaml_scalar_indent(struct rc_yaml_emitter *emitter);
void rc_yaml_scalar_indicator(struct rc_yaml_emitter *emitter, const char *text,
			      bool need_whitespace, bool is_whitespace, bool is_indention);
