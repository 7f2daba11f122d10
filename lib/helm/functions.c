/* Helm's functions. */
#include "helm/functions.h"

#include <errno.h>

#include <uthash.h>

#include "base/memory.h"
#include "data/quote.h"
#include "helm/encode.h"
#include "helm/toml-read.h"
#include "helm/toml.h"
#include "helm/value.h"

#define INCLUDE_MAX 1000
#define TPL_MAX	    200 /* nested tpl calls; Go would go on until its memory ends */
#define TEXT_MAX    ((size_t)256 << 20)

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)

struct include_count {
	UT_hash_handle hh;
	unsigned int n;
	size_t size; /* bytes that it gave last: it will give about as many */
	char name[];
};

static struct rc_helm_functions *functions_of(struct rc_value_call *call)
{
	return call->exec->userdata;
}

void rc_helm_functions_done(struct rc_helm_functions *functions)
{
	struct include_count *count, *next;

	HASH_ITER (hh, functions->includes, count, next) {
		HASH_DEL(functions->includes, count);
		free(count);
	}
}

void rc_helm_functions_strip(struct rc_buf *buf, size_t start)
{
	static const char word[] = "<no value>";
	size_t n = sizeof(word) - 1, to = start;

	if (buf->n < start + n || !memchr(buf->p + start, '<', buf->n - start) ||
	    !memmem(buf->p + start, buf->n - start, word, n))
		return;
	for (size_t from = start; from < buf->n;) {
		if (buf->n - from >= n && memcmp(buf->p + from, word, n) == 0)
			from += n;
		else
			buf->p[to++] = buf->p[from++];
	}
	rc_buf_truncate(buf, to);
}

static void give(struct rc_value_call *call, const struct rc_buf *buf, struct rc_value *ret)
{
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(buf)));
}

static struct include_count *count_of(struct rc_helm_functions *functions, struct rc_str name)
{
	struct include_count *count;

	HASH_FIND(hh, functions->includes, name.p, name.n, count);
	if (!count) {
		count = rc_calloc(1, sizeof(*count) + name.n + 1);
		memcpy(count->name, name.p, name.n);
		HASH_ADD_KEYPTR(hh, functions->includes, count->name, name.n, count);
	}
	return count;
}

static int run_include(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);
	struct rc_str name = call->args[0].text;
	const struct rc_template *tmpl = rc_template_set_find(call->exec->set, name);
	struct include_count *count = count_of(functions_of(call), name);
	int r;

	if (count->n > INCLUDE_MAX)
		return fail(
			call,
			"rendering template has a nested reference name: %.*s: unable to execute "
			"template",
			(int)name.n, name.p);
	if (!tmpl)
		return fail(call,
			    "template: no template \"%.*s\" associated with template \"gotpl\"",
			    (int)name.n, name.p);
	rc_buf_reserve(&out, count->size);
	count->n++;
	r = rc_template_execute(call->exec, tmpl, call->args[1], &out, call->err);
	count->n--;
	if (r < 0)
		return r;
	count->size = out.n;
	give(call, &out, ret);
	return 0;
}

static const char *quoted(struct rc_value_call *call, struct rc_str text)
{
	rc_autobuf struct rc_buf buf = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_quote_string(&buf, text, false);
	return rc_arena_str(call->arena, rc_buf_str(&buf)).p;
}

static int execute_tpl(struct rc_value_call *call, struct rc_template_set *set, struct rc_buf *out)
{
	const struct rc_template_set *outer = call->exec->set;
	const struct rc_template *tmpl = rc_template_set_find_own(set, RC_STR("gotpl"));
	int r = 0;

	call->exec->set = set;
	/* A text of nothing but definitions leaves no template of its own. */
	if (tmpl)
		r = rc_template_execute(call->exec, tmpl, call->args[1], out, call->err);
	call->exec->set = outer;
	return r;
}

static int run_tpl(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_helm_functions *functions = functions_of(call);
	rc_cleanup(rc_template_set_freep) struct rc_template_set *set = NULL;
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);
	struct rc_str text = call->args[0].text;
	int r;

	/* Most texts are plain: nothing to parse, nothing to run. */
	if (text.n == 0 || !memmem(text.p, text.n, "{{", 2)) {
		rc_buf_add_str(&out, text);
		rc_helm_functions_strip(&out, 0);
		give(call, &out, ret);
		return 0;
	}
	if (functions->tpl_depth >= TPL_MAX)
		return fail(call, "tpl calls itself more than %d times", TPL_MAX);
	set = rc_template_set_new(call->arena, functions->funcs, call->exec->set);
	r = rc_template_set_parse(set, RC_STR("gotpl"), text, call->err);
	if (r < 0)
		return rc_fail(call->err, r, "cannot parse template %s: %s", quoted(call, text),
			       rc_arena_strdup(call->arena, (*call->err)->message));
	functions->tpl_depth++;
	r = execute_tpl(call, set, &out);
	functions->tpl_depth--;
	/* What ends Go's execution passes by. */
	if (r < 0 && rc_str_has_prefix(rc_str((*call->err)->message), RC_STR("runtime error: ")))
		return r;
	if (r < 0)
		return rc_fail(call->err, r, "error during tpl function execution for %s: %s",
			       quoted(call, text),
			       rc_arena_strdup(call->arena, (*call->err)->message));
	rc_helm_functions_strip(&out, 0);
	give(call, &out, ret);
	return 0;
}

