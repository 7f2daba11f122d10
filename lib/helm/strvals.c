/* The grammar of --set and its sisters. */
#include "helm/strvals.h"

#include <errno.h>
#include <strings.h>

#include "data/number.h"
#include "data/quote.h"
#include "data/unicode.h"
#include "data/utf8.h"
#include "helm/value.h"

#define NESTING_MAX 30
#define INDEX_MAX   65536
#define FILE_MAX    ((size_t)32 << 20)

/* How reading a key ended, besides 0 (more may follow) and errors. */
enum { AT_END = 1 };

struct parser {
	const struct rc_helm_strvals *strvals;
	struct rc_str rest;
	bool is_literal;
	struct rc_error **err;
};

static int parse_key(struct parser *parser, struct rc_value_map *map, int nesting);
static int parse_item(struct parser *parser, struct rc_value list, int64_t index, int nesting);

#define fail(parser, ...) rc_fail((parser)->err, -EINVAL, __VA_ARGS__)

static const char *quoted(struct parser *parser, struct rc_str text)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_quote_string(&out, text, false);
	return rc_arena_strdup(parser->strvals->arena, rc_buf_text(&out));
}

/* %q of a list of code points. */
static const char *quoted_runes(struct parser *parser, struct rc_str text)
{
	rc_autobuf struct rc_buf buf = RC_BUF_INIT(RC_BUF_UNLIMITED);
	size_t n;

	rc_buf_putc(&buf, '[');
	for (; text.n > 0; text.p += n, text.n -= n) {
		if (buf.n > 1)
			rc_buf_putc(&buf, ' ');
		rc_quote_rune(&buf, rc_utf8_decode(text, &n), false);
	}
	rc_buf_putc(&buf, ']');
	return rc_arena_strdup(parser->strvals->arena, rc_buf_text(&buf));
}

/*
 * Characters up to one of stops, escapes undone; '\0' when the text ends first (which a text may
 * not hold: arguments cannot).
 */
static char take_until(struct parser *parser, const char *stops, struct rc_str *ret)
{
	char *out = rc_arena_alloc(parser->strvals->arena, parser->rest.n + 1);
	size_t n = 0;

	while (parser->rest.n > 0) {
		char c = *parser->rest.p;

		parser->rest = (struct rc_str){parser->rest.p + 1, parser->rest.n - 1};
		if (c != '\0' && strchr(stops, c)) {
			*ret = (struct rc_str){out, n};
			return c;
		}
		if (c == '\\' && !parser->is_literal) {
			if (parser->rest.n == 0)
				break;
			c = *parser->rest.p;
			parser->rest = (struct rc_str){parser->rest.p + 1, parser->rest.n - 1};
		}
		out[n++] = c;
	}
	*ret = (struct rc_str){out, n};
	return '\0';
}

static void set(struct parser *parser, struct rc_value_map *map, struct rc_str key,
		struct rc_value value)
{
	if (key.n > 0)
		rc_value_map_set(parser->strvals->arena, map, key, value);
}

static int set_index(struct parser *parser, struct rc_value list, int64_t index,
		     struct rc_value value)
{
	if (index < 0)
		return fail(parser, "negative %lld index not allowed", (long long)index);
	if (index > INDEX_MAX)
		return fail(parser, "index of %lld is greater than maximum supported index of %d",
			    (long long)index, INDEX_MAX);
	while (list.list->n <= (size_t)index)
		rc_value_list_add(parser->strvals->arena, list, rc_value_nil());
	list.list->items[index] = value;
	return 0;
}

static struct rc_value typed_value(struct rc_str text)
{
	int64_t integer;

	if (text.n == 4 && strncasecmp(text.p, "true", 4) == 0)
		return rc_value_bool(true);
	if (text.n == 5 && strncasecmp(text.p, "false", 5) == 0)
		return rc_value_bool(false);
	if (text.n == 4 && strncasecmp(text.p, "null", 4) == 0)
		return rc_value_nil();
	if (rc_str_is(text, "0"))
		return rc_value_int64(0);
	if (text.n > 0 && text.p[0] != '0' && rc_number_parse_int(text, 10, &integer) == 0)
		return rc_value_int64(integer);
	return rc_value_str(text);
}

static int convert(struct parser *parser, struct rc_str text, struct rc_value *ret)
{
	const struct rc_helm_strvals *strvals = parser->strvals;
	rc_autobuf struct rc_buf file = RC_BUF_INIT(FILE_MAX);
	int r;

	if (strvals->kind == RC_HELM_STRVALS_TYPED) {
		*ret = typed_value(text);
		return 0;
	}
	*ret = rc_value_str(text);
	if (strvals->kind != RC_HELM_STRVALS_FILE)
		return 0;
	if (!strvals->read)
		return fail(parser, "files are not read here: %.*s", (int)text.n, text.p);
	r = strvals->read(strvals->read_userdata, rc_arena_strndup(strvals->arena, text.p, text.n),
			  &file, parser->err);
	if (r < 0)
		return r;
	*ret = rc_value_str(rc_arena_str(strvals->arena, rc_buf_str(&file)));
	return 0;
}

