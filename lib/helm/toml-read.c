/*
 * TOML's structure: tables, keys with dots, and who may add to what. A table that only a longer
 * name made ("implicit") may be defined once later; everything else stands for good.
 */
#include "helm/toml-read.h"

#include <errno.h>

#include "base/buf.h"
#include "data/quote.h"
#include "helm/toml-key.h"
#include "helm/toml-literal.h"
#include "helm/toml-scan.h"

#define DEPTH_MAX 1000

struct key {
	struct rc_str *parts;
	size_t n;
};

struct reader {
	struct rc_arena *arena;
	struct rc_helm_toml_scan scan;
	struct rc_value root;
	struct key context;		  /* the table that keys belong to */
	struct rc_str name;		  /* the key whose value is being read; may be empty */
	unsigned int line;		  /* of the first part of the last key */
	struct rc_value implicit, arrays; /* sets of keys, as they are written */
	unsigned int depth;
	struct rc_str error;
	unsigned int error_line;
};

static bool read_value(struct reader *reader, bool in_array, struct rc_value *ret);

static struct key extend(struct reader *reader, struct key key, struct rc_str part)
{
	struct key longer = {
		rc_arena_alloc(reader->arena, (key.n + 1) * sizeof(*longer.parts)),
		key.n + 1,
	};

	if (key.n > 0)
		memcpy(longer.parts, key.parts, key.n * sizeof(*key.parts));
	longer.parts[key.n] = part;
	return longer;
}

static struct rc_str written(struct reader *reader, struct key key)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	for (size_t i = 0; i < key.n; i++) {
		if (i > 0)
			rc_buf_putc(&text, '.');
		rc_helm_toml_key_write(&text, key.parts[i]);
	}
	return rc_arena_str(reader->arena, rc_buf_str(&text));
}

/* As ParseError.Error(): the place, the last key, what is wrong. */
static bool fail_line(struct reader *reader, unsigned int line, struct rc_str message)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	rc_autobuf struct rc_buf last = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (reader->error.p)
		return false;
	rc_buf_add_str(&last, written(reader, reader->context));
	if (reader->context.n > 0 && reader->name.n > 0)
		rc_buf_putc(&last, '.');
	rc_buf_add_str(&last, reader->name);
	rc_buf_printf(&text, "toml: line %d", (int)line);
	if (last.n > 0) {
		rc_buf_puts(&text, " (last key ");
		rc_quote_string(&text, rc_buf_str(&last), false);
		rc_buf_putc(&text, ')');
	}
	rc_buf_puts(&text, ": ");
	rc_buf_add_str(&text, message);
	reader->error = rc_arena_str(reader->arena, rc_buf_str(&text));
	return false;
}

static bool fail_scan(struct reader *reader)
{
	return fail_line(reader, reader->scan.error_line, reader->scan.error);
}

static bool fail_key(struct reader *reader, struct key key, const char *message)
{
	struct rc_str text = written(reader, key);

	return fail_line(reader, reader->line,
			 rc_str(rc_arena_printf(reader->arena, "Key '%.*s' %s", (int)text.n, text.p,
						message)));
}

static void mark(struct reader *reader, struct rc_value set, struct key key, bool in)
{
	struct rc_str text = written(reader, key);

	if (in)
		rc_value_map_set(reader->arena, set.map, text, rc_value_bool(true));
	else
		rc_value_map_unset(set.map, text);
}

static bool is_marked(struct reader *reader, struct rc_value set, struct key key)
{
	return rc_value_map_get(set.map, written(reader, key)) != NULL;
}

