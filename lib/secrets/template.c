/* Rendering. */
#include "secrets/template.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "helm/functions.h"
#include "secrets/shape.h"
#include "secrets/template-function.h"
#include "secrets/template-pem.h"
#include "template/template.h"

#define OUTPUT_MAX ((size_t)1 << 20) /* of a Secret in all */
#define STEPS_MAX  1000000

static struct rc_template_funcs *make_functions(void)
{
	static const struct rc_template_func *const tables[] = {
		rc_template_builtins,
		rc_template_func_list,
		rc_template_func_map,
		rc_template_func_logic,
		rc_template_func_text,
		rc_template_func_join,
		rc_template_func_number,
		rc_template_func_decimal,
		rc_template_func_path,
		rc_template_func_random,
		rc_template_func_crypto,
		rc_template_func_certificate,
		rc_template_func_regex,
		rc_template_func_encode,
		rc_template_func_semver,
		rc_template_func_date,
		rc_helm_functions_json,
		rc_secrets_template_pem_functions,
		rc_secrets_template_pkcs12_functions,
		rc_secrets_template_functions};
	struct rc_template_funcs *funcs = rc_template_funcs_new();

	for (size_t i = 0; i < RC_ARRAY_SIZE(tables); i++)
		rc_template_funcs_add(funcs, tables[i]);
	return funcs;
}

/* Of texts, or of maps of texts. */
static struct rc_value make_dot(struct rc_arena *arena, const json_t *dot)
{
	json_t *first = json_object_iter_value(json_object_iter((json_t *)(uintptr_t)dot));
	enum rc_value_flavour flavour = json_is_object(first) ? RC_VALUE_ANY : RC_VALUE_STRINGS;
	struct rc_value map = rc_value_map_new(arena, flavour, json_object_size(dot));
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)dot, key, value) {
		struct rc_str text = {json_string_value(value), json_string_length(value)};

		rc_value_map_set(arena, map.map, rc_str(rc_arena_strdup(arena, key)),
				 json_is_object(value) ? make_dot(arena, value)
						       : rc_value_str(rc_arena_str(arena, text)));
	}
	return map;
}

/* "template: NAME:LINE:COLUMN" of what the engine says; the rest may quote a value. */
static int fail_at(const char *name, struct rc_error *why, struct rc_error **err)
{
	const char *message = why->message, *place = strstr(message, name);
	unsigned int line = 0;

	if (place && place[strlen(name)] == ':')
		line = (unsigned int)strtoul(place + strlen(name) + 1, NULL, 10);
	if (strstr(message, "map has no entry for key"))
		rc_fail(err, -EINVAL, "'%.60s' uses a key that is not there%s", name,
			strrchr(message, '>') ? strrchr(message, '>') + 1 : "");
	else if (strstr(message, "executing"))
		rc_fail(err, -EINVAL, "'%.60s' does not render", name);
	else
		rc_fail(err, -EINVAL, "%.300s", message); /* of the text itself */
	if (line > 0)
		rc_hint(err, "look at its line %u", line);
	rc_error_free(why);
	return -EINVAL;
}

static int run(struct rc_arena *arena, const struct rc_template_funcs *funcs, const char *name,
	       const char *text, const json_t *dot, struct rc_buf *out, struct rc_error **err)
{
	rc_cleanup(rc_template_set_freep) struct rc_template_set *set =
		rc_template_set_new(arena, funcs, NULL);
	struct rc_template_exec exec = {.arena = arena,
					.set = set,
					.missing_key_fails = true,
					.limits = {STEPS_MAX, OUTPUT_MAX, 0}};
	const struct rc_template *tmpl;
	int r = rc_template_set_parse(set, rc_str(name), rc_str(text), err);

	if (r < 0)
		return r;
	tmpl = rc_template_set_find(set, rc_str(name));
	return tmpl ? rc_template_execute(&exec, tmpl, make_dot(arena, dot), out, err) : 0;
}

int rc_secrets_template_execute(const char *name, const char *text, const json_t *dot,
				struct rc_buf *out, struct rc_error **err)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_cleanup(rc_template_funcs_freep) struct rc_template_funcs *funcs = make_functions();
	struct rc_error *why = NULL;
	int r = run(arena, funcs, name, text, dot, out, &why);

	return r < 0 ? fail_at(name, why, err) : 0;
}

int rc_secrets_template_render(const json_t *templates, const json_t *dot, json_t *to,
			       struct rc_error **err)
{
	const char *name;
	json_t *text;

	json_object_foreach ((json_t *)(uintptr_t)templates, name, text) {
		rc_autobuf struct rc_buf out = RC_BUF_INIT(OUTPUT_MAX);
		int r = rc_secrets_template_execute(name, json_string_value(text) ?: "", dot, &out,
						    err);

		if (r < 0)
			return r;
		json_object_set_new(to, name, rc_secrets_shape_bytes(rc_buf_str(&out)));
	}
	return 0;
}