static int run_required(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_value value = call->args[1];
	struct rc_helm_warnings *lint = functions_of(call)->lint;

	if (lint &&
	    (rc_value_is_nil(value) || (value.kind == RC_VALUE_STRING && value.text.n == 0))) {
		rc_helm_warning_add(lint,
				    rc_value_is_nil(value) ? "engine.go:206" : "engine.go:214",
				    "[INFO] Missing required value: %.*s",
				    (int)call->args[0].text.n, call->args[0].text.p);
		*ret = rc_value_str(RC_STR(""));
		return 0;
	}
	if (rc_value_is_nil(value) || (value.kind == RC_VALUE_STRING && value.text.n == 0))
		return fail(call, RC_HELM_MARK_START "%.*s" RC_HELM_MARK_END,
			    (int)call->args[0].text.n, call->args[0].text.p);
	*ret = value;
	return 0;
}

static int run_fail(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_helm_warnings *lint = functions_of(call)->lint;

	if (lint) {
		rc_helm_warning_add(lint, "engine.go:227", "[INFO] Fail: %.*s",
				    (int)call->args[0].text.n, call->args[0].text.p);
		*ret = rc_value_str(RC_STR(""));
		return 0;
	}
	return fail(call, RC_HELM_MARK_START "%.*s" RC_HELM_MARK_END, (int)call->args[0].text.n,
		    call->args[0].text.p);
}

/* Without a cluster there is nothing to find. */
static int run_lookup(struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_helm_functions *functions = functions_of(call);
	const struct rc_helm_lookup lookup = {call->args[0].text, call->args[1].text,
					      call->args[2].text, call->args[3].text};

	if (functions->lookup)
		return functions->lookup(functions->lookup_userdata, call->arena, &lookup, ret,
					 call->err);
	*ret = rc_value_map_new(call->arena, RC_VALUE_ANY, 0);
	return 0;
}

static int run_get_host_by_name(struct rc_value_call *call, struct rc_value *ret)
{
	(void)call;
	*ret = rc_value_str(RC_STR(""));
	return 0;
}

static int run_to_yaml(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);

	rc_helm_encode_yaml(&out, call->args[0]);
	give(call, &out, ret);
	return 0;
}

static int run_to_yaml_pretty(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);

	rc_helm_encode_yaml_pretty(&out, call->args[0]);
	give(call, &out, ret);
	return 0;
}

static struct rc_value error_map(struct rc_value_call *call, const struct rc_error *err)
{
	rc_autofree char *text = rc_error_format(err);
	struct rc_value map = rc_value_map_new(call->arena, RC_VALUE_ANY, 1);

	rc_value_map_set(call->arena, map.map, RC_STR("Error"),
			 rc_value_text(rc_arena_strdup(call->arena, text)));
	return map;
}

static int run_from_yaml(struct rc_value_call *call, struct rc_value *ret)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;

	if (rc_helm_value_parse_table(call->arena, call->args[0].text, ret, &err) < 0)
		*ret = error_map(call, err);
	else if (rc_value_is_nil(*ret))
		*ret = rc_value_map_new(call->arena, RC_VALUE_ANY, 0);
	return 0;
}

static struct rc_value error_list(struct rc_value_call *call, const struct rc_error *err)
{
	rc_autofree char *text = rc_error_format(err);
	struct rc_value list = rc_value_list_new(call->arena, RC_VALUE_ANY, 1);

	rc_value_list_add(call->arena, list, rc_value_text(rc_arena_strdup(call->arena, text)));
	return list;
}

/* What Go's decoder calls a value that it finds where another is wanted. */
static const char *json_kind(struct rc_value value)
{
	switch (value.kind) {
	case RC_VALUE_MAP:
		return "object";
	case RC_VALUE_LIST:
		return "array";
	case RC_VALUE_STRING:
		return "string";
	case RC_VALUE_BOOL:
		return "bool";
	default:
		return "number";
	}
}