/* The kind of what was just set at the context, or at name in it. */
static void set_kind(struct reader *reader, struct rc_str name, bool is_array)
{
	struct key key = name.n > 0 ? extend(reader, reader->context, name) : reader->context;

	if (key.n == 0)
		key = extend(reader, key, RC_STR(""));
	mark(reader, reader->arrays, key, is_array);
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

static struct rc_value new_table(struct reader *reader)
{
	return rc_value_map_new(reader->arena, RC_VALUE_ANY, 4);
}

static bool set_value(struct reader *reader, struct rc_str name, struct rc_value value)
{
	struct rc_value_map *map = reader->root.map;
	struct key key = {NULL, 0};

	for (size_t i = 0; i < reader->context.n; i++) {
		const struct rc_value *found = rc_value_map_get(map, reader->context.parts[i]);

		key = extend(reader, key, reader->context.parts[i]);
		map = found ? table_in(found) : NULL;
		if (!map)
			return fail_key(reader, key, "has already been defined.");
	}
	key = extend(reader, key, name);
	if (!rc_value_map_get(map, name)) {
		rc_value_map_set(reader->arena, map, name, value);
		return true;
	}
	if (is_marked(reader, reader->arrays, key)) {
		mark(reader, reader->implicit, key, false);
		rc_value_map_set(reader->arena, map, name, value);
		return true;
	}
	if (!is_marked(reader, reader->implicit, key))
		return fail_key(reader, key, "has already been defined.");
	mark(reader, reader->implicit, key, false);
	return true;
}

static bool add_to_list(struct reader *reader, struct rc_value_map *map, struct key key)
{
	struct rc_str last = key.parts[key.n - 1];
	struct rc_value *found = rc_value_map_get(map, last);

	if (!found) {
		rc_value_map_set(reader->arena, map, last,
				 rc_value_list_new(reader->arena, RC_VALUE_MAPS, 4));
		found = rc_value_map_get(map, last);
	}
	if (found->kind != RC_VALUE_LIST || found->list->flavour != RC_VALUE_MAPS)
		return fail_key(reader, key, "was already created and cannot be used as an array.");
	rc_value_list_add(reader->arena, *found, new_table(reader));
	return true;
}

/* Go to the table of that name, which must be new; what is above it may come to be with it. */
static bool enter(struct reader *reader, struct key key, bool array)
{
	struct rc_value_map *map = reader->root.map;
	struct key above = {NULL, 0};

	for (size_t i = 0; i + 1 < key.n; i++) {
		const struct rc_value *found = rc_value_map_get(map, key.parts[i]);

		above = extend(reader, above, key.parts[i]);
		if (!found) {
			mark(reader, reader->implicit, above, true);
			rc_value_map_set(reader->arena, map, key.parts[i], new_table(reader));
			found = rc_value_map_get(map, key.parts[i]);
		}
		map = table_in(found);
		if (!map)
			return fail_key(reader, above, "was already created as a hash.");
	}
	reader->context = above;
	if (array ? !add_to_list(reader, map, key)
		  : !set_value(reader, key.parts[key.n - 1], new_table(reader)))
		return false;
	reader->context = extend(reader, above, key.parts[key.n - 1]);
	return true;
}

static bool name_part(struct reader *reader, struct key *key)
{
	struct rc_helm_toml_literal part;
	struct rc_value text;
	const char *problem;

	if (!rc_helm_toml_scan_name(&reader->scan, &part))
		return fail_scan(reader);
	if (key->n == 0)
		reader->line = part.line;
	problem = rc_helm_toml_literal_value(reader->arena, &part, &text);
	if (problem)
		return fail_line(reader, part.line, rc_str(problem));
	*key = extend(reader, *key, text.text);
	return true;
}

/* Up to and with '='. */
static bool read_key(struct reader *reader, struct key *ret)
{
	struct rc_helm_toml_scan *scan = &reader->scan;
	const char *early = "unexpected '=': key name appears blank";
	const char *dot = "unexpected '.': keys cannot start with a '.'";

	*ret = (struct key){NULL, 0};
	for (;;) {
		uint32_t rune;

		rc_helm_toml_scan_skip_blanks(scan);
		rune = rc_helm_toml_scan_peek(scan);
		if (rune == '=' || rune == 0 || rune == '.')
			rc_helm_toml_scan_fail(scan, rune == '.' ? dot : early);
		early = "unexpected '='";
		dot = "unexpected '.'";
		if (scan->failed)
			return fail_scan(reader);
		if (!name_part(reader, ret))
			return false;
		rc_helm_toml_scan_skip_blanks(scan);
		rune = rc_helm_toml_scan_next(scan);
		rc_helm_toml_scan_ignore(scan);
		if (rune == '=' && !scan->failed)
			return true;
		if (rune == '.')
			continue;
		if (rune == 0)
			rc_helm_toml_scan_fail(scan, "unexpected EOF; expected key separator '='");
		else
			rc_helm_toml_scan_fail_rune(scan, "expected '.' or '=', but got ", rune,
						    " instead");
		return fail_scan(reader);
	}
}

/* A key and its value, into the table of the context. The value is given, too. */
static bool read_pair(struct reader *reader, struct key *ret_key, struct rc_value *ret)
{
	struct key key;

	if (!read_key(reader, &key))
		return false;
	reader->name = key.parts[key.n - 1];
	for (size_t i = 0; i + 1 < key.n; i++) {
		struct key above = extend(reader, reader->context, key.parts[i]);

		mark(reader, reader->implicit, above, true);
		if (!enter(reader, above, false))
			return false;
	}
	*ret_key = key;
	return read_value(reader, false, ret) && set_value(reader, reader->name, *ret);
}

static bool read_comment(struct reader *reader)
{
	uint32_t rune;

	do
		rune = rc_helm_toml_scan_next(&reader->scan);
	while (rune != 0 && !rc_helm_toml_is_newline(rune) && !reader->scan.failed);
	rc_helm_toml_scan_back(&reader->scan);
	rc_helm_toml_scan_ignore(&reader->scan);
	return !reader->scan.failed || fail_scan(reader);
}

/* The next code point that is neither blank nor newline nor in a comment. */
static uint32_t next_solid(struct reader *reader)
{
	for (;;) {
		uint32_t rune = rc_helm_toml_scan_next(&reader->scan);

		if (rune == '#' && !reader->scan.failed)
			read_comment(reader);
		else if (!rc_helm_toml_is_blank(rune) && !rc_helm_toml_is_newline(rune))
			return rune;
		rc_helm_toml_scan_ignore(&reader->scan);
	}
}

static bool fail_found(struct reader *reader, const char *before, uint32_t rune, const char *after)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(256);

	rc_buf_puts(&text, before);
	if (rune == 0) {
		rc_buf_puts(&text, "end of file");
	} else {
		rc_buf_putc(&text, '\'');
		rc_buf_put_rune(&text, rune);
		rc_buf_putc(&text, '\'');
	}
	rc_buf_puts(&text, after);
	rc_helm_toml_scan_fail(&reader->scan, rc_buf_text(&text));
	return fail_scan(reader);
}

