/* Semantic versions. */
#include "data/semver.h"

#include <errno.h>

#include "base/buf.h"
#include "data/number.h"

#define GROUP_MAX 64 /* conditions joined by commas or blanks */

struct condition {
	char operator[3];
	struct rc_semver version;
	bool dirty, minor_dirty, patch_dirty; /* parts that were left out, or x */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_identifier(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

static size_t skip_identifiers(struct rc_str s)
{
	size_t n = 0;

	while (n < s.n && (is_identifier(s.p[n]) || s.p[n] == '.'))
		n++;
	return n;
}

static int take_part(struct rc_str *s, uint64_t *ret)
{
	size_t n = 0;
	int r;

	while (n < s->n && is_digit(s->p[n]))
		n++;
	if (n == 0)
		return -EINVAL;
	r = rc_number_parse_uint((struct rc_str){s->p, n}, 10, ret);
	s->p += n;
	s->n -= n;
	return r < 0 ? -ERANGE : 0;
}

/* "-rc.1+build" */
static bool take_suffix(struct rc_str *s, struct rc_semver *version)
{
	if (s->n > 0 && s->p[0] == '-') {
		size_t n = skip_identifiers((struct rc_str){s->p + 1, s->n - 1});

		if (n == 0)
			return false;
		version->prerelease = (struct rc_str){s->p + 1, n};
		s->p += n + 1;
		s->n -= n + 1;
	}
	if (s->n > 0 && s->p[0] == '+') {
		size_t n = skip_identifiers((struct rc_str){s->p + 1, s->n - 1});

		if (n == 0)
			return false;
		version->metadata = (struct rc_str){s->p + 1, n};
		s->p += n + 1;
		s->n -= n + 1;
	}
	return true;
}

/* None of what stands between dots is empty; nothing at all is fine. */
static bool has_identifiers(struct rc_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '.' && (i == 0 || i + 1 == s.n || s.p[i + 1] == '.'))
			return false;
	return true;
}

/* A number among them that begins with one. */
static bool has_leading_zero(struct rc_str s)
{
	while (s.n > 0) {
		ptrdiff_t dot = rc_str_index(s, '.');
		size_t n = dot < 0 ? s.n : (size_t)dot, digits = 0;

		while (digits < n && is_digit(s.p[digits]))
			digits++;
		if (digits == n && n > 1 && s.p[0] == '0')
			return true;
		s.p += dot < 0 ? n : n + 1;
		s.n -= dot < 0 ? n : n + 1;
	}
	return false;
}

int rc_semver_parse(struct rc_str text, struct rc_semver *ret)
{
	struct rc_semver version = {.original = text};
	uint64_t *const parts[] = {&version.major, &version.minor, &version.patch};
	int r = 0;

	if (text.n > 0 && text.p[0] == 'v') {
		text.p++;
		text.n--;
	}
	for (int i = 0; i < 3; i++) {
		int taken;

		if (i > 0) {
			if (text.n == 0 || text.p[0] != '.')
				break;
			text.p++;
			text.n--;
		}
		taken = take_part(&text, parts[i]);
		if (taken == -EINVAL)
			return taken;
		r = taken < 0 ? taken : r;
	}
	if (!take_suffix(&text, &version) || text.n > 0 || !has_identifiers(version.prerelease) ||
	    !has_identifiers(version.metadata))
		return -EINVAL;
	if (r < 0)
		return r;
	if (has_leading_zero(version.prerelease))
		return -EDOM;
	*ret = version;
	return 0;
}

bool rc_semver_is_strict(struct rc_str text)
{
	struct rc_semver version;
	size_t n_dots = 0;

	if (rc_semver_parse(text, &version) < 0)
		return false;
	for (size_t i = 0; i < text.n && (is_digit(text.p[i]) || text.p[i] == '.'); i++) {
		bool begins = i == 0 || text.p[i - 1] == '.';

		n_dots += text.p[i] == '.';
		if (begins && text.p[i] == '0' && i + 1 < text.n && is_digit(text.p[i + 1]))
			return false;
	}
	return n_dots == 2 && text.p[0] != 'v';
}

static int compare_number(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_identifier(struct rc_str a, struct rc_str b)
{
	uint64_t x, y;
	bool number_a = rc_number_parse_uint(a, 10, &x) == 0;
	bool number_b = rc_number_parse_uint(b, 10, &y) == 0;

	if (number_a && number_b)
		return compare_number(x, y);
	if (number_a != number_b)
		return number_a ? -1 : 1;
	return rc_str_compare(a, b);
}

static struct rc_str take_identifier(struct rc_str *s)
{
	ptrdiff_t dot = rc_str_index(*s, '.');
	struct rc_str found = {s->p, dot < 0 ? s->n : (size_t)dot};

	s->p += dot < 0 ? s->n : (size_t)dot + 1;
	s->n -= dot < 0 ? s->n : (size_t)dot + 1;
	return found;
}

static int compare_prerelease(struct rc_str a, struct rc_str b)
{
	if (rc_str_equal(a, b))
		return 0;
	/* A release is later than all that led to it. */
	if (a.n == 0 || b.n == 0)
		return a.n == 0 ? 1 : -1;
	while (a.n > 0 && b.n > 0) {
		int c = compare_identifier(take_identifier(&a), take_identifier(&b));

		if (c != 0)
			return c;
	}
	return compare_number(a.n, b.n);
}

int rc_semver_compare(const struct rc_semver *a, const struct rc_semver *b)
{
	int c = compare_number(a->major, b->major);

	if (c == 0)
		c = compare_number(a->minor, b->minor);
	if (c == 0)
		c = compare_number(a->patch, b->patch);
	return c ? c : compare_prerelease(a->prerelease, b->prerelease);
}

/* ---- constraints ---- */

/* Digits, wildcards and, since Masterminds' pattern has it in its brackets, '|'. */
static size_t part_length(struct rc_str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] && strchr("0123456789xX*|", s.p[n]))
		n++;
	return n;
}

