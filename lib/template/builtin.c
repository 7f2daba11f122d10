/* The functions that Go's text/template has of its own. */
#include <errno.h>
#include <string.h>

#include "template/exec-private.h"
#include "template/format.h"

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)

static int run_nothing(struct rc_value_call *call, struct rc_value *ret)
{
	/* and, or, call: the executor does them itself, for it has the arguments' nodes. */
	*ret = call->args[0];
	return 0;
}

static int run_not(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_bool(!rc_value_is_true(call->args[0]));
	return 0;
}

enum basic {
	BASIC_NONE,
	BASIC_BOOL,
	BASIC_INT,
	BASIC_UINT,
	BASIC_FLOAT,
	BASIC_COMPLEX,
	BASIC_STRING
};

static enum basic basic_kind(struct rc_value value)
{
	switch (value.kind) {
	case RC_VALUE_BOOL:
		return BASIC_BOOL;
	case RC_VALUE_INT:
	case RC_VALUE_INT64:
		return BASIC_INT;
	case RC_VALUE_UINT8:
	case RC_VALUE_UINT32:
	case RC_VALUE_UINT64:
		return BASIC_UINT;
	case RC_VALUE_FLOAT:
		return BASIC_FLOAT;
	case RC_VALUE_COMPLEX:
		return BASIC_COMPLEX;
	case RC_VALUE_STRING:
		return BASIC_STRING;
	case RC_VALUE_INVALID:
	case RC_VALUE_NIL:
	case RC_VALUE_BYTES:
	case RC_VALUE_LIST:
	case RC_VALUE_MAP:
	case RC_VALUE_OBJECT:
		return BASIC_NONE;
	}
	return BASIC_NONE;
}

static bool is_integer(enum basic kind)
{
	return kind == BASIC_INT || kind == BASIC_UINT;
}

/* As %s, which is what Go shows values that do not compare with. */
static const char *print_text(struct rc_value_call *call, struct rc_value value)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_template_format(&text, RC_STR("%s"), &value, 1);
	return rc_arena_str(call->arena, rc_buf_str(&text)).p;
}

/* A nil slice or map is equal to nil. */
static bool is_nil(struct rc_value value)
{
	return rc_value_is_nil(value) || (value.kind == RC_VALUE_LIST && value.list->is_nil) ||
	       (value.kind == RC_VALUE_MAP && value.map->is_nil) ||
	       (value.kind == RC_VALUE_BYTES && !value.text.p);
}

/* What is no number, text or bool: nil, or nothing that compares. */
static int compare_others(struct rc_value_call *call, struct rc_value a, struct rc_value b,
			  bool *ret)
{
	if (!rc_value_is_nil(a) && !rc_value_is_nil(b) &&
	    strcmp(rc_value_kind_name(a), rc_value_kind_name(b)) != 0)
		return fail(call, "non-comparable types %s: %s, %s: %s", print_text(call, a),
			    rc_value_type_name(a), rc_value_type_name(b),
			    rc_value_format(call->arena, b).p);
	if (is_nil(a) || is_nil(b)) {
		*ret = is_nil(a) == is_nil(b);
		return 0;
	}
	if (b.kind == RC_VALUE_MAP || b.kind == RC_VALUE_LIST || b.kind == RC_VALUE_BYTES ||
	    (b.kind == RC_VALUE_OBJECT && b.type->is_incomparable))
		return fail(call, "non-comparable type %s: %s", print_text(call, b),
			    rc_value_type_name(b));
	/* Pointers are equal where they point to one thing, whatever is in it. */
	*ret = *rc_value_type_name(b) == '*' ? a.type == b.type && a.object == b.object
					     : rc_value_equal(a, b);
	return 0;
}

static int compare_basic(struct rc_value_call *call, struct rc_value a, struct rc_value b,
			 bool *ret)
{
	enum basic x = basic_kind(a), y = basic_kind(b);

	if (x != y) {
		if (is_integer(x) && is_integer(y)) {
			*ret = a.integer == b.integer;
			return 0;
		}
		/* nil compares with anything; two other kinds do not compare. */
		if (!rc_value_is_nil(a) && !rc_value_is_nil(b))
			return fail(call, "incompatible types for comparison");
		*ret = false;
		return 0;
	}
	if (x == BASIC_NONE)
		return compare_others(call, a, b, ret);
	/* Whole numbers of two sizes are one kind. */
	*ret = is_integer(x) ? a.integer == b.integer : rc_value_equal(a, b);
	return 0;
}

static int run_eq(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_value first = call->args[0];
	bool equal = false;

	if (call->n_args == 1)
		return fail(call, "missing argument for comparison");
	for (size_t i = 1; i < call->n_args && !equal; i++) {
		int r = compare_basic(call, first, call->args[i], &equal);

		if (r < 0)
			return r;
	}
	*ret = rc_value_bool(equal);
	return 0;
}

