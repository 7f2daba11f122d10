/*
 * Functions that templates call: tables of name, signature and C function.
 *
 * The signature says what Go's reflection would check, a letter a parameter:
 *   s string   i int   l int64   u uint32   f float64   b bool   a interface {}
 *   M map[string]interface {} (chartutil.Values too)   L []interface {}
 *   t time.Time   v *semver.Version   c sprig.certificate
 *   d time.Duration   z *time.Location   y []byte
 * and a final '*' makes the last one variadic. Literals adapt to their parameter, values never
 * convert: the caller has checked all of it, and a function may rely on its arguments' kinds (a, M,
 * L, v, z and y may be nil, too).
 */
#pragma once

#include "base/error.h"
#include "template/value.h"

struct rc_template_exec;

struct rc_value_call {
	struct rc_arena *arena; /* for what the function returns */
	struct rc_template_exec *exec;
	const struct rc_value *args; /* nil arguments are RC_VALUE_NIL */
	size_t n_args;
	struct rc_error **err;
	void *userdata; /* of the table that holds the function */
};

/*
 * Set *ret and return 0, or fail with rc_fail(call->err, -EINVAL, text): the text is what follows
 * "error calling NAME: ".
 */
typedef int rc_template_fn(struct rc_value_call *call, struct rc_value *ret);

struct rc_template_func {
	const char *name;
	const char *signature;
	rc_template_fn *run;
};

/* The functions that a set of templates may call. */
struct rc_template_funcs;

struct rc_template_funcs *rc_template_funcs_new(void);
void rc_template_funcs_free(struct rc_template_funcs *funcs);
RC_DEFINE_FREEP(struct rc_template_funcs, rc_template_funcs_free)
/* Add a table that ends with a NULL name; static data. A later one of the same name replaces. */
void rc_template_funcs_add(struct rc_template_funcs *funcs, const struct rc_template_func *table);
const struct rc_template_func *rc_template_funcs_find(const struct rc_template_funcs *funcs,
						      struct rc_str name);

/* Go's own: and or not eq ne lt le gt ge index len call print printf println html js urlquery. */
extern const struct rc_template_func rc_template_builtins[];
/* The families of sprig. */
extern const struct rc_template_func rc_template_func_list[];
extern const struct rc_template_func rc_template_func_map[];
extern const struct rc_template_func rc_template_func_logic[];
extern const struct rc_template_func rc_template_func_text[];
extern const struct rc_template_func rc_template_func_join[];
extern const struct rc_template_func rc_template_func_number[];
extern const struct rc_template_func rc_template_func_decimal[];
extern const struct rc_template_func rc_template_func_regex[];
extern const struct rc_template_func rc_template_func_encode[];
extern const struct rc_template_func rc_template_func_path[];
extern const struct rc_template_func rc_template_func_date[];
extern const struct rc_template_func rc_template_func_semver[];
extern const struct rc_template_func rc_template_func_random[];
extern const struct rc_template_func rc_template_func_crypto[];
extern const struct rc_template_func rc_template_func_certificate[];