/* "-rc.1", "+b.2": the mark and the identifiers behind it; 0: there are none. */
static size_t suffix_length(struct rc_str s, char mark)
{
	size_t n = s.n > 0 && s.p[0] == mark, end = 0;

	while (n > 0) {
		size_t begin = n;

		while (n < s.n && is_identifier(s.p[n]))
			n++;
		if (n == begin)
			return end;
		end = n;
		n = n < s.n && s.p[n] == '.' ? n + 1 : 0;
	}
	return end;
}

static struct rc_str take(struct rc_str *s, size_t n)
{
	struct rc_str taken = {s->p, n};

	s->p += n;
	s->n -= n;
	return taken;
}

/* What the pattern of a version matches: parts with their x, a prerelease, metadata. */
struct shape {
	struct rc_str parts[3], prerelease, metadata;
};

/* As long as it can be at the start of s; its length, or 0. */
static size_t match_version(struct rc_str s, struct shape *ret)
{
	struct rc_str rest = s;
	size_t n;

	*ret = (struct shape){.prerelease = {NULL, 0}};
	take(&rest, rest.n > 0 && rest.p[0] == 'v');
	n = part_length(rest);
	if (n == 0)
		return 0;
	ret->parts[0] = take(&rest, n);
	for (int i = 1; i < 3 && rest.n > 0 && rest.p[0] == '.'; i++) {
		n = part_length((struct rc_str){rest.p + 1, rest.n - 1});
		if (n == 0)
			break;
		take(&rest, 1);
		ret->parts[i] = take(&rest, n);
	}
	ret->prerelease = take(&rest, suffix_length(rest, '-'));
	ret->metadata = take(&rest, suffix_length(rest, '+'));
	return s.n - rest.n;
}

static bool is_wild(struct rc_str s)
{
	return s.n == 0 || (s.n == 1 && (s.p[0] == 'x' || s.p[0] == 'X' || s.p[0] == '*'));
}

/* Whether what stands before the first wildcard, and the prerelease, make a version. */
static bool read_version(const struct shape *shape, struct condition *condition)
{
	struct rc_semver *version = &condition->version;
	uint64_t *const parts[] = {&version->major, &version->minor, &version->patch};
	int wild = 0;

	for (; wild < 3 && !is_wild(shape->parts[wild]); wild++)
		if (rc_number_parse_uint(shape->parts[wild], 10, parts[wild]) < 0)
			return false;
	condition->dirty = wild < 3;
	condition->minor_dirty = wild == 1;
	condition->patch_dirty = wild == 2;
	version->prerelease = shape->prerelease;
	if (version->prerelease.n > 0)
		take(&version->prerelease, 1);
	return !has_leading_zero(version->prerelease);
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r' && c != '\v');
}