static int run_ne(struct rc_value_call *call, struct rc_value *ret)
{
	int r = run_eq(call, ret);

	ret->truth = !ret->truth;
	return r;
}

static int compare_order(struct rc_value_call *call, struct rc_value a, struct rc_value b,
			 bool *ret_less)
{
	enum basic x = basic_kind(a), y = basic_kind(b);

	if (x == BASIC_NONE || y == BASIC_NONE)
		return fail(call, "invalid type for comparison");
	if (x != y && !(is_integer(x) && is_integer(y)))
		return fail(call, "incompatible types for comparison");
	if (x == BASIC_BOOL || x == BASIC_COMPLEX)
		return fail(call, "invalid type for comparison");
	if (x == BASIC_STRING)
		*ret_less = rc_str_compare(a.text, b.text) < 0;
	else if (x == BASIC_FLOAT)
		*ret_less = a.real < b.real;
	else
		*ret_less = a.integer < b.integer;
	return 0;
}

static int run_lt(struct rc_value_call *call, struct rc_value *ret)
{
	bool less = false;
	int r = compare_order(call, call->args[0], call->args[1], &less);

	*ret = rc_value_bool(less);
	return r;
}

/* Go has le as "less or equal", which a NaN is not, and gt as its negation. */
static int run_le(struct rc_value_call *call, struct rc_value *ret)
{
	bool less = false, equal = false;
	int r = compare_order(call, call->args[0], call->args[1], &less);

	if (r == 0 && !less)
		r = compare_basic(call, call->args[0], call->args[1], &equal);
	*ret = rc_value_bool(less || equal);
	return r;
}

static int run_gt(struct rc_value_call *call, struct rc_value *ret)
{
	int r = run_le(call, ret);

	ret->truth = !ret->truth;
	return r;
}

static int run_ge(struct rc_value_call *call, struct rc_value *ret)
{
	int r = run_lt(call, ret);

	ret->truth = !ret->truth;
	return r;
}

/* what is "slice" or "string". */
static int index_number(struct rc_value_call *call, struct rc_value key, size_t n, const char *what,
			size_t *ret)
{
	if (rc_value_is_nil(key))
		return fail(call, "cannot index slice/array with nil");
	if (!rc_value_is_integer(key))
		return fail(call, "cannot index slice/array with type %s", rc_value_type_name(key));
	if (key.integer < 0 || (uint64_t)key.integer > n)
		return fail(call, "index out of range: %lld", (long long)key.integer);
	/* Go's check lets this one pass and reflect panics. */
	if ((uint64_t)key.integer == n)
		return fail(call, "reflect: %s index out of range", what);
	*ret = (size_t)key.integer;
	return 0;
}

static int index_map(struct rc_value_call *call, const struct rc_value_map *map,
		     struct rc_value key, struct rc_value *ret)
{
	const struct rc_value *found;

	if (rc_value_is_nil(key))
		return fail(call, "value is nil; should be of type string");
	if (key.kind != RC_VALUE_STRING)
		return fail(call, "value has type %s; should be string", rc_value_type_name(key));
	found = rc_value_map_get(map, key.text);
	*ret = found				  ? *found
	       : map->flavour == RC_VALUE_STRINGS ? rc_value_str(RC_STR(""))
						  : rc_value_nil();
	return 0;
}

/* The type's name; that of what a pointer points to. */
static const char *indirect_name(struct rc_value value)
{
	const char *name = rc_value_type_name(value);

	return name + (*name == '*');
}

static int index_one(struct rc_value_call *call, struct rc_value from, struct rc_value key,
		     struct rc_value *ret)
{
	size_t i = 0;
	int r;

	switch (from.kind) {
	case RC_VALUE_MAP:
		return index_map(call, from.map, key, ret);
	case RC_VALUE_LIST:
		r = index_number(call, key, from.list->n, "slice", &i);
		if (r == 0)
			*ret = from.list->items[i];
		return r;
	case RC_VALUE_STRING:
	case RC_VALUE_BYTES:
		r = index_number(call, key, from.text.n, "string", &i);
		if (r == 0)
			*ret = (struct rc_value){.kind = RC_VALUE_UINT8,
						 .integer = (unsigned char)from.text.p[i]};
		return r;
	case RC_VALUE_NIL:
	case RC_VALUE_INVALID:
		return fail(call, "index of nil pointer");
	default:
		return fail(call, "can't index item of type %s", indirect_name(from));
	}
}

static int run_index(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_value value = call->args[0];

	if (rc_value_is_nil(value))
		return fail(call, "index of untyped nil");
	for (size_t i = 1; i < call->n_args; i++) {
		int r = index_one(call, value, call->args[i], &value);

		if (r < 0)
			return r;
	}
	*ret = value;
	return 0;
}