/* *ret is to be of kind; null counts as an empty one, in JSON as Go's nil. */
static int expect(struct rc_value_call *call, enum rc_value_kind kind, const char *type,
		  const char *prefix, struct rc_value *ret, struct rc_error **err)
{
	if (rc_value_is_nil(*ret)) {
		*ret = kind == RC_VALUE_MAP ? rc_value_map_new(call->arena, RC_VALUE_ANY, 0)
					    : rc_value_list_new(call->arena, RC_VALUE_ANY, 0);
		if (kind == RC_VALUE_MAP)
			ret->map->is_nil = *prefix == '\0';
		else
			ret->list->is_nil = *prefix == '\0';
	}
	if (ret->kind == kind)
		return 0;
	return rc_fail(err, -EINVAL, "%sjson: cannot unmarshal %s into Go value of type %s", prefix,
		       json_kind(*ret), type);
}

static int run_from_yaml_array(struct rc_value_call *call, struct rc_value *ret)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	int r = rc_helm_value_parse_yaml(call->arena, call->args[0].text, ret, &err);

	if (r == 0)
		r = expect(call, RC_VALUE_LIST, "[]interface {}",
			   "error unmarshaling JSON: while decoding JSON: ", ret, &err);
	if (r < 0)
		*ret = error_list(call, err);
	return 0;
}

/* An error is the text, as in Helm. */
static int run_to_toml(struct rc_value_call *call, struct rc_value *ret)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);

	if (rc_value_is_nil(call->args[0]))
		return fail(call, "reflect: call of reflect.Value.Type on zero Value");
	if (rc_helm_toml_write(call->arena, call->args[0], &out, &err) < 0) {
		rc_buf_clear(&out);
		rc_buf_puts(&out, err ? err->message : "toml: too large");
	}
	give(call, &out, ret);
	return 0;
}

static int run_from_toml(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str error;

	if (rc_helm_toml_read(call->arena, call->args[0].text, ret, &error) == 0)
		return 0;
	*ret = rc_value_map_new(call->arena, RC_VALUE_ANY, 1);
	rc_value_map_set(call->arena, ret->map, RC_STR("Error"), rc_value_str(error));
	return 0;
}

static int run_from_json(struct rc_value_call *call, struct rc_value *ret)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	int r = rc_helm_value_parse_json(call->arena, call->args[0].text, ret, &err);

	if (r == 0)
		r = expect(call, RC_VALUE_MAP, "map[string]interface {}", "", ret, &err);
	if (r < 0)
		*ret = error_map(call, err);
	return 0;
}

static int run_from_json_array(struct rc_value_call *call, struct rc_value *ret)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	int r = rc_helm_value_parse_json(call->arena, call->args[0].text, ret, &err);

	if (r == 0)
		r = expect(call, RC_VALUE_LIST, "[]interface {}", "", ret, &err);
	if (r < 0)
		*ret = error_list(call, err);
	return 0;
}

static const struct rc_template_func helm_functions[] = {
	{"include", "sa", run_include},
	{"tpl", "sa", run_tpl},
	{"required", "sa", run_required},
	{"fail", "s", run_fail},
	{"lookup", "ssss", run_lookup},
	{"getHostByName", "s", run_get_host_by_name},
	{"toYaml", "a", run_to_yaml},
	{"toYamlPretty", "a", run_to_yaml_pretty},
	{"fromYaml", "s", run_from_yaml},
	{"fromYamlArray", "s", run_from_yaml_array},
	{"toToml", "a", run_to_toml},
	{"fromToml", "s", run_from_toml},
	{"fromJson", "s", run_from_json},
	{"fromJsonArray", "s", run_from_json_array},
	{NULL, NULL, NULL},
};

struct rc_template_funcs *rc_helm_functions_new(void)
{
	struct rc_template_funcs *funcs = rc_template_funcs_new();

	rc_template_funcs_add(funcs, rc_template_builtins);
	rc_template_funcs_add(funcs, rc_template_func_list);
	rc_template_funcs_add(funcs, rc_template_func_map);
	rc_template_funcs_add(funcs, rc_template_func_logic);
	rc_template_funcs_add(funcs, rc_template_func_text);
	rc_template_funcs_add(funcs, rc_template_func_join);
	rc_template_funcs_add(funcs, rc_template_func_number);
	rc_template_funcs_add(funcs, rc_template_func_decimal);
	rc_template_funcs_add(funcs, rc_template_func_path);
	rc_template_funcs_add(funcs, rc_template_func_random);
	rc_template_funcs_add(funcs, rc_template_func_crypto);
	rc_template_funcs_add(funcs, rc_template_func_certificate);
	rc_template_funcs_add(funcs, rc_template_func_regex);
	rc_template_funcs_add(funcs, rc_template_func_encode);
	rc_template_funcs_add(funcs, rc_template_func_semver);
	rc_template_funcs_add(funcs, rc_template_func_date);
	rc_template_funcs_add(funcs, rc_helm_functions_json);
	rc_template_funcs_add(funcs, helm_functions);
	return funcs;
}