static void skip_blanks(struct rc_str *s)
{
	while (s->n > 0 && is_blank(s->p[0])) {
		s->p++;
		s->n--;
	}
}

static bool take_operator(struct rc_str *s, char operator[3])
{
	static const char *const operators[] = {"!=", ">=", "=>", "<=", "=<", "~>",
						"=",  ">",  "<",  "~",	"^"};

	operator[0] = '\0';
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		size_t n = strlen(operators[i]);

		if (!rc_str_has_prefix(*s, rc_str(operators[i])))
			continue;
		memcpy(operator, operators[i], n + 1);
		s->p += n;
		s->n -= n;
		return true;
	}
	return false;
}

/*
 * All conditions of one alternative: their number, or -EINVAL (not a constraint) or -EDOM (the
 * pattern of one, but no version in it).
 */
static int parse_group(struct rc_str s, struct condition conditions[GROUP_MAX])
{
	bool readable = true;
	int n = 0;

	for (;;) {
		struct condition *condition = &conditions[n];
		struct shape shape;
		size_t length;

		skip_blanks(&s);
		if (n > 0 && s.n == 0)
			return readable ? n : -EDOM;
		if (n + 1 > GROUP_MAX)
			return -EINVAL;
		*condition = (struct condition){.dirty = false};
		take_operator(&s, condition->operator);
		skip_blanks(&s);
		length = match_version(s, &shape);
		if (length == 0)
			return -EINVAL;
		take(&s, length);
		readable = read_version(&shape, condition) && readable;
		n++;
		if (s.n > 0 && !is_blank(s.p[0]) && s.p[0] != ',')
			return -EINVAL;
		skip_blanks(&s);
		if (s.n > 0 && s.p[0] == ',') {
			s.p++;
			s.n--;
			skip_blanks(&s);
			if (s.n == 0)
				return -EINVAL;
		}
	}
}

static bool meets_tilde(const struct condition *c, const struct rc_semver *v)
{
	if (rc_semver_compare(v, &c->version) < 0)
		return false;
	if (c->version.major == 0 && c->version.minor == 0 && c->version.patch == 0 &&
	    !c->minor_dirty && !c->patch_dirty)
		return true;
	if (v->major != c->version.major)
		return false;
	return v->minor == c->version.minor || c->minor_dirty;
}

static bool meets_caret(const struct condition *c, const struct rc_semver *v)
{
	if (rc_semver_compare(v, &c->version) < 0 || v->major != c->version.major)
		return false;
	if (c->version.major > 0 || c->minor_dirty)
		return true;
	if (c->version.minor > 0 || c->patch_dirty)
		return v->minor == c->version.minor;
	return v->minor == c->version.minor && v->patch == c->version.patch;
}

static bool meets_not(const struct condition *c, const struct rc_semver *v)
{
	if (!c->dirty)
		return rc_semver_compare(v, &c->version) != 0;
	if (v->major != c->version.major)
		return true;
	if (c->minor_dirty)
		return false;
	if (v->minor != c->version.minor)
		return true;
	if (c->patch_dirty)
		return compare_prerelease(v->prerelease, c->version.prerelease) != 0;
	return v->patch != c->version.patch;
}

static bool meets_greater(const struct condition *c, const struct rc_semver *v)
{
	if (!c->dirty)
		return rc_semver_compare(v, &c->version) > 0;
	if (v->major != c->version.major)
		return v->major > c->version.major;
	if (c->minor_dirty)
		return false;
	return c->patch_dirty ? v->minor > c->version.minor : rc_semver_compare(v, &c->version) > 0;
}

static bool meets_at_most(const struct condition *c, const struct rc_semver *v)
{
	if (!c->dirty)
		return rc_semver_compare(v, &c->version) <= 0;
	if (v->major > c->version.major)
		return false;
	return !(v->major == c->version.major && v->minor > c->version.minor && !c->minor_dirty);
}

