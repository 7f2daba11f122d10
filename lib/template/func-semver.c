/* sprig's versions: *semver.Version with its fields and methods, and constraints. */
#include <errno.h>

#include "base/buf.h"
#include "data/number.h"
#include "data/semver.h"
#include "template/func.h"

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)

static const struct rc_value_type version_type, plain_type;

static void print_version(const void *object, struct rc_buf *buf)
{
	const struct rc_semver *v = object;

	rc_buf_printf(buf, "%llu.%llu.%llu", (unsigned long long)v->major,
		      (unsigned long long)v->minor, (unsigned long long)v->patch);
	if (v->prerelease.n > 0)
		rc_buf_printf(buf, "-%.*s", (int)v->prerelease.n, v->prerelease.p);
	if (v->metadata.n > 0)
		rc_buf_printf(buf, "+%.*s", (int)v->metadata.n, v->metadata.p);
}

static int make_version(struct rc_value_call *call, struct rc_semver version, struct rc_value *ret)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	struct rc_semver *object = rc_arena_memdup(call->arena, &version, sizeof(version));

	print_version(object, &text);
	object->original = rc_arena_str(call->arena, rc_buf_str(&text));
	*ret = rc_value_object(&plain_type, object);
	return 1;
}

static struct rc_value number_of(uint64_t part)
{
	return (struct rc_value){.kind = RC_VALUE_UINT64, .integer = (int64_t)part};
}

static bool get_field(const struct rc_semver *v, struct rc_str name, struct rc_value *ret)
{
	if (rc_str_is(name, "Major"))
		*ret = number_of(v->major);
	else if (rc_str_is(name, "Minor"))
		*ret = number_of(v->minor);
	else if (rc_str_is(name, "Patch"))
		*ret = number_of(v->patch);
	else if (rc_str_is(name, "Prerelease"))
		*ret = rc_value_str(v->prerelease);
	else if (rc_str_is(name, "Metadata"))
		*ret = rc_value_str(v->metadata);
	else if (rc_str_is(name, "Original"))
		*ret = rc_value_str(v->original);
	else
		return false;
	return true;
}

static bool version_field(const void *object, size_t i, struct rc_value_field *ret)
{
	const struct rc_semver *v = object;
	const struct rc_value_field fields[] = {
		{"major", number_of(v->major)},		 {"minor", number_of(v->minor)},
		{"patch", number_of(v->patch)},		 {"pre", rc_value_str(v->prerelease)},
		{"metadata", rc_value_str(v->metadata)}, {"original", rc_value_str(v->original)},
	};

	if (i >= RC_ARRAY_SIZE(fields))
		return false;
	*ret = fields[i];
	return true;
}

static int increment(struct rc_value_call *call, const struct rc_semver *v, struct rc_str name,
		     struct rc_value *ret)
{
	struct rc_semver next = {.major = v->major, .minor = v->minor, .patch = v->patch};

	if (rc_str_is(name, "IncMajor")) {
		next.major++;
		next.minor = next.patch = 0;
	} else if (rc_str_is(name, "IncMinor")) {
		next.minor++;
		next.patch = 0;
	} else if (v->prerelease.n == 0) {
		next.patch++; /* a prerelease becomes its release */
	}
	return make_version(call, next, ret);
}

static const struct rc_semver *other_version(const struct rc_value_call *call)
{
	if (call->n_args != 1 || call->args[0].kind != RC_VALUE_OBJECT ||
	    call->args[0].type != &version_type)
		return NULL;
	return call->args[0].object;
}

static int compare(const struct rc_semver *v, struct rc_str name, const struct rc_semver *other,
		   struct rc_value *ret)
{
	int c = rc_semver_compare(v, other);

	if (rc_str_is(name, "Compare"))
		*ret = rc_value_int(c < 0 ? -1 : c > 0);
	else if (rc_str_is(name, "LessThan"))
		*ret = rc_value_bool(c < 0);
	else if (rc_str_is(name, "LessThanEqual"))
		*ret = rc_value_bool(c <= 0);
	else if (rc_str_is(name, "GreaterThan"))
		*ret = rc_value_bool(c > 0);
	else if (rc_str_is(name, "GreaterThanEqual"))
		*ret = rc_value_bool(c >= 0);
	else if (rc_str_is(name, "Equal"))
		*ret = rc_value_bool(c == 0);
	else
		return 0;
	return 1;
}

