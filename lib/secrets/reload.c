/* Reloader's annotations. */
#include "secrets/reload.h"

#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "data/regex.h"
#include "secrets/workload.h"

#define AUTO	    "reloader.stakater.com/auto"
#define SECRET_AUTO "secret.reloader.stakater.com/auto"
#define LIST	    "secret.reloader.stakater.com/reload"
#define EXCLUDE	    "secrets.exclude.reloader.stakater.com/reload"
#define SEARCH	    "reloader.stakater.com/search"
#define MATCH	    "reloader.stakater.com/match"
#define IGNORE	    "reloader.stakater.com/ignore"

static const char *note(const json_t *notes, const char *key)
{
	return json_string_value(json_object_get(notes, key));
}

static bool is(const json_t *notes, const char *key, const char *value)
{
	return rc_text_equal(note(notes, key), value);
}

static const json_t *find_notes(const json_t *workload)
{
	static const char *const keys[] = {AUTO, SECRET_AUTO, LIST, SEARCH};
	const json_t *own = rc_json_get(workload, "metadata", "annotations", NULL);

	for (size_t i = 0; i < RC_ARRAY_SIZE(keys); i++)
		if (note(own, keys[i]))
			return own;
	return rc_json_get(workload, "spec", "template", "metadata", "annotations", NULL);
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

static bool lists(const char *list, bool are_patterns, const char *name)
{
	rc_autofree char *copy = rc_strdup(list);
	char *rest = copy, *item;

	while (rest && (item = strsep(&rest, ","))) {
		item += strspn(item, " \t");
		item[strcspn(item, " \t")] = '\0';
		if (*item && fits(item, are_patterns, name))
			return true;
	}
	return false;
}

/* Its exclusions may stand where the others do not. */
static bool is_excluded(const json_t *workload, const json_t *notes, const char *secret)
{
	const json_t *own = rc_json_get(workload, "metadata", "annotations", NULL);
	const char *list = note(own, EXCLUDE) ?: note(notes, EXCLUDE);

	return list && lists(list, false, secret);
}

bool rc_secrets_reload_wants(const json_t *workload, const char *secret, const json_t *secret_notes)
{
	const json_t *notes = find_notes(workload);
	const char *list = note(notes, LIST);
	bool is_auto = is(notes, AUTO, "true") || is(notes, SECRET_AUTO, "true");
	bool uses = rc_secrets_workload_uses(
		rc_json_get(workload, "spec", "template", "spec", NULL), "Secret", secret);

	if (is(secret_notes, IGNORE, "true") || is(notes, AUTO, "false") ||
	    is(notes, SECRET_AUTO, "false") || is_excluded(workload, notes, secret))
		return false;
	if (list && lists(list, true, secret))
		return true;
	if (is(notes, SEARCH, "true") && is(secret_notes, MATCH, "true"))
		return uses;
	if (list || is(notes, SEARCH, "true"))
		return uses && is_auto;
	return uses;
}
