/* Sets of templates and of functions. */
#include "template/set-private.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "template/parse.h"

#define FUNCS_ROOM 1024 /* four times what Helm has: neighbours are rare */

/* By the hash of their names, each in the next free place behind it. */
struct rc_template_funcs {
	const struct rc_template_func *at[FUNCS_ROOM];
	size_t n;
};

struct rc_template_funcs *rc_template_funcs_new(void)
{
	return rc_new0(struct rc_template_funcs);
}

void rc_template_funcs_free(struct rc_template_funcs *funcs)
{
	free(funcs);
}

/* Where name is, or would be. */
static size_t place_of(const struct rc_template_funcs *funcs, struct rc_str name)
{
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < name.n; i++)
		hash = (hash ^ (unsigned char)name.p[i]) * 16777619U;
	for (size_t i = hash % FUNCS_ROOM;; i = (i + 1) % FUNCS_ROOM)
		if (!funcs->at[i] || rc_str_is(name, funcs->at[i]->name))
			return i;
}

void rc_template_funcs_add(struct rc_template_funcs *funcs, const struct rc_template_func *table)
{
	for (; table->name; table++) {
		size_t i = place_of(funcs, rc_str(table->name));

		funcs->n += !funcs->at[i];
		assert(funcs->n < FUNCS_ROOM);
		funcs->at[i] = table;
	}
}

const struct rc_template_func *rc_template_funcs_find(const struct rc_template_funcs *funcs,
						      struct rc_str name)
{
	return funcs->at[place_of(funcs, name)];
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

static void put(struct rc_template_set *set, const struct rc_template *parsed)
{
	struct rc_str name = parsed->name;
	const struct rc_template *old = rc_template_set_find(set, name);
	struct rc_template *tmpl;

	if (old && rc_template_node_is_empty(parsed->root))
		return;
	HASH_FIND(hh, set->templates, name.p, name.n, tmpl);
	if (!tmpl) {
		tmpl = rc_arena_new0(set->arena, struct rc_template);
		tmpl->name = rc_arena_str(set->arena, name);
		HASH_ADD_KEYPTR(hh, set->templates, tmpl->name.p, tmpl->name.n, tmpl);
	}
	tmpl->tree = parsed->tree;
	tmpl->root = parsed->root;
}

/* Within one text: an empty definition gives way, two others clash. */
static int on_tree(void *userdata, struct rc_str name, const struct rc_template_tree *tree,
		   struct rc_template_node *root)
{
	struct parsing *parsing = userdata;
	struct rc_template *tmpl;

	HASH_FIND(hh, parsing->defined, name.p, name.n, tmpl);
	if (!tmpl) {
		tmpl = rc_arena_new0(parsing->set->arena, struct rc_template);
		tmpl->name = name;
		tmpl->tree = tree;
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
			put(set, tmpl);
	}
	return r;
}