static int run_len(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_value value = call->args[0];

	switch (value.kind) {
	case RC_VALUE_STRING:
	case RC_VALUE_BYTES:
		*ret = rc_value_int((int64_t)value.text.n);
		return 0;
	case RC_VALUE_LIST:
		*ret = rc_value_int((int64_t)value.list->n);
		return 0;
	case RC_VALUE_MAP:
		*ret = rc_value_int((int64_t)value.map->n);
		return 0;
	case RC_VALUE_NIL:
		return fail(call, "len of nil pointer");
	case RC_VALUE_INVALID:
		return fail(call, "reflect: call of reflect.Value.Type on zero Value");
	default:
		return fail(call, "len of type %s", indirect_name(value));
	}
}

static void take(struct rc_value_call *call, struct rc_buf *buf, struct rc_value *ret)
{
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(buf)));
}

static int run_print(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf buf = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_template_format_print(&buf, call->args, call->n_args);
	take(call, &buf, ret);
	return 0;
}

static int run_println(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf buf = RC_BUF_INIT(RC_BUF_UNLIMITED);

	for (size_t i = 0; i < call->n_args; i++) {
		if (i > 0)
			rc_buf_putc(&buf, ' ');
		rc_value_print(&buf, call->args[i]);
	}
	rc_buf_putc(&buf, '\n');
	take(call, &buf, ret);
	return 0;
}

static int run_printf(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf buf = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_template_format(&buf, call->args[0].text, call->args + 1, call->n_args - 1);
	take(call, &buf, ret);
	return 0;
}

/* html, js, urlquery take text as it is; anything else as print does, nil as <no value>. */
static void operands(struct rc_value_call *call, struct rc_buf *buf)
{
	struct rc_value *args =
		rc_arena_memdup(call->arena, call->args, call->n_args * sizeof(*args));

	for (size_t i = 0; i < call->n_args; i++)
		if (rc_value_is_nil(args[i]))
			args[i] = rc_value_str(RC_STR("<no value>"));
	rc_template_format_print(buf, args, call->n_args);
}

static const char *html_escape(char c)
{
	switch (c) {
	case '\0':
		return "\xef\xbf\xbd";
	case '"':
		return "&#34;";
	case '\'':
		return "&#39;";
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	default:
		return NULL;
	}
}

static int run_html(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf in = RC_BUF_INIT(RC_BUF_UNLIMITED),
				 out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	operands(call, &in);
	for (size_t i = 0; i < in.n; i++) {
		const char *escape = html_escape(in.p[i]);

		if (escape)
			rc_buf_puts(&out, escape);
		else
			rc_buf_putc(&out, in.p[i]);
	}
	take(call, &out, ret);
	return 0;
}

static const char *js_escape(char c)
{
	switch (c) {
	case '\\':
		return "\\\\";
	case '\'':
		return "\\'";
	case '"':
		return "\\\"";
	case '<':
		return "\\u003C";
	case '>':
		return "\\u003E";
	case '&':
		return "\\u0026";
	case '=':
		return "\\u003D";
	default:
		return NULL;
	}
}

static int run_js(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf in = RC_BUF_INIT(RC_BUF_UNLIMITED),
				 out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	operands(call, &in);
	for (size_t i = 0; i < in.n; i++) {
		const char *escape = js_escape(in.p[i]);

		if (escape)
			rc_buf_puts(&out, escape);
		else if ((unsigned char)in.p[i] < 0x20)
			rc_buf_printf(&out, "\\u%04X", (unsigned int)in.p[i]);
		else
			rc_buf_putc(&out, in.p[i]);
	}
	take(call, &out, ret);
	return 0;
}

static int run_urlquery(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf in = RC_BUF_INIT(RC_BUF_UNLIMITED),
				 out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	operands(call, &in);
	for (size_t i = 0; i < in.n; i++) {
		unsigned char c = (unsigned char)in.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    (c != '\0' && strchr("-_.~", c)))
			rc_buf_putc(&out, (char)c);
		else if (c == ' ')
			rc_buf_putc(&out, '+');
		else
			rc_buf_printf(&out, "%%%02X", c);
	}
	take(call, &out, ret);
	return 0;
}

const struct rc_template_func rc_template_builtins[] = {
	{"and", "aa*", run_nothing},
	{"or", "aa*", run_nothing},
	{"not", "a", run_not},
	{"eq", "aa*", run_eq},
	{"ne", "aa", run_ne},
	{"lt", "aa", run_lt},
	{"le", "aa", run_le},
	{"gt", "aa", run_gt},
	{"ge", "aa", run_ge},
	{"index", "aa*", run_index},
	{"len", "r", run_len},
	{"call", "aa*", run_nothing},
	{"print", "a*", run_print},
	{"println", "a*", run_println},
	{"printf", "sa*", run_printf},
	{"html", "a*", run_html},
	{"js", "a*", run_js},
	{"urlquery", "a*", run_urlquery},
	{NULL, NULL, NULL},
};
