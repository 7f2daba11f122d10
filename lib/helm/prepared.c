/* Charts that are loaded and parsed once. */
#include "helm/prepared.h"

#include <stdlib.h>

#include <uthash.h>

#include "base/memory.h"
#include "helm/functions.h"

#define DOCUMENTS_MAX ((size_t)4 << 20) /* of renders before the last one */

/* A chart below another name (an alias) has other paths: its templates are parsed again. */
struct parsed {
	UT_hash_handle hh;
	struct rc_str path, text;
	struct rc_template_file *file;
};

struct rc_helm_prepared {
	struct rc_arena *arena;
	struct rc_helm_files files;
	struct rc_helm_warnings warnings;
	struct rc_helm_chart *chart; /* NULL: not loaded yet */
	struct rc_template_funcs *funcs;
	struct parsed *parsed;
	struct rc_helm_documents *documents;
};

struct rc_helm_prepared *rc_helm_prepared_new(void)
{
	struct rc_helm_prepared *prepared = rc_new0(struct rc_helm_prepared);

	prepared->arena = rc_arena_new(0);
	prepared->files.arena = prepared->arena;
	prepared->warnings.arena = prepared->arena;
	prepared->funcs = rc_helm_functions_new();
	prepared->documents = rc_helm_documents_new(DOCUMENTS_MAX);
	return prepared;
}

void rc_helm_prepared_free(struct rc_helm_prepared *prepared)
{
	struct parsed *parsed, *next;

	if (!prepared)
		return;
	HASH_ITER (hh, prepared->parsed, parsed, next) {
		HASH_DEL(prepared->parsed, parsed);
		rc_template_file_free(parsed->file);
	}
	rc_helm_documents_free(prepared->documents);
	rc_template_funcs_free(prepared->funcs);
	rc_arena_free(prepared->arena);
	free(prepared);
}

struct rc_helm_files *rc_helm_prepared_files(struct rc_helm_prepared *prepared)
{
	return &prepared->files;
}

bool rc_helm_prepared_is_loaded(const struct rc_helm_prepared *prepared)
{
	return prepared->chart != NULL;
}

size_t rc_helm_prepared_get_used(const struct rc_helm_prepared *prepared)
{
	return rc_arena_get_used(prepared->arena) + rc_helm_documents_get_used(prepared->documents);
}

struct rc_helm_documents *rc_helm_prepared_documents(const struct rc_helm_prepared *prepared)
{
	return prepared->documents;
}

const struct rc_template_funcs *rc_helm_prepared_funcs(const struct rc_helm_prepared *prepared)
{
	return prepared->funcs;
}

int rc_helm_prepared_load(struct rc_helm_prepared *prepared, struct rc_arena *arena,
			  struct rc_helm_warnings *warnings, struct rc_helm_chart **ret,
			  struct rc_error **err)
{
	int r = 0;

	if (!prepared->chart)
		r = rc_helm_chart_load(&prepared->files, &prepared->warnings, &prepared->chart,
				       err);
	for (size_t i = 0; i < prepared->warnings.n; i++)
		rc_helm_warning_add(warnings, NULL, "%s", prepared->warnings.at[i].text);
	if (r < 0)
		return r;
	*ret = rc_helm_chart_copy(arena, prepared->chart);
	return 0;
}

int rc_helm_prepared_parse(struct rc_helm_prepared *prepared, struct rc_str path,
			   struct rc_str text, const struct rc_template_file **ret_file,
			   struct rc_error **err)
{
	struct parsed *parsed;
	int r;

	HASH_FIND(hh, prepared->parsed, path.p, path.n, parsed);
	if (parsed && parsed->file && parsed->text.p == text.p) {
		*ret_file = parsed->file;
		return 0;
	}
	if (!parsed) {
		parsed = rc_arena_new0(prepared->arena, struct parsed);
		parsed->path = rc_arena_str(prepared->arena, path);
		HASH_ADD_KEYPTR(hh, prepared->parsed, parsed->path.p, parsed->path.n, parsed);
	}
	rc_template_file_free(rc_steal(&parsed->file));
	parsed->text = (struct rc_str){NULL, 0};
	r = rc_template_file_parse(prepared->arena, prepared->funcs, parsed->path, text,
				   &parsed->file, err);
	if (r < 0)
		return r;
	parsed->text = text;
	*ret_file = parsed->file;
	return 0;
}