/* "{a,b}", the brace taken already; a comma after it is taken as well. */
static int parse_list(struct parser *parser, struct rc_value *ret)
{
	*ret = rc_value_list_new(parser->strvals->arena, RC_VALUE_ANY, 0);
	for (;;) {
		struct rc_str text;
		struct rc_value value;
		char stop = take_until(parser, ",}", &text);
		int r;

		if (stop == '\0')
			return fail(parser, "list must terminate with '}'");
		if (stop == '}' && parser->rest.n > 0 && *parser->rest.p == ',')
			parser->rest = (struct rc_str){parser->rest.p + 1, parser->rest.n - 1};
		r = convert(parser, text, &value);
		if (r < 0)
			return r;
		rc_value_list_add(parser->strvals->arena, *ret, value);
		if (stop == '}')
			return 0;
	}
}

/* Bytes of the JSON text that begins at text; what it is worth its reader finds out. */
static size_t json_length(struct rc_str text)
{
	bool in_string = false;
	size_t depth = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (in_string) {
			i += c == '\\';
			in_string = c != '"';
			if (!in_string && depth == 0)
				return i + 1;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '[' || c == '{') {
			depth++;
		} else if (c == ']' || c == '}') {
			if (depth <= 1)
				return depth == 0 ? i : i + 1;
			depth--;
		} else if (depth == 0 && strchr(", \t\r\n", c)) {
			return i;
		}
	}
	return text.n;
}

/* Blanks, then the end or a comma: true. Anything else stays. */
static bool take_empty(struct parser *parser)
{
	while (parser->rest.n > 0) {
		size_t n;
		uint32_t rune = rc_utf8_decode(parser->rest, &n);

		if (rune != ',' && !rc_unicode_is_space(rune))
			return false;
		parser->rest = (struct rc_str){parser->rest.p + n, parser->rest.n - n};
		if (rune == ',')
			return true;
	}
	return true;
}

static int parse_json(struct parser *parser, struct rc_value *ret)
{
	struct rc_str text = parser->rest;
	int r;

	*ret = rc_value_nil();
	if (take_empty(parser))
		return 0;
	text = parser->rest;
	text.n = json_length(text);
	r = rc_helm_value_parse_json(parser->strvals->arena, text, ret, parser->err);
	parser->rest = (struct rc_str){parser->rest.p + text.n, parser->rest.n - text.n};
	if (r == 0)
		take_empty(parser);
	return r;
}

/* What follows '='. AT_END when nothing does, with "" as the value. */
static int parse_value(struct parser *parser, struct rc_value *ret)
{
	struct rc_str text;

	*ret = rc_value_str(RC_STR(""));
	if (parser->is_literal) {
		take_until(parser, "", &text);
		*ret = rc_value_str(text);
		return 0;
	}
	if (parser->strvals->kind == RC_HELM_STRVALS_JSON)
		return parse_json(parser, ret);
	if (parser->rest.n == 0)
		return AT_END;
	if (*parser->rest.p == '{') {
		parser->rest = (struct rc_str){parser->rest.p + 1, parser->rest.n - 1};
		return parse_list(parser, ret);
	}
	take_until(parser, ",", &text);
	return convert(parser, text, ret);
}

/* strconv.Atoi()'s errors are part of the message. */
static int parse_index(struct parser *parser, int64_t *ret)
{
	struct rc_str text;
	int r;

	if (take_until(parser, "]", &text) == '\0')
		return fail(parser, "error parsing index: EOF");
	r = rc_number_parse_int(text, 10, ret);
	if (r < 0)
		return fail(parser, "error parsing index: strconv.Atoi: parsing %s: %s",
			    quoted(parser, text),
			    r == -ERANGE ? "value out of range" : "invalid syntax");
	return 0;
}

/* Go's panic when a list or table is wanted and something else is there. */
static int fail_conversion(struct parser *parser, struct rc_value found, const char *wanted)
{
	if (found.kind == RC_VALUE_NIL)
		return fail(parser,
			    "unable to parse key: interface conversion: interface {} is nil, not "
			    "%s",
			    wanted);
	return fail(parser, "unable to parse key: interface conversion: interface {} is %s, not %s",
		    rc_value_type_name(found), wanted);
}

static int parse_list_key(struct parser *parser, struct rc_value_map *map, struct rc_str key,
			  int nesting)
{
	const struct rc_value *found;
	struct rc_value list;
	int64_t index;
	int r = parse_index(parser, &index);

	if (r < 0)
		return r;
	found = rc_value_map_get(map, key);
	if (found && found->kind != RC_VALUE_LIST)
		return fail_conversion(parser, *found, "[]interface {}");
	list = found ? *found : rc_value_list_new(parser->strvals->arena, RC_VALUE_ANY, 0);
	r = parse_item(parser, list, index, nesting);
	set(parser, map, key, list);
	return r;
}

