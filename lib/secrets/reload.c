/* Reloader's annotations. */
#include "secrets/reload.h"

#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "data/regex.h"
#include "secrets/workload.h"

#define AUTO   "reloader.stakater.com/auto"
#define SEARCH "reloader.stakater.com/search"
#define MATCH  "reloader.stakater.com/match"
#define IGNORE "reloader.stakater.com/ignore"

/* What is said for one kind of object. */
struct words {
	const char *kind, *automatic, *list, *exclude;
};
static const struct words words[] = {
	{"Secret", "secret.reloader.stakater.com/auto", "secret.reloader.stakater.com/reload",
	 "secrets.exclude.reloader.stakater.com/reload"},
	{"ConfigMap", "configmap.reloader.stakater.com/auto",
	 "configmap.reloader.stakater.com/reload",
	 "configmaps.exclude.reloader.stakater.com/reload"},
};

static const struct words *words_of(const char *kind)
{
	return strcmp(kind, words[0].kind) == 0 ? &words[0] : &words[1];
}

static const char *note(const json_t *notes, const char *key)
{
	return json_string_value(json_object_get(notes, key));
}

static bool is(const json_t *notes, const char *key, const char *value)
{
	return rc_text_equal(note(notes, key), value);
}

static bool asks(const json_t *notes)
{
	if (note(notes, AUTO) || note(notes, SEARCH))
		return true;
	for (size_t i = 0; i < RC_ARRAY_SIZE(words); i++)
		if (note(notes, words[i].automatic) || note(notes, words[i].list))
			return true;
	return false;
}

static const json_t *find_notes(const json_t *workload)
{
	const json_t *own = rc_json_get(workload, "metadata", "annotations", NULL);

	if (asks(own))
		return own;
	return rc_json_get(rc_secrets_workload_get_template(workload), "metadata", "annotations",
			   NULL);
}

bool rc_secrets_reload_asks(const json_t *workload)
{
	return asks(find_notes(workload));
}

/* What is no regular expression is taken as a name. */
static bool fits(const char *pattern, bool is_pattern, const char *name)
{
	rc_autobuf struct rc_buf whole = RC_BUF_INIT(4096);
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;
	const struct rc_regex_span *spans;

	if (strcmp(pattern, name) == 0 || !is_pattern)
		return strcmp(pattern, name) == 0;
	rc_buf_printf(&whole, "^(?:%s)$", pattern);
	return rc_regex_compile(rc_buf_str(&whole), &regex, NULL) == 0 &&
	       rc_regex_find(regex, rc_str(name), 0, &spans, NULL) > 0;
}

/* The next item of a list, or NULL. */
static char *take_item(char **rest)
{
	char *item;

	while (*rest && (item = strsep(rest, ","))) {
		item += strspn(item, " \t");
		item[strcspn(item, " \t")] = '\0';
		if (*item)
			return item;
	}
	return NULL;
}

static bool lists(const char *list, bool are_patterns, const char *name)
{
	rc_autofree char *copy = rc_strdup(list);
	char *rest = copy, *item;

	while ((item = take_item(&rest)))
		if (fits(item, are_patterns, name))
			return true;
	return false;
}

/* Its exclusions may stand where the others do not. */
static bool is_excluded(const json_t *workload, const json_t *notes, const char *exclude,
			const char *name)
{
	const json_t *own = rc_json_get(workload, "metadata", "annotations", NULL);
	const char *list = note(own, exclude) ?: note(notes, exclude);

	return list && lists(list, false, name);
}

bool rc_secrets_reload_wants(const json_t *workload, const char *kind, const char *name,
			     const json_t *object_notes, bool by_use)
{
	const json_t *notes = find_notes(workload);
	const struct words *says = words_of(kind);
	const char *list = note(notes, says->list);
	bool is_auto = is(notes, AUTO, "true") || is(notes, says->automatic, "true");
	const json_t *template = rc_secrets_workload_get_template(workload);
	bool uses = rc_secrets_workload_uses(json_object_get(template, "spec"), kind, name);

	if (is(object_notes, IGNORE, "true") || is(notes, AUTO, "false") ||
	    is(notes, says->automatic, "false") ||
	    is_excluded(workload, notes, says->exclude, name))
		return false;
	if (list && lists(list, true, name))
		return true;
	if (is(notes, SEARCH, "true") && is(object_notes, MATCH, "true"))
		return uses;
	if (list || is(notes, SEARCH, "true"))
		return uses && is_auto;
	return uses && (is_auto || by_use);
}

void rc_secrets_reload_add_names(const json_t *workload, const char *kind, json_t *to,
				 bool *ret_has_patterns)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	const char *list = note(find_notes(workload), words_of(kind)->list);
	rc_autofree char *copy = rc_strdup(list);
	char *rest = copy, *item;

	*ret_has_patterns = false;
	rc_secrets_workload_add_names(
		json_object_get(rc_secrets_workload_get_template(workload), "spec"), kind, to);
	while ((item = take_item(&rest))) {
		json_object_set_new(to, item, json_true());
		if (item[strspn(item, plain)])
			*ret_has_patterns = true;
	}
}
