/* Names made by templates. */
#include "helm/release-name.h"

#include "helm/functions.h"
#include "template/template.h"

#define NAME_TEXT_MAX ((size_t)1 << 20)

static int run(struct rc_arena *arena, const struct rc_template_funcs *funcs, const char *template,
	       struct rc_buf *out, struct rc_error **err)
{
	static const char name[] = "name-template";
	rc_cleanup(rc_template_set_freep) struct rc_template_set *set =
		rc_template_set_new(arena, funcs, NULL);
	struct rc_helm_functions functions = {.funcs = funcs, .root = set};
	struct rc_template_exec exec = {.arena = arena, .set = set, .userdata = &functions};
	const struct rc_template *tmpl;
	int r = rc_template_set_parse(set, rc_str(name), rc_str(template), err);

	if (r < 0)
		return r;
	tmpl = rc_template_set_find(set, rc_str(name));
	if (tmpl)
		r = rc_template_execute(&exec, tmpl, rc_value_nil(), out, err);
	rc_helm_functions_done(&functions);
	return r;
}

int rc_helm_release_name_make(struct rc_arena *arena, const char *template, const char **ret_name,
			      struct rc_error **err)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(NAME_TEXT_MAX);
	struct rc_template_funcs *funcs = rc_helm_functions_new();
	int r = run(arena, funcs, template, &out, err);

	rc_template_funcs_free(funcs);
	if (r == 0)
		*ret_name = rc_arena_strdup(arena, rc_buf_text(&out));
	return r;
}
