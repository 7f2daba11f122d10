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

/* FNV-1a */
static uint32_t hash_of(struct rc_str name)
{
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < name.n; i++)
		hash = (hash ^ (unsigned char)name.p[i]) * 16777619U;
	return hash;
}

/* Where name is, or would be. */
static size_t place_of(const struct rc_template_funcs *funcs, struct rc_str name)
{
	for (size_t i = hash_of(name) % FUNCS_ROOM;; i = (i + 1) % FUNCS_ROOM)
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

/* ---- templates by name ---- */

/* Open addressing, at most half full; room is a power of two, or 0. */
struct table {
	struct rc_template **at;
	size_t n, room;
};

static struct rc_template **find(const struct table *table, struct rc_str name, uint32_t hash)
{
	size_t mask = table->room - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		struct rc_template *tmpl = table->at[i];

		if (!tmpl || (tmpl->hash == hash && rc_str_equal(tmpl->name, name)))
			return &table->at[i];
	}
}

static struct rc_template *look_up(const struct table *table, struct rc_str name, uint32_t hash)
{
	return table->room ? *find(table, name, hash) : NULL;
}

/* The place for a template of that name, which holds the one that has it now. */
static struct rc_template **make_place(struct table *table, struct rc_str name, uint32_t hash)
{
	struct table wider = {.n = table->n, .room = table->room ? 2 * table->room : 32};

	if (2 * (table->n + 1) > table->room) {
		wider.at = rc_calloc(wider.room, sizeof(struct rc_template *));
		for (size_t i = 0; i < table->room; i++)
			if (table->at[i])
				*find(&wider, table->at[i]->name, table->at[i]->hash) =
					table->at[i];
		free(table->at);
		*table = wider;
	}
	return find(table, name, hash);
}

/* ---- one text ---- */

struct rc_template_file {
	struct table defined; /* and itself */
};

struct parsing {
	struct rc_arena *arena;
	struct rc_template_file *file;
};

/* An empty definition gives way, two others clash. */
static int on_tree(void *userdata, struct rc_str name, const struct rc_template_tree *tree,
		   struct rc_template_node *root)
{
	struct parsing *parsing = userdata;
	uint32_t hash = hash_of(name);
	struct rc_template **place = make_place(&parsing->file->defined, name, hash);
	bool is_empty = rc_template_node_is_empty(root);

	if (*place && !(*place)->is_empty)
		return is_empty ? 0 : -EEXIST;
	if (!*place) {
		*place = rc_arena_new0(parsing->arena, struct rc_template);
		parsing->file->defined.n++;
	}
	**place = (struct rc_template){
		.name = name, .hash = hash, .is_empty = is_empty, .tree = tree, .root = root};
	return 0;
}

int rc_template_file_parse(struct rc_arena *arena, const struct rc_template_funcs *funcs,
			   struct rc_str name, struct rc_str text,
			   struct rc_template_file **ret_file, struct rc_error **err)
{
	rc_cleanup(rc_template_file_freep) struct rc_template_file *file =
		rc_new0(struct rc_template_file);
	struct parsing parsing = {arena, file};
	int r = rc_template_parse(arena, funcs, name, text, on_tree, &parsing, err);

	if (r == 0)
		*ret_file = rc_steal(&file);
	return r;
}

void rc_template_file_free(struct rc_template_file *file)
{
	if (!file)
		return;
	free(file->defined.at);
	free(file);
}

/* ---- sets ---- */

struct rc_template_set {
	struct rc_arena *arena;
	const struct rc_template_funcs *funcs;
	const struct rc_template_set *parent;
	struct table templates;
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

/* The templates themselves live in arenas. */
void rc_template_set_free(struct rc_template_set *set)
{
	if (!set)
		return;
	free(set->templates.at);
	free(set);
}

static struct rc_template *find_anywhere(const struct rc_template_set *set, struct rc_str name,
					 uint32_t hash)
{
	struct rc_template *tmpl = NULL;

	for (; set && !tmpl; set = set->parent)
		tmpl = look_up(&set->templates, name, hash);
	return tmpl;
}

const struct rc_template *rc_template_set_find(const struct rc_template_set *set,
					       struct rc_str name)
{
	return find_anywhere(set, name, hash_of(name));
}

const struct rc_template *rc_template_set_find_own(const struct rc_template_set *set,
						   struct rc_str name)
{
	return look_up(&set->templates, name, hash_of(name));
}

void rc_template_set_add(struct rc_template_set *set, const struct rc_template_file *file)
{
	for (size_t i = 0; i < file->defined.room; i++) {
		struct rc_template *tmpl = file->defined.at[i], **place;

		if (!tmpl || (tmpl->is_empty && find_anywhere(set, tmpl->name, tmpl->hash)))
			continue;
		place = make_place(&set->templates, tmpl->name, tmpl->hash);
		set->templates.n += !*place;
		*place = tmpl;
	}
}

int rc_template_set_parse(struct rc_template_set *set, struct rc_str name, struct rc_str text,
			  struct rc_error **err)
{
	rc_cleanup(rc_template_file_freep) struct rc_template_file *file = NULL;
	int r = rc_template_file_parse(set->arena, set->funcs, name, text, &file, err);

	if (r == 0)
		rc_template_set_add(set, file);
	return r;
}
