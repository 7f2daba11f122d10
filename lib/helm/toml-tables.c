/*
 * A table that only a longer name made ("implicit") may be defined once later; everything else
 * stands for good.
 */
#include "helm/toml-tables.h"

#include <string.h>

#include "data/quote.h"
#include "helm/toml-key.h"

struct rc_helm_toml_path rc_helm_toml_tables_extend(struct rc_helm_toml_tables *tables,
						    struct rc_helm_toml_path key,
						    struct rc_str part)
{
	struct rc_helm_toml_path longer = {
		rc_arena_alloc(tables->arena, (key.n + 1) * sizeof(*longer.parts)),
		key.n + 1,
	};

	if (key.n > 0)
		memcpy(longer.parts, key.parts, key.n * sizeof(*key.parts));
	longer.parts[key.n] = part;
	return longer;
}

struct rc_str rc_helm_toml_tables_written(struct rc_helm_toml_tables *tables,
					  struct rc_helm_toml_path key)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	for (size_t i = 0; i < key.n; i++) {
		if (i > 0)
			rc_buf_putc(&text, '.');
		rc_helm_toml_key_write(&text, key.parts[i]);
	}
	return rc_arena_str(tables->arena, rc_buf_str(&text));
}

bool rc_helm_toml_tables_fail(struct rc_helm_toml_tables *tables, unsigned int line,
			      struct rc_str message)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	rc_autobuf struct rc_buf last = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (tables->error.p)
		return false;
	rc_buf_add_str(&last, rc_helm_toml_tables_written(tables, tables->context));
	if (tables->context.n > 0 && tables->name.n > 0)
		rc_buf_putc(&last, '.');
	rc_buf_add_str(&last, tables->name);
	rc_buf_printf(&text, "toml: line %d", (int)line);
	if (last.n > 0) {
		rc_buf_puts(&text, " (last key ");
		rc_quote_string(&text, rc_buf_str(&last), false);
		rc_buf_putc(&text, ')');
	}
	rc_buf_puts(&text, ": ");
	rc_buf_add_str(&text, message);
	tables->error = rc_arena_str(tables->arena, rc_buf_str(&text));
	return false;
}

static bool fail_key(struct rc_helm_toml_tables *tables, struct rc_helm_toml_path key,
		     const char *message)
{
	struct rc_str text = rc_helm_toml_tables_written(tables, key);

	return rc_helm_toml_tables_fail(tables, tables->line,
					rc_str(rc_arena_printf(tables->arena, "Key '%.*s' %s",
							       (int)text.n, text.p, message)));
}

void rc_helm_toml_tables_mark(struct rc_helm_toml_tables *tables, struct rc_value set,
			      struct rc_helm_toml_path key, bool in)
{
	struct rc_str text = rc_helm_toml_tables_written(tables, key);

	if (in)
		rc_value_map_set(tables->arena, set.map, text, rc_value_bool(true));
	else
		rc_value_map_unset(set.map, text);
}

static bool is_marked(struct rc_helm_toml_tables *tables, struct rc_value set,
		      struct rc_helm_toml_path key)
{
	return rc_value_map_get(set.map, rc_helm_toml_tables_written(tables, key)) != NULL;
}

void rc_helm_toml_tables_set_kind(struct rc_helm_toml_tables *tables, struct rc_str name,
				  bool is_array)
{
	struct rc_helm_toml_path key =
		name.n > 0 ? rc_helm_toml_tables_extend(tables, tables->context, name)
			   : tables->context;

	if (key.n == 0)
		key = rc_helm_toml_tables_extend(tables, key, RC_STR(""));
	rc_helm_toml_tables_mark(tables, tables->arrays, key, is_array);
}

/* A table, or the last one of a list of tables; NULL for anything else. */
static struct rc_value_map *table_in(const struct rc_value *value)
{
	if (value->kind == RC_VALUE_MAP)
		return value->map;
	if (value->kind == RC_VALUE_LIST && value->list->flavour == RC_VALUE_MAPS)
		return value->list->items[value->list->n - 1].map;
	return NULL;
}

struct rc_value rc_helm_toml_tables_new_table(struct rc_helm_toml_tables *tables)
{
	return rc_value_map_new(tables->arena, RC_VALUE_ANY, 4);
}

bool rc_helm_toml_tables_set(struct rc_helm_toml_tables *tables, struct rc_str name,
			     struct rc_value value)
{
	struct rc_value_map *map = tables->root.map;
	struct rc_helm_toml_path key = {NULL, 0};

	for (size_t i = 0; i < tables->context.n; i++) {
		const struct rc_value *found = rc_value_map_get(map, tables->context.parts[i]);

		key = rc_helm_toml_tables_extend(tables, key, tables->context.parts[i]);
		map = found ? table_in(found) : NULL;
		if (!map)
			return fail_key(tables, key, "has already been defined.");
	}
	key = rc_helm_toml_tables_extend(tables, key, name);
	if (!rc_value_map_get(map, name)) {
		rc_value_map_set(tables->arena, map, name, value);
		return true;
	}
	if (is_marked(tables, tables->arrays, key)) {
		rc_helm_toml_tables_mark(tables, tables->implicit, key, false);
		rc_value_map_set(tables->arena, map, name, value);
		return true;
	}
	if (!is_marked(tables, tables->implicit, key))
		return fail_key(tables, key, "has already been defined.");
	rc_helm_toml_tables_mark(tables, tables->implicit, key, false);
	return true;
}

static bool add_to_list(struct rc_helm_toml_tables *tables, struct rc_value_map *map,
			struct rc_helm_toml_path key)
{
	struct rc_str last = key.parts[key.n - 1];
	struct rc_value *found = rc_value_map_get(map, last);

	if (!found) {
		rc_value_map_set(tables->arena, map, last,
				 rc_value_list_new(tables->arena, RC_VALUE_MAPS, 4));
		found = rc_value_map_get(map, last);
	}
	if (found->kind != RC_VALUE_LIST || found->list->flavour != RC_VALUE_MAPS)
		return fail_key(tables, key, "was already created and cannot be used as an array.");
	rc_value_list_add(tables->arena, *found, rc_helm_toml_tables_new_table(tables));
	return true;
}

bool rc_helm_toml_tables_enter(struct rc_helm_toml_tables *tables, struct rc_helm_toml_path key,
			       bool array)
{
	struct rc_value_map *map = tables->root.map;
	struct rc_helm_toml_path above = {NULL, 0};

	for (size_t i = 0; i + 1 < key.n; i++) {
		const struct rc_value *found = rc_value_map_get(map, key.parts[i]);

		above = rc_helm_toml_tables_extend(tables, above, key.parts[i]);
		if (!found) {
			rc_helm_toml_tables_mark(tables, tables->implicit, above, true);
			rc_value_map_set(tables->arena, map, key.parts[i],
					 rc_helm_toml_tables_new_table(tables));
			found = rc_value_map_get(map, key.parts[i]);
		}
		map = table_in(found);
		if (!map)
			return fail_key(tables, above, "was already created as a hash.");
	}
	tables->context = above;
	if (array ? !add_to_list(tables, map, key)
		  : !rc_helm_toml_tables_set(tables, key.parts[key.n - 1],
					     rc_helm_toml_tables_new_table(tables)))
		return false;
	tables->context = rc_helm_toml_tables_extend(tables, above, key.parts[key.n - 1]);
	return true;
}