static int parse_map_key(struct parser *parser, struct rc_value_map *map, struct rc_str key,
			 int nesting)
{
	const struct rc_value *found = rc_value_map_get(map, key);
	struct rc_value inner;
	int r;

	if (++nesting > NESTING_MAX)
		return fail(parser,
			    "value name nested level is greater than maximum supported nested "
			    "level of %d",
			    NESTING_MAX);
	if (found && found->kind != RC_VALUE_MAP)
		return fail_conversion(parser, *found, "map[string]interface {}");
	inner = found ? *found : rc_value_map_new(parser->strvals->arena, RC_VALUE_ANY, 0);
	r = parse_key(parser, inner.map, nesting);
	if (r == 0 && inner.map->n == 0)
		return fail(parser, "key map %s has no value", quoted(parser, key));
	if (inner.map->n > 0)
		set(parser, map, key, inner);
	return r;
}

/* 0 when a pair was read, AT_END at the end. */
static int parse_key(struct parser *parser, struct rc_value_map *map, int nesting)
{
	struct rc_str key;
	struct rc_value value;
	int r;

	switch (take_until(parser, parser->is_literal ? "=[." : "=[,.", &key)) {
	case '[':
		return parse_list_key(parser, map, key, nesting);
	case '.':
		return parse_map_key(parser, map, key, nesting);
	case '=':
		r = parse_value(parser, &value);
		if (r >= 0)
			set(parser, map, key, value);
		return r;
	case ',':
		set(parser, map, key, rc_value_str(RC_STR("")));
		return fail(parser, "key %s has no value (cannot end with ,)", quoted(parser, key));
	default:
		if (key.n == 0)
			return AT_END;
		return fail(parser, "key %s has no value", quoted(parser, key));
	}
}

static int parse_inner_list(struct parser *parser, struct rc_value list, int64_t index, int nesting)
{
	struct rc_value inner = rc_value_list_new(parser->strvals->arena, RC_VALUE_ANY, 0);
	int64_t next;
	int r = parse_index(parser, &next);

	if (r < 0)
		return r;
	if (list.list->n > (size_t)index && list.list->items[index].kind != RC_VALUE_NIL) {
		inner = list.list->items[index];
		if (inner.kind != RC_VALUE_LIST)
			return fail_conversion(parser, inner, "[]interface {}");
	}
	r = parse_item(parser, inner, next, nesting);
	return r == 0 ? set_index(parser, list, index, inner) : r;
}

static int parse_inner_map(struct parser *parser, struct rc_value list, int64_t index, int nesting)
{
	struct rc_value inner;
	int r;

	if (list.list->n > (size_t)index && list.list->items[index].kind == RC_VALUE_MAP)
		inner = list.list->items[index];
	else
		inner = rc_value_map_new(parser->strvals->arena, RC_VALUE_ANY, 0);
	if (list.list->n > (size_t)index)
		list.list->items[index] = inner;
	r = parse_key(parser, inner.map, nesting);
	if (r != 0)
		return r;
	return set_index(parser, list, index, inner);
}

/* What follows "key[index]". */
static int parse_item(struct parser *parser, struct rc_value list, int64_t index, int nesting)
{
	struct rc_str key;
	struct rc_value value;
	char stop;
	int r;

	if (index < 0)
		return fail(parser, "negative %lld index not allowed", (long long)index);
	stop = take_until(parser, "[.=", &key);
	if (key.n > 0)
		return fail(parser, "unexpected data at end of array index: %s",
			    quoted_runes(parser, key));
	switch (stop) {
	case '=':
		r = parse_value(parser, &value);
		return r < 0 ? r : set_index(parser, list, index, value);
	case '[':
		return parse_inner_list(parser, list, index, nesting);
	case '.':
		return parse_inner_map(parser, list, index, nesting);
	default:
		return AT_END;
	}
}

static int parse(struct parser *parser, struct rc_value table)
{
	int r;

	do
		r = parse_key(parser, table.map, 0);
	while (r == 0);
	return r < 0 ? r : 0;
}

int rc_helm_strvals_parse(const struct rc_helm_strvals *strvals, struct rc_str text,
			  struct rc_value table, struct rc_error **err)
{
	struct parser parser = {.strvals = strvals, .rest = text, .err = err};

	return parse(&parser, table);
}

int rc_helm_strvals_parse_literal(const struct rc_helm_strvals *strvals, struct rc_str text,
				  struct rc_value table, struct rc_error **err)
{
	struct parser parser = {.strvals = strvals, .rest = text, .is_literal = true, .err = err};

	return parse(&parser, table);
}