static bool read_array(struct reader *reader, struct rc_value *ret)
{
	struct rc_helm_toml_scan *scan = &reader->scan;
	uint32_t rune;

	set_kind(reader, reader->name, true);
	*ret = rc_value_list_new(reader->arena, RC_VALUE_ANY, 2);
	for (;;) {
		struct rc_value item;

		rune = next_solid(reader);
		if (rune == ']' && !scan->failed)
			break;
		if (rune == ',')
			rc_helm_toml_scan_fail(scan, "unexpected comma");
		if (scan->failed)
			return fail_scan(reader);
		rc_helm_toml_scan_back(scan);
		if (!read_value(reader, true, &item))
			return false;
		rc_value_list_add(reader->arena, *ret, item);
		rune = next_solid(reader);
		if (rune == ']' && !scan->failed)
			break;
		if (rune != ',')
			return fail_found(
				reader,
				"expected a comma (',') or array terminator (']'), but got ", rune,
				"");
		rc_helm_toml_scan_ignore(scan);
	}
	rc_helm_toml_scan_ignore(scan);
	return true;
}

/* Blanks and comments in an inline table; a newline is none of it. */
static bool next_inline(struct reader *reader, uint32_t *ret)
{
	struct rc_helm_toml_scan *scan = &reader->scan;

	for (;;) {
		*ret = rc_helm_toml_scan_next(scan);
		if (rc_helm_toml_is_newline(*ret))
			rc_helm_toml_scan_fail_before(scan,
						      "newlines not allowed within inline tables");
		if (scan->failed)
			return fail_scan(reader);
		if (*ret == '#') {
			if (!read_comment(reader))
				return false;
		} else if (!rc_helm_toml_is_blank(*ret)) {
			return true;
		}
		rc_helm_toml_scan_ignore(scan);
	}
}

