/* Rendering target.template. */
#include "secrets/template.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "data/base64.h"
#include "template/template.h"

#define OUTPUT_MAX ((size_t)1 << 20) /* of a Secret in all */
#define STEPS_MAX  1000000

static struct rc_template_funcs *make_functions(void)
{
	static const struct rc_template_func *const tables[] = {
		rc_template_builtins,	  rc_template_func_list,	rc_template_func_map,
		rc_template_func_logic,	  rc_template_func_text,	rc_template_func_number,
		rc_template_func_decimal, rc_template_func_path,	rc_template_func_random,
		rc_template_func_crypto,  rc_template_func_certificate, rc_template_func_regex,
		rc_template_func_encode,  rc_template_func_semver,	rc_template_func_date};
	struct rc_template_funcs *funcs = rc_template_funcs_new();

	for (size_t i = 0; i < RC_ARRAY_SIZE(tables); i++)
		rc_template_funcs_add(funcs, tables[i]);
	return funcs;
}

static struct rc_value make_data(struct rc_arena *arena, const json_t *data)
{
	struct rc_value map = rc_value_map_new(arena, RC_VALUE_ANY, json_object_size(data));
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)data, key, value) {
		rc_autobuf struct rc_buf bytes = RC_BUF_INIT(OUTPUT_MAX);
		struct rc_str text;

		rc_base64_decode(rc_str(json_string_value(value) ?: ""), &bytes);
		text = (struct rc_str){rc_arena_strndup(arena, rc_buf_text(&bytes), bytes.n),
				       bytes.n};
		rc_value_map_set(arena, map.map, rc_str(rc_arena_strdup(arena, key)),
				 rc_value_str(text));
		if (bytes.p)
			explicit_bzero(bytes.p, bytes.size);
	}
	return map;
}

static int render_one(struct rc_arena *arena, const struct rc_template_funcs *funcs,
		      const char *name, const char *text, struct rc_value data, struct rc_buf *out,
		      struct rc_error **err)
{
	rc_cleanup(rc_template_set_freep) struct rc_template_set *set =
		rc_template_set_new(arena, funcs, NULL);
	struct rc_template_exec exec = {.arena = arena, .set = set, .limits = {STEPS_MAX, 0, 0}};
	int r = rc_template_set_parse(set, rc_str(name), rc_str(text), err);

	if (r < 0)
		return r;
	return rc_template_execute(&exec, rc_template_set_find(set, rc_str(name)), data, out, err);
}

int rc_secrets_template_render(const json_t *templates, const json_t *data, bool encode, json_t *to,
			       struct rc_error **err)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = NULL;
	rc_cleanup(rc_template_funcs_freep) struct rc_template_funcs *funcs = NULL;
	struct rc_value values;
	const char *name;
	json_t *text;

	if (json_object_size(templates) == 0)
		return 0;
	arena = rc_arena_new(0);
	funcs = make_functions();
	values = make_data(arena, data);
	json_object_foreach ((json_t *)(uintptr_t)templates, name, text) {
		rc_autobuf struct rc_buf out = RC_BUF_INIT(OUTPUT_MAX);
		rc_autobuf struct rc_buf encoded = RC_BUF_INIT(2 * OUTPUT_MAX);
		struct rc_error *why = NULL;
		int r = render_one(arena, funcs, name, json_string_value(text) ?: "", values, &out,
				   &why);

		if (r < 0) {
			/* The engine's message may quote a value: only the place is told. */
			rc_error_free(why);
			return rc_fail(err, -EINVAL, "spec.target.template: '%s' does not render",
				       name);
		}
		if (encode)
			rc_base64_encode(rc_buf_str(&out), &encoded);
		json_object_set_new(to, name, json_string(rc_buf_text(encode ? &encoded : &out)));
		if (out.p)
			explicit_bzero(out.p, out.size);
	}
	return 0;
}
