/* Lists of globs. */
#include "gitops/patterns.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

void rc_pattern_init(struct rc_pattern *pattern, struct rc_fields *fields, const char *where,
		     const char *text, char separator, bool can_negate)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;

	*pattern = (struct rc_pattern){.is_negated = can_negate && *text == '!'};
	pattern->text = rc_arena_strdup(fields->arena, text + pattern->is_negated);
	if (strcmp(pattern->text, "*") == 0)
		return;
	if (rc_glob_compile(rc_str(pattern->text), separator, &pattern->glob, &err) < 0) {
		rc_autofree char *why = rc_error_format(err);

		rc_fields_complain(fields, "%s: pattern '%s': %s", where, text, why);
	}
}

void rc_pattern_done(struct rc_pattern *pattern)
{
	rc_glob_free(pattern->glob);
	pattern->glob = NULL;
}

bool rc_pattern_match(const struct rc_pattern *pattern, const char *text)
{
	if (!pattern->glob)
		return strcmp(pattern->text, "*") == 0;
	return rc_glob_match(pattern->glob, rc_str(text));
}

void rc_patterns_read(struct rc_patterns *patterns, struct rc_fields *fields, const json_t *object,
		      const char *where, const char *key)
{
	const char **texts = rc_fields_texts(fields, object, where, key, &patterns->n);
	rc_autofree char *path = rc_asprintf("%s.%s", where, key);

	patterns->is_set = rc_fields_get(object, key) != NULL;
	patterns->list = rc_arena_alloc(fields->arena, (patterns->n + 1) * sizeof(*patterns->list));
	for (size_t i = 0; i < patterns->n; i++)
		rc_pattern_init(&patterns->list[i], fields, path, texts[i], '\0', false);
}

void rc_patterns_done(struct rc_patterns *patterns)
{
	for (size_t i = 0; i < patterns->n; i++)
		rc_pattern_done(&patterns->list[i]);
	patterns->n = 0;
}

bool rc_patterns_match(const struct rc_patterns *patterns, const char *text)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (rc_pattern_match(&patterns->list[i], text))
			return true;
	return false;
}