/* The pair that was read also goes into the value that the inline table is. */
static bool put_inline(struct reader *reader, struct rc_value table, struct key key,
		       struct rc_value value)
{
	struct rc_value_map *map = table.map;

	for (size_t i = 0; i + 1 < key.n; i++) {
		struct rc_value *found = rc_value_map_get(map, key.parts[i]);
		rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

		if (!found) {
			rc_value_map_set(reader->arena, map, key.parts[i], new_table(reader));
			found = rc_value_map_get(map, key.parts[i]);
		}
		if (found->kind != RC_VALUE_MAP) {
			rc_quote_string(&text, written(reader, reader->context), false);
			rc_buf_puts(&text, " is not a table");
			return fail_line(reader, reader->line, rc_buf_str(&text));
		}
		map = found->map;
	}
	rc_value_map_set(reader->arena, map, key.parts[key.n - 1], value);
	return true;
}

static bool read_inline_pairs(struct reader *reader, struct rc_value table)
{
	struct rc_helm_toml_scan *scan = &reader->scan;
	struct key outer = reader->context, key;
	struct rc_value value;
	uint32_t rune;

	for (;;) {
		if (!next_inline(reader, &rune))
			return false;
		if (rune == '}')
			return true;
		if (rune == ',')
			rc_helm_toml_scan_fail(scan, "unexpected comma");
		if (scan->failed)
			return fail_scan(reader);
		rc_helm_toml_scan_back(scan);
		if (!read_pair(reader, &key, &value))
			return false;
		set_kind(reader, reader->name, value.kind == RC_VALUE_LIST);
		if (!put_inline(reader, table, key, value))
			return false;
		reader->context = outer;
		if (!next_inline(reader, &rune))
			return false;
		if (rune == '}')
			return true;
		if (rune != ',')
			return fail_found(
				reader,
				"expected a comma or an inline table terminator '}', but got ",
				rune, " instead");
		rc_helm_toml_scan_ignore(scan);
		rc_helm_toml_scan_skip_blanks(scan);
		if (rc_helm_toml_scan_peek(scan) == '}')
			rc_helm_toml_scan_fail(scan, "trailing comma not allowed in inline tables");
	}
}

static bool read_inline(struct reader *reader, bool in_array, struct rc_value *ret)
{
	struct key outer = reader->context;
	struct rc_str name = reader->name;

	reader->context = extend(reader, outer, name);
	reader->name = RC_STR("");
	mark(reader, reader->implicit, reader->context, true);
	*ret = new_table(reader);
	if (!enter(reader, reader->context, in_array) || !read_inline_pairs(reader, *ret))
		return false;
	rc_helm_toml_scan_ignore(&reader->scan);
	reader->context = outer;
	reader->name = name;
	return true;
}

static bool read_value(struct reader *reader, bool in_array, struct rc_value *ret)
{
	struct rc_helm_toml_literal literal;
	const char *problem;
	bool right;

	if (!rc_helm_toml_scan_value(&reader->scan, &literal))
		return fail_scan(reader);
	if (++reader->depth > DEPTH_MAX)
		return fail_line(reader, literal.line, RC_STR("nested too deep"));
	if (literal.kind == RC_HELM_TOML_ARRAY) {
		right = read_array(reader, ret);
	} else if (literal.kind == RC_HELM_TOML_TABLE) {
		right = read_inline(reader, in_array, ret);
	} else {
		problem = rc_helm_toml_literal_value(reader->arena, &literal, ret);
		right = !problem || fail_line(reader, literal.line, rc_str(problem));
	}
	reader->depth--;
	return right;
}

