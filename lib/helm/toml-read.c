/* Reading TOML: what stands where in the text. */
#include "helm/toml-read.h"

#include <errno.h>

#include "base/buf.h"
#include "data/quote.h"
#include "helm/toml-literal.h"
#include "helm/toml-scan.h"
#include "helm/toml-tables.h"

#define DEPTH_MAX 1000

struct reader {
	struct rc_helm_toml_scan scan;
	struct rc_helm_toml_tables tables;
	unsigned int depth;
};

static bool read_value(struct reader *reader, bool in_array, struct rc_value *ret);

static bool fail_scan(struct reader *reader)
{
	return rc_helm_toml_tables_fail(&reader->tables, reader->scan.error_line,
					reader->scan.error);
}

static bool name_part(struct reader *reader, struct rc_helm_toml_path *key)
{
	struct rc_helm_toml_literal part;
	struct rc_value text;
	const char *problem;

	if (!rc_helm_toml_scan_name(&reader->scan, &part))
		return fail_scan(reader);
	if (key->n == 0)
		reader->tables.line = part.line;
	problem = rc_helm_toml_literal_value(reader->tables.arena, &part, &text);
	if (problem)
		return rc_helm_toml_tables_fail(&reader->tables, part.line, rc_str(problem));
	*key = rc_helm_toml_tables_extend(&reader->tables, *key, text.text);
	return true;
}

/* Up to and with '='. */
static bool read_key(struct reader *reader, struct rc_helm_toml_path *ret)
{
	struct rc_helm_toml_scan *scan = &reader->scan;
	const char *early = "unexpected '=': key name appears blank";
	const char *dot = "unexpected '.': keys cannot start with a '.'";

	*ret = (struct rc_helm_toml_path){NULL, 0};
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
static bool read_pair(struct reader *reader, struct rc_helm_toml_path *ret_key,
		      struct rc_value *ret)
{
	struct rc_helm_toml_path key;

	if (!read_key(reader, &key))
		return false;
	reader->tables.name = key.parts[key.n - 1];
	for (size_t i = 0; i + 1 < key.n; i++) {
		struct rc_helm_toml_path above = rc_helm_toml_tables_extend(
			&reader->tables, reader->tables.context, key.parts[i]);

		rc_helm_toml_tables_mark(&reader->tables, reader->tables.implicit, above, true);
		if (!rc_helm_toml_tables_enter(&reader->tables, above, false))
			return false;
	}
	*ret_key = key;
	return read_value(reader, false, ret) &&
	       rc_helm_toml_tables_set(&reader->tables, reader->tables.name, *ret);
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

	rc_helm_toml_tables_set_kind(&reader->tables, reader->tables.name, true);
	*ret = rc_value_list_new(reader->tables.arena, RC_VALUE_ANY, 2);
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
		rc_value_list_add(reader->tables.arena, *ret, item);
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
static bool put_inline(struct reader *reader, struct rc_value table, struct rc_helm_toml_path key,
		       struct rc_value value)
{
	struct rc_value_map *map = table.map;

	for (size_t i = 0; i + 1 < key.n; i++) {
		struct rc_value *found = rc_value_map_get(map, key.parts[i]);
		rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

		if (!found) {
			rc_value_map_set(reader->tables.arena, map, key.parts[i],
					 rc_helm_toml_tables_new_table(&reader->tables));
			found = rc_value_map_get(map, key.parts[i]);
		}
		if (found->kind != RC_VALUE_MAP) {
			rc_quote_string(&text,
					rc_helm_toml_tables_written(&reader->tables,
								    reader->tables.context),
					false);
			rc_buf_puts(&text, " is not a table");
			return rc_helm_toml_tables_fail(&reader->tables, reader->tables.line,
							rc_buf_str(&text));
		}
		map = found->map;
	}
	rc_value_map_set(reader->tables.arena, map, key.parts[key.n - 1], value);
	return true;
}

static bool read_inline_pairs(struct reader *reader, struct rc_value table)
{
	struct rc_helm_toml_scan *scan = &reader->scan;
	struct rc_helm_toml_path outer = reader->tables.context, key;
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
		rc_helm_toml_tables_set_kind(&reader->tables, reader->tables.name,
					     value.kind == RC_VALUE_LIST);
		if (!put_inline(reader, table, key, value))
			return false;
		reader->tables.context = outer;
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
	struct rc_helm_toml_path outer = reader->tables.context;
	struct rc_str name = reader->tables.name;

	reader->tables.context = rc_helm_toml_tables_extend(&reader->tables, outer, name);
	reader->tables.name = RC_STR("");
	rc_helm_toml_tables_mark(&reader->tables, reader->tables.implicit, reader->tables.context,
				 true);
	*ret = rc_helm_toml_tables_new_table(&reader->tables);
	if (!rc_helm_toml_tables_enter(&reader->tables, reader->tables.context, in_array) ||
	    !read_inline_pairs(reader, *ret))
		return false;
	rc_helm_toml_scan_ignore(&reader->scan);
	reader->tables.context = outer;
	reader->tables.name = name;
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
		return rc_helm_toml_tables_fail(&reader->tables, literal.line,
						RC_STR("nested too deep"));
	if (literal.kind == RC_HELM_TOML_ARRAY) {
		right = read_array(reader, ret);
	} else if (literal.kind == RC_HELM_TOML_TABLE) {
		right = read_inline(reader, in_array, ret);
	} else {
		problem = rc_helm_toml_literal_value(reader->tables.arena, &literal, ret);
		right = !problem ||
			rc_helm_toml_tables_fail(&reader->tables, literal.line, rc_str(problem));
	}
	reader->depth--;
	return right;
}

/* The opening bracket was read. */
static bool read_table_name(struct reader *reader, bool array, struct rc_helm_toml_path *key)
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
	struct rc_helm_toml_path key = {NULL, 0};

	if (array)
		rc_helm_toml_scan_next(scan);
	rc_helm_toml_scan_ignore(scan);
	if (!read_table_name(reader, array, &key) ||
	    !rc_helm_toml_tables_enter(&reader->tables, key, array))
		return false;
	rc_helm_toml_tables_set_kind(&reader->tables, RC_STR(""), false);
	return true;
}

static bool read_top_pair(struct reader *reader)
{
	struct rc_helm_toml_path outer = reader->tables.context, key;
	struct rc_value value;

	rc_helm_toml_scan_back(&reader->scan);
	if (!read_pair(reader, &key, &value))
		return false;
	rc_helm_toml_tables_set_kind(&reader->tables, reader->tables.name,
				     value.kind == RC_VALUE_LIST);
	reader->tables.context = outer;
	reader->tables.name = RC_STR("");
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
	struct reader reader = {.tables = {.arena = arena}};
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
	reader.tables.root = *ret = rc_helm_toml_tables_new_table(&reader.tables);
	reader.tables.implicit = rc_helm_toml_tables_new_table(&reader.tables);
	reader.tables.arrays = rc_helm_toml_tables_new_table(&reader.tables);
	if (read_all(&reader))
		return 0;
	*ret_error = reader.tables.error;
	return -EINVAL;
}
