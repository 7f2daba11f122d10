/* Lint: names of objects, as the API server's rules for each kind have them. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "helm/lint-private.h"

#define LABEL_MAX     63
#define SUBDOMAIN_MAX 253

#define LABEL "[a-z0-9]([-a-z0-9]*[a-z0-9])?"

enum rule {
	RULE_SUBDOMAIN,	 /* of RFC 1123: what most kinds have */
	RULE_LABEL,	 /* without dots */
	RULE_LABEL_1035, /* a letter first */
	RULE_SEGMENT,	 /* of a path */
	RULE_NONE,
};

static const struct {
	const char *kind; /* in any letter case */
	enum rule rule;
} rules[] = {
	{"service", RULE_LABEL_1035},
	{"namespace", RULE_LABEL},
	{"certificatesigningrequest", RULE_NONE},
	{"role", RULE_SEGMENT},
	{"clusterrole", RULE_SEGMENT},
	{"rolebinding", RULE_SEGMENT},
	{"clusterrolebinding", RULE_SEGMENT},
};

static enum rule rule_of(const char *kind)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(rules); i++)
		if (strcasecmp(rules[i].kind, kind) == 0)
			return rules[i].rule;
	return RULE_SUBDOMAIN;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_label(struct rc_str s)
{
	if (s.n == 0 || !is_plain(s.p[0]) || !is_plain(s.p[s.n - 1]))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!is_plain(s.p[i]) && s.p[i] != '-')
			return false;
	return true;
}

static bool is_subdomain(struct rc_str s)
{
	for (;;) {
		ptrdiff_t dot = rc_str_index(s, '.');

		if (!is_label((struct rc_str){s.p, dot < 0 ? s.n : (size_t)dot}))
			return false;
		if (dot < 0)
			return true;
		s = (struct rc_str){s.p + dot + 1, s.n - (size_t)dot - 1};
	}
}

struct findings {
	struct rc_helm_lint *lint;
	struct rc_str name;
	const char *text; /* NULL: nothing yet */
	size_t n;
};

static void add(struct findings *findings, const char *what)
{
	struct rc_arena *arena = findings->lint->arena;

	findings->text =
		rc_arena_printf(arena, "%s%smetadata.name: Invalid value: %s: %s",
				findings->text ? findings->text : "", findings->text ? ", " : "",
				rc_helm_lint_quote(findings->lint, findings->name), what);
	findings->n++;
}

static void check_length(struct findings *findings, size_t max)
{
	if (findings->name.n > max)
		add(findings, rc_arena_printf(findings->lint->arena,
					      "must be no more than %zu characters", max));
}

static void check_segment(struct findings *findings)
{
	struct rc_str name = findings->name;

	if (rc_str_is(name, "."))
		add(findings, "may not be '.'");
	else if (rc_str_is(name, ".."))
		add(findings, "may not be '..'");
	else {
		if (rc_str_index(name, '/') >= 0)
			add(findings, "may not contain '/'");
		if (rc_str_index(name, '%') >= 0)
			add(findings, "may not contain '%'");
	}
}

static void check(struct findings *findings, enum rule rule)
{
	struct rc_str name = findings->name;

	switch (rule) {
	case RULE_SUBDOMAIN:
		check_length(findings, SUBDOMAIN_MAX);
		if (!is_subdomain(name))
			add(findings, "a lowercase RFC 1123 subdomain must consist of lower case "
				      "alphanumeric characters, '-' or '.', and must start and end "
				      "with an alphanumeric character (e.g. 'example.com', regex "
				      "used for validation is '" LABEL "(\\." LABEL ")*')");
		break;
	case RULE_LABEL:
		check_length(findings, LABEL_MAX);
		if (is_label(name))
			break;
		add(findings, is_subdomain(name)
				      ? "must not contain dots"
				      : "a lowercase RFC 1123 label must consist of lower case "
					"alphanumeric characters or '-', and must start and end "
					"with an alphanumeric character (e.g. 'my-name',  or "
					"'123-abc', regex used for validation is '" LABEL "')");
		break;
	case RULE_LABEL_1035:
		check_length(findings, LABEL_MAX);
		if (!is_label(name) || isdigit((unsigned char)name.p[0]))
			add(findings, "a DNS-1035 label must consist of lower case alphanumeric "
				      "characters or '-', start with an alphabetic character, and "
				      "end with an alphanumeric character (e.g. 'my-name',  or "
				      "'abc-123', regex used for validation is "
				      "'[a-z]([-a-z0-9]*[a-z0-9])?')");
		break;
	case RULE_SEGMENT:
		check_segment(findings);
		break;
	case RULE_NONE:
		break;
	}
}

const char *rc_helm_lint_name(struct rc_helm_lint *lint, const char *kind, struct rc_str name)
{
	struct findings findings = {.lint = lint, .name = name};

	check(&findings, rule_of(kind));
	if (findings.n > 1)
		return rc_arena_printf(lint->arena, "[%s]", findings.text);
	return findings.text;
}