/* The opening bracket was read. */
static bool read_table_name(struct reader *reader, bool array, struct key *key)
{
	struct rc_helm_toml_scan *scan = &reader->scan;
	uint32_t rune = '.';

	while (rune == '.') {
		rc_helm_toml_scan_skip_blanks(scan);
		rune = rc_helm_toml_scan_peek(scan);
		if (rune == ']' || rune == 0)
			rc_helm_toml_scan_fail(
				scan, "unexpected end of table name (table names cannot be empty)");
		else if (rune == '.')
			rc_helm_toml_scan_fail(
				scan, "unexpected table separator (table names cannot be empty)");
		if (scan->failed)
			return fail_scan(reader);
		if (!name_part(reader, key))
			return false;
		rc_helm_toml_scan_skip_blanks(scan);
		rune = rc_helm_toml_scan_next(scan);
		if (rune != '.' && rune != ']')
			rc_helm_toml_scan_fail_rune(
				scan, "expected '.' or ']' to end table name, but got ", rune,
				" instead");
		rc_helm_toml_scan_ignore(scan);
	}
	rune = array && !scan->failed ? rc_helm_toml_scan_next(scan) : ']';
	if (rune != ']')
		rc_helm_toml_scan_fail_rune(
			scan, "expected end of table array name delimiter ']', but got ", rune,
			" instead");
	return !scan->failed || fail_scan(reader);
}

static bool read_table(struct reader *reader)
{
	struct rc_helm_toml_scan *scan = &reader->scan;
	bool array = rc_helm_toml_scan_peek(scan) == '[';
	struct key key = {NULL, 0};

	if (array)
		rc_helm_toml_scan_next(scan);
	rc_helm_toml_scan_ignore(scan);
	if (!read_table_name(reader, array, &key) || !enter(reader, key, array))
		return false;
	set_kind(reader, RC_STR(""), false);
	return true;
}

static bool read_top_pair(struct reader *reader)
{
	struct key outer = reader->context, key;
	struct rc_value value;

	rc_helm_toml_scan_back(&reader->scan);
	if (!read_pair(reader, &key, &value))
		return false;
	set_kind(reader, reader->name, value.kind == RC_VALUE_LIST);
	reader->context = outer;
	reader->name = RC_STR("");
	return true;
}

/* Behind a table's heading or a pair: the rest of the line. *ret_end: of the text, too. */
static bool read_line_end(struct reader *reader, bool *ret_end)
{
	struct rc_helm_toml_scan *scan = &reader->scan;
	uint32_t rune;

	do
		rune = rc_helm_toml_scan_next(scan);
	while (rc_helm_toml_is_blank(rune));
	*ret_end = rune == 0;
	if (rune == '#' && !scan->failed)
		return read_comment(reader);
	if (rune != 0 && !rc_helm_toml_is_newline(rune))
		rc_helm_toml_scan_fail_rune(scan,
					    "expected a top-level item to end with a newline, "
					    "comment, or EOF, but got ",
					    rune, " instead");
	rc_helm_toml_scan_ignore(scan);
	return !scan->failed || fail_scan(reader);
}

static bool read_all(struct reader *reader)
{
	bool end = false;

	while (!end) {
		uint32_t rune = next_solid(reader);

		if (reader->scan.failed)
			return fail_scan(reader);
		if (rune == 0)
			return true;
		if (!(rune == '[' ? read_table(reader) : read_top_pair(reader)) ||
		    !read_line_end(reader, &end))
			return false;
	}
	return true;
}

int rc_helm_toml_read(struct rc_arena *arena, struct rc_str text, struct rc_value *ret,
		      struct rc_str *ret_error)
{
	struct reader reader = {.arena = arena};
	size_t mark_n = rc_str_has_prefix(text, RC_STR("\xff\xfe")) ||
					rc_str_has_prefix(text, RC_STR("\xfe\xff"))
				? 2
			: rc_str_has_prefix(text, RC_STR("\xef\xbb\xbf")) ? 3
									  : 0;

	text.p += mark_n;
	text.n -= mark_n;
	if (memchr(text.p, '\0', text.n < 6 ? text.n : 6)) {
		*ret_error = RC_STR("toml: line 1: files cannot contain NULL bytes; probably using "
				    "UTF-16; TOML files must be UTF-8");
		return -EINVAL;
	}
	rc_helm_toml_scan_init(&reader.scan, arena, text);
	reader.root = *ret = new_table(&reader);
	reader.implicit = new_table(&reader);
	reader.arrays = new_table(&reader);
	if (read_all(&reader))
		return 0;
	*ret_error = reader.error;
	return -EINVAL;
}
