/*
 * TOML's structure: tables, keys with dots, and who may add to what. Those that return bool return
 * false after saying in error what is wrong, as ParseError.Error() of Go's package does; only the
 * first error is kept. All memory is the arena's.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "template/value.h"

struct rc_helm_toml_path {
	struct rc_str *parts;
	size_t n;
};

struct rc_helm_toml_tables {
	struct rc_arena *arena;
	struct rc_value root;
	struct rc_helm_toml_path context; /* the table that keys belong to */
	struct rc_str name;		  /* the key whose value is being read; may be empty */
	unsigned int line;		  /* of the first part of the last key */
	struct rc_value implicit, arrays; /* sets of paths, as they are written */
	struct rc_str error;
};

struct rc_helm_toml_path rc_helm_toml_tables_extend(struct rc_helm_toml_tables *tables,
						    struct rc_helm_toml_path path,
						    struct rc_str part);
struct rc_str rc_helm_toml_tables_written(struct rc_helm_toml_tables *tables,
					  struct rc_helm_toml_path path);
/* Put path into one of the sets, or take it out. */
void rc_helm_toml_tables_mark(struct rc_helm_toml_tables *tables, struct rc_value set,
			      struct rc_helm_toml_path path, bool in);
/* The kind of what was just set at the context, or at name in it. */
void rc_helm_toml_tables_set_kind(struct rc_helm_toml_tables *tables, struct rc_str name,
				  bool is_array);
struct rc_value rc_helm_toml_tables_new_table(struct rc_helm_toml_tables *tables);
/* Define name in the context. */
bool rc_helm_toml_tables_set(struct rc_helm_toml_tables *tables, struct rc_str name,
			     struct rc_value value);
/* Go to the table of that path, which must be new; what is above it may come to be with it. */
bool rc_helm_toml_tables_enter(struct rc_helm_toml_tables *tables, struct rc_helm_toml_path path,
			       bool array);
/* Say what is wrong: the place, the last key, message. Always false. */
bool rc_helm_toml_tables_fail(struct rc_helm_toml_tables *tables, unsigned int line,
			      struct rc_str message);