#define N_POINTER_METHODS 7

/* First those that only a pointer has: what IncMajor gives is none. */
static const struct rc_value_method version_methods[] = {
	{"Original", "", NULL},	      {"Compare", "v", NULL},	  {"LessThan", "v", NULL},
	{"LessThanEqual", "v", NULL}, {"GreaterThan", "v", NULL}, {"GreaterThanEqual", "v", NULL},
	{"Equal", "v", NULL},	      {"Major", "", NULL},	  {"Minor", "", NULL},
	{"Patch", "", NULL},	      {"Prerelease", "", NULL},	  {"Metadata", "", NULL},
	{"String", "", NULL},	      {"IncMajor", "", NULL},	  {"IncMinor", "", NULL},
	{"IncPatch", "", NULL},	      {NULL, NULL, NULL},
};

static bool versions_equal(const void *a, const void *b)
{
	const struct rc_semver *x = a, *y = b;

	return rc_semver_compare(x, y) == 0 && rc_str_equal(x->prerelease, y->prerelease) &&
	       rc_str_equal(x->metadata, y->metadata) && rc_str_equal(x->original, y->original);
}

#define HIDDEN_FIELDS " major minor patch pre metadata original "

static int call_version(const void *object, struct rc_str name, struct rc_value_call *call,
			struct rc_value *ret)
{
	const struct rc_semver *v = object, *other = other_version(call);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (other)
		return compare(v, name, other, ret);
	if (call->n_args > 0 && rc_str_is(name, "Equal"))
		*ret = rc_value_bool(false);
	else if (call->n_args > 0)
		return fail(call,
			    "runtime error: invalid memory address or nil pointer dereference");
	if (call->n_args > 0)
		return 1;
	if (get_field(v, name, ret))
		return 1;
	if (rc_str_has_prefix(name, RC_STR("Inc")))
		return increment(call, v, name, ret);
	print_version(v, &text);
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(&text)));
	return 1;
}

static const struct rc_value_type version_type = {.name = "*semver.Version",
						  .methods = version_methods,
						  .call = call_version,
						  .print = print_version,
						  .is_stringer = true,
						  .field = version_field,
						  .equal = versions_equal,
						  .hidden = HIDDEN_FIELDS};
static const struct rc_value_type plain_type = {.name = "semver.Version",
						.methods = version_methods + N_POINTER_METHODS,
						.call = call_version,
						.print = print_version,
						.is_stringer = true,
						.field = version_field,
						.equal = versions_equal,
						.hidden = HIDDEN_FIELDS};

/* What is wrong with the text, by the code that rc_semver_parse() gave. */
static int fail_version(struct rc_value_call *call, struct rc_str text, int r)
{
	if (r == -EDOM)
		return fail(call, "Version segment starts with 0");
	for (size_t n; r == -ERANGE && text.n > 0; text.p += n, text.n -= n) {
		uint64_t number;

		for (n = 0; n < text.n && text.p[n] >= '0' && text.p[n] <= '9'; n++)
			;
		if (n > 0 && rc_number_parse_uint((struct rc_str){text.p, n}, 10, &number) < 0)
			return fail(call,
				    "Error parsing version segment: strconv.ParseUint: parsing "
				    "\"%.*s\": value out of range",
				    (int)n, text.p);
		n += n == 0;
	}
	return fail(call, "Invalid Semantic Version");
}

static int run_semver(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_semver *version = rc_arena_new0(call->arena, struct rc_semver);

	int r = rc_semver_parse(call->args[0].text, version);

	if (r < 0)
		return fail_version(call, call->args[0].text, r);
	*ret = rc_value_object(&version_type, version);
	return 0;
}

static int run_semver_compare(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_semver version;
	bool matches = false;
	int parsed = rc_semver_parse(call->args[1].text, &version), r;

	/* The constraint is read first, and its fault told first. */
	if (parsed < 0) {
		struct rc_semver any = {.major = 0};

		r = rc_semver_matches(call->args[0].text, &any, &matches, call->err);
		return r < 0 ? r : fail_version(call, call->args[1].text, parsed);
	}
	r = rc_semver_matches(call->args[0].text, &version, &matches, call->err);
	*ret = rc_value_bool(matches);
	return r;
}

const struct rc_template_func rc_template_func_semver[] = {
	{"semver", "s", run_semver},
	{"semverCompare", "ss", run_semver_compare},
	{NULL, NULL, NULL},
};