static bool meets(const struct condition *c, const struct rc_semver *v)
{
	const char *operator= c->operator;

	/* A prerelease only meets what speaks of prereleases; "not exactly this one" is about all.
	 */
	bool is_not = strcmp(operator, "!=") == 0;

	if (v->prerelease.n > 0 && c->version.prerelease.n == 0 && (!is_not || c->dirty))
		return false;
	if (is_not)
		return meets_not(c, v);
	if (strcmp(operator, ">") == 0)
		return meets_greater(c, v);
	if (strcmp(operator, "<") == 0)
		return rc_semver_compare(v, &c->version) < 0;
	if (strcmp(operator, ">=") == 0 || strcmp(operator, "=>") == 0)
		return rc_semver_compare(v, &c->version) >= 0;
	if (strcmp(operator, "<=") == 0 || strcmp(operator, "=<") == 0)
		return meets_at_most(c, v);
	if (operator[0] == '~')
		return meets_tilde(c, v);
	if (operator[0] == '^')
		return meets_caret(c, v);
	return c->dirty ? meets_tilde(c, v) : rc_semver_compare(v, &c->version) == 0;
}

/* ---- "1.2 - 1.4" ---- */

/* Blanks, a dash, blanks; 0: something else. */
static size_t dash_length(struct rc_str s)
{
	struct rc_str rest = s;

	skip_blanks(&rest);
	if (rest.n == s.n || rest.n < 2 || rest.p[0] != '-' || !is_blank(rest.p[1]))
		return 0;
	rest = (struct rc_str){rest.p + 1, rest.n - 1};
	skip_blanks(&rest);
	return s.n - rest.n;
}

/* A range that begins at s, blanks around it included; its length, or 0. */
static size_t range_length(struct rc_str s, struct rc_str *ret_from, struct rc_str *ret_to)
{
	struct rc_str rest = s;
	struct shape shape;
	size_t n;

	skip_blanks(&rest);
	*ret_from = (struct rc_str){rest.p, match_version(rest, &shape)};
	rest = (struct rc_str){rest.p + ret_from->n, rest.n - ret_from->n};
	n = ret_from->n ? dash_length(rest) : 0;
	rest = (struct rc_str){rest.p + n, rest.n - n};
	*ret_to = (struct rc_str){rest.p, n ? match_version(rest, &shape) : 0};
	if (ret_to->n == 0)
		return 0;
	rest = (struct rc_str){rest.p + ret_to->n, rest.n - ret_to->n};
	skip_blanks(&rest);
	return s.n - rest.n;
}

/*
 * Put two conditions in place of each range, in the text, as Masterminds does: blanks around it are
 * lost, so that what stands before it without a comma makes nonsense of the whole.
 */
static void rewrite_ranges(struct rc_str s, struct rc_buf *out)
{
	while (s.n > 0) {
		struct rc_str from, to;
		size_t n = range_length(s, &from, &to);

		if (n > 0)
			rc_buf_printf(out, ">= %.*s, <= %.*s ", (int)from.n, from.p, (int)to.n,
				      to.p);
		else
			rc_buf_putc(out, s.p[0]);
		n = n ? n : 1;
		s = (struct rc_str){s.p + n, s.n - n};
	}
}

int rc_semver_matches(struct rc_str constraint, const struct rc_semver *version, bool *ret_matches,
		      struct rc_error **err)
{
	struct condition conditions[GROUP_MAX];
	rc_autobuf struct rc_buf rewritten = RC_BUF_INIT(RC_BUF_UNLIMITED);
	struct rc_str rest = constraint;
	bool any = false, more = true;

	if (rest.n > 0 && memchr(rest.p, '-', rest.n)) {
		rewrite_ranges(constraint, &rewritten);
		rest = rc_buf_str(&rewritten);
	}
	while (more) {
		const char *bars = rest.n ? memmem(rest.p, rest.n, "||", 2) : NULL;
		size_t n = bars ? (size_t)(bars - rest.p) : rest.n;
		int count = parse_group((struct rc_str){rest.p, n}, conditions);
		bool all = true;

		if (count == -EDOM)
			return rc_fail(err, -EINVAL, "constraint Parser Error");
		if (count < 0)
			return rc_fail(err, -EINVAL, "improper constraint: %.*s", (int)n,
				       rest.p ? rest.p : "");
		for (int i = 0; i < count; i++)
			all = all && meets(&conditions[i], version);
		any = any || all;
		more = bars != NULL;
		if (more) {
			rest.p += n + 2;
			rest.n -= n + 2;
		}
	}
	*ret_matches = any;
	return 0;
}
