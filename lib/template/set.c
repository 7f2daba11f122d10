/* Sets of templates and of functions. */
#include "template/set-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "template/parse.h"

struct func_entry {
	UT_hash_handle hh;
	const struct rc_template_func *func;
};

struct rc_template_funcs {
	struct func_entry *entries;
};

struct rc_template_funcs *rc_template_funcs_new(void)
{
	return rc_new0(struct rc_template_funcs);
}

void rc_template_funcs_free(struct rc_template_funcs *funcs)
{
	struct func_entry *entry, *next;

	if (!funcs)
		return;
	HASH_ITER (hh, funcs->entries, entry, next) {
		HASH_DEL(funcs->entries, entry);
		free(entry);
	}
	free(funcs);
}

void rc_template_funcs_add(struct rc_template_funcs *funcs, const struct rc_template_func *table)
{
	for (; table->name; table++) {
		struct func_entry *entry;
		size_t n = strlen(table->name);

		HASH_FIND(hh, funcs->entries, table->name, n, entry);
		if (!entry) {
			entry = rc_new0(struct func_entry);
			HASH_ADD_KEYPTR(hh, funcs->entries, table->name, n, entry);
		}
		entry->func = table;
	}
}

const struct rc_template_func *rc_template_funcs_find(const struct rc_template_funcs *funcs,
						      struct rc_str name)
{
	struct func_entry *entry;

	HASH_FIND(hh, funcs->entries, name.p, name.n, entry);
	return entry ? entry->func : NULL;
}

struct rc_template_set {
	struct rc_arena *arena;
	const struct rc_template_funcs *funcs;
	const struct rc_template_set *parent;
	struct rc_template *templates;
};

struct rc_template_set *rc_template_set_new(struct rc_arena *arena,
					    const struct rc_template_funcs *funcs,
					    const struct rc_template_set *parent)
{
	struct rc_template_set *set = rc_new0(struct rc_template_set);

	set->arena = arena;
	set->funcs = funcs;
	set->parent = parent;
	return set;
}

/* The templates themselves live in the arena. */
void rc_template_set_free(struct rc_template_set *set)
{
	if (!set)
		return;
	HASH_CLEAR(hh, set->templates);
	free(set);
}

const struct rc_template *rc_template_set_find(const struct rc_template_set *set,
					       struct rc_str name)
{
	struct rc_template *tmpl = NULL;

	for (; set && !tmpl; set = set->parent)
		HASH_FIND(hh, set->templates, name.p, name.n, tmpl);
	return tmpl;
}

const struct rc_template *rc_template_set_find_own(const struct rc_template_set *set,
						   struct rc_str name)
{
	struct rc_template *tmpl;

	HASH_FIND(hh, set->templates, name.p, name.n, tmpl);
	return tmpl;
}

struct parsing {
	struct rc_template_set *set;
	struct rc_template *defined; /* in this text: a second time is an error */
};

static void put(struct rc_template_set *set, struct rc_str name, struct rc_template_node *root)
{
	const struct rc_template *old = rc_template_set_find(set, name);
	struct rc_template *tmpl;

	if (old && rc_template_node_is_empty(root))
		return;
	HASH_FIND(hh, set->templates, name.p, name.n, tmpl);
	if (!tmpl) {
		tmpl = rc_arena_new0(set->arena, struct rc_template);
		tmpl->name = rc_arena_str(set->arena, name);
		HASH_ADD_KEYPTR(hh, set->templates, tmpl->name.p, tmpl->name.n, tmpl);
	}
	tmpl->root = root;
}

/* Within one text: an empty definition gives way, two others clash. */
static int on_tree(void *userdata, struct rc_str name, struct rc_template_node *root)
{
	struct parsing *parsing = userdata;
	struct rc_template *tmpl;

	HASH_FIND(hh, parsing->defined, name.p, name.n, tmpl);
	if (!tmpl) {
		tmpl = rc_arena_new0(parsing->set->arena, struct rc_template);
		tmpl->name = name;
		tmpl->root = root;
		HASH_ADD_KEYPTR(hh, parsing->defined, tmpl->name.p, tmpl->name.n, tmpl);
		return 0;
	}
	if (rc_template_node_is_empty(tmpl->root)) {
		tmpl->root = root;
		return 0;
	}
	return rc_template_node_is_empty(root) ? 0 : -EEXIST;
}

int rc_template_set_parse(struct rc_template_set *set, struct rc_str name, struct rc_str text,
			  struct rc_error **err)
{
	struct parsing parsing = {.set = set};
	struct rc_template *tmpl, *next;
	int r = rc_template_parse(set->arena, set->funcs, name, text, on_tree, &parsing, err);

	HASH_ITER (hh, parsing.defined, tmpl, next) {
		HASH_DEL(parsing.defined, tmpl);
		if (r == 0)
			put(set, tmpl->name, tmpl->root);
	}
	return r;
}
