/*
 * Go's text/template (1.23): parse texts into a set of named templates, execute one of them.
 *
 * A set is parsed once and executed often; a child set sees its parent's templates and adds its
 * own, which is what tpl needs. Error texts and their places are Go's, to the byte.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "template/func.h"
#include "template/value.h"

struct rc_template_set;
struct rc_template; /* one named template of a set */

/* funcs and parent (may be NULL) are borrowed and must outlive the set; trees live in arena. */
struct rc_template_set *rc_template_set_new(struct rc_arena *arena,
					    const struct rc_template_funcs *funcs,
					    const struct rc_template_set *parent);
void rc_template_set_free(struct rc_template_set *set);
RC_DEFINE_FREEP(struct rc_template_set, rc_template_set_free)

/*
 * A text, parsed as the template name with all that it defines: what a set is made of, and what a
 * cache keeps, for it is the same in every set. text is borrowed; trees live in arena.
 * Returns 0 or -EINVAL with Go's "template: NAME:LINE: ..." as message.
 */
struct rc_template_file;
int rc_template_file_parse(struct rc_arena *arena, const struct rc_template_funcs *funcs,
			   struct rc_str name, struct rc_str text,
			   struct rc_template_file **ret_file, struct rc_error **err);
void rc_template_file_free(struct rc_template_file *file);
RC_DEFINE_FREEP(struct rc_template_file, rc_template_file_free)
/* A definition replaces an earlier one unless it holds nothing but white space. file may go. */
void rc_template_set_add(struct rc_template_set *set, const struct rc_template_file *file);

/*
 * Parse text as the template name, with all it defines. text is borrowed and must live as long as
 * the arena. A definition replaces an earlier one unless it holds nothing but white space.
 * Returns 0 or -EINVAL with Go's "template: NAME:LINE: ..." as message.
 */
int rc_template_set_parse(struct rc_template_set *set, struct rc_str name, struct rc_str text,
			  struct rc_error **err);
const struct rc_template *rc_template_set_find(const struct rc_template_set *set,
					       struct rc_str name);
/* The same without looking into parents. */
const struct rc_template *rc_template_set_find_own(const struct rc_template_set *set,
						   struct rc_str name);

/* What one run may use up; the run fails with a clear error beyond. */
struct rc_template_limits {
	uint64_t max_steps;	 /* nodes walked; 0: 50 million */
	size_t max_output_bytes; /* of one buffer; 0: 256 MiB */
	size_t max_stack_bytes;	 /* of the C stack, for nested calls; 0: 6 MiB */
};

/* One run; shared by all templates that it executes inside of each other. */
struct rc_template_exec {
	struct rc_arena *arena;		   /* for values */
	const struct rc_template_set *set; /* what include and template see; tpl changes it */
	struct rc_template_limits limits;
	uint64_t steps;
	bool missing_key_fails; /* Go's missingkey=error; else a missing key is no value */
	void *userdata;		/* for the functions of the embedding engine */
	const void *stack_base; /* set by the first execute */
	unsigned int depth;
};

/*
 * Execute a template with data as its dot, appending to out. Returns 0, -EINVAL with Go's
 * "template: NAME:LINE:COLUMN: executing ... at <...>: ..." as message, or -E2BIG.
 */
int rc_template_execute(struct rc_template_exec *exec, const struct rc_template *tmpl,
			struct rc_value data, struct rc_buf *out, struct rc_error **err);
