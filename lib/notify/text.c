/* The text of a message, by a template. */
#include <errno.h>

#include "base/arena.h"
#include "notify/sink.h"
#include "template/template.h"

#define STEPS_MAX 100000
#define TEXT_MAX  ((size_t)16 << 10)
#define NAME	  "template"

static const char usual[] =
	"{{ if .app }}{{ .app }}: {{ end }}{{ .type }}{{ if .message }}: {{ .message }}{{ end }}"
	"{{ if .revision }} ({{ trunc 12 .revision }}){{ end }}";

static struct rc_value make_dot(struct rc_arena *arena, const json_t *event)
{
	static const char *const keys[] = {"type",    "app",	  "subject", "revision",
					   "message", "severity", "at"};
	struct rc_value map = rc_value_map_new(arena, RC_VALUE_STRINGS, RC_ARRAY_SIZE(keys) + 1);

	for (size_t i = 0; i < RC_ARRAY_SIZE(keys); i++)
		rc_value_map_set(arena, map.map, rc_str(keys[i]),
				 rc_value_str(rc_arena_str(
					 arena, rc_str(rc_notify_event_get(event, keys[i])))));
	rc_value_map_set(arena, map.map, RC_STR("resolved"),
			 rc_value_str(rc_str(rc_notify_event_is_resolved(event) ? "true" : "")));
	return map;
}

int rc_notify_text_make(const char *template, const json_t *event, struct rc_buf *out,
			struct rc_error **err)
{
	static const struct rc_template_func *const tables[] = {
		rc_template_builtins,  rc_template_func_logic,	rc_template_func_text,
		rc_template_func_join, rc_template_func_number, rc_template_func_list,
		rc_template_func_date};
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_cleanup(rc_template_funcs_freep) struct rc_template_funcs *funcs =
		rc_template_funcs_new();
	rc_cleanup(rc_template_set_freep) struct rc_template_set *set = NULL;
	struct rc_template_exec exec = {.arena = arena, .limits = {STEPS_MAX, TEXT_MAX, 0}};
	const struct rc_template *tmpl;
	int r;

	for (size_t i = 0; i < RC_ARRAY_SIZE(tables); i++)
		rc_template_funcs_add(funcs, tables[i]);
	exec.set = set = rc_template_set_new(arena, funcs, NULL);
	r = rc_template_set_parse(set, RC_STR(NAME), rc_str(template ?: usual), err);
	if (r < 0)
		return r;
	tmpl = rc_template_set_find(set, RC_STR(NAME));
	return tmpl ? rc_template_execute(&exec, tmpl, make_dot(arena, event), out, err) : 0;
}
