/* JSON in templates, as Helm and External Secrets share it. */
#include <errno.h>

#include "helm/encode.h"
#include "helm/functions.h"
#include "helm/value.h"

#define TEXT_MAX ((size_t)256 << 20)

static void give(struct rc_value_call *call, const struct rc_buf *buf, struct rc_value *ret)
{
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(buf)));
}

static int run_to_json(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);

	if (rc_helm_encode_json(&out, call->args[0], true, NULL) < 0)
		rc_buf_clear(&out);
	give(call, &out, ret);
	return 0;
}

static int run_must_to_json(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);
	int r = rc_helm_encode_json(&out, call->args[0], true, call->err);

	if (r == 0)
		give(call, &out, ret);
	return r;
}

static int run_to_raw_json(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);
	int r = rc_helm_encode_json(&out, call->args[0], false, call->err);

	if (r == 0)
		give(call, &out, ret);
	return r;
}

static void break_line(struct rc_buf *out, size_t depth)
{
	rc_buf_putc(out, '\n');
	rc_buf_fill(out, ' ', 2 * depth);
}

/* A quoted text, from its first quote; returns its length. */
static size_t copy_quoted(struct rc_str text, struct rc_buf *out)
{
	size_t i = 1;

	while (text.p[i] != '"')
		i += text.p[i] == '\\' ? 2 : 1;
	rc_buf_add(out, text.p, i + 1);
	return i + 1;
}

/* The same text with two blanks a level, as json.MarshalIndent; what is empty stays on its line. */
static void indent_json(struct rc_str text, struct rc_buf *out)
{
	size_t depth = 0, i = 0;

	while (i < text.n) {
		char c = text.p[i];
		bool opens = c == '{' || c == '[', closes = c == '}' || c == ']';

		if (c == '"') {
			i += copy_quoted((struct rc_str){text.p + i, text.n - i}, out);
			continue;
		}
		if (opens && (text.p[i + 1] == '}' || text.p[i + 1] == ']')) {
			rc_buf_add(out, text.p + i, 2);
			i += 2;
			continue;
		}
		if (closes)
			break_line(out, --depth);
		rc_buf_putc(out, c);
		depth += opens;
		if (c == ':')
			rc_buf_putc(out, ' ');
		else if (opens || c == ',')
			break_line(out, depth);
		i++;
	}
}

static int run_to_pretty_json(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf plain = RC_BUF_INIT(TEXT_MAX), out = RC_BUF_INIT(TEXT_MAX);

	if (rc_helm_encode_json(&plain, call->args[0], true, NULL) == 0)
		indent_json(rc_buf_str(&plain), &out);
	give(call, &out, ret);
	return 0;
}

static int run_must_from_json(struct rc_value_call *call, struct rc_value *ret)
{
	return rc_helm_value_parse_json(call->arena, call->args[0].text, ret, call->err);
}

const struct rc_template_func rc_helm_functions_json[] = {
	{"toJson", "a", run_to_json},
	{"mustToJson", "a", run_must_to_json},
	{"toRawJson", "a", run_to_raw_json},
	{"mustToRawJson", "a", run_to_raw_json},
	{"toPrettyJson", "a", run_to_pretty_json},
	{"mustToPrettyJson", "a", run_to_pretty_json},
	{"mustFromJson", "s", run_must_from_json},
	{NULL, NULL, NULL},
};
