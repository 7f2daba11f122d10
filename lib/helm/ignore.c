/* .helmignore. */
#include "helm/ignore.h"

#include <errno.h>
#include <string.h>

#include "data/glob.h"

#define BLANKS " \t\n\v\f\r"

struct rule {
	struct rc_str pattern;
	bool is_literal; /* nothing in it stands for anything else */
	bool is_suffix;	 /* pattern is what follows a star */
	bool is_negated;
	bool is_directory_only;
	bool is_path; /* matched against the whole path, not the base name */
	struct rule *next;
};

struct rc_helm_ignore {
	struct rule *first;
	struct rule **tail;
};

static bool contains(struct rc_str s, const char *what)
{
	return memmem(s.p, s.n, what, strlen(what)) != NULL;
}

static bool is_literal(struct rc_str pattern)
{
	for (size_t i = 0; i < pattern.n; i++)
		if (pattern.p[i] == '\0' || strchr("*?[\\", pattern.p[i]))
			return false;
	return true;
}

static int parse_rule(struct rc_arena *arena, struct rc_helm_ignore *rules, struct rc_str line,
		      struct rc_error **err)
{
	struct rule *rule;

	line = rc_str_trim(line, BLANKS);
	if (line.n == 0 || line.p[0] == '#')
		return 0;
	if (contains(line, "**"))
		return rc_fail(err, -EINVAL, "double-star (**) syntax is not supported");
	if (rc_glob_match_path(line, RC_STR("abc")) < 0)
		return rc_fail(err, -EINVAL, "syntax error in pattern");

	rule = rc_arena_new0(arena, struct rule);
	if (line.p[0] == '!') {
		rule->is_negated = true;
		line = (struct rc_str){line.p + 1, line.n - 1};
	}
	if (line.n > 0 && line.p[line.n - 1] == '/') {
		rule->is_directory_only = true;
		line.n--;
	}
	if (line.n > 0 && line.p[0] == '/') {
		rule->is_path = true;
		line = (struct rc_str){line.p + 1, line.n - 1};
	}
	rule->is_path = rule->is_path || contains(line, "/");
	rule->is_suffix = !rule->is_path && line.n > 1 && *line.p == '*' &&
			  is_literal((struct rc_str){line.p + 1, line.n - 1});
	rule->is_literal = is_literal(line);
	rule->pattern = rule->is_suffix ? (struct rc_str){line.p + 1, line.n - 1} : line;
	*rules->tail = rule;
	rules->tail = &rule->next;
	return 0;
}

int rc_helm_ignore_parse(struct rc_arena *arena, struct rc_str text, struct rc_helm_ignore **ret,
			 struct rc_error **err)
{
	struct rc_helm_ignore *rules = rc_arena_new0(arena, struct rc_helm_ignore);

	rules->tail = &rules->first;
	if (rc_str_has_prefix(text, RC_STR("\xef\xbb\xbf")))
		text = (struct rc_str){text.p + 3, text.n - 3};
	while (text.n > 0) {
		ptrdiff_t end = rc_str_index(text, '\n');
		struct rc_str line = {text.p, end < 0 ? text.n : (size_t)end};
		int r = parse_rule(arena, rules, line, err);

		if (r < 0)
			return r;
		line.n += end < 0 ? 0 : 1;
		text = (struct rc_str){text.p + line.n, text.n - line.n};
	}
	*ret = rules;
	return parse_rule(arena, rules, RC_STR("templates/.?*"), err);
}

static bool rule_matches(const struct rule *rule, struct rc_str path)
{
	if (!rule->is_path) {
		const char *slash = memrchr(path.p, '/', path.n);

		if (slash)
			path = (struct rc_str){slash + 1, (size_t)(path.p + path.n - slash - 1)};
	}
	if (rule->is_literal)
		return rc_str_equal(rule->pattern, path);
	if (rule->is_suffix)
		return rc_str_has_suffix(path, rule->pattern);
	return rc_glob_match_path(rule->pattern, path) > 0;
}

bool rc_helm_ignore_matches(const struct rc_helm_ignore *rules, struct rc_str path,
			    bool is_directory)
{
	for (const struct rule *rule = rules->first; rule; rule = rule->next) {
		bool applies = is_directory || !rule->is_directory_only;

		if (rule->is_negated) {
			if (!applies || !rule_matches(rule, path))
				return true;
		} else if (applies && rule_matches(rule, path)) {
			return true;
		}
	}
	return false;
}

/* A file is gone when a rule names it or any directory above it. */
static bool is_ignored(const struct rc_helm_ignore *rules, struct rc_str path)
{
	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] == '/' &&
		    rc_helm_ignore_matches(rules, (struct rc_str){path.p, i}, true))
			return true;
	return rc_helm_ignore_matches(rules, path, false);
}

int rc_helm_ignore_apply(struct rc_helm_files *files, struct rc_error **err)
{
	struct rc_str text = RC_STR("");
	struct rc_helm_ignore *rules;
	size_t n = 0;
	int r;

	for (size_t i = 0; i < files->n; i++)
		if (rc_str_is(files->at[i].name, ".helmignore"))
			text = files->at[i].bytes;
	r = rc_helm_ignore_parse(files->arena, text, &rules, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < files->n; i++)
		if (!is_ignored(rules, files->at[i].name))
			files->at[n++] = files->at[i];
	files->n = n;
	return 0;
}
