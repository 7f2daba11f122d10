/*
 * YAML out, as the emitters of goyaml print it: v2 is what Helm's toYaml gives (folded after
 * column 80, sequences not indented under their key), v3 is toYamlPretty.
 *
 * Events make a document: a value is a scalar or begin ... end; in a mapping every value follows
 * its key. The final newline is written by rc_yaml_emit_finish().
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/str.h"

enum rc_yaml_flavour { RC_YAML_V2, RC_YAML_V3 };

struct rc_yaml_emitter {
	struct rc_buf *out;
	enum rc_yaml_flavour flavour;
	int column, indent;
	bool whitespace, indention;
	struct {
		bool is_sequence;
		int indent;
	} * levels;
	int depth, room;
};

void rc_yaml_emit_init(struct rc_yaml_emitter *emitter, struct rc_buf *out,
		       enum rc_yaml_flavour flavour);
/* Ends the document and frees what init made; -E2BIG when out is over its limit. */
int rc_yaml_emit_finish(struct rc_yaml_emitter *emitter);

/* A mapping or sequence that holds nothing is one call; others are begin, items, end. */
void rc_yaml_emit_empty(struct rc_yaml_emitter *emitter, bool is_sequence);
void rc_yaml_emit_begin(struct rc_yaml_emitter *emitter, bool is_sequence);
void rc_yaml_emit_end(struct rc_yaml_emitter *emitter);
void rc_yaml_emit_key(struct rc_yaml_emitter *emitter, struct rc_str key);
/* null, true, 12, 1e+06: text that is to be read back as what it looks like. */
void rc_yaml_emit_plain(struct rc_yaml_emitter *emitter, struct rc_str text);
/* Text, quoted where reading it back would give something else. */
void rc_yaml_emit_string(struct rc_yaml_emitter *emitter, struct rc_str text);

/* The order keys are written in: natural, "a9" before "a10", not transitive in v2 (as goyaml's). */
bool rc_yaml_key_less(struct rc_str a, struct rc_str b, enum rc_yaml_flavour flavour);

/* A document in v2 form; -E2BIG when out is over its limit. */
int rc_yaml_from_json(const json_t *json, struct rc_buf *out);
